package io.github.sqlsec;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** What a host does whose engine panics: runs where the library that can be made to panic is loaded. */
public final class PanicSteps {
  private PanicSteps() {}

  /** What each step has come to. */
  public static List<String> run(String config) throws InterruptedException {
    List<String> steps = new ArrayList<>();
    List<String> told = new CopyOnWriteArrayList<>();
    ReloadingEngine.Listener listener =
        new ReloadingEngine.Listener() {
          @Override
          public void info(String message) {}

          @Override
          public void warn(String message) {
            told.add("warn " + message);
          }

          @Override
          public void error(String message) {
            told.add("error " + message);
          }
        };
    try (ReloadingEngine engine = ReloadingEngine.of(() -> Config.ofJson(config), () -> "", ReloadingEngine.Reload.WHEN_CHANGED, 0, listener)) {
      Reply copy = engine.check(Samples.request("INSERT INTO copy SELECT id FROM orders"));
      steps.add(said(copy));
      steps.add(said(engine.check(Samples.request("SQLSEC PANIC"))));
      steps.add(said(engine.check(Samples.request(Samples.SQL))));
      engine.commit(copy.lineageId().getAsLong());
      engine.reload();
      steps.add(said(engine.check(Samples.request(Samples.SQL))));
      // What the one that panicked did not take the next one does.
      long end = System.nanoTime() + 30_000_000_000L;
      while (isPending(config, copy.lineageId().getAsLong()) && System.nanoTime() < end) {
        Thread.sleep(50);
      }
      steps.add(isPending(config, copy.lineageId().getAsLong()) ? "pending" : "committed");
    }
    steps.addAll(told);
    return steps;
  }

  private static String said(Reply reply) {
    return reply.isAllowed() ? "allow" : reply.errors().get(0).code();
  }

  /** Only what is committed can be ended, once or again. */
  private static boolean isPending(String config, long record) {
    try (SqlSec other = SqlSec.open(Config.ofJson(config))) {
      other.ended(record);
      return false;
    } catch (SqlSecException e) {
      return true;
    }
  }
}
