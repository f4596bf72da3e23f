package org.apache.streampark.console.core.service.application;

import java.io.Serializable;
import org.apache.streampark.console.core.entity.FlinkApplication;

public interface FlinkApplicationActionService {
  FlinkApplication getById(Serializable id);

  void start(FlinkApplication app, boolean auto) throws Exception;

  void restart(FlinkApplication app) throws Exception;
}
