package sqlsec.flink;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.apache.flink.types.Row;

/** The secure-view equation: the submitted script on policy(D), the rewritten script on D. */
final class Equation {
    private Equation() {}

    static void run(JsonNode job, ObjectNode answer, boolean distinct) {
        Side submitted = Side.of(job, "submitted", true);
        Side rewritten = Side.of(job, "rewritten", false);
        answer.put("outcome", outcome(job, submitted, rewritten, answer));
        if (submitted.result != null) {
            answer.put("rows_submitted", submitted.result.rows.size());
            answer.set("types_submitted", Runner.JSON.valueToTree(submitted.result.types));
            answer.set("sample_submitted", Runner.JSON.valueToTree(first(submitted.result.rows)));
        }
        if (rewritten.result != null) {
            answer.set("types_rewritten", Runner.JSON.valueToTree(rewritten.result.types));
            answer.set("sample_rewritten", Runner.JSON.valueToTree(first(rewritten.result.rows)));
        }
        if (distinct && submitted.result != null) {
            Side raw = Side.of(job, "submitted", false);
            if (raw.result != null) {
                answer.put("rows_raw", raw.result.rows.size());
                answer.put("indistinct", raw.result.rows.equals(submitted.result.rows));
            }
        }
    }

    private static String outcome(JsonNode job, Side submitted, Side rewritten, ObjectNode answer) {
        if (submitted.error != null && rewritten.error != null) {
            answer.put("detail", submitted.error + " // " + rewritten.error);
            return "both-refused";
        }
        if (submitted.error != null) {
            answer.put("detail", submitted.error);
            return "submitted-refused";
        }
        if (rewritten.error != null) {
            answer.put("detail", rewritten.error);
            return "rewritten-refused";
        }
        String difference = submitted.result.differsFrom(rewritten.result, job);
        if (difference != null) {
            answer.put("detail", difference);
            return "unequal";
        }
        return "equal";
    }

    private static List<String> first(List<String> rows) {
        return rows.subList(0, Math.min(rows.size(), 10));
    }

    /** One side: its result, or the error that it ended in. */
    private static final class Side {
        Result result;
        String error;

        static Side of(JsonNode job, String statements, boolean secure) {
            Side side = new Side();
            try {
                Session session = prepare(job, secure);
                long limit = job.path("timeout_s").asLong(60);
                side.result = Result.of(session, Session.texts(job.get(statements)), job.path("compare").asText("rows"), limit);
            } catch (Throwable t) {
                side.error = Runner.chain(t);
            }
            return side;
        }

        private static Session prepare(JsonNode job, boolean secure) throws Exception {
            Session session = new Session(job.path("mode").asText("streaming"), job.path("config"));
            session.functions(job.path("functions"));
            for (JsonNode table : job.path("tables")) {
                if (table.hasNonNull("data")) {
                    String key = table.get("data").asText();
                    JsonNode data = job.path("data").get(key);
                    List<Row> rows = secure && table.hasNonNull("secure") ? SecureView.rows(job, table, data) : Values.rows(data);
                    session.data(key, rows);
                }
            }
            for (JsonNode table : job.path("tables")) {
                session.run(table.get("ddl").asText());
            }
            for (JsonNode statement : job.path("catalog")) {
                session.run(statement.asText());
            }
            return session;
        }
    }
}
