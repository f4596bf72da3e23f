package io.github.sqlsec.gateway;

import io.github.sqlsec.Session;
import io.github.sqlsec.host.LogText;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.catalog.Catalog;
import org.apache.flink.table.catalog.CatalogManager;
import org.apache.flink.table.catalog.ContextResolvedTable;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogBaseTable;
import org.apache.flink.table.catalog.exceptions.TableNotExistException;
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
  private final SessionCatalogs catalogs;

  Probe(SqlGatewayService wrapped) {
    this.wrapped = wrapped;
    this.catalogs = new SessionCatalogs(wrapped);
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

  /**
   * The permanent tables of a session.
   *
   * @param session what it has made
   */
  LiveCatalog.Lookup in(SessionHandle handle, Session session) {
    Optional<CatalogManager> manager = catalogs.of(handle);
    return new LiveCatalog.Lookup() {
      @Override
      public Optional<ResolvedCatalogBaseTable<?>> find(String catalog, String database, String table) {
        ObjectIdentifier name = ObjectIdentifier.of(catalog, database, table);
        if (manager.isPresent()) {
          boolean stranger = false;
          try {
            stranger = manager.get().getTable(name).filter(ContextResolvedTable::isTemporary).isPresent() && !SessionState.hasTemporary(session, name);
            if (!stranger) {
              return atOnce(manager.get(), name);
            }
          } catch (RuntimeException | LinkageError e) {
            LOG.debug("sqlsec: a table could not be looked up at once: {}", LogText.of(e));
          }
          if (stranger) {
            // A statement that failed after it had made the table, for one: what lies below the name is not what Flink would read.
            throw Refusal.of("session-lost", "`" + name.asSummaryString() + "` is a temporary table that nobody has seen made: open a new session");
          }
        }
        if (SessionState.hasTemporary(session, name)) {
          throw Refusal.of("catalog-unavailable", "what lies below the temporary table `" + name.asSummaryString() + "` is not known");
        }
        return byInterface(handle, name);
      }

      @Override
      public Map<String, String> options(String catalog) {
        return manager.flatMap(known -> known.getCatalogDescriptor(catalog)).map(known -> known.getConfiguration().toMap()).orElse(Collections.emptyMap());
      }
    };
  }

  private static Optional<ResolvedCatalogBaseTable<?>> atOnce(CatalogManager manager, ObjectIdentifier name) {
    Optional<ContextResolvedTable> found = manager.getTable(name);
    // The engine knows what is temporary, and asks for what lies below it.
    return found.isPresent() && found.get().isTemporary() ? permanent(manager, name) : found.map(ContextResolvedTable::getResolvedTable);
  }

  private Optional<ResolvedCatalogBaseTable<?>> byInterface(SessionHandle handle, ObjectIdentifier name) {
    try {
      return Optional.of(wrapped.getTable(handle, name));
    } catch (RuntimeException e) {
      if (isAbsent(e)) {
        return Optional.empty();
      }
      LOG.warn("sqlsec: a table could not be looked up: {}", LogText.of(e));
      throw Refusal.of("catalog-unavailable", "the catalog could not say what `" + name.asSummaryString() + "` is");
    }
  }

  private static Optional<ResolvedCatalogBaseTable<?>> permanent(CatalogManager manager, ObjectIdentifier name) {
    Optional<Catalog> catalog = manager.getCatalog(name.getCatalogName());
    if (!catalog.isPresent() || !catalog.get().tableExists(name.toObjectPath())) {
      return Optional.empty();
    }
    try {
      return Optional.of(manager.resolveCatalogBaseTable(catalog.get().getTable(name.toObjectPath())));
    } catch (TableNotExistException e) {
      return Optional.empty();
    }
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

  /** The current database of a session that has run something. */
  String databaseNow(SessionHandle handle) {
    Optional<CatalogManager> manager = catalogs.of(handle);
    String known = manager.isPresent() ? manager.get().getCurrentDatabase() : null;
    return known == null ? currentDatabase(handle) : known;
  }

  /** The same by a statement, which also makes a new session ready to look up tables. */
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
