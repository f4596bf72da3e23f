package io.github.sqlsec.streampark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Starts of jobs, on a console of each line. */
class StartsTest {
  static final String COPY = "INSERT INTO sink SELECT id FROM orders;";
  private static final Map<String, App> APPS = new ConcurrentHashMap<>();

  static Stream<String> lines() {
    return Stream.of(Lines.ALL);
  }

  private static App app(String line) {
    return APPS.computeIfAbsent(line, name -> App.open(Lines.of(name)));
  }

  @AfterAll
  static void close() {
    APPS.values().forEach(App::close);
    APPS.clear();
  }

  @AfterEach
  void nothingIsLeftOnTheThread() {
    assertNull(Start.current());
    assertFalse(VerifyGuard.isEditing());
    assertFalse(BuildGuard.isBuilding());
  }

  /** A refusal in StreamPark's own exception, after which nothing has gone to the cluster and the job is as it was. */
  static String refused(App app, Long job, Executable does) throws Exception {
    int before = app.submitted(job).size();
    Object state = app.site.job(job).get("state");
    RuntimeException refusal = assertThrows(RuntimeException.class, does);
    assertEquals("ApiAlertException", refusal.getClass().getSimpleName(), refusal.toString());
    assertEquals(before, app.submitted(job).size(), "it was submitted all the same");
    assertEquals(state, app.site.job(job).get("state"), "a refused start has changed the job");
    return refusal.getMessage();
  }

  private static String only(List<String> texts) {
    assertEquals(1, texts.size(), texts.toString());
    return texts.get(0);
  }

  @ParameterizedTest
  @MethodSource("lines")
  void whatIsSubmittedIsTheProtectedText(String line) throws Exception {
    App app = app(line);
    Long job = app.job(App.ALICE, COPY);
    app.start(App.ALICE, job);
    String text = only(app.submitted(job));
    assertTrue(text.contains("region = 'beijing'") && text.contains("INSERT INTO sink"), text);
  }

  @ParameterizedTest
  @MethodSource("lines")
  void aTextThatNobodyRestrictsStaysAsItIs(String line) throws Exception {
    App app = app(line);
    Long job = app.job(App.ALICE, "INSERT INTO sink SELECT id FROM pub;");
    app.start(App.ALICE, job);
    assertEquals("INSERT INTO sink SELECT id FROM pub;", only(app.submitted(job)));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void aDeniedTextIsNotSubmittedAndTheJobStaysAsItIs(String line) throws Exception {
    App app = app(line);
    Long job = app.job(App.ALICE, "INSERT INTO sink\nSELECT id FROM wages;");
    String said = refused(app, job, () -> app.start(App.ALICE, job));
    assertTrue(said.contains("access-denied") && said.contains("at line 2, column 16"), said);
  }

  @ParameterizedTest
  @MethodSource("lines")
  void aVariableCannotBringATextPastTheCheck(String line) throws Exception {
    App app = app(line);
    app.site.variable(App.TEAM, "hidden.table", "wages");
    app.site.variable(App.TEAM, "hidden.part", "INSERT INTO sink SELECT id FROM orders");
    Long denied = app.job(App.ALICE, "INSERT INTO sink SELECT id FROM ${hidden.table};");
    assertTrue(refused(app, denied, () -> app.start(App.ALICE, denied)).contains("access-denied"));
    Long filtered = app.job(App.ALICE, "${hidden.part};");
    app.start(App.ALICE, filtered);
    assertTrue(only(app.submitted(filtered)).contains("region = 'beijing'"));
    // A value that is a whole script, and one that makes a comment of the rest.
    app.site.variable(App.TEAM, "two.parts", "pub; INSERT INTO sink SELECT id FROM wages");
    Long second = app.job(App.ALICE, "INSERT INTO sink SELECT id FROM ${two.parts};");
    assertTrue(refused(app, second, () -> app.start(App.ALICE, second)).contains("access-denied"));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void whatTheSplitterReadsOtherwiseIsRefused(String line) throws Exception {
    App app = app(line);
    for (String sql :
        new String[] {
          "INSERT INTO sink SELECT id AS `a;b` FROM pub;",
          "INSERT INTO sink SELECT id AS `it's` FROM pub; INSERT INTO sink SELECT id FROM wages; SELECT '';",
          "EXECUTE STATEMENT SET BEGIN INSERT INTO sink SELECT id FROM pub; INSERT INTO sink SELECT id FROM pub; END;",
          "INSERT INTO sink SELECT/**/id FROM pub;"
        }) {
      Long job = app.job(App.CAROL, sql);
      String said = refused(app, job, () -> app.start(App.CAROL, job));
      assertTrue(said.contains("splitter-mismatch") || said.contains("syntax-error"), sql + " said " + said);
    }
  }

  @ParameterizedTest
  @MethodSource("lines")
  void anAutomaticRestartIsCheckedAsTheOwner(String line) throws Exception {
    App app = app(line);
    Long job = app.job(App.ALICE, COPY);
    app.start(App.ALICE, job);
    app.watch(job);
    app.checkpoints(job);
    List<String> texts = app.submitted(job);
    assertEquals(3, texts.size());
    for (String text : texts) {
      assertTrue(text.contains("region = 'beijing'"), text);
    }
  }

  @ParameterizedTest
  @MethodSource("lines")
  void anAutomaticRestartRunsNoTextThatNobodyHasStarted(String line) throws Exception {
    App app = app(line);
    Long fresh = app.job(App.ALICE, COPY);
    assertTrue(refused(app, fresh, () -> app.watch(fresh)).contains("restart-denied"));
    app.start(App.ALICE, fresh);
    // Bob may edit Alice's job. His text does not run as Alice behind her back.
    app.edit(fresh, "INSERT INTO sink SELECT id + 1 FROM orders;");
    assertTrue(refused(app, fresh, () -> app.watch(fresh)).contains("restart-denied"));
    assertTrue(refused(app, fresh, () -> app.checkpoints(fresh)).contains("restart-denied"));
    // A variable is a text too.
    app.site.variable(App.TEAM, "late.value", "pub");
    Long variable = app.job(App.ALICE, "INSERT INTO sink SELECT id FROM ${late.value};");
    app.start(App.ALICE, variable);
    app.site.variable(App.TEAM, "late.value", "orders");
    assertTrue(refused(app, variable, () -> app.watch(variable)).contains("restart-denied"));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void aRestartThatStreamParkDecidesAgainstIsNone(String line) throws Exception {
    App app = app(line);
    Long job = app.job(App.ALICE, COPY);
    app.start(App.ALICE, job);
    app.site.job(job).put("restarts", false);
    app.watch(job);
    assertEquals(1, app.submitted(job).size());
  }

  @ParameterizedTest
  @MethodSource("lines")
  void starterAndOwnerMustBothPass(String line) throws Exception {
    App app = app(line);
    // Each sees other rows.
    Long rows = app.job(App.ALICE, COPY);
    assertTrue(refused(app, rows, () -> app.start(App.BOB, rows)).contains("starter-differs"));
    // The admin sees all, the owner does not: the owner's text runs, and restarts by itself.
    Long names = app.job(App.ALICE, "INSERT INTO names SELECT name FROM people;");
    app.start(App.CAROL, names);
    app.watch(names);
    assertEquals(2, app.submitted(names).size());
    for (String text : app.submitted(names)) {
      assertTrue(text.contains("NULL"), text);
    }
    // The owner may, the starter may not.
    Long wages = app.job(App.CAROL, "INSERT INTO sink SELECT id FROM wages;");
    String said = refused(app, wages, () -> app.start(App.BOB, wages));
    assertTrue(said.contains("access-denied") && said.contains("`bob`"), said);
    // The owner may not, the starter may.
    Long foreign = app.job(App.ALICE, "INSERT INTO sink SELECT id FROM wages;");
    assertTrue(refused(app, foreign, () -> app.start(App.CAROL, foreign)).contains("`alice`"));
    // Both see the same.
    Long free = app.job(App.ALICE, "INSERT INTO sink SELECT id FROM pub;");
    app.start(App.BOB, free);
    assertEquals(1, app.submitted(free).size());
    // An owner who sees all, started by one who does not.
    Long all = app.job(App.CAROL, "INSERT INTO names SELECT name FROM people;");
    assertTrue(refused(app, all, () -> app.start(App.BOB, all)).contains("starter-differs"));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void teamRolesAndJobAreTold(String line) throws Exception {
    App app = app(line);
    Long job = app.job(App.ALICE, "INSERT INTO sink SELECT id FROM teams;");
    app.start(App.ALICE, job);
    String text = only(app.submitted(job));
    assertTrue(text.contains("'risk'") && text.contains(job.toString()), text);
  }

  @ParameterizedTest
  @MethodSource("lines")
  void whoIsLockedGoneOrOfAnotherTeamStartsNothing(String line) throws Exception {
    App app = app(line);
    Long locked = app.job(App.DORA, COPY);
    assertTrue(refused(app, locked, () -> app.start(App.CAROL, locked)).contains("user-locked"));
    Long gone = app.job(999L, COPY);
    assertTrue(refused(app, gone, () -> app.start(App.CAROL, gone)).contains("user-unknown"));
    Long foreign = app.job(App.ALICE, "INSERT INTO sink SELECT id FROM pub;");
    assertTrue(refused(app, foreign, () -> app.start(App.EVE, foreign)).contains("team-denied"));
    app.start(App.BOB, foreign);
    app.site.leaves(App.TEAM, App.BOB);
    try {
      assertTrue(refused(app, foreign, () -> app.watch(foreign)).contains("team-denied"), "the last starter has left the team");
    } finally {
      app.site.member(App.TEAM, App.BOB, "developer");
    }
  }

  @ParameterizedTest
  @MethodSource("lines")
  void jobsOfOtherKindsAreRefused(String line) throws Exception {
    App app = app(line);
    Long jar = app.job(App.ALICE, null, "jobType", 1, "args", "--sql x");
    assertTrue(refused(app, jar, () -> app.start(App.ALICE, jar)).contains("job-denied"));
    Long python = app.job(App.ALICE, null, "jobType", 3);
    assertTrue(refused(app, python, () -> app.watch(python)).contains("job-denied"));
    // A SQL job that runs another client takes its SQL from its arguments.
    Long other = app.job(App.ALICE, COPY, "appType", 2, "args", "--sql x");
    assertTrue(refused(app, other, () -> app.start(App.ALICE, other)).contains("job-denied"));
    Long arguments = app.job(App.ALICE, COPY, "args", "--table.catalog x");
    assertTrue(refused(app, arguments, () -> app.start(App.ALICE, arguments)).contains("argument-denied"));
    Long given = app.job(App.ALICE, COPY);
    assertTrue(refused(app, given, () -> app.start(App.ALICE, given, "args", "--conf x")).contains("argument-denied"));
    Long image = app.job(App.ALICE, COPY, "mode", 6);
    assertTrue(refused(app, image, () -> app.start(App.ALICE, image)).contains("image-denied"));
    Long jars = app.job(App.ALICE, null);
    app.site.save(app.site.job(jars), COPY, "{\"pom\": [], \"jar\": [\"mine.jar\"]}");
    assertTrue(refused(app, jars, () -> app.start(App.ALICE, jars)).contains("dependency-denied"));
    app.site.save(app.site.job(jars), COPY, "{\"pom\": [], \"jar\": []}");
    app.start(App.ALICE, jars);
    assertEquals(1, app.submitted(jars).size());
  }

  @ParameterizedTest
  @MethodSource("lines")
  void aConfigurationFileIsRefused(String line) throws Exception {
    App app = app(line);
    Long job = app.job(App.ALICE, COPY);
    app.site.file(job, "flink: {table: {table.sql-dialect: hive}}");
    assertTrue(refused(app, job, () -> app.start(App.ALICE, job)).contains("setting-denied"));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void propertiesAreJudgedAsSettings(String line) throws Exception {
    App app = app(line);
    for (String denied :
        new String[] {
          "-Dtable.sql-dialect=hive",
          "-Drest.address=elsewhere",
          "-Denv.java.opts.jobmanager=-javaagent:x",
          "-D$internal.application.main=Evil",
          "-Dparallelism.default=2-Drest.address=elsewhere",
          "-Dtable.sql-dialect='hive'",
          "-Dparallelism.default=2 -D table.sql-dialect=hive",
          "-Dparallelism.default=2 -Dparallelism.default=3",
          "-Dtaskmanager.memory.process.size=\"1g\" -Dx=|'y'",
          "rest.address=elsewhere"
        }) {
      Long job = app.job(App.ALICE, COPY, "dynamicProperties", denied);
      assertTrue(refused(app, job, () -> app.start(App.ALICE, job)).contains("setting-denied"), denied);
      Long given = app.job(App.ALICE, COPY);
      assertTrue(refused(app, given, () -> app.start(App.ALICE, given, "dynamicProperties", denied)).contains("setting-denied"), denied);
    }
    Long options = app.job(App.ALICE, COPY, "options", Collections.singletonMap("classloader.resolve-order", "child-first"));
    assertTrue(refused(app, options, () -> app.start(App.ALICE, options)).contains("setting-denied"));
    Long hot = app.job(App.ALICE, COPY, "hotParams", Collections.singletonMap("kubernetes.service-account", "root"));
    assertTrue(refused(app, hot, () -> app.start(App.ALICE, hot)).contains("setting-denied"));
    Map<String, Object> sizes = new HashMap<>();
    sizes.put("taskmanager.numberOfTaskSlots", 2);
    sizes.put("jobmanager.memory.process.size", "1g");
    Long allowed =
        app.job(
            App.ALICE, COPY, "dynamicProperties", "-Dexecution.checkpointing.interval=3min\n-Dparallelism.default=2", "options", sizes, "hotParams",
            Collections.singletonMap("yarn.application.queue", "default"));
    app.start(App.ALICE, allowed);
    assertEquals(1, app.submitted(allowed).size());
  }

  @ParameterizedTest
  @MethodSource("lines")
  void anotherFlinkIsRefused(String line) throws Exception {
    App app = app(line);
    Long job = app.job(App.ALICE, COPY, "flink", 2L);
    assertTrue(refused(app, job, () -> app.start(App.ALICE, job)).contains("flink-denied"));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void concurrentStartsDoNotMixTheirUsers(String line) throws Exception {
    App app = app(line);
    ExecutorService pool = Executors.newFixedThreadPool(8);
    try {
      Map<Long, Future<?>> starts = new HashMap<>();
      for (int i = 0; i < 200; i++) {
        Long user = i % 2 == 0 ? App.ALICE : App.BOB;
        // Names tell later who has started it.
        Long job = app.job(user, COPY, "region", i % 2 == 0 ? "beijing" : "shanghai");
        starts.put(
            job,
            pool.submit(
                () -> {
                  app.start(user, job);
                  return null;
                }));
      }
      for (Map.Entry<Long, Future<?>> start : starts.entrySet()) {
        start.getValue().get();
        String text = only(app.submitted(start.getKey()));
        assertTrue(text.contains("region = '" + app.site.job(start.getKey()).get("region") + "'"), text);
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @ParameterizedTest
  @MethodSource("lines")
  void outsideOfAStartVariablesAreReplacedAsEver(String line) throws Exception {
    App app = app(line);
    app.site.variable(App.TEAM, "plain.text", "SELECT * FROM wages");
    assertEquals("x SELECT * FROM wages", app.site.replace(App.TEAM, "x ${plain.text}"));
    Long job = app.job(App.ALICE, "INSERT INTO sink SELECT id FROM wages;");
    refused(app, job, () -> app.start(App.ALICE, job));
    assertEquals("x SELECT * FROM wages", app.site.replace(App.TEAM, "x ${plain.text}"), "a failed start is over");
  }

  @ParameterizedTest
  @MethodSource("lines")
  void aJobThatIsChangedWhileItIsStartedIsRefused(String line) throws Exception {
    // The row changes when StreamPark looks at it: after the first look, before the second.
    App app = app(line);
    Long job = app.job(App.ALICE, COPY);
    Map<String, Object> row = app.site.job(job);
    Map<String, Object> changing =
        new ConcurrentHashMap<String, Object>(row) {
          private static final long serialVersionUID = 1L;

          @Override
          public Object put(String key, Object value) {
            Object before = super.put(key, value);
            if (key.equals("state")) {
              super.put("dynamicProperties", "-Dtable.sql-dialect=hive");
            }
            return before;
          }
        };
    app.site.save(changing, COPY, null);
    int before = app.submitted(job).size();
    RuntimeException refusal = assertThrows(RuntimeException.class, () -> app.start(App.ALICE, job));
    assertTrue(refusal.getMessage().contains("job-changed"), refusal.getMessage());
    assertEquals(before, app.submitted(job).size());
  }

  @ParameterizedTest
  @MethodSource("lines")
  void jarsAreNotPackedEither(String line) throws Exception {
    App app = app(line);
    String jars = "{\"pom\": [], \"jar\": [\"mine.jar\"]}";
    Long job = app.job(App.ALICE, null);
    app.site.save(app.site.job(job), COPY, jars);
    assertTrue(refused(app, job, () -> app.site.build(App.request(job))).contains("dependency-denied"));
    assertFalse(BuildGuard.isBuilding());
    // Those that are in force are packed where there is no new text, and only there.
    app.site.save(app.site.job(job), COPY, null);
    assertTrue(app.site.build(App.request(job)));
    app.start(App.ALICE, job);
    assertTrue(app.site.build(App.request(job)));
    app.site.save(app.site.job(job), COPY, jars);
    assertTrue(refused(app, job, () -> app.start(App.ALICE, job)).contains("dependency-denied"));
    Long jar = app.job(App.ALICE, null, "jobType", 1);
    app.site.save(app.site.job(jar), COPY, jars);
    assertTrue(app.site.build(App.request(jar)), "a JAR job is refused when it is started");
  }
}
