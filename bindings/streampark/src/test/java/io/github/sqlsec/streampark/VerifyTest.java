package io.github.sqlsec.streampark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The editor's "verify", on a console of each line. */
class VerifyTest {
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

  private static String denied(Map<String, Object> answer, int line) {
    assertEquals(false, answer.get("data"), answer.toString());
    // A kind whose message the editor shows, and the line that it marks.
    assertEquals(2, answer.get("type"));
    assertEquals(line, answer.get("start"), answer.toString());
    assertEquals(line + 1, answer.get("end"));
    return answer.get("message").toString();
  }

  @ParameterizedTest
  @MethodSource("lines")
  void whatIsAllowedIsVerified(String line) throws Exception {
    assertEquals(true, app(line).verify(App.ALICE, StartsTest.COPY).get("data"));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void aDenialIsShownOnItsLine(String line) throws Exception {
    String said = denied(app(line).verify(App.ALICE, "INSERT INTO sink\nSELECT id\n  FROM wages;"), 3);
    assertTrue(said.startsWith("sqlsec: access-denied: ") && said.endsWith(" at line 3, column 8"), said);
    assertFalse(said.contains("closed"), "the rule is not told: " + said);
  }

  @ParameterizedTest
  @MethodSource("lines")
  void linesAreThoseOfTheEditorWhereVariablesHoldLineEnds(String line) throws Exception {
    App app = app(line);
    app.site.variable(App.TEAM, "three.lines", "1 AS a,\n2 AS b,\n3 AS c");
    app.site.variable(App.TEAM, "hidden.wages", "\n\nwages");
    String sql = "INSERT INTO sink\nSELECT ${three.lines},\n  id FROM\n   wages;";
    assertTrue(denied(app.verify(App.ALICE, sql), 4).contains("at line 4,"));
    // What a variable brings is on the variable's line.
    denied(app.verify(App.ALICE, "INSERT INTO sink\nSELECT ${three.lines} FROM ${hidden.wages};"), 2);
  }

  @ParameterizedTest
  @MethodSource("lines")
  void streamParksOwnRefusalIsLeftAsItIs(String line) throws Exception {
    Map<String, Object> answer = app(line).verify(App.ALICE, "SELECT 1");
    assertEquals("No 'INSERT' statement to trigger the execution of the Flink job.", answer.get("message"));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void whatTheSplitterReadsOtherwiseIsShownAsWell(String line) throws Exception {
    assertTrue(denied(app(line).verify(App.ALICE, "INSERT INTO sink SELECT id AS `a;b` FROM pub;"), 1).contains("splitter-mismatch"));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void withoutALoginOrInAnotherTeamNothingIsVerified(String line) throws Exception {
    App app = app(line);
    String sql = "INSERT INTO sink SELECT id FROM pub;";
    assertTrue(denied(App.alone(() -> app.site.verify(sql, 1L, App.TEAM)), 1).contains("user-unknown"));
    assertTrue(denied(app.verify(App.EVE, sql), 1).contains("team-denied"));
    assertTrue(denied(app.verify(App.DORA, sql), 1).contains("user-locked"));
    assertTrue(denied(App.as(App.ALICE, () -> app.site.verify(sql, 2L, App.TEAM)), 1).contains("flink-denied"));
    assertFalse(VerifyGuard.isEditing());
  }
}
