package io.github.sqlsec;

/** A program that cuts a script into statements before Flink sees them. Where it would read a script otherwise than Flink, the script is refused. */
public enum Splitter {
  /** Flink's own script executor. */
  FLINK("flink"),
  /** Apache StreamPark. */
  STREAMPARK("streampark"),
  /** Dinky, with its default separator. */
  DINKY("dinky"),
  /** A program that ends a statement where a line ends in a semicolon. */
  LINE("line");

  final String word;

  Splitter(String word) {
    this.word = word;
  }
}
