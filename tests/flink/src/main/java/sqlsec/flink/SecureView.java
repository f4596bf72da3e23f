package sqlsec.flink;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.catalog.UniqueConstraint;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;

/**
 * policy(D): the rows of a table as a principal may see them, worked out by a plain batch query over an append-only copy of the raw rows, row by
 * row, so that each keeps its kind and its place.
 */
final class SecureView {
    private static final Map<String, Made> MADE = new ConcurrentHashMap<>();
    private static final Pattern SUBQUERY = Pattern.compile("(?i)\\bSELECT\\b");

    /**
     * The rows with their kinds, and the same as a changelog in which every update has both halves; the text stands for both. A row that leaves a
     * filter leaves `-U` without `+U` behind, as Flink's own filter does. A consumer that takes updates by key alone never looks at `-U`, so a table
     * that holds such rows is not the filtered table for it; there `-D` is.
     */
    record Made(String key, List<Row> rows, List<Row> paired) {}

    private final JsonNode table;
    private final JsonNode secure;
    private final Session session;
    private final ResolvedSchema schema;
    /** Columns that rows carry: physical ones, then metadata, as the connector wants them. */
    private final List<Column> stored;

    private SecureView(JsonNode job, JsonNode table) throws Exception {
        this.table = table;
        this.secure = table.get("secure");
        this.session = new Session("batch", zone(job), 60);
        session.functions(job.path("functions"), table.path("secure").toString());
        prepareTables(job);
        this.schema = session.env.from(quoted()).getResolvedSchema();
        this.stored = new ArrayList<>(schema.getColumns().stream().filter(Column::isPhysical).toList());
        schema.getColumns().stream().filter(c -> c instanceof Column.MetadataColumn).forEach(stored::add);
    }

    static Made rows(JsonNode job, JsonNode table, JsonNode data) {
        String key = table + "\n" + data + "\n" + job.path("functions") + zone(job) + (subqueries(table) ? job.path("tables") + "" + job.path("data") : "");
        Made made = MADE.get(key);
        if (made == null) {
            try {
                made = new SecureView(job, table).compute(key, Values.rows(data));
            } catch (HarnessException e) {
                throw e;
            } catch (Exception e) {
                throw new HarnessException("the secure view of " + table.get("name").asText() + ": " + Runner.chain(e), e);
            }
            MADE.put(key, made);
        }
        return made;
    }

    /** For what has no rows of its own (a view, another connector): a view under its name over what had the name. */
    static void inPlace(Session session, JsonNode table) throws Exception {
        String name = table.get("name").asText();
        ResolvedSchema schema = session.env.from("`" + name + "`").getResolvedSchema();
        boolean view = table.get("ddl").asText().matches("(?is).*?\\bCREATE\\s+VIEW\\b.*");
        session.run("ALTER " + (view ? "VIEW" : "TABLE") + " `" + name + "` RENAME TO `" + name + "__whole`");
        JsonNode secure = table.get("secure");
        List<String> columns = new ArrayList<>();
        for (Column column : schema.getColumns()) {
            columns.add(masked(secure, column, true) + " AS `" + column.getName() + "`");
        }
        session.run("CREATE VIEW `" + name + "` AS SELECT " + String.join(", ", columns) + " FROM `" + name + "__whole` AS `" + name + "`" + where(secure));
    }

    /** Only the time zone: other options are about how a script runs. */
    private static JsonNode zone(JsonNode job) {
        var zone = Runner.JSON.createObjectNode();
        job.path("config").fields().forEachRemaining(e -> {
            if (e.getKey().equals("table.local-time-zone")) {
                zone.set(e.getKey(), e.getValue());
            }
        });
        return zone;
    }

    private static boolean subqueries(JsonNode table) {
        return SUBQUERY.matcher(table.get("secure").toString()).find();
    }

    /** A filter may ask other tables, and it asks their raw rows: filters are not filtered. */
    private void prepareTables(JsonNode job) throws Exception {
        boolean all = subqueries(table);
        for (JsonNode other : job.path("tables")) {
            if (!other.get("name").equals(table.get("name")) && !all) {
                continue;
            }
            if (other.hasNonNull("data")) {
                String key = other.get("data").asText();
                JsonNode data = job.path("data").path(key);
                session.table(other.get("ddl").asText(), key, ValuesConnector.register("raw " + data, () -> Values.rows(data)));
            } else {
                session.run(other.get("ddl").asText());
            }
        }
    }

    private String quoted() {
        return "`" + table.get("name").asText() + "`";
    }

    private Made compute(String key, List<Row> raw) throws Exception {
        for (Iterator<String> names = secure.path("columns").fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (stored.stream().noneMatch(c -> c.getName().equals(name))) {
                throw new HarnessException("the secure view names column " + name + ", which " + quoted() + " does not store");
            }
        }
        createCopy(raw);
        StringBuilder query = new StringBuilder("SELECT ");
        for (Column column : stored) {
            query.append(masked(secure, column, false)).append(", ");
        }
        // Under the table's own name, so that an expression may qualify its columns.
        query.append("place__ FROM numbered__ AS ").append(quoted()).append(where(secure));
        List<Row> kept = session.finish(session.start(session.parse(query.toString())));
        int place = stored.size();
        kept.sort(Comparator.comparingInt(row -> (Integer) row.getField(place)));
        Row[] seen = new Row[raw.size()];
        for (Row row : kept) {
            int at = (Integer) row.getField(place);
            seen[at] = new Row(raw.get(at).getKind(), place);
            for (int i = 0; i < place; i++) {
                seen[at].setField(i, row.getField(i));
            }
            checkNulls(seen[at]);
        }
        if (upserts()) {
            List<Row> rows = upsertsOf(raw, seen);
            return new Made(key, rows, rows);
        }
        return new Made(key, presentOf(seen), presentOf(paired(raw, seen)));
    }

    /** The raw rows as plain inserts with their place. */
    private void createCopy(List<Row> raw) throws Exception {
        List<Row> numbered = new ArrayList<>();
        for (Row row : raw) {
            if (row.getArity() != stored.size()) {
                throw new HarnessException(quoted() + " stores " + stored.size() + " columns, a row has " + row.getArity());
            }
            Row copy = new Row(RowKind.INSERT, row.getArity() + 1);
            for (int i = 0; i < row.getArity(); i++) {
                copy.setField(i, row.getField(i));
            }
            copy.setField(row.getArity(), numbered.size());
            numbered.add(copy);
        }
        StringBuilder ddl = new StringBuilder("CREATE TABLE numbered__ (");
        for (Column column : stored) {
            ddl.append('`').append(column.getName()).append("` ").append(type(column)).append(", ");
        }
        ddl.append("place__ INT");
        for (Column column : schema.getColumns()) {
            if (column instanceof Column.ComputedColumn computed && secure.toString().contains(column.getName())) {
                ddl.append(", `").append(column.getName()).append("` AS ").append(computed.getExpression().asSerializableString());
            }
        }
        String id = ValuesConnector.register("numbered " + raw, () -> numbered);
        session.run(ddl + ") WITH ('connector' = 'values', 'bounded' = 'true', 'data-id' = '" + id + "')");
    }

    private static String masked(JsonNode secure, Column column, boolean keepUnmasked) {
        JsonNode mask = secure.path("columns").get(column.getName());
        String name = "`" + column.getName() + "`";
        // Unmasked columns of a view are passed on as they are: a cast would end a time attribute.
        return mask == null && keepUnmasked ? name : "CAST(" + (mask == null ? name : mask.asText()) + " AS " + type(column) + ")";
    }

    private static String where(JsonNode secure) {
        return secure.hasNonNull("filter") ? " WHERE " + secure.get("filter").asText() : "";
    }

    private static String type(Column column) {
        return column.getDataType().getLogicalType().copy(true).asSerializableString();
    }

    private void checkNulls(Row row) {
        for (int i = 0; i < stored.size(); i++) {
            if (row.getField(i) == null && !stored.get(i).getDataType().getLogicalType().isNullable()) {
                throw new HarnessException("the secure view gives NULL for column " + stored.get(i).getName() + " of " + quoted() + ", which is NOT NULL");
            }
        }
    }

    private static List<Row> presentOf(Row[] seen) {
        List<Row> rows = new ArrayList<>();
        for (Row row : seen) {
            if (row != null) {
                rows.add(row);
            }
        }
        return rows;
    }

    /** `-U` whose `+U` is not seen becomes `-D`, `+U` whose `-U` is not seen becomes `+I`. */
    private Row[] paired(List<Row> raw, Row[] seen) {
        Row[] rows = seen.clone();
        Map<List<Object>, Integer> before = new HashMap<>();
        for (int i = 0; i < seen.length; i++) {
            List<Object> key = keyOf(raw.get(i));
            if (raw.get(i).getKind() == RowKind.UPDATE_BEFORE) {
                before.put(key, i);
            } else if (raw.get(i).getKind() == RowKind.UPDATE_AFTER) {
                Integer first = before.remove(key);
                if (first != null && seen[i] == null && seen[first] != null) {
                    rows[first] = withKind(seen[first], RowKind.DELETE);
                } else if (seen[i] != null && (first == null || seen[first] == null)) {
                    rows[i] = withKind(seen[i], RowKind.INSERT);
                }
            }
        }
        return rows;
    }

    /** Without a primary key an update is two rows, one right after the other. */
    private List<Object> keyOf(Row row) {
        List<String> names = stored.stream().map(Column::getName).toList();
        return schema.getPrimaryKey().map(UniqueConstraint::getColumns).orElse(List.of()).stream()
                .map(name -> row.getField(names.indexOf(name)))
                .toList();
    }

    private static Row withKind(Row row, RowKind kind) {
        Row copy = Row.copy(row);
        copy.setKind(kind);
        return copy;
    }

    /** An upsert changelog has no row before an update. */
    private boolean upserts() throws Exception {
        String mode = session.inner.getCatalogManager()
                .getTableOrError(session.inner.getCatalogManager().qualifyIdentifier(
                        org.apache.flink.table.catalog.UnresolvedIdentifier.of(table.get("name").asText())))
                .getTable().getOptions().getOrDefault("changelog-mode", "I");
        return schema.getPrimaryKey().isPresent() && mode.contains("UA") && !mode.contains("UB");
    }

    /**
     * In an upsert changelog a row that leaves the filter has no row before it that could be kept: dropping the update would leave the old row
     * standing. It becomes a deletion of what was seen last; the first row of a key that is seen is an insertion.
     */
    private List<Row> upsertsOf(List<Row> raw, Row[] seen) {
        Map<List<Object>, Row> standing = new HashMap<>();
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < seen.length; i++) {
            Row row = raw.get(i);
            List<Object> of = keyOf(row);
            Row before = standing.get(of);
            if (seen[i] != null && row.getKind() != RowKind.DELETE) {
                seen[i].setKind(before == null ? RowKind.INSERT : row.getKind());
                standing.put(of, seen[i]);
                rows.add(seen[i]);
            } else if (before != null) {
                standing.remove(of);
                rows.add(withKind(before, RowKind.DELETE));
            }
        }
        return rows;
    }
}
