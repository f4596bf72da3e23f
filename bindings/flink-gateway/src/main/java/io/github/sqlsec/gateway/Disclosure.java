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

  /** Possessive: else the stack grows with the length of a literal. */
  private static final Pattern LITERAL = Pattern.compile("'((?:[^']++|'')*+)'|\\b([0-9]{3,})\\b");
  private static final int SHORTEST = 3;
  private static final int DEEPEST = 64;
  private static final int MOST = 512;

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
          if (isTelling(literal) && !submitted.contains(literal)) {
            literals.add(literal);
            // An error quotes the value, in which a quote stands alone.
            literals.add(literal.replace("''", "'"));
            literals.add(inAscii(literal));
          }
        }
      }
    }
    boolean settings = reply.statements().stream().anyMatch(statement -> statement.kind().equals("SET"));
    return literals.isEmpty() && !settings ? NOTHING : new Disclosure(literals, settings);
  }

  /** The same, with what an earlier one must not tell either: the statement may read what that one has made. */
  Disclosure behind(Disclosure earlier) {
    if (earlier.literals.containsAll(literals)) {
      // Mostly: one set for all statements of a session.
      return new Disclosure(earlier.literals, settings);
    }
    Set<String> both = new TreeSet<>(literals);
    both.addAll(earlier.literals);
    return new Disclosure(both, settings);
  }

  /** Whether the results may list the configuration. */
  boolean isOfSettings() {
    return settings;
  }

  boolean isEmpty() {
    return literals.isEmpty() && !settings;
  }

  /** One or two letters of ASCII stand in every error; two Chinese characters are a city. */
  private static boolean isTelling(String literal) {
    return literal.length() >= SHORTEST || literal.chars().anyMatch(c -> c >= 128);
  }

  /** As Calcite writes a literal that is not ASCII. */
  private static String inAscii(String literal) {
    StringBuilder text = new StringBuilder();
    literal.chars().forEach(c -> text.append(c < 128 ? String.valueOf((char) c) : String.format("\\%04x", c)));
    return text.toString();
  }

  /** Whether an error, or one behind or beside it, quotes any of them: Flink hands out all of it. One that goes too deep is taken for one that does. */
  boolean isIn(Throwable error) {
    return !literals.isEmpty() && isIn(error, new int[] {0}, 0);
  }

  private boolean isIn(Throwable error, int[] seen, int depth) {
    if (error == null) {
      return false;
    }
    String message = String.valueOf(error.getMessage());
    if (++seen[0] > MOST || depth > DEEPEST || literals.stream().anyMatch(message::contains)) {
      return true;
    }
    for (Throwable beside : error.getSuppressed()) {
      if (isIn(beside, seen, depth + 1)) {
        return true;
      }
    }
    return isIn(error.getCause(), seen, depth + 1);
  }
}
