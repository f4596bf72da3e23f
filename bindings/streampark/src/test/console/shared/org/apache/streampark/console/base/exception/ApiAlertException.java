package org.apache.streampark.console.base.exception;

public class ApiAlertException extends RuntimeException {
  public ApiAlertException(String message) {
    super(message);
  }
}
