package io.github.sqlsec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Every shared case through Java: the reply is the library's, to the byte; the typed form says the same. */
class SharedCasesTest {
  @Test
  void everyCaseIsAnsweredAsTheLibraryAnswers() throws Exception {
    List<Cases> cases = Cases.all();
    String config = null;
    SqlSec sqlsec = null;
    int allowed = 0;
    int shown = 0;
    for (Cases one : cases) {
      if (!one.config.equals(config)) {
        if (sqlsec != null) {
          sqlsec.close();
        }
        config = one.config;
        sqlsec = SqlSec.open(Config.ofJson(config));
      }
      assertEquals(one.reply, sqlsec.checkJson(one.request), one.id);
      Reply reply = sqlsec.check(one.typed());
      assertEquals(one.reply, reply.json(), one.id);
      if (one.expect.startsWith("deny:")) {
        denied(one, reply, sqlsec);
      } else {
        assertEquals("allow", one.expect);
        assertTrue(reply.isAllowed(), one.id);
        assertEquals(Json.write(Json.object(Json.parse(one.reply)).get("session")), reply.session().toJson(), one.id);
        assertFalse(reply.statements().isEmpty(), one.id);
        allowed++;
      }
      if (!one.sql.isEmpty()) {
        assertEquals(one.sql.trim(), reply.sql().trim(), one.id);
        shown++;
      }
    }
    sqlsec.close();
    System.out.println("cases: " + cases.size() + " checked, " + allowed + " allowed, " + shown + " with the SQL of their file");
    assertTrue(cases.size() > 1000 && allowed > 500 && shown > 200);
  }

  private static void denied(Cases one, Reply reply, SqlSec sqlsec) {
    assertFalse(reply.isAllowed(), one.id);
    String code = one.expect.substring("deny:".length());
    assertTrue(reply.errors().stream().anyMatch(e -> e.code().equals(code)), () -> one.id + ": " + reply.errors());
    SqlSecDeniedException thrown = assertThrows(SqlSecDeniedException.class, () -> sqlsec.rewrite(one.typed()), one.id);
    Denial first = reply.errors().get(0);
    assertEquals(first.code(), thrown.code());
    assertEquals(first.message(), thrown.getMessage());
    assertEquals(first.statement(), thrown.statement());
    assertEquals(first.line(), thrown.line());
    assertEquals(first.column(), thrown.column());
    assertEquals(reply.errors().size(), thrown.reasons().size());
    assertThrows(SqlSecDeniedException.class, reply::sql, one.id);
    assertThrows(SqlSecDeniedException.class, reply::session, one.id);
    assertTrue(reply.statements().stream().allMatch(s -> s.edits().isEmpty()), one.id);
  }
}
