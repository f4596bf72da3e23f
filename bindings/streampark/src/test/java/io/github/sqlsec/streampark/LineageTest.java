package io.github.sqlsec.streampark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.sqlsec.Config;
import io.github.sqlsec.Reply;
import io.github.sqlsec.Request;
import io.github.sqlsec.Principal;
import io.github.sqlsec.SqlSec;
import io.github.sqlsec.SqlSecException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Masks follow the data from job to job, and each end that a start can come to has its record. */
class LineageTest {
  private static final String TABLES =
      Stream.of("people (id BIGINT, name STRING)", "copy (id BIGINT, name STRING)", "last (id BIGINT, name STRING)")
          .map(table -> "CREATE TABLE " + table + " WITH ('connector' = 'filesystem', 'format' = 'json', 'path' = 's3://lake/" + table.split(" ")[0] + "');\n")
          .reduce("", String::concat);
  private static final String COPY = "INSERT INTO copy SELECT id, name FROM people;";
  private static final String READ = "INSERT INTO `last` SELECT id, name FROM copy;";

  /** By line: a console that keeps lineage. */
  private static final Map<String, Kept> KEPT = new ConcurrentHashMap<>();

  /** A console, and another engine over the same store, which tells what has become of a record. */
  private static final class Kept {
    final App app;
    final SqlSec other;

    Kept(App app) {
      this.app = app;
      this.other = SqlSec.open(Config.ofFile(app.folder.resolve("engine.json")));
    }

    /** The number that the next record gets: a check leaves one, which is taken back. */
    long next() {
      Reply reply = other.check(Request.of(Principal.of("carol"), "INSERT INTO `last` SELECT id, name FROM people"));
      other.abort(reply.lineageId().getAsLong());
      return reply.lineageId().getAsLong();
    }

    String state(long record) {
      try {
        // Only what is committed can end.
        other.ended(record);
        return "committed";
      } catch (SqlSecException e) {
        return e.code().equals("record-unknown") ? e.code() : e.getMessage().replaceAll("lineage record \\d+ (is |was |has )?(still )?", "");
      }
    }

    /** What has become of the records since this number. */
    String states(long from) throws Exception {
      // The thread that submits has written its log by then.
      app.submitted(0L);
      StringBuilder states = new StringBuilder();
      long end = next();
      for (long record = from; record < end; record++) {
        String state = state(record);
        // A number in between is that of an event.
        if (!state.equals("record-unknown")) {
          states.append(states.length() == 0 ? "" : ", ").append(state);
        }
      }
      return states.toString();
    }
  }

  static Stream<String> lines() {
    return Stream.of(Lines.ALL);
  }

  private static Path site(String lineage) throws Exception {
    Path site = App.site();
    App.write(site, "tables.sql", TABLES);
    App.write(site, "engine.json", "{\"policy\": {\"file\": \"policy.yaml\"}, \"catalog\": [{\"file\": \"tables.sql\"}]" + lineage + "}");
    return site;
  }

  private static Kept kept(String line) {
    return KEPT.computeIfAbsent(
        line,
        name -> {
          try {
            return new Kept(App.open(Lines.of(name), site(", \"lineage\": {\"store\": \"lineage.db\", \"create\": true}")));
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @AfterAll
  static void close() {
    KEPT.values().forEach(each -> {
      each.app.close();
      each.other.close();
    });
    KEPT.clear();
  }

  private static String last(App app, Long job) throws Exception {
    List<String> texts = app.submitted(job);
    return texts.get(texts.size() - 1);
  }

  @ParameterizedTest
  @MethodSource("lines")
  void masksFollowTheDataFromJobToJob(String line) throws Exception {
    App app = kept(line).app;
    // Carol may see the names, and writes them elsewhere. Bob may not.
    Long copy = app.job(App.CAROL, COPY);
    app.start(App.CAROL, copy);
    assertEquals(COPY, last(app, copy));
    Long read = app.job(App.BOB, READ);
    app.start(App.BOB, read);
    assertTrue(last(app, read).contains("NULL"), last(app, read));
    Long own = app.job(App.CAROL, READ);
    app.start(App.CAROL, own);
    assertEquals(READ, last(app, own), "who may see the names sees them");
    // It is so in the editor too, and it restarts so.
    assertEquals(true, app.verify(App.BOB, READ).get("data"));
    app.watch(read);
    assertEquals(2, app.submitted(read).size());
    assertTrue(last(app, read).contains("NULL"), last(app, read));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void aStartThatIsSubmittedIsCommitted(String line) throws Exception {
    Kept kept = kept(line);
    long from = kept.next() + 1;
    Long job = kept.app.job(App.CAROL, COPY);
    kept.app.start(App.CAROL, job);
    assertEquals("committed", kept.states(from));
    from = kept.next() + 1;
    kept.app.watch(job);
    assertEquals("committed", kept.states(from), "a restart has a record of its own");
  }

  @ParameterizedTest
  @MethodSource("lines")
  void ofTwoPeopleTheOwnersRecordIsKept(String line) throws Exception {
    Kept kept = kept(line);
    long from = kept.next() + 1;
    Long job = kept.app.job(App.ALICE, COPY);
    kept.app.start(App.CAROL, job);
    assertEquals("aborted, committed", kept.states(from));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void whatIsNotSubmittedIsAborted(String line) throws Exception {
    Kept kept = kept(line);
    App app = kept.app;
    long from = kept.next() + 1;
    app.verify(App.CAROL, COPY);
    assertEquals("aborted", kept.states(from), "the editor submits nothing");
    // The starter may see less than the owner.
    from = kept.next() + 1;
    Long differs = app.job(App.CAROL, COPY);
    assertTrue(StartsTest.refused(app, differs, () -> app.start(App.BOB, differs)).contains("starter-differs"));
    assertEquals("aborted, aborted", kept.states(from));
    // StreamPark does not come to the submission.
    from = kept.next() + 1;
    Long early = app.job(App.CAROL, COPY, "breaks", "early");
    assertThrows(IllegalStateException.class, () -> app.start(App.CAROL, early));
    assertEquals("aborted", kept.states(from));
    // A variable turns out to be an argument.
    from = kept.next() + 1;
    app.site.variable(App.TEAM, "late.args", "--conf x");
    Long given = app.job(App.CAROL, COPY);
    assertThrows(RuntimeException.class, () -> app.start(App.CAROL, given, "args", "${late.args}"));
    assertEquals("", kept.states(from), "refused before the text is looked at");
    // A restart that StreamPark decides against.
    from = kept.next() + 1;
    Long restarts = app.job(App.CAROL, COPY);
    app.start(App.CAROL, restarts);
    app.site.job(restarts).put("restarts", false);
    app.watch(restarts);
    assertEquals("committed, aborted", kept.states(from));
    // The job is changed meanwhile.
    from = kept.next() + 1;
    Long changes = app.job(App.CAROL, null);
    Map<String, Object> row =
        new ConcurrentHashMap<String, Object>(app.site.job(changes)) {
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
    app.site.save(row, COPY, null);
    assertThrows(RuntimeException.class, () -> app.start(App.CAROL, changes));
    assertEquals("aborted", kept.states(from));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void whatMayRunStaysPendingAndProtects(String line) throws Exception {
    Kept kept = kept(line);
    App app = kept.app;
    // The cluster has the job, and does not answer.
    long from = kept.next() + 1;
    Long fails = app.job(App.CAROL, COPY);
    app.site.fails(fails);
    app.start(App.CAROL, fails);
    assertEquals("pending", kept.states(from));
    // StreamPark's transaction fails behind the submission, of which its log tells later.
    from = kept.next() + 1;
    Long late = app.job(App.CAROL, COPY, "breaks", "late");
    assertThrows(IllegalStateException.class, () -> app.start(App.CAROL, late));
    assertEquals("committed", kept.states(from));
    // Entries of the log that are not about a start, or that say nothing, settle nothing.
    from = kept.next() + 1;
    Long other = app.job(App.CAROL, COPY, "breaks", "late");
    app.site.fails(other);
    app.site.log(other, 3, true);
    assertThrows(IllegalStateException.class, () -> app.start(App.CAROL, other));
    app.site.log(other, 3, true);
    app.site.log(other, null, true);
    assertEquals("pending", kept.states(from));
    app.site.log(other, 1, true);
    assertEquals("pending, aborted", kept.states(from), "a second entry is about nothing; the second record is this test's own");
  }

  @ParameterizedTest
  @MethodSource("lines")
  void withoutAStoreMasksEndWithTheJob(String line) throws Exception {
    Path site = site("");
    try (App app = App.open(Lines.of(line), site)) {
      Long copy = app.job(App.CAROL, COPY);
      app.start(App.CAROL, copy);
      Long read = app.job(App.BOB, READ);
      app.start(App.BOB, read);
      assertEquals(READ, last(app, read));
      assertFalse(Files.exists(site.resolve("lineage.db")));
    }
  }

  @ParameterizedTest
  @MethodSource("lines")
  void aStoreThatIsNotThereRefusesAll(String line) throws Exception {
    try (App app = App.open(Lines.of(line), site(", \"lineage\": {\"store\": \"lineage.db\"}"))) {
      Long copy = app.job(App.CAROL, COPY);
      String said = StartsTest.refused(app, copy, () -> app.start(App.CAROL, copy));
      assertTrue(said.contains("unavailable") && said.contains("lineage-unavailable"), said);
    }
  }
}
