package io.github.sqlsec.gateway;

import io.github.sqlsec.Config;
import io.github.sqlsec.Reply;
import io.github.sqlsec.Request;
import io.github.sqlsec.SqlSec;
import io.github.sqlsec.SqlSecException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine of the moment. New files become a new engine, as often as configured; files that make none leave the old one in place, and are logged. A file that
 * is half written can be one that means less, so files are taken when they have stood still between two looks, and still do after they were read.
 */
final class Engines {
  private static final Logger LOG = LoggerFactory.getLogger(Engines.class);

  private final Supplier<Config> config;
  /** What tells one state of the files from another without reading them. */
  private final Supplier<String> mark;
  private String seen;
  /** The lineage store, as the document names it. */
  private final String store;
  /** Shared by checks, alone for the change: an engine is not closed under a check. */
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private SqlSec engine;

  Engines(Supplier<Config> config, long reloadSeconds) {
    this(config, () -> "", reloadSeconds);
  }

  Engines(Supplier<Config> config, Supplier<String> mark, long reloadSeconds) {
    this.config = config;
    this.mark = mark;
    this.seen = mark.get();
    Config first = config.get();
    this.store = store(first);
    this.engine = SqlSec.open(first);
    if (reloadSeconds > 0) {
      ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(run -> {
        Thread thread = new Thread(run, "sqlsec-reload");
        thread.setDaemon(true);
        return thread;
      });
      clock.scheduleWithFixedDelay(this::reload, reloadSeconds, reloadSeconds, TimeUnit.SECONDS);
    }
  }

  Reply check(Request request) {
    lock.readLock().lock();
    try {
      return engine.check(request);
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Says that a statement was submitted.
   *
   * @return false where it is to be said again
   */
  boolean commit(long record) {
    try {
      settle(sqlsec -> sqlsec.commit(record));
      return true;
    } catch (SqlSecException e) {
      boolean again = e.code().equals("lineage-unavailable");
      if (again) {
        LOG.warn("sqlsec: lineage record {} is not committed yet: {}", record, e.getMessage());
      } else {
        LOG.error("sqlsec: lineage record {} cannot be committed: {}: {}", record, e.code(), e.getMessage());
      }
      return !again;
    }
  }

  /** Says that what a reply allows was not submitted. */
  void abort(Reply reply) {
    reply.lineageId().ifPresent(this::abort);
  }

  /** Says that a statement was not submitted. A record of which that cannot be said stays pending, and protects. */
  void abort(long record) {
    try {
      settle(sqlsec -> sqlsec.abort(record));
    } catch (SqlSecException e) {
      LOG.warn("sqlsec: lineage record {} stays pending: {}: {}", record, e.code(), e.getMessage());
    }
  }

  private void settle(Consumer<SqlSec> call) {
    lock.readLock().lock();
    try {
      call.accept(engine);
    } finally {
      lock.readLock().unlock();
    }
  }

  private static String store(Config config) {
    return Documents.object(config.json().getBytes(StandardCharsets.UTF_8)).path("lineage").path("store").asText();
  }

  /** The files of a folder, with their lengths and times. */
  static String markOf(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().map(Engines::markOfFile).collect(Collectors.joining("\n"));
    } catch (IOException | UncheckedIOException e) {
      return "unreadable " + System.nanoTime();
    }
  }

  private static String markOfFile(Path file) {
    try {
      return file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void reload() {
    SqlSec next;
    try {
      String now = mark.get();
      boolean still = now.equals(seen);
      seen = now;
      if (!still) {
        return;
      }
      Config changed = config.get();
      // The number of a record means something else in another store.
      if (!store(changed).equals(store)) {
        LOG.error("sqlsec: the lineage store cannot change while the gateway runs, the old rules hold: start it anew");
        return;
      }
      next = SqlSec.open(changed);
      if (!mark.get().equals(now)) {
        next.close();
        return;
      }
    } catch (SqlSecException e) {
      LOG.error("sqlsec: the new rules cannot be used, the old ones hold: {}: {}", e.code(), e.getMessage());
      return;
    } catch (RuntimeException e) {
      // Whatever it is: the clock goes on.
      LOG.error("sqlsec: the new rules cannot be read, the old ones hold", e);
      return;
    }
    SqlSec last;
    lock.writeLock().lock();
    try {
      last = engine;
      engine = next;
    } finally {
      lock.writeLock().unlock();
    }
    last.close();
  }
}
