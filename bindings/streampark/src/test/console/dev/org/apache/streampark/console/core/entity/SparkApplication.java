package org.apache.streampark.console.core.entity;

import java.util.HashMap;
import java.util.Map;

public class SparkApplication {
  private final Map<String, Object> row;

  /** What a request brings: the number, and what it sets. */
  public SparkApplication(Map<String, Object> row) {
    this.row = new HashMap<>(row);
  }

  public Long getId() {
    return (Long) row.get("id");
  }

  public Long getTeamId() {
    return (Long) row.get("team");
  }

  public Long getUserId() {
    return (Long) row.get("owner");
  }

  public String getJobName() {
    return (String) row.get("name");
  }

  public Long getVersionId() {
    return (Long) row.get("flink");
  }

  public Integer getJobType() {
    return (Integer) row.getOrDefault("jobType", 2);
  }

  public Integer getAppType() {
    return (Integer) row.getOrDefault("appType", 1);
  }

  public Integer getDeployMode() {
    return (Integer) row.getOrDefault("mode", 4);
  }

  public String getDynamicProperties() {
    return (String) row.get("dynamicProperties");
  }

  public String getArgs() {
    return (String) row.get("args");
  }

  @SuppressWarnings("unchecked")
  public Map<String, Object> getOptionMap() {
    return (Map<String, Object>) row.getOrDefault("options", new HashMap<>());
  }

  @SuppressWarnings("unchecked")
  public Map<String, Object> getHotParamsMap() {
    return (Map<String, Object>) row.getOrDefault("hotParams", new HashMap<>());
  }

  public boolean isFlinkSqlJob() {
    return getJobType() == 2;
  }

  public boolean isNeedRestartOnFailed() {
    return (Boolean) row.getOrDefault("restarts", true);
  }
}
