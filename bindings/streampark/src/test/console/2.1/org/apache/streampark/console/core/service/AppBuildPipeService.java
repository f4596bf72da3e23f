package org.apache.streampark.console.core.service;

import org.apache.streampark.console.core.entity.Application;
import org.apache.streampark.console.core.entity.ApplicationLog;
import org.apache.streampark.console.core.entity.FlinkSql;
import org.apache.streampark.console.core.enums.CandidateType;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Service;

@Service
public class AppBuildPipeService {
  @Autowired private FlinkSqlService flinkSqlService;

  public boolean buildApplication(Application app, ApplicationLog log) {
    FlinkSql fresh = flinkSqlService.getCandidate(app.getId(), CandidateType.NEW);
    FlinkSql effective = flinkSqlService.getEffective(app.getId(), false);
    return fresh != null || effective != null;
  }
}
