package io.github.sqlsec.gateway;

import java.util.Optional;

/**
 * The caller of the request that this thread handles. Flink's handlers call the service on the thread that they are called on, so what {@link
 * AuthenticatingHandler} or {@link WaitingRoom} binds here the service finds; on any other thread there is nobody, and the call is refused.
 */
final class Caller {
  private static final ThreadLocal<Identity> CURRENT = new ThreadLocal<>();

  private Caller() {}

  static void bind(Identity identity) {
    CURRENT.set(identity);
  }

  static void clear() {
    CURRENT.remove();
  }

  /** The caller, if there is one. */
  static Optional<Identity> bound() {
    return Optional.ofNullable(CURRENT.get());
  }

  /** The caller. */
  static Identity current() {
    Identity identity = CURRENT.get();
    if (identity == null) {
      throw Refusal.of("unauthenticated", "nobody is known to have sent this request");
    }
    return identity;
  }
}
