package io.github.sqlsec.gateway;

/**
 * The caller of the request that this thread handles. The REST endpoint calls the service on the thread that has read the request, so what the handler binds
 * here the service finds; on any other thread there is nobody, and the call is refused.
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

  /** The caller. */
  static Identity current() {
    Identity identity = CURRENT.get();
    if (identity == null) {
      throw Refusal.of("unauthenticated", "nobody is known to have sent this request");
    }
    return identity;
  }
}
