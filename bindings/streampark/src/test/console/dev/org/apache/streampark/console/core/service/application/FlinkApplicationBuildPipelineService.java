package org.apache.streampark.console.core.service.application;

import org.apache.streampark.console.core.entity.FlinkSql;
import org.apache.streampark.console.core.enums.CandidateTypeEnum;
import org.apache.streampark.console.core.service.FlinkSqlService;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Service;

@Service
public class FlinkApplicationBuildPipelineService {
  @Autowired private FlinkSqlService flinkSqlService;

  public boolean buildApplication(Long appId, boolean forceBuild) {
    FlinkSql fresh = flinkSqlService.getCandidate(appId, CandidateTypeEnum.NEW);
    FlinkSql effective = flinkSqlService.getEffective(appId, false);
    return fresh != null || effective != null;
  }
}
