package sqlsec.flink;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.MultisetType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.apache.flink.table.types.utils.TypeConversions;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;

/** JSON values as the rows of a Flink table. */
final class Values {
    private Values() {}

    /** `{"types": [..], "rows": [[..]]}`; a row may begin with its kind. */
    static List<Row> rows(JsonNode data) {
        List<LogicalType> types = new ArrayList<>();
        data.get("types").forEach(t -> types.add(type(t.asText())));
        List<Row> rows = new ArrayList<>();
        for (JsonNode json : data.get("rows")) {
            boolean hasKind = json.size() == types.size() + 1;
            Row row = new Row(hasKind ? kind(json.get(0).asText()) : RowKind.INSERT, types.size());
            for (int i = 0; i < types.size(); i++) {
                row.setField(i, value(types.get(i), json.get(hasKind ? i + 1 : i)));
            }
            rows.add(row);
        }
        return rows;
    }

    static LogicalType type(String text) {
        return LogicalTypeParser.parse(text, Values.class.getClassLoader());
    }

    private static RowKind kind(String text) {
        for (RowKind kind : RowKind.values()) {
            if (kind.shortString().equals(text)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("row kind " + text);
    }

    static Object value(LogicalType type, JsonNode json) {
        if (json == null || json.isNull()) {
            return null;
        }
        switch (type.getTypeRoot()) {
            case BOOLEAN:
                return json.asBoolean();
            case TINYINT:
                return (byte) json.asInt();
            case SMALLINT:
                return (short) json.asInt();
            case INTEGER:
                return json.asInt();
            case BIGINT:
                return json.asLong();
            case FLOAT:
                return (float) json.asDouble();
            case DOUBLE:
                return json.asDouble();
            case DECIMAL:
                return new BigDecimal(json.asText());
            case DATE:
                return LocalDate.parse(json.asText());
            case TIME_WITHOUT_TIME_ZONE:
                return LocalTime.parse(json.asText());
            case TIMESTAMP_WITHOUT_TIME_ZONE:
                return LocalDateTime.parse(json.asText().replace(' ', 'T'));
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
                return Instant.parse(json.asText());
            case BINARY:
            case VARBINARY:
                return json.asText().getBytes(StandardCharsets.UTF_8);
            case ARRAY:
                LogicalType element = ((ArrayType) type).getElementType();
                Object array = Array.newInstance(external(element), json.size());
                for (int i = 0; i < json.size(); i++) {
                    Array.set(array, i, value(element, json.get(i)));
                }
                return array;
            case MAP:
                MapType map = (MapType) type;
                return entries(json, map.getKeyType(), map.getValueType());
            case MULTISET:
                return entries(json, ((MultisetType) type).getElementType(), DataTypes.INT().getLogicalType());
            case ROW:
                List<LogicalType> fields = ((RowType) type).getChildren();
                Row row = new Row(fields.size());
                for (int i = 0; i < fields.size(); i++) {
                    String name = ((RowType) type).getFieldNames().get(i);
                    row.setField(i, value(fields.get(i), json.isArray() ? json.get(i) : json.get(name)));
                }
                return row;
            default:
                return json.asText();
        }
    }

    private static Map<Object, Object> entries(JsonNode json, LogicalType keys, LogicalType values) {
        Map<Object, Object> map = new LinkedHashMap<>();
        json.fields().forEachRemaining(e -> map.put(
                value(keys, com.fasterxml.jackson.databind.node.TextNode.valueOf(e.getKey())), value(values, e.getValue())));
        return map;
    }

    private static Class<?> external(LogicalType type) {
        DataType dataType = TypeConversions.fromLogicalToDataType(type);
        Class<?> conversion = dataType.getConversionClass();
        return conversion.isPrimitive() ? Object.class : conversion;
    }

    /** The type of a column without its nullability, as SQL. */
    static String sql(LogicalType type) {
        return type.copy(true).asSerializableString();
    }
}
