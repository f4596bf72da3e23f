package io.github.sqlsec.streampark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a console whose configuration, whose Spring or whose version is not what the plug-in needs: it refuses, or it does not start. */
class InstallationTest {
  private static final String OPEN = "INSERT INTO sink SELECT id FROM pub;";

  static Stream<String> lines() {
    return Stream.of(Lines.ALL);
  }

  /** The message of the error that a console ends with. */
  private static String ends(ClassLoader line, String... options) {
    Map<String, Object> properties = new HashMap<>();
    properties.put("sqlsec.config", App.site().resolve("engine.json").toString());
    for (String option : options) {
      int at = option.indexOf('=');
      properties.put(option.substring(0, at), option.substring(at + 1));
    }
    Throwable error = assertThrows(RuntimeException.class, () -> App.start(line, properties).close());
    while (error.getCause() != null) {
      error = error.getCause();
    }
    return String.valueOf(error.getMessage());
  }

  private static ClassLoader changed(String line, String before, String after) {
    int[] found = {0};
    UnaryOperator<String> change =
        text -> {
          found[0] += text.contains(before) ? 1 : 0;
          return text.replace(before, after);
        };
    ClassLoader loader = Lines.of(line, change);
    assertTrue(found[0] > 0, "the source has no `" + before + "`");
    return loader;
  }

  private static void refusesAll(App app, String why) throws Exception {
    Long job = app.job(App.CAROL, OPEN);
    String said = StartsTest.refused(app, job, () -> app.start(App.CAROL, job));
    assertTrue(said.contains("unavailable") && said.contains(why), said);
    assertTrue(StartsTest.refused(app, job, () -> app.watch(job)).contains("restart-denied"), "a restart of what nobody has started");
    Map<String, Object> verified = app.verify(App.CAROL, OPEN);
    assertEquals(false, verified.get("data"));
    assertTrue(verified.get("message").toString().contains(why), verified.toString());
  }

  @ParameterizedTest
  @MethodSource("lines")
  void withoutAConfigurationTheConsoleRunsAndRefusesAll(String line) throws Exception {
    Path nowhere = Files.createTempDirectory("sqlsec-test");
    try (App app = App.open(Lines.of(line), nowhere)) {
      refusesAll(app, "input-unreadable");
    }
  }

  @Test
  void aPolicyThatIsNoneIsNoLeave() throws Exception {
    Path site = App.site();
    App.write(site, "policy.yaml", "apiVersion: sqlsec/v1\nversion: 1\nrules: [ {");
    try (App app = App.open(Lines.of("dev"), site)) {
      refusesAll(app, "policy-invalid");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"sqlsec.pas=custom-code", "sqlsec.pass=everything", "sqlsec.reload-seconds=often", "sqlsec.automatic-restart=yes", "sqlsec.properties=rest.*"})
  void anOptionThatIsNoneIsNoLeave(String option) throws Exception {
    try (App app = App.open(Lines.of("dev"), option)) {
      refusesAll(app, "sqlsec.");
    }
  }

  @Test
  void aConfigurationThatComesLaterIsTaken() throws Exception {
    Path site = App.site();
    Path good = site.resolve("good");
    Files.move(site.resolve("policy.yaml"), good);
    try (App app = App.open(Lines.of("2.1"), site, "sqlsec.reload-seconds=1")) {
      refusesAll(app, "input-unreadable");
      Files.move(good, site.resolve("policy.yaml"));
      Long job = app.job(App.ALICE, StartsTest.COPY);
      for (int i = 0; i < 100 && app.submitted(job).isEmpty(); i++) {
        Thread.sleep(100);
        try {
          app.start(App.ALICE, job);
        } catch (RuntimeException e) {
          assertTrue(e.getMessage().contains("unavailable"), e.getMessage());
        }
      }
      assertTrue(app.submitted(job).get(0).contains("region = 'beijing'"));
    }
  }

  @ParameterizedTest
  @MethodSource("lines")
  void aPolicyThatChangesBetweenStartsHoldsForTheNext(String line) throws Exception {
    Path site = App.site();
    try (App app = App.open(Lines.of(line), site, "sqlsec.reload-seconds=1")) {
      Long job = app.job(App.ALICE, StartsTest.COPY);
      app.start(App.ALICE, job);
      App.write(site, "policy.yaml", App.POLICY.replace("'beijing'", "'hangzhou'").replace("version: 1", "version: 2"));
      List<String> texts = app.submitted(job);
      for (int i = 0; i < 100 && !texts.get(texts.size() - 1).contains("hangzhou"); i++) {
        Thread.sleep(100);
        app.watch(job);
        texts = app.submitted(job);
      }
      assertTrue(texts.get(0).contains("region = 'beijing'") && texts.get(texts.size() - 1).contains("region = 'hangzhou'"), texts.toString());
      // Rules that are none leave the last ones in force.
      App.write(site, "policy.yaml", "rules: [ {");
      Thread.sleep(3000);
      app.watch(job);
      texts = app.submitted(job);
      assertTrue(texts.get(texts.size() - 1).contains("region = 'hangzhou'"), texts.toString());
      // And access that is taken away ends the restarts.
      App.write(site, "policy.yaml", App.POLICY.replace("'*.*.wages'", "'*.*.*'").replace("version: 1", "version: 3"));
      String said = "";
      for (int i = 0; i < 100 && said.isEmpty(); i++) {
        Thread.sleep(100);
        try {
          app.watch(job);
        } catch (RuntimeException e) {
          said = e.getMessage();
        }
      }
      assertTrue(said.contains("access-denied"), said);
    }
  }

  @Test
  void theLastStartersAreKnownAfterTheConsolesNextStart() throws Exception {
    Path site = App.site();
    Long job;
    Map<String, Object> row;
    try (App app = App.open(Lines.of("dev"), site)) {
      job = app.job(App.ALICE, StartsTest.COPY);
      row = app.site.job(job);
      app.start(App.ALICE, job);
    }
    try (App app = App.open(Lines.of("dev"), site)) {
      app.site.save(row, StartsTest.COPY, null);
      app.watch(job);
      assertEquals(1, app.submitted(job).size());
      app.edit(job, "INSERT INTO sink SELECT id + 1 FROM orders;");
      assertTrue(StartsTest.refused(app, job, () -> app.watch(job)).contains("restart-denied"));
    }
    // Nor does a file that says nothing.
    Files.write(site.resolve("starts").resolve(job.toString()), new byte[] {'x'});
    try (App app = App.open(Lines.of("dev"), site)) {
      app.site.save(row, StartsTest.COPY, null);
      assertTrue(StartsTest.refused(app, job, () -> app.watch(job)).contains("restart-denied"));
    }
  }

  @ParameterizedTest
  @MethodSource("lines")
  void whatASiteLetsPassPasses(String line) throws Exception {
    try (App app =
        App.open(
            Lines.of(line),
            "sqlsec.pass=custom-code, dependencies program-args,application-config,images,hadoop-user,spark",
            "sqlsec.properties=env.java.opts,metrics.",
            "sqlsec.automatic-restart=owner",
            "sqlsec.flink-versions=1.17,1.20")) {
      Long jar = app.job(App.ALICE, null, "jobType", 1, "args", "--sql x");
      app.start(App.ALICE, jar);
      assertEquals("no SQL", app.submitted(jar).get(0));
      Long job =
          app.job(App.ALICE, null, "args", "--x y", "mode", 6, "hadoopUser", "hive", "flink", 2L, "dynamicProperties", "-Denv.java.opts=-Xss1m -Dmetrics.latency.interval=1");
      app.site.save(app.site.job(job), StartsTest.COPY, "{\"jar\": [\"mine.jar\"]}");
      app.site.file(job, "x");
      app.watch(job);
      assertTrue(app.submitted(job).get(0).contains("region = 'beijing'"), "what is let pass does not go past the check");
      Long other = app.job(App.ALICE, StartsTest.COPY, "dynamicProperties", "-Denv.java.opts.all=-Xss1m");
      assertTrue(StartsTest.refused(app, other, () -> app.start(App.ALICE, other)).contains("setting-denied"), "not what only begins alike");
    }
  }

  @Test
  void sparkJobsAndTheHadoopUserOfTheComingLineAreRefused() throws Exception {
    try (App app = App.open(Lines.of("dev"))) {
      Long spark = app.job(App.ALICE, null);
      assertTrue(StartsTest.refused(app, spark, () -> App.as(App.ALICE, () -> {
        app.site.spark(App.request(spark));
        return null;
      })).contains("job-denied"));
      Long hadoop = app.job(App.ALICE, OPEN, "hadoopUser", "hive");
      assertTrue(StartsTest.refused(app, hadoop, () -> app.start(App.ALICE, hadoop)).contains("hadoop-user-denied"));
    }
  }

  @ParameterizedTest
  @MethodSource("lines")
  void aConsoleWithoutProxiesDoesNotStart(String line) {
    assertTrue(ends(Lines.of(line), "spring.aop.auto=false").contains("not behind the plug-in"));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void aServiceThatIsHeldRawIsNotBehindThePlugIn(String line) {
    String service = line.equals("2.1") ? "core.service.ApplicationService" : "core.service.application.FlinkApplicationActionService";
    String before = "  public Tables.Flink getByIdOrDefault(Long id) {";
    // A bean that has another one of the same type made for itself.
    ClassLoader raw =
        changed(line, before, "  private org.apache.streampark.console." + service + " raw = new org.apache.streampark.console." + service.replace("application.", "application.impl.").replace("core.service.Application", "core.service.impl.Application") + "Impl();\n\n" + before);
    assertTrue(ends(raw).contains("FlinkEnvService.raw` is not behind the plug-in"));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void aStartThatSkipsTheVariablesIsAnUnknownStreamPark(String line) {
    ClassLoader skips = changed(line, "variableService.replaceVariable(application.getTeamId(), flinkSql.getSql())", "flinkSql.getSql()");
    assertTrue(ends(skips).contains("`start` does"), "it skips the variables");
    ClassLoader elsewhere = changed(line, "flinkSqlService.getEffective(application.getId(), true);\n      String", "tables.effective.get(application.getId());\n      String");
    assertTrue(ends(elsewhere).contains("`start` does"), "it reads the text from somewhere else");
    ClassLoader late = changed(line, "flinkSql.setSql(DeflaterUtils.zipString(realSql));", "flinkSql.setSql(DeflaterUtils.zipString(realSql + flinkSql.getSql()));\n      flinkSql.setSql(DeflaterUtils.zipString(realSql));");
    assertTrue(ends(late).contains("`start` does"), "it packs twice");
  }

  @ParameterizedTest
  @MethodSource("lines")
  void anotherClassThatSubmitsIsAnUnknownStreamPark(String line) {
    ClassLoader other = changed(line, "public Tables.Flink getByIdOrDefault(Long id) {", "public Object run() {\n    return org.apache.streampark.flink.client.FlinkClient.submit(null);\n  }\n\n  public Tables.Flink getByIdOrDefault(Long id) {");
    assertTrue(ends(other).contains("jobs are also submitted by"));
    ClassLoader reference = changed(line, "public Tables.Flink getByIdOrDefault(Long id) {", "public Object run() {\n    java.util.function.Function<org.apache.streampark.flink.client.bean.SubmitRequest, String> f = org.apache.streampark.flink.client.FlinkClient::submit;\n    return f;\n  }\n\n  public Tables.Flink getByIdOrDefault(Long id) {");
    assertTrue(ends(reference).contains("jobs are also submitted by"));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void aConsoleThatSendsStatementsToAGatewayDoesNotStart(String line) {
    ClassLoader workbench = changed(line, "public interface VariableService {", "interface SqlWorkBenchService {}\n\npublic interface VariableService {");
    assertTrue(ends(workbench).contains("SqlWorkBenchService` sends statements"));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void otherNamesAndSignaturesAreAnUnknownStreamPark(String line) {
    ClassLoader verify = changed(line, "verifySql(String sql, Long versionId)", "verifySql(String sql, Long versionId, Long... more)");
    assertTrue(ends(verify).contains("verifySql` is not there"));
    ClassLoader variables = changed(line, "replaceVariable", "expandVariable");
    assertTrue(ends(variables).contains("replaceVariable` is not there"));
    ClassLoader helper = changed(line, "getLoginUser", "getCurrentUser");
    assertTrue(ends(helper).contains("ServiceHelper.getLoginUser` is not there"));
    ClassLoader restart = changed(line, "Application app) throws Exception", "Application app, int... more) throws Exception");
    assertTrue(ends(restart).contains("restart` is not there"));
  }

  @Test
  void anythingButAConsoleDoesNotStart() {
    IllegalStateException refusal =
        assertThrows(
            IllegalStateException.class,
            () -> new org.springframework.boot.builder.SpringApplicationBuilder(Object.class).web(org.springframework.boot.WebApplicationType.NONE).run());
    assertTrue(refusal.getMessage().contains("not StreamPark's console"), refusal.getMessage());
  }
}
