package io.github.sqlsec.streampark;

import io.github.sqlsec.Principal;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** A user of StreamPark in one team, as its tables say. Immutable. */
final class Person {
  final Long id;
  final String name;
  final boolean admin;
  private final List<String> roles;

  Person(Long id, String name, boolean admin, List<String> roles) {
    this.id = id;
    this.name = name;
    this.admin = admin;
    this.roles = Collections.unmodifiableList(roles);
  }

  /** As the engine is told. */
  Principal principal(Map<String, Object> attributes) {
    Principal principal = Principal.of(name).withRoles(roles).withAttribute("user_type", admin ? "admin" : "user");
    for (Map.Entry<String, Object> attribute : attributes.entrySet()) {
      principal = principal.withAttribute(attribute.getKey(), attribute.getValue());
    }
    return principal;
  }
}
