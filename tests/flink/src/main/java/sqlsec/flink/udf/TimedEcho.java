package sqlsec.flink.udf;

import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.ArgumentTrait;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.types.Row;

/** As SetEcho, for tables with event time only: a mask that ends the time attribute shows. */
@DataTypeHint("ROW<line STRING>")
public class TimedEcho extends ProcessTableFunction<Row> {
    private static final long serialVersionUID = 1L;

    public void eval(@ArgumentHint({ArgumentTrait.SET_SEMANTIC_TABLE, ArgumentTrait.REQUIRE_ON_TIME}) Row row) {
        collect(Row.of(String.valueOf(row)));
    }
}
