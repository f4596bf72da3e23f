package io.github.sqlsec;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a configuration document says about files: which the engine reads, which it writes itself, and what of it may not be taken a second time. Paths are compared as
 * the file system has them, whichever way they are written.
 */
final class ConfigFiles {
  /** What SQLite has beside a store. */
  private static final String[] BESIDE_STORE = {"", "-wal", "-shm", "-journal"};

  private static final String AT_LEAST = "at-least";

  private final Map<String, Object> document;

  /**
   * Reads a document.
   *
   * @throws IllegalArgumentException it is no JSON object
   */
  ConfigFiles(Config config) {
    document = Json.object(Json.parse(config.json()));
  }

  /** The lineage store, by one name however it is written; empty for none. */
  String store() {
    Object store = part("lineage").get("store");
    if (!(store instanceof String)) {
      return "";
    }
    String name = (String) store;
    return isAddress(name) ? name : resolved(name).toString();
  }

  /** Whose versions those of the rules are: they are compared where this is the same. */
  String rules() {
    for (String kind : new String[] {"ranger", "service"}) {
      if (document.containsKey(kind)) {
        return kind + " " + Json.write(document.get(kind));
      }
    }
    return "policy";
  }

  /**
   * The same configuration for an engine that takes the place of another.
   *
   * @param atLeast the highest version of these rules that has answered, without a sign
   * @param stored whether the store was opened: an empty one in its place would not know who has written what
   */
  Config again(long atLeast, boolean stored) {
    Map<String, Object> next = new LinkedHashMap<>(document);
    BigInteger least = new BigInteger(Long.toUnsignedString(atLeast));
    if (least.signum() > 0 && isLess(next.get(AT_LEAST), least)) {
      next.put(AT_LEAST, least);
    }
    if (stored && part("lineage").containsKey("create")) {
      Map<String, Object> lineage = new LinkedHashMap<>(part("lineage"));
      lineage.remove("create");
      next.put("lineage", lineage);
    }
    return Config.ofJson(Json.write(next));
  }

  /**
   * What tells one state of the files from another, by their lengths and times: those of the document's folder, and those that it names elsewhere, but for what the
   * engine writes. Of a folder that cannot be read, another each time.
   */
  static String state(Path document) {
    Path folder = known(document.toAbsolutePath().getParent());
    try (Stream<Path> files = Files.list(folder)) {
      Collection<Path> read = new TreeSet<>();
      files.map(ConfigFiles::known).filter(Files::isRegularFile).forEach(read::add);
      try {
        ConfigFiles said = new ConfigFiles(Config.ofFile(document));
        said.named().forEach(name -> read.add(said.resolved(name)));
        read.removeIf(said::isWritten);
      } catch (SqlSecException | IllegalArgumentException e) {
        // Opening it says what is wrong.
      }
      return read.stream().map(ConfigFiles::stateOfFile).collect(Collectors.joining("\n"));
    } catch (IOException | UncheckedIOException e) {
      return "unreadable " + System.nanoTime();
    }
  }

  /** Nothing is; what is no version is not: opening it says what is wrong. */
  private static boolean isLess(Object own, BigInteger least) {
    if (!(own instanceof Long || own instanceof BigInteger)) {
      return own == null;
    }
    BigInteger version = new BigInteger(own.toString());
    return version.signum() >= 0 && version.compareTo(least) < 0;
  }

  private boolean isWritten(Path file) {
    String store = store();
    for (String end : BESIDE_STORE) {
      if (!store.isEmpty() && file.toString().equals(store + end)) {
        return true;
      }
    }
    Object audit = part("audit").get("file");
    if (!(audit instanceof String)) {
      return false;
    }
    String path = file.toString();
    String log = resolved((String) audit).toString();
    // `FILE.lock` beside it, and full ones as `FILE.1`, `FILE.2` and so on.
    return path.startsWith(log) && path.substring(log.length()).matches("|\\.lock|\\.[0-9]{1,10}");
  }

  /** The files with rules, tables, and the password of the store, which are read when an engine is opened. */
  private List<String> named() {
    List<String> named = new ArrayList<>();
    add(named, part("policy").get("file"));
    add(named, part("lineage").get("password-file"));
    part("ranger").forEach((key, file) -> add(named, key.equals("catalog") ? null : file));
    Object catalog = document.get("catalog");
    if (catalog instanceof List) {
      ((List<?>) catalog).forEach(item -> add(named, item instanceof Map ? ((Map<?, ?>) item).get("file") : null));
    }
    return named;
  }

  private static void add(List<String> named, Object file) {
    if (file instanceof String) {
      named.add((String) file);
    }
  }

  private Map<String, Object> part(String key) {
    Object part = document.get(key);
    return part instanceof Map ? Json.object(part) : new LinkedHashMap<>();
  }

  private Path resolved(String name) {
    Object folder = document.get("folder");
    return known(Paths.get(folder instanceof String ? (String) folder : "", "").resolve(name));
  }

  private static boolean isAddress(String store) {
    return store.startsWith("postgres://") || store.startsWith("postgresql://");
  }

  /** A file by its one name: its folder's links are followed, its own are not. */
  private static Path known(Path file) {
    Path whole = file.toAbsolutePath().normalize();
    try {
      return whole.getParent() == null ? whole : whole.getParent().toRealPath().resolve(whole.getFileName());
    } catch (IOException e) {
      return whole;
    }
  }

  private static String stateOfFile(Path file) {
    try {
      return file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file);
    } catch (IOException e) {
      // One that is not there yet, or not any more.
      return file + " -";
    }
  }
}
