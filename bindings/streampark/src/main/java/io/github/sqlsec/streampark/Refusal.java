package io.github.sqlsec.streampark;

import io.github.sqlsec.Denial;
import io.github.sqlsec.host.LogText;
import java.util.List;

/**
 * A refusal on its way to StreamPark. It leaves the plug-in as StreamPark's own {@code ApiAlertException}, whose message the console shows: code, what is wrong,
 * and the place; nothing of the policy.
 */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;

  private Refusal(String code, String message) {
    super("sqlsec: " + message);
    this.code = code;
  }

  static Refusal of(String code, String message) {
    return new Refusal(code, LogText.escaped(code + ": " + message));
  }

  /** The reasons of the engine, a line each. */
  static Refusal of(String whose, List<Denial> reasons) {
    StringBuilder text = new StringBuilder();
    for (Denial reason : reasons) {
      text.append(text.length() == 0 ? "" : "\n").append(LogText.escaped(reason.toString()));
    }
    return new Refusal(reasons.get(0).code(), (whose.isEmpty() ? "" : LogText.escaped(whose) + ": ") + text);
  }

  String code() {
    return code;
  }
}
