package io.github.sqlsec.gateway;

import java.util.Map;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.io.network.netty.InboundChannelHandlerFactory;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelHandler;

/**
 * Puts {@link AuthenticatingHandler} before the router of the gateway's REST server. Flink looks for such factories in every REST server, that of a job manager
 * too, which the same {@code lib/} may serve: only a JVM in which {@link SqlSecEndpointFactory} has made its endpoint gets the handler. In that one nothing gets
 * past it: without the handler nobody is bound to a call, and {@link ProtectedService} refuses it.
 */
public final class AuthenticatingHandlerFactory implements InboundChannelHandlerFactory {
  private static final Lanes WORK = Lanes.ofGateway("sqlsec-call-");
  private static final Lanes LOOKS = Lanes.ofGateway("sqlsec-look-");

  private static volatile Doorkeeper doorkeeper;

  /** Called by Flink's service loader. */
  public AuthenticatingHandlerFactory() {}

  static void arm(Doorkeeper armed) {
    doorkeeper = armed;
  }

  static void disarm() {
    doorkeeper = null;
  }

  @Override
  public int priority() {
    return Integer.MAX_VALUE;
  }

  @Override
  public Optional<ChannelHandler> createHandler(Configuration configuration, Map<String, String> responseHeaders) {
    Doorkeeper armed = doorkeeper;
    return armed == null ? Optional.empty() : Optional.of(new AuthenticatingHandler(armed, WORK, LOOKS));
  }
}
