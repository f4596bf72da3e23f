package org.apache.streampark.common.enums;

public enum FlinkSqlValidationFailedType {
  VERIFY_FAILED(1),
  SYNTAX_ERROR(2),
  UNSUPPORTED_DIALECT(3),
  UNSUPPORTED_SQL(4),
  ENDS_WITH(5);

  private final int value;

  FlinkSqlValidationFailedType(int value) {
    this.value = value;
  }

  public int getValue() {
    return value;
  }
}
