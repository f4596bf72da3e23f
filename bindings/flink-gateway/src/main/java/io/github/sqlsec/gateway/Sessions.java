package io.github.sqlsec.gateway;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.table.gateway.api.session.SessionHandle;

/** Whose session a handle is. A handle that is not here is nobody's, also one that the wrapped service knows. A user has so many and no more. */
final class Sessions {
  /** Flink looks once a minute, unless it is told otherwise, which sessions are idle. */
  private static final long LOOK_MILLIS = 120_000;

  private final Map<SessionHandle, OwnedSession> open = new ConcurrentHashMap<>();
  /** How many a user is about to open. */
  private final Map<String, Integer> opening = new HashMap<>();
  private final long perUser;
  private final long countMillis;
  private final long forgetMillis;

  /**
   * No sessions.
   *
   * @param idleMillis after how much idleness the gateway ends a session; 0 for never
   * @param perUser how many a user may have open
   */
  Sessions(long idleMillis, long perUser) {
    this.perUser = perUser;
    countMillis = idleMillis <= 0 ? Long.MAX_VALUE : idleMillis + LOOK_MILLIS;
    // The gateway looks at a session's age at intervals, and after a use of its own: this forgets later than it does.
    forgetMillis = idleMillis <= 0 ? Long.MAX_VALUE : Math.max(2 * idleMillis, 3_600_000L);
  }

  /** A place for a session that is about to be opened; {@link #give} follows, when it is here or came to nothing. */
  synchronized void take(String user) {
    long now = System.currentTimeMillis();
    // Those that Flink has ended by now do not count.
    long has = open.values().stream().filter(session -> session.user().equals(user) && now - session.lastUsed() <= countMillis).count();
    int next = opening.getOrDefault(user, 0);
    if (has + next >= perUser) {
      throw Refusal.of("session-limit", "you have " + perUser + " sessions open: close one");
    }
    opening.put(user, next + 1);
  }

  synchronized void give(String user) {
    opening.computeIfPresent(user, (name, count) -> count > 1 ? count - 1 : null);
  }

  void add(SessionHandle handle, OwnedSession session) {
    long now = System.currentTimeMillis();
    open.values().removeIf(old -> now - old.lastUsed() > forgetMillis);
    open.put(handle, session);
  }

  /** The session of this handle, if it is this caller's. */
  OwnedSession of(SessionHandle handle, Identity caller) {
    OwnedSession session = handle == null ? null : open.get(handle);
    if (session == null || !session.user().equals(caller.user())) {
      throw Refusal.noSession(handle);
    }
    session.use();
    return session;
  }

  void remove(SessionHandle handle) {
    open.remove(handle);
  }
}
