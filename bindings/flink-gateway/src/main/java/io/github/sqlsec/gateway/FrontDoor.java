package io.github.sqlsec.gateway;

import io.github.sqlsec.host.LogText;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelDuplexHandler;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelFutureListener;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelHandlerContext;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelPromise;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpContent;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpHeaderNames;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpRequest;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpResponse;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpUtil;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpVersion;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.LastHttpContent;
import org.apache.flink.shaded.netty4.io.netty.util.ReferenceCountUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands before Flink's own handlers, right behind the HTTP codec, and decides about each request by its head: what is refused is refused before a byte of its body is kept
 * in memory or, of a form, on the disk. {@link AuthenticatingHandler}, which puts it there, takes the decision when the request is whole. A body has its time, so that a
 * decision is never old.
 *
 * <p>Invariant: of a connection one request at a time goes on, and the next when that one is answered. A proxy sends requests of several users over one connection: no
 * answer, of ours or of Flink's, may overtake another, and no request may begin where the proxy sees the body of one before.
 */
final class FrontDoor extends ChannelDuplexHandler {
  private static final Logger LOG = LoggerFactory.getLogger(FrontDoor.class);

  /** How long the body of a request may be in coming. */
  static final long BODY_MILLIS = 60_000;

  /** What of a refused body is read and thrown away, so that the sender comes to read the answer. */
  private static final long DRAINED_BYTES = 1 << 20;
  private static final long DRAINED_MILLIS = 2000;

  private final Doorkeeper doorkeeper;
  private final long bodyMillis;
  private final Deque<Object> later = new ArrayDeque<>();
  /** What was decided about the request that goes on; null when somebody has taken it, or there is none. */
  private Doorkeeper.Decision admitted;
  /** Whether parts of its body are still to come. */
  private boolean body;
  /** What ends a body that is too long in coming. */
  private Future<?> end;
  /** Whether it has no answer yet. */
  private boolean open;
  /** Whether the connection ends with it: what was sent behind it is nobody's. */
  private boolean last;
  private boolean refused;
  private long drained;

  FrontDoor(Doorkeeper doorkeeper, long bodyMillis) {
    this.doorkeeper = doorkeeper;
    this.bodyMillis = bodyMillis;
  }

  /** What was decided about the request that goes on, for whoever handles it; null where nothing was, or it was taken before. */
  Doorkeeper.Decision admitted() {
    Doorkeeper.Decision decision = admitted;
    admitted = null;
    return decision;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (refused) {
      drain(context, message);
    } else if (!later.isEmpty() || message instanceof HttpRequest && open) {
      later.add(message);
      context.channel().config().setAutoRead(false);
    } else {
      take(context, message);
    }
  }

  private void take(ChannelHandlerContext context, Object message) {
    if (message instanceof HttpRequest) {
      // One that comes before the end of a body: the codec has given that up, as Flink has refused it by its length.
      begin(context, (HttpRequest) message);
    } else if (!(message instanceof HttpContent) || !body) {
      ReferenceCountUtil.release(message);
    } else {
      if (message instanceof LastHttpContent) {
        body = false;
        end.cancel(false);
      }
      context.fireChannelRead(message);
    }
  }

  private void begin(ChannelHandlerContext context, HttpRequest request) {
    if (body) {
      body = false;
      end.cancel(false);
    }
    if (last) {
      ReferenceCountUtil.release(request);
      return;
    }
    Answer refusal = refusal(context, request);
    if (refusal != null) {
      refuse(context, request, refusal);
      return;
    }
    open = true;
    last = !HttpUtil.isKeepAlive(request);
    body = !(request instanceof LastHttpContent);
    if (body) {
      end = context.executor().schedule(() -> late(context), bodyMillis, TimeUnit.MILLISECONDS);
    }
    context.fireChannelRead(request);
  }

  private void late(ChannelHandlerContext context) {
    if (open && !refused) {
      refused = true;
      context.writeAndFlush(Answer.LATE.response()).addListener(ChannelFutureListener.CLOSE);
    } else {
      context.close();
    }
  }

  /** How a request is refused by its head; null when it may go on, and then it is {@link #admitted}. */
  private Answer refusal(ChannelHandlerContext context, HttpRequest request) {
    if (request.decoderResult().isFailure() || isAmbiguous(request)) {
      return Answer.MALFORMED;
    }
    Doorkeeper.Decision decision = decide(context, request);
    switch (decision.verdict) {
      case KNOWN:
      case OPEN:
        admitted = decision;
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

  /**
   * Whether somebody else may see the end of its body at another place, and a request of its sender's in it (RFC 9112, 6.1): netty takes a body whose last encoding
   * it does not know for none.
   */
  private static boolean isAmbiguous(HttpRequest request) {
    List<String> encodings = request.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING);
    boolean chunked = encodings.size() == 1 && encodings.get(0).equalsIgnoreCase("chunked") && HttpVersion.HTTP_1_1.equals(request.protocolVersion());
    return !encodings.isEmpty() && !chunked;
  }

  private Doorkeeper.Decision decide(ChannelHandlerContext context, HttpRequest request) {
    try {
      return doorkeeper.decide(request.method().name(), request.uri(), facts(context, request));
    } catch (RuntimeException e) {
      LOG.warn("sqlsec: a request could not be authenticated: {}", LogText.of(e));
      return new Doorkeeper.Decision(Doorkeeper.Verdict.UNAUTHENTICATED, null, null, "");
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

  /** What had to wait, as far as it can go on now. */
  private void next(ChannelHandlerContext context) {
    if (later.isEmpty()) {
      return;
    }
    if (refused) {
      while (!later.isEmpty()) {
        drain(context, later.poll());
      }
    } else if (!(later.peek() instanceof HttpRequest) || !open) {
      take(context, later.poll());
      // One step a turn of the loop: thousands of short requests in one packet must not become as many frames on the stack.
      context.executor().execute(() -> next(context));
    }
    if (later.isEmpty()) {
      context.channel().config().setAutoRead(true);
    }
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    boolean interim = message instanceof HttpResponse && ((HttpResponse) message).status().code() < 200;
    last |= message instanceof HttpResponse && !HttpUtil.isKeepAlive((HttpResponse) message);
    if (message instanceof LastHttpContent && !interim) {
      open = false;
      context.executor().execute(() -> next(context));
    }
    context.write(message, promise);
  }

  private void refuse(ChannelHandlerContext context, HttpRequest request, Answer refusal) {
    refused = true;
    // Who asks before they send does not send what is refused.
    boolean whole = request instanceof LastHttpContent || HttpUtil.is100ContinueExpected(request) || request.decoderResult().isFailure();
    ReferenceCountUtil.release(request);
    if (whole) {
      context.writeAndFlush(refusal.response()).addListener(ChannelFutureListener.CLOSE);
    } else {
      context.writeAndFlush(refusal.response());
      context.executor().schedule(() -> context.close(), DRAINED_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void drain(ChannelHandlerContext context, Object message) {
    boolean last = message instanceof LastHttpContent;
    drained += message instanceof HttpContent ? ((HttpContent) message).content().readableBytes() : 0;
    ReferenceCountUtil.release(message);
    if (last || drained > DRAINED_BYTES) {
      context.close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    forget();
    context.fireChannelInactive();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    forget();
  }

  private void forget() {
    if (end != null) {
      end.cancel(false);
    }
    later.forEach(ReferenceCountUtil::release);
    later.clear();
  }
}
