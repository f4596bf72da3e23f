package io.github.sqlsec.gateway;

import io.github.sqlsec.Principal;
import io.github.sqlsec.Reply;
import io.github.sqlsec.Session;
import io.github.sqlsec.host.LogText;
import io.github.sqlsec.host.Settings;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.catalog.ResolvedCatalogBaseTable;
import org.apache.flink.table.gateway.api.SqlGatewayService;
import org.apache.flink.table.gateway.api.operation.OperationHandle;
import org.apache.flink.table.gateway.api.operation.OperationStatus;
import org.apache.flink.table.gateway.api.results.ResultSet;
import org.apache.flink.table.gateway.api.session.SessionEnvironment;
import org.apache.flink.table.gateway.api.session.SessionHandle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gateway's service as the REST endpoint sees it. A reflective proxy, so that one class serves all versions of the interface; {@link MethodRule} is the
 * closed list of what each method may do.
 *
 * <p>Invariant: what reaches the wrapped service was asked by a known caller, of a session of theirs, and holds no SQL but what the engine has handed out.
 */
final class ProtectedService implements InvocationHandler {
  private static final Logger LOG = LoggerFactory.getLogger(ProtectedService.class);

  private static final String DIALECT = "table.sql-dialect";

  /** A name as the refresh of a materialized table writes it: one to three parts, in back-ticks or plain. */
  private static final String NAME = "(?:[A-Za-z_][A-Za-z0-9_]*|`[^`]+`)";

  private final SqlGatewayService wrapped;
  private final Probe probe;
  private final Checks checks;
  private final Sessions sessions;
  private final Submissions submissions;
  private final boolean ignoreProperties;

  private ProtectedService(SqlGatewayService wrapped, Checks checks, Sessions sessions, boolean ignoreProperties) {
    this.wrapped = wrapped;
    this.probe = new Probe(wrapped);
    this.checks = checks;
    this.sessions = sessions;
    this.submissions = new Submissions(wrapped, checks.engine());
    this.ignoreProperties = ignoreProperties;
  }

  static SqlGatewayService over(SqlGatewayService wrapped, Checks checks, Sessions sessions, boolean ignoreProperties) {
    ProtectedService service = new ProtectedService(wrapped, checks, sessions, ignoreProperties);
    ClassLoader loader = ProtectedService.class.getClassLoader();
    return (SqlGatewayService) Proxy.newProxyInstance(loader, new Class<?>[] {SqlGatewayService.class}, service);
  }

  @Override
  public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
    if (method.getDeclaringClass() == Object.class) {
      return ofObject(proxy, method, arguments);
    }
    Object[] args = arguments == null ? new Object[0] : arguments.clone();
    MethodRule rule = MethodRule.of(method.getName());
    if (rule == MethodRule.INFO) {
      return pass(method, args);
    }
    Identity caller = Caller.current();
    if (rule == MethodRule.DENIED) {
      LOG.warn("sqlsec: refused `{}` to `{}`", method.getName(), LogText.of(caller.user()));
      throw Refusal.of("method-denied", "`" + method.getName() + "` is closed");
    }
    if (rule == MethodRule.OPEN) {
      return open(caller, (SessionEnvironment) args[0]);
    }
    SessionHandle handle = (SessionHandle) args[0];
    OwnedSession session = sessions.of(handle, caller);
    switch (rule) {
      case CLOSE:
        sessions.remove(handle);
        submissions.look(handle);
        return pass(method, args);
      case EXECUTE:
      case CONFIGURE:
      case REFRESH:
        session.queue();
        try {
          return rule == MethodRule.REFRESH ? refresh(caller, session, method, args) : statement(caller, session, method, args);
        } finally {
          session.leave();
        }
      case DEPLOY:
        return deploy(caller, method, args);
      case CONFIG:
        Map<String, String> configuration = wrapped.getSessionConfig(handle);
        // Flink's heartbeat calls this too, and looks at nothing of it: that is no question of a user's.
        return Caller.route().filter(Route.HEARTBEAT::equals).isPresent() ? Collections.emptyMap() : checks.settable(caller.principal(), configuration);
      case COMPLETE:
        return Collections.emptyList();
      case OPERATION:
        return operation(caller, session, method, args);
      case END_OPERATION:
        return endOperation(session, method, args);
      case NAMES:
        return pass(method, args);
      case INFO:
      case DENIED:
      case OPEN:
      default:
        throw Refusal.of("method-denied", "`" + method.getName() + "` is closed");
    }
  }

  private SessionHandle open(Identity caller, SessionEnvironment asked) {
    if (!asked.getRegisteredCatalogCreators().isEmpty() || !asked.getRegisteredModuleCreators().isEmpty() || asked.getDefaultCatalog().isPresent()) {
      throw Refusal.of("setting-denied", "a session begins with the gateway's own catalogs and modules");
    }
    Principal principal = caller.principal();
    Session fresh = Session.of("default_catalog", "default_database");
    Map<String, String> properties = asked.getSessionConfig();
    if (ignoreProperties) {
      // Stock clients send all of their own configuration. What is left out has no effect; a dialect that is left out would have one.
      String dialect = properties.get(DIALECT);
      properties = checks.settable(principal, properties);
      if (dialect != null) {
        properties.put(DIALECT, dialect);
      }
    }
    checks.settings(principal, fresh, properties);
    SessionEnvironment.Builder environment =
        SessionEnvironment.newBuilder().setSessionEndpointVersion(asked.getSessionEndpointVersion()).addSessionConfig(new LinkedHashMap<>(properties));
    asked.getSessionName().ifPresent(environment::setSessionName);
    sessions.take(caller.user());
    try {
      return begun(caller, properties, environment.build());
    } finally {
      sessions.give(caller.user());
    }
  }

  private SessionHandle begun(Identity caller, Map<String, String> properties, SessionEnvironment environment) {
    SessionHandle handle = wrapped.openSession(environment);
    try {
      Session begun = Session.of(wrapped.getCurrentCatalog(handle), probe.currentDatabase(handle));
      sessions.add(handle, new OwnedSession(caller.user(), checks.settings(caller.principal(), begun, properties), Probe.WAIT_MILLIS));
    } catch (RuntimeException | Error e) {
      wrapped.closeSession(handle);
      throw e;
    }
    return handle;
  }

  /** {@code executeStatement(session, statement, timeout, configuration)} and {@code configureSession(session, statement, timeout)}. */
  private Object statement(Identity caller, OwnedSession session, Method method, Object[] args) throws Throwable {
    SessionHandle handle = (SessionHandle) args[0];
    String sql = (String) args[1];
    if (sql == null) {
      throw Refusal.of("syntax-error", "no statement");
    }
    Principal principal = caller.principal();
    synchronized (session) {
      Session before = state(handle, session);
      if (args.length > 3) {
        checks.settings(principal, before, ((Configuration) args[3]).toMap());
      }
      Reply reply = checks.statement(principal, before, sql, new LiveCatalog(probe.in(handle, before)));
      boolean changes;
      Disclosure disclosure;
      try {
        if (reply.statements().size() != 1) {
          // Flink takes one; which of two it would take is not left to it.
          throw Refusal.of("syntax-error", "one statement a call");
        }
        disclosure = session.disclosed(reply, sql);
        changes = !reply.session().toJson().equals(before.toJson());
        if (changes) {
          session.quiet(probe.status(handle));
        }
      } catch (RuntimeException | Error e) {
        submissions.withheld(reply);
        throw e;
      }
      args[1] = reply.sql();
      return method.getName().equals("configureSession") ? configure(session, reply, disclosure, changes, method, args) : submit(session, reply, disclosure, changes, method, args);
    }
  }

  /** What of a reply must not be told; where that cannot be said nothing is submitted. */
  private Disclosure disclosure(Reply reply, String sql) {
    try {
      return Disclosure.of(reply, sql);
    } catch (RuntimeException | Error e) {
      submissions.withheld(reply);
      throw e;
    }
  }

  private Object submit(OwnedSession session, Reply reply, Disclosure disclosure, boolean changes, Method method, Object[] args) throws Throwable {
    OperationHandle operation;
    try {
      operation = (OperationHandle) pass(method, args);
    } catch (Throwable e) {
      if (!Submissions.isRefused(e)) {
        session.untracked(changes);
      }
      submissions.failed(reply, e);
      throw told(disclosure, e);
    }
    try {
      submissions.submitted((SessionHandle) args[0], operation, reply);
      session.submitted(operation, reply, changes, disclosure, probe.status((SessionHandle) args[0]));
    } catch (Throwable e) {
      // Flink runs it, and nobody here knows of it.
      session.lose();
      throw e;
    }
    return operation;
  }

  /** It comes back when the statement has ended; one that fails may have ended or not, and leaves its lineage record pending. */
  private Object configure(OwnedSession session, Reply reply, Disclosure disclosure, boolean changes, Method method, Object[] args) throws Throwable {
    try {
      Object nothing = pass(method, args);
      submissions.done(reply);
      session.state(SessionState.withoutShared(reply.session()));
      return nothing;
    } catch (Throwable e) {
      session.untracked(changes);
      throw told(disclosure, e);
    }
  }

  /** The state of the session, with the current database, which only Flink knows after USE CATALOG. */
  private Session state(SessionHandle handle, OwnedSession session) {
    Session state = session.state(probe.status(handle));
    if (!state.database().isEmpty()) {
      return state;
    }
    Session whole = SessionState.withDatabase(state, probe.databaseNow(handle));
    session.state(whole);
    return whole;
  }

  /**
   * {@code deployScript(session, scriptUri, script, configuration)}: the script runs in a session of its own, without what this session has made.
   */
  private Object deploy(Identity caller, Method method, Object[] args) throws Throwable {
    if (args[1] != null || args[2] == null) {
      throw Refusal.of("method-denied", "a script that lies elsewhere cannot be checked: send its text");
    }
    Principal principal = caller.principal();
    Map<String, String> site = wrapped.getSessionConfig((SessionHandle) args[0]);
    String builtIn = site.getOrDefault("table.builtin-catalog-name", "default_catalog");
    Session fresh = Session.of(builtIn, site.getOrDefault("table.builtin-database-name", "default_database"));
    checks.settings(principal, fresh, ((Configuration) args[3]).toMap());
    String script = (String) args[2];
    Reply reply = checks.statement(principal, fresh, script, new LiveCatalog(ofFreshSession(builtIn)));
    Disclosure disclosure = disclosure(reply, script);
    args[2] = reply.sql();
    try {
      Object cluster = pass(method, args);
      submissions.done(reply);
      return cluster;
    } catch (Throwable e) {
      // A deployment that fails may have begun: its lineage record stays pending.
      throw told(disclosure, e);
    }
  }

  /** In a session that nobody has used yet its own catalog is empty, and what lies in others nobody can say here: a view among them may read anything. */
  private static LiveCatalog.Lookup ofFreshSession(String builtIn) {
    return new LiveCatalog.Lookup() {
      @Override
      public Optional<ResolvedCatalogBaseTable<?>> find(String catalog, String database, String table) {
        if (catalog.equals(builtIn)) {
          return Optional.empty();
        }
        throw Refusal.of("table-unlisted", "nobody has described `" + catalog + "." + database + "." + table + "`: a script reads tables of the catalog file and its own");
      }

      @Override
      public Map<String, String> options(String catalog) {
        return Collections.emptyMap();
      }
    };
  }

  /** {@code refreshMaterializedTable(session, identifier, isPeriodic, scheduleTime, dynamicOptions, staticPartitions, executionConfig)}. */
  private Object refresh(Identity caller, OwnedSession session, Method method, Object[] args) throws Throwable {
    SessionHandle handle = (SessionHandle) args[0];
    String name = (String) args[1];
    if (!strings(args[4]).isEmpty()) {
      throw Refusal.of("option-denied", "a refresh takes no table options");
    }
    if (name == null || !name.matches(NAME + "(?:\\." + NAME + "){0,2}")) {
      throw Refusal.of("syntax-error", "not the name of a table");
    }
    if (!Boolean.FALSE.equals(args[2])) {
      // By a format that the table's options hold, whose text may be anything; and its scheduler is closed.
      throw Refusal.of("refresh-denied", "no periodic refresh: name the partition");
    }
    Refreshes.check(strings(args[5]));
    List<String> partitions = new ArrayList<>();
    strings(args[5]).forEach((key, value) -> partitions.add("`" + key.replace("`", "``") + "` = " + Settings.quoted(value)));
    String sql = "ALTER MATERIALIZED TABLE " + name + " REFRESH" + (partitions.isEmpty() ? "" : " PARTITION (" + String.join(", ", partitions) + ")");
    Principal principal = caller.principal();
    synchronized (session) {
      Session before = state(handle, session);
      checks.settings(principal, before, strings(args[6]));
      Reply reply = checks.statement(principal, before, sql, new LiveCatalog(probe.in(handle, before)));
      if (!reply.sql().equals(sql)) {
        // Flink takes the parts, and would not see what was changed.
        submissions.withheld(reply);
        throw Refusal.of("refresh-denied", "a refresh that would have to be rewritten");
      }
      return submit(session, reply, disclosure(reply, sql), false, method, args);
    }
  }

  private Object operation(Identity caller, OwnedSession session, Method method, Object[] args) throws Throwable {
    Disclosure disclosure = session.disclosure((OperationHandle) args[1]);
    try {
      Object answer = pass(method, args);
      boolean list = disclosure.isOfSettings() && answer instanceof ResultSet;
      return list ? ShownSettings.of((ResultSet) answer, all -> checks.settable(caller.principal(), all)) : answer;
    } catch (Throwable e) {
      throw told(disclosure, e);
    }
  }

  /** An error as its submitter may see it. */
  private static Throwable told(Disclosure disclosure, Throwable error) {
    if (!disclosure.isIn(error)) {
      return error;
    }
    LOG.warn("sqlsec: an error that quotes the policy was withheld: {}", LogText.of(error));
    return Refusal.of("statement-failed", "the statement failed; the gateway's log has the error");
  }

  private Object endOperation(OwnedSession session, Method method, Object[] args) throws Throwable {
    Disclosure disclosure = session.disclosure((OperationHandle) args[1]);
    try {
      return method.getName().equals("closeOperation") ? closeOperation(session, method, args) : pass(method, args);
    } catch (Throwable e) {
      throw told(disclosure, e);
    }
  }

  private Object closeOperation(OwnedSession session, Method method, Object[] args) throws Throwable {
    OperationHandle operation = (OperationHandle) args[1];
    // What it has come to is not known afterwards.
    submissions.look(operation);
    OperationStatus before;
    synchronized (session) {
      session.ending(operation, probe.status((SessionHandle) args[0]));
      before = probe.status((SessionHandle) args[0]).apply(operation);
    }
    try {
      return pass(method, args);
    } finally {
      // Not before: whoever fetches from it meanwhile gets what they may see.
      session.ended(operation);
      synchronized (session) {
        session.closed(operation, before);
      }
    }
  }

  private Object pass(Method method, Object[] args) throws Throwable {
    try {
      return method.invoke(wrapped, args);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static Object ofObject(Object proxy, Method method, Object[] arguments) {
    switch (method.getName()) {
      case "equals":
        return proxy == arguments[0];
      case "hashCode":
        return System.identityHashCode(proxy);
      default:
        return "sqlsec's gateway service";
    }
  }

  @SuppressWarnings("unchecked") // by the interface
  private static Map<String, String> strings(Object map) {
    return map == null ? Collections.emptyMap() : (Map<String, String>) map;
  }
}
