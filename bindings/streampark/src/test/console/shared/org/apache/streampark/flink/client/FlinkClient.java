package org.apache.streampark.flink.client;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.streampark.flink.client.bean.SubmitRequest;

/** The last thing that StreamPark calls: here it only remembers. */
public final class FlinkClient {
  public static final List<SubmitRequest> SUBMITTED = new CopyOnWriteArrayList<>();

  private FlinkClient() {}

  public static String submit(SubmitRequest request) {
    SUBMITTED.add(request);
    return "submitted";
  }
}
