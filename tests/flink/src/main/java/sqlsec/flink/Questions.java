package sqlsec.flink;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.apache.calcite.config.Lex;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.parser.SqlParser;
import org.apache.flink.sql.parser.impl.FlinkSqlParserImpl;
import org.apache.flink.sql.parser.validate.FlinkSqlConformance;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;

/** Single questions to Flink: does it parse, does it plan, what does an expression give, what rows come out. */
final class Questions {
    /** As the planner sets its parser up. */
    private static final SqlParser.Config PARSER = SqlParser.config()
            .withParserFactory(FlinkSqlParserImpl.FACTORY)
            .withConformance(FlinkSqlConformance.DEFAULT)
            .withLex(Lex.JAVA)
            .withIdentifierMaxLength(256);

    private Questions() {}

    static void parse(JsonNode job, ObjectNode answer) throws Exception {
        SqlNodeList list = SqlParser.create(job.get("sql").asText(), PARSER).parseStmtList();
        answer.put("statements", list.size());
        answer.put("kind", list.get(0).getClass().getSimpleName());
    }

    static void plan(JsonNode job, ObjectNode answer) throws Exception {
        Session session = prepared(job);
        answer.put("plan", session.env.explainSql(session.fill(job.get("sql").asText())));
    }

    static void execute(JsonNode job, ObjectNode answer) throws Exception {
        Session session = prepared(job);
        Result result = Result.of(session, List.of(job.get("sql").asText()), "rows", job.path("timeout_s").asLong(60));
        answer.set("types", Runner.JSON.valueToTree(result.types));
        answer.set("rows", Runner.JSON.valueToTree(result.rows));
        answer.set("changelog", Runner.JSON.valueToTree(result.changelog));
    }

    /** Expressions over columns `c0`, `c1`, … : the values a row, as text, and the types. */
    static void eval(JsonNode job, ObjectNode answer) throws Exception {
        Session session = new Session(job.path("mode").asText("batch"), job.path("config"));
        session.functions(job.path("functions"));
        session.data("cells", Values.rows(job));
        StringBuilder ddl = new StringBuilder("CREATE TABLE cells (");
        int columns = 0;
        for (JsonNode type : job.get("types")) {
            ddl.append(columns == 0 ? "" : ", ").append('c').append(columns++).append(' ').append(type.asText());
        }
        session.run(ddl + ") WITH ('connector' = 'values', 'bounded' = 'true', 'data-id' = '${cells}')");
        StringBuilder query = new StringBuilder("SELECT ");
        int expressions = 0;
        for (JsonNode expression : job.get("exprs")) {
            query.append(expressions == 0 ? "" : ", ").append(expression.asText()).append(" AS e").append(expressions++);
        }
        TableResult result = session.env.executeSql(query + " FROM cells");
        ArrayNode types = answer.putArray("types");
        for (Column column : result.getResolvedSchema().getColumns()) {
            types.add(column.getDataType().getLogicalType().asSerializableString());
        }
        List<List<String>> values = new ArrayList<>();
        try (CloseableIterator<Row> rows = result.collect()) {
            while (rows.hasNext()) {
                Row row = rows.next();
                List<String> texts = new ArrayList<>();
                for (int i = 0; i < row.getArity(); i++) {
                    Object value = row.getField(i);
                    // A row of one field prints arrays and bytes by content.
                    texts.add(value == null ? null : inner(Row.of(value).toString()));
                }
                values.add(texts);
            }
        }
        answer.set("values", Runner.JSON.valueToTree(values));
    }

    private static String inner(String row) {
        return row.substring("+I[".length(), row.length() - 1);
    }

    private static Session prepared(JsonNode job) throws Exception {
        Session session = new Session(job.path("mode").asText("streaming"), job.path("config"));
        session.functions(job.path("functions"));
        job.path("data").fields().forEachRemaining(e -> session.data(e.getKey(), Values.rows(e.getValue())));
        for (String statement : Session.texts(job.path("setup"))) {
            session.run(statement);
        }
        return session;
    }
}
