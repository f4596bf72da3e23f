package io.github.sqlsec.gateway;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;

/** What becomes of a call of the gateway's service. A method is known by name, in every version of the interface; one that is not listed is refused. */
enum MethodRule {
  /** Tells the version of Flink: passed. */
  INFO("getGatewayInfo"),
  /** Makes a session: its properties are checked, and it belongs to the caller. */
  OPEN("openSession"),
  /** Ends a session of the caller. */
  CLOSE("closeSession"),
  /** Runs a statement: rewritten or refused. */
  EXECUTE("executeStatement"),
  /** Runs a statement that only changes the session: rewritten or refused. */
  CONFIGURE("configureSession"),
  /** Runs a script on a cluster of its own: rewritten or refused; a script that lies elsewhere is refused. */
  DEPLOY("deployScript"),
  /** Runs the query of a materialized table: checked as the statement that does the same; options that move the table are refused. */
  REFRESH("refreshMaterializedTable"),
  /** Tells the configuration: only what the caller might set. */
  CONFIG("getSessionConfig"),
  /** Proposes names, hidden ones too: answered with none. */
  COMPLETE("completeStatement"),
  /** Works on an operation of a session of the caller. */
  OPERATION("fetchResults", "getOperationInfo", "getOperationResultSchema"),
  /** Ends an operation of a session of the caller. */
  END_OPERATION("cancelOperation", "closeOperation"),
  /** Tells names, as SHOW does, to the owner of the session. */
  NAMES("getSessionEndpointVersion", "getCurrentCatalog", "listCatalogs", "listDatabases", "listTables", "listUserDefinedFunctions", "listSystemFunctions"),
  /** Options with passwords, code, or no statement at all: for nobody. */
  DENIED("getTable", "getFunctionDefinition", "submitOperation");

  private static final Map<String, MethodRule> BY_NAME = byName();

  private final String[] methods;

  MethodRule(String... methods) {
    this.methods = methods;
  }

  /** The rule of a method; {@link #DENIED} for one that nobody has thought about. */
  static MethodRule of(String method) {
    return BY_NAME.getOrDefault(method, DENIED);
  }

  /** Whether somebody has thought about it. */
  static boolean isListed(String method) {
    return BY_NAME.containsKey(method);
  }

  private static Map<String, MethodRule> byName() {
    Map<String, MethodRule> map = new HashMap<>();
    for (MethodRule rule : values()) {
      for (String method : rule.methods) {
        if (map.put(method, rule) != null) {
          throw new IllegalStateException(method);
        }
      }
    }
    return Collections.unmodifiableMap(map);
  }
}
