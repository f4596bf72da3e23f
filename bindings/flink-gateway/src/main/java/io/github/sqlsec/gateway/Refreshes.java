package io.github.sqlsec.gateway;

import io.github.sqlsec.Reply;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What may stand in a statement about a materialized table. Flink makes statements of its own of it ({@code MaterializedTableManager}), and writes into them, as they
 * are, the names and values of the partitions of a refresh and the options of RESUME: a quote in one of them ends a literal there, and what follows is SQL that nobody
 * has checked.
 */
final class Refreshes {
  /** The changes that are written on. A text without these words holds none of them, and its query may have literals as it likes. */
  private static final Pattern WRITTEN_ON = Pattern.compile("\\b(?:REFRESH|RESUME)\\b", Pattern.CASE_INSENSITIVE);

  /** A quote within a literal, or escapes, by which anything may be written. */
  private static final Pattern QUOTE = Pattern.compile("''|U&", Pattern.CASE_INSENSITIVE);

  private static final Pattern QUOTED_NAME = Pattern.compile("`([^`]*)`");

  /** Names that mean the same with quotes and without, so that nothing is hidden in one. */
  private static final Pattern NAME = Pattern.compile("[\\p{L}_][\\p{L}\\p{N}_$]*");

  private Refreshes() {}

  /** Refuses a text in which something of the kind stands, wherever: also in a comment, or in a statement beside it. */
  static void check(Reply reply, String sql) {
    if (reply.statements().stream().noneMatch(statement -> statement.kind().startsWith("ALTER MATERIALIZED TABLE")) || !WRITTEN_ON.matcher(sql).find()) {
      return;
    }
    Matcher names = QUOTED_NAME.matcher(sql);
    boolean plain = !QUOTE.matcher(sql).find();
    while (plain && names.find()) {
      plain = NAME.matcher(names.group(1)).matches();
    }
    if (!plain) {
      throw refused();
    }
  }

  /** The same for the parts of a refresh that come one by one. */
  static void check(Map<String, String> partition) {
    partition.forEach((key, value) -> {
      if (key == null || value == null || !NAME.matcher(key).matches() || value.indexOf('\'') >= 0) {
        throw refused();
      }
    });
  }

  private static RuntimeException refused() {
    return Refusal.of("refresh-denied", "a quote in a literal, or a name that needs quotes: Flink would write it into a statement of its own as it is");
  }
}
