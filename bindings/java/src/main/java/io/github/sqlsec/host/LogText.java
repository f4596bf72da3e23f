package io.github.sqlsec.host;

/** Text of others in a line of the log: whatever might begin another line, or be read otherwise than it stands there, is written as an escape. */
public final class LogText {
  private static final int LONGEST = 500;
  private static final int FRAMES = 8;
  private static final int CAUSES = 8;

  private LogText() {}

  /**
   * One line of at most a few hundred characters.
   *
   * @param text what is to be said of it
   * @return it with escapes, and cut
   */
  public static String of(Object text) {
    String whole = escaped(String.valueOf(text));
    return whole.length() <= LONGEST ? whole : whole.substring(0, LONGEST) + "…";
  }

  /**
   * An error with its causes and where they come from, on one line: its messages quote what users have sent, which a stack trace would print as it is.
   *
   * @param error an error
   * @return one line
   */
  public static String of(Throwable error) {
    StringBuilder text = new StringBuilder();
    int depth = 0;
    for (Throwable at = error; at != null && depth < CAUSES; at = at.getCause(), depth++) {
      text.append(depth == 0 ? "" : "; caused by ").append(at.getClass().getName()).append(": ").append(of((Object) at.getMessage()));
      StackTraceElement[] frames = at.getStackTrace();
      for (int i = 0; i < frames.length && i < FRAMES; i++) {
        text.append(" at ").append(frames[i]);
      }
    }
    return text.toString();
  }

  /**
   * The whole text with escapes: control characters, line and paragraph separators, what turns the direction of writing or is not seen, halves of characters.
   *
   * @param text any text
   * @return one line
   */
  public static String escaped(String text) {
    StringBuilder line = new StringBuilder(text.length());
    text.codePoints().forEach(c -> {
      if (isPlain(c)) {
        line.appendCodePoint(c);
      } else {
        for (char unit : Character.toChars(c)) {
          line.append(String.format("\\u%04x", (int) unit));
        }
      }
    });
    return line.toString();
  }

  private static boolean isPlain(int c) {
    switch (Character.getType(c)) {
      case Character.CONTROL:
      case Character.FORMAT:
      case Character.LINE_SEPARATOR:
      case Character.PARAGRAPH_SEPARATOR:
      case Character.SURROGATE:
      case Character.UNASSIGNED:
      case Character.PRIVATE_USE:
        return false;
      default:
        return true;
    }
  }
}
