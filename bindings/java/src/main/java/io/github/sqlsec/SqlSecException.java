package io.github.sqlsec;

/**
 * A call gave no reply: nothing was decided, and nothing may be submitted. For the operator: the message may quote the configuration and the policy.
 *
 * <p>What a policy refuses is a {@link SqlSecDeniedException}.
 */
public class SqlSecException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The word. */
  private final String code;
  /** From 0; -1 for none. */
  private final int statement;
  /** From 1; 0 for none. */
  private final int line;
  /** From 1; 0 for none. */
  private final int column;

  SqlSecException(String code, String message, int statement, int line, int column, Throwable cause) {
    super(message, cause);
    this.code = code;
    this.statement = statement;
    this.line = line;
    this.column = column;
  }

  static SqlSecException of(String code, String message) {
    return new SqlSecException(code, message, -1, 0, 0, null);
  }

  static SqlSecException of(String code, String message, Throwable cause) {
    return new SqlSecException(code, message, -1, 0, 0, cause);
  }

  /**
   * The stable word for it, such as {@code config-invalid}: the same in every binding (docs/embedding-c.md); {@code library-unusable} where the native
   * library cannot be loaded.
   *
   * @return the code
   */
  public String code() {
    return code;
  }

  /**
   * Which statement of the script it is about.
   *
   * @return the statement, from 0; -1 when it is about none
   */
  public int statement() {
    return statement;
  }

  /**
   * The line in the script, the request or the configuration.
   *
   * @return the line, from 1; 0 without a place
   */
  public int line() {
    return line;
  }

  /**
   * The column in that line, in characters.
   *
   * @return the column, from 1; 0 without a place
   */
  public int column() {
    return column;
  }
}
