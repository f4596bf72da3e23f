package io.github.sqlsec.gateway;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.ResultKind;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogBaseTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.gateway.api.SqlGatewayService;
import org.apache.flink.table.gateway.api.operation.OperationHandle;
import org.apache.flink.table.gateway.api.operation.OperationStatus;
import org.apache.flink.table.gateway.api.results.OperationInfo;
import org.apache.flink.table.gateway.api.results.ResultSet;
import org.apache.flink.table.gateway.api.session.SessionHandle;
import org.apache.flink.table.gateway.api.utils.SqlGatewayException;

/** A gateway's service that runs nothing: it notes what comes to it, and answers what a test tells it to. */
final class FakeGateway {
  /** Calls as {@code method argument argument}, handles left out. */
  final List<String> calls = Collections.synchronizedList(new ArrayList<>());

  final Map<String, ResolvedCatalogBaseTable<?>> tables = new HashMap<>();
  /** A table of which its catalog says nothing but an error. */
  String broken;
  final Map<String, String> config = new HashMap<>();
  /** What is closed is not there any more. */
  private final java.util.Set<OperationHandle> closed = java.util.concurrent.ConcurrentHashMap.newKeySet();
  volatile OperationStatus status = OperationStatus.FINISHED;
  String database = "default_database";
  RuntimeException failure;
  /** What a call that cancels waits for. */
  volatile java.util.concurrent.CountDownLatch held;
  /** Why an operation cannot be ended. */
  RuntimeException ending;
  /** Why the pool takes nothing. */
  RuntimeException full;
  /** Why an operation has failed. */
  Exception error;

  SqlGatewayService service() {
    return (SqlGatewayService) Proxy.newProxyInstance(FakeGateway.class.getClassLoader(), new Class<?>[] {SqlGatewayService.class}, (proxy, method, args) -> {
      String text = method.getName();
      for (Object argument : args == null ? new Object[0] : args) {
        text += argument instanceof SessionHandle || argument instanceof OperationHandle ? "" : " " + argument;
      }
      if (!text.startsWith("getTable") && !text.equals("getOperationInfo") && !text.startsWith("executeStatement SHOW CURRENT DATABASE")) {
        calls.add(text);
      }
      switch (method.getName()) {
        case "openSession":
          return SessionHandle.create();
        case "deployScript":
          if (full != null || failure != null) {
            throw full != null ? full : failure;
          }
          return null;
        case "executeStatement":
        case "refreshMaterializedTable":
          if (full != null && !text.startsWith("executeStatement SHOW CURRENT DATABASE")) {
            throw full;
          }
          return OperationHandle.create();
        case "configureSession":
          if (failure != null) {
            throw failure;
          }
          return null;
        case "getCurrentCatalog":
          return "default_catalog";
        case "cancelOperation":
          if (ending != null) {
            throw ending;
          }
          if (held != null) {
            held.await();
          }
          return null;
        case "closeOperation":
          if (ending != null) {
            throw ending;
          }
          closed.add((OperationHandle) args[1]);
          return null;
        case "getOperationInfo":
          if (closed.contains(args[1])) {
            throw new SqlGatewayException("Can not find the submitted operation in the OperationManager.");
          }
          return error == null ? new OperationInfo(status) : new OperationInfo(status, error);
        case "getSessionConfig":
          return config;
        case "fetchResults":
          if (failure != null) {
            throw failure;
          }
          return database();
        case "getTable":
          ObjectIdentifier name = (ObjectIdentifier) args[1];
          if (name.asSummaryString().equals(broken)) {
            throw new SqlGatewayException("Failed to getTable.", new RuntimeException("the catalog does not answer"));
          }
          return Optional.ofNullable(tables.get(name.asSummaryString()))
              .orElseThrow(() -> new SqlGatewayException("Failed to getTable.", new RuntimeException("Cannot find table '" + name + "' in any of the catalogs [], nor as a temporary table.")));
        default:
          return null;
      }
    });
  }

  private ResultSet database() {
    ResolvedSchema schema = ResolvedSchema.of(Column.physical("current database name", DataTypes.STRING()));
    return (ResultSet) Proxy.newProxyInstance(FakeGateway.class.getClassLoader(), new Class<?>[] {ResultSet.class}, (proxy, method, args) -> {
      switch (method.getName()) {
        case "getResultType":
          return ResultSet.ResultType.PAYLOAD;
        case "getData":
          return List.of(GenericRowData.of(StringData.fromString(database)));
        case "getResultSchema":
          return schema;
        case "getResultKind":
          return ResultKind.SUCCESS_WITH_CONTENT;
        default:
          return null;
      }
    });
  }

  /** What came through, but for the calls of opening a session. */
  List<String> submitted() {
    List<String> submitted = new ArrayList<>();
    for (String call : new ArrayList<>(calls)) {
      if (call.startsWith("executeStatement") || call.startsWith("configureSession") || call.startsWith("deployScript") || call.startsWith("refresh")) {
        submitted.add(call);
      }
    }
    return submitted;
  }
}
