package io.github.sqlsec.gateway;

import io.github.sqlsec.Config;
import io.github.sqlsec.FlinkVersion;
import io.github.sqlsec.ReloadingEngine;
import io.github.sqlsec.SqlSec;
import io.github.sqlsec.SqlSecException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.gateway.api.SqlGatewayService;
import org.apache.flink.table.gateway.api.operation.OperationHandle;
import org.apache.flink.table.gateway.api.operation.OperationStatus;
import org.apache.flink.table.gateway.api.results.ResultSet;
import org.apache.flink.table.gateway.api.session.SessionEnvironment;
import org.apache.flink.table.gateway.api.session.SessionHandle;
import org.apache.flink.table.gateway.rest.util.SqlGatewayRestAPIVersion;
import org.apache.flink.table.gateway.service.SqlGatewayServiceImpl;
import org.apache.flink.table.gateway.service.context.DefaultContext;
import org.apache.flink.table.gateway.service.session.SessionManager;

/**
 * The real service of a Flink's own jars, which runs jobs in this process: what its operations come to, and what becomes of their lineage records. A program, not a
 * test of the build: `bindings/flink-gateway/test` runs it where a Flink is there.
 */
public final class LineageOnFlink {
  private static int failures;

  private final SqlGatewayService service;
  private final SqlSec other;
  private long seen;

  private LineageOnFlink(SqlGatewayService service, SqlSec other) {
    this.service = service;
    this.other = other;
  }

  /**
   * Runs all of it.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Path folder = Files.createTempDirectory("sqlsec-lineage");
    String table = "CREATE TABLE %s (id INT, age INT) WITH ('connector' = 'filesystem', 'format' = 'json', 'path' = '" + folder.toUri() + "%s')";
    String policy = "apiVersion: sqlsec/v1\nversion: 1\ndefaults: { access: allow, unknown_connector: allow }\nrules:\n"
        + "  - { id: ages, type: column_mask, to: { users: [ann] }, on: { table: '*.*.people', columns: [age] }, mask: MASK_NULL }\n";
    Config config = Config.builder().policyText(policy).part("lineage", "{\"store\": \"" + folder.resolve("lineage.db") + "\", \"create\": true}").build();
    Configuration flink = new Configuration();
    flink.setString("execution.target", "local");
    flink.setString("execution.attached", "true");
    flink.setString("execution.runtime-mode", "batch");
    SessionManager sessions = SessionManager.create(DefaultContext.load(flink, Collections.emptyList(), false));
    sessions.start();
    ReloadingEngine engines = Engines.of(config);
    FlinkVersion version = SqlSecEndpointFactory.version(EnvironmentInformation.getVersion());
    SqlGatewayService service = ProtectedService.over(new SqlGatewayServiceImpl(sessions), new Checks(engines, version), new Sessions(0, 32), false);
    try {
      new LineageOnFlink(service, SqlSec.open(config)).run(table);
    } catch (Exception e) {
      // Flink's threads would keep the process.
      equal("nothing", e.toString(), "what was thrown");
    }
    System.out.println("lineage on Flink " + EnvironmentInformation.getVersion() + ": " + failures + " failures");
    System.exit(failures == 0 ? 0 : 1);
  }

  private void run(String table) throws Exception {
    SessionHandle bob = open("bob");
    for (String name : List.of("people", "copy")) {
      equal("FINISHED", execute(bob, String.format(table, name, name)), "CREATE TABLE " + name);
    }
    equal("FINISHED", execute(bob, "SET 'table.dml-sync' = 'true'"), "SET");
    equal("FINISHED", execute(bob, "INSERT INTO people VALUES (1, 33)"), "the job that brings the data");
    settled("committed");
    equal("FINISHED", execute(bob, "INSERT INTO copy SELECT id, age FROM people"), "a copy");
    settled("committed");
    equal("ERROR", execute(bob, "INSERT INTO copy SELECT id, ARRAY[age] FROM people"), "a statement that cannot be planned");
    settled("aborted");
    equal("ERROR", execute(bob, "INSERT INTO copy SELECT id, age FROM people WHERE nothing = 1"), "a column that is not there");
    equal("ERROR", execute(bob, "INSERT INTO copy SELECT id / (id - 1), age FROM people"), "a job that fails while it runs");
    settled("pending");
    equal("FINISHED", execute(bob, "SET 'table.dml-sync' = 'false'"), "SET");
    equal("FINISHED", execute(bob, "INSERT INTO copy SELECT id, age FROM people"), "a job that nobody waits for");
    settled("committed");
    SessionHandle ann = open("ann");
    equal("FINISHED", execute(ann, String.format(table, "copy", "copy")), "CREATE TABLE of ann");
    equal("[null]", values("ann", ann, "SELECT DISTINCT age FROM copy"), "what ann reads of the copy");
    equal("[33]", values("bob", bob, "SELECT DISTINCT age FROM copy"), "what bob reads of it");
  }

  private SessionHandle open(String user) {
    Caller.bind(Identity.of(user, List.of()));
    return service.openSession(SessionEnvironment.newBuilder().setSessionEndpointVersion(SqlGatewayRestAPIVersion.V1).build());
  }

  /** The end of a statement, or the code by which it is refused. */
  private String execute(SessionHandle session, String sql) throws Exception {
    OperationHandle operation;
    try {
      operation = service.executeStatement(session, sql, 0, new Configuration());
    } catch (RuntimeException e) {
      System.out.println("  refused: " + e.getMessage());
      return "ERROR";
    }
    OperationStatus status;
    do {
      Thread.sleep(20);
      status = service.getOperationInfo(session, operation).getStatus();
    } while (!status.isTerminalStatus());
    service.getOperationInfo(session, operation).getException().ifPresent(error -> {
      for (Throwable at = error; at != null; at = at.getCause()) {
        System.out.println("  " + at.getClass().getName() + ": " + String.valueOf(at.getMessage()).split("\n")[0]);
      }
    });
    service.closeOperation(session, operation);
    return status.toString();
  }

  private String values(String user, SessionHandle session, String sql) throws Exception {
    Caller.bind(Identity.of(user, List.of()));
    OperationHandle operation = service.executeStatement(session, sql, 0, new Configuration());
    List<String> values = new ArrayList<>();
    Long token = 0L;
    while (token != null) {
      ResultSet results = service.fetchResults(session, operation, token, 100);
      for (RowData row : results.getData()) {
        values.add(row.isNullAt(0) ? "null" : String.valueOf(row.getInt(0)));
      }
      token = results.getResultType() == ResultSet.ResultType.NOT_READY ? token : results.getNextToken();
      Thread.sleep(20);
    }
    service.closeOperation(session, operation);
    return values.toString();
  }

  /** What became of the newest record. */
  private void settled(String wanted) throws Exception {
    String state = "record-unknown";
    for (long record = seen + 200; record > seen; record--) {
      state = state(record);
      if (!state.equals("record-unknown")) {
        seen = record;
        break;
      }
    }
    equal(wanted, state, "its record");
  }

  private String state(long record) {
    try {
      // Only what is committed can end.
      other.ended(record);
      return "committed";
    } catch (SqlSecException e) {
      return e.code().equals("record-unknown") ? e.code() : e.getMessage().replaceAll("lineage record \\d+ (is |was |has )?(still )?", "");
    }
  }

  private static void equal(String wanted, String is, String what) {
    boolean right = wanted.equals(is);
    failures += right ? 0 : 1;
    System.out.println((right ? "ok: " : "FAILED: ") + what + ": " + is + (right ? "" : ", not " + wanted));
  }
}
