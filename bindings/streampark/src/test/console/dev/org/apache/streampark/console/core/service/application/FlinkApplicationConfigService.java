package org.apache.streampark.console.core.service.application;

import org.apache.streampark.console.Tables;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Service;

@Service
public class FlinkApplicationConfigService {
  @Autowired private Tables tables;

  public String getLatest(Long appId) {
    return tables.files.get(appId);
  }

  public String getEffective(Long appId) {
    return tables.files.get(appId);
  }
}
