package io.github.sqlsec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An engine whose files change, are half written, bad, or not there; and the lineage store, which does not change. */
class ReloadingEngineTest {
  private static final String DOCUMENT = "{\"policy\": {\"file\": \"policy.yaml\"}, \"catalog\": [{\"sql\": \"CREATE TABLE orders (id INT, region STRING)\"}]";

  @TempDir Path folder;
  private final List<String> told = new CopyOnWriteArrayList<>();
  private final ReloadingEngine.Listener listener =
      new ReloadingEngine.Listener() {
        @Override
        public void info(String message) {
          told.add("info " + message);
        }

        @Override
        public void warn(String message) {
          told.add("warn " + message);
        }

        @Override
        public void error(String message) {
          told.add("error " + message);
        }
      };
  private ReloadingEngine engine;
  private int writes;

  @BeforeEach
  void site() throws IOException {
    write("engine.json", DOCUMENT + "}");
    region("first");
  }

  @AfterEach
  void close() {
    if (engine != null) {
      engine.close();
    }
  }

  private void write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.write(file, text.getBytes(StandardCharsets.UTF_8));
    // Another time at each writing, however fast the test is.
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000L * ++writes));
  }

  private void region(String region) throws IOException {
    write("policy.yaml", Samples.POLICY.replace(Samples.SECRET, region));
  }

  private ReloadingEngine open(ReloadingEngine.Reload when, long seconds) {
    engine = ReloadingEngine.ofFile(folder.resolve("engine.json"), when, seconds, listener);
    return engine;
  }

  private ReloadingEngine open() {
    return open(ReloadingEngine.Reload.WHEN_CHANGED, 0);
  }

  private String region() {
    String sql = engine.check(Samples.request(Samples.SQL)).sql();
    return sql.replaceAll("(?s).*region = '(\\w+)'.*", "$1");
  }

  private String last() {
    return told.get(told.size() - 1);
  }

  @Test
  void newFilesAreTakenWhenTheyHaveStoodStill() throws Exception {
    open();
    assertEquals("first", region());
    region("second");
    engine.reload();
    assertEquals("first", region(), "they may be half written");
    region("third");
    engine.reload();
    assertEquals("first", region(), "they still change");
    engine.reload();
    assertEquals("third", region());
    assertFalse(engine.missing().isPresent());
  }

  @Test
  void badFilesLeaveTheOldRulesInForce() throws Exception {
    open();
    write("policy.yaml", "rules: [what");
    engine.reload();
    engine.reload();
    assertEquals("first", region());
    assertTrue(last().startsWith("error the new rules cannot be used, the old ones hold: policy-invalid: "), last());
    int said = told.size();
    engine.reload();
    assertEquals(said, told.size(), "it is said once");
    Files.delete(folder.resolve("engine.json"));
    engine.reload();
    engine.reload();
    assertEquals("first", region());
    write("engine.json", DOCUMENT + "}");
    region("second");
    engine.reload();
    engine.reload();
    assertEquals("second", region());
    assertEquals("info the rules are in force", last());
  }

  @Test
  void withoutAnEngineEveryCallIsAnErrorUntilThereIsOne() throws Exception {
    write("policy.yaml", "rules: [what");
    open();
    assertEquals("policy-invalid", engine.missing().get().code());
    assertEquals("policy-invalid", assertThrows(SqlSecException.class, this::region).code());
    assertTrue(last().startsWith("error everything is refused: policy-invalid: "), last());
    engine.commit(1);
    assertTrue(last().startsWith("error lineage record 1 cannot be committed: policy-invalid"), last());
    engine.abort(1);
    assertTrue(last().startsWith("warn lineage record 1 stays pending: policy-invalid"), last());
    region("second");
    engine.reload();
    engine.reload();
    assertEquals("second", region());
    assertFalse(engine.missing().isPresent());
  }

  @Test
  void filesThatChangeWhileTheyAreReadAreNotTaken() throws Exception {
    int[] looks = new int[1];
    Config config = Samples.config();
    engine = ReloadingEngine.of(() -> config, () -> "state " + looks[0]++, ReloadingEngine.Reload.WHEN_CHANGED, 0, listener);
    assertTrue(engine.missing().get().getMessage().contains("change while they are read"));
    assertThrows(SqlSecException.class, this::region);
    engine.reload();
    assertThrows(SqlSecException.class, this::region);
    String[] state = {"a"};
    boolean[] moves = new boolean[1];
    ReloadingEngine other =
        ReloadingEngine.of(
            () -> {
              state[0] += moves[0] ? "x" : "";
              return config;
            },
            () -> state[0],
            ReloadingEngine.Reload.ALWAYS,
            0,
            listener);
    try (ReloadingEngine closing = other) {
      assertFalse(closing.missing().isPresent());
      moves[0] = true;
      closing.reload();
      assertTrue(last().contains("change while they are read") && last().contains("the old ones hold"), last());
      closing.check(Samples.request(Samples.SQL));
    }
  }

  @Test
  void anEngineIsOpenedEachTimeWhereThatIsAskedFor() throws Exception {
    for (ReloadingEngine.Reload when : ReloadingEngine.Reload.values()) {
      region("first");
      Path document = folder.resolve("engine.json");
      engine = ReloadingEngine.of(() -> Config.ofFile(document), () -> "says nothing", when, 0, listener);
      region("second");
      engine.reload();
      assertEquals(when == ReloadingEngine.Reload.ALWAYS ? "second" : "first", region());
      engine.close();
    }
  }

  @Test
  void rulesAndTablesOfOtherFoldersAreLookedAtToo() throws Exception {
    Path document = folder.resolve("elsewhere/engine.json");
    Files.createDirectory(document.getParent());
    Files.write(document, DOCUMENT.replace("policy.yaml", "../policy.yaml").concat("}").getBytes(StandardCharsets.UTF_8));
    engine = ReloadingEngine.ofFile(document, ReloadingEngine.Reload.WHEN_CHANGED, 0, listener);
    assertEquals("first", region());
    region("second");
    engine.reload();
    assertEquals("first", region(), "it may be half written");
    engine.reload();
    assertEquals("second", region());
    Files.delete(folder.resolve("policy.yaml"));
    engine.reload();
    engine.reload();
    assertEquals("second", region());
    assertTrue(last().contains("input-unreadable"), last());
  }

  @Test
  void aNewPasswordOfTheStoreIsAChange() throws Exception {
    Path document = folder.resolve("elsewhere/engine.json");
    Files.createDirectory(document.getParent());
    String lineage = ", \"lineage\": {\"store\": \"postgres://u@h/d\", \"password-file\": \"../password\"}}";
    Files.write(document, (DOCUMENT + lineage).getBytes(StandardCharsets.UTF_8));
    write("password", "old");
    String before = ConfigFiles.state(document);
    write("password", "new");
    assertNotEquals(before, ConfigFiles.state(document));
  }

  private void version(long version, String region) throws IOException {
    write("policy.yaml", Samples.POLICY.replace(Samples.SECRET, region).replace("version: 7\n", "version: " + version + "\n"));
  }

  @Test
  void rulesDoNotGoBack() throws Exception {
    version(7, "seven");
    open();
    assertEquals("seven", region());
    version(6, "six");
    engine.reload();
    engine.reload();
    assertEquals("seven", region());
    assertTrue(last().startsWith("error the new rules cannot be used, the old ones hold: policy-invalid: version 6"), last());
    version(7, "again");
    engine.reload();
    engine.reload();
    assertEquals("again", region());
    version(9, "nine");
    engine.reload();
    engine.reload();
    assertEquals("nine", region());
    version(8, "eight");
    // Nor by a word of the document.
    write("engine.json", DOCUMENT + ", \"at-least\": 3}");
    engine.reload();
    engine.reload();
    assertEquals("nine", region());
    version(10, "ten");
    write("engine.json", DOCUMENT + ", \"at-least\": 11}");
    engine.reload();
    engine.reload();
    assertEquals("nine", region());
  }

  @Test
  void aStoreThatIsGoneIsNotMadeAnew() throws Exception {
    write("engine.json", DOCUMENT + ", \"lineage\": {\"store\": \"a.db\", \"create\": true}}");
    open();
    for (String end : new String[] {"", "-wal", "-shm"}) {
      Files.deleteIfExists(folder.resolve("a.db" + end));
    }
    region("second");
    engine.reload();
    engine.reload();
    assertTrue(last().startsWith("error the new rules cannot be used, the old ones hold: lineage-unavailable"), last());
    assertFalse(Files.exists(folder.resolve("a.db")));
  }

  @Test
  void whatAnEngineWritesIsNoChangeHoweverItIsNamed() throws Exception {
    String here = "../" + folder.getFileName() + "/./";
    write("engine.json", DOCUMENT + ", \"audit\": {\"file\": \"" + here + "policy\"}, \"lineage\": {\"store\": \"" + here + "a.db\", \"create\": true}}");
    open();
    int said = told.size();
    for (String name : new String[] {"policy.1", "policy.lock", "a.db-journal", "a.db-wal", "a.db"}) {
      String before = ConfigFiles.state(folder.resolve("engine.json"));
      Files.write(folder.resolve(name + (name.equals("a.db") ? "-shm" : "")), new byte[++writes]);
      assertEquals(before, ConfigFiles.state(folder.resolve("engine.json")), name);
    }
    assertEquals(said, told.size());
    // A name that only begins alike is no such file.
    region("second");
    engine.reload();
    engine.reload();
    assertEquals("second", region());
  }

  @Test
  void filesThatNeverStandStillAreTold() throws Exception {
    open();
    for (int look = 0; look < 5; look++) {
      region("r" + look);
      engine.reload();
    }
    assertEquals("first", region());
    assertEquals(1, told.stream().filter(line -> line.startsWith("warn the files change at each look")).count(), told.toString());
  }

  @Test
  void noErrorEndsTheLooks() throws Exception {
    Error[] thrown = new Error[1];
    Config config = Samples.config();
    ReloadingEngine.Listener throwing =
        new ReloadingEngine.Listener() {
          @Override
          public void info(String message) {
            throw new IllegalStateException(message);
          }

          @Override
          public void warn(String message) {
            throw new IllegalStateException(message);
          }

          @Override
          public void error(String message) {
            throw new StackOverflowError(message);
          }
        };
    engine =
        ReloadingEngine.of(
            () -> {
              if (thrown[0] != null) {
                throw thrown[0];
              }
              return config;
            },
            () -> {
              if (thrown[0] instanceof StackOverflowError) {
                throw thrown[0];
              }
              return "";
            },
            ReloadingEngine.Reload.ALWAYS,
            0,
            throwing);
    for (Error error : new Error[] {new NoClassDefFoundError("a"), new OutOfMemoryError("b"), new StackOverflowError("c")}) {
      thrown[0] = error;
      engine.reload();
      engine.check(Samples.request(Samples.SQL));
    }
    engine.abort(1);
    thrown[0] = null;
    engine.reload();
    engine.check(Samples.request(Samples.SQL));
  }

  @Test
  void aCallThatIsLongInComingHoldsUpNobodyElse() throws Exception {
    try (ServerSocket silent = new ServerSocket(0)) {
      String service = "{\"url\": \"http://127.0.0.1:" + silent.getLocalPort() + "\", \"patience\": {\"total\": 30, \"retries\": 0}}";
      write("engine.json", DOCUMENT.replace("{\"policy\": {\"file\": \"policy.yaml\"}", "{\"service\": " + service) + "}");
      open();
      assertFalse(engine.missing().isPresent(), told.toString());
      Thread asks = new Thread(() -> engine.check(Samples.request(Samples.SQL)));
      asks.start();
      Socket asked = silent.accept();
      write("engine.json", DOCUMENT + "}");
      engine.reload();
      Thread reloads = new Thread(engine::reload);
      reloads.start();
      long end = System.nanoTime() + 20_000_000_000L;
      while (!last().startsWith("error") && !"first".equals(whenAsked())) {
        assertTrue(System.nanoTime() < end, "nobody gets an answer");
      }
      assertTrue(asks.isAlive(), "the long call goes on");
      asked.close();
      asks.join(30_000);
      reloads.join(30_000);
      assertFalse(asks.isAlive() || reloads.isAlive());
      assertEquals("first", region());
    }
  }

  @Test
  void noCallMeetsAnEngineThatIsClosed() throws Exception {
    open(ReloadingEngine.Reload.ALWAYS, 0);
    AtomicBoolean done = new AtomicBoolean();
    List<Throwable> failed = new CopyOnWriteArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  while (!done.get()) {
                    region();
                  }
                } catch (Throwable e) {
                  failed.add(e);
                }
              });
      thread.start();
      threads.add(thread);
    }
    for (int i = 0; i < 200; i++) {
      engine.reload();
    }
    done.set(true);
    for (Thread thread : threads) {
      thread.join(30_000);
      assertFalse(thread.isAlive());
    }
    assertEquals(Collections.emptyList(), failed);
    assertEquals("info the rules are in force", last());
  }

  /** The region of now; null while it is still the service that answers. */
  private String whenAsked() throws Exception {
    CompletableFuture<String> answer = CompletableFuture.supplyAsync(this::region);
    try {
      return answer.get(1, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      return null;
    }
  }

  @Test
  void itLooksByItself() throws Exception {
    open(ReloadingEngine.Reload.WHEN_CHANGED, 1);
    region("second");
    long end = System.nanoTime() + 30_000_000_000L;
    while (!region().equals("second")) {
      assertTrue(System.nanoTime() < end, "the new rules are not taken");
      Thread.sleep(50);
    }
  }

  @Test
  void whatIsClosedStaysClosed() throws Exception {
    open();
    engine.close();
    region("second");
    engine.reload();
    engine.reload();
    assertEquals("handle-invalid", assertThrows(SqlSecException.class, this::region).code());
    engine.close();
  }

  @Test
  void theLineageStoreDoesNotChange() throws Exception {
    String lineage = ", \"lineage\": {\"store\": \"a.db\", \"create\": true}}";
    write("engine.json", DOCUMENT + lineage);
    open();
    assertTrue(Files.exists(folder.resolve("a.db")));
    for (String other : new String[] {lineage.replace("a.db", "b.db"), "}"}) {
      write("engine.json", DOCUMENT + other);
      region("second");
      engine.reload();
      engine.reload();
      assertEquals("first", region());
      assertTrue(last().contains("the lineage store cannot change"), last());
    }
    assertFalse(Files.exists(folder.resolve("b.db")));
    write("engine.json", DOCUMENT + lineage.replace("a.db", folder.resolve("a.db").toString()));
    engine.reload();
    engine.reload();
    assertEquals("second", region(), "the same store by another name");
  }

  @Test
  void whatTheEngineWritesItselfIsNoChange() throws Exception {
    write("engine.json", DOCUMENT + ", \"audit\": {\"file\": \"audit.jsonl\"}, \"lineage\": {\"store\": \"a.db\", \"create\": true}}");
    open();
    int said = told.size();
    assertEquals("first", region());
    assertTrue(Files.size(folder.resolve("audit.jsonl")) > 0);
    engine.reload();
    engine.reload();
    assertEquals(said, told.size(), told.toString());
  }

  private static final Request COPY = Samples.request("INSERT INTO copy SELECT id FROM orders");

  private void stored(String create) throws IOException {
    String tables = "CREATE TABLE orders (id INT, region STRING) WITH ('connector' = 'filesystem', 'path' = 's3://lake/o', 'format' = 'json'); "
        + "CREATE TABLE copy (id INT) WITH ('connector' = 'filesystem', 'path' = 's3://lake/c', 'format' = 'json')";
    write("engine.json", "{\"policy\": {\"file\": \"policy.yaml\"}, \"catalog\": [{\"sql\": \"" + tables + "\"}], \"lineage\": {\"store\": \"a.db\"" + create + "}}");
  }

  /** A place that nobody looks at. */
  private Path away() throws IOException {
    return Files.createDirectories(folder.resolve("elsewhere")).resolve("a.db");
  }

  /** With a record that is pending in a store that is not where it should be. */
  private long storeThatIsAway() throws IOException {
    stored(", \"create\": true");
    open();
    long record = engine.check(COPY).lineageId().getAsLong();
    engine.close();
    Files.move(folder.resolve("a.db"), away());
    stored("");
    return record;
  }

  @Test
  void whatIsBackIsTakenThoughNoFileOfRulesHasChanged() throws Exception {
    storeThatIsAway();
    open();
    assertEquals("lineage-unavailable", engine.missing().get().code());
    engine.reload();
    int said = told.size();
    engine.reload();
    assertEquals(said, told.size(), "it is said once");
    Files.move(away(), folder.resolve("a.db"));
    engine.reload();
    assertEquals("first", region());
    // The same of rules that take the place of others.
    Files.move(folder.resolve("a.db"), away());
    region("second");
    engine.reload();
    engine.reload();
    assertEquals("first", region());
    assertTrue(last().contains("the old ones hold: lineage-unavailable"), last());
    Files.move(away(), folder.resolve("a.db"));
    engine.reload();
    assertEquals("second", region());
  }

  @Test
  void aStoreThatDoesNotAnswerIsToldAgainWhatWasSubmitted() throws Exception {
    long record = storeThatIsAway();
    open();
    engine.commit(record);
    assertTrue(last().startsWith("warn lineage record " + record + " is not committed yet: "), last());
    Files.move(away(), folder.resolve("a.db"));
    engine.reload();
    assertEquals("info the rules are in force", last());
    long end = System.nanoTime() + 30_000_000_000L;
    while (isPending(record)) {
      assertTrue(System.nanoTime() < end, "it is still pending");
      Thread.sleep(50);
    }
    assertEquals("info the rules are in force", last());
  }

  /** Only what is pending cannot be ended. */
  private boolean isPending(long record) {
    try (SqlSec other = SqlSec.open(Config.ofFile(folder.resolve("engine.json")))) {
      other.ended(record);
      return false;
    } catch (SqlSecException e) {
      assertEquals("record-unfit", e.code());
      return true;
    }
  }

  @Test
  void recordsAreSettledByWhicheverEngineIsInForce() throws Exception {
    stored(", \"create\": true");
    open();
    Request copy = COPY;
    Reply first = engine.check(copy);
    Reply second = engine.check(copy);
    region("second");
    engine.reload();
    engine.reload();
    assertEquals("second", region());
    int said = told.size();
    engine.commit(first.lineageId().getAsLong());
    engine.abort(second);
    assertEquals(said, told.size(), told.toString());
    engine.abort(first);
    assertTrue(last().startsWith("warn lineage record 1 stays pending: record-unfit"), last());
    engine.commit(second.lineageId().getAsLong());
    assertTrue(last().startsWith("error lineage record 3 cannot be committed: record-unfit") || last().contains("record-unfit"), last());
  }
}
