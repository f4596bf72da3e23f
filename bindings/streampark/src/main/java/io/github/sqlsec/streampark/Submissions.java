package io.github.sqlsec.streampark;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What became of the starts whose checks have left a lineage record. StreamPark submits on another thread, and writes what it has come to into the job's log: that it
 * was submitted, or an error, whose text does not say whether the cluster has taken the job all the same.
 *
 * <p>Invariant: a record is aborted only where StreamPark has not come to the submission. In doubt nothing is said: what is pending protects.
 */
final class Submissions {
  private static final Logger LOG = LoggerFactory.getLogger(Submissions.class);

  /** Value of a log's {@code optionName}, the same in both lines. */
  private static final Integer START = 1;

  /** Value of a log's {@code jobType}, where it has one: the logs of Spark's jobs, which are numbered for themselves, are in the same table. */
  private static final Integer FLINK = 1;

  /** Says that it was submitted. */
  private final LongConsumer commit;
  /** Says that it was not. */
  private final LongConsumer abort;
  /** By job: the record of its last start, of which the log has said nothing yet. */
  private final Map<Long, Long> open = new ConcurrentHashMap<>();

  Submissions(LongConsumer commit, LongConsumer abort) {
    this.commit = commit;
    this.abort = abort;
  }

  /** StreamPark gets the text that will be submitted. */
  void handedOut(Start start) {
    Long before = start.lineage().isPresent() ? open.put(start.job.id, start.lineage().getAsLong()) : open.remove(start.job.id);
    if (before != null) {
      LOG.info("sqlsec: lineage record {} stays pending: job {} is started again, and nobody has said what became of it", before, start.job.id);
    }
  }

  /** What was decided in a start is not submitted. */
  void withheld(Start start) {
    if (start.lineage().isPresent()) {
      open.remove(start.job.id, start.lineage().getAsLong());
      abort.accept(start.lineage().getAsLong());
    }
    start.forget();
  }

  /** An entry of a job's log. */
  void logged(Object entry) {
    if (entry == null || open.isEmpty() || !START.equals(Reflected.integer(entry, "getOptionName")) || !isOfFlink(entry)) {
      return;
    }
    Long record = open.remove(Reflected.number(entry, "getAppId"));
    if (record == null) {
      return;
    }
    if (Boolean.TRUE.equals(Reflected.call(entry, "getSuccess"))) {
      commit.accept(record);
    } else {
      LOG.info("sqlsec: lineage record {} stays pending: the submission has failed, and the cluster may have taken the job", record);
    }
  }

  private static boolean isOfFlink(Object entry) {
    Integer type = Reflected.has(entry, "getJobType") ? Reflected.integer(entry, "getJobType") : null;
    return type == null || type.equals(FLINK);
  }
}
