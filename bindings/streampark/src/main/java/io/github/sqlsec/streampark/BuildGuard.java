package io.github.sqlsec.streampark;

import org.aopalliance.intercept.MethodInvocation;

/**
 * Builds: they pack the jars of a job's text, which each later start takes along, whatever the text says then. So a text with jars is not built. Within a build
 * StreamPark packs those of the new text where there is one, else those of the one in force.
 */
final class BuildGuard {
  private static final ThreadLocal<BuildGuard.Build> CURRENT = new ThreadLocal<>();

  private static final class Build {
    final Long job;
    boolean hasNewText;

    Build(Long job) {
      this.job = job;
    }
  }

  private final Console console;
  private final JobRules rules;

  BuildGuard(Console console, JobRules rules) {
    this.console = console;
    this.rules = rules;
  }

  static boolean isBuilding() {
    return CURRENT.get() != null;
  }

  /** Around {@code buildApplication}, of a job or of its number. */
  Object build(MethodInvocation call) throws Throwable {
    Object subject = call.getArguments()[0];
    Long id = subject instanceof Long ? (Long) subject : subject == null ? null : Reflected.number(subject, "getId");
    if (id == null) {
      throw Refusal.of("job-unknown", "a build without a job");
    }
    Build before = CURRENT.get();
    if (console.job(console.bean((console.isDev() ? Door.START_DEV : Door.START).type), id).isFlinkSql()) {
      CURRENT.set(new Build(id));
    } else {
      CURRENT.remove();
    }
    try {
      return call.proceed();
    } finally {
      if (before == null) {
        CURRENT.remove();
      } else {
        CURRENT.set(before);
      }
    }
  }

  /** After a look for the new text. */
  Object candidate(MethodInvocation call) throws Throwable {
    Object entity = call.proceed();
    Build build = of(call);
    if (build != null) {
      build.hasNewText = entity != null;
      look(entity);
    }
    return entity;
  }

  /** After a look at the text in force. */
  void effective(MethodInvocation call, Object entity) {
    Build build = of(call);
    if (build != null && !build.hasNewText) {
      look(entity);
    }
  }

  private static Build of(MethodInvocation call) {
    Build build = CURRENT.get();
    return build != null && build.job.equals(call.getArguments()[0]) ? build : null;
  }

  private void look(Object entity) {
    if (entity != null) {
      rules.text(new Console.Text(entity, null));
    }
  }
}
