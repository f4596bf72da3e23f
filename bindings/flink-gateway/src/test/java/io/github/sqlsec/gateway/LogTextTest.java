package io.github.sqlsec.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What users send, in the log and in refusals. */
class LogTextTest {
  /** An exception as the last argument of a logger is a stack trace, with messages as they are; a message may quote what a user has sent. */
  @Test
  void noLineOfTheLogHoldsTextThatIsNotEscaped() throws Exception {
    int lines = 0;
    try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
      for (Path source : sources.filter(path -> path.toString().endsWith(".java")).collect(Collectors.toList())) {
        for (String line : Files.readAllLines(source)) {
          // What the engines say is of the site's own files.
          if (line.contains("LOG.") && !source.endsWith("Engines.java")) {
            lines++;
            String bare = line.replaceAll("LogText\\.of\\((?:[^()]|\\([^()]*\\))*\\)", "");
            assertFalse(bare.matches(".*(, e\\)|getMessage|user\\(\\)|why|uri|remoteAddress).*"), source + ": " + line);
          }
        }
      }
    }
    assertTrue(lines > 8);
  }

  @Test
  void aRefusalHasALineForEachReasonAndNoMore() {
    assertEquals("sqlsec: c: a\\u000ab", Refusal.of("c", "a\nb").getMessage());
  }
}
