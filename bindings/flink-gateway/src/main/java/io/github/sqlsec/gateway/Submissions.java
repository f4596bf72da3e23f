package io.github.sqlsec.gateway;

import io.github.sqlsec.ReloadingEngine;
import io.github.sqlsec.Reply;
import io.github.sqlsec.Statement;
import io.github.sqlsec.host.LogText;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.api.SqlParserException;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.gateway.api.SqlGatewayService;
import org.apache.flink.table.gateway.api.operation.OperationHandle;
import org.apache.flink.table.gateway.api.operation.OperationStatus;
import org.apache.flink.table.gateway.api.results.OperationInfo;
import org.apache.flink.table.gateway.api.session.SessionHandle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What became of the statements whose checks have left a lineage record. The gateway runs operations in a pool, so that only the end of one says whether its job was
 * submitted: operations are looked at from time to time, and before they are forgotten.
 *
 * <p>Invariant: a record is aborted only where it is known that its statement has written nothing: it never came to Flink, or the pool refused it, or it was not planned.
 * An error of a submission says no such thing by itself. In doubt nothing is said: what is pending protects.
 */
final class Submissions {
  private static final Logger LOG = LoggerFactory.getLogger(Submissions.class);

  private static final long LOOK_MILLIS = 250;

  /** What does all it does in the job that it submits. */
  private static final Set<String> JOBS = Set.of("INSERT INTO", "INSERT OVERWRITE", "STATEMENT SET");

  private static final int DEEPEST = 16;

  private final SqlGatewayService wrapped;
  private final ReloadingEngine engine;
  private final Map<OperationHandle, Submission> open = new ConcurrentHashMap<>();
  private ScheduledExecutorService clock;

  Submissions(SqlGatewayService wrapped, ReloadingEngine engine) {
    this.wrapped = wrapped;
    this.engine = engine;
  }

  /** An operation was handed to Flink's pool. */
  void submitted(SessionHandle session, OperationHandle operation, Reply reply) {
    if (!reply.lineageId().isPresent()) {
      return;
    }
    boolean job = reply.statements().stream().map(Statement::kind).allMatch(JOBS::contains);
    open.put(operation, new Submission(session, reply.lineageId().getAsLong(), job));
    start();
  }

  /** A call that has come back when its statement had run. */
  void done(Reply reply) {
    reply.lineageId().ifPresent(engine::commit);
  }

  /** What was checked did not go to Flink. */
  void withheld(Reply reply) {
    engine.abort(reply);
  }

  /** Flink's answer to a submission was an error, whether it has taken the statement or not. */
  void failed(Reply reply, Throwable error) {
    if (isRefused(error)) {
      engine.abort(reply);
    } else {
      reply.lineageId().ifPresent(record -> LOG.info("sqlsec: lineage record {} stays pending: its submission has failed, and may have begun", record));
    }
  }

  /** Whether the pool has not taken it. Any other error may come behind a task that goes on. */
  static boolean isRefused(Throwable error) {
    Throwable at = error;
    for (int depth = 0; at != null && depth < DEEPEST; depth++) {
      if (at instanceof RejectedExecutionException) {
        return true;
      }
      at = at.getCause();
    }
    return false;
  }

  /** Looks at all operations. */
  void look() {
    open.keySet().forEach(this::look);
  }

  /** The same for those of a session that is about to be closed. */
  void look(SessionHandle session) {
    open.forEach((operation, submission) -> {
      if (submission.session.equals(session)) {
        look(operation);
      }
    });
  }

  /** Looks at an operation, such as one that is about to be forgotten. */
  void look(OperationHandle operation) {
    Submission submission = open.get(operation);
    if (submission == null) {
      return;
    }
    OperationInfo now;
    try {
      now = wrapped.getOperationInfo(submission.session, operation);
    } catch (RuntimeException e) {
      LOG.info("sqlsec: lineage record {} stays pending: nobody knows what its operation has come to", submission.record);
      open.remove(operation);
      return;
    }
    if (!now.getStatus().isTerminalStatus()) {
      return;
    }
    if (!open.remove(operation, submission)) {
      // The clock and a call have looked at once: one of them says it.
      return;
    }
    if (now.getStatus() == OperationStatus.FINISHED) {
      engine.commit(submission.record);
    } else if (now.getStatus() == OperationStatus.ERROR && submission.job && wasNotPlanned(now.getException())) {
      engine.abort(submission.record);
    } else {
      LOG.info("sqlsec: lineage record {} stays pending: its operation has come to {}", submission.record, now.getStatus());
    }
  }

  /**
   * Whether the statement failed before there was a job: the gateway's own wrapping, and right below it what the planner says of a text. An error of a job may have one
   * of these further below, by its own functions.
   */
  static boolean wasNotPlanned(Optional<Exception> error) {
    Throwable at = error.orElse(null);
    for (int depth = 0; at != null && depth < DEEPEST; depth++) {
      if (at instanceof ValidationException || at instanceof SqlParserException) {
        return true;
      }
      if (!at.getClass().getName().startsWith("org.apache.flink.table.gateway.")) {
        return false;
      }
      at = at.getCause();
    }
    return false;
  }

  private synchronized void start() {
    if (clock != null) {
      return;
    }
    clock = Executors.newSingleThreadScheduledExecutor(run -> {
      Thread thread = new Thread(run, "sqlsec-lineage");
      thread.setDaemon(true);
      return thread;
    });
    clock.scheduleWithFixedDelay(() -> {
      try {
        look();
      } catch (Throwable e) {
        // Whatever it is: the clock goes on.
        LOG.error("sqlsec: operations could not be looked at: {}", LogText.of(e));
      }
    }, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** An operation whose end is not known. */
  private static final class Submission {
    final SessionHandle session;
    final long record;
    final boolean job;

    Submission(SessionHandle session, long record, boolean job) {
      this.session = session;
      this.record = record;
      this.job = job;
    }
  }
}
