package io.github.sqlsec.gateway;

import io.github.sqlsec.Session;
import java.util.Iterator;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.catalog.ObjectIdentifier;

/** What the plug-in knows better than the statements of a session tell. */
final class SessionState {
  private static final String BUILT_IN = "default_catalog";

  private SessionState() {}

  /** The same session in a database. */
  static Session withDatabase(Session session, String database) {
    return Session.fromJson(read(session).put("database", database).toString());
  }

  /**
   * The same without the permanent tables and views that it has made or dropped in catalogs that others reach too: these may change them, so that they are what Flink or
   * nobody knows of them. What only this session sees stays: its built-in catalog, and those in memory that it has registered.
   */
  static Session withoutShared(Session session) {
    ObjectNode document = read(session);
    JsonNode registered = document.path("registered").path("catalogs");
    boolean changed = false;
    for (Iterator<JsonNode> entries = document.path("permanent").elements(); entries.hasNext(); ) {
      String catalog = entries.next().path(0).path(0).asText();
      boolean inMemory = registered.path(catalog).path("made").path("type").asText().equals("generic_in_memory");
      if (!catalog.equals(BUILT_IN) && !inMemory) {
        entries.remove();
        changed = true;
      }
    }
    return changed ? Session.fromJson(document.toString()) : session;
  }

  /** Whether it has made a temporary object of this name. */
  static boolean hasTemporary(Session session, ObjectIdentifier name) {
    for (JsonNode entry : read(session).path("temporary")) {
      JsonNode parts = entry.path(0);
      if (parts.path(0).asText().equals(name.getCatalogName()) && parts.path(1).asText().equals(name.getDatabaseName()) && parts.path(2).asText().equals(name.getObjectName())) {
        return true;
      }
    }
    return false;
  }

  private static ObjectNode read(Session session) {
    try {
      return (ObjectNode) Documents.MAPPER.readTree(session.toJson());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
