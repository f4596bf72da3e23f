package io.github.sqlsec.streampark;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What may stand beside the SQL of a job. StreamPark takes program arguments, properties, a configuration file, jars and images from whoever edits a job, and each
 * can change what the text means or bring code that reads tables itself. What is not known to be harmless is refused, unless the site lets it pass.
 */
final class JobRules {
  /** Properties that say how much of the cluster a job takes. A dot at the end: and all below. */
  private static final List<String> SIZES =
      Arrays.asList(
          "jobmanager.memory.",
          "taskmanager.memory.",
          "taskmanager.numberOfTaskSlots",
          "kubernetes.jobmanager.cpu",
          "kubernetes.jobmanager.cpu.amount",
          "kubernetes.taskmanager.cpu",
          "kubernetes.taskmanager.cpu.amount",
          "yarn.appmaster.vcores",
          "yarn.containers.vcores");
  /** StreamPark's own: the queue of YARN. */
  private static final List<String> HOT = Arrays.asList("yarn.application.queue", "yarn.application.node-label");

  /** One property, as StreamPark reads it without doubt: its own expressions cut at each {@code -D}, at quotes, and at the first equals sign. */
  private static final Pattern PROPERTY = Pattern.compile("-D([A-Za-z0-9._-]+)=([^\\s\"'|]*)");

  private final Options options;

  JobRules(Options options) {
    this.options = options;
  }

  /** A job that is not Flink SQL: its SQL, if any, is in its code. */
  void customCode(Job job) {
    need(Options.Pass.CUSTOM_CODE, "job-denied", "job `" + job.name + "` runs code of its own, whose SQL nobody reads");
  }

  void spark() {
    need(Options.Pass.SPARK, "job-denied", "Spark jobs are not checked");
  }

  /** A Flink SQL job, before its text is looked at. */
  void sqlJob(Job job) {
    if (!job.runsStreamParksClient()) {
      throw Refusal.of("job-denied", "a Flink SQL job that does not run StreamPark's own client");
    }
    if (job.bringsAnImage()) {
      need(Options.Pass.IMAGES, "image-denied", "the job runs in an image of its own");
    }
    if (job.hadoopUser != null && !job.hadoopUser.trim().isEmpty()) {
      need(Options.Pass.HADOOP_USER, "hadoop-user-denied", "the job runs as the Hadoop user `" + job.hadoopUser + "`");
    }
  }

  void text(Console.Text text) {
    if (text.bringsJars) {
      need(Options.Pass.DEPENDENCIES, "dependency-denied", "the job brings jars: code that may read any table");
    }
  }

  void arguments(String args) {
    if (args != null && !args.trim().isEmpty()) {
      need(Options.Pass.PROGRAM_ARGS, "argument-denied", "a Flink SQL job with program arguments");
    }
  }

  void file(Object configuration) {
    if (configuration != null) {
      need(Options.Pass.APPLICATION_CONFIG, "setting-denied", "the job has a configuration file: write its settings as SET");
    }
  }

  /**
   * The settings among a job's properties, which the engine judges as if they were SET.
   *
   * @param given what the request brings in place of the job's own; null for nothing
   */
  Map<String, String> settings(Job job, String given) {
    Map<String, String> all = new LinkedHashMap<>(job.options);
    all.putAll(properties(job.properties));
    for (Map.Entry<String, String> property : properties(given).entrySet()) {
      String own = all.put(property.getKey(), property.getValue());
      if (own != null && !own.equals(property.getValue())) {
        // Which of the two holds depends on the console's version.
        throw Refusal.of("setting-denied", "`" + property.getKey() + "` has two values");
      }
    }
    Map<String, String> settings = new LinkedHashMap<>();
    for (Map.Entry<String, String> property : all.entrySet()) {
      if (!isIn(SIZES, property.getKey()) && !options.mayBeSet(property.getKey())) {
        settings.put(property.getKey(), property.getValue());
      }
    }
    for (String key : job.hotOptions.keySet()) {
      if (!HOT.contains(key) && !options.mayBeSet(key)) {
        throw Refusal.of("setting-denied", "`" + key + "` may not be set for a job");
      }
    }
    return settings;
  }

  private static Map<String, String> properties(String text) {
    Map<String, String> properties = new LinkedHashMap<>();
    if (text == null || text.trim().isEmpty()) {
      return properties;
    }
    for (String word : text.trim().split("\\s+")) {
      Matcher property = PROPERTY.matcher(word);
      if (!property.matches() || word.indexOf("-D", 1) >= 0) {
        throw Refusal.of("setting-denied", "dynamic properties that can be read in two ways: write `-Dkey=value`, without quotes and spaces");
      }
      if (properties.put(property.group(1), property.group(2)) != null) {
        throw Refusal.of("setting-denied", "`" + property.group(1) + "` is set twice");
      }
    }
    return properties;
  }

  private static boolean isIn(List<String> names, String key) {
    for (String name : names) {
      if (name.equals(key) || name.endsWith(".") && key.startsWith(name)) {
        return true;
      }
    }
    return false;
  }

  private void need(Options.Pass pass, String code, String what) {
    if (!options.passes(pass)) {
      throw Refusal.of(code, what + "; `" + pass.word + "` in `sqlsec.pass` lets it pass");
    }
  }
}
