package io.github.sqlsec.gateway;

import io.github.sqlsec.Config;
import io.github.sqlsec.ReloadingEngine;
import io.github.sqlsec.Reply;
import io.github.sqlsec.Request;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The engine of the moment, opened anew as often as configured. A gateway whose first rules cannot be used does not start. */
final class Engines {
  private static final Logger LOG = LoggerFactory.getLogger(Engines.class);

  private final ReloadingEngine engine;

  Engines(Supplier<Config> config, long reloadSeconds) {
    this(config, () -> "", reloadSeconds);
  }

  Engines(Supplier<Config> config, Supplier<String> state, long reloadSeconds) {
    this(ReloadingEngine.of(config, state, ReloadingEngine.Reload.ALWAYS, reloadSeconds, new Log()));
  }

  private Engines(ReloadingEngine engine) {
    this.engine = engine;
    engine.missing().ifPresent(reason -> {
      engine.close();
      throw reason;
    });
  }

  /** That of a document. */
  static Engines ofFile(Path document, long reloadSeconds) {
    return new Engines(ReloadingEngine.ofFile(document, ReloadingEngine.Reload.ALWAYS, reloadSeconds, new Log()));
  }

  Reply check(Request request) {
    return engine.check(request);
  }

  /**
   * Says that a statement was submitted.
   *
   * @return false where it is to be said again
   */
  boolean commit(long record) {
    return engine.commit(record);
  }

  /** Says that what a reply allows was not submitted. */
  void abort(Reply reply) {
    engine.abort(reply);
  }

  /** Says that a statement was not submitted. A record of which that cannot be said stays pending, and protects. */
  void abort(long record) {
    engine.abort(record);
  }

  void reload() {
    engine.reload();
  }

  private static final class Log implements ReloadingEngine.Listener {
    @Override
    public void info(String message) {
      // As often as the rules are opened.
      LOG.debug("sqlsec: {}", message);
    }

    @Override
    public void warn(String message) {
      LOG.warn("sqlsec: {}", message);
    }

    @Override
    public void error(String message) {
      LOG.error("sqlsec: {}", message);
    }
  }
}
