package io.github.sqlsec.gateway;

import io.github.sqlsec.Reply;
import io.github.sqlsec.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.apache.flink.table.gateway.api.operation.OperationHandle;
import org.apache.flink.table.gateway.api.operation.OperationStatus;

/**
 * A session of one user: what the engine knows of its state, and the operations that may still change or read it.
 *
 * <p>The gateway runs operations in a pool, so that two that are submitted one after the other may run the other way round. A statement that changes the session
 * is therefore submitted only when all before it have been planned, and the next is checked only when it has come to its end: what a name means at the
 * check it means when it is planned.
 *
 * <p>Invariant: the state is that of Flink's session, or the session is lost and runs nothing any more. All methods but {@link #user}, {@link #use},
 * {@link #lastUsed}, {@link #queue} and {@link #leave} need the monitor of this object.
 */
final class OwnedSession {
  /** What may have done one half of its work when it fails. */
  private static final Set<String> HALVES = Set.of("CREATE TABLE AS", "CREATE MATERIALIZED TABLE", "ALTER MATERIALIZED TABLE", "STATEMENT SET", "END");

  private static final int PRUNE_AT = 64;

  /** How many statements may be on their way, each behind the one before it: with half the calls of its user in one session the other half is left for others. */
  private static final int QUEUE = 8;

  private final String user;
  private final long waitMillis;
  private final Semaphore places = new Semaphore(QUEUE);
  private volatile long lastUsed = System.currentTimeMillis();

  private Session state;
  /** Whether there was an operation of which nobody knows whether it is still planned. */
  private boolean unclear;
  private boolean lost;
  private final List<OperationHandle> running = new ArrayList<>();
  private OperationHandle changing;
  private Session changed;
  private boolean halves;
  /** What the policy has put into what the session has made, its views: whatever reads them may fail with it. */
  private Disclosure made = Disclosure.NOTHING;
  /** What must not stand in an error of an operation. */
  private final Map<OperationHandle, Disclosure> secrets = new ConcurrentHashMap<>();

  OwnedSession(String user, Session state, long waitMillis) {
    this.user = user;
    this.state = state;
    this.waitMillis = waitMillis;
  }

  String user() {
    return user;
  }

  void use() {
    lastUsed = System.currentTimeMillis();
  }

  long lastUsed() {
    return lastUsed;
  }

  /** Before a statement takes the monitor: it waits there without an end of its own, so that few may. {@link #leave} follows. */
  void queue() {
    if (!places.tryAcquire()) {
      throw Refusal.of("session-busy", "too many statements of this session wait for each other");
    }
  }

  void leave() {
    places.release();
  }

  /** The state after all that was submitted. */
  Session state(Function<OperationHandle, OperationStatus> status) {
    if (changing != null) {
      settle(status);
    }
    if (lost) {
      throw Refusal.of("session-lost", "a statement that changes this session did not come to a clear end: open a new session");
    }
    return state;
  }

  void state(Session next) {
    state = next;
  }

  void lose() {
    lost = true;
  }

  /** A statement may run of which nobody has a handle: what it is planned with must not change any more. */
  void untracked(boolean changes) {
    unclear = true;
    lost |= changes;
  }

  /**
   * Before a statement that changes the session: all before it must have been planned. One that was cancelled or closed while it was planned may be planned all
   * the same: its thread goes on for a while, and would find the names of after the change.
   */
  void quiet(Function<OperationHandle, OperationStatus> status) {
    for (OperationHandle operation : running) {
      OperationStatus now = awaited(operation, status);
      if (!now.isTerminalStatus()) {
        throw Refusal.of("session-busy", "an earlier statement of this session still runs, and this one would change what its names mean");
      }
      unclear |= !isPlanned(now);
    }
    if (unclear) {
      lost = true;
      throw Refusal.of("session-lost", "an earlier statement of this session was ended while it was planned: open a new session to change what names mean");
    }
    running.clear();
  }

  private static boolean isPlanned(OperationStatus status) {
    return status == OperationStatus.FINISHED || status == OperationStatus.ERROR;
  }

  /** Notes what was submitted. */
  void submitted(OperationHandle operation, Reply reply, boolean changes, Disclosure disclosure, Function<OperationHandle, OperationStatus> status) {
    if (changes) {
      changing = operation;
      changed = SessionState.withoutShared(reply.session());
      halves = reply.statements().stream().anyMatch(statement -> HALVES.contains(statement.kind()));
    }
    running.add(operation);
    if (running.size() > PRUNE_AT) {
      running.removeIf(earlier -> earlier != changing && isPlanned(status.apply(earlier)));
    }
    if (!disclosure.isEmpty()) {
      secrets.put(operation, disclosure);
    }
  }

  /** What errors of a statement must not tell, of the statement itself and of what the session has made. */
  Disclosure disclosed(Reply reply, String submitted) {
    Disclosure whole = Disclosure.of(reply, submitted).behind(made);
    boolean keeps = reply.statements().stream().anyMatch(statement -> statement.kind().matches("(CREATE|ALTER) .*"));
    made = keeps ? whole : made;
    return whole;
  }

  /** An operation is about to end at the client's wish: what it did to the session must be known before it is forgotten. */
  void ending(OperationHandle operation, Function<OperationHandle, OperationStatus> status) {
    if (operation.equals(changing)) {
      settle(status);
    }
  }

  void ended(OperationHandle operation) {
    secrets.remove(operation);
  }

  /**
   * It is not there any more.
   *
   * @param before what it had come to before it was closed
   */
  void closed(OperationHandle operation, OperationStatus before) {
    if (running.remove(operation)) {
      unclear |= !isPlanned(before);
    }
  }

  /** Without the monitor: results are fetched while statements are checked. */
  Disclosure disclosure(OperationHandle operation) {
    return secrets.getOrDefault(operation, Disclosure.NOTHING);
  }

  private void settle(Function<OperationHandle, OperationStatus> status) {
    OperationStatus end = awaited(changing, status);
    if (!end.isTerminalStatus()) {
      throw Refusal.of("session-busy", "the last statement of this session still runs, and changes what names mean");
    }
    if (end == OperationStatus.FINISHED) {
      state = changed;
    } else if (end != OperationStatus.ERROR || halves) {
      lost = true;
    }
    changing = null;
    changed = null;
  }

  private OperationStatus awaited(OperationHandle operation, Function<OperationHandle, OperationStatus> status) {
    long end = System.nanoTime() + waitMillis * 1_000_000L;
    long pause = 1;
    OperationStatus now = status.apply(operation);
    while (!now.isTerminalStatus() && System.nanoTime() < end) {
      try {
        Thread.sleep(pause);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return now;
      }
      pause = Math.min(20, pause * 2);
      now = status.apply(operation);
    }
    return now;
  }
}
