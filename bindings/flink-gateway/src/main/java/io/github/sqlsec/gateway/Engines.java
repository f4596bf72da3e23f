package io.github.sqlsec.gateway;

import io.github.sqlsec.Config;
import io.github.sqlsec.ReloadingEngine;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The engine of the moment, opened anew as often as configured; the log is told of it. A gateway whose first rules cannot be used does not start. */
final class Engines {
  private static final Logger LOG = LoggerFactory.getLogger(Engines.class);

  private Engines() {}

  /** That of a document. */
  static ReloadingEngine ofFile(Path document, long reloadSeconds) {
    return usable(ReloadingEngine.ofFile(document, ReloadingEngine.Reload.ALWAYS, reloadSeconds, new Log()));
  }

  /** That of any configuration, with what tells one state of its files from another. */
  static ReloadingEngine of(Supplier<Config> config, Supplier<String> state) {
    return usable(ReloadingEngine.of(config, state, ReloadingEngine.Reload.ALWAYS, 0, new Log()));
  }

  /** That of a configuration which stays as it is. */
  static ReloadingEngine of(Config config) {
    return of(() -> config, () -> "");
  }

  private static ReloadingEngine usable(ReloadingEngine engine) {
    engine.missing().ifPresent(reason -> {
      engine.close();
      throw reason;
    });
    return engine;
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
