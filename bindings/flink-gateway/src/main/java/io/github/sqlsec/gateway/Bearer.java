package io.github.sqlsec.gateway;

import io.github.sqlsec.gateway.Authenticator.Unauthenticated;
import java.util.List;
import java.util.Optional;

/** The token of an {@code Authorization: Bearer} header. */
final class Bearer {
  private static final String SCHEME = "bearer ";

  private Bearer() {}

  static Optional<String> token(HttpFacts request) throws Unauthenticated {
    List<String> values = request.header("Authorization");
    if (values.isEmpty()) {
      return Optional.empty();
    }
    if (values.size() > 1) {
      throw new Unauthenticated("more than one Authorization header");
    }
    String value = values.get(0);
    if (!value.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      throw new Unauthenticated("the Authorization header is not of the kind Bearer");
    }
    String token = value.substring(SCHEME.length()).trim();
    if (token.isEmpty()) {
      throw new Unauthenticated("an empty token");
    }
    return Optional.of(token);
  }

  /** Whether there is a token at all, however many headers there are. */
  static boolean isIn(HttpFacts request) {
    return request.header("Authorization").stream().anyMatch(value -> value.trim().regionMatches(true, 0, SCHEME.trim(), 0, SCHEME.trim().length()));
  }

  /** Three parts with dots between them: a JSON web token, and no word of a token file. */
  static boolean isJwt(String token) {
    return token.chars().filter(c -> c == '.').count() == 2;
  }
}
