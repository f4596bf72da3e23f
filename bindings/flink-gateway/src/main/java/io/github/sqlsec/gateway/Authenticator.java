package io.github.sqlsec.gateway;

import java.util.Optional;

/** One way to find out who has sent a request. */
interface Authenticator {
  /**
   * Who has sent it.
   *
   * @return nobody, when the request holds nothing of the kind that this looks for
   * @throws Unauthenticated it holds something of the kind, which does not hold: another way must not be tried
   */
  Optional<Identity> authenticate(HttpFacts request) throws Unauthenticated;

  /** Whether it looks for bearer tokens. */
  default boolean isOfBearer() {
    return false;
  }

  /** Why a request has no sender. The message is for the log: the client learns 401 only. */
  final class Unauthenticated extends Exception {
    private static final long serialVersionUID = 1L;

    Unauthenticated(String message) {
      super(message);
    }
  }
}
