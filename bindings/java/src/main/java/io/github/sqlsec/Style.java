package io.github.sqlsec;

/** Where filters and masks are put. */
public enum Style {
  /** Each reference becomes a derived table. */
  DERIVED("derived"),
  /** Where nothing can tell the difference, into the person's own WHERE and select list: for people who read audits. */
  INLINE("inline");

  final String word;

  Style(String word) {
    this.word = word;
  }
}
