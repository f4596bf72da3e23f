package sqlsec.flink;

import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.flink.types.Row;

/**
 * Values as text that no other value has. Flink's own `Row.toString` prints NULL like the string `null`, and `'a, b'` like two columns: a mask that
 * went wrong in just that way would pass.
 */
final class ExactText {
    private ExactText() {}

    /** The columns of a row, without its kind. */
    static String columns(Row row) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < row.getArity(); i++) {
            texts.add(value(row.getField(i)));
        }
        return "[" + String.join(", ", texts) + "]";
    }

    private static String value(Object value) {
        if (value == null) {
            return "NULL";
        }
        if (value instanceof String text) {
            return "'" + text.replace("'", "''").replace("\n", "\\n") + "'";
        }
        if (value instanceof byte[] bytes) {
            return "X'" + HexFormat.of().formatHex(bytes) + "'";
        }
        if (value instanceof BigDecimal decimal) {
            return decimal.toPlainString();
        }
        if (value instanceof Row row) {
            return "ROW" + columns(row);
        }
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .map(e -> value(e.getKey()) + ": " + value(e.getValue()))
                    .sorted()
                    .collect(Collectors.joining(", ", "{", "}"));
        }
        if (value.getClass().isArray()) {
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < Array.getLength(value); i++) {
                texts.add(value(Array.get(value, i)));
            }
            return "ARRAY[" + String.join(", ", texts) + "]";
        }
        return value.toString();
    }
}
