package org.apache.streampark.console.core.service.impl;

import org.apache.streampark.common.enums.FlinkSqlValidationFailedType;
import org.apache.streampark.common.util.DeflaterUtils;
import org.apache.streampark.console.Tables;
import org.apache.streampark.console.core.entity.FlinkSql;
import org.apache.streampark.console.core.enums.CandidateTypeEnum;
import org.apache.streampark.console.core.service.FlinkSqlService;
import org.apache.streampark.flink.core.FlinkSqlValidationResult;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Service;

@Service
public class FlinkSqlServiceImpl implements FlinkSqlService {
  @Autowired private Tables tables;

  @Override
  public FlinkSql getEffective(Long appId, boolean decode) {
    FlinkSql row = tables.effective.get(appId);
    if (row == null) {
      return null;
    }
    FlinkSql sql = row.read();
    if (decode) {
      sql.setSql(DeflaterUtils.unzipString(sql.getSql()));
    }
    return sql;
  }

  @Override
  public FlinkSql getCandidate(Long appId, CandidateTypeEnum type) {
    FlinkSql row = tables.candidates.get(appId);
    return row == null ? null : row.read();
  }

  @Override
  public void toEffective(Long appId) {
    FlinkSql candidate = tables.candidates.remove(appId);
    if (candidate != null) {
      tables.effective.put(appId, candidate);
    }
  }

  /** As little of StreamPark's check as the tests need. */
  @Override
  public FlinkSqlValidationResult verifySql(String sql, Long versionId) {
    boolean inserts = sql.contains("INSERT");
    return new FlinkSqlValidationResult(
        inserts, inserts ? null : FlinkSqlValidationFailedType.SYNTAX_ERROR, 1, 1, 0, 0, sql, inserts ? null : "No 'INSERT' statement to trigger the execution of the Flink job.");
  }
}
