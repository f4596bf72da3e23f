package sqlsec.flink;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.planner.factories.TestValuesTableFactory;
import org.apache.flink.types.Row;

/** A fresh table environment with its own in-memory catalog, and the statements that prepare it. */
final class Session {
    private static final Pattern SET = Pattern.compile("(?is)\\s*SET\\s+'([^']*)'\\s*=\\s*'([^']*)'\\s*;?\\s*");

    final StreamTableEnvironment env;
    /** Data key to the id under which the `values` connector holds its rows. */
    private final Map<String, String> ids = new LinkedHashMap<>();

    Session(String mode, JsonNode config) {
        boolean batch = mode.equals("batch");
        Configuration conf = new Configuration();
        conf.setString("execution.target", Cluster.TARGET);
        conf.setString("execution.runtime-mode", batch ? "BATCH" : "STREAMING");
        // One thread of rows: the order within a changelog is then the planner's doing alone.
        conf.setString("parallelism.default", "1");
        conf.setString("table.exec.resource.default-parallelism", "1");
        conf.setString("table.local-time-zone", "UTC");
        conf.setString("table.dml-sync", "true");
        conf.setString("execution.batch-shuffle-mode", "ALL_EXCHANGES_PIPELINED");
        conf.setString("jobmanager.scheduler", "Default");
        config.fields().forEachRemaining(e -> conf.setString(e.getKey(), e.getValue().asText()));
        StreamExecutionEnvironment execution = StreamExecutionEnvironment.getExecutionEnvironment(conf);
        execution.setParallelism(1);
        EnvironmentSettings.Builder settings = EnvironmentSettings.newInstance();
        env = StreamTableEnvironment.create(
                execution, (batch ? settings.inBatchMode() : settings.inStreamingMode()).withConfiguration(conf).build());
    }

    /** Gives rows to the `values` connector; `${key}` in later statements is their id. */
    void data(String key, List<Row> rows) {
        ids.put(key, TestValuesTableFactory.registerData(rows));
    }

    void functions(JsonNode functions) {
        functions.fields().forEachRemaining(
                e -> env.executeSql("CREATE TEMPORARY FUNCTION `" + e.getKey() + "` AS '" + e.getValue().asText() + "'"));
    }

    String fill(String sql) {
        for (Map.Entry<String, String> id : ids.entrySet()) {
            sql = sql.replace("${" + id.getKey() + "}", id.getValue());
        }
        return sql;
    }

    /** Runs one statement to its end. SET goes to the configuration, as SQL clients do it: `executeSql` has no SET. */
    void run(String sql) throws Exception {
        Matcher set = SET.matcher(sql);
        if (set.matches()) {
            env.getConfig().set(set.group(1), set.group(2));
            return;
        }
        TableResult result = env.executeSql(fill(sql));
        if (result.getJobClient().isPresent()) {
            result.await(60, TimeUnit.SECONDS);
        }
    }

    static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(n -> texts.add(n.asText()));
        return texts;
    }

    static boolean startsWith(String sql, String word) {
        return sql.stripLeading().toUpperCase(Locale.ROOT).startsWith(word);
    }
}
