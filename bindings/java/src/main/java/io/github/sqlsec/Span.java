package io.github.sqlsec;

import java.util.Map;

/** A place in the submitted script: bytes of its UTF-8 text, from {@code start} to before {@code end}. */
public final class Span {
  private final long start;
  private final long end;

  Span(Map<String, Object> document) {
    start = ((Number) document.get("start")).longValue();
    end = ((Number) document.get("end")).longValue();
  }

  static Span of(Object document) {
    return new Span(Json.object(document));
  }

  /**
   * Its first byte.
   *
   * @return the offset
   */
  public long start() {
    return start;
  }

  /**
   * The byte after its last one.
   *
   * @return the offset
   */
  public long end() {
    return end;
  }
}
