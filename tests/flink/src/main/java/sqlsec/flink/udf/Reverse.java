package sqlsec.flink.udf;

import org.apache.flink.table.functions.ScalarFunction;

/** A scalar function of a user's own: it undoes no mask, but shows at once whether it saw one. */
public class Reverse extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public String eval(String text) {
        return text == null ? null : new StringBuilder(text).reverse().toString();
    }
}
