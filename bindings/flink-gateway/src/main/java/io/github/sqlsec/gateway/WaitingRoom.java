package io.github.sqlsec.gateway;

import io.github.sqlsec.host.LogText;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Optional;
import org.apache.flink.runtime.rest.handler.router.RoutedRequest;
import org.apache.flink.runtime.rest.handler.router.RouterHandler;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelFutureListener;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelHandlerContext;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelInboundHandler;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelInboundHandlerAdapter;
import org.apache.flink.shaded.netty4.io.netty.util.ReferenceCountUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Right before Flink's router: a call that may wait runs on a thread of the plug-in, in a lane of its user. Flink would run it on the thread that reads and writes for
 * many connections, and all of them would wait with it.
 *
 * <p>Invariant: a handler runs with its caller bound to the thread, or with nobody, and then its calls are refused.
 */
final class WaitingRoom extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(WaitingRoom.class);

  private final Lanes work;
  private final Lanes looks;

  /**
   * A room.
   *
   * @param work where statements wait
   * @param looks where whoever looks at operations or stops them does, past all statements
   */
  WaitingRoom(Lanes work, Lanes looks) {
    this.work = work;
    this.looks = looks;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    Optional<Identity> caller = Caller.bound();
    Optional<Route> route = Caller.route();
    ChannelHandlerContext router = context.pipeline().context(RouterHandler.class);
    if (caller.isEmpty() || router == null || !route.filter(asked -> asked.wait != Route.Wait.NO).isPresent()) {
      context.fireChannelRead(message);
      return;
    }
    Lanes lanes = route.get().wait == Route.Wait.LOOK ? looks : work;
    if (!lanes.run(caller.get().user(), () -> handle(router, message, caller.get(), route.get()))) {
      ReferenceCountUtil.release(message);
      LOG.warn("sqlsec: too many requests of `{}` wait", LogText.of(caller.get().user()));
      context.writeAndFlush(Answer.BUSY.response()).addListener(ChannelFutureListener.CLOSE);
    }
  }

  private static void handle(ChannelHandlerContext router, Object message, Identity caller, Route route) {
    if (!router.channel().isActive()) {
      // Whoever has sent it did not wait for its turn.
      ReferenceCountUtil.release(message);
      return;
    }
    Caller.bind(caller, route);
    try {
      ((ChannelInboundHandler) router.handler()).channelRead(here(router), message);
    } catch (Exception | Error e) {
      // Flink's last handler answers for it; without an answer the connection would take nothing more.
      router.fireExceptionCaught(e);
    } finally {
      Caller.clear();
    }
  }

  /** The router's context, but that the handler which it has found is called on this thread. */
  private static ChannelHandlerContext here(ChannelHandlerContext router) {
    return (ChannelHandlerContext) Proxy.newProxyInstance(WaitingRoom.class.getClassLoader(), new Class<?>[] {ChannelHandlerContext.class}, (proxy, method, args) -> {
      if (method.getName().equals("fireChannelRead") && args[0] instanceof RoutedRequest) {
        ChannelInboundHandler handler = (ChannelInboundHandler) ((RoutedRequest<?>) args[0]).getRouteResult().target();
        ChannelHandlerContext found = router.pipeline().context(handler);
        if (found != null) {
          handler.channelRead(found, args[0]);
          return proxy;
        }
      }
      try {
        return method.invoke(router, args);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    });
  }
}
