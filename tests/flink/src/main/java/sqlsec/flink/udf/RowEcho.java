package sqlsec.flink.udf;

import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.ArgumentTrait;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.types.Row;

/** A process table function that reads a table row by row and tells all of each row. */
@DataTypeHint("ROW<line STRING>")
public class RowEcho extends ProcessTableFunction<Row> {
    private static final long serialVersionUID = 1L;

    public void eval(@ArgumentHint(ArgumentTrait.ROW_SEMANTIC_TABLE) Row row) {
        collect(Row.of(String.valueOf(row)));
    }
}
