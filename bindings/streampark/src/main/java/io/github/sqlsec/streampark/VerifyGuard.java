package io.github.sqlsec.streampark;

import io.github.sqlsec.Denial;
import io.github.sqlsec.Reply;
import io.github.sqlsec.host.LogText;
import java.lang.reflect.Constructor;
import org.aopalliance.intercept.MethodInvocation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The editor's check: StreamPark's own first, then the engine's, for whoever asks. What is refused is shown on its line. */
final class VerifyGuard {
  private static final Logger LOG = LoggerFactory.getLogger(VerifyGuard.class);
  private static final String RESULT = "org.apache.streampark.flink.core.FlinkSqlValidationResult";
  private static final String KIND = "org.apache.streampark.common.enums.FlinkSqlValidationFailedType";

  /** The request of the editor that this thread serves: its text before variables are replaced, and the team. */
  private static final ThreadLocal<Editor> EDITOR = new ThreadLocal<>();

  private static final class Editor {
    final String text;
    final Long team;

    Editor(String text, Long team) {
      this.text = text;
      this.team = team;
    }
  }

  private final Console console;
  private final Checks checks;

  VerifyGuard(Console console, Checks checks) {
    this.console = console;
    this.checks = checks;
  }

  /** Whether this thread serves an editor. */
  static boolean isEditing() {
    return EDITOR.get() != null;
  }

  /** Around the controller's method. */
  Object editor(MethodInvocation call) throws Throwable {
    Editor before = EDITOR.get();
    EDITOR.set(new Editor((String) call.getArguments()[0], (Long) call.getArguments()[2]));
    try {
      return call.proceed();
    } finally {
      if (before == null) {
        EDITOR.remove();
      } else {
        EDITOR.set(before);
      }
    }
  }

  /** Around {@code FlinkSqlService.verifySql}. */
  Object verify(MethodInvocation call) throws Throwable {
    Object result = call.proceed();
    if (result == null || !Boolean.TRUE.equals(Reflected.call(result, "success"))) {
      return result;
    }
    try {
      String sql = (String) call.getArguments()[0];
      Editor editor = EDITOR.get();
      Reply reply = reply(sql, (Long) call.getArguments()[1], editor == null ? null : editor.team);
      return reply.isAllowed() ? result : refused(sql, reply, lines(editor, sql));
    } catch (Refusal e) {
      return failed(1, 1, e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("sqlsec: a text could not be checked: {}", LogText.of(e));
      return failed(1, 1, "sqlsec: unavailable: nothing was decided; the console's log says why");
    }
  }

  private Reply reply(String sql, Long flink, Long team) {
    Person person = console.login(team);
    if (person == null) {
      throw Refusal.of("user-unknown", "nobody is logged in");
    }
    Reply reply = checks.text(person.principal(console.place(team, "verify")), checks.flink(console.flinkLine(flink)), null, sql, null);
    checks.withheld(reply);
    return reply;
  }

  private EditorLines lines(Editor editor, String replaced) {
    if (editor == null || editor.text == null) {
      return EditorLines.same();
    }
    return EditorLines.of(editor.text, replaced, variable -> console.expanded(editor.team, variable));
  }

  private Object refused(String sql, Reply reply, EditorLines lines) {
    StringBuilder text = new StringBuilder("sqlsec: ");
    for (Denial denial : reply.errors()) {
      text.append(text.length() > 8 ? "\n" : "");
      // As StreamPark's own errors say the place.
      text.append(denial.code()).append(": ").append(denial.message());
      text.append(" at line ").append(lines.of(denial.line())).append(", column ").append(denial.column());
    }
    Denial first = reply.errors().get(0);
    return failed(lines.of(first.line()), first.column(), text.toString());
  }

  /** StreamPark's own answer. Kind 2 (a syntax error) is one whose message the editor shows. */
  private Object failed(int line, int column, String message) {
    try {
      for (Constructor<?> constructor : console.type(RESULT).getConstructors()) {
        if (constructor.getParameterTypes().length == 8) {
          Object kind = Reflected.callStatic(console.type(KIND), "valueOf", "SYNTAX_ERROR");
          return constructor.newInstance(Boolean.FALSE, kind, line, line, line, column, null, message);
        }
      }
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
    throw new IllegalStateException("`" + RESULT + "` is not as the plug-in knows it");
  }
}
