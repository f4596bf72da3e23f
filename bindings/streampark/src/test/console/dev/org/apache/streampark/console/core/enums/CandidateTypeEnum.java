package org.apache.streampark.console.core.enums;

public enum CandidateTypeEnum {
  NONE,
  NEW,
  HISTORY
}
