package sqlsec.flink.udf;
import org.apache.flink.table.annotation.*;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.types.Row;
@DataTypeHint("ROW<line STRING>")
public class RowEcho extends ProcessTableFunction<Row> {
    public void eval(@ArgumentHint(ArgumentTrait.ROW_SEMANTIC_TABLE) Row r) { collect(Row.of(String.valueOf(r))); }
}
