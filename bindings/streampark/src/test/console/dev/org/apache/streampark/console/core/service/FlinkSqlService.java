package org.apache.streampark.console.core.service;

import org.apache.streampark.console.core.entity.FlinkSql;
import org.apache.streampark.console.core.enums.CandidateTypeEnum;
import org.apache.streampark.flink.core.FlinkSqlValidationResult;

public interface FlinkSqlService {
  FlinkSql getEffective(Long appId, boolean decode);

  FlinkSql getCandidate(Long appId, CandidateTypeEnum type);

  void toEffective(Long appId);

  FlinkSqlValidationResult verifySql(String sql, Long versionId);
}
