package io.github.sqlsec.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LogTextTest {
  @Test
  void whatBeginsALineOrTurnsOneIsAnEscape() {
    assertEquals("a\\u000ab\\u000d\\u001b[31m\\u2028\\u2029\\u202e\\u200b\\u0085\\ufeff\\ud800", LogText.of("a\nb\r\u001b[31m\u2028\u2029\u202e\u200b\u0085\ufeff\ud800"));
    assertEquals("中文 é `x` 😀", LogText.of("中文 é `x` 😀"));
    assertEquals("null", LogText.of((Object) null));
  }

  @Test
  void anErrorIsOneLineWithItsCauses() {
    String line = LogText.of(new IllegalStateException("first\nline", new IllegalArgumentException("2026-01-01 INFO forged")));
    assertFalse(line.contains("\n"), line);
    assertTrue(line.startsWith("java.lang.IllegalStateException: first\\u000aline at ") && line.contains("caused by java.lang.IllegalArgumentException: 2026"), line);
    Exception own = new RuntimeException("x".repeat(10_000));
    assertTrue(LogText.of(own).length() < 3000);
  }

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
