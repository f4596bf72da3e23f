package io.github.sqlsec.gateway;

import java.util.Optional;
import java.util.function.Function;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.gateway.api.SqlGatewayService;
import org.apache.flink.table.gateway.api.operation.OperationHandle;
import org.apache.flink.table.gateway.api.operation.OperationStatus;
import org.apache.flink.table.gateway.api.results.ResultSet;
import org.apache.flink.table.gateway.api.session.SessionHandle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the plug-in itself asks the wrapped service. */
final class Probe {
  private static final Logger LOG = LoggerFactory.getLogger(Probe.class);

  /** How long a statement waits for others of its session. */
  static final long WAIT_MILLIS = 30_000;

  private final SqlGatewayService wrapped;

  Probe(SqlGatewayService wrapped) {
    this.wrapped = wrapped;
  }

  /** An operation that is not there any more has come to its end, and nobody knows to which. */
  Function<OperationHandle, OperationStatus> status(SessionHandle handle) {
    return operation -> {
      try {
        return wrapped.getOperationInfo(handle, operation).getStatus();
      } catch (RuntimeException e) {
        return OperationStatus.CLOSED;
      }
    };
  }

  LiveCatalog.Lookup in(SessionHandle handle) {
    return (catalog, database, table) -> {
      try {
        return Optional.of(wrapped.getTable(handle, ObjectIdentifier.of(catalog, database, table)));
      } catch (RuntimeException e) {
        if (isAbsent(e)) {
          return Optional.empty();
        }
        LOG.warn("sqlsec: a table could not be looked up", e);
        throw Refusal.of("catalog-unavailable", "the catalog could not say what `" + catalog + "." + database + "." + table + "` is");
      }
    };
  }

  /** By Flink's own words (CatalogManager.getTableOrError). Other words are a failure, and the statement is refused. */
  private static boolean isAbsent(Throwable error) {
    int depth = 0;
    for (Throwable at = error; at != null && depth < 16; at = at.getCause(), depth++) {
      String message = String.valueOf(at.getMessage());
      if (message.startsWith("Cannot find table '") || message.startsWith("Table '") && message.endsWith("' does not exist")) {
        return true;
      }
    }
    return false;
  }

  String currentDatabase(SessionHandle handle) {
    OperationHandle operation = wrapped.executeStatement(handle, "SHOW CURRENT DATABASE", 0, new Configuration());
    try {
      long end = System.nanoTime() + WAIT_MILLIS * 1_000_000L;
      while (System.nanoTime() < end) {
        ResultSet results = wrapped.fetchResults(handle, operation, 0L, 10);
        if (results.getResultType() != ResultSet.ResultType.NOT_READY) {
          return results.getData().get(0).getString(0).toString();
        }
        Thread.sleep(1);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      wrapped.closeOperation(handle, operation);
    }
    throw Refusal.of("catalog-unavailable", "the current database is not known");
  }
}
