package io.github.sqlsec.gateway;

import java.util.List;
import java.util.Optional;

/**
 * All configured ways. Each that finds something of its kind must hold, and two that hold must say the same user: no proof covers a false one. A bearer token that none of
 * them has found to hold is a false one, also where nobody looks at its kind.
 */
final class AllOf implements Authenticator {
  private final List<Authenticator> ways;

  AllOf(List<Authenticator> ways) {
    this.ways = List.copyOf(ways);
    if (ways.isEmpty()) {
      throw new IllegalArgumentException("no way to find out who sends a request");
    }
  }

  @Override
  public Optional<Identity> authenticate(HttpFacts request) throws Unauthenticated {
    Identity found = null;
    boolean token = false;
    for (Authenticator way : ways) {
      Optional<Identity> identity = way.authenticate(request);
      if (identity.isPresent() && found != null && !found.user().equals(identity.get().user())) {
        throw new Unauthenticated("two proofs of two users");
      }
      found = found == null ? identity.orElse(null) : found;
      token |= identity.isPresent() && way.isOfBearer();
    }
    if (!token && Bearer.isIn(request)) {
      throw new Unauthenticated("a token of a kind that nobody looks at");
    }
    return Optional.ofNullable(found);
  }
}
