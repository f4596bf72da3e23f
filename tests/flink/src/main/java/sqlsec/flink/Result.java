package sqlsec.flink;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.planner.factories.TestValuesTableFactory;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.CloseableIterator;

/** What a script came to: the columns of its last statement, its changelog, and the rows that remain when that is applied. */
final class Result {
    private static final ExecutorService READERS = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "reader");
        thread.setDaemon(true);
        return thread;
    });

    final List<String> types = new ArrayList<>();
    final List<String> changelog = new ArrayList<>();
    final List<String> rows = new ArrayList<>();

    /** Runs a script; its last statement is the one that is looked at. */
    static Result of(Session session, List<String> statements, String compare, long limit) throws Exception {
        for (String statement : statements.subList(0, statements.size() - 1)) {
            session.run(statement);
        }
        String last = session.fill(statements.get(statements.size() - 1));
        Result result = new Result();
        if (compare.equals("plan")) {
            // What has no plan is run: EXPLAIN, DDL.
            if (Session.startsWith(last, "EXPLAIN") || Session.startsWith(last, "CREATE") || Session.startsWith(last, "DROP")) {
                session.run(last);
            } else {
                session.env.explainSql(last);
            }
        } else if (compare.startsWith("sink:")) {
            session.run(last);
            result.sink(compare.substring("sink:".length()));
        } else {
            result.collect(session.env.executeSql(last), limit);
        }
        return result;
    }

    private void sink(String name) {
        rows.addAll(TestValuesTableFactory.getResultsAsStrings(name));
        changelog.addAll(TestValuesTableFactory.getRawResultsAsStrings(name));
        Collections.sort(rows);
    }

    private void collect(TableResult table, long limit) throws Exception {
        for (Column column : table.getResolvedSchema().getColumns()) {
            types.add(column.getName() + " " + column.getDataType().getLogicalType());
        }
        List<Row> got = Collections.synchronizedList(new ArrayList<>());
        CompletableFuture<Void> reading = CompletableFuture.runAsync(() -> {
            try (CloseableIterator<Row> iterator = table.collect()) {
                iterator.forEachRemaining(got::add);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }, READERS);
        try {
            reading.get(limit, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            table.getJobClient().ifPresent(JobClient::cancel);
            throw new IllegalStateException("no end within " + limit + " s", e);
        }
        Map<String, Integer> bag = new TreeMap<>();
        for (Row row : got) {
            String text = row.toString();
            changelog.add(text);
            boolean adds = row.getKind() == RowKind.INSERT || row.getKind() == RowKind.UPDATE_AFTER;
            // The text begins with the two characters of the kind.
            bag.merge(text.substring(2), adds ? 1 : -1, Integer::sum);
        }
        bag.forEach((text, count) -> {
            for (int i = 0; i < Math.abs(count); i++) {
                rows.add(count > 0 ? text : "MISSING " + text);
            }
        });
    }

    private TreeSet<String> kinds() {
        TreeSet<String> kinds = new TreeSet<>();
        changelog.forEach(row -> kinds.add(row.substring(0, 2)));
        return kinds;
    }

    /** Why the two are not the same, or null. */
    String differsFrom(Result other, JsonNode job) {
        String compare = job.path("compare").asText("rows");
        if (!types.equals(other.types)) {
            return "types";
        }
        if (!rows.equals(other.rows)) {
            return "rows";
        }
        boolean streaming = job.path("mode").asText().equals("streaming");
        if (streaming && !kinds().equals(other.kinds())) {
            return "row kinds";
        }
        if (compare.equals("changelog")) {
            List<String> mine = new ArrayList<>(changelog);
            List<String> others = new ArrayList<>(other.changelog);
            Collections.sort(mine);
            Collections.sort(others);
            return mine.equals(others) ? null : "changelog";
        }
        return null;
    }
}
