package io.github.sqlsec.gateway;

import io.github.sqlsec.Denial;
import io.github.sqlsec.FlinkVersion;
import io.github.sqlsec.Principal;
import io.github.sqlsec.ReloadingEngine;
import io.github.sqlsec.Reply;
import io.github.sqlsec.Request;
import io.github.sqlsec.Session;
import io.github.sqlsec.SqlSecException;
import io.github.sqlsec.TableName;
import io.github.sqlsec.host.LogText;
import io.github.sqlsec.host.Settings;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Questions to the engine. Every answer that is no allowance is an exception for the client. */
final class Checks {
  private static final Logger LOG = LoggerFactory.getLogger(Checks.class);

  /** How often the engine may look up names that were not known before: views in views, one after another. */
  private static final int ROUNDS = 32;

  /** A text that comes again mostly names what it named before: that is described at once, which spares a question. */
  private static final int REMEMBERED = 512;
  private static final int LONGEST = 16 * 1024;
  private static final int NAMES = 256;

  /** The job of a question that is the plug-in's own, in audit records: which tables a statement names. */
  static final String LOOKS_UP = "sqlsec-gateway: names";

  /** The same: which part of a configuration may be shown. */
  static final String SHOWS = "sqlsec-gateway: shown settings";

  /** Settings that come with a call or a new session: the user's, but no statement of theirs. */
  static final String SETS = "sqlsec-gateway: settings";

  private final ReloadingEngine engine;
  private final FlinkVersion version;
  /** By user, place and text: what one user's statements name is nothing that another's would tell of. */
  private final Map<List<String>, Set<TableKey>> names =
      Collections.synchronizedMap(new LinkedHashMap<List<String>, Set<TableKey>>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<List<String>, Set<TableKey>> eldest) {
          return size() > REMEMBERED;
        }
      });

  Checks(ReloadingEngine engine, FlinkVersion version) {
    this.engine = engine;
    this.version = version;
  }

  ReloadingEngine engine() {
    return engine;
  }

  /**
   * Checks a statement of a session: asks, describes what the engine did not know, asks again. The last answer is about described names only, and the one that an
   * auditor takes for the user's: the questions before it name {@link #LOOKS_UP} as their job.
   *
   * @param catalog where tables are described; null for none: the engine's own catalog is all there is
   */
  Reply statement(Principal principal, Session session, String sql, LiveCatalog catalog) {
    Request request = Request.of(principal, sql).in(session).flink(version);
    if (catalog == null) {
      return allowed(asked(request));
    }
    // By the place that short names are looked up in; a name too many does no harm, and what is described is looked up now.
    List<String> text = List.of(principal.user(), session.catalog(), session.database(), sql);
    Set<TableKey> known = new LinkedHashSet<>();
    LiveCatalog live = remembered(text, catalog, known);
    boolean settled = live != null;
    live = settled ? live : catalog;
    for (int round = 0; round < ROUNDS; round++) {
      Reply reply = asked((settled ? request : request.job(LOOKS_UP)).catalog(live.document()));
      boolean more = false;
      try {
        for (TableName name : reply.undescribed()) {
          TableKey key = new TableKey(name);
          if (known.add(key)) {
            more = true;
            live.describe(key);
          }
        }
      } finally {
        if (more || !settled) {
          // Nobody submits what was asked too early.
          engine.abort(reply);
        }
      }
      if (more || !settled) {
        settled = !more;
      } else {
        remember(text, known);
        return allowed(reply);
      }
    }
    throw Refusal.of("catalog-unavailable", "the statement looks up too many names, one behind the other");
  }

  /** What the text named before, described; null where there is nothing, or where that cannot be done: perhaps the text does not mean one of the names any more. */
  private LiveCatalog remembered(List<String> text, LiveCatalog catalog, Set<TableKey> known) {
    Set<TableKey> before = names.get(text);
    if (before == null) {
      return null;
    }
    LiveCatalog live = catalog.fresh();
    try {
      before.forEach(live::describe);
    } catch (RuntimeException e) {
      names.remove(text);
      return null;
    }
    known.addAll(before);
    return live;
  }

  private void remember(List<String> text, Set<TableKey> known) {
    if (text.get(text.size() - 1).length() <= LONGEST && known.size() <= NAMES) {
      names.put(text, known);
    } else {
      names.remove(text);
    }
  }

  /** Checks settings as if they were SET: the state of the session with them. */
  Session settings(Principal principal, Session session, Map<String, String> settings) {
    if (settings.isEmpty()) {
      return session;
    }
    Reply reply = asked(setAll(principal, session, settings).job(SETS));
    if (!reply.isAllowed()) {
      throw Refusal.of(reply.errors().get(0).code(), reply.errors().get(0).message());
    }
    if (!Settings.isReadAsGiven(settings, reply)) {
      throw Refusal.of("setting-denied", "a setting that cannot be read");
    }
    return reply.session();
  }

  /** Those of the settings that this principal might SET: what else a configuration holds is not shown. */
  Map<String, String> settable(Principal principal, Map<String, String> settings) {
    List<Map.Entry<String, String>> entries = new ArrayList<>(settings.entrySet());
    Map<String, String> shown = new LinkedHashMap<>();
    if (entries.isEmpty()) {
      return shown;
    }
    Reply reply = asked(setAll(principal, Session.of("default_catalog", "default_database"), settings).job(SHOWS));
    Set<Integer> denied = new HashSet<>();
    reply.errors().forEach(error -> denied.add(error.statement()));
    boolean counted = reply.statements().size() == entries.size();
    for (int i = 0; counted && i < entries.size(); i++) {
      if (!denied.contains(i)) {
        shown.put(entries.get(i).getKey(), entries.get(i).getValue());
      }
    }
    return shown;
  }

  private Request setAll(Principal principal, Session session, Map<String, String> settings) {
    return Request.of(principal, Settings.script(settings)).in(session).flink(version);
  }

  private Reply asked(Request request) {
    try {
      return engine.check(request);
    } catch (SqlSecException e) {
      // For the operator: it may quote the policy.
      LOG.error("sqlsec: nothing was decided: {}: {}", e.code(), LogText.of(e.getMessage()));
      throw Refusal.of("internal", "nothing was decided; the gateway's log says why");
    }
  }

  private static Reply allowed(Reply reply) {
    List<Denial> errors = reply.errors();
    if (!errors.isEmpty()) {
      throw Refusal.of(errors);
    }
    reply.sql();
    return reply;
  }
}
