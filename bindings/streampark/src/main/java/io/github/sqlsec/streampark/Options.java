package io.github.sqlsec.streampark;

import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;

/**
 * The plug-in's options, from StreamPark's {@code conf/config.yaml}, system properties ({@code -Dsqlsec.config}) or the environment ({@code SQLSEC_CONFIG}).
 * One that is not known, or has no such value, is an error. Immutable.
 */
final class Options {
  /** What a site may let pass although nobody reads it. */
  enum Pass {
    CUSTOM_CODE("custom-code"),
    SPARK("spark"),
    DEPENDENCIES("dependencies"),
    IMAGES("images"),
    PROGRAM_ARGS("program-args"),
    APPLICATION_CONFIG("application-config"),
    HADOOP_USER("hadoop-user");

    final String word;

    Pass(String word) {
      this.word = word;
    }
  }

  static final String PREFIX = "sqlsec.";
  private static final Set<String> KNOWN =
      new LinkedHashSet<>(
          Arrays.asList(
              "config",
              "reload-seconds",
              "flink-versions",
              "pass",
              "properties",
              "automatic-restart",
              "starts",
              // The native library's own.
              "library.path"));

  /** The engine's document. */
  final Path config;
  final long reloadSeconds;
  /** The lines of Flink that jobs may run on, such as {@code 1.20}. */
  final Set<String> flinkVersions;
  private final Set<Pass> pass;
  /** Beginnings of names of properties that jobs may set besides. */
  private final List<String> properties;
  /** Whether an automatic restart runs any text of the job as its owner, and not only the one that was last started by somebody. */
  final boolean restartsAnyText;
  /** Where the last starts are kept; null for in memory alone. */
  final Path starts;

  private Options(
      Path config, long reloadSeconds, Set<String> flinkVersions, Set<Pass> pass, List<String> properties, boolean restartsAnyText, Path starts) {
    this.config = config;
    this.reloadSeconds = reloadSeconds;
    this.flinkVersions = flinkVersions;
    this.pass = pass;
    this.properties = properties;
    this.restartsAnyText = restartsAnyText;
    this.starts = starts;
  }

  /**
   * Reads them.
   *
   * @throws IllegalArgumentException what is wrong
   */
  static Options of(ConfigurableEnvironment environment) {
    unknown(environment);
    String home = environment.getProperty("app.home");
    String config = text(environment, "config");
    if (config == null && home == null) {
      throw new IllegalArgumentException("`sqlsec.config` names no document");
    }
    String starts = text(environment, "starts");
    Path folder = starts != null ? Paths.get(starts) : home != null ? Paths.get(home, "sqlsec-starts") : null;
    return new Options(
        config != null ? Paths.get(config) : Paths.get(home, "conf", "sqlsec.json"),
        seconds(environment),
        new TreeSet<>(list(environment, "flink-versions", "1.20")),
        passes(list(environment, "pass", "")),
        prefixes(list(environment, "properties", "")),
        restarts(environment),
        folder);
  }

  /** Those of a console whose options cannot be read, where everything is refused. */
  static Options none() {
    return new Options(null, 0, Collections.singleton("1.20"), Collections.<Pass>emptySet(), Collections.<String>emptyList(), false, null);
  }

  boolean passes(Pass what) {
    return pass.contains(what);
  }

  /** Whether the site lets jobs set this property. */
  boolean mayBeSet(String key) {
    for (String prefix : properties) {
      if (key.equals(prefix) || prefix.endsWith(".") && key.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }

  private static void unknown(ConfigurableEnvironment environment) {
    for (PropertySource<?> source : environment.getPropertySources()) {
      if (!(source instanceof EnumerablePropertySource)) {
        continue;
      }
      for (String name : ((EnumerablePropertySource<?>) source).getPropertyNames()) {
        if (name.startsWith(PREFIX) && !KNOWN.contains(name.substring(PREFIX.length()))) {
          throw new IllegalArgumentException("`" + name + "` is no option");
        }
      }
    }
  }

  private static String text(ConfigurableEnvironment environment, String key) {
    String value = environment.getProperty(PREFIX + key);
    return value == null || value.trim().isEmpty() ? null : value.trim();
  }

  private static List<String> list(ConfigurableEnvironment environment, String key, String otherwise) {
    String value = text(environment, key);
    Set<String> words = new LinkedHashSet<>();
    for (String word : (value == null ? otherwise : value).split("[,\\s]+")) {
      if (!word.isEmpty()) {
        words.add(word);
      }
    }
    return Collections.unmodifiableList(new ArrayList<>(words));
  }

  private static long seconds(ConfigurableEnvironment environment) {
    String value = text(environment, "reload-seconds");
    try {
      long seconds = value == null ? 30 : Long.parseLong(value);
      if (seconds >= 0) {
        return seconds;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new IllegalArgumentException("`sqlsec.reload-seconds` is no number of seconds");
  }

  private static Set<Pass> passes(List<String> words) {
    Set<Pass> passes = new LinkedHashSet<>();
    for (String word : words) {
      Pass known = null;
      for (Pass pass : Pass.values()) {
        known = pass.word.equals(word) ? pass : known;
      }
      if (known == null) {
        throw new IllegalArgumentException("`" + word + "` in `sqlsec.pass` is nothing that can be let pass");
      }
      passes.add(known);
    }
    return passes;
  }

  private static List<String> prefixes(List<String> words) {
    for (String word : words) {
      if (!word.matches("[A-Za-z0-9_-]+([.][A-Za-z0-9_-]+)*[.]?")) {
        throw new IllegalArgumentException("`" + word + "` in `sqlsec.properties` is neither a property nor a beginning of some that ends in a dot");
      }
    }
    return words;
  }

  private static boolean restarts(ConfigurableEnvironment environment) {
    String value = text(environment, "automatic-restart");
    if (value == null || value.equals("same-text")) {
      return false;
    } else if (value.equals("owner")) {
      return true;
    }
    throw new IllegalArgumentException("`sqlsec.automatic-restart` is `same-text` or `owner`");
  }
}
