package org.apache.streampark.flink.client.bean;

public final class SubmitRequest {
  public final Long id;
  /** Packed; null for a job that is not SQL. */
  public final String sql;
  public final String args;

  public SubmitRequest(Long id, String sql, String args) {
    this.id = id;
    this.sql = sql;
    this.args = args;
  }
}
