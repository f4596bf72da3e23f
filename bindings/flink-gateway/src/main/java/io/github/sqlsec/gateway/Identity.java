package io.github.sqlsec.gateway;

import io.github.sqlsec.Principal;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/** Who has sent a request, as an {@link Authenticator} has found out. Immutable. Sessions belong to the user; groups are those of the moment. */
final class Identity {
  private final String user;
  private final TreeSet<String> groups;
  private final TreeSet<String> roles;
  private final Map<String, Object> attributes;

  Identity(String user, Collection<String> groups, Collection<String> roles, Map<String, Object> attributes) {
    this.user = Objects.requireNonNull(user);
    if (user.trim().isEmpty()) {
      throw new IllegalArgumentException("a user without a name");
    }
    this.groups = new TreeSet<>(groups);
    this.roles = new TreeSet<>(roles);
    this.attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
  }

  static Identity of(String user, Collection<String> groups) {
    return new Identity(user, groups, Collections.emptyList(), Collections.emptyMap());
  }

  String user() {
    return user;
  }

  /** As the engine is told. */
  Principal principal() {
    Principal principal = Principal.of(user).inGroups(groups).withRoles(roles);
    for (Map.Entry<String, Object> attribute : attributes.entrySet()) {
      principal = principal.withAttribute(attribute.getKey(), attribute.getValue());
    }
    return principal;
  }
}
