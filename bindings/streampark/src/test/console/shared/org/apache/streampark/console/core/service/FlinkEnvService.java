package org.apache.streampark.console.core.service;

import org.apache.streampark.console.Tables;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Service;

@Service
public class FlinkEnvService {
  @Autowired private Tables tables;

  public Tables.Flink getByIdOrDefault(Long id) {
    return tables.flinks.get(id == null ? 1L : id);
  }
}
