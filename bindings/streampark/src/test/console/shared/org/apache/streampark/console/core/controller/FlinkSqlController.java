package org.apache.streampark.console.core.controller;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.streampark.console.core.service.FlinkSqlService;
import org.apache.streampark.console.core.service.VariableService;
import org.apache.streampark.flink.core.FlinkSqlValidationResult;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Controller;

@Controller
public class FlinkSqlController {
  @Autowired private FlinkSqlService flinkSqlService;
  @Autowired private VariableService variableService;

  public Map<String, Object> verify(String sql, Long versionId, Long teamId) {
    sql = variableService.replaceVariable(teamId, sql);
    FlinkSqlValidationResult result = flinkSqlService.verifySql(sql, versionId);
    Map<String, Object> response = new LinkedHashMap<>();
    response.put("data", result.success());
    if (!result.success()) {
      response.put("message", result.exception());
      response.put("type", result.failedType().getValue());
      response.put("start", result.errorLine() > 0 ? result.errorLine() : result.lineStart());
      response.put("end", result.errorLine() > 0 ? result.errorLine() + 1 : result.lineEnd());
    }
    return response;
  }
}
