package io.github.sqlsec.gateway;

import java.util.Map;
import java.util.regex.Pattern;

/**
 * What may stand in a refresh that comes in parts, not as SQL. Flink makes a statement of its own of it ({@code MaterializedTableManager}), and writes the names and
 * values of the partitions into it as they are: a quote in one of them ends a literal there, and what follows is SQL that nobody has checked. In SQL the engine
 * refuses the same.
 */
final class Refreshes {
  /** Names that mean the same with quotes and without, so that nothing is hidden in one. */
  private static final Pattern NAME = Pattern.compile("[\\p{L}_][\\p{L}\\p{N}_$]*");

  private Refreshes() {}

  /** Refuses parts that are more than a name and a text. */
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
