package io.github.sqlsec.streampark;

import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;

/** Leads each call of a door to its guard. Refusals leave as StreamPark's own exception. */
final class Doorkeeper implements MethodInterceptor {
  private final Console console;
  private final StartGuard starts;
  private final BuildGuard builds;
  private final VerifyGuard verify;

  Doorkeeper(Console console, StartGuard starts, BuildGuard builds, VerifyGuard verify) {
    this.console = console;
    this.starts = starts;
    this.builds = builds;
    this.verify = verify;
  }

  @Override
  public Object invoke(MethodInvocation call) throws Throwable {
    Door door = Door.of(call.getMethod(), call.getThis().getClass());
    try {
      if (door == null || !door.isKnown(call.getMethod())) {
        throw Refusal.of("method-unknown", "`" + call.getMethod() + "` is not as the plug-in knows it");
      }
      return answer(door, call);
    } catch (Refusal e) {
      throw console.alert(e);
    }
  }

  private Object answer(Door door, MethodInvocation call) throws Throwable {
    switch (door) {
      case EDITOR:
        return verify.editor(call);
      case VERIFY:
        return verify.verify(call);
      case EFFECTIVE:
        Object entity = starts.effective(call);
        builds.effective(call, entity);
        return entity;
      case CANDIDATE:
      case CANDIDATE_DEV:
        return builds.candidate(call);
      case BUILD:
      case BUILD_DEV:
        return builds.build(call);
      case VARIABLES:
        return starts.variables(call);
      case FILE:
      case FILE_DEV:
        return starts.file(call);
      case START:
      case START_DEV:
      case RESTART:
      case RESTART_DEV:
        return starts.start(call);
      case LOG:
      case LOG_DEV:
        return starts.log(call);
      case SPARK_START:
      case SPARK_RESTART:
        return starts.spark(call);
    }
    throw new IllegalStateException("a door without a guard");
  }
}
