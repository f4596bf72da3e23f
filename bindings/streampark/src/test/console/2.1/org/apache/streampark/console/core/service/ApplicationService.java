package org.apache.streampark.console.core.service;

import java.io.Serializable;
import org.apache.streampark.console.core.entity.Application;

public interface ApplicationService {
  Application getById(Serializable id);

  void start(Application app, boolean auto) throws Exception;

  void restart(Application app) throws Exception;
}
