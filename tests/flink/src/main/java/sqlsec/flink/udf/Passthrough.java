package sqlsec.flink.udf;

import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.ArgumentTrait;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.types.Row;

/** A process table function whose output has the table's own columns besides its own: Flink copies them, the function never touches them. */
@DataTypeHint("ROW<seen BOOLEAN>")
public class Passthrough extends ProcessTableFunction<Row> {
    private static final long serialVersionUID = 1L;

    public void eval(@ArgumentHint({ArgumentTrait.ROW_SEMANTIC_TABLE, ArgumentTrait.PASS_COLUMNS_THROUGH}) Row row) {
        collect(Row.of(true));
    }
}
