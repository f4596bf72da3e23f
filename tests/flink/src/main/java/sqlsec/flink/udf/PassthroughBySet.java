package sqlsec.flink.udf;

import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.ArgumentTrait;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.types.Row;

/** As Passthrough, by partition. */
@DataTypeHint("ROW<seen BOOLEAN>")
public class PassthroughBySet extends ProcessTableFunction<Row> {
    private static final long serialVersionUID = 1L;

    public void eval(@ArgumentHint({ArgumentTrait.SET_SEMANTIC_TABLE, ArgumentTrait.PASS_COLUMNS_THROUGH}) Row row) {
        collect(Row.of(true));
    }
}
