package io.github.sqlsec;

import java.util.Map;

/** Why something was refused, for the submitter: it tells nothing of the policy. */
public final class Denial {
  private final String code;
  private final String message;
  private final int statement;
  private final int line;
  private final int column;
  private final Span span;

  Denial(Map<String, Object> document) {
    code = document.get("code").toString();
    message = document.get("message").toString();
    statement = ((Number) document.get("statement")).intValue();
    line = ((Number) document.get("line")).intValue();
    column = ((Number) document.get("column")).intValue();
    span = Span.of(document.get("span"));
  }

  /**
   * The stable word for it (docs/errors.md).
   *
   * @return the code
   */
  public String code() {
    return code;
  }

  /**
   * What is wrong.
   *
   * @return one line
   */
  public String message() {
    return message;
  }

  /**
   * Which statement of the script.
   *
   * @return from 0
   */
  public int statement() {
    return statement;
  }

  /**
   * The line in the script.
   *
   * @return from 1
   */
  public int line() {
    return line;
  }

  /**
   * The column in that line, in characters.
   *
   * @return from 1
   */
  public int column() {
    return column;
  }

  /**
   * The place in bytes.
   *
   * @return the place
   */
  public Span span() {
    return span;
  }

  /**
   * As StreamPark's editor and many others read it.
   *
   * @return code, message and place in one line
   */
  @Override
  public String toString() {
    return code + ": " + message + " at line " + line + ", column " + column;
  }
}
