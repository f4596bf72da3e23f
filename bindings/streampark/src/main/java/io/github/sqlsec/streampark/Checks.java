package io.github.sqlsec.streampark;

import io.github.sqlsec.FlinkVersion;
import io.github.sqlsec.Principal;
import io.github.sqlsec.Reply;
import io.github.sqlsec.Request;
import io.github.sqlsec.Session;
import io.github.sqlsec.Splitter;
import io.github.sqlsec.Statement;
import io.github.sqlsec.host.Settings;
import java.util.Map;

/** Questions to the engine. */
final class Checks {
  private final Engines engines;
  private final Options options;

  Checks(Engines engines, Options options) {
    this.engines = engines;
    this.options = options;
  }

  /** The Flink whose grammar is read, for a line that the site lets jobs run on. */
  FlinkVersion flink(String line) {
    if (!options.flinkVersions.contains(line)) {
      throw Refusal.of("flink-denied", "jobs on Flink " + line + " are not checked; `sqlsec.flink-versions` says which are");
    }
    return line.startsWith("2.") ? FlinkVersion.V2_3 : FlinkVersion.V1_20;
  }

  /**
   * Decides about a text, with its variables replaced, as StreamPark cuts it. Where lineage is kept, what is allowed and writes leaves a pending record.
   *
   * @param job what the record is to be named after; null for a text that is not submitted
   */
  Reply text(Principal who, FlinkVersion flink, Session session, String sql, String job) {
    Request request = Request.of(who, sql).flink(flink).splitter(Splitter.STREAMPARK);
    request = job == null ? request : request.job(job);
    return engines.check(session == null ? request : request.in(session));
  }

  /** What was allowed is not submitted. */
  void withheld(Reply reply) {
    engines.abort(reply);
  }

  /** The state of a session in which these were SET; null for a fresh one. */
  Session settings(Principal who, FlinkVersion flink, Map<String, String> settings) {
    if (settings.isEmpty()) {
      return null;
    }
    Reply reply = engines.check(Request.of(who, Settings.script(settings)).flink(flink));
    engines.abort(reply);
    if (!reply.isAllowed()) {
      throw Refusal.of(reply.errors().get(0).code(), "properties of the job: " + reply.errors().get(0).message());
    }
    if (!Settings.isReadAsGiven(settings, reply)) {
      throw Refusal.of("setting-denied", "properties of the job: a setting that cannot be read");
    }
    return reply.session();
  }

  /** Whether nothing was added to the text: its submitter may see all that it reads. */
  static boolean isUntouched(Reply reply) {
    for (Statement statement : reply.statements()) {
      if (!statement.edits().isEmpty() || !statement.applied().isEmpty()) {
        return false;
      }
    }
    return true;
  }
}
