package io.github.sqlsec.gateway;

import io.github.sqlsec.Config;
import io.github.sqlsec.Reply;
import io.github.sqlsec.Request;
import io.github.sqlsec.SqlSec;
import io.github.sqlsec.SqlSecException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The engine of the moment. New files become a new engine, as often as configured; files that make none leave the old one in place, and are logged. */
final class Engines {
  private static final Logger LOG = LoggerFactory.getLogger(Engines.class);

  private final Supplier<Config> config;
  /** Shared by checks, alone for the change: an engine is not closed under a check. */
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private SqlSec engine;

  Engines(Supplier<Config> config, long reloadSeconds) {
    this.config = config;
    this.engine = SqlSec.open(config.get());
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

  void reload() {
    SqlSec next;
    try {
      next = SqlSec.open(config.get());
    } catch (SqlSecException e) {
      LOG.error("sqlsec: the new rules cannot be used, the old ones hold: {}: {}", e.code(), e.getMessage());
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
