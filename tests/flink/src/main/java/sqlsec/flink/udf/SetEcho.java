package sqlsec.flink.udf;
import org.apache.flink.table.annotation.*;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.types.Row;
@DataTypeHint("ROW<line STRING>")
public class SetEcho extends ProcessTableFunction<Row> {
    public void eval(@ArgumentHint(ArgumentTrait.SET_SEMANTIC_TABLE) Row r) { collect(Row.of(String.valueOf(r))); }
}
