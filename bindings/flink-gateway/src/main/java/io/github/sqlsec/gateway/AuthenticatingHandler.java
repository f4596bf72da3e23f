package io.github.sqlsec.gateway;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import org.apache.flink.runtime.rest.FileUploadHandler;
import org.apache.flink.runtime.rest.handler.router.RouterHandler;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelFutureListener;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelHandlerContext;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelInboundHandlerAdapter;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpRequest;
import org.apache.flink.shaded.netty4.io.netty.util.ReferenceCountUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Binds the sender of each whole request to the thread while the request is handled, or answers in the shape of Flink's errors. Flink puts it behind its own handlers
 * of bodies; it puts {@link FrontDoor} before them, and {@link WaitingRoom} before the router.
 */
final class AuthenticatingHandler extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(AuthenticatingHandler.class);

  private final Doorkeeper doorkeeper;
  private final Lanes work;
  private final Lanes looks;
  private boolean first = true;

  AuthenticatingHandler(Doorkeeper doorkeeper, Lanes work, Lanes looks) {
    this.doorkeeper = doorkeeper;
    this.work = work;
    this.looks = looks;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    ChannelHandlerContext uploads = context.pipeline().context(FileUploadHandler.class);
    if (uploads == null) {
      LOG.error("sqlsec: Flink's REST server is not built as it is known: nobody is let in");
      context.channel().close();
      return;
    }
    context.pipeline().addBefore(uploads.name(), null, new FrontDoor(doorkeeper));
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (!(message instanceof HttpRequest)) {
      // The aggregator stands before this handler: nothing but whole requests comes here.
      ReferenceCountUtil.release(message);
      context.close();
      return;
    }
    if (first) {
      // Only now it is there.
      first = false;
      ChannelHandlerContext router = context.pipeline().context(RouterHandler.class);
      if (router != null) {
        context.pipeline().addBefore(router.name(), null, new WaitingRoom(work, looks));
      }
    }
    HttpRequest request = (HttpRequest) message;
    Doorkeeper.Decision decision = decide(doorkeeper, context, request);
    boolean in = decision.verdict == Doorkeeper.Verdict.KNOWN || decision.verdict == Doorkeeper.Verdict.OPEN;
    if (in && request.decoderResult().isSuccess()) {
      handle(context, message, decision);
      return;
    }
    ReferenceCountUtil.release(message);
    Answer answer = in ? Answer.MALFORMED : Answer.to(decision.verdict);
    context.writeAndFlush(answer.response()).addListener(ChannelFutureListener.CLOSE);
  }

  /** How a request is refused by its head; null when it may go on. */
  static Answer refusal(Doorkeeper doorkeeper, ChannelHandlerContext context, HttpRequest request) {
    Doorkeeper.Decision decision = decide(doorkeeper, context, request);
    switch (decision.verdict) {
      case KNOWN:
      case OPEN:
        return null;
      case FORBIDDEN:
      case FORM:
        LOG.info("sqlsec: refused a request of `{}`: {}", LogText.of(decision.identity.user()), LogText.of(decision.why));
        break;
      default:
        LOG.info("sqlsec: refused a request from {}: {}", LogText.of(context.channel().remoteAddress()), LogText.of(decision.why));
    }
    return Answer.to(decision.verdict);
  }

  private static Doorkeeper.Decision decide(Doorkeeper doorkeeper, ChannelHandlerContext context, HttpRequest request) {
    try {
      return doorkeeper.decide(request.method().name(), request.uri(), facts(context, request));
    } catch (RuntimeException e) {
      LOG.warn("sqlsec: a request could not be authenticated: {}", LogText.of(e));
      return new Doorkeeper.Decision(Doorkeeper.Verdict.UNAUTHENTICATED, null, null, "");
    }
  }

  private static void handle(ChannelHandlerContext context, Object message, Doorkeeper.Decision decision) {
    Caller.clear();
    try {
      if (decision.identity != null) {
        Caller.bind(decision.identity, decision.route);
      }
      context.fireChannelRead(message);
    } finally {
      Caller.clear();
    }
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
