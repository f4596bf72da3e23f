package io.github.sqlsec.gateway;

import java.lang.reflect.Field;
import java.util.Optional;
import org.apache.flink.table.catalog.CatalogManager;
import org.apache.flink.table.gateway.api.SqlGatewayService;
import org.apache.flink.table.gateway.api.session.SessionHandle;
import org.apache.flink.table.gateway.service.SqlGatewayServiceImpl;
import org.apache.flink.table.gateway.service.context.SessionContext;
import org.apache.flink.table.gateway.service.session.Session;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The catalogs of a session, taken from the gateway's own objects. The interface has {@code getTable}, which makes a planner for every call (milliseconds), and tells that a
 * table is not there by an exception and an error in the log. Where the objects are not those that are known, there is nothing, and the interface is asked.
 */
final class SessionCatalogs {
  private static final Logger LOG = LoggerFactory.getLogger(SessionCatalogs.class);

  private final SqlGatewayServiceImpl service;
  private final Field context;

  SessionCatalogs(SqlGatewayService wrapped) {
    SqlGatewayServiceImpl known = null;
    Field field = null;
    try {
      if (wrapped instanceof SqlGatewayServiceImpl) {
        field = Session.class.getDeclaredField("sessionContext");
        field.setAccessible(true);
        known = (SqlGatewayServiceImpl) wrapped;
      }
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.warn("sqlsec: tables are looked up by the slow way: {}", e.toString());
    }
    service = known;
    context = field;
  }

  Optional<CatalogManager> of(SessionHandle handle) {
    if (service == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(((SessionContext) context.get(service.getSession(handle))).getSessionState().catalogManager);
    } catch (ReflectiveOperationException | LinkageError | RuntimeException e) {
      return Optional.empty();
    }
  }
}
