package io.github.sqlsec.gateway;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Where calls run that may wait: each user has a lane of their own, so that who waits, waits for themselves. Beyond its width a lane queues, beyond its length it takes
 * nothing.
 */
final class Lanes {
  private static final int THREADS = 256;
  private static final int WIDTH = 16;
  private static final int LENGTH = 256;

  private static final class Lane {
    int running;
    final Deque<Runnable> waiting = new ArrayDeque<>();
  }

  private final Executor threads;
  private final int width;
  private final int length;
  private final Map<String, Lane> lanes = new HashMap<>();

  Lanes(Executor threads, int width, int length) {
    this.threads = threads;
    this.width = width;
    this.length = length;
  }

  /** Those of a gateway: 256 threads at most, 16 of them for a user, of whom 256 calls more may wait. */
  static Lanes ofGateway(String name) {
    AtomicInteger number = new AtomicInteger();
    ThreadPoolExecutor pool = new ThreadPoolExecutor(0, THREADS, 30, TimeUnit.SECONDS, new SynchronousQueue<>(), run -> {
      Thread thread = new Thread(run, name + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    });
    return new Lanes(pool, WIDTH, LENGTH);
  }

  /** Runs a call of a user, now or when others of theirs are done; false when too many wait already, of theirs or of all users, and it is not going to run. */
  synchronized boolean run(String user, Runnable call) {
    Lane lane = lanes.computeIfAbsent(user, name -> new Lane());
    if (lane.running >= width) {
      return lane.waiting.size() < length && lane.waiting.add(call);
    }
    lane.running++;
    try {
      threads.execute(() -> runAll(user, lane, call));
      return true;
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      // The second is what a machine says that has no thread left.
      leave(user, lane);
      return false;
    }
  }

  private void runAll(String user, Lane lane, Runnable first) {
    for (Runnable call = first; call != null; call = following(user, lane)) {
      try {
        call.run();
      } catch (RuntimeException | Error e) {
        // A call answers for its errors itself; the lane goes on in any case.
        Thread.currentThread().getUncaughtExceptionHandler().uncaughtException(Thread.currentThread(), e);
      }
    }
  }

  private synchronized Runnable following(String user, Lane lane) {
    Runnable next = lane.waiting.poll();
    if (next == null) {
      leave(user, lane);
    }
    return next;
  }

  private void leave(String user, Lane lane) {
    lane.running--;
    if (lane.running == 0) {
      lanes.remove(user);
    }
  }
}
