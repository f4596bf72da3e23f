package io.github.sqlsec.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.sqlsec.Config;
import io.github.sqlsec.FlinkVersion;
import io.github.sqlsec.ReloadingEngine;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.rest.RestServerEndpoint;
import org.apache.flink.runtime.rest.handler.RestHandlerSpecification;
import org.apache.flink.runtime.rest.messages.UntypedResponseMessageHeaders;
import org.apache.flink.runtime.rest.versioning.RestAPIVersion;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.gateway.api.operation.OperationStatus;
import org.apache.flink.table.gateway.rest.SqlGatewayRestEndpoint;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Flink's own REST endpoint with its own router and handlers, over a service that runs nothing: what comes over the wire. {@link OnFlink} runs it on the jars of
 * another Flink.
 */
class RestDoorTest {
  private static final String POLICY =
      "apiVersion: sqlsec/v1\nversion: 1\nrules:\n"
          + "  - { id: closed, type: access, to: { users: [alice] }, on: { table: '*.*.wages' }, privileges: [select], effect: deny }\n";
  private static final ReloadingEngine ENGINES = Engines.of(Config.builder().policyText(POLICY).build());
  private static final String ALICE = "alice-0123456789abcdef";
  private static final String BOB = "bob-0123456789abcdef";
  private static final String TOKENS = "{\"tokens\":[{\"token\":\"" + ALICE + "\",\"user\":\"alice\"},{\"token\":\"" + BOB + "\",\"user\":\"bob\"}]}";

  private final FakeGateway fake = new FakeGateway();
  private Path uploads;
  private SqlGatewayRestEndpoint endpoint;

  @BeforeEach
  void start() throws Exception {
    AuthenticatingHandlerFactory.arm(new Doorkeeper(new TokenFile(Documents.object(TOKENS.getBytes(StandardCharsets.UTF_8))), true));
    serve();
  }

  private void serve() throws Exception {
    uploads = Files.createTempDirectory("sqlsec-uploads");
    Configuration configuration = new Configuration();
    for (String key : List.of("rest.address", "rest.bind-address")) {
      configuration.setString(key, "127.0.0.1");
    }
    configuration.setString("rest.bind-port", "0");
    configuration.setString("web.upload.dir", uploads.toString());
    configuration.setString("io.tmp.dirs", uploads.toString());
    endpoint = new SqlGatewayRestEndpoint(configuration, ProtectedService.over(fake.service(), new Checks(ENGINES, FlinkVersion.V2_3), new Sessions(0, 32), false));
    ((RestServerEndpoint) endpoint).start();
  }

  @AfterEach
  void stop() throws Exception {
    endpoint.closeAsync().get();
    AuthenticatingHandlerFactory.disarm();
    Caller.clear();
  }

  private Wire wire() throws IOException {
    return new Wire(endpoint.getServerAddress().getPort());
  }

  private String ask(String method, String path, String token, String body, String... headers) throws IOException {
    try (Wire wire = wire()) {
      return wire.send(Wire.request(method, path, token, body, headers)).answer();
    }
  }

  private String open(String token) throws IOException {
    String answer = ask("POST", "/v1/sessions", token, "{}");
    assertTrue(answer.startsWith("200 "), answer);
    return answer.replaceAll(".*\"sessionHandle\":\"([^\"]+)\".*", "$1");
  }

  private static String statement(String sql) {
    return "{\"statement\":\"" + sql + "\"}";
  }

  private List<Path> written() throws IOException {
    try (Stream<Path> files = Files.walk(uploads)) {
      return files.filter(Files::isRegularFile).collect(Collectors.toList());
    }
  }

  private static final String FORM =
      "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"evil.jar\"\r\nContent-Type: application/octet-stream\r\n\r\n" + "e".repeat(100_000);

  private String form(String token, String type) throws IOException {
    try (Wire wire = wire()) {
      // The end of it never comes.
      wire.send(Wire.request("POST", "/v1/sessions", token, null, "Content-Type: " + type, "Content-Length: 200000") + FORM);
      return wire.answer();
    }
  }

  @Test
  void aFormIsRefusedBeforeAByteOfItIsOnTheDisk() throws Exception {
    for (String type : List.of("multipart/form-data; boundary=x", "Multipart/Form-Data;boundary=\"x\"", " multipart/mixed; boundary=x")) {
      assertTrue(form(ALICE, type).startsWith("415 {\"errors\":[\"sqlsec: method-denied"), type);
      assertTrue(form(null, type).startsWith("401 {\"errors\":[\"sqlsec: unauthenticated"), type);
      assertTrue(form("wrong-token-0123456789", type).startsWith("401 "), type);
    }
    assertEquals(List.of(), written());
    assertEquals(List.of(), fake.calls);
  }

  /** That the test before this one would see it. */
  @Test
  void withoutThePlugInAFormIsWritten() throws Exception {
    stop();
    serve();
    try (Wire wire = wire()) {
      wire.send(Wire.request("POST", "/v1/sessions", null, null, "Content-Type: multipart/form-data; boundary=x", "Content-Length: 200000") + FORM);
      for (int i = 0; i < 500 && written().isEmpty(); i++) {
        Thread.sleep(20);
      }
      assertFalse(written().isEmpty());
    }
  }

  @Test
  void whoIsNotKnownIsAnsweredBeforeTheBody() throws Exception {
    try (Wire wire = wire()) {
      assertTrue(wire.send("POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n").answer().startsWith("401 "));
    }
    try (Wire wire = wire()) {
      assertTrue(wire.send("POST /v1/sessions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n").answer().startsWith("401 "));
    }
    try (Wire wire = wire()) {
      // Nobody is told to go on.
      assertTrue(wire.send("POST /v1/sessions HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n").answer().startsWith("401 "));
      assertEquals("", wire.answer());
    }
    assertEquals(List.of(), fake.calls);
  }

  @Test
  void whoIsKnownMayAskBeforeTheySend() throws Exception {
    try (Wire wire = wire()) {
      wire.send(Wire.request("POST", "/v1/sessions", ALICE, null, "Expect: 100-continue", "Content-Length: 2"));
      assertEquals("100 ", wire.answer());
      assertTrue(wire.send("{}").answer().startsWith("200 {\"sessionHandle\""));
    }
  }

  @Test
  void aBodyInChunksIsOneStatementAndABrokenOneIsNone() throws Exception {
    String session = open(ALICE);
    String head = Wire.request("POST", "/v1/sessions/" + session + "/statements", ALICE, null, "Transfer-Encoding: chunked");
    try (Wire wire = wire()) {
      String answer = wire.send(head + "e\r\n{\"statement\":\"\r\n").send("a\r\nSELECT 7\"}\r\n").send("0\r\nAuthorization: Bearer " + BOB + "\r\n\r\n").answer();
      assertTrue(answer.startsWith("200 "), answer);
    }
    assertEquals(List.of("executeStatement SELECT 7 0 {}"), fake.submitted());
    try (Wire wire = wire()) {
      String answer = wire.send(head + "18\r\n{\"statement\":\"SELECT 8\"}\r\nno-size\r\n\r\n").answer();
      assertTrue(answer.startsWith("400 ") || answer.isEmpty(), answer);
    }
    try (Wire wire = wire()) {
      String answer = wire.send("POST /v1/sessions\u0001 x\r\n\r\n").answer();
      assertTrue(answer.startsWith("400 ") || answer.startsWith("401 "), answer);
    }
    assertEquals(1, fake.submitted().size());
  }

  @Test
  void whatIsNotInTheListIsRefusedOnTheWire() throws Exception {
    String session = open(ALICE);
    fake.calls.clear();
    for (String call : List.of(
        "HEAD /v1/sessions", "OPTIONS /v1/sessions", "OPTIONS *", "PUT /v1/sessions", "PATCH /v1/sessions", "TRACE /v1/sessions", "CONNECT gateway:80", "POST /v3/workflow/embedded-scheduler/create",
        "DELETE /v3/workflow/embedded-scheduler/delete", "POST /v3/%77orkflow/embedded-scheduler/create", "POST /v3/%2577orkflow/embedded-scheduler/create", "POST //workflow//embedded-scheduler/create",
        "GET /v9/info", "GET /", "GET //", "GET /v1/sessions/" + session + "/../../info", "POST /v1/sessions/" + session + "//statements", "POST /v1/sessions/" + session + "%2Fstatements%2F",
        "POST http://gateway/v1/sessions", "GET /v1/sessions/" + session + "#x", "GET /v1/sessions/" + session + "%3Fx", "GET /v1/sessions/" + session + "/%2e%2e/x", "PRI *")) {
      String[] words = call.split(" ");
      String answer = ask(words[0], words[1], ALICE, null);
      // The one whose slashes are encoded is a call as Flink reads it, but has no body.
      boolean refused = call.contains("%2Fstatements") ? answer.contains("sqlsec: syntax-error: no statement") : answer.startsWith("403 ");
      assertTrue(refused, call + ": " + answer);
      assertTrue(ask(words[0], words[1], null, null).startsWith("401 "), call);
    }
    assertEquals(List.of(), fake.calls);
    String answer = ask("GET", "/v1/sessions/" + session, ALICE, null, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13");
    assertTrue(answer.startsWith("200 {\"properties\""), answer);
    answer = ask("GET", "/v1/sessions/" + session, ALICE, null, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA");
    assertTrue(answer.startsWith("200 {\"properties\""), answer);
    assertTrue(ask("GET", "/v1/sessions/" + session + "/?user=bob&session_handle=x", ALICE, null).startsWith("200 "));
    assertTrue(ask("GET", "/v1/sessions/" + session, BOB, null).contains("does not exist"));
    assertTrue(ask("GET", "/v1/sessions/" + session + "?access_token=" + ALICE, null, null).startsWith("401 "));
    assertTrue(ask("GET", "/v1/info", null, null).startsWith("200 "));
  }

  @Test
  void aHeartbeatKeepsTheSessionAndAsksNothingElse() throws Exception {
    String session = open(ALICE);
    fake.calls.clear();
    assertTrue(ask("POST", "/v1/sessions/" + session + "/heartbeat", ALICE, "{}").startsWith("200 "));
    assertEquals(List.of("getSessionConfig"), fake.calls);
    assertTrue(ask("POST", "/v1/sessions/" + session + "/heartbeat", BOB, "{}").startsWith("500 "));
  }

  @Test
  void answersOfOneConnectionComeInTheOrderOfItsRequests() throws Exception {
    String session = open(ALICE);
    assertTrue(ask("POST", "/v1/sessions/" + session + "/statements", ALICE, statement("USE CATALOG hive")).startsWith("200 "));
    fake.status = OperationStatus.RUNNING;
    try (Wire wire = wire()) {
      // The first waits; what stands behind it must not be taken for its answer.
      wire.send(
          Wire.request("POST", "/v1/sessions/" + session + "/statements", ALICE, statement("SELECT 1"))
              + Wire.request("GET", "/v1/info", null, null)
              + Wire.request("GET", "/v1/sessions/" + session, BOB, null)
              + Wire.request("POST", "/v1/sessions", null, "{}")
              + Wire.request("GET", "/v1/info", ALICE, null));
      Thread.sleep(300);
      fake.status = OperationStatus.FINISHED;
      assertTrue(wire.answer().startsWith("200 {\"operationHandle\""));
      assertTrue(wire.answer().startsWith("200 {\"productName\""));
      String foreign = wire.answer();
      assertTrue(foreign.startsWith("500 ") && foreign.contains("does not exist"), foreign);
      assertTrue(wire.answer().startsWith("401 "));
      assertEquals("", wire.answer(), "a refusal ends the connection");
    }
  }

  private static String chunked(String path, String token, String body, Random random) {
    StringBuilder text = new StringBuilder(Wire.request("POST", path, token, null, "Transfer-Encoding: chunked"));
    for (int at = 0; at < body.length(); ) {
      int end = Math.min(body.length(), at + 1 + random.nextInt(9));
      text.append(Integer.toHexString(end - at)).append("\r\n").append(body, at, end).append("\r\n");
      at = end;
    }
    return text.append("0\r\n\r\n").toString();
  }

  @Test
  void everyAnswerIsThatOfItsRequestHoweverTheBytesAreCut() throws Exception {
    String session = open(ALICE);
    String path = "/v1/sessions/" + session;
    for (int seed = 0; seed < 12; seed++) {
      Random random = new Random(seed);
      StringBuilder sent = new StringBuilder();
      List<String> expected = new ArrayList<>();
      fake.calls.clear();
      List<String> statements = new ArrayList<>();
      for (int i = 0; i < 25; i++) {
        String statement = "SELECT " + seed + "" + i;
        switch (random.nextInt(6)) {
          case 0:
            sent.append(Wire.request("GET", "/v1/info", null, null));
            expected.add("200 \\{\"productName\".*");
            break;
          case 1:
            sent.append(Wire.request("GET", path, ALICE, null));
            expected.add("200 \\{\"properties\".*");
            break;
          case 2:
            sent.append(Wire.request("POST", path + "/statements", BOB, statement(statement)));
            expected.add("500 .*does not exist.*");
            break;
          case 3:
            sent.append(chunked(path + "/statements", BOB, statement(statement), random));
            expected.add("500 .*does not exist.*");
            break;
          case 4:
            sent.append(Wire.request("POST", path + "/statements", ALICE, statement(statement)));
            expected.add("200 \\{\"operationHandle\".*");
            statements.add("executeStatement " + statement + " 0 {}");
            break;
          default:
            sent.append(chunked(path + "/statements", ALICE, statement(statement), random));
            expected.add("200 \\{\"operationHandle\".*");
            statements.add("executeStatement " + statement + " 0 {}");
        }
      }
      sent.append(Wire.request("POST", path + "/statements", null, statement("SELECT 0"))).append(Wire.request("POST", path + "/statements", ALICE, statement("SELECT 0")));
      expected.add("401 .*");
      expected.add("");
      try (Wire wire = wire()) {
        for (int at = 0; at < sent.length(); ) {
          int end = Math.min(sent.length(), at + 1 + random.nextInt(random.nextBoolean() ? 40 : 4000));
          wire.send(sent.substring(at, end));
          at = end;
        }
        for (String answer : expected) {
          String came = wire.answer();
          assertTrue(came.replace("\n", " ").matches(answer), seed + ": " + came + " for " + answer);
        }
      }
      assertEquals(statements, fake.submitted(), "seed " + seed);
    }
  }

  @Test
  void thousandsOfRequestsInOnePacketAreAnsweredOneByOne() throws Exception {
    try (Wire wire = wire()) {
      int count = 3000;
      Thread sender = new Thread(() -> {
        try {
          wire.send(Wire.request("GET", "/info", null, null).repeat(count) + Wire.request("GET", "/sessions", null, null));
        } catch (IOException e) {
          throw new IllegalStateException(e);
        }
      });
      sender.start();
      for (int i = 0; i < count; i++) {
        assertTrue(wire.answer().startsWith("200 "), "answer " + i);
      }
      assertTrue(wire.answer().startsWith("401 "));
      sender.join();
    }
  }

  @Test
  void thousandsOfRequestsBehindOneThatWaitsAreAnsweredToo() throws Exception {
    String session = open(ALICE);
    assertTrue(ask("POST", "/v1/sessions/" + session + "/statements", ALICE, statement("USE CATALOG hive")).startsWith("200 "));
    fake.status = OperationStatus.RUNNING;
    try (Wire wire = wire()) {
      int count = 3000;
      wire.send(Wire.request("POST", "/v1/sessions/" + session + "/statements", ALICE, statement("SELECT 1")) + Wire.request("GET", "/info", null, null).repeat(count));
      Thread.sleep(300);
      fake.status = OperationStatus.FINISHED;
      assertTrue(wire.answer().startsWith("200 {\"operationHandle\""));
      for (int i = 0; i < count; i++) {
        assertTrue(wire.answer().startsWith("200 {\"productName\""), "answer " + i);
      }
    }
  }

  @Test
  void whoStopsAnOperationIsNotHeldUpByStatementsAndHoldsUpNobody() throws Exception {
    List<String> sessions = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      sessions.add(open(ALICE));
      assertTrue(ask("POST", "/v1/sessions/" + sessions.get(i) + "/statements", ALICE, statement("USE CATALOG hive")).startsWith("200 "));
    }
    fake.status = OperationStatus.RUNNING;
    String operation = "/v1/sessions/" + sessions.get(0) + "/operations/" + java.util.UUID.randomUUID();
    List<Wire> waiting = new ArrayList<>();
    try {
      // As many as may run at once.
      for (int i = 0; i < 24; i++) {
        waiting.add(wire().send(Wire.request("POST", "/v1/sessions/" + sessions.get(i % 4) + "/statements", ALICE, statement("SELECT " + i))));
      }
      Thread.sleep(500);
      long start = System.nanoTime();
      String cancelled = ask("POST", operation + "/cancel", ALICE, "{}");
      assertTrue(cancelled.startsWith("200 "), cancelled);
      String status = ask("GET", operation + "/status", ALICE, null);
      assertTrue(status.startsWith("200 ") && status.contains("RUNNING"), status);
      assertTrue(System.nanoTime() - start < 10_000_000_000L, "they waited behind statements");
      fake.held = new java.util.concurrent.CountDownLatch(1);
      for (int i = 0; i < 4 * Runtime.getRuntime().availableProcessors() + 16; i++) {
        waiting.add(wire().send(Wire.request("POST", operation + "/cancel", ALICE, "{}")));
      }
      Thread.sleep(300);
      start = System.nanoTime();
      assertTrue(ask("GET", "/v1/info", null, null).startsWith("200 "));
      open(BOB);
      assertTrue(System.nanoTime() - start < 10_000_000_000L, "they waited");
      fake.held.countDown();
      fake.status = OperationStatus.FINISHED;
      for (Wire wire : waiting) {
        String answer = wire.answer();
        assertTrue(answer.startsWith("200 "), answer);
      }
    } finally {
      for (Wire wire : waiting) {
        wire.close();
      }
    }
  }

  @Test
  void whoWaitsLetsOthersGoOn() throws Exception {
    String session = open(ALICE);
    String other = open(ALICE);
    assertTrue(ask("POST", "/v1/sessions/" + session + "/statements", ALICE, statement("USE CATALOG hive")).startsWith("200 "));
    fake.status = OperationStatus.RUNNING;
    List<Wire> waiting = new ArrayList<>();
    try {
      // More than the server has threads, however many cores there are.
      for (int i = 0; i < 4 * Runtime.getRuntime().availableProcessors() + 16; i++) {
        waiting.add(wire().send(Wire.request("POST", "/v1/sessions/" + session + "/statements", ALICE, statement("SELECT " + i))));
      }
      Thread.sleep(500);
      long start = System.nanoTime();
      for (int i = 0; i < 16; i++) {
        assertTrue(ask("GET", "/v1/info", null, null).startsWith("200 "));
        open(BOB);
        assertTrue(ask("GET", "/v1/sessions/" + other, ALICE, null).startsWith("200 "));
        assertTrue(ask("POST", "/v1/sessions/" + other + "/heartbeat", ALICE, "{}").startsWith("200 "));
      }
      assertTrue(System.nanoTime() - start < 15_000_000_000L, "they waited");
      fake.status = OperationStatus.FINISHED;
      int done = 0;
      for (Wire wire : waiting) {
        String answer = wire.answer();
        assertTrue(answer.startsWith("200 ") || answer.contains("sqlsec: session-busy: too many statements of this session wait"), answer);
        done += answer.startsWith("200 ") ? 1 : 0;
      }
      assertTrue(done >= 8, done + " have waited for their turn");
    } finally {
      for (Wire wire : waiting) {
        wire.close();
      }
    }
  }

  @Test
  void whoAsksToSendTooMuchIsToldSoAndTheConnectionGoesOnOrEnds() throws Exception {
    try (Wire wire = wire()) {
      wire.send(Wire.request("POST", "/v1/sessions", ALICE, null, "Expect: 100-continue", "Content-Length: 300000000"));
      String answer = wire.answer();
      assertTrue(answer.startsWith("413 "), answer);
      wire.send(Wire.request("GET", "/v1/info", ALICE, null));
      answer = wire.answer();
      assertTrue(answer.startsWith("200 ") || answer.isEmpty(), answer);
    }
  }

  @Test
  void nobodySendsMuchToWhatIsOpenToAnybody() throws Exception {
    for (String body : List.of("Content-Length: 100", "Content-Length: 90000000", "Transfer-Encoding: chunked")) {
      try (Wire wire = wire()) {
        assertTrue(wire.send(Wire.request("GET", "/v1/info", null, null, body)).answer().startsWith("401 "), body);
      }
    }
    assertTrue(ask("GET", "/v1/info", null, null, "Content-Length: 0").startsWith("200 "));
    // As Flink's own clients do.
    assertTrue(ask("GET", "/v1/info", null, "{}").startsWith("200 "));
    assertTrue(ask("GET", "/v1/info", ALICE, "{" + " ".repeat(200) + "}").startsWith("200 "));
  }

  @Test
  void aBodyWhoseEndTwoReadersMaySeeAtTwoPlacesIsRefused() throws Exception {
    String session = open(ALICE);
    String path = "/v1/sessions/" + session + "/statements";
    String hidden = Wire.request("POST", path, ALICE, statement("SELECT 1"));
    for (String encoding : List.of("gzip", "xchunked", "identity", "chunked, gzip", "chunked\r\nTransfer-Encoding: identity", "\u000bchunked", "chunked;x=1")) {
      try (Wire wire = wire()) {
        String answer = wire.send(Wire.request("POST", path, ALICE, null, "Transfer-Encoding: " + encoding) + hidden).answer();
        assertTrue(answer.startsWith("400 "), encoding + ": " + answer);
        assertEquals("", wire.answer(), encoding);
      }
    }
    try (Wire wire = wire()) {
      String old = Wire.request("POST", path, ALICE, null, "Transfer-Encoding: chunked").replace("HTTP/1.1", "HTTP/1.0");
      assertTrue(wire.send(old + "18\r\n" + statement("SELECT 2") + "\r\n0\r\n\r\n").answer().startsWith("400 "));
    }
    assertEquals(List.of(), fake.submitted());
  }

  @Test
  void nothingBehindARequestThatEndsTheConnectionGoesOn() throws Exception {
    String path = "/v1/sessions/" + open(ALICE) + "/statements";
    try (Wire wire = wire()) {
      wire.send(Wire.request("POST", path, ALICE, statement("SELECT 1"), "Connection: close") + Wire.request("POST", path, ALICE, statement("SELECT 2")));
      assertTrue(wire.answer().startsWith("200 "));
      assertEquals("", wire.answer());
    }
    assertEquals(List.of("executeStatement SELECT 1 0 {}"), fake.submitted());
  }

  @Test
  void whoHasSentARequestIsAskedForOnce() throws Exception {
    java.util.concurrent.atomic.AtomicInteger asked = new java.util.concurrent.atomic.AtomicInteger();
    stop();
    AuthenticatingHandlerFactory.arm(new Doorkeeper(request -> {
      asked.incrementAndGet();
      return java.util.Optional.of(Identity.of("alice", List.of()));
    }, false));
    serve();
    String session = open(ALICE);
    assertTrue(ask("POST", "/v1/sessions/" + session + "/statements", ALICE, statement("SELECT 1")).startsWith("200 "));
    assertEquals(2, asked.get());
  }

  /** Why {@link Refreshes} is there. Where this fails Flink has mended it. */
  @Test
  void flinkWritesThePartitionOfARefreshAsItIs() throws Exception {
    Method statement = Class.forName("org.apache.flink.table.gateway.service.materializedtable.MaterializedTableManager")
        .getDeclaredMethod("getRefreshStatement", ObjectIdentifier.class, String.class, Map.class, Map.class);
    statement.setAccessible(true);
    String sql = (String) statement.invoke(null, ObjectIdentifier.of("c", "d", "m"), "SELECT 1", Map.of("a", "x' OR TRUE --"), Map.of());
    assertTrue(sql.contains("a = 'x' OR TRUE --'"), sql);
    sql = (String) statement.invoke(null, ObjectIdentifier.of("c", "d", "m"), "SELECT 1", Map.of("1 = 1 --", "x"), Map.of("k", "v') */ SELECT 2 --"));
    assertTrue(sql.contains("1 = 1 -- = 'x'") && sql.contains("'v') */ SELECT 2 --'"), sql);
  }

  @Test
  @SuppressWarnings("unchecked")
  void everyHandlerOfTheEndpointIsInTheListOrKnownToBeRefused() throws Exception {
    Method handlers = SqlGatewayRestEndpoint.class.getDeclaredMethod("initializeHandlers", CompletableFuture.class);
    handlers.setAccessible(true);
    Set<Route> met = EnumSet.noneOf(Route.class);
    Set<String> refused = new java.util.TreeSet<>();
    for (Tuple2<RestHandlerSpecification, ?> handler : (List<Tuple2<RestHandlerSpecification, ?>>) handlers.invoke(endpoint, new CompletableFuture<String>())) {
      RestHandlerSpecification call = handler.f0;
      assertFalse(((UntypedResponseMessageHeaders<?, ?>) call).acceptsFileUploads(), call.getTargetRestEndpointURL());
      List<String> versions = new ArrayList<>(List.of(""));
      for (RestAPIVersion<?> version : call.getSupportedAPIVersions()) {
        versions.add("/" + version.getURLVersionPrefix());
      }
      for (String version : versions) {
        String path = version + call.getTargetRestEndpointURL().replaceAll(":[a-z_]+", "x");
        Route.of(call.getHttpMethod().toString(), path).ifPresentOrElse(met::add, () -> refused.add(path.substring(version.length())));
      }
    }
    assertEquals(
        Set.of("/workflow/embedded-scheduler/create", "/workflow/embedded-scheduler/delete", "/workflow/embedded-scheduler/resume", "/workflow/embedded-scheduler/suspend"), refused,
        "a call of Flink's that nobody has decided about");
    Set<Route> missing = EnumSet.complementOf(EnumSet.copyOf(met));
    missing.remove(Route.DEPLOY_SCRIPT);
    assertEquals(Set.of(), missing, "an entry of the list that is no call of Flink's");
  }
}
