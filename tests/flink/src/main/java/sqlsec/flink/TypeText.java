package sqlsec.flink;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.MultisetType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;

/** Types as data files write them: Flink's own, and `ROW<INT, STRING>` without names, since rows there are lists. */
final class TypeText {
    private TypeText() {}

    static LogicalType parse(String text) {
        String type = text.strip();
        boolean required = type.toUpperCase(java.util.Locale.ROOT).endsWith("NOT NULL");
        String bare = required ? type.substring(0, type.length() - "NOT NULL".length()).strip() : type;
        int open = bare.indexOf('<');
        LogicalType parsed = open < 0 || !bare.endsWith(">")
                ? LogicalTypeParser.parse(bare, TypeText.class.getClassLoader())
                : composite(bare.substring(0, open).strip(), parts(bare.substring(open + 1, bare.length() - 1)), bare);
        return required ? parsed.copy(false) : parsed;
    }

    private static LogicalType composite(String word, List<String> parts, String whole) {
        return switch (word.toUpperCase(java.util.Locale.ROOT)) {
            case "ARRAY" -> new ArrayType(parse(parts.get(0)));
            case "MULTISET" -> new MultisetType(parse(parts.get(0)));
            case "MAP" -> new MapType(parse(parts.get(0)), parse(parts.get(1)));
            case "ROW" -> {
                List<RowType.RowField> fields = new ArrayList<>();
                for (String part : parts) {
                    fields.add(field(part, fields.size()));
                }
                yield new RowType(fields);
            }
            default -> throw new ValidationException("type " + whole);
        };
    }

    private static RowType.RowField field(String text, int position) {
        if (!text.startsWith("`")) {
            try {
                return new RowType.RowField("f" + position, parse(text));
            } catch (ValidationException named) {
                // It begins with a name then.
            }
        }
        int end = text.startsWith("`") ? text.indexOf('`', 1) + 1 : text.indexOf(' ');
        if (end <= 0) {
            throw new HarnessException("field " + text);
        }
        return new RowType.RowField(text.substring(0, end).replace("`", ""), parse(text.substring(end)));
    }

    /** Cut at the commas outside brackets and quotes. */
    private static List<String> parts(String text) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        boolean quoted = false;
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            quoted ^= c == '`';
            if (!quoted) {
                depth += c == '<' || c == '(' ? 1 : c == '>' || c == ')' ? -1 : 0;
                if (c == ',' && depth == 0) {
                    parts.add(text.substring(from, i).strip());
                    from = i + 1;
                }
            }
        }
        parts.add(text.substring(from).strip());
        return parts;
    }
}
