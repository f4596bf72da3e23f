package io.github.sqlsec.gateway;

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
 * Binds the sender of each whole request to the thread while the request is handled. Flink puts it behind its own handlers of bodies; it puts {@link FrontDoor} before them,
 * which decides who the sender is, and {@link WaitingRoom} before the router. About what no decision was made is not handled.
 */
final class AuthenticatingHandler extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(AuthenticatingHandler.class);

  private final FrontDoor door;
  private final Lanes work;
  private final Lanes looks;
  private boolean first = true;

  AuthenticatingHandler(Doorkeeper doorkeeper, Lanes work, Lanes looks) {
    this.door = new FrontDoor(doorkeeper, FrontDoor.BODY_MILLIS);
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
    context.pipeline().addBefore(uploads.name(), null, door);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    // The aggregator stands before this handler: nothing but whole requests comes here.
    Doorkeeper.Decision decision = message instanceof HttpRequest ? door.admitted() : null;
    if (decision == null) {
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
    if (((HttpRequest) message).decoderResult().isSuccess()) {
      handle(context, message, decision);
    } else {
      ReferenceCountUtil.release(message);
      context.writeAndFlush(Answer.MALFORMED.response()).addListener(ChannelFutureListener.CLOSE);
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
}
