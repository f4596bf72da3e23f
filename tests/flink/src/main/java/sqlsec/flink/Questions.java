package sqlsec.flink;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;

/** Single questions to Flink: does it plan, what does an expression give, what rows come out. */
final class Questions {
    private Questions() {}

    static void plan(JsonNode job, ObjectNode answer) throws Exception {
        answer.put("plan", Plans.of(prepared(job), job.get("sql").asText()));
    }

    static void execute(JsonNode job, ObjectNode answer) throws Exception {
        Result result = Result.of(prepared(job), List.of(job.get("sql").asText()), job.path("compare").asText("rows"));
        answer.set("types", Runner.JSON.valueToTree(result.types));
        answer.set("rows", Runner.JSON.valueToTree(printed(result.arrived)));
        answer.set("changelog", Runner.JSON.valueToTree(result.arrived.stream().map(Row::toString).toList()));
        ArrayNode columns = answer.putArray("values");
        for (Row row : result.arrived) {
            columns.add(texts(row));
        }
    }

    /** The rows that remain, as Flink prints them. */
    private static List<String> printed(List<Row> arrived) {
        List<String> rows = new ArrayList<>();
        for (Row row : arrived) {
            String text = row.toString().substring(row.getKind().shortString().length());
            if (row.getKind() == RowKind.INSERT || row.getKind() == RowKind.UPDATE_AFTER || !rows.remove(text)) {
                rows.add(text);
            }
        }
        rows.sort(null);
        return rows;
    }

    /** Expressions over columns `c0`, `c1`, … : the values a row, as text, and the types. */
    static void eval(JsonNode job, ObjectNode answer) throws Exception {
        Session session = session(job, "batch");
        StringBuilder ddl = new StringBuilder("CREATE TABLE cells (");
        int columns = 0;
        for (JsonNode type : job.get("types")) {
            ddl.append(columns == 0 ? "" : ", ").append('c').append(columns++).append(' ').append(type.asText());
        }
        String id = ValuesConnector.register("raw " + job.get("types") + job.get("rows"), () -> Values.rows(job));
        session.run(ddl + ") WITH ('connector' = 'values', 'bounded' = 'true', 'data-id' = '" + id + "')");
        List<String> select = new ArrayList<>();
        for (JsonNode expression : job.get("exprs")) {
            select.add(expression.asText() + " AS e" + select.size());
        }
        TableResult result = session.start(session.parse("SELECT " + String.join(", ", select) + " FROM cells"));
        ArrayNode types = answer.putArray("types");
        for (Column column : result.getResolvedSchema().getColumns()) {
            types.add(column.getDataType().getLogicalType().asSerializableString());
        }
        ArrayNode values = answer.putArray("values");
        session.finish(result).forEach(row -> values.add(texts(row)));
    }

    /** The values as Flink prints them; NULL is null. */
    private static ArrayNode texts(Row row) {
        ArrayNode texts = Runner.JSON.createArrayNode();
        for (int i = 0; i < row.getArity(); i++) {
            Object value = row.getField(i);
            // A row of one field prints arrays and bytes by content.
            String printed = Row.of(value).toString();
            texts.add(value == null ? null : printed.substring("+I[".length(), printed.length() - 1));
        }
        return texts;
    }

    private static Session session(JsonNode job, String mode) throws Exception {
        Session session = new Session(job.path("mode").asText(mode), job.path("config"), job.path("timeout_s").asLong(60));
        session.functions(job.path("functions"));
        return session;
    }

    private static Session prepared(JsonNode job) throws Exception {
        if (Runner.writes(job)) {
            ValuesConnector.clearSinks();
        }
        Session session = session(job, "streaming");
        job.path("data").fields().forEachRemaining(
                e -> session.data(e.getKey(), ValuesConnector.register("raw " + e.getValue(), () -> Values.rows(e.getValue()))));
        for (String statement : Session.texts(job.path("setup"))) {
            session.run(statement);
        }
        return session;
    }
}
