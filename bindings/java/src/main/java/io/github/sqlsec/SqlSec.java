package io.github.sqlsec;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;

/**
 * An engine with its rules and tables. Immutable: new rules in a file are a new engine; a permission service is asked as its answers age. All threads may use
 * one at once. Close it when it is not needed any more.
 *
 * <pre>{@code
 * try (SqlSec sqlsec = SqlSec.open(Config.builder().policyFile("/etc/sqlsec/policy.yaml").build())) {
 *   Reply reply = sqlsec.rewrite(Request.of(Principal.of("userA"), "SELECT * FROM orders"));
 *   submit(reply.sql());
 * } catch (SqlSecDeniedException denied) {
 *   refuse(denied.code(), denied.line(), denied.column(), denied.getMessage());
 * }
 * }</pre>
 */
public final class SqlSec implements AutoCloseable {
  private final long handle;
  private volatile boolean closed;

  private SqlSec(long handle) {
    this.handle = handle;
  }

  /**
   * Opens an engine. Files that the configuration names are read now.
   *
   * @param config where the rules and the tables are
   * @return an engine
   * @throws SqlSecException what is wrong with the configuration, its files, or the native library
   */
  public static SqlSec open(Config config) {
    Native.ready();
    byte[] answer = answered(Native.open(utf8(config.json())));
    return new SqlSec(ByteBuffer.wrap(answer).getLong());
  }

  /**
   * The version of the native library.
   *
   * @return such as {@code 0.1.0}
   */
  public static String version() {
    Native.ready();
    return text(answered(Native.version()));
  }

  /**
   * Rewrites a script, so that its submitter sees only permitted rows and protected columns. An engine that keeps lineage leaves a pending record of a script that
   * writes: {@link #commit} or {@link #abort} it by its {@link Reply#lineageId}.
   *
   * @param request who submits what
   * @return a reply that allows
   * @throws SqlSecDeniedException the script is refused
   * @throws SqlSecException nothing was decided, and nothing may be submitted
   */
  public Reply rewrite(Request request) {
    Reply reply = check(request);
    if (!reply.isAllowed()) {
      throw new SqlSecDeniedException(reply);
    }
    return reply;
  }

  /**
   * Decides about a script. The same as {@link #rewrite}, but a refusal is a reply too.
   *
   * @param request who submits what
   * @return a reply that allows or denies
   * @throws SqlSecException nothing was decided, and nothing may be submitted
   */
  public Reply check(Request request) {
    byte[] answer = checkBytes(utf8(request.toJson()));
    boolean allowed = answer[answer.length - 1] == Native.OK;
    try {
      return Reply.parse(text(answer), allowed);
    } catch (IllegalArgumentException | ClassCastException | NullPointerException | IndexOutOfBoundsException e) {
      throw SqlSecException.of("internal", "the native library's reply cannot be read", e);
    }
  }

  /**
   * Decides about a request document, for callers who have one already.
   *
   * @param request JSON (schema/request.json)
   * @return the reply, JSON (schema/reply.json): its {@code decision} must be read before anything is submitted
   * @throws SqlSecException nothing was decided, and nothing may be submitted
   */
  public String checkJson(String request) {
    return text(checkBytes(utf8(request)));
  }

  /** The one call: bytes to bytes, with the tag at their end. */
  byte[] checkBytes(byte[] request) {
    open();
    return answered(Native.check(handle, request));
  }

  private void open() {
    if (closed) {
      throw SqlSecException.of("handle-invalid", "the engine is closed");
    }
  }

  /**
   * Says that a script was submitted whose reply has this {@link Reply#lineageId}: what it writes stays known, and the masks of its sources follow it. Saying it
   * again is no mistake.
   *
   * @param lineageId the number of the record
   * @throws SqlSecException {@code record-unknown}, {@code record-unfit} (it was aborted), {@code lineage-unavailable} (say it again later: until then the record is
   *     pending, and protects)
   */
  public void commit(long lineageId) {
    open();
    answered(Native.commit(handle, lineageId));
  }

  /**
   * Says that such a script was not submitted, and has written nothing. Where nobody knows whether it was, say neither: what is pending protects.
   *
   * @param lineageId the number of the record
   * @throws SqlSecException {@code record-unknown}, {@code record-unfit} (it was committed), {@code lineage-unavailable}
   */
  public void abort(long lineageId) {
    open();
    answered(Native.abort(handle, lineageId));
  }

  /**
   * Says that the job of such a script, which was committed, has finished and done what it was to do: what it has overwritten is gone. Not to be said of a job that
   * has failed.
   *
   * @param lineageId the number of the record
   * @throws SqlSecException {@code record-unknown}, {@code record-unfit} (it is not committed), {@code lineage-unavailable}
   */
  public void ended(long lineageId) {
    open();
    answered(Native.ended(handle, lineageId));
  }

  /** Closes the engine. Checks that run in other threads come to their end; later ones fail with {@code handle-invalid}. Closing again does nothing. */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    answered(Native.close(handle));
  }

  /** An answer that is no error. */
  private static byte[] answered(byte[] answer) {
    if (answer == null || answer.length == 0) {
      throw SqlSecException.of("internal", "internal error: the call did not finish");
    }
    switch (answer[answer.length - 1]) {
      case Native.OK:
      case Native.DENIED:
        return answer;
      case Native.ERROR:
        throw error(text(answer));
      default:
        throw SqlSecException.of("internal", "an answer of an unknown kind");
    }
  }

  private static SqlSecException error(String json) {
    Map<String, Object> error = Json.object(Json.parse(json));
    String origin = (String) error.get("origin");
    String message = (String) error.get("message");
    int line = ((Number) error.get("line")).intValue();
    int column = ((Number) error.get("column")).intValue();
    String said = origin.isEmpty() ? message : line == 0 ? origin + ": " + message : origin + ":" + line + ":" + column + ": " + message;
    return new SqlSecException((String) error.get("code"), said, -1, line, column, null);
  }

  private static byte[] utf8(String json) {
    return Objects.requireNonNull(json).getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] answer) {
    return new String(Arrays.copyOf(answer, answer.length - 1), StandardCharsets.UTF_8);
  }
}
