package org.apache.streampark.console.core.service;

public interface VariableService {
  String replaceVariable(Long teamId, String mixed);
}
