package io.github.sqlsec.gateway;

import java.util.Optional;

/**
 * The caller of the request that this thread handles. Flink's handlers call the service on the thread that they are called on, so what {@link
 * AuthenticatingHandler} or {@link WaitingRoom} binds here the service finds; on any other thread there is nobody, and the call is refused.
 */
final class Caller {
  private static final ThreadLocal<Identity> CURRENT = new ThreadLocal<>();
  private static final ThreadLocal<Route> ROUTE = new ThreadLocal<>();

  private Caller() {}

  static void bind(Identity identity) {
    CURRENT.set(identity);
  }

  /** Binds the caller and what they ask for. */
  static void bind(Identity identity, Route route) {
    CURRENT.set(identity);
    ROUTE.set(route);
  }

  /** What the caller asks for, where it is known. */
  static Optional<Route> route() {
    return Optional.ofNullable(ROUTE.get());
  }

  static void clear() {
    CURRENT.remove();
    ROUTE.remove();
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
