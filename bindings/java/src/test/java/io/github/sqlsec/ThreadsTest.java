package io.github.sqlsec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Eight threads in one engine: every answer is right, and memory does not grow with the calls. */
class ThreadsTest {
  private static final int THREADS = 8;
  private static final int CALLS = Integer.getInteger("sqlsec.calls", 100_000);
  private static final long MOST_GROWTH_KIB = 96 * 1024;

  @Test
  void manyCallsInManyThreadsTakeBoundedMemory() throws Exception {
    try (SqlSec sqlsec = SqlSec.open(Samples.config())) {
      byte[][] requests = {
        Samples.request(Samples.SQL).toJson().getBytes(StandardCharsets.UTF_8),
        Samples.request("SELECT nothing FROM orders").toJson().getBytes(StandardCharsets.UTF_8),
      };
      byte[][] wanted = {sqlsec.checkBytes(requests[0]), sqlsec.checkBytes(requests[1])};
      run(sqlsec, requests, wanted, CALLS / 10);
      long before = resident();
      long start = System.nanoTime();
      run(sqlsec, requests, wanted, CALLS);
      double seconds = (System.nanoTime() - start) / 1e9;
      long growth = resident() - before;
      System.out.printf("threads: %d x %d calls in %.1f s, memory grew by %d KiB%n", THREADS, CALLS, seconds, growth);
      assertTrue(growth < MOST_GROWTH_KIB, growth + " KiB");
    }
  }

  private static void run(SqlSec sqlsec, byte[][] requests, byte[][] wanted, int calls) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    List<Future<Integer>> all = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      all.add(
          threads.submit(
              () -> {
                int right = 0;
                for (int i = 0; i < calls; i++) {
                  right += Arrays.equals(wanted[i % 2], sqlsec.checkBytes(requests[i % 2])) ? 1 : 0;
                }
                return right;
              }));
    }
    for (Future<Integer> one : all) {
      assertEquals(calls, one.get());
    }
    threads.shutdown();
  }

  @Test
  void anEngineThatIsClosedUnderItsCallersAnswersOrRefuses() throws Exception {
    for (int round = 0; round < 50; round++) {
      SqlSec sqlsec = SqlSec.open(Samples.config());
      ExecutorService threads = Executors.newFixedThreadPool(2);
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < 2; t++) {
        all.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 200; i++) {
                    try {
                      assertTrue(sqlsec.rewrite(Samples.request(Samples.SQL)).sql().contains(Samples.SECRET));
                    } catch (SqlSecException e) {
                      assertEquals("handle-invalid", e.code());
                    }
                  }
                }));
      }
      sqlsec.close();
      for (Future<?> one : all) {
        one.get();
      }
      threads.shutdown();
    }
  }

  /** Resident memory in KiB; 0 where the system does not say. */
  private static long resident() throws Exception {
    System.gc();
    Path status = Paths.get("/proc/self/status");
    if (!Files.exists(status)) {
      return 0;
    }
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    return 0;
  }
}
