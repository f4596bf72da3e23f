package org.apache.streampark.console.core.entity;

public class ApplicationLog {
  private Long appId;
  private Integer optionName;
  private Boolean success;

  public ApplicationLog() {}

  public ApplicationLog(Long appId, Integer optionName) {
    this.appId = appId;
    this.optionName = optionName;
  }

  public Long getAppId() {
    return appId;
  }

  public Integer getOptionName() {
    return optionName;
  }

  public Boolean getSuccess() {
    return success;
  }

  public void setSuccess(Boolean success) {
    this.success = success;
  }
}
