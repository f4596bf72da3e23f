package io.github.sqlsec.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.sqlsec.Config;
import io.github.sqlsec.FlinkVersion;
import io.github.sqlsec.ReloadingEngine;
import io.github.sqlsec.SqlSec;
import io.github.sqlsec.SqlSecException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.TableException;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.gateway.api.SqlGatewayService;
import org.apache.flink.table.gateway.api.operation.OperationHandle;
import org.apache.flink.table.gateway.api.operation.OperationStatus;
import org.apache.flink.table.gateway.api.session.SessionEnvironment;
import org.apache.flink.table.gateway.api.session.SessionHandle;
import org.apache.flink.table.gateway.api.utils.SqlGatewayException;
import org.apache.flink.table.gateway.rest.util.SqlGatewayRestAPIVersion;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Masks follow the data from statement to statement: the world of the shared steps (fixtures/hosts), and every end that an operation can come to. */
class LineageTest {
  private static final String COPY = "INSERT INTO lake.d.c SELECT id, age FROM lake.d.a";
  private static final String READ = "SELECT age FROM lake.d.c";

  private final FakeGateway fake = new FakeGateway();
  @TempDir Path folder;
  private String document;
  private ReloadingEngine engines;
  private SqlGatewayService service;
  private SessionHandle bob;
  private SessionHandle ann;
  /** Another engine over the same store, which tells what has become of a record. */
  private SqlSec other;

  @BeforeEach
  void open() throws Exception {
    for (String line : Files.readAllLines(Paths.get("../../fixtures/hosts/inheritance.txt"), StandardCharsets.UTF_8)) {
      if (line.startsWith("config | ")) {
        document = line.substring(9).replace("@FOLDER@", folder.toString());
      }
    }
    engines = Engines.of(() -> Config.ofJson(document), () -> document);
    other = SqlSec.open(Config.ofJson(document));
    for (String name : List.of("a", "c", "e")) {
      table(name);
    }
    fake.status = OperationStatus.FINISHED;
    service = ProtectedService.over(fake.service(), new Checks(engines, FlinkVersion.V2_3), new Sessions(0, 32), false);
    bob = session("bob");
    ann = session("ann");
  }

  @AfterEach
  void close() {
    Caller.clear();
    other.close();
  }

  private void table(String name) {
    ResolvedSchema schema = ResolvedSchema.of(Column.physical("id", DataTypes.BIGINT()), Column.physical("age", DataTypes.INT()));
    Map<String, String> options = Map.of("connector", "filesystem", "path", "s3://lake/" + name, "format", "json");
    CatalogTable table = CatalogTable.newBuilder().schema(Schema.newBuilder().build()).options(options).build();
    fake.tables.put("lake.d." + name, new ResolvedCatalogTable(table, schema));
  }

  private SessionHandle session(String user) {
    as(user);
    SessionHandle session = service.openSession(SessionEnvironment.newBuilder().setSessionEndpointVersion(SqlGatewayRestAPIVersion.V1).build());
    // The first statement counts as a change: the one behind it waits for its end.
    service.executeStatement(session, "SELECT 0", 0, new Configuration());
    service.executeStatement(session, "SELECT 0", 0, new Configuration());
    return session;
  }

  private static void as(String user) {
    Caller.bind(Identity.of(user, List.of()));
  }

  private OperationHandle run(SessionHandle session, String sql) {
    as(session.equals(ann) ? "ann" : "bob");
    return service.executeStatement(session, sql, 0, new Configuration());
  }

  /** Whether ann reads the ages encrypted. */
  private boolean follows() {
    run(ann, READ);
    List<String> submitted = fake.submitted();
    return submitted.get(submitted.size() - 1).contains("encrypt(`age`)");
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

  private void until(String state, long record) throws InterruptedException {
    long end = System.nanoTime() + 10_000_000_000L;
    while (!state(record).equals(state)) {
      assertTrue(System.nanoTime() < end, state(record));
      Thread.sleep(20);
    }
  }

  @Test
  void whatFlinkHasSubmittedIsCommittedAndItsMasksFollow() throws Exception {
    assertFalse(follows());
    fake.status = OperationStatus.RUNNING;
    OperationHandle copy = run(bob, COPY);
    assertTrue(fake.submitted().toString().contains("SELECT id, age FROM lake.d.a"), "bob may see the ages");
    // The first answer was about tables that nobody had described: its record is taken back.
    long record = lastRecord();
    assertEquals("pending", state(record));
    for (long earlier = 1; earlier < record; earlier++) {
      assertTrue(List.of("aborted", "record-unknown").contains(state(earlier)), earlier + " is " + state(earlier));
    }
    assertTrue(follows(), "what is pending protects");
    fake.status = OperationStatus.FINISHED;
    until("committed", record);
    assertTrue(follows());
    as("bob");
    service.closeOperation(bob, copy);
    run(bob, READ);
    assertFalse(fake.submitted().get(fake.submitted().size() - 1).contains("encrypt"));
  }

  /** The highest number that is a record. */
  private long lastRecord() {
    for (long record = 400; record > 0; record--) {
      if (!state(record).equals("record-unknown") && !state(record).equals("aborted")) {
        return record;
      }
    }
    throw new AssertionError("no record");
  }

  private boolean nothingIsLeft() {
    for (long record = 1; record < 400; record++) {
      if (!List.of("record-unknown", "aborted").contains(state(record))) {
        return false;
      }
    }
    return true;
  }

  @Test
  void whatThePoolDoesNotTakeIsAborted() {
    fake.full = new SqlGatewayException("Failed to executeStatement.", new SqlGatewayException("Failed to submit the operation to the thread pool.", new RejectedExecutionException()));
    assertThrows(SqlGatewayException.class, () -> run(bob, COPY));
    fake.full = null;
    assertTrue(nothingIsLeft());
    assertFalse(follows());
    assertThrows(RuntimeException.class, () -> run(bob, COPY + "; " + COPY));
    assertTrue(nothingIsLeft(), "two statements a call");
    assertThrows(RuntimeException.class, () -> run(bob, "INSERT INTO lake.d.c SELECT id, nothing FROM lake.d.a"));
    assertTrue(nothingIsLeft());
  }

  @Test
  void whatFailsWhileItIsSubmittedMayRunAndStaysPending() {
    fake.full = new SqlGatewayException("Failed to executeStatement.", new RuntimeException("cancelled, and the task goes on"));
    assertThrows(SqlGatewayException.class, () -> run(bob, COPY));
    fake.full = null;
    assertEquals("pending", state(lastRecord()));
    assertTrue(follows());
    // Nobody has its handle: it may still be planned, and names must not change meanwhile.
    String said = assertThrows(SqlGatewayException.class, () -> run(bob, "USE CATALOG lake")).getMessage();
    assertTrue(said.contains("sqlsec: session-lost"), said);
  }

  @Test
  void aJobThatWasNotPlannedIsAborted() throws Exception {
    fake.status = OperationStatus.ERROR;
    fake.error = new SqlGatewayException("Failed to execute the operation.", new ValidationException("Column types of query result and sink do not match."));
    run(bob, COPY);
    long end = System.nanoTime() + 10_000_000_000L;
    while (!nothingIsLeft()) {
      assertTrue(System.nanoTime() < end, "it stays");
      Thread.sleep(20);
    }
    fake.status = OperationStatus.FINISHED;
    assertFalse(follows());
  }

  @Test
  void whatMayHaveRunStaysPendingAndProtects() {
    Exception job = new SqlGatewayException("Failed to execute the operation.", new TableException("Failed to execute sql", new ValidationException("of a function in the job")));
    for (OperationStatus status : List.of(OperationStatus.ERROR, OperationStatus.CANCELED, OperationStatus.TIMEOUT, OperationStatus.CLOSED)) {
      fake.status = status;
      fake.error = status == OperationStatus.ERROR ? job : null;
      OperationHandle copy = run(bob, COPY);
      service.closeOperation(bob, copy);
      assertEquals("pending", state(lastRecord()), status.toString());
      fake.status = OperationStatus.FINISHED;
      fake.error = null;
      assertTrue(follows());
      // Closed while it runs: nobody will know.
      fake.status = OperationStatus.RUNNING;
      OperationHandle running = run(bob, COPY);
      service.closeOperation(bob, running);
      fake.status = OperationStatus.FINISHED;
      assertEquals("pending", state(lastRecord()));
      bob = session("bob");
    }
  }

  @Test
  void anEndIsLookedAtBeforeItIsForgotten() {
    service.closeOperation(bob, run(bob, COPY));
    assertEquals("committed", state(lastRecord()));
    run(bob, COPY.replace("lake.d.c", "lake.d.e"));
    as("bob");
    service.closeSession(bob);
    assertEquals("committed", state(lastRecord()));
  }

  @Test
  void aScriptIsCommittedWhenItIsDeployedAndElseStaysPending() {
    as("bob");
    String columns = " (id BIGINT, age INT) WITH ('connector' = 'filesystem', 'format' = 'json', 'path' = 's3://elsewhere/";
    String script = "CREATE TABLE mine" + columns + "a'); CREATE TABLE copy" + columns + "c'); INSERT INTO copy SELECT id, age FROM mine;";
    fake.full = new SqlGatewayException("the cluster does not answer");
    String said = assertThrows(SqlGatewayException.class, () -> service.deployScript(bob, null, script, new Configuration())).getMessage();
    assertEquals("the cluster does not answer", said);
    fake.full = null;
    assertEquals("pending", state(lastRecord()));
    as("bob");
    service.deployScript(bob, null, script, new Configuration());
    assertEquals("committed", state(lastRecord()));
  }

  @Test
  void theErrorOfAJobIsNotTheErrorOfItsPlan() {
    Exception plan = new ValidationException("x");
    assertTrue(Submissions.wasNotPlanned(Optional.of(plan)));
    assertTrue(Submissions.wasNotPlanned(Optional.of(new SqlGatewayException("a", new SqlGatewayException("b", plan)))));
    assertFalse(Submissions.wasNotPlanned(Optional.of(new SqlGatewayException("a", new RuntimeException(plan)))));
    assertFalse(Submissions.wasNotPlanned(Optional.of(new SqlGatewayException("a"))));
    assertFalse(Submissions.wasNotPlanned(Optional.empty()));
  }

  @Test
  void theStoreStaysWhileTheGatewayRuns() {
    service.closeOperation(bob, run(bob, COPY));
    String before = document;
    document = before.replace("lineage.db", "other.db").replace("lake.d.a, columns", "lake.d.x, columns");
    engines.reload();
    assertFalse(Files.exists(folder.resolve("other.db")));
    assertTrue(follows(), "the old rules hold");
    document = before.replace("lake.d.a, columns", "lake.d.x, columns");
    engines.reload();
    engines.reload();
    assertFalse(follows(), "nothing is masked any more");
  }

  @Test
  void aStoreThatIsNotThereStopsTheGateway() {
    document = document.replace("lineage.db", "other.db").replace(", \"create\": true", "");
    SqlSecException error = assertThrows(SqlSecException.class, () -> Engines.of(Config.ofJson(document)));
    assertEquals("lineage-unavailable", error.code());
  }
}
