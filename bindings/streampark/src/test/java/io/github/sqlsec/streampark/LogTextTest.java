package io.github.sqlsec.streampark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What people write, such as the name of a job, in the log and in refusals. */
class LogTextTest {
  @Test
  void noLineOfTheLogHoldsTextThatIsNotEscaped() throws Exception {
    int lines = 0;
    try (Stream<Path> sources = Files.walk(Paths.get("src/main/java"))) {
      for (Path source : sources.filter(path -> path.toString().endsWith(".java")).collect(Collectors.toList())) {
        for (String line : Files.readAllLines(source, StandardCharsets.UTF_8)) {
          lines += line.contains("LOG.") ? 1 : 0;
          String bare = line.replaceAll("LogText\\.of\\((?:[^()]|\\([^()]*\\))*\\)", "");
          // What a folder or StreamPark's own classes say of themselves is nobody's text.
          boolean own = line.contains("cannot be written") || line.contains("cannot be made");
          assertFalse(!own && bare.matches(".*LOG\\..*(, e\\)|getMessage|name|trigger).*"), source + ": " + line);
        }
      }
    }
    assertTrue(lines > 8);
  }

  @Test
  void aRefusalIsOneLine() {
    assertEquals("sqlsec: job-unknown: a\\u000ab", Refusal.of("job-unknown", "a\nb").getMessage());
  }
}
