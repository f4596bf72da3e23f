package org.apache.streampark.console.core.entity;

public class FlinkSql {
  private final Long appId;
  private String sql;
  private final String dependency;
  private final String teamResource;

  public FlinkSql(Long appId, String sql, String dependency, String teamResource) {
    this.appId = appId;
    this.sql = sql;
    this.dependency = dependency;
    this.teamResource = teamResource;
  }

  /** Another row of the same content, as each read of the database gives. */
  public FlinkSql read() {
    return new FlinkSql(appId, sql, dependency, teamResource);
  }

  public String getSql() {
    return sql;
  }

  public void setSql(String sql) {
    this.sql = sql;
  }

  public String getDependency() {
    return dependency;
  }

  public String getTeamResource() {
    return teamResource;
  }
}
