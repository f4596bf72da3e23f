package io.github.sqlsec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Java alone adds: handles, exceptions, strings, configurations. */
class SqlSecTest {
  private static String codeOf(Runnable call) {
    return assertThrows(SqlSecException.class, call::run).code();
  }

  @Test
  void anAllowedScriptIsRewritten() {
    try (SqlSec sqlsec = SqlSec.open(Samples.config())) {
      Reply reply = sqlsec.rewrite(Samples.request(Samples.SQL));
      assertTrue(reply.sql().contains("region = 'S3CR3T'"), reply.sql());
      assertEquals(7, reply.policy().version());
      Statement statement = reply.statements().get(0);
      assertEquals("default_catalog.default_database.orders", statement.inputs().get(0).name().toString());
      assertEquals("region", statement.applied().get(0).rowFilters().get(0));
      assertFalse(statement.edits().isEmpty());
    }
  }

  @Test
  void aSessionGoesFromOneRequestToTheNext() {
    try (SqlSec sqlsec = SqlSec.open(Samples.config())) {
      Reply first = sqlsec.rewrite(Samples.request("CREATE TEMPORARY VIEW v AS SELECT id FROM orders"));
      Session kept = Session.fromJson(first.session().toJson());
      assertTrue(sqlsec.check(Samples.request("SELECT * FROM v").in(kept)).isAllowed());
      Reply other = sqlsec.check(Samples.request(Samples.SQL).in(Session.of("elsewhere", "db")));
      assertEquals("elsewhere.db.orders", other.statements().get(0).inputs().get(0).name().toString());
    }
  }

  @Test
  void tablesComeWithARequest() {
    Config config = Config.builder().policyText("apiVersion: sqlsec/v1\nversion: 1\nrules: [{ id: r, type: row_filter, to: { users: [u] }, on: { table: '*.*.t' }, filter: 'a = 1' }]").build();
    try (SqlSec sqlsec = SqlSec.open(config)) {
      Request request = Request.of(Principal.of("u"), "SELECT a FROM c.d.t");
      assertEquals("c.d.t", sqlsec.check(request.catalog("{}")).undescribed().get(0).toString());
      Reply described = sqlsec.rewrite(request.catalog("{\"tables\": [{\"name\": [\"c\", \"d\", \"t\"], \"columns\": [{\"name\": \"a\", \"type\": \"INT\"}]}]}"));
      assertTrue(described.undescribed().isEmpty());
      assertTrue(described.sql().contains("WHERE"), described.sql());
      assertFalse(sqlsec.check(request.catalog("{\"absent\": [[\"c\", \"d\", \"t\"]]}")).isAllowed());
      assertEquals("request-invalid", codeOf(() -> sqlsec.check(request.catalog("{\"table\": []}"))));
    }
  }

  @Test
  void aClosedEngineDecidesNothing() {
    SqlSec sqlsec = SqlSec.open(Samples.config());
    sqlsec.close();
    sqlsec.close();
    assertEquals("handle-invalid", codeOf(() -> sqlsec.rewrite(Samples.request(Samples.SQL))));
  }

  @Test
  void aHandleThatIsClosedOrMadeUpIsRefusedByTheLibraryToo() {
    byte[] config = Samples.config().json().getBytes(StandardCharsets.UTF_8);
    byte[] opened = Native.open(config);
    assertEquals(Native.OK, opened[opened.length - 1]);
    long handle = java.nio.ByteBuffer.wrap(opened).getLong();
    byte[] request = Samples.request(Samples.SQL).toJson().getBytes(StandardCharsets.UTF_8);
    byte[] closed = Native.close(handle);
    assertEquals(Native.OK, closed[closed.length - 1]);
    byte[] again = Native.open(config);
    for (long wrong : new long[] {0, 1, -1, handle, handle + 1, Long.MIN_VALUE, 0x7fff_ffff_ffffL}) {
      byte[] answer = Native.check(wrong, request);
      assertEquals(Native.ERROR, answer[answer.length - 1]);
      byte[] refused = Native.close(wrong);
      assertEquals(Native.ERROR, refused[refused.length - 1]);
    }
    Native.close(java.nio.ByteBuffer.wrap(again).getLong());
  }

  @Test
  void nullAndBrokenBytesAreFailuresAndNoCrash() {
    for (byte[] wrong : new byte[][] {{}, {(byte) 0xff}, "{}".getBytes(StandardCharsets.UTF_8)}) {
      byte[] answer = Native.open(wrong);
      assertEquals(Native.ERROR, answer[answer.length - 1]);
    }
    byte[] none = null;
    try {
      none = Native.open(null);
    } catch (RuntimeException allowedToo) {
      assertNotNull(allowedToo);
    }
    assertTrue(none == null || none[none.length - 1] == Native.ERROR);
    assertThrows(NullPointerException.class, () -> Config.ofJson(null).json().length());
    try (SqlSec sqlsec = SqlSec.open(Samples.config())) {
      assertThrows(NullPointerException.class, () -> sqlsec.checkJson(null));
      assertEquals("request-invalid", codeOf(() -> sqlsec.checkJson("{\"sql\": 1}")));
    }
  }

  @Test
  void aConfigurationThatCannotBeUsedSaysWhereAndWhy() {
    SqlSecException two = assertThrows(SqlSecException.class, () -> SqlSec.open(Config.ofJson("{\"policy\": {\"text\": \"\"},\n \"polizy\": 1}")));
    assertEquals("config-invalid", two.code());
    assertEquals(2, two.line());
    assertEquals("config-invalid", codeOf(() -> SqlSec.open(Config.builder().build())));
    assertEquals("input-unreadable", codeOf(() -> SqlSec.open(Config.builder().policyFile("/nowhere/policy.yaml").build())));
    SqlSecException policy =
        assertThrows(SqlSecException.class, () -> SqlSec.open(Config.builder().policyText("apiVersion: sqlsec/v1\nversion: 1\nrulez: []").build()));
    assertEquals("policy-invalid", policy.code());
    assertEquals(3, policy.line());
    assertEquals("catalog-invalid", codeOf(() -> SqlSec.open(Config.builder().policyText(Samples.POLICY).catalogSql("CREATE TABEL t").build())));
  }

  @Test
  void pathsOfAConfigurationFileAreBesideIt(@TempDir Path folder) throws Exception {
    Files.write(folder.resolve("policy.yaml"), Samples.POLICY.getBytes(StandardCharsets.UTF_8));
    Path file = folder.resolve("sqlsec.json");
    Files.write(file, "{\"policy\": {\"file\": \"policy.yaml\"}}".getBytes(StandardCharsets.UTF_8));
    try (SqlSec sqlsec = SqlSec.open(Config.ofFile(file))) {
      assertTrue(sqlsec.rewrite(Samples.request("SELECT * FROM orders")).sql().contains(Samples.SECRET));
    }
    assertEquals("input-unreadable", codeOf(() -> Config.ofFile(folder.resolve("absent.json"))));
  }

  @Test
  void aDenialHasCodeStatementLineAndColumnAndTellsNothingOfThePolicy() {
    try (SqlSec sqlsec = SqlSec.open(Samples.config())) {
      String sql = "SELECT 1;\n  SELECT nothing FROM orders";
      SqlSecDeniedException denied = assertThrows(SqlSecDeniedException.class, () -> sqlsec.rewrite(Samples.request(sql)));
      assertEquals("column-unknown", denied.code());
      assertEquals(1, denied.statement());
      assertEquals(2, denied.line());
      assertEquals(10, denied.column());
      assertFalse(denied.reply().json().contains(Samples.SECRET));
      assertTrue(denied.reasons().get(0).toString().endsWith(" at line 2, column 10"));
    }
  }

  @Test
  void everyCharacterArrivesAsItIs() {
    try (SqlSec sqlsec = SqlSec.open(Samples.config())) {
      String text = "SELECT 'é 表 😀 \t \" \\ \n' FROM orders";
      assertTrue(sqlsec.rewrite(Samples.request(text)).sql().startsWith("SELECT 'é 表 😀 \t \" \\ \n' FROM "));
      // What follows a NUL is judged too.
      assertFalse(sqlsec.check(Samples.request("SELECT 1\0; SELECT id FROM orders")).isAllowed());
      // Half a pair is no character: it must not turn into another one on the way.
      for (String half : new String[] {"SELECT '\ud83d'", "SELECT '\ude00'", "SELECT '\ude00\ud83d'"}) {
        assertEquals("request-invalid", codeOf(() -> sqlsec.check(Samples.request(half))));
      }
    }
  }

  @Test
  void theVersionIsThatOfTheLibrary() {
    assertTrue(SqlSec.version().matches("\\d+\\.\\d+\\.\\d+"), SqlSec.version());
  }

  @Test
  void nothingIsLeftInTheTemporaryFolder() throws Exception {
    SqlSec.version();
    Path library = Paths.get("/proc/self/maps");
    if (Files.exists(library)) {
      String maps = new String(Files.readAllBytes(library), StandardCharsets.ISO_8859_1);
      assertTrue(maps.contains("libsqlsec_java.so (deleted)"), "the library is loaded from a file that is gone");
    }
  }
}
