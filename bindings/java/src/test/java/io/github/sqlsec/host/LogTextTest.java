package io.github.sqlsec.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
    Exception own = new RuntimeException(new String(new char[10_000]).replace('\0', 'x'));
    assertTrue(LogText.of(own).length() < 3000);
  }
}
