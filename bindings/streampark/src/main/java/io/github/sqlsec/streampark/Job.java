package io.github.sqlsec.streampark;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** What a job of StreamPark says about itself, as far as it is judged. Two looks at an unchanged job are equal. Immutable. */
final class Job {
  /** Values of StreamPark's {@code jobType}, the same in both lines. */
  private static final int FLINK_SQL = 2;
  /** Value of {@code appType}: the job runs StreamPark's own SQL client. */
  private static final int STREAMPARK_FLINK = 1;
  /** Value of {@code executionMode} and {@code deployMode}: an image of its own. */
  private static final int KUBERNETES_APPLICATION = 6;

  final Long id;
  final Long team;
  final Long owner;
  final String name;
  final Long flink;
  final String properties;
  final Map<String, String> options;
  final Map<String, String> hotOptions;
  final String hadoopUser;
  final String args;
  private final Integer type;
  private final Integer application;
  private final Integer mode;

  private Job(Object entity, Integer mode) {
    this.mode = mode;
    id = Reflected.number(entity, "getId");
    team = Reflected.number(entity, "getTeamId");
    owner = Reflected.number(entity, "getUserId");
    name = Reflected.text(entity, "getJobName");
    flink = Reflected.number(entity, "getVersionId");
    type = Reflected.integer(entity, "getJobType");
    application = Reflected.integer(entity, "getAppType");
    properties = Reflected.text(entity, "getDynamicProperties");
    options = texts(Reflected.call(entity, "getOptionMap"));
    hotOptions = texts(Reflected.call(entity, "getHotParamsMap"));
    hadoopUser = Reflected.has(entity, "getHadoopUser") ? Reflected.text(entity, "getHadoopUser") : null;
    args = Reflected.text(entity, "getArgs");
  }

  /** A job of either line. */
  static Job of(Object entity) {
    return new Job(entity, Reflected.integer(entity, Reflected.has(entity, "getDeployMode") ? "getDeployMode" : "getExecutionMode"));
  }

  boolean isFlinkSql() {
    return Objects.equals(type, FLINK_SQL);
  }

  boolean runsStreamParksClient() {
    return Objects.equals(application, STREAMPARK_FLINK);
  }

  boolean bringsAnImage() {
    return Objects.equals(mode, KUBERNETES_APPLICATION);
  }

  private static Map<String, String> texts(Object map) {
    Map<String, String> texts = new TreeMap<>();
    if (map != null) {
      for (Map.Entry<?, ?> entry : ((Map<?, ?>) map).entrySet()) {
        texts.put(String.valueOf(entry.getKey()), String.valueOf(entry.getValue()));
      }
    }
    return Collections.unmodifiableMap(texts);
  }

  private List<Object> all() {
    return Arrays.asList(id, team, owner, name, flink, properties, options, hotOptions, hadoopUser, args, type, application, mode);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Job && all().equals(((Job) other).all());
  }

  @Override
  public int hashCode() {
    return all().hashCode();
  }
}
