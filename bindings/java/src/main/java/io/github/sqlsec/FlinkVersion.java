package io.github.sqlsec;

/** The Flink that will run a script. */
public enum FlinkVersion {
  /** Flink 1.20. */
  V1_20("1.20"),
  /** Flink 2.3. */
  V2_3("2.3");

  final String word;

  FlinkVersion(String word) {
    this.word = word;
  }
}
