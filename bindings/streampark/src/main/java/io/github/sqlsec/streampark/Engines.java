package io.github.sqlsec.streampark;

import io.github.sqlsec.ReloadingEngine;
import io.github.sqlsec.Reply;
import io.github.sqlsec.Request;
import io.github.sqlsec.SqlSecException;
import io.github.sqlsec.host.LogText;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The engine of the moment, or the reason why there is none: then everything is refused, until files that are looked at again and again make one. */
final class Engines implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Engines.class);

  /** Null for none, for good. */
  private final ReloadingEngine engine;
  private final String reason;

  private Engines(ReloadingEngine engine, String reason) {
    this.engine = engine;
    this.reason = reason;
  }

  /** None, for good. */
  static Engines none(String reason) {
    LOG.error("sqlsec: everything is refused: {}", reason);
    return new Engines(null, reason);
  }

  static Engines of(Path document, long reloadSeconds) {
    return new Engines(ReloadingEngine.ofFile(document, ReloadingEngine.Reload.WHEN_CHANGED, reloadSeconds, new Log(document)), null);
  }

  /** The answer. Without an engine, or where it decides nothing, that is a refusal: the reason is for the operator, in the log. */
  Reply check(Request request) {
    if (engine == null) {
      LOG.error("sqlsec: everything is refused: {}", reason);
      throw unavailable(reason);
    }
    try {
      return engine.check(request);
    } catch (SqlSecException e) {
      LOG.error("sqlsec: nothing was decided: {}: {}", e.code(), LogText.of(e.getMessage()));
      Optional<SqlSecException> missing = engine.missing();
      throw missing.isPresent() ? unavailable(missing.get().code()) : Refusal.of("unavailable", "nothing was decided; the console's log says why");
    }
  }

  /** Says that a text was submitted. */
  void commit(long record) {
    if (engine != null) {
      engine.commit(record);
    }
  }

  /** Says that what a reply allows was not submitted. */
  void abort(Reply reply) {
    if (engine != null) {
      engine.abort(reply);
    }
  }

  /** Says that a text was not submitted. A record of which that cannot be said stays pending, and protects. */
  void abort(long record) {
    if (engine != null) {
      engine.abort(record);
    }
  }

  private static Refusal unavailable(String why) {
    return Refusal.of("unavailable", "there are no rules to check by (" + why + "); the console's log says why");
  }

  @Override
  public void close() {
    if (engine != null) {
      engine.close();
    }
  }

  private static final class Log implements ReloadingEngine.Listener {
    private final Path document;

    Log(Path document) {
      this.document = document;
    }

    @Override
    public void info(String message) {
      LOG.info("sqlsec: {}: {}", message, document);
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
