package io.github.sqlsec.streampark;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What became of the starts whose checks have left a lineage record. StreamPark submits on another thread, and writes what it has come to into the job's log: that it
 * was submitted, or an error, whose text does not say whether the cluster has taken the job all the same.
 *
 * <p>Invariant: a record is aborted only where StreamPark has not come to the submission. In doubt nothing is said: what is pending protects.
 */
final class Submissions implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Submissions.class);

  /** Value of a log's {@code optionName}, the same in both lines. */
  private static final Integer START = 1;

  /** Value of a log's {@code jobType}, where it has one: the logs of Spark's jobs, which are numbered for themselves, are in the same table. */
  private static final Integer FLINK = 1;

  private static final long AGAIN_MILLIS = 1000;

  /** Says that it was submitted; false where that is to be said again. */
  private final LongPredicate commit;
  private final LongConsumer abort;
  /** By job: the record of its last start, of which the log has said nothing yet. */
  private final Map<Long, Long> open = new ConcurrentHashMap<>();
  /** What the store has not taken. */
  private final Queue<Long> untold = new ConcurrentLinkedQueue<>();
  private ScheduledExecutorService clock;

  Submissions(LongPredicate commit, LongConsumer abort) {
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
      commit(record);
    } else {
      LOG.info("sqlsec: lineage record {} stays pending: the submission has failed, and the cluster may have taken the job", record);
    }
  }

  private static boolean isOfFlink(Object entry) {
    Integer type = Reflected.has(entry, "getJobType") ? Reflected.integer(entry, "getJobType") : null;
    return type == null || type.equals(FLINK);
  }

  /** A store that does not answer is told again. */
  private void commit(Long record) {
    if (!commit.test(record)) {
      untold.add(record);
      again();
    }
  }

  private synchronized void again() {
    if (clock != null) {
      return;
    }
    clock =
        Executors.newSingleThreadScheduledExecutor(
            run -> {
              Thread thread = new Thread(run, "sqlsec-lineage");
              thread.setDaemon(true);
              return thread;
            });
    clock.scheduleWithFixedDelay(this::tell, AGAIN_MILLIS, AGAIN_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void tell() {
    try {
      for (Long record = untold.peek(); record != null && commit.test(record); record = untold.peek()) {
        untold.remove();
      }
    } catch (Throwable e) {
      // Whatever it is: the clock goes on.
      LOG.error("sqlsec: lineage records could not be committed", e);
    }
  }

  @Override
  public synchronized void close() {
    if (clock != null) {
      clock.shutdownNow();
    }
  }
}
