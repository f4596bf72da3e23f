package sqlsec.flink;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.apache.flink.types.Row;

/** One side of an equation: the result of its script, or the error that it ended in. */
final class Side {
    /** One submitted script is compared with several rewritten ones (styles), which come one after another. */
    private static final Map<String, CompletableFuture<Side>> RECENT = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, CompletableFuture<Side>> eldest) {
            return size() > 64;
        }
    };

    /** What stands under the tables' names: D, or one of the two forms of policy(D). */
    enum View {
        RAW,
        KINDS_KEPT,
        PAIRED
    }

    private static final Pattern CLUSTER_LOST =
            Pattern.compile("TaskExecutor is shutting down|NoResourceAvailableException|MiniCluster is not yet running");

    /** Statements that show every table, and identifiers written in escapes. */
    private static final Pattern LISTS = Pattern.compile("(?i)\\bSHOW\\b|U&\"");

    Result result;
    String error;
    /** The job is wrong, not the script. */
    boolean fault;

    private Side() {}

    /** As `of`, but the same question is asked once. */
    static Side remembered(JsonNode job, String statements, View view) {
        ObjectNode question = job.deepCopy();
        question.remove(List.of("id", "rewritten"));
        String key = view + question.toString();
        CompletableFuture<Side> mine = new CompletableFuture<>();
        CompletableFuture<Side> known;
        synchronized (RECENT) {
            known = RECENT.putIfAbsent(key, mine);
        }
        if (known != null) {
            return known.join();
        }
        mine.complete(of(job, statements, view));
        return mine.join();
    }

    /** The kinds of change that the planner expects of the last statement; null where it has none. */
    static String plannedKinds(JsonNode job, String statements, View view) {
        try {
            Session session = prepare(job, view);
            List<String> script = Session.texts(job.get(statements));
            for (String statement : script.subList(0, script.size() - 1)) {
                session.run(statement);
            }
            return Plans.kinds(session, script.get(script.size() - 1));
        } catch (Exception noPlan) {
            return null;
        }
    }

    /** Whether the two forms of policy(D) differ for a table of the job. */
    static boolean hasUnpairedUpdates(JsonNode job) {
        for (JsonNode table : job.path("tables")) {
            if (table.hasNonNull("data") && table.hasNonNull("secure")) {
                SecureView.Made made = SecureView.rows(job, table, job.path("data").path(table.get("data").asText()));
                if (!made.rows().equals(made.paired())) {
                    return true;
                }
            }
        }
        return false;
    }

    static Side of(JsonNode job, String statements, View view) {
        Side side = once(job, statements, view);
        // A script that another one's fatal error took down with it is not at fault; the next one gets a new cluster.
        return side.error != null && CLUSTER_LOST.matcher(side.error).find() ? once(job, statements, view) : side;
    }

    private static Side once(JsonNode job, String statements, View view) {
        Side side = new Side();
        try {
            // Sinks are known by name in the whole JVM, and the other side has written to the same ones.
            if (Runner.writes(job)) {
                ValuesConnector.clearSinks();
            }
            Session session = prepare(job, view);
            side.result = Result.of(session, Session.texts(job.get(statements)), job.path("compare").asText("rows"));
        } catch (HarnessException e) {
            side.fault = true;
            side.error = Runner.chain(e);
        } catch (Throwable t) {
            side.error = Runner.chain(t);
        }
        return side;
    }

    private static Session prepare(JsonNode job, View view) throws Exception {
        Session session = new Session(job.path("mode").asText("streaming"), job.path("config"), job.path("timeout_s").asLong(60));
        try {
            String text = mentioned(job);
            // Some of a world's functions are of a newer Flink than this one.
            session.functions(job.path("functions"), LISTS.matcher(text).find() ? null : text);
            job.path("data").fields().forEachRemaining(e -> session.data(e.getKey(), raw(e.getValue())));
            for (JsonNode table : job.path("tables")) {
                if (!needed(table, text)) {
                    continue;
                }
                boolean restricted = view != View.RAW && table.hasNonNull("secure");
                if (!table.hasNonNull("data")) {
                    session.run(table.get("ddl").asText());
                    if (restricted) {
                        SecureView.inPlace(session, table);
                    }
                } else {
                    String key = table.get("data").asText();
                    JsonNode data = job.path("data").path(key);
                    if (data.isMissingNode()) {
                        throw new HarnessException("no data " + key);
                    }
                    String id = restricted ? registered(SecureView.rows(job, table, data), view) : raw(data);
                    if (restricted) {
                        // A table of the submitter's own over the same rows is the protected table.
                        session.data(key, id);
                    }
                    session.table(table.get("ddl").asText(), key, id);
                }
            }
            for (JsonNode statement : job.path("catalog")) {
                session.run(statement.asText());
            }
        } catch (HarnessException e) {
            throw e;
        } catch (Exception e) {
            throw new HarnessException("preparing: " + Runner.chain(e), e);
        }
        return session;
    }

    /** A world has many tables and a statement names few of them: the others need not be made. */
    private static boolean needed(JsonNode table, String text) {
        boolean listed = LISTS.matcher(text).find();
        return listed || text.contains(table.get("name").asText()) || table.hasNonNull("data") && text.contains("${" + table.get("data").asText() + "}");
    }

    /** All that may name a table: statements, and what is no table with rows (views). */
    private static String mentioned(JsonNode job) {
        List<String> texts = new ArrayList<>();
        for (String field : List.of("submitted", "rewritten", "catalog")) {
            texts.addAll(Session.texts(job.path(field)));
        }
        for (JsonNode table : job.path("tables")) {
            if (!table.hasNonNull("data")) {
                texts.add(table.get("ddl").asText());
            }
            if (table.hasNonNull("secure")) {
                texts.add(table.get("secure").toString());
            }
        }
        return String.join("\n", texts);
    }

    private static String raw(JsonNode data) {
        return ValuesConnector.register("raw " + data, () -> Values.rows(data));
    }

    private static String registered(SecureView.Made made, View view) {
        return ValuesConnector.register(view + " " + made.key(), () -> view == View.PAIRED ? made.paired() : made.rows());
    }
}
