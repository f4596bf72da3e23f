package io.github.sqlsec.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.apache.flink.shaded.netty4.io.netty.buffer.Unpooled;
import org.apache.flink.shaded.netty4.io.netty.channel.embedded.EmbeddedChannel;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.DefaultFullHttpResponse;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.DefaultHttpContent;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.DefaultHttpRequest;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpMethod;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpResponse;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpResponseStatus;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpVersion;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.LastHttpContent;
import org.junit.jupiter.api.Test;

/** What needs another clock than that of a server: {@link RestDoorTest} has the rest. */
class FrontDoorTest {
  private static final long MILLIS = 200;

  private final FrontDoor door = new FrontDoor(new Doorkeeper(request -> Optional.of(Identity.of(request.header("User").get(0), List.of())), false), MILLIS);
  private final EmbeddedChannel channel = new EmbeddedChannel(door);

  private void head(String user) {
    DefaultHttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/v1/sessions");
    head.headers().set("User", user).set("Content-Length", 2);
    channel.writeInbound(head);
  }

  private void part(String text) {
    channel.writeInbound(new DefaultHttpContent(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8)));
  }

  private void pass() throws InterruptedException {
    Thread.sleep(2 * MILLIS);
    channel.runPendingTasks();
  }

  @Test
  void aBodyThatIsTooLongInComingEndsTheConnection() throws Exception {
    head("alice");
    part("{");
    pass();
    HttpResponse answer = channel.readOutbound();
    assertEquals(HttpResponseStatus.REQUEST_TIMEOUT, answer.status());
    assertFalse(channel.isOpen());
  }

  @Test
  void aBodyThatHasComeMayWaitForItsAnswer() throws Exception {
    head("alice");
    part("{}");
    channel.writeInbound(LastHttpContent.EMPTY_LAST_CONTENT);
    pass();
    assertTrue(channel.isOpen());
    assertNull(channel.readOutbound());
  }

  @Test
  void aDecisionIsAboutOneRequestAndIsTakenOnce() {
    assertNull(door.admitted());
    head("alice");
    channel.writeInbound(LastHttpContent.EMPTY_LAST_CONTENT);
    // It waits: the first has no answer.
    head("bob");
    channel.writeInbound(LastHttpContent.EMPTY_LAST_CONTENT);
    assertEquals("alice", door.admitted().identity.user());
    assertNull(door.admitted());
    channel.writeOutbound(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK));
    channel.runPendingTasks();
    Doorkeeper.Decision second = door.admitted();
    assertNotNull(second);
    assertEquals("bob", second.identity.user());
    assertNull(door.admitted());
  }
}
