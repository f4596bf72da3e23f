package io.github.sqlsec.streampark;

import io.github.sqlsec.Config;
import io.github.sqlsec.Reply;
import io.github.sqlsec.Request;
import io.github.sqlsec.SqlSec;
import io.github.sqlsec.SqlSecException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine of the moment, or the reason why there is none: then everything is refused, and the files are looked at again and again. New files become a new
 * engine; files that make none leave the old one in force, and are logged. Files are taken when they have stood still between two looks, and still do after they
 * were read: what is half written can mean less.
 */
final class Engines implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Engines.class);

  private final Path document;
  private final ScheduledExecutorService clock;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private String seen;
  private SqlSec engine;
  private String reason;

  private Engines(Path document, String reason, ScheduledExecutorService clock) {
    this.document = document;
    this.reason = reason;
    this.clock = clock;
  }

  /** None, for good. */
  static Engines none(String reason) {
    LOG.error("sqlsec: everything is refused: {}", reason);
    return new Engines(null, reason, null);
  }

  static Engines of(Path document, long reloadSeconds) {
    ScheduledExecutorService clock = null;
    if (reloadSeconds > 0) {
      clock =
          Executors.newSingleThreadScheduledExecutor(
              run -> {
                Thread thread = new Thread(run, "sqlsec-reload");
                thread.setDaemon(true);
                return thread;
              });
    }
    Engines engines = new Engines(document, "not opened", clock);
    engines.seen = engines.mark();
    engines.open(engines.seen);
    if (clock != null) {
      clock.scheduleWithFixedDelay(engines::reload, reloadSeconds, reloadSeconds, TimeUnit.SECONDS);
    }
    return engines;
  }

  /** The answer. Without an engine, or where it decides nothing, that is a refusal: the reason is for the operator, in the log. */
  Reply check(Request request) {
    lock.readLock().lock();
    try {
      if (engine == null) {
        LOG.error("sqlsec: everything is refused: {}", reason);
        throw Refusal.of("unavailable", "there are no rules to check by (" + word(reason) + "); the console's log says why");
      }
      return engine.check(request);
    } catch (SqlSecException e) {
      LOG.error("sqlsec: nothing was decided: {}: {}", e.code(), e.getMessage());
      throw Refusal.of("unavailable", "nothing was decided; the console's log says why");
    } finally {
      lock.readLock().unlock();
    }
  }

  /** The code of a reason, without what it quotes. */
  private static String word(String reason) {
    int colon = reason.indexOf(": ");
    return colon < 0 ? reason : reason.substring(0, colon);
  }

  void reload() {
    try {
      String now = mark();
      boolean still = now.equals(seen);
      boolean changed = !now.equals(opened);
      seen = now;
      if (still && changed) {
        open(now);
      }
    } catch (RuntimeException e) {
      // Whatever it is: the clock goes on.
      LOG.error("sqlsec: the new rules cannot be read, what was before holds", e);
    }
  }

  /** The state of the files that was last tried. */
  private String opened;

  private void open(String now) {
    opened = now;
    SqlSec next;
    try {
      next = SqlSec.open(Config.ofFile(document));
    } catch (SqlSecException e) {
      failed(e.code() + ": " + e.getMessage());
      return;
    } catch (LinkageError | RuntimeException e) {
      failed(e.toString());
      return;
    }
    if (!mark().equals(now)) {
      next.close();
      failed("the files change while they are read");
      opened = null;
      return;
    }
    replace(next, null);
    LOG.info("sqlsec: the rules of {} are in force", document);
  }

  private void failed(String why) {
    lock.writeLock().lock();
    try {
      if (engine == null) {
        reason = why;
        LOG.error("sqlsec: everything is refused: {}", why);
      } else {
        LOG.error("sqlsec: the new rules cannot be used, the old ones hold: {}", why);
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  private void replace(SqlSec next, String why) {
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

  @Override
  public void close() {
    if (clock != null) {
      clock.shutdownNow();
    }
    replace(null, "the console ends");
  }

  /** The files beside the document, with their lengths and times. */
  private String mark() {
    Path folder = document.toAbsolutePath().getParent();
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(Files::isRegularFile).sorted().map(Engines::markOf).collect(Collectors.joining("\n"));
    } catch (IOException | UncheckedIOException e) {
      return "unreadable";
    }
  }

  private static String markOf(Path file) {
    try {
      return file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
