package io.github.sqlsec.streampark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What is told of records. */
class SubmissionsTest {
  /** An entry of a job's log. */
  public static final class Entry {
    private final Boolean success;

    Entry(Boolean success) {
      this.success = success;
    }

    public Long getAppId() {
      return 1L;
    }

    public Integer getOptionName() {
      return 1;
    }

    public Boolean getSuccess() {
      return success;
    }
  }

  /** One of the coming line. */
  public static final class Typed {
    private final Integer type;

    Typed(Integer type) {
      this.type = type;
    }

    public Long getAppId() {
      return 1L;
    }

    public Integer getOptionName() {
      return 1;
    }

    public Boolean getSuccess() {
      return true;
    }

    public Integer getJobType() {
      return type;
    }
  }

  private final List<String> told = new CopyOnWriteArrayList<>();
  private final Submissions submissions = new Submissions(record -> told.add("commit " + record), record -> told.add("abort " + record));

  private static Start start(long record) {
    Start start = new Start(null, Job.of(new StartTest.Row()), new Person(2L, "alice", false, Collections.emptyList()), null, null);
    start.decided("a", "b", record == 0 ? OptionalLong.empty() : OptionalLong.of(record));
    return start;
  }

  @Test
  void anEntryIsAboutTheLastStartAlone() {
    submissions.logged(new Entry(true));
    submissions.handedOut(start(5));
    submissions.handedOut(start(7));
    submissions.logged(new Entry(true));
    submissions.logged(new Entry(true));
    assertEquals(Collections.singletonList("commit 7"), told, "of the older one nobody knows");
    submissions.handedOut(start(9));
    submissions.handedOut(start(0));
    submissions.logged(new Entry(true));
    assertEquals(1, told.size(), "a start without a record is not the one before");
  }

  @Test
  void whatHasFailedOrSaysNothingIsNeitherCommittedNorAborted() {
    for (Boolean success : new Boolean[] {false, null}) {
      submissions.handedOut(start(5));
      submissions.logged(new Entry(success));
      submissions.logged(new Entry(true));
    }
    submissions.handedOut(start(5));
    assertThrows(RuntimeException.class, () -> submissions.logged("something else"));
    assertTrue(told.isEmpty(), told.toString());
  }

  @Test
  void aStartThatIsWithheldIsNotOpenAnyMore() {
    Start start = start(5);
    submissions.handedOut(start);
    submissions.withheld(start);
    submissions.withheld(start);
    submissions.logged(new Entry(true));
    assertEquals(Collections.singletonList("abort 5"), told);
    submissions.handedOut(start(7));
    submissions.withheld(start(5));
    submissions.logged(new Entry(true));
    assertEquals(Arrays.asList("abort 5", "abort 5", "commit 7"), told, "another start's record stays open");
  }

  @Test
  void aSparkJobOfTheSameNumberSaysNothing() {
    submissions.handedOut(start(7));
    submissions.logged(new Typed(2));
    assertEquals(Collections.emptyList(), told);
    submissions.logged(new Typed(1));
    assertEquals(Collections.singletonList("commit 7"), told);
    submissions.handedOut(start(8));
    submissions.logged(new Typed(null));
    assertEquals(Arrays.asList("commit 7", "commit 8"), told);
  }
}
