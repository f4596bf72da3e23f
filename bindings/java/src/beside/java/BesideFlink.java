import io.github.sqlsec.Config;
import io.github.sqlsec.FlinkVersion;
import io.github.sqlsec.Principal;
import io.github.sqlsec.Reply;
import io.github.sqlsec.Request;
import io.github.sqlsec.SqlSec;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.internal.TableEnvironmentImpl;
import org.apache.flink.table.planner.calcite.FlinkPlannerImpl;
import org.apache.flink.table.planner.delegation.PlannerBase;

/**
 * What a check costs beside Flink's own parse and validate of the same statement in the same JVM: what every rewriter must do that stands on Calcite.
 * {@code BesideFlink FOLDER warm|first sqlsec|first flink}; FOLDER has `tables.sql`, `policy.yaml` and the queries as `*.query`. `bindings/java/beside-flink`
 */
public final class BesideFlink {
  private static final int WARM_ROUNDS = 300;
  private static final int ROUNDS = 200;

  private final String tables;
  private final String policy;
  private final List<String> queries = new ArrayList<>();

  private BesideFlink(Path folder) throws IOException {
    tables = Files.readString(folder.resolve("tables.sql"));
    policy = Files.readString(folder.resolve("policy.yaml"));
    try (var files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".query")).sorted().toList()) {
        queries.add(Files.readString(file));
      }
    }
  }

  public static void main(String[] args) throws Exception {
    long main = System.nanoTime();
    BesideFlink beside = new BesideFlink(Path.of(args[0]));
    switch (args[1]) {
      case "warm" -> beside.warm();
      case "first" -> {
        String query = beside.queries.get(0);
        if (args[2].equals("flink")) {
          validate(planner(beside.environment()), query);
        } else {
          try (SqlSec sqlsec = beside.sqlsec()) {
            rewrite(sqlsec, query);
          }
        }
        double answered = (System.nanoTime() - main) / 1e6;
        long sinceStart = System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime();
        // After the first: what of the JVM's own start is in it must not differ.
        System.out.printf("%-7s first answer %.1f ms after main began, %d ms after the JVM did%n", args[2], answered, sinceStart);
      }
      default -> throw new IllegalArgumentException(args[1]);
    }
  }

  /** The median of many rounds of all queries: each query by both, in turn, as before a submission; and a round of all by one, then by the other. */
  private void warm() {
    TableEnvironmentImpl environment = environment();
    try (SqlSec sqlsec = sqlsec()) {
      // As Flink's parser does: a planner for each statement.
      Consumer<String> flink = query -> validate(planner(environment), query);
      Consumer<String> ours = query -> rewrite(sqlsec, query);
      Costs inTurn = new Costs();
      Costs each = new Costs();
      for (int round = -WARM_ROUNDS; round < ROUNDS; round++) {
        double[] sums = new double[2];
        for (String query : queries) {
          sums[0] += micros(flink, List.of(query));
          sums[1] += micros(ours, List.of(query));
        }
        double alone = micros(flink, queries);
        double ourAlone = micros(ours, queries);
        if (round >= 0) {
          inTurn.note(round, sums[0] / queries.size(), sums[1] / queries.size());
          each.note(round, alone / queries.size(), ourAlone / queries.size());
        }
      }
      System.out.printf("%d queries, microseconds a query, median (fastest tenth) of %d rounds:%n", queries.size(), ROUNDS);
      inTurn.print("each query by both, in turn");
      each.print("all queries by one, then all by the other");
    }
  }

  private static double micros(Consumer<String> what, List<String> queries) {
    long start = System.nanoTime();
    queries.forEach(what);
    return (System.nanoTime() - start) / 1e3;
  }

  /** What a query cost both, by round. */
  private static final class Costs {
    private final double[] flink = new double[ROUNDS];
    private final double[] ours = new double[ROUNDS];

    void note(int round, double ofFlink, double ofOurs) {
      flink[round] = ofFlink;
      ours[round] = ofOurs;
    }

    void print(String how) {
      Arrays.sort(flink);
      Arrays.sort(ours);
      int half = ROUNDS / 2;
      int tenth = ROUNDS / 10;
      System.out.printf("%s:%n", how);
      System.out.printf("  Flink, parse and validate  %7.1f (%.1f)%n", flink[half], flink[tenth]);
      System.out.printf("  sqlsec, whole check        %7.1f (%.1f)%n", ours[half], ours[tenth]);
      System.out.printf("  ratio                      %7.1f (%.1f)%n", flink[half] / ours[half], flink[tenth] / ours[tenth]);
    }
  }

  private TableEnvironmentImpl environment() {
    TableEnvironment environment = TableEnvironment.create(EnvironmentSettings.inBatchMode());
    for (String table : tables.split(";")) {
      if (!table.isBlank()) {
        environment.executeSql(table);
      }
    }
    return (TableEnvironmentImpl) environment;
  }

  private static FlinkPlannerImpl planner(TableEnvironmentImpl environment) {
    return ((PlannerBase) environment.getPlanner()).createFlinkPlanner();
  }

  private static void validate(FlinkPlannerImpl planner, String query) {
    planner.validate(planner.parser().parse(query));
  }

  private SqlSec sqlsec() {
    return SqlSec.open(Config.builder().policyText(policy).catalogSql(tables).build());
  }

  private static void rewrite(SqlSec sqlsec, String query) {
    Reply reply = sqlsec.rewrite(Request.of(Principal.of("analyst"), query).flink(FlinkVersion.V2_3));
    if (reply.sql().equals(query)) {
      throw new IllegalStateException("nothing was protected in: " + query);
    }
  }
}
