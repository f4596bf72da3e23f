package io.github.sqlsec.gateway;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.flink.shaded.netty4.io.netty.buffer.Unpooled;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelFutureListener;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelHandlerContext;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelInboundHandlerAdapter;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.DefaultFullHttpResponse;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpHeaderNames;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpRequest;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpResponseStatus;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpVersion;
import org.apache.flink.shaded.netty4.io.netty.util.ReferenceCountUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Binds the sender of each request to the thread while the request is handled, or answers 401 or 403 in the shape of Flink's errors. */
final class AuthenticatingHandler extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(AuthenticatingHandler.class);

  private final Doorkeeper doorkeeper;

  AuthenticatingHandler(Doorkeeper doorkeeper) {
    this.doorkeeper = doorkeeper;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (!(message instanceof HttpRequest)) {
      // The aggregator stands before this handler: nothing but whole requests comes here.
      ReferenceCountUtil.release(message);
      context.close();
      return;
    }
    HttpRequest request = (HttpRequest) message;
    Doorkeeper.Decision decision;
    try {
      decision = doorkeeper.decide(request.method().name(), request.uri(), facts(context, request));
    } catch (RuntimeException e) {
      LOG.warn("sqlsec: a request could not be authenticated", e);
      decision = new Doorkeeper.Decision(Doorkeeper.Verdict.UNAUTHENTICATED, null, "");
    }
    switch (decision.verdict) {
      case KNOWN:
        handle(context, message, decision.identity);
        return;
      case OPEN:
        handle(context, message, null);
        return;
      case FORBIDDEN:
        LOG.info("sqlsec: refused a request of `{}`: {}", decision.identity.user(), decision.why);
        answer(context, message, HttpResponseStatus.FORBIDDEN, "sqlsec: method-denied: this part of the gateway is closed");
        return;
      case UNAUTHENTICATED:
      default:
        LOG.info("sqlsec: refused a request from {}: {}", context.channel().remoteAddress(), decision.why);
        answer(context, message, HttpResponseStatus.UNAUTHORIZED, "sqlsec: unauthenticated: a valid token is needed");
    }
  }

  private static void handle(ChannelHandlerContext context, Object message, Identity identity) {
    Caller.clear();
    try {
      if (identity != null) {
        Caller.bind(identity);
      }
      context.fireChannelRead(message);
    } finally {
      Caller.clear();
    }
  }

  private static void answer(ChannelHandlerContext context, Object message, HttpResponseStatus status, String error) {
    ReferenceCountUtil.release(message);
    byte[] body = ("{\"errors\":[\"" + error + "\"]}").getBytes(StandardCharsets.UTF_8);
    DefaultFullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(body));
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/json; charset=UTF-8");
    response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.length);
    response.headers().set(HttpHeaderNames.CONNECTION, "close");
    if (status.equals(HttpResponseStatus.UNAUTHORIZED)) {
      response.headers().set(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer");
    }
    context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
  }

  private static HttpFacts facts(ChannelHandlerContext context, HttpRequest request) {
    return new HttpFacts() {
      @Override
      public List<String> header(String name) {
        return request.headers().getAll(name);
      }

      @Override
      public InetAddress peer() {
        SocketAddress address = context.channel().remoteAddress();
        return address instanceof InetSocketAddress ? ((InetSocketAddress) address).getAddress() : null;
      }
    };
  }
}
