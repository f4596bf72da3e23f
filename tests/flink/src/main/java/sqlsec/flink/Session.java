package sqlsec.flink;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.api.internal.TableEnvironmentInternal;
import org.apache.flink.table.operations.BeginStatementSetOperation;
import org.apache.flink.table.operations.EndStatementSetOperation;
import org.apache.flink.table.operations.ModifyOperation;
import org.apache.flink.table.operations.Operation;
import org.apache.flink.table.operations.command.ResetOperation;
import org.apache.flink.table.operations.command.SetOperation;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;

/** A fresh table environment with its own in-memory catalog, used as a SQL client would use it: statement by statement. */
final class Session {
    private static final ExecutorService READERS = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "reader");
        thread.setDaemon(true);
        return thread;
    });

    final StreamTableEnvironment env;
    final TableEnvironmentInternal inner;
    private final long limitSeconds;
    /** Data key to the id under which the `values` connector holds its rows. */
    private final Map<String, String> ids = new LinkedHashMap<>();
    /** The other way round, for all tables. */
    private final Map<String, String> keys = new LinkedHashMap<>();
    /** The statements between BEGIN STATEMENT SET and END; null outside. */
    private List<ModifyOperation> statementSet;

    Session(String mode, JsonNode config, long limitSeconds) {
        this.limitSeconds = limitSeconds;
        boolean batch = mode.equals("batch");
        Configuration conf = new Configuration();
        conf.setString("execution.target", Cluster.TARGET);
        conf.setString("execution.runtime-mode", batch ? "BATCH" : "STREAMING");
        // One thread of rows: the order within a changelog is then the planner's doing alone.
        conf.setString("parallelism.default", "1");
        conf.setString("table.exec.resource.default-parallelism", "1");
        conf.setString("table.local-time-zone", "UTC");
        if (!batch) {
            // Below this length Flink does not parse its generated code again to split it, which takes a fifth of the suite's time. Batch aggregates
            // need the split: without it their code does not compile.
            conf.setString("table.generated-code.max-length", "32000");
        }
        conf.setString("execution.batch-shuffle-mode", "ALL_EXCHANGES_PIPELINED");
        conf.setString("jobmanager.scheduler", "Default");
        config.fields().forEachRemaining(e -> conf.setString(e.getKey(), e.getValue().asText()));
        StreamExecutionEnvironment execution = StreamExecutionEnvironment.getExecutionEnvironment(conf);
        execution.setParallelism(1);
        EnvironmentSettings.Builder settings = EnvironmentSettings.newInstance();
        env = StreamTableEnvironment.create(
                execution, (batch ? settings.inBatchMode() : settings.inStreamingMode()).withConfiguration(conf).build());
        inner = (TableEnvironmentInternal) env;
    }

    /** From now on `${key}` in a statement is this id. */
    void data(String key, String id) {
        ids.put(key, id);
        keys.put(id, key);
    }

    /** Creates a table over rows of its own, whatever `${key}` is elsewhere. */
    void table(String ddl, String key, String id) throws Exception {
        keys.put(id, key);
        run(ddl.replace("${" + key + "}", id));
    }

    /** What SHOW CREATE prints, with the keys back in place of the ids, which differ between the two sides of an equation. */
    String unfill(String text) {
        String unfilled = text;
        for (Map.Entry<String, String> id : keys.entrySet()) {
            unfilled = unfilled.replace("'data-id' = '" + id.getKey() + "'", "'data-id' = '${" + id.getValue() + "}'");
        }
        return unfilled;
    }

    private String fill(String sql) {
        String filled = sql;
        for (Map.Entry<String, String> id : ids.entrySet()) {
            filled = filled.replace("${" + id.getKey() + "}", id.getValue());
        }
        return filled;
    }

    void functions(JsonNode functions) throws Exception {
        functions(functions, null);
    }

    /** Registers those functions that `text` may call. */
    void functions(JsonNode functions, String text) throws Exception {
        String folded = text == null ? null : text.toLowerCase(Locale.ROOT);
        for (var fields = functions.fields(); fields.hasNext(); ) {
            var function = fields.next();
            if (folded != null && !folded.contains(function.getKey().toLowerCase(Locale.ROOT))) {
                continue;
            }
            run("CREATE TEMPORARY FUNCTION `" + function.getKey() + "` AS '" + function.getValue().asText() + "'");
        }
    }

    Operation parse(String sql) {
        List<Operation> operations = inner.getParser().parse(fill(sql));
        if (operations.size() != 1) {
            throw new HarnessException("one statement is wanted: " + sql);
        }
        return operations.get(0);
    }

    /** Runs one statement to its end; rows that it gives are dropped. */
    void run(String sql) throws Exception {
        TableResult result = start(parse(sql));
        if (result != null) {
            finish(result);
        }
    }

    /** Starts a statement; null where nothing is to be waited for. */
    TableResult start(Operation operation) throws Exception {
        if (operation instanceof SetOperation set) {
            // Clients do these by themselves: the table environment has no SET.
            set.getKey().ifPresent(key -> env.getConfig().set(key, set.getValue().orElseThrow()));
            return null;
        }
        if (operation instanceof ResetOperation reset) {
            Configuration session = env.getConfig().getConfiguration();
            reset.getKey().ifPresentOrElse(session::removeKey, () -> session.keySet().forEach(session::removeKey));
            return null;
        }
        if (operation instanceof BeginStatementSetOperation) {
            statementSet = new ArrayList<>();
            return null;
        }
        if (operation instanceof EndStatementSetOperation) {
            List<ModifyOperation> all = endOfStatementSet();
            return ValuesConnector.whilePlanning(() -> inner.executeInternal(all));
        }
        if (statementSet != null && operation instanceof ModifyOperation modify) {
            statementSet.add(modify);
            return null;
        }
        return ValuesConnector.whilePlanning(() -> inner.executeInternal(operation));
    }

    List<ModifyOperation> endOfStatementSet() {
        List<ModifyOperation> all = statementSet;
        if (all == null) {
            throw new HarnessException("END without BEGIN STATEMENT SET");
        }
        statementSet = null;
        return all;
    }

    /** All rows of a result, or a failed job's error; what does not end in time is cancelled. */
    List<Row> finish(TableResult result) throws Exception {
        CompletableFuture<List<Row>> rows = CompletableFuture.supplyAsync(() -> {
            List<Row> got = new ArrayList<>();
            try (CloseableIterator<Row> iterator = result.collect()) {
                iterator.forEachRemaining(got::add);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            return got;
        }, READERS);
        try {
            return rows.get(limitSeconds, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            result.getJobClient().ifPresent(JobClient::cancel);
            throw new IllegalStateException("no end within " + limitSeconds + " s", e);
        }
    }

    static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(n -> texts.add(n.asText()));
        return texts;
    }
}
