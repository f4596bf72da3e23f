package io.github.sqlsec.streampark;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.springframework.util.ClassUtils;

/**
 * The methods of StreamPark by which SQL is verified or goes to a cluster. A closed list: another signature under one of these names is refused, and a console
 * that lacks one of those that its line needs does not start.
 */
enum Door {
  /** The editor's request: it has the text before its variables are replaced, and the team. */
  EDITOR(Line.BOTH, "core.controller.FlinkSqlController", "verify", "java.lang.String", "java.lang.Long", "java.lang.Long"),
  /** StreamPark's own check of a text. */
  VERIFY(Line.BOTH, "core.service.FlinkSqlService", "verifySql", "java.lang.String", "java.lang.Long"),
  /** A job's text, as a start reads it. */
  EFFECTIVE(Line.BOTH, "core.service.FlinkSqlService", "getEffective", "java.lang.Long", "boolean"),
  /** A job's new text, as a build reads it. */
  CANDIDATE(Line.V2_1, "core.service.FlinkSqlService", "getCandidate", "java.lang.Long", "org.apache.streampark.console.core.enums.CandidateType"),
  /** The same in the coming line. */
  CANDIDATE_DEV(Line.DEV, "core.service.FlinkSqlService", "getCandidate", "java.lang.Long", "org.apache.streampark.console.core.enums.CandidateTypeEnum"),
  /** Packs the jars of a job. */
  BUILD(
      Line.V2_1,
      "core.service.AppBuildPipeService",
      "buildApplication",
      "org.apache.streampark.console.core.entity.Application",
      "org.apache.streampark.console.core.entity.ApplicationLog"),
  /** The same in the coming line. */
  BUILD_DEV(Line.DEV, "core.service.application.FlinkApplicationBuildPipelineService", "buildApplication", "java.lang.Long", "boolean"),
  /** Replaces variables: what it gives within a start is what is submitted. */
  VARIABLES(Line.BOTH, "core.service.VariableService", "replaceVariable", "java.lang.Long", "java.lang.String"),
  /** A job's configuration file, as a start reads it. */
  FILE(Line.V2_1, "core.service.ApplicationConfigService", "getEffective", "java.lang.Long"),
  /** The same in the coming line. */
  FILE_DEV(Line.DEV, "core.service.application.FlinkApplicationConfigService", "getEffective", "java.lang.Long"),
  /** Starts a job. */
  START(Line.V2_1, "core.service.ApplicationService", "start", "org.apache.streampark.console.core.entity.Application", "boolean"),
  /** The same in the coming line. */
  START_DEV(
      Line.DEV,
      "core.service.application.FlinkApplicationActionService",
      "start",
      "org.apache.streampark.console.core.entity.FlinkApplication",
      "boolean"),
  /** Cancels and starts: it calls {@code start} on itself, which no proxy sees. */
  RESTART(Line.V2_1, "core.service.ApplicationService", "restart", "org.apache.streampark.console.core.entity.Application"),
  /** The same in the coming line. */
  RESTART_DEV(
      Line.DEV, "core.service.application.FlinkApplicationActionService", "restart", "org.apache.streampark.console.core.entity.FlinkApplication"),
  /** What StreamPark writes down about a job, such as what a submission has come to. */
  LOG(Line.V2_1, "core.service.ApplicationLogService", "save", "java.lang.Object"),
  /** The same in the coming line. */
  LOG_DEV(Line.DEV, "core.service.application.ApplicationLogService", "save", "java.lang.Object"),
  /** Spark jobs of the coming line: their SQL is not Flink's, and nobody reads it. */
  SPARK_START(
      Line.SPARK,
      "core.service.application.SparkApplicationActionService",
      "start",
      "org.apache.streampark.console.core.entity.SparkApplication",
      "boolean"),
  /** The same. */
  SPARK_RESTART(
      Line.SPARK, "core.service.application.SparkApplicationActionService", "restart", "org.apache.streampark.console.core.entity.SparkApplication");

  /** Which StreamPark has it. */
  enum Line {
    BOTH,
    V2_1,
    DEV,
    SPARK
  }

  static final String CONSOLE = "org.apache.streampark.console.";

  final Line line;
  final String type;
  final String method;
  private final List<String> parameters;

  Door(Line line, String type, String method, String... parameters) {
    this.line = line;
    this.type = CONSOLE + type;
    this.method = method;
    this.parameters = Collections.unmodifiableList(java.util.Arrays.asList(parameters));
  }

  /** The door that a method of a class is, by its name; with other parameters than a door of this name has, one of that name. Null for none. */
  static Door of(Method method, Class<?> target) {
    Door named = null;
    for (Door door : values()) {
      if (door.method.equals(method.getName()) && isA(target, door.type)) {
        if (door.isKnown(method)) {
          return door;
        }
        named = door;
      }
    }
    return named;
  }

  /** Whether the method has the parameters that this door is known with. */
  boolean isKnown(Method method) {
    List<String> names = new ArrayList<>();
    for (Class<?> parameter : method.getParameterTypes()) {
      names.add(parameter.getName());
    }
    return names.equals(parameters);
  }

  /** Whether the type has a public method with exactly these parameters. */
  boolean isIn(Class<?> declared) {
    for (Method candidate : declared.getMethods()) {
      if (candidate.getName().equals(method) && isKnown(candidate)) {
        return true;
      }
    }
    return false;
  }

  /** Whether a class is, extends or implements what has this name. */
  static boolean isA(Class<?> type, String name) {
    for (Class<?> each = type; each != null; each = each.getSuperclass()) {
      if (each.getName().equals(name)) {
        return true;
      }
    }
    for (Class<?> each : ClassUtils.getAllInterfacesForClassAsSet(type)) {
      if (each.getName().equals(name) || isBelow(each, name)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isBelow(Class<?> type, String name) {
    for (Class<?> each : type.getInterfaces()) {
      if (each.getName().equals(name) || isBelow(each, name)) {
        return true;
      }
    }
    return false;
  }
}
