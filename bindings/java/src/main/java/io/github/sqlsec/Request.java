package io.github.sqlsec;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** A script that somebody submits (schema/request.json). Immutable. */
public final class Request {
  private final Map<String, Object> document;

  private Request(Map<String, Object> document) {
    this.document = document;
  }

  /**
   * A script of a principal, in a fresh session on the newest Flink.
   *
   * @param principal who submits
   * @param sql one statement or a script
   * @return the request
   */
  public static Request of(Principal principal, String sql) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("principal", principal.document());
    document.put("sql", Objects.requireNonNull(sql));
    return new Request(document);
  }

  /**
   * The same in the session that an earlier script left.
   *
   * @param session the session
   * @return another request
   */
  public Request in(Session session) {
    return with("session", new Json.Raw(session.toJson()));
  }

  /**
   * The same with tables and views as they are now, in place of those of the same names that the engine knows. What else is looked up,
   * {@link Reply#undescribed} tells.
   *
   * @param json a catalog document (schema/catalog.json)
   * @return another request
   */
  public Request catalog(String json) {
    return with("catalog", new Json.Raw(Objects.requireNonNull(json)));
  }

  /**
   * The same in another style.
   *
   * @param style where filters and masks are put
   * @return another request
   */
  public Request style(Style style) {
    return with("style", style.word);
  }

  /**
   * The same for another Flink.
   *
   * @param version the Flink that will run it
   * @return another request
   */
  public Request flink(FlinkVersion version) {
    return with("flink", version.word);
  }

  /**
   * The same for a submitter that cuts scripts itself.
   *
   * @param splitter the program that cuts it
   * @return another request
   */
  public Request splitter(Splitter splitter) {
    return with("splitter", splitter.word);
  }

  /**
   * The same as a job of this name in the records of lineage. Without it a job is named after its submitter and its text.
   *
   * @param name the name
   * @return another request
   */
  public Request job(String name) {
    return with("job", Objects.requireNonNull(name));
  }

  /**
   * The same at another time, for rules that are valid for a time.
   *
   * @param seconds since 1970
   * @return another request
   */
  public Request at(long seconds) {
    return with("at", seconds);
  }

  /**
   * The same in strict mode: what may fail or act above a filtered table is refused. A request cannot undo that a policy asks for it.
   *
   * @return another request
   */
  public Request strict() {
    return with("strict", true);
  }

  /**
   * The document.
   *
   * @return JSON
   */
  public String toJson() {
    return Json.write(document);
  }

  private Request with(String key, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(document);
    more.put(key, value);
    return new Request(more);
  }
}
