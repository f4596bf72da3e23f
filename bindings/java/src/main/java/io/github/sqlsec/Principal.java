package io.github.sqlsec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;

/** The person or service on whose behalf a script is submitted, as the submitter has authenticated them. Immutable. */
public final class Principal {
  private final String user;
  private final TreeSet<String> groups = new TreeSet<>();
  private final TreeSet<String> roles = new TreeSet<>();
  private final TreeMap<String, Object> attributes = new TreeMap<>();

  private Principal(String user) {
    this.user = Objects.requireNonNull(user);
  }

  private Principal(Principal other) {
    this(other.user);
    groups.addAll(other.groups);
    roles.addAll(other.roles);
    attributes.putAll(other.attributes);
  }

  /**
   * A user without groups, roles and attributes.
   *
   * @param user the name
   * @return the principal
   */
  public static Principal of(String user) {
    return new Principal(user);
  }

  /**
   * The same in more groups. The group {@code public} holds everyone and need not be named.
   *
   * @param names the groups
   * @return another principal
   */
  public Principal inGroups(String... names) {
    return inGroups(Arrays.asList(names));
  }

  /**
   * The same in more groups.
   *
   * @param names the groups
   * @return another principal
   */
  public Principal inGroups(Collection<String> names) {
    Principal more = new Principal(this);
    more.groups.addAll(names);
    return more;
  }

  /**
   * The same with more roles that the submitter vouches for.
   *
   * @param names the roles
   * @return another principal
   */
  public Principal withRoles(String... names) {
    return withRoles(Arrays.asList(names));
  }

  /**
   * The same with more roles that the submitter vouches for.
   *
   * @param names the roles
   * @return another principal
   */
  public Principal withRoles(Collection<String> names) {
    Principal more = new Principal(this);
    more.roles.addAll(names);
    return more;
  }

  /**
   * The same with an attribute: what <code>${user.name}</code> in a filter stands for.
   *
   * @param name its name
   * @param value a {@link String}, {@link Boolean}, {@link Integer}, {@link Long}, or a list of these
   * @return another principal
   * @throws IllegalArgumentException a value of another type
   */
  public Principal withAttribute(String name, Object value) {
    Principal more = new Principal(this);
    more.attributes.put(Objects.requireNonNull(name), attribute(value));
    return more;
  }

  private static Object attribute(Object value) {
    if (value instanceof Collection) {
      List<Object> items = new ArrayList<>();
      for (Object item : (Collection<?>) value) {
        items.add(attribute(item));
      }
      return Collections.unmodifiableList(items);
    }
    if (value instanceof String || value instanceof Boolean || value instanceof Integer || value instanceof Long) {
      return value;
    }
    throw new IllegalArgumentException("an attribute is a string, a boolean, a whole number, or a list of these");
  }

  /**
   * The user's name.
   *
   * @return the name
   */
  public String user() {
    return user;
  }

  Map<String, Object> document() {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("user", user);
    document.put("groups", groups);
    document.put("roles", roles);
    document.put("attributes", attributes);
    return document;
  }
}
