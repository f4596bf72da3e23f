package io.github.sqlsec;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The state of a session: what a script left, for the next one of the same principal. Hand it on as it is; it is no business of the submitter's, and holds the
 * texts of views. Immutable.
 */
public final class Session {
  private final String json;
  private final Map<String, Object> document;

  private Session(String json, Map<String, Object> document) {
    this.json = json;
    this.document = document;
  }

  /**
   * A session whose current catalog and database are not Flink's defaults.
   *
   * @param catalog the current catalog
   * @param database the current database
   * @return a session in which nothing has happened
   */
  public static Session of(String catalog, String database) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("catalog", catalog);
    document.put("database", database);
    return of(document);
  }

  /**
   * A session that was kept.
   *
   * @param json what {@link #toJson} gave
   * @return the session
   * @throws IllegalArgumentException it is no JSON object
   */
  public static Session fromJson(String json) {
    return of(Json.object(Json.parse(json)));
  }

  static Session of(Map<String, Object> document) {
    return new Session(Json.write(document), document);
  }

  /**
   * To be kept.
   *
   * @return JSON
   */
  public String toJson() {
    return json;
  }

  /**
   * The current catalog.
   *
   * @return its name
   */
  public String catalog() {
    return (String) document.get("catalog");
  }

  /**
   * The current database.
   *
   * @return its name
   */
  public String database() {
    return (String) document.get("database");
  }

  /**
   * Options set with SET.
   *
   * @return by key
   */
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    Object set = document.get("settings");
    if (set != null) {
      for (Map.Entry<String, Object> entry : Json.object(set).entrySet()) {
        settings.put(entry.getKey(), (String) entry.getValue());
      }
    }
    return Collections.unmodifiableMap(settings);
  }
}
