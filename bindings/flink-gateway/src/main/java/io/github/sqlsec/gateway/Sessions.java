package io.github.sqlsec.gateway;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.table.gateway.api.session.SessionHandle;

/** Whose session a handle is. A handle that is not here is nobody's, also one that the wrapped service knows. */
final class Sessions {
  private final Map<SessionHandle, OwnedSession> open = new ConcurrentHashMap<>();
  private final long forgetMillis;

  /**
   * No sessions.
   *
   * @param idleMillis after how much idleness the gateway ends a session; 0 for never
   */
  Sessions(long idleMillis) {
    // The gateway looks at a session's age at intervals, and after a use of its own: this forgets later than it does.
    forgetMillis = idleMillis <= 0 ? Long.MAX_VALUE : Math.max(2 * idleMillis, 3_600_000L);
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
