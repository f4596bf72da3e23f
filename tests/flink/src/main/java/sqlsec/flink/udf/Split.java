package sqlsec.flink.udf;

import java.util.regex.Pattern;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.FunctionHint;
import org.apache.flink.table.functions.TableFunction;
import org.apache.flink.types.Row;

/** As SplitFunction, with names and types of its own: `word STRING, len INT`. */
@FunctionHint(output = @DataTypeHint("ROW<word STRING, len INT>"))
public class Split extends TableFunction<Row> {
    private static final long serialVersionUID = 1L;

    public void eval(String text, String by) {
        if (text != null) {
            Pattern.compile(by, Pattern.LITERAL).splitAsStream(text).forEach(word -> collect(Row.of(word, word.length())));
        }
    }
}
