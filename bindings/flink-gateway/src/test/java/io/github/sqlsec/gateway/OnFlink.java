package io.github.sqlsec.gateway;

import java.lang.reflect.Method;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.junit.jupiter.api.Test;

/** Runs the tests of the wire on the jars of a Flink, whichever is on the class path: a program, which `bindings/flink-gateway/test` starts. */
public final class OnFlink {
  private OnFlink() {}

  /**
   * Runs all of them.
   *
   * @param args none
   */
  public static void main(String[] args) {
    int tests = 0;
    int failures = 0;
    for (Method test : RestDoorTest.class.getDeclaredMethods()) {
      if (!test.isAnnotationPresent(Test.class)) {
        continue;
      }
      tests++;
      try {
        RestDoorTest each = new RestDoorTest();
        each.start();
        try {
          test.setAccessible(true);
          test.invoke(each);
        } finally {
          each.stop();
        }
      } catch (Exception e) {
        failures++;
        Throwable cause = e.getCause() == null ? e : e.getCause();
        System.out.println("FAILED: " + test.getName() + ": " + cause);
      }
    }
    System.out.println("the wire on Flink " + EnvironmentInformation.getVersion() + ": " + tests + " tests, " + failures + " failures");
    System.exit(failures == 0 && tests > 0 ? 0 : 1);
  }
}
