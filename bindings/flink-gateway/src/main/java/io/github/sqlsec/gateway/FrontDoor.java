package io.github.sqlsec.gateway;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelDuplexHandler;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelFutureListener;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelHandlerContext;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelPromise;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpContent;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpRequest;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpResponse;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpUtil;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.LastHttpContent;
import org.apache.flink.shaded.netty4.io.netty.util.ReferenceCountUtil;

/**
 * Stands before Flink's own handlers, right behind the HTTP codec: what is refused is refused by its head, before a byte of its body is kept in memory or, of a form, on
 * the disk. {@link AuthenticatingHandler}, which puts it there, looks at the whole request again.
 *
 * <p>Invariant: of a connection one request at a time goes on, and the next when that one is answered. A proxy sends requests of several users over one connection: no
 * answer, of ours or of Flink's, may overtake another.
 */
final class FrontDoor extends ChannelDuplexHandler {
  /** What of a refused body is read and thrown away, so that the sender comes to read the answer. */
  private static final long DRAINED_BYTES = 1 << 20;
  private static final long DRAINED_MILLIS = 2000;

  private final Doorkeeper doorkeeper;
  private final Deque<Object> later = new ArrayDeque<>();
  /** Whether parts of the body of the request that goes on are still to come. */
  private boolean body;
  /** Whether it has no answer yet. */
  private boolean open;
  private boolean refused;
  private long drained;

  FrontDoor(Doorkeeper doorkeeper) {
    this.doorkeeper = doorkeeper;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (refused) {
      drain(context, message);
    } else if (!later.isEmpty() || message instanceof HttpRequest && (body || open)) {
      later.add(message);
      context.channel().config().setAutoRead(false);
    } else {
      take(context, message);
    }
  }

  private void take(ChannelHandlerContext context, Object message) {
    if (message instanceof HttpRequest) {
      HttpRequest request = (HttpRequest) message;
      Answer refusal = request.decoderResult().isFailure() ? Answer.MALFORMED : AuthenticatingHandler.refusal(doorkeeper, context, request);
      if (refusal != null) {
        refuse(context, request, refusal);
        return;
      }
      open = true;
      body = !(message instanceof LastHttpContent);
    } else if (!(message instanceof HttpContent) || !body) {
      ReferenceCountUtil.release(message);
      return;
    } else if (message instanceof LastHttpContent) {
      body = false;
    }
    context.fireChannelRead(message);
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
    } else if (!(later.peek() instanceof HttpRequest) || !body && !open) {
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
    later.forEach(ReferenceCountUtil::release);
    later.clear();
  }
}
