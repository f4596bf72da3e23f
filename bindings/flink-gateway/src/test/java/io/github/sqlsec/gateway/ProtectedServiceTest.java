package io.github.sqlsec.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.sqlsec.Config;
import io.github.sqlsec.FlinkVersion;
import io.github.sqlsec.ReloadingEngine;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URI;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.CatalogView;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.ResolvedCatalogView;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.gateway.api.SqlGatewayService;
import org.apache.flink.table.gateway.api.operation.OperationHandle;
import org.apache.flink.table.gateway.api.operation.OperationStatus;
import org.apache.flink.table.gateway.api.session.SessionEnvironment;
import org.apache.flink.table.gateway.api.session.SessionHandle;
import org.apache.flink.table.gateway.api.utils.SqlGatewayException;
import org.apache.flink.table.gateway.rest.util.SqlGatewayRestAPIVersion;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The proxy over a service that runs nothing, with the real engine. */
class ProtectedServiceTest {
  private static final String POLICY =
      "apiVersion: sqlsec/v1\nversion: 1\nrules:\n"
          + "  - { id: rows, type: row_filter, to: { users: [alice] }, on: { table: '*.*.orders' }, filter: \"region = 'beijing'\" }\n"
          + "  - { id: closed, type: access, to: { users: [alice] }, on: { table: '*.*.wages' }, privileges: [select], effect: deny }\n";
  private static final ReloadingEngine ENGINES = Engines.of(Config.builder().policyText(POLICY).build());

  private final FakeGateway fake = new FakeGateway();
  private final SqlGatewayService strict = service(false);

  private SqlGatewayService service(boolean ignore) {
    return ProtectedService.over(fake.service(), new Checks(ENGINES, FlinkVersion.V2_3), new Sessions(0, 32), ignore);
  }

  private static SessionHandle open(SqlGatewayService service, String user, Map<String, String> properties) {
    as(user);
    return service.openSession(SessionEnvironment.newBuilder().setSessionEndpointVersion(SqlGatewayRestAPIVersion.V1).addSessionConfig(properties).build());
  }

  private static void as(String user) {
    Caller.bind(Identity.of(user, List.of()));
  }

  @AfterEach
  void nobody() {
    Caller.clear();
  }

  private void orders(String name) {
    ResolvedSchema schema = ResolvedSchema.of(Column.physical("id", DataTypes.INT()), Column.physical("region", DataTypes.STRING()));
    CatalogTable table = CatalogTable.newBuilder().schema(Schema.newBuilder().build()).options(Map.of("connector", "datagen")).build();
    fake.tables.put(name, new ResolvedCatalogTable(table, schema));
  }

  private OperationHandle run(SessionHandle session, String sql) {
    return strict.executeStatement(session, sql, 0, new Configuration());
  }

  private String refused(SessionHandle session, String sql) {
    int before = fake.submitted().size();
    String said = assertThrows(RuntimeException.class, () -> run(session, sql)).getMessage();
    assertEquals(before, fake.submitted().size(), "it was submitted all the same");
    return said;
  }

  private static Object[] arguments(Method method, SessionHandle session) {
    Class<?>[] types = method.getParameterTypes();
    Object[] args = new Object[types.length];
    for (int i = 0; i < types.length; i++) {
      args[i] = types[i] == long.class ? (Object) 0L : types[i] == int.class ? (Object) 0 : types[i] == boolean.class ? (Object) false
          : types[i] == SessionHandle.class ? session : types[i] == String.class ? "SELECT 1" : types[i] == Configuration.class ? new Configuration()
          : types[i] == SessionEnvironment.class ? SessionEnvironment.newBuilder().setSessionEndpointVersion(SqlGatewayRestAPIVersion.V1).build() : null;
    }
    return args;
  }

  @Test
  void withoutACallerNothingComesThroughButTheVersion() throws Exception {
    SessionHandle session = open(strict, "alice", Collections.emptyMap());
    Caller.clear();
    fake.calls.clear();
    for (Method method : SqlGatewayService.class.getMethods()) {
      if (method.getName().equals("getGatewayInfo")) {
        method.invoke(strict);
        continue;
      }
      InvocationTargetException refusal = assertThrows(InvocationTargetException.class, () -> method.invoke(strict, arguments(method, session)), method.getName());
      assertTrue(refusal.getCause().getMessage().contains("unauthenticated"), method.getName());
    }
    assertEquals(List.of("getGatewayInfo"), fake.calls);
  }

  @Test
  void aForeignSessionIsLikeNone() throws Exception {
    SessionHandle session = open(strict, "alice", Collections.emptyMap());
    as("bob");
    fake.calls.clear();
    for (Method method : SqlGatewayService.class.getMethods()) {
      MethodRule rule = MethodRule.of(method.getName());
      if (rule == MethodRule.INFO || rule == MethodRule.OPEN || rule == MethodRule.DENIED) {
        continue;
      }
      for (SessionHandle handle : new SessionHandle[] {session, SessionHandle.create()}) {
        InvocationTargetException refusal = assertThrows(InvocationTargetException.class, () -> method.invoke(strict, arguments(method, handle)), method.getName());
        assertEquals("Session '" + handle + "' does not exist.", refusal.getCause().getMessage());
      }
    }
    assertEquals(List.of(), fake.calls);
  }

  @Test
  void whatIsSubmittedIsWhatTheEngineHandsOut() {
    orders("hive.db.orders");
    SessionHandle session = open(strict, "alice", Collections.emptyMap());
    run(session, "SELECT id FROM hive.db.orders");
    String submitted = fake.submitted().get(0);
    assertTrue(submitted.contains("WHERE") && submitted.contains("region = 'beijing'"), submitted);
    assertTrue(refused(session, "SELECT\n  * FROM hive.db.nothing").contains("at line 2, column 10"), "the place is told");
    assertTrue(refused(session, "SELECT 1; SELECT 2").contains("one statement"));
    assertTrue(refused(session, "SELECT FROM").contains("syntax-error"));
  }

  @Test
  void aViewOfTheCatalogIsReadThrough() {
    orders("hive.db.orders");
    ResolvedSchema schema = ResolvedSchema.of(Column.physical("id", DataTypes.INT()));
    CatalogView view = CatalogView.of(Schema.newBuilder().build(), null, "SELECT id FROM orders", "SELECT `orders`.`id` FROM `hive`.`db`.`orders`", Map.of());
    fake.tables.put("hive.db.v", new ResolvedCatalogView(view, schema));
    SessionHandle session = open(strict, "alice", Collections.emptyMap());
    run(session, "SELECT * FROM hive.db.v");
    assertTrue(fake.submitted().get(0).contains("region = 'beijing'"), fake.submitted().get(0));
  }

  @Test
  void aViewOfASharedCatalogIsWhatFlinkSaysOfItAlsoToItsMaker() {
    orders("hive.db.orders");
    SessionHandle session = open(strict, "alice", Collections.emptyMap());
    run(session, "CREATE VIEW hive.db.v AS SELECT id FROM hive.db.orders");
    // Somebody who may see all rows has made it anew.
    ResolvedSchema schema = ResolvedSchema.of(Column.physical("id", DataTypes.INT()));
    fake.tables.put("hive.db.v", new ResolvedCatalogView(CatalogView.of(Schema.newBuilder().build(), null, "x", "SELECT `id` FROM `hive`.`db`.`orders`", Map.of()), schema));
    run(session, "SELECT * FROM hive.db.v");
    assertTrue(fake.submitted().get(1).contains("region = 'beijing'"), fake.submitted().get(1));
    // What only this session sees is what it has made of it.
    run(session, "CREATE TEMPORARY VIEW v AS SELECT id FROM hive.db.orders");
    run(session, "SELECT * FROM v");
    assertEquals("executeStatement SELECT * FROM v 0 {}", fake.submitted().get(3));
  }

  @Test
  void aTableOfACatalogThatOthersReachTooIsNotRememberedByItsDeclaration() {
    String policy = POLICY
        + "  - { id: makes, type: access, to: { users: [alice] }, on: { object: '*' }, privileges: [catalog], effect: allow }\n"
        + "  - { id: secret, type: access, to: { users: [alice] }, on: { physical: 'kafka://*/secret' }, privileges: [select], effect: deny }\n";
    SqlGatewayService service = ProtectedService.over(fake.service(), new Checks(Engines.of(Config.builder().policyText(policy).build()), FlinkVersion.V2_3), new Sessions(0, 32), false);
    SessionHandle session = open(service, "alice", Collections.emptyMap());
    java.util.function.Consumer<String> run = sql -> service.executeStatement(session, sql, 0, new Configuration());
    String table = "d.t (id INT) WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = 'b:9092', 'topic' = 'open', 'format' = 'json')";
    run.accept("CREATE CATALOG mem WITH ('type' = 'generic_in_memory')");
    run.accept("CREATE TABLE mem." + table);
    run.accept("SELECT id FROM mem.d.t");
    run.accept("CREATE CATALOG lake WITH ('type' = 'hive', 'hive.metastore.uris' = 'thrift://m:9083')");
    run.accept("CREATE TABLE lake." + table);
    // Another session over the same metastore has made it anew, over the topic that is closed.
    String said = assertThrows(RuntimeException.class, () -> run.accept("SELECT id FROM lake.d.t")).getMessage();
    assertTrue(said.contains("sqlsec: connector-unknown"), said);
  }

  @Test
  void aCatalogThatIgnoresLetterCaseHasOneTableForAllSpellings() {
    orders("hive.db.orders");
    LiveCatalog.Lookup hive = new LiveCatalog.Lookup() {
      @Override
      public java.util.Optional<org.apache.flink.table.catalog.ResolvedCatalogBaseTable<?>> find(String catalog, String database, String table) {
        return java.util.Optional.ofNullable(fake.tables.get("hive.db." + table.toLowerCase(java.util.Locale.ROOT)));
      }

      @Override
      public Map<String, String> options(String catalog) {
        return catalog.equals("hive") ? Map.of("type", "hive") : Map.of();
      }
    };
    Checks checks = new Checks(ENGINES, FlinkVersion.V2_3);
    for (String name : List.of("hive.db.orders", "hive.db.ORDERS", "hive.`DB`.`Orders`")) {
      String sql = checks.statement(Identity.of("alice", List.of()).principal(), io.github.sqlsec.Session.of("x", "y"), "SELECT id FROM " + name, new LiveCatalog(hive)).sql();
      assertTrue(sql.contains("region = 'beijing'"), sql);
    }
  }

  @Test
  void aCatalogThatFailsClosesTheStatement() {
    SessionHandle session = open(strict, "alice", Collections.emptyMap());
    SqlGatewayService down = (SqlGatewayService) java.lang.reflect.Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {SqlGatewayService.class}, (proxy, method, args) -> {
      throw new RuntimeException("the metastore is down");
    });
    LiveCatalog catalog = new LiveCatalog(new Probe(down).in(session, io.github.sqlsec.Session.of("hive", "db")));
    String said = assertThrows(RuntimeException.class, () -> new Checks(ENGINES, FlinkVersion.V2_3)
        .statement(Identity.of("alice", List.of()).principal(), io.github.sqlsec.Session.of("hive", "db"), "SELECT * FROM orders", catalog)).getMessage();
    assertTrue(said.contains("catalog-unavailable") && !said.contains("metastore"), said);
  }

  @Test
  void settingsOfASessionAndOfACallAreThoseThatMayBeSet() {
    assertThrows(RuntimeException.class, () -> open(strict, "alice", Map.of("rest.address", "evil")));
    assertThrows(RuntimeException.class, () -> open(strict, "alice", Map.of("parallelism.default", "2", "table.sql-dialect", "hive")));
    assertEquals(List.of(), fake.calls);
    SqlGatewayService lenient = service(true);
    open(lenient, "alice", Map.of("rest.address", "evil", "parallelism.default", "2"));
    assertTrue(fake.calls.get(0).startsWith("openSession") && !fake.calls.toString().contains("evil"), fake.calls.toString());
    assertThrows(RuntimeException.class, () -> open(lenient, "alice", Map.of("table.sql-dialect", "hive")));

    SessionHandle session = open(strict, "alice", Map.of("parallelism.default", "2"));
    Configuration evil = Configuration.fromMap(Map.of("pipeline.jars", "file:///evil.jar"));
    assertThrows(RuntimeException.class, () -> strict.executeStatement(session, "SELECT 1", 0, evil));
    strict.executeStatement(session, "SELECT 1", 0, Configuration.fromMap(Map.of("parallelism.default", "3")));
    assertEquals(1, fake.submitted().size());
  }

  @Test
  void theConfigurationIsShownAsFarAsItMayBeSet() {
    fake.config.putAll(Map.of("parallelism.default", "1", "s3.secret-key", "very", "jdbc.password", "secret", "table.sql-dialect", "default"));
    SessionHandle session = open(strict, "alice", Collections.emptyMap());
    assertEquals(Map.of("parallelism.default", "1", "table.sql-dialect", "default"), strict.getSessionConfig(session));
  }

  @Test
  void theStateOfTheSessionIsThatOfFlink() {
    orders("hive.db.orders");
    fake.database = "db";
    SessionHandle session = open(strict, "alice", Collections.emptyMap());
    run(session, "USE CATALOG hive");
    run(session, "SELECT id FROM orders");
    assertTrue(fake.submitted().get(1).contains("beijing"), "orders means hive.db.orders");
    fake.status = OperationStatus.ERROR;
    run(session, "USE CATALOG other");
    run(session, "SELECT id FROM orders");
    assertTrue(fake.submitted().get(3).contains("beijing"), "a USE that failed has changed nothing");
  }

  @Test
  void aChangeWithoutAClearEndClosesTheSession() {
    SessionHandle session = open(strict, "alice", Collections.emptyMap());
    OperationHandle use = run(session, "USE CATALOG hive");
    fake.status = OperationStatus.CANCELED;
    strict.closeOperation(session, use);
    fake.status = OperationStatus.FINISHED;
    assertTrue(refused(session, "SELECT 1").contains("session-lost"));

    SessionHandle other = open(strict, "alice", Collections.emptyMap());
    fake.failure = new RuntimeException("timed out");
    assertThrows(RuntimeException.class, () -> strict.configureSession(other, "CREATE TEMPORARY VIEW v AS SELECT 1 AS a", 0));
    fake.failure = null;
    assertTrue(refused(other, "SELECT 1").contains("session-lost"));

    SessionHandle half = open(strict, "alice", Collections.emptyMap());
    run(half, "CREATE TABLE c WITH ('connector' = 'blackhole') AS SELECT 1 AS a");
    fake.status = OperationStatus.ERROR;
    assertTrue(refused(half, "SELECT 1").contains("session-lost"));
  }

  /** The thread that plans it may go on after it was ended, and would find the names of after the change. */
  @Test
  void whatWasEndedWhileItWasPlannedLetsNoNameChange() {
    String change = "CREATE TEMPORARY VIEW v AS SELECT 1 AS a";
    for (boolean closes : new boolean[] {true, false}) {
      SessionHandle session = open(strict, "alice", Collections.emptyMap());
      // The first statement counts as a change: a fresh state is written shorter.
      run(session, "SELECT 0");
      OperationHandle query = run(session, "SELECT 1");
      run(session, "SELECT 2");
      fake.status = OperationStatus.CANCELED;
      if (closes) {
        strict.closeOperation(session, query);
        fake.status = OperationStatus.FINISHED;
      } else {
        strict.cancelOperation(session, query);
      }
      run(session, "SELECT 3");
      assertTrue(refused(session, change).contains("session-lost"));
      assertTrue(refused(session, "SELECT 1").contains("session-lost"));
      fake.status = OperationStatus.FINISHED;
    }
    SessionHandle session = open(strict, "alice", Collections.emptyMap());
    strict.closeOperation(session, run(session, "SELECT 1"));
    run(session, change);
  }

  @Test
  void scriptsElsewhereRefreshesWithOptionsAndCodeAreRefused() {
    SessionHandle session = open(strict, "alice", Collections.emptyMap());
    fake.calls.clear();
    for (Runnable call : List.<Runnable>of(
        () -> strict.deployScript(session, URI.create("file:///x.sql"), null, new Configuration()),
        () -> strict.deployScript(session, URI.create("file:///x.sql"), "SELECT 1", new Configuration()),
        () -> strict.deployScript(session, null, null, new Configuration()),
        () -> strict.deployScript(session, null, "ADD JAR 'x.jar'", new Configuration()),
        () -> strict.deployScript(session, null, "SELECT * FROM hive.db.nobody_has_described_it", new Configuration()),
        () -> strict.deployScript(session, null, "SELECT 1", Configuration.fromMap(Map.of("execution.target", "x"))),
        () -> strict.refreshMaterializedTable(session, "m", false, null, Map.of("topic", "x"), Map.of(), Map.of()),
        () -> strict.refreshMaterializedTable(session, "m REFRESH --", false, null, Map.of(), Map.of(), Map.of()),
        () -> strict.refreshMaterializedTable(session, "m", false, null, Map.of(), Map.of(), Map.of("rest.address", "x")),
        () -> strict.submitOperation(session, () -> null),
        () -> strict.getTable(session, null),
        () -> strict.getFunctionDefinition(session, null))) {
      assertThrows(RuntimeException.class, call::run);
    }
    // Where a fresh session begins is our own question: nothing of the callers' went through.
    assertEquals(java.util.Set.of("getSessionConfig"), new java.util.HashSet<>(fake.calls));
    fake.calls.clear();
    assertEquals(List.of(), strict.completeStatement(session, "SELECT * FROM ", 14));
    assertEquals(List.of(), fake.calls);
  }

  @Test
  void anErrorThatQuotesThePolicyIsWithheld() {
    orders("hive.db.orders");
    SessionHandle session = open(strict, "alice", Collections.emptyMap());
    OperationHandle protectedRows = run(session, "SELECT id FROM hive.db.orders");
    OperationHandle own = run(session, "SELECT 'beijing'");
    fake.failure = new RuntimeException("failed", new RuntimeException("near region = 'beijing'"));
    String said = assertThrows(RuntimeException.class, () -> strict.fetchResults(session, protectedRows, 0L, 1)).getMessage();
    assertTrue(said.contains("statement-failed"), said);
    assertEquals("failed", assertThrows(RuntimeException.class, () -> strict.fetchResults(session, own, 0L, 1)).getMessage());
  }

  @Test
  void anErrorOfACallThatWaitsForItsEndIsWithheldToo() {
    orders("hive.db.orders");
    SessionHandle session = open(strict, "alice", Collections.emptyMap());
    fake.failure = new RuntimeException("failed", new RuntimeException("near region = 'beijing'"));
    String view = "CREATE TEMPORARY VIEW v AS SELECT id FROM hive.db.orders";
    String said = assertThrows(RuntimeException.class, () -> strict.configureSession(session, view, 0)).getMessage();
    assertTrue(said.contains("statement-failed"), said);
    String script = "CREATE TABLE orders (id INT, region STRING) WITH ('connector' = 'datagen'); CREATE TABLE o (id INT) WITH ('connector' = 'blackhole'); INSERT INTO o SELECT id FROM orders;";
    said = assertThrows(RuntimeException.class, () -> strict.deployScript(session, null, script, new Configuration())).getMessage();
    assertTrue(said.contains("statement-failed"), said);
    fake.failure = new RuntimeException("the cluster is down");
    assertEquals("the cluster is down", assertThrows(RuntimeException.class, () -> strict.deployScript(session, null, script, new Configuration())).getMessage());
  }

  @Test
  void whatAViewOfTheSessionHoldsIsWithheldWhereverItIsRead() {
    orders("hive.db.orders");
    SessionHandle session = open(strict, "alice", Collections.emptyMap());
    run(session, "CREATE TEMPORARY VIEW v AS SELECT id FROM hive.db.orders");
    OperationHandle reads = run(session, "SELECT id FROM v");
    strict.configureSession(session, "CREATE TEMPORARY VIEW w AS SELECT id FROM v", 0);
    fake.failure = new RuntimeException("no plan for: condition=[=($1, 'beijing')]");
    assertTrue(assertThrows(RuntimeException.class, () -> strict.fetchResults(session, reads, 0L, 1)).getMessage().contains("statement-failed"));
    assertTrue(assertThrows(RuntimeException.class, () -> strict.configureSession(session, "CREATE TEMPORARY VIEW x AS SELECT id FROM w", 0)).getMessage().contains("statement-failed"));
  }

  @Test
  void anErrorOfAnEndIsWithheldToo() {
    orders("hive.db.orders");
    SessionHandle session = open(strict, "alice", Collections.emptyMap());
    OperationHandle operation = run(session, "SELECT id FROM hive.db.orders");
    fake.ending = new RuntimeException("near region = 'beijing'");
    assertTrue(assertThrows(RuntimeException.class, () -> strict.cancelOperation(session, operation)).getMessage().contains("statement-failed"));
    assertTrue(assertThrows(RuntimeException.class, () -> strict.closeOperation(session, operation)).getMessage().contains("statement-failed"));
  }

  @Test
  void aLiteralMayBeLong() {
    orders("hive.db.orders");
    String policy = POLICY.replace("'beijing'", "'" + "bei''jing ".repeat(10_000) + "'");
    SqlGatewayService service = ProtectedService.over(fake.service(), new Checks(Engines.of(Config.builder().policyText(policy).build()), FlinkVersion.V2_3), new Sessions(0, 32), false);
    SessionHandle session = open(service, "alice", Collections.emptyMap());
    OperationHandle operation = service.executeStatement(session, "SELECT id FROM hive.db.orders", 0, new Configuration());
    assertTrue(fake.submitted().get(0).length() > 100_000);
    fake.failure = new RuntimeException("near '" + "bei'jing ".repeat(10_000) + "'");
    assertTrue(assertThrows(RuntimeException.class, () -> service.fetchResults(session, operation, 0L, 1)).getMessage().contains("statement-failed"));
    fake.failure = new RuntimeException("near 'bei'");
    assertEquals("near 'bei'", assertThrows(RuntimeException.class, () -> service.fetchResults(session, operation, 0L, 1)).getMessage());
  }

  @Test
  void whatIsSubmittedButNotKnownHereClosesTheSession() {
    SessionHandle session = open(strict, "alice", Collections.emptyMap());
    fake.full = new RuntimeException("the task goes on");
    assertThrows(RuntimeException.class, () -> run(session, "USE CATALOG hive"));
    fake.full = null;
    assertTrue(refused(session, "SELECT 1").contains("session-lost"));
    SessionHandle other = open(strict, "alice", Collections.emptyMap());
    fake.full = new SqlGatewayException("full", new java.util.concurrent.RejectedExecutionException());
    assertThrows(RuntimeException.class, () -> run(other, "USE CATALOG hive"));
    fake.full = null;
    run(other, "SELECT 1");
  }

  @Test
  void aUserHasSoManySessionsAndOthersHaveTheirs() {
    SqlGatewayService service = ProtectedService.over(fake.service(), new Checks(ENGINES, FlinkVersion.V2_3), new Sessions(0, 2), false);
    SessionHandle first = open(service, "alice", Collections.emptyMap());
    open(service, "alice", Collections.emptyMap());
    fake.calls.clear();
    String said = assertThrows(RuntimeException.class, () -> open(service, "alice", Collections.emptyMap())).getMessage();
    assertTrue(said.contains("sqlsec: session-limit"), said);
    assertEquals(List.of(), fake.calls);
    open(service, "bob", Collections.emptyMap());
    as("alice");
    service.closeSession(first);
    open(service, "alice", Collections.emptyMap());
    assertThrows(RuntimeException.class, () -> open(service, "alice", Collections.emptyMap()));
    // One that is refused takes no place.
    SqlGatewayService another = ProtectedService.over(fake.service(), new Checks(ENGINES, FlinkVersion.V2_3), new Sessions(0, 1), false);
    assertThrows(RuntimeException.class, () -> open(another, "alice", Map.of("pipeline.jars", "file:/evil.jar")));
    open(another, "alice", Collections.emptyMap());
  }

  @Test
  void namesThatCannotBeDescribedAnyMoreAreForgotten() {
    orders("hive.db.orders");
    fake.tables.put("hive.db.v", view("SELECT id FROM `hive`.`db`.`orders`"));
    SessionHandle session = open(strict, "alice", Collections.emptyMap());
    run(session, "SELECT id FROM hive.db.v");
    run(session, "SELECT id FROM hive.db.v");
    // The view reads another table now, and nobody can say any more what the first one is.
    orders("hive.db.places");
    fake.tables.put("hive.db.v", view("SELECT id FROM `hive`.`db`.`places`"));
    fake.tables.put("hive.db.orders", null);
    fake.broken = "hive.db.orders";
    run(session, "SELECT id FROM hive.db.v");
    assertTrue(refused(session, "SELECT id FROM hive.db.orders").contains("catalog-unavailable"));
  }

  private static ResolvedCatalogView view(String text) {
    ResolvedSchema schema = ResolvedSchema.of(Column.physical("id", DataTypes.INT()));
    return new ResolvedCatalogView(CatalogView.of(Schema.newBuilder().build(), null, text, text, Collections.emptyMap()), schema);
  }

  @Test
  void anErrorTellsALiteralInManyWays() {
    orders("hive.db.orders");
    String policy = POLICY.replace("beijing", "北京").replace("orders", "places");
    ResolvedSchema schema = ResolvedSchema.of(Column.physical("id", DataTypes.INT()), Column.physical("region", DataTypes.STRING()));
    CatalogTable table = CatalogTable.newBuilder().schema(Schema.newBuilder().build()).options(Map.of("connector", "datagen")).build();
    fake.tables.put("hive.db.places", new ResolvedCatalogTable(table, schema));
    SqlGatewayService service = ProtectedService.over(fake.service(), new Checks(Engines.of(Config.builder().policyText(policy).build()), FlinkVersion.V2_3), new Sessions(0, 32), false);
    SessionHandle session = open(service, "alice", Collections.emptyMap());
    OperationHandle operation = service.executeStatement(session, "SELECT id FROM hive.db.places", 0, new Configuration());
    RuntimeException suppressed = new RuntimeException("failed");
    suppressed.addSuppressed(new RuntimeException("x", new RuntimeException("region = '北京'")));
    RuntimeException deep = new RuntimeException("the end");
    for (int i = 0; i < 100; i++) {
      deep = new RuntimeException("wrapped", deep);
    }
    // Calcite writes a text that is not ASCII with escapes.
    for (RuntimeException error : List.of(new RuntimeException("=($1, u&'\\5317\\4eac')"), suppressed, deep)) {
      fake.failure = error;
      assertTrue(assertThrows(RuntimeException.class, () -> service.fetchResults(session, operation, 0L, 1)).getMessage().contains("statement-failed"));
    }
  }

  /** Flink's refresh writes the keys and values of partitions, and the options of a hint, into a statement of its own as they are. */
  @Test
  void aRefreshHasNoPartitionThatWouldBecomeSql() {
    orders("hive.db.m");
    SessionHandle session = open(strict, "alice", Collections.emptyMap());
    for (String sql : List.of(
        "ALTER MATERIALIZED TABLE hive.db.m REFRESH PARTITION (region = 'x'' OR TRUE UNION ALL SELECT * FROM wages --')",
        "ALTER MATERIALIZED TABLE hive.db.m REFRESH PARTITION (region = U&'x\\0027 OR TRUE')",
        "ALTER MATERIALIZED TABLE hive.db.m REFRESH PARTITION (`1 = 1 UNION ALL SELECT * FROM wages --` = 'x')",
        "ALTER MATERIALIZED TABLE hive.db.m RESUME WITH ('sink.parallelism' = '1'') */ SELECT * FROM wages UNION ALL /* ')")) {
      String said = refused(session, sql);
      assertTrue(said.contains("unsupported-construct"), sql + ": " + said);
      assertTrue(assertThrows(RuntimeException.class, () -> strict.configureSession(session, sql, 0)).getMessage().contains("unsupported-construct"), sql);
    }
    fake.calls.clear();
    for (Map<String, String> partition : List.of(Map.of("region", "x' OR TRUE --"), Map.of("1 = 1 --", "x"), Map.of("region`", "x"))) {
      String said = assertThrows(RuntimeException.class, () -> strict.refreshMaterializedTable(session, "hive.db.m", false, null, Map.of(), partition, Map.of())).getMessage();
      assertTrue(said.contains("sqlsec: refresh-denied"), partition + ": " + said);
    }
    // By the time of a scheduler and a format that the table's maker has written.
    assertThrows(RuntimeException.class, () -> strict.refreshMaterializedTable(session, "hive.db.m", true, "2026-01-01 00:00:00", Map.of(), Map.of(), Map.of()));
    assertEquals(List.of(), fake.submitted());
    run(session, "ALTER MATERIALIZED TABLE hive.db.m SET ('a.comment' = 'it''s')");
    fake.calls.clear();
    run(session, "ALTER MATERIALIZED TABLE hive.`db`.m REFRESH PARTITION (`region` = '2026-01-01 00:00:00')");
    strict.refreshMaterializedTable(session, "hive.db.m", false, null, Map.of(), Map.of("region", "北京 (1)"), Map.of());
    assertEquals(2, fake.submitted().size(), fake.submitted().toString());
  }

  @Test
  void aComputedColumnReadsEveryColumnThatItsTextNames() {
    ResolvedSchema schema = ResolvedSchema.of(Column.physical("phone", DataTypes.STRING()), Column.physical("id", DataTypes.INT()), Column.physical("a b", DataTypes.INT()));
    assertEquals(List.of("phone"), LiveCatalog.reads("UPPER(`phone`)", "c", schema));
    assertEquals(List.of("id", "a b"), LiveCatalog.reads("`a b` + id", "c", schema));
    assertEquals(List.of("phone", "id", "a b"), LiveCatalog.reads("U&\"\\0070hone\"", "c", schema));
  }
}
