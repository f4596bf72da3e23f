package sqlsec.flink.udf;

import java.util.regex.Pattern;
import org.apache.flink.table.functions.TableFunction;

/** The parts of a text, a row each. */
public class SplitFunction extends TableFunction<String> {
    private static final long serialVersionUID = 1L;

    public void eval(String text, String by) {
        if (text != null) {
            Pattern.compile(by, Pattern.LITERAL).splitAsStream(text).forEach(this::collect);
        }
    }
}
