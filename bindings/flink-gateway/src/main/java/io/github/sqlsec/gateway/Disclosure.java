package io.github.sqlsec.gateway;

import io.github.sqlsec.Reply;
import io.github.sqlsec.Statement;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the results and errors of an operation must not tell. The literals that a policy has put into a statement: an error of Flink's that quotes one would tell
 * the rule; the submitter's own text is no secret. The configuration, where the statement is a SET.
 */
final class Disclosure {
  static final Disclosure NOTHING = new Disclosure(new TreeSet<>(), false);

  private static final Pattern LITERAL = Pattern.compile("'((?:[^']|'')*)'|\\b([0-9]{3,})\\b");
  private static final int SHORTEST = 3;

  private final Set<String> literals;
  private final boolean settings;

  private Disclosure(Set<String> literals, boolean settings) {
    this.literals = literals;
    this.settings = settings;
  }

  static Disclosure of(Reply reply, String submitted) {
    Set<String> literals = new TreeSet<>();
    for (Statement statement : reply.statements()) {
      for (Statement.Edit edit : statement.edits()) {
        Matcher found = LITERAL.matcher(edit.text());
        while (found.find()) {
          String literal = found.group(1) != null ? found.group(1) : found.group(2);
          if (literal.length() >= SHORTEST && !submitted.contains(literal)) {
            literals.add(literal);
            // An error quotes the value, in which a quote stands alone.
            literals.add(literal.replace("''", "'"));
          }
        }
      }
    }
    boolean settings = reply.statements().stream().anyMatch(statement -> statement.kind().equals("SET"));
    return literals.isEmpty() && !settings ? NOTHING : new Disclosure(literals, settings);
  }

  /** Whether the results may list the configuration. */
  boolean isOfSettings() {
    return settings;
  }

  boolean isEmpty() {
    return literals.isEmpty() && !settings;
  }

  /** Whether an error, or one behind it, quotes any of them. */
  boolean isIn(Throwable error) {
    int depth = 0;
    for (Throwable at = error; at != null && depth < 64; at = at.getCause(), depth++) {
      String message = String.valueOf(at.getMessage());
      if (literals.stream().anyMatch(message::contains)) {
        return true;
      }
    }
    return false;
  }
}
