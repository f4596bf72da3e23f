package org.apache.streampark.console.core.service.application;

import org.apache.streampark.console.core.entity.SparkApplication;
import org.apache.streampark.flink.client.FlinkClient;
import org.springframework.stereotype.Service;

@Service
public class SparkApplicationActionService {
  public void start(SparkApplication app, boolean auto) throws Exception {
    FlinkClient.SUBMITTED.add(new org.apache.streampark.flink.client.bean.SubmitRequest(app.getId(), null, "spark"));
  }

  public void restart(SparkApplication app) throws Exception {
    start(app, false);
  }
}
