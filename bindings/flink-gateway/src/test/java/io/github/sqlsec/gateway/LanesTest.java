package io.github.sqlsec.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LanesTest {
  private final List<Thread> threads = Collections.synchronizedList(new ArrayList<>());
  private final List<String> done = Collections.synchronizedList(new ArrayList<>());

  private Lanes lanes(int width, int length) {
    return new Lanes(run -> {
      Thread thread = new Thread(run);
      thread.setUncaughtExceptionHandler((dead, error) -> done.add("error"));
      threads.add(thread);
      thread.start();
    }, width, length);
  }

  private Runnable call(String name, CountDownLatch latch) {
    return () -> {
      try {
        latch.await(20, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      done.add(name);
    };
  }

  private void join() throws InterruptedException {
    for (Thread thread : new ArrayList<>(threads)) {
      thread.join();
    }
  }

  @Test
  void aUserWaitsForThemselvesAndNoLongerThanTheLane() throws Exception {
    Lanes lanes = lanes(2, 3);
    CountDownLatch latch = new CountDownLatch(1);
    for (int i = 0; i < 5; i++) {
      assertTrue(lanes.run("alice", call("alice", latch)));
    }
    assertFalse(lanes.run("alice", call("too many", latch)));
    assertEquals(2, threads.size());
    assertTrue(lanes.run("bob", () -> done.add("bob")));
    threads.get(2).join();
    assertEquals(List.of("bob"), done);
    latch.countDown();
    join();
    assertEquals(List.of("bob", "alice", "alice", "alice", "alice", "alice"), done);
    assertTrue(lanes.run("alice", () -> done.add("again")));
    join();
    assertEquals(7, done.size());
  }

  @Test
  void aCallThatFailsDoesNotTakeItsPlaceAway() throws Exception {
    Lanes lanes = lanes(1, 1);
    for (int i = 0; i < 3; i++) {
      assertTrue(lanes.run("alice", () -> {
        throw new IllegalStateException();
      }));
      join();
    }
    assertEquals(List.of("error", "error", "error"), done);
    Lanes full = new Lanes(run -> {
      throw new RejectedExecutionException();
    }, 1, 1);
    assertFalse(full.run("alice", () -> { }));
    assertFalse(full.run("alice", () -> { }), "what no thread takes does not wait for one");
  }
}
