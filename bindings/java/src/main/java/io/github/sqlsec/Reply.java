package io.github.sqlsec;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** The answer to a request (schema/reply.json). Immutable. */
public final class Reply {
  private final String json;
  private final String sql;
  private final Session session;
  private final List<Denial> errors;
  private final List<Statement> statements;
  private final PolicyStamp policy;
  private final List<TableName> undescribed;
  private final OptionalLong lineageId;
  private final boolean unrecorded;

  private Reply(Map<String, Object> document, String json, String sql, Session session, List<Denial> errors) {
    this.json = json;
    this.sql = sql;
    this.session = session;
    this.errors = errors;
    List<Statement> statements = new ArrayList<>();
    for (Object item : Json.list(document.get("statements"))) {
      statements.add(new Statement(Json.object(item)));
    }
    this.statements = Collections.unmodifiableList(statements);
    this.policy = new PolicyStamp(Json.object(document.get("policy")));
    List<TableName> undescribed = new ArrayList<>();
    if (document.containsKey("undescribed")) {
      for (Object item : Json.list(document.get("undescribed"))) {
        undescribed.add(new TableName(item));
      }
    }
    this.undescribed = Collections.unmodifiableList(undescribed);
    Object id = document.get("lineage_id");
    this.lineageId = id == null ? OptionalLong.empty() : OptionalLong.of((Long) id);
    this.unrecorded = Boolean.TRUE.equals(document.get("unrecorded"));
  }

  /** Reads a reply, whose decision must be the one that came beside it. */
  static Reply parse(String json, boolean allowed) {
    Map<String, Object> document = Json.object(Json.parse(json));
    if (!(allowed ? "allow" : "deny").equals(document.get("decision"))) {
      throw new IllegalArgumentException("two decisions in one reply");
    }
    if (allowed) {
      String sql = document.get("sql").toString();
      Session session = Session.of(Json.object(document.get("session")));
      return new Reply(document, json, sql, session, Collections.<Denial>emptyList());
    }
    List<Denial> errors = new ArrayList<>();
    for (Object item : Json.list(document.get("errors"))) {
      errors.add(new Denial(Json.object(item)));
    }
    if (errors.isEmpty()) {
      throw new IllegalArgumentException("a denial without a reason");
    }
    return new Reply(document, json, null, null, Collections.unmodifiableList(errors));
  }

  /**
   * Whether the script may be submitted, in its protected form.
   *
   * @return whether it is allowed
   */
  public boolean isAllowed() {
    return sql != null;
  }

  /**
   * What may be submitted, in place of the script.
   *
   * @return the protected script
   * @throws SqlSecDeniedException the script is refused
   */
  public String sql() {
    allowed();
    return sql;
  }

  /**
   * The state of the session after the script, for the next request.
   *
   * @return the session
   * @throws SqlSecDeniedException the script is refused
   */
  public Session session() {
    allowed();
    return session;
  }

  /**
   * The reasons of a refusal, in the order of the text.
   *
   * @return one or more; none when the script is allowed
   */
  public List<Denial> errors() {
    return errors;
  }

  /**
   * What each statement reads and writes, as far as it could be read; also when the script is refused.
   *
   * @return one entry a statement
   */
  public List<Statement> statements() {
    return statements;
  }

  /**
   * The policy that decided.
   *
   * @return its version and hash
   */
  public PolicyStamp policy() {
    return policy;
  }

  /**
   * The names that were looked up and that the catalog of the request does not describe: to be described in another request, if more is known of them.
   *
   * @return sorted; none where the request has no catalog
   */
  public List<TableName> undescribed() {
    return undescribed;
  }

  /**
   * The number of the record that this check has left in the lineage store, where it is pending: for {@link SqlSec#commit} when {@link #sql} was submitted, for
   * {@link SqlSec#abort} when it was not.
   *
   * @return empty where nothing is written, the engine keeps no lineage, or the script is refused
   */
  public OptionalLong lineageId() {
    return lineageId;
  }

  /**
   * Whether the audit record of this check was lost, and the site answers all the same ({@code on-failure: continue}).
   *
   * @return whether it is missing
   */
  public boolean isUnrecorded() {
    return unrecorded;
  }

  /**
   * The document.
   *
   * @return JSON
   */
  public String json() {
    return json;
  }

  private void allowed() {
    if (sql == null) {
      throw new SqlSecDeniedException(this);
    }
  }
}
