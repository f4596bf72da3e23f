package io.github.sqlsec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shared steps of lineage through Java, and what Java alone adds. */
class LineageTest {
  private static final String RULES = "apiVersion: sqlsec/v1\nversion: 1\nrules: []";

  @Test
  void masksFollowTheDataFromJobToJob(@TempDir Path folder) throws Exception {
    Map<String, Long> left = new HashMap<>();
    String config = null;
    SqlSec sqlsec = null;
    int steps = 0;
    for (String line : Files.readAllLines(Paths.get("../../fixtures/hosts/inheritance.txt"), StandardCharsets.UTF_8)) {
      if (line.startsWith("#")) {
        continue;
      }
      String[] field = line.split(" \\| ");
      steps++;
      switch (field[0]) {
        case "config":
          config = field[1].replace("@FOLDER@", folder.toString());
          break;
        case "open":
          sqlsec = SqlSec.open(Config.ofJson(config));
          break;
        case "close":
          sqlsec.close();
          break;
        case "check":
          check(sqlsec, field, left);
          break;
        default:
          long id = left.containsKey(field[1]) ? left.get(field[1]) : Long.parseLong(field[1]);
          assertEquals(field[2], settle(sqlsec, field[0], id), line);
      }
    }
    assertTrue(steps > 25, steps + " steps");
  }

  private static void check(SqlSec sqlsec, String[] field, Map<String, Long> left) {
    Map<String, Object> request = Json.object(Json.parse(field[3]));
    Request typed = Request.of(Principal.of((String) Json.object(request.get("principal")).get("user")), (String) request.get("sql")).at((Long) request.get("at"));
    typed = request.containsKey("job") ? typed.job((String) request.get("job")) : typed;
    Reply reply = sqlsec.check(typed);
    assertEquals(field[2], reply.isAllowed() ? "allow" : "deny", field[3]);
    for (int i = 4; i < field.length; i++) {
      assertEquals(field[i].startsWith("holds "), reply.json().contains(field[i].substring(6)), field[3] + ": " + field[i] + ": " + reply.json());
    }
    assertEquals(reply.json().contains("\"lineage_id\""), reply.lineageId().isPresent());
    reply.lineageId().ifPresent(id -> left.put(field[1], id));
    assertFalse(reply.isUnrecorded());
  }

  private static String settle(SqlSec sqlsec, String what, long id) {
    try {
      switch (what) {
        case "commit":
          sqlsec.commit(id);
          break;
        case "abort":
          sqlsec.abort(id);
          break;
        default:
          assertEquals("ended", what);
          sqlsec.ended(id);
      }
      return "ok";
    } catch (SqlSecException e) {
      return e.code();
    }
  }

  @Test
  void withoutAStoreNoRecordIsKnownAndAClosedEngineTakesNothing() {
    SqlSec sqlsec = SqlSec.open(Config.builder().policyText(RULES).build());
    for (String what : new String[] {"commit", "abort", "ended"}) {
      assertEquals("record-unknown", settle(sqlsec, what, 1));
      assertEquals("record-unknown", settle(sqlsec, what, -1));
    }
    sqlsec.close();
    for (String what : new String[] {"commit", "abort", "ended"}) {
      assertEquals("handle-invalid", settle(sqlsec, what, 1));
    }
  }

  @Test
  void aStoreThatIsNotThereIsAnError(@TempDir Path folder) {
    Config config = Config.builder().policyText(RULES).lineage(folder.resolve("lineage.db").toString()).build();
    assertEquals("lineage-unavailable", assertThrows(SqlSecException.class, () -> SqlSec.open(config)).code());
    assertFalse(Files.exists(folder.resolve("lineage.db")));
  }
}
