package sqlsec.flink.udf;

import org.apache.flink.table.functions.ScalarFunction;

/** Stands for a site's partial mask: the first three and the last four characters stay, and nothing of a text too short for that. */
public class SensitiveFieldFunctions extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private static final int HEAD = 3;
    private static final int TAIL = 4;

    public String eval(String text) {
        if (text == null) {
            return null;
        }
        int hidden = text.length() - HEAD - TAIL;
        return hidden <= 0 ? "***" : text.substring(0, HEAD) + "*".repeat(hidden) + text.substring(HEAD + hidden);
    }
}
