package org.apache.streampark.console.core.enums;

public enum CandidateType {
  NONE,
  NEW,
  HISTORY
}
