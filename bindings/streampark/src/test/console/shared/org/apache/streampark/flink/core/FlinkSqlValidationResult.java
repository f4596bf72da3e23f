package org.apache.streampark.flink.core;

import org.apache.streampark.common.enums.FlinkSqlValidationFailedType;

/** The shape of a Scala case class. */
public final class FlinkSqlValidationResult {
  private final Boolean success;
  private final FlinkSqlValidationFailedType failedType;
  private final int lineStart;
  private final int lineEnd;
  private final int errorLine;
  private final int errorColumn;
  private final String sql;
  private final String exception;

  public FlinkSqlValidationResult(
      Boolean success, FlinkSqlValidationFailedType failedType, int lineStart, int lineEnd, int errorLine, int errorColumn, String sql, String exception) {
    this.success = success;
    this.failedType = failedType;
    this.lineStart = lineStart;
    this.lineEnd = lineEnd;
    this.errorLine = errorLine;
    this.errorColumn = errorColumn;
    this.sql = sql;
    this.exception = exception;
  }

  public Boolean success() {
    return success;
  }

  public FlinkSqlValidationFailedType failedType() {
    return failedType;
  }

  public int lineStart() {
    return lineStart;
  }

  public int lineEnd() {
    return lineEnd;
  }

  public int errorLine() {
    return errorLine;
  }

  public int errorColumn() {
    return errorColumn;
  }

  public String sql() {
    return sql;
  }

  public String exception() {
    return exception;
  }
}
