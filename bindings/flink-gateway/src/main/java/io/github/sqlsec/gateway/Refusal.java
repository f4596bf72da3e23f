package io.github.sqlsec.gateway;

import io.github.sqlsec.Denial;
import io.github.sqlsec.host.LogText;
import java.util.List;
import org.apache.flink.table.gateway.api.session.SessionHandle;
import org.apache.flink.table.gateway.api.utils.SqlGatewayException;

/** Refusals in the shape of the gateway's own errors: the REST endpoint hands the message of the exception to the client, and writes it to its log. */
final class Refusal {
  private Refusal() {}

  static SqlGatewayException of(String code, String message) {
    return new SqlGatewayException("sqlsec: " + code + ": " + LogText.escaped(message));
  }

  /** Code, message and place of each reason, a line each. They tell nothing of the policy. */
  static SqlGatewayException of(List<Denial> reasons) {
    StringBuilder text = new StringBuilder("sqlsec: ");
    for (Denial reason : reasons) {
      text.append(text.length() > 8 ? "\n" : "").append(LogText.escaped(reason.toString()));
    }
    return new SqlGatewayException(text.toString());
  }

  /** The same for a session of somebody else and for one that never was: who guesses handles learns nothing. */
  static SqlGatewayException noSession(SessionHandle handle) {
    return new SqlGatewayException("Session '" + handle + "' does not exist.");
  }
}
