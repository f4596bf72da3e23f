package io.github.sqlsec.streampark;

import io.github.sqlsec.FlinkVersion;
import io.github.sqlsec.Principal;
import io.github.sqlsec.Reply;
import io.github.sqlsec.Session;
import io.github.sqlsec.host.LogText;
import java.util.Map;
import org.aopalliance.intercept.MethodInvocation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.aop.ProxyMethodInvocation;

/**
 * Starts. Each is checked, by hand or by itself, with the text as its variables make it now.
 *
 * <p>Whose rules: the owner's, and also those of whoever starts it. Both must be allowed, and the text that both may run must be one: else the starter would see
 * what only the owner may, or the owner's job would run on with less than it says. A starter who may see everything that it reads starts the owner's.
 */
final class StartGuard {
  private static final Logger LOG = LoggerFactory.getLogger(StartGuard.class);

  private final Console console;
  private final Options options;
  private final JobRules rules;
  private final Checks checks;
  private final LastStarts lastStarts;
  private final Submissions submissions;

  StartGuard(Console console, Options options, JobRules rules, Checks checks, LastStarts lastStarts, Submissions submissions) {
    this.console = console;
    this.options = options;
    this.rules = rules;
    this.checks = checks;
    this.lastStarts = lastStarts;
    this.submissions = submissions;
  }

  /** Around {@code start} and {@code restart}. */
  Object start(MethodInvocation call) throws Throwable {
    boolean automatic = call.getArguments().length > 1 && (Boolean) call.getArguments()[1];
    Start before = Start.enter(null);
    try {
      Object request = call.getArguments()[0];
      Long id = request == null ? null : Reflected.number(request, "getId");
      if (id == null) {
        throw Refusal.of("job-unknown", "a start without a job");
      }
      Job job = console.job(call.getThis(), id);
      if (!job.isFlinkSql()) {
        rules.customCode(job);
        return call.proceed();
      }
      return start(call, begun(call.getThis(), job, request, automatic));
    } catch (Throwable e) {
      if (automatic) {
        // Nobody is there to be shown it, and StreamPark may drop it.
        LOG.warn("sqlsec: a job is not restarted: {}", e instanceof Refusal ? LogText.of(e.getMessage()) : LogText.of(e));
      }
      throw e;
    } finally {
      Start.enter(before);
    }
  }

  private Object start(MethodInvocation call, Start start) throws Throwable {
    Start.enter(start);
    boolean came = false;
    try {
      Object result = call.proceed();
      came = true;
      ended(start);
      return result;
    } finally {
      // A start that breaks off behind the arguments may have submitted: its transaction can fail afterwards.
      if (!start.isHandedOut() || !came && start.isWithheld()) {
        submissions.withheld(start);
      }
    }
  }

  /** All that can be decided before StreamPark changes anything: a refusal then leaves the job as it was. */
  private Start begun(Object service, Job job, Object request, boolean automatic) {
    rules.sqlJob(job);
    rules.arguments(job.args);
    rules.arguments(Reflected.text(request, "getArgs"));
    rules.file(console.nextFile(job.id));
    if (job.team == null) {
      throw Refusal.of("team-denied", "a job without a team");
    }
    Person owner = console.person(job.owner, job.team);
    // A restart that StreamPark decides upon is nobody's, whoever the thread may think it serves.
    Person starter = automatic ? null : console.login(job.team);
    Start start = new Start(service, job, owner, starter, Reflected.text(request, "getDynamicProperties"));
    Console.Text next = console.next(job.id);
    if (next != null) {
      rules.text(next);
      decide(start, console.expanded(job.team, next.sql));
    }
    return start;
  }

  /** StreamPark's part is done: the job was handed to the thread that submits it. Whether the cluster has taken it comes by the log. */
  private void ended(Start start) {
    if (start.isHandedOut()) {
      if (start.isManual()) {
        lastStarts.record(start.job.id, start.text(), start.starter.id);
      }
      LOG.info("sqlsec: job {} of `{}` is submitted protected, {}", start.job.id, LogText.of(start.owner.name), LogText.of(trigger(start)));
    } else if (start.isManual() || !start.isUntouched()) {
      LOG.error("sqlsec: job {} was started without its text: what was submitted, if anything, is no SQL", start.job.id);
      throw Refusal.of("start-unknown", "StreamPark does not take the job's text where the plug-in expects it");
    }
  }

  /** After {@code FlinkSqlService.getEffective}: within a start its text is a mark. */
  Object effective(MethodInvocation call) throws Throwable {
    Object entity = call.proceed();
    Start start = Start.current();
    Object[] args = call.getArguments();
    if (start == null || entity == null || !Boolean.TRUE.equals(args[1]) || !start.job.id.equals(args[0])) {
      return entity;
    }
    Console.Text text = new Console.Text(entity, Reflected.text(entity, "getSql"));
    rules.text(text);
    Reflected.call(entity, "setSql", start.marked(text.sql));
    return entity;
  }

  /** Around {@code VariableService.replaceVariable}: within a start, the mark becomes the protected text. */
  Object variables(MethodInvocation call) throws Throwable {
    Start start = Start.current();
    if (start == null) {
      return call.proceed();
    }
    Object[] args = call.getArguments();
    String template = start.template((Long) args[0], (String) args[1]);
    if (template == null) {
      String expanded = (String) call.proceed();
      rules.arguments(expanded);
      start.leaving();
      return expanded;
    }
    // A job that was changed since the first look is another one.
    if (!console.job(start.service, start.job.id).equals(start.job)) {
      throw Refusal.of("job-changed", "the job was changed while it was started");
    }
    ((ProxyMethodInvocation) call).setArguments(args[0], template);
    String expanded = (String) call.proceed();
    if (expanded == null) {
      throw Refusal.of("start-unknown", "the job has no text");
    }
    decide(start, expanded);
    submissions.handedOut(start);
    return start.handedOut();
  }

  /** After the look for a configuration file. */
  Object file(MethodInvocation call) throws Throwable {
    Object file = call.proceed();
    Start start = Start.current();
    if (start != null && start.job.id.equals(call.getArguments()[0])) {
      rules.file(file);
    }
    return file;
  }

  /** Around {@code ApplicationLogService.save}: the thread that submits says what a submission has come to. */
  Object log(MethodInvocation call) throws Throwable {
    try {
      submissions.logged(call.getArguments()[0]);
    } catch (LinkageError | RuntimeException e) {
      // The log is StreamPark's: it is written whatever becomes of the record, which stays pending and protects.
      LOG.error("sqlsec: what a job's log says cannot be read: {}", LogText.of(e));
    }
    return call.proceed();
  }

  Object spark(MethodInvocation call) throws Throwable {
    rules.spark();
    return call.proceed();
  }

  private void decide(Start start, String text) {
    if (start.known(text) != null) {
      return;
    }
    Person second = start.starter;
    if (!start.isManual() && !options.restartsAnyText) {
      Long last = lastStarts.starter(start.job.id, text);
      if (last == null) {
        throw Refusal.of("restart-denied", "nobody has started this text of job `" + start.job.name + "`: start it by hand");
      }
      second = console.person(last, start.job.team);
    }
    submissions.withheld(start);
    boolean alone = second == null || second.id.equals(start.owner.id);
    // Only the owner's record is of what will run: the other is gone before the owner is asked for.
    Reply other = alone ? null : reply(start, second, text);
    if (!alone) {
      checks.withheld(other);
    }
    Reply owner = reply(start, start.owner, text);
    if (!alone && !other.sql().equals(owner.sql()) && !Checks.isUntouched(other)) {
      checks.withheld(owner);
      throw Refusal.of("starter-differs", "`" + second.name + "` may not see the same as the job's owner `" + start.owner.name + "`, who may start it");
    }
    start.decided(text, owner.sql(), owner.lineageId());
  }

  private Reply reply(Start start, Person person, String text) {
    Job job = start.job;
    Map<String, Object> place = console.place(job.team, start.isManual() ? "manual" : "automatic");
    place.put("app_id", job.id);
    Principal principal = person.principal(place);
    FlinkVersion flink = checks.flink(console.flinkLine(job.flink));
    Session session = checks.settings(principal, flink, rules.settings(job, start.given));
    Reply reply = checks.text(principal, flink, session, text, job.name);
    if (!reply.isAllowed()) {
      LOG.warn("sqlsec: job {} is refused for `{}`: {}", job.id, LogText.of(person.name), reply.errors().get(0).code());
      throw Refusal.of("job `" + job.name + "`, as `" + person.name + "`", reply.errors());
    }
    return reply;
  }

  private static String trigger(Start start) {
    return start.isManual() ? "started by `" + start.starter.name + "`" : "restarted";
  }
}
