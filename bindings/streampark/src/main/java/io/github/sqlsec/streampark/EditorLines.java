package io.github.sqlsec.streampark;

import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lines of the text that somebody edits, for lines of the text with variables replaced: a variable with line ends in its value moves all that follows. Where the
 * replaced text is not that of the variables one by one, lines stay what they are.
 */
final class EditorLines {
  /** As StreamPark finds them. */
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z])+([A-Za-z0-9._-])+\\}");

  /** For each line of the replaced text, from 0, the line in the editor; null for the same. */
  private final int[] lines;

  private EditorLines(int[] lines) {
    this.lines = lines;
  }

  static EditorLines same() {
    return new EditorLines(null);
  }

  static EditorLines of(String edited, String replaced, UnaryOperator<String> value) {
    if (edited.equals(replaced)) {
      return same();
    }
    int[] lines = new int[ends(replaced) + 1];
    StringBuilder made = new StringBuilder();
    int line = 1;
    int at = 0;
    int next = 0;
    lines[next++] = 1;
    Matcher variable = VARIABLE.matcher(edited);
    while (true) {
      boolean found = variable.find();
      String literal = edited.substring(at, found ? variable.start() : edited.length());
      made.append(literal);
      for (int i = ends(literal); i > 0; i--) {
        line++;
        if (next >= lines.length) {
          return same();
        }
        lines[next++] = line;
      }
      if (!found) {
        break;
      }
      String text = value.apply(variable.group());
      made.append(text);
      for (int i = ends(text); i > 0; i--) {
        if (next >= lines.length) {
          return same();
        }
        lines[next++] = line;
      }
      at = variable.end();
    }
    return made.toString().equals(replaced) ? new EditorLines(lines) : same();
  }

  /** The line in the editor, from 1. */
  int of(int line) {
    return lines == null || line < 1 || line > lines.length ? line : lines[line - 1];
  }

  private static int ends(String text) {
    int ends = 0;
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '\n') {
        ends++;
      }
    }
    return ends;
  }
}
