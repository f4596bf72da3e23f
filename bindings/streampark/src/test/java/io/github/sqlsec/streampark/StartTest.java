package io.github.sqlsec.streampark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The mark of a start: where StreamPark takes another way than it is known to take, there is no text. */
class StartTest {
  /** A row of the jobs' table. */
  public static class Row {
    public Long getId() {
      return 1L;
    }

    public Long getTeamId() {
      return 7L;
    }

    public Long getUserId() {
      return 2L;
    }

    public String getJobName() {
      return "job";
    }

    public Long getVersionId() {
      return 1L;
    }

    public Integer getJobType() {
      return 2;
    }

    public Integer getAppType() {
      return 1;
    }

    public Integer getDeployMode() {
      return 4;
    }

    public String getDynamicProperties() {
      return null;
    }

    public String getArgs() {
      return null;
    }

    public Map<String, Object> getOptionMap() {
      return Collections.emptyMap();
    }

    public Map<String, Object> getHotParamsMap() {
      return null;
    }
  }

  private final Start start = new Start(null, Job.of(new Row()), new Person(2L, "alice", false, Collections.emptyList()), null, null);

  @Test
  void theTextComesOutForTheMarkAlone() {
    String mark = start.marked("SELECT 1");
    assertFalse(mark.contains("SELECT"));
    assertEquals(mark, start.marked("SELECT 1"), "StreamPark may read the same text again");
    assertEquals(mark, start.marked(mark), "or what it was given");
    for (String other : new String[] {"SELECT 1", "", null, mark + ";", "SELECT 2; " + mark}) {
      assertThrows(Refusal.class, () -> start.template(7L, other), String.valueOf(other));
    }
    assertThrows(Refusal.class, () -> start.template(8L, mark), "another team has other variables");
    assertThrows(Refusal.class, () -> start.marked("SELECT 2"), "two texts in one start");
    assertEquals("SELECT 1", start.template(7L, mark));
    start.decided("SELECT 1", "SELECT 1 WHERE TRUE", OptionalLong.of(7));
    assertNull(start.known("SELECT 2"));
    assertEquals("SELECT 1 WHERE TRUE", start.handedOut());
    assertNull(start.template(7L, "--arguments"), "what follows are arguments");
    assertThrows(Refusal.class, () -> start.template(7L, mark), "once is enough");
    assertThrows(Refusal.class, () -> start.marked("SELECT 1"), "and no other text follows");
    assertTrue(start.isWithheld(), "nothing is submitted before the arguments");
    start.leaving();
    assertFalse(start.isWithheld());
    assertTrue(start.isHandedOut());
    assertThrows(Refusal.class, () -> start.template(7L, mark), "once is enough, then too");
    assertEquals(OptionalLong.of(7), start.lineage());
    start.forget();
    assertNull(start.known("SELECT 1"));
    assertFalse(start.lineage().isPresent());
  }

  @Test
  void variablesThatAreReplacedBeforeTheTextIsReadAreRefused() {
    assertThrows(Refusal.class, () -> start.template(7L, "--arguments"));
    assertTrue(start.isUntouched());
    assertFalse(start.isHandedOut());
  }

  @Test
  void eachStartHasAMarkOfItsOwn() {
    Start other = new Start(null, start.job, start.owner, null, null);
    String mark = start.marked("SELECT 1");
    assertNotEquals(mark, other.marked("SELECT 1"));
    assertThrows(Refusal.class, () -> other.template(7L, mark));
  }

  @Test
  void aStartBelongsToItsThreadAndEndsWithIt() {
    assertNull(Start.enter(start));
    try {
      assertSame(start, Start.current());
      assertNull(CompletableFuture.supplyAsync(Start::current).join(), "another thread has none");
      Thread[] child = new Thread[1];
      Start[] seen = {start};
      child[0] = new Thread(() -> seen[0] = Start.current());
      child[0].start();
      child[0].join();
      assertNull(seen[0], "nor one that was begun within");
      Start inner = new Start(null, start.job, start.owner, null, null);
      Start before = Start.enter(inner);
      assertSame(start, before);
      Start.enter(before);
      assertSame(start, Start.current(), "a start within a start leaves the outer one");
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } finally {
      Start.enter(null);
    }
    assertNull(Start.current());
  }

  @Test
  void jobsAreEqualAsLongAsNothingThatIsJudgedHasChanged() {
    assertEquals(Job.of(new Row()), Job.of(new Row()));
    Job other =
        Job.of(
            new Row() {
              @Override
              public String getDynamicProperties() {
                return "-Dtable.sql-dialect=hive";
              }
            });
    assertNotEquals(Job.of(new Row()), other);
  }
}
