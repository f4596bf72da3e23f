package org.apache.streampark.flink.client;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.streampark.flink.client.bean.SubmitRequest;

/** The last thing that StreamPark calls: here it only remembers. */
public final class FlinkClient {
  public static final List<SubmitRequest> SUBMITTED = new CopyOnWriteArrayList<>();

  /** Jobs whose submission fails when the cluster has them already. */
  public static final Set<Long> FAILING = ConcurrentHashMap.newKeySet();

  private FlinkClient() {}

  public static String submit(SubmitRequest request) {
    SUBMITTED.add(request);
    if (FAILING.contains(request.id)) {
      throw new IllegalStateException("the cluster does not answer");
    }
    return "submitted";
  }
}
