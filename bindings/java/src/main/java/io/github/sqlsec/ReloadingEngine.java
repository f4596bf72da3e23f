package io.github.sqlsec;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The engine of the moment, for a host that runs on while its rules change; or the reason why there is none: then every call is an error, and the files are looked
 * at again and again. New files become a new engine. Files that make none leave the old one in force, which the listener is told. Files are taken when they have
 * stood still between two looks, and still do after they were read: what is half written can mean less. The lineage store is that of the first engine for good.
 *
 * <p>All threads may use one at once. No engine is closed under a call.
 */
public final class ReloadingEngine implements AutoCloseable {
  /** How often the first engine is tried while its files change. */
  private static final int FIRST = 3;

  /** What the operator is told: the host's log. Messages may quote the configuration. */
  public interface Listener {
    /**
     * Rules are in force.
     *
     * @param message one line
     */
    void info(String message);

    /**
     * Something is left that protects too much.
     *
     * @param message one line
     */
    void warn(String message);

    /**
     * Rules cannot be used.
     *
     * @param message one line
     */
    void error(String message);
  }

  /** When a new engine is opened. */
  public enum Reload {
    /** When the state of the files has changed since the last time. */
    WHEN_CHANGED,
    /** Each time, unless the files change just then: also for files that the state does not tell of. */
    ALWAYS
  }

  private final Supplier<Config> config;
  private final Supplier<String> state;
  private final Reload when;
  private final Listener listener;
  /** Shared by calls, alone for the change. */
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final ScheduledExecutorService clock;
  /** The state at the last look, and that which was last tried. */
  private String seen;
  private String tried;
  /** The lineage store of the first engine; null before. */
  private String store;
  private SqlSec engine;
  /** Why there is no engine. */
  private SqlSecException reason;
  private boolean closed;

  private ReloadingEngine(Supplier<Config> config, Supplier<String> state, Reload when, long seconds, Listener listener) {
    this.config = Objects.requireNonNull(config);
    this.state = Objects.requireNonNull(state);
    this.when = Objects.requireNonNull(when);
    this.listener = Objects.requireNonNull(listener);
    for (int i = 0; i < FIRST && tried == null; i++) {
      seen = state.get();
      open(seen);
    }
    clock = seconds > 0 ? clock() : null;
    if (clock != null) {
      clock.scheduleWithFixedDelay(this::reload, seconds, seconds, TimeUnit.SECONDS);
    }
  }

  /**
   * An engine of a document, with the files of its folder as what is looked at. The lineage store and the audit file do not count, which the engine writes itself.
   *
   * @param document the configuration
   * @param when when a new engine is opened
   * @param seconds between two looks; 0 for none
   * @param listener what is told
   * @return it, with an engine or without: see {@link #missing}
   */
  public static ReloadingEngine ofFile(Path document, Reload when, long seconds, Listener listener) {
    Path folder = document.toAbsolutePath().getParent();
    return of(() -> Config.ofFile(document), () -> stateOf(folder, written(document)), when, seconds, listener);
  }

  /**
   * The same of any configuration.
   *
   * @param config reads it
   * @param state tells one state of its files from another, without reading them
   * @param when when a new engine is opened
   * @param seconds between two looks; 0 for none
   * @param listener what is told
   * @return it, with an engine or without: see {@link #missing}
   */
  public static ReloadingEngine of(Supplier<Config> config, Supplier<String> state, Reload when, long seconds, Listener listener) {
    return new ReloadingEngine(config, state, when, seconds, listener);
  }

  /**
   * Why there is no engine.
   *
   * @return the error of the last try; nothing where there is an engine
   */
  public Optional<SqlSecException> missing() {
    lock.readLock().lock();
    try {
      return Optional.ofNullable(reason);
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * {@link SqlSec#check}, by the engine of the moment.
   *
   * @param request who submits what
   * @return a reply that allows or denies
   * @throws SqlSecException nothing was decided, and nothing may be submitted; where there is no engine, with the code of {@link #missing}
   */
  public Reply check(Request request) {
    lock.readLock().lock();
    try {
      return opened().check(request);
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Says that what was checked was submitted, {@link SqlSec#commit}. The listener is told where that cannot be said.
   *
   * @param lineageId the number of the record
   * @return false where it is to be said again later: until then the record is pending, and protects
   */
  public boolean commit(long lineageId) {
    try {
      settle(sqlsec -> sqlsec.commit(lineageId));
      return true;
    } catch (SqlSecException e) {
      boolean again = e.code().equals("lineage-unavailable");
      if (again) {
        listener.warn("lineage record " + lineageId + " is not committed yet: " + e.getMessage());
      } else {
        listener.error("lineage record " + lineageId + " cannot be committed: " + e.code() + ": " + e.getMessage());
      }
      return !again;
    }
  }

  /**
   * Says that what a reply allows was not submitted, and has written nothing. Of a reply without a record there is nothing to say.
   *
   * @param reply the reply
   */
  public void abort(Reply reply) {
    reply.lineageId().ifPresent(this::abort);
  }

  /**
   * Says that what was checked was not submitted, {@link SqlSec#abort}. A record of which that cannot be said stays pending, and protects; the listener is told.
   *
   * @param lineageId the number of the record
   */
  public void abort(long lineageId) {
    try {
      settle(sqlsec -> sqlsec.abort(lineageId));
    } catch (SqlSecException e) {
      listener.warn("lineage record " + lineageId + " stays pending: " + e.code() + ": " + e.getMessage());
    }
  }

  /** Looks at the files, as is done by itself every so many seconds. Errors are for the listener. */
  public synchronized void reload() {
    try {
      String now = state.get();
      boolean still = now.equals(seen);
      boolean wanted = when == Reload.ALWAYS || !now.equals(tried);
      seen = now;
      if (still && wanted && !closed) {
        open(now);
      }
    } catch (RuntimeException e) {
      // Whatever it is: the clock goes on.
      listener.error("the new rules cannot be read, what was before holds: " + e);
    }
  }

  /** No more engine, and no more looks. */
  @Override
  public void close() {
    if (clock != null) {
      clock.shutdownNow();
    }
    synchronized (this) {
      closed = true;
      replace(null, SqlSecException.of("handle-invalid", "the engine is closed"));
    }
  }

  /** The files of a folder, with their lengths and times, but for those whose names begin with one of these. Of a folder that cannot be read, another each time. */
  private static String stateOf(Path folder, List<Path> but) {
    try (Stream<Path> files = Files.list(folder)) {
      Stream<Path> read = files.filter(file -> Files.isRegularFile(file) && but.stream().noneMatch(each -> file.toString().startsWith(each.toString())));
      return read.sorted().map(ReloadingEngine::stateOfFile).collect(Collectors.joining("\n"));
    } catch (IOException | UncheckedIOException e) {
      return "unreadable " + System.nanoTime();
    }
  }

  /** What an engine of the document writes: a store has files beside it. */
  private static List<Path> written(Path document) {
    List<Path> written = new ArrayList<>();
    try {
      Map<String, Object> keys = Json.object(Json.parse(Config.ofFile(document).json()));
      named(keys, "lineage", "store").ifPresent(written::add);
      named(keys, "audit", "file").ifPresent(written::add);
    } catch (SqlSecException | IllegalArgumentException e) {
      // Opening it says what is wrong.
    }
    return written;
  }

  /** The file that a part of a document names, below the document's folder. */
  private static Optional<Path> named(Map<String, Object> document, String part, String key) {
    Object inner = document.get(part);
    Object name = inner instanceof Map ? ((Map<?, ?>) inner).get(key) : null;
    Object folder = document.get("folder");
    return name instanceof String ? Optional.of(Paths.get(folder instanceof String ? (String) folder : "", "").resolve((String) name)) : Optional.empty();
  }

  private static String stateOfFile(Path file) {
    try {
      return file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void open(String now) {
    tried = now;
    SqlSec next;
    String place;
    try {
      Config read = config.get();
      place = store(read);
      // The number of a record means something else in another store.
      if (store != null && !place.equals(store)) {
        failed(SqlSecException.of("config-invalid", "the lineage store cannot change while the host runs: start it anew"));
        return;
      }
      next = SqlSec.open(read);
    } catch (SqlSecException e) {
      failed(e);
      return;
    } catch (LinkageError | RuntimeException e) {
      failed(SqlSecException.of("internal", e.toString(), e));
      return;
    }
    if (!state.get().equals(now)) {
      next.close();
      failed(SqlSecException.of("config-invalid", "the files change while they are read"));
      tried = null;
      return;
    }
    store = place;
    replace(next, null);
    listener.info("the rules are in force");
  }

  /** The lineage store that it names; nothing for none. Of a document that is none, opening it says what is wrong. */
  private static String store(Config config) {
    try {
      return named(Json.object(Json.parse(config.json())), "lineage", "store").map(Path::toString).orElse("");
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  private SqlSec opened() {
    if (engine == null) {
      throw SqlSecException.of(reason.code(), reason.getMessage(), reason);
    }
    return engine;
  }

  private void settle(Consumer<SqlSec> call) {
    lock.readLock().lock();
    try {
      call.accept(opened());
    } finally {
      lock.readLock().unlock();
    }
  }

  private void failed(SqlSecException why) {
    lock.writeLock().lock();
    boolean none;
    try {
      none = engine == null;
      reason = none ? why : null;
    } finally {
      lock.writeLock().unlock();
    }
    listener.error((none ? "everything is refused: " : "the new rules cannot be used, the old ones hold: ") + why.code() + ": " + why.getMessage());
  }

  private void replace(SqlSec next, SqlSecException why) {
    SqlSec last;
    lock.writeLock().lock();
    try {
      last = engine;
      engine = next;
      reason = why;
    } finally {
      lock.writeLock().unlock();
    }
    if (last != null) {
      last.close();
    }
  }

  private static ScheduledExecutorService clock() {
    return Executors.newSingleThreadScheduledExecutor(
        run -> {
          Thread thread = new Thread(run, "sqlsec-reload");
          thread.setDaemon(true);
          return thread;
        });
  }
}
