package io.github.sqlsec.gateway;

import java.nio.charset.StandardCharsets;
import org.apache.flink.shaded.netty4.io.netty.buffer.Unpooled;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.DefaultFullHttpResponse;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.FullHttpResponse;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpHeaderNames;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpResponseStatus;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpVersion;

/** What the plug-in itself answers over HTTP, in the shape of Flink's errors. Fixed words: nothing of the request is in them. The connection ends with it. */
enum Answer {
  /** The request is not HTTP, or its body broke off. */
  MALFORMED(HttpResponseStatus.BAD_REQUEST, "malformed-request: the request cannot be read"),
  /** Nobody is known to have sent it. */
  UNAUTHENTICATED(HttpResponseStatus.UNAUTHORIZED, "unauthenticated: a valid token is needed"),
  /** A call that nobody may make. */
  CLOSED(HttpResponseStatus.FORBIDDEN, "method-denied: this part of the gateway is closed"),
  /** A form with files. */
  FORM(HttpResponseStatus.UNSUPPORTED_MEDIA_TYPE, "method-denied: the gateway takes no files: send JSON"),
  /** The body was too long in coming. */
  LATE(HttpResponseStatus.REQUEST_TIMEOUT, "malformed-request: the body of the request is too long in coming"),
  /** Too much waits already. */
  BUSY(HttpResponseStatus.TOO_MANY_REQUESTS, "gateway-busy: too many requests wait: try again later");

  private final HttpResponseStatus status;
  private final String error;

  Answer(HttpResponseStatus status, String error) {
    this.status = status;
    this.error = error;
  }

  static Answer to(Doorkeeper.Verdict verdict) {
    switch (verdict) {
      case FORBIDDEN:
        return CLOSED;
      case FORM:
        return FORM;
      default:
        return UNAUTHENTICATED;
    }
  }

  FullHttpResponse response() {
    byte[] body = ("{\"errors\":[\"sqlsec: " + error + "\"]}").getBytes(StandardCharsets.UTF_8);
    DefaultFullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(body));
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/json; charset=UTF-8");
    response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.length);
    response.headers().set(HttpHeaderNames.CONNECTION, "close");
    if (this == UNAUTHENTICATED) {
      response.headers().set(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer");
    }
    return response;
  }
}
