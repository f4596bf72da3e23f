package sqlsec.flink;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.MultisetType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;
import org.apache.flink.table.types.utils.TypeConversions;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;

/**
 * JSON values as the rows of a Flink table. What does not fit its type exactly is refused: one side of an equation casts its rows and the other does
 * not, so a value that a cast would change makes them differ for no reason of the rewriter.
 */
final class Values {
    private Values() {}

    /** `{"types": [..], "rows": [[..]]}`; a row may begin with its kind. */
    static List<Row> rows(JsonNode data) {
        List<LogicalType> types = new ArrayList<>();
        data.get("types").forEach(t -> types.add(TypeText.parse(t.asText())));
        List<Row> rows = new ArrayList<>();
        for (JsonNode json : data.get("rows")) {
            int extra = json.size() - types.size();
            if (extra != 0 && extra != 1) {
                throw new HarnessException("a row of " + types.size() + " columns has " + json.size() + " values: " + json);
            }
            Row row = new Row(extra == 1 ? kind(json.get(0).asText()) : RowKind.INSERT, types.size());
            for (int i = 0; i < types.size(); i++) {
                row.setField(i, checked(types.get(i), json.get(i + extra)));
            }
            rows.add(row);
        }
        return rows;
    }

    private static RowKind kind(String text) {
        for (RowKind kind : RowKind.values()) {
            if (kind.shortString().equals(text)) {
                return kind;
            }
        }
        throw new HarnessException("row kind " + text);
    }

    private static Object checked(LogicalType type, JsonNode json) {
        try {
            return value(type, json);
        } catch (HarnessException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new HarnessException("no " + type + ": " + json, e);
        }
    }

    private static Object value(LogicalType type, JsonNode json) {
        if (json == null || json.isNull()) {
            return null;
        }
        String text = json.asText();
        switch (type.getTypeRoot()) {
            case CHAR, VARCHAR:
                return characters(type, text);
            case BOOLEAN:
                return json.isBoolean() ? json.asBoolean() : refuse(type, json);
            case TINYINT:
                return Byte.valueOf(text);
            case SMALLINT:
                return Short.valueOf(text);
            case INTEGER:
                return Integer.valueOf(text);
            case BIGINT:
                return Long.valueOf(text);
            case FLOAT:
                return Float.valueOf(text);
            case DOUBLE:
                return Double.valueOf(text);
            case DECIMAL:
                return decimal(type, text, json);
            case DATE:
                return LocalDate.parse(text);
            case TIME_WITHOUT_TIME_ZONE:
                return LocalTime.parse(text);
            case TIMESTAMP_WITHOUT_TIME_ZONE:
                LocalDateTime stamp = LocalDateTime.parse(text.replace(' ', 'T'));
                return fits(type, stamp.getNano()) ? stamp : refuse(type, json);
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
                Instant instant = Instant.parse(text.replace(' ', 'T'));
                return fits(type, instant.getNano()) ? instant : refuse(type, json);
            case BINARY, VARBINARY:
                return bytes(type, json);
            case ARRAY:
                return array(((ArrayType) type).getElementType(), json);
            case MAP:
                return entries(json, ((MapType) type).getKeyType(), ((MapType) type).getValueType());
            case MULTISET:
                return entries(json, ((MultisetType) type).getElementType(), DataTypes.INT().getLogicalType());
            case ROW:
                return row((RowType) type, json);
            default:
                return refuse(type, json);
        }
    }

    private static Object refuse(LogicalType type, JsonNode json) {
        throw new HarnessException("no " + type + ": " + json);
    }

    private static Object characters(LogicalType type, String text) {
        int length = LogicalTypeChecks.getLength(type);
        int have = text.codePointCount(0, text.length());
        if (have > length) {
            throw new HarnessException("longer than " + type + ": " + text);
        }
        boolean padded = type.getTypeRoot() == org.apache.flink.table.types.logical.LogicalTypeRoot.CHAR;
        return padded ? text + " ".repeat(length - have) : text;
    }

    private static Object decimal(LogicalType type, String text, JsonNode json) {
        BigDecimal exact = new BigDecimal(text).setScale(LogicalTypeChecks.getScale(type));
        return exact.precision() > LogicalTypeChecks.getPrecision(type) ? refuse(type, json) : exact;
    }

    private static boolean fits(LogicalType type, int nanos) {
        int precision = LogicalTypeChecks.getPrecision(type);
        return nanos % (int) Math.pow(10, 9 - precision) == 0;
    }

    /** A text is its own bytes in UTF-8; `{"hex": "00ff"}` is any other bytes. */
    private static Object bytes(LogicalType type, JsonNode json) {
        byte[] bytes = json.isObject()
                ? HexFormat.of().parseHex(json.get("hex").asText())
                : json.asText().getBytes(StandardCharsets.UTF_8);
        int length = LogicalTypeChecks.getLength(type);
        if (bytes.length > length) {
            throw new HarnessException("longer than " + type + ": " + json);
        }
        boolean padded = type.getTypeRoot() == org.apache.flink.table.types.logical.LogicalTypeRoot.BINARY;
        return padded ? Arrays.copyOf(bytes, length) : bytes;
    }

    private static Object array(LogicalType element, JsonNode json) {
        Class<?> external = TypeConversions.fromLogicalToDataType(element.copy(true)).getConversionClass();
        Object array = Array.newInstance(external, json.size());
        for (int i = 0; i < json.size(); i++) {
            Array.set(array, i, value(element, json.get(i)));
        }
        return array;
    }

    /** An object, or a list of pairs where keys are not texts. */
    private static Map<Object, Object> entries(JsonNode json, LogicalType keys, LogicalType values) {
        Map<Object, Object> map = new LinkedHashMap<>();
        if (json.isArray()) {
            json.forEach(pair -> map.put(value(keys, pair.get(0)), value(values, pair.get(1))));
        } else {
            json.fields().forEachRemaining(e -> map.put(value(keys, TextNode.valueOf(e.getKey())), value(values, e.getValue())));
        }
        return map;
    }

    /** A list by position, or an object by name. */
    private static Row row(RowType type, JsonNode json) {
        if (json.size() != type.getFieldCount()) {
            throw new HarnessException("no " + type + ": " + json);
        }
        Row row = new Row(type.getFieldCount());
        for (int i = 0; i < row.getArity(); i++) {
            row.setField(i, value(type.getTypeAt(i), json.isArray() ? json.get(i) : json.get(type.getFieldNames().get(i))));
        }
        return row;
    }
}
