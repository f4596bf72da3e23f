package sqlsec.flink;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.CloseableIterator;

/**
 * policy(D): the rows of a table as a principal may see them, worked out by a plain batch query over an append-only copy of the raw rows, row by
 * row, so that each keeps its kind and its place.
 */
final class SecureView {
    private static final Map<String, List<Row>> MADE = new ConcurrentHashMap<>();

    private SecureView() {}

    static List<Row> rows(JsonNode job, JsonNode table, JsonNode data) throws Exception {
        String key = table + "\n" + data + "\n" + job.path("functions");
        List<Row> made = MADE.get(key);
        if (made == null) {
            made = compute(job, table, Values.rows(data));
            MADE.put(key, made);
        }
        return made;
    }

    private static List<Row> compute(JsonNode job, JsonNode table, List<Row> raw) throws Exception {
        Session session = new Session("batch", job.path("none"));
        session.functions(job.path("functions"));
        session.data(table.get("data").asText(), List.of());
        session.run(table.get("ddl").asText());
        ResolvedSchema schema = session.env.from("`" + table.get("name").asText() + "`").getResolvedSchema();
        List<Column> stored = schema.getColumns().stream().filter(c -> !(c instanceof Column.ComputedColumn)).toList();

        List<Row> numbered = new ArrayList<>();
        for (Row row : raw) {
            Row copy = new Row(RowKind.INSERT, row.getArity() + 1);
            for (int i = 0; i < row.getArity(); i++) {
                copy.setField(i, row.getField(i));
            }
            copy.setField(row.getArity(), numbered.size());
            numbered.add(copy);
        }
        session.data("numbered", numbered);
        StringBuilder ddl = new StringBuilder("CREATE TABLE numbered__ (");
        StringBuilder query = new StringBuilder("SELECT ");
        JsonNode secure = table.get("secure");
        for (Column column : stored) {
            String type = Values.sql(column.getDataType().getLogicalType());
            String name = "`" + column.getName() + "`";
            ddl.append(name).append(' ').append(type).append(", ");
            JsonNode masked = secure.path("columns").get(column.getName());
            query.append("CAST(").append(masked == null ? name : masked.asText()).append(" AS ").append(type).append("), ");
        }
        for (Iterator<String> names = secure.path("columns").fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (stored.stream().noneMatch(c -> c.getName().equals(name))) {
                throw new IllegalArgumentException("the secure view names column " + name + ", which the table does not store");
            }
        }
        session.run(ddl + "place__ INT) WITH ('connector' = 'values', 'bounded' = 'true', 'data-id' = '${numbered}')");
        query.append("place__ FROM numbered__");
        if (secure.hasNonNull("filter")) {
            query.append(" WHERE ").append(secure.get("filter").asText());
        }
        List<Row> kept = new ArrayList<>();
        try (CloseableIterator<Row> rows = session.env.executeSql(query.toString()).collect()) {
            rows.forEachRemaining(kept::add);
        }
        int place = stored.size();
        kept.sort(Comparator.comparingInt(row -> (Integer) row.getField(place)));
        List<Row> made = new ArrayList<>();
        for (Row row : kept) {
            Row copy = new Row(raw.get((Integer) row.getField(place)).getKind(), place);
            for (int i = 0; i < place; i++) {
                copy.setField(i, row.getField(i));
            }
            made.add(copy);
        }
        return made;
    }
}
