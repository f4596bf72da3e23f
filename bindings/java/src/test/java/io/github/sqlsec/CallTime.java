package io.github.sqlsec;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Arrays;

/** What a call costs: `CallTime CONFIG REQUEST` (files). Prints the median and the fastest tenth of many rounds, in microseconds a call. */
final class CallTime {
  private CallTime() {}

  public static void main(String[] args) throws Exception {
    String config = new String(Files.readAllBytes(Paths.get(args[0])), StandardCharsets.UTF_8);
    byte[] request = Files.readAllBytes(Paths.get(args[1]));
    String text = new String(request, StandardCharsets.UTF_8);
    Native.ready();
    // Little but the way there and back: the handle is none, so nothing is decided.
    print("JNI, no handle", request.length, Native.check(0, request).length, () -> Native.check(0, request));
    try (SqlSec sqlsec = SqlSec.open(Config.ofJson(config))) {
      int size = sqlsec.checkBytes(request).length;
      print("JNI, bytes", request.length, size, () -> sqlsec.checkBytes(request));
      print("JNI, strings", request.length, size, () -> sqlsec.checkJson(text));
      Request typed = Request.of(Principal.of("alice"), (String) Json.object(Json.parse(text)).get("sql"));
      print("JNI, typed", request.length, size, () -> sqlsec.check(typed));
    }
  }

  private static void print(String what, int in, int out, Runnable call) {
    int calls = 500;
    double[] rounds = new double[200];
    for (int warm = 0; warm < 20_000; warm++) {
      call.run();
    }
    for (int i = 0; i < rounds.length; i++) {
      long start = System.nanoTime();
      for (int c = 0; c < calls; c++) {
        call.run();
      }
      rounds[i] = (System.nanoTime() - start) / 1e3 / calls;
    }
    Arrays.sort(rounds);
    System.out.printf("%-20s %d B in, %d B out: median %.2f us, fastest tenth %.2f us%n", what, in, out, rounds[rounds.length / 2], rounds[rounds.length / 10]);
  }
}
