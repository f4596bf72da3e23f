package io.github.sqlsec;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The engine of the moment, for a host that runs on while its rules change; or the reason why there is none: then every call is an error, and the files are looked
 * at again and again. New files become a new engine. Files that make none leave the old one in force, which the listener is told, and are tried at each look: what they
 * lack may be a store or a service that is back. Files are taken when they have stood still between two looks, and still do after they were read: what is half written can
 * mean less. The lineage store is that of the first engine for good, and is never made anew. Rules do not go back: an engine with a lower version than one that has
 * answered is not opened. One that has panicked denies everything, until the next look opens another.
 *
 * <p>All threads may use one at once. No engine is closed under a call.
 */
public final class ReloadingEngine implements AutoCloseable {
  /** How often the first engine is tried while its files change. */
  private static final int FIRST = 3;

  /** After so many looks at files that never stand still somebody is told. */
  private static final int RESTLESS = 3;

  /** After how long a store is told again what it has not taken. */
  private static final long AGAIN_SECONDS = 1;

  /** The codes of a store that does not answer, and of an engine that has closed itself: another one over the same store takes what this one does not. */
  private static final Set<String> PASSING = new HashSet<>(Arrays.asList("lineage-unavailable", "internal"));

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
    /** When the state of the files is not that of the engine in force. */
    WHEN_CHANGED,
    /** Each time, unless the files change just then: also for files that the state does not tell of. */
    ALWAYS
  }

  private final Supplier<Config> config;
  private final Supplier<String> state;
  private final Reload when;
  private final Listener listener;
  private final ScheduledExecutorService clock;
  /** The state at the last look, and that of the engine in force; null before there is one. */
  private String seen;
  private String taken;
  /** What was last said of files that make no engine: it is said once. Null where they have made one. */
  private String complaint;
  /** How many looks in a row have found files that had changed since the one before. */
  private int restless;
  /** The lineage store of the first engine; null before. */
  private String store;
  /** By the source of the rules: the highest version that engines before this one have answered with. */
  private final Map<String, Long> versions = new HashMap<>();
  /** Records whose commit the store has not taken. */
  private final Queue<Long> uncommitted = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean commitsAgain = new AtomicBoolean();
  private volatile Held held;
  private boolean closed;

  private ReloadingEngine(Supplier<Config> config, Supplier<String> state, Reload when, long seconds, Listener listener) {
    this.config = Objects.requireNonNull(config);
    this.state = Objects.requireNonNull(state);
    this.when = Objects.requireNonNull(when);
    this.listener = new Guarded(listener);
    boolean stood = false;
    for (int i = 0; i < FIRST && !stood; i++) {
      seen = state.get();
      stood = open(seen);
    }
    clock = clock();
    if (seconds > 0) {
      clock.scheduleWithFixedDelay(this::reload, seconds, seconds, TimeUnit.SECONDS);
    }
  }

  /**
   * An engine of a document. What is looked at are the files of its folder, and those of rules and tables that it names elsewhere. The lineage store and the audit file
   * do not count, which the engine writes itself.
   *
   * @param document the configuration
   * @param when when a new engine is opened
   * @param seconds between two looks; 0 for none
   * @param listener what is told
   * @return it, with an engine or without: see {@link #missing}
   */
  public static ReloadingEngine ofFile(Path document, Reload when, long seconds, Listener listener) {
    return of(() -> Config.ofFile(document), () -> ConfigFiles.state(document), when, seconds, listener);
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
    return Optional.ofNullable(held.reason);
  }

  /**
   * {@link SqlSec#check}, by the engine of the moment.
   *
   * @param request who submits what
   * @return a reply that allows or denies
   * @throws SqlSecException nothing was decided, and nothing may be submitted; where there is no engine, with the code of {@link #missing}
   */
  public Reply check(Request request) {
    return ask(
        now -> {
          Reply reply = now.check(request);
          reply.errors().forEach(error -> broken(now, error.code()));
          return reply;
        });
  }

  private void broken(Held engine, String code) {
    if (code.equals("internal") && !engine.broken) {
      engine.broken = true;
      listener.error("the engine has failed, and denies everything until another one is opened");
    }
  }

  /**
   * Says that what was checked was submitted, {@link SqlSec#commit}. A store that does not answer is told again, until it does or this is closed: until then the record is
   * pending, and protects. The listener is told where it cannot be said, or not yet.
   *
   * @param lineageId the number of the record
   */
  public void commit(long lineageId) {
    try {
      settle(now -> now.engine.commit(lineageId));
    } catch (SqlSecException e) {
      if (PASSING.contains(e.code())) {
        listener.warn("lineage record " + lineageId + " is not committed yet: " + e.getMessage());
        uncommitted.add(lineageId);
        commitAgain();
      } else {
        listener.error("lineage record " + lineageId + " cannot be committed: " + e.code() + ": " + e.getMessage());
      }
    }
  }

  private void commitAgain() {
    if (commitsAgain.compareAndSet(false, true)) {
      try {
        clock.scheduleWithFixedDelay(this::commitUntaken, AGAIN_SECONDS, AGAIN_SECONDS, TimeUnit.SECONDS);
      } catch (RejectedExecutionException e) {
        // Closed: the record stays pending.
      }
    }
  }

  /** Whatever is thrown: the clock goes on. */
  private void commitUntaken() {
    try {
      for (Long record = uncommitted.peek(); record != null; record = uncommitted.peek()) {
        long id = record;
        try {
          settle(now -> now.engine.commit(id));
        } catch (SqlSecException e) {
          if (PASSING.contains(e.code())) {
            return;
          }
          listener.error("lineage record " + id + " cannot be committed: " + e.code() + ": " + e.getMessage());
        }
        uncommitted.remove();
      }
    } catch (Throwable e) {
      listener.error("lineage records could not be committed: " + e);
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
      settle(now -> now.engine.abort(lineageId));
    } catch (SqlSecException e) {
      listener.warn("lineage record " + lineageId + " stays pending: " + e.code() + ": " + e.getMessage());
    }
  }

  /** Looks at the files, as is done by itself every so many seconds. Errors are for the listener. */
  public synchronized void reload() {
    try {
      String now = state.get();
      boolean still = now.equals(seen);
      boolean wanted = when == Reload.ALWAYS || !now.equals(taken) || held.broken;
      seen = now;
      restless = still || !wanted ? 0 : restless + 1;
      if (restless == RESTLESS) {
        listener.warn("the files change at each look, and are not taken until they stand still: the rules of before hold");
      }
      if (still && wanted && !closed) {
        open(now);
      }
    } catch (Throwable e) {
      // Whatever it is: the clock goes on.
      listener.error("the new rules cannot be read, what was before holds: " + e);
    }
  }

  /** No more engine, and no more looks. */
  @Override
  public void close() {
    clock.shutdownNow();
    synchronized (this) {
      closed = true;
      replace(new Held(null, null, SqlSecException.of("handle-invalid", "the engine is closed")));
    }
  }

  /** Opens an engine of the files as they are; false where they have changed meanwhile. */
  private boolean open(String now) {
    SqlSec next = null;
    String place;
    String rules;
    boolean still;
    try {
      ConfigFiles read = read();
      place = read.store();
      // The number of a record means something else in another store.
      if (store != null && !place.equals(store)) {
        throw SqlSecException.of("config-invalid", "the lineage store cannot change while the host runs: start it anew");
      }
      rules = read.rules();
      next = SqlSec.open(read.again(answered(rules), store != null && !store.isEmpty()));
      still = state.get().equals(now);
    } catch (SqlSecException e) {
      failed(next, e);
      return true;
    } catch (Throwable e) {
      failed(next, SqlSecException.of("internal", e.toString(), e));
      return true;
    }
    if (!still) {
      failed(next, SqlSecException.of("config-invalid", "the files change while they are read"));
      return false;
    }
    store = place;
    taken = now;
    complaint = null;
    replace(new Held(next, rules, null));
    listener.info("the rules are in force");
    return true;
  }

  private ConfigFiles read() {
    Config said = config.get();
    try {
      return new ConfigFiles(said);
    } catch (IllegalArgumentException e) {
      throw SqlSecException.of("config-invalid", e.getMessage(), e);
    }
  }

  /** The highest version of these rules that has answered. */
  private long answered(String rules) {
    Held now = held;
    if (now != null && now.engine != null) {
      versions.merge(now.rules, now.version.get(), ReloadingEngine::higher);
    }
    return versions.getOrDefault(rules, 0L);
  }

  private static long higher(long one, long other) {
    return Long.compareUnsigned(one, other) < 0 ? other : one;
  }

  /** Asks the engine of now. One that is closed was replaced before: then the next one is asked. */
  private <T> T ask(Function<Held, T> question) {
    while (true) {
      Held now = held;
      if (now.engine == null) {
        throw SqlSecException.of(now.reason.code(), now.reason.getMessage(), now.reason);
      }
      if (now.lock.readLock().tryLock()) {
        try {
          if (!now.closed) {
            return question.apply(now);
          }
        } catch (SqlSecException e) {
          broken(now, e.code());
          throw e;
        } finally {
          now.lock.readLock().unlock();
        }
      }
    }
  }

  private void settle(Consumer<Held> call) {
    ask(
        now -> {
          call.accept(now);
          return now;
        });
  }

  private void failed(SqlSec opened, SqlSecException why) {
    if (opened != null) {
      opened.close();
    }
    boolean none = held == null || held.engine == null;
    if (none) {
      held = new Held(null, null, why);
    }
    String message = (none ? "everything is refused: " : "the new rules cannot be used, the old ones hold: ") + why.code() + ": " + why.getMessage();
    if (!message.equals(complaint)) {
      listener.error(message);
    }
    complaint = message;
  }

  /** The next one first, so that nobody waits for the calls that the last one still has. */
  private void replace(Held next) {
    Held last = held;
    held = next;
    if (last == null || last.engine == null) {
      return;
    }
    last.lock.writeLock().lock();
    try {
      last.closed = true;
      last.engine.close();
    } finally {
      last.lock.writeLock().unlock();
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

  /** An engine, or the reason why there is none. */
  private static final class Held {
    final SqlSec engine;
    final String rules;
    final SqlSecException reason;
    /** The highest that has answered. */
    final AtomicLong version = new AtomicLong();
    /** Shared by calls, alone for its end. */
    final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    /** It has panicked. */
    volatile boolean broken;
    boolean closed;

    Held(SqlSec engine, String rules, SqlSecException reason) {
      this.engine = engine;
      this.rules = rules;
      this.reason = reason;
    }

    Reply check(Request request) {
      Reply reply = engine.check(request);
      version.accumulateAndGet(reply.policy().version(), ReloadingEngine::higher);
      return reply;
    }
  }

  /** A listener that fails must not stop the looks. */
  private static final class Guarded implements Listener {
    private final Listener inner;

    Guarded(Listener inner) {
      this.inner = Objects.requireNonNull(inner);
    }

    @Override
    public void info(String message) {
      tell(inner::info, message);
    }

    @Override
    public void warn(String message) {
      tell(inner::warn, message);
    }

    @Override
    public void error(String message) {
      tell(inner::error, message);
    }

    private static void tell(Consumer<String> listener, String message) {
      try {
        listener.accept(message);
      } catch (Throwable e) {
        // Nobody else is there to be told.
      }
    }
  }
}
