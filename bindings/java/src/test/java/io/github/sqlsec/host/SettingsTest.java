package io.github.sqlsec.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.sqlsec.Config;
import io.github.sqlsec.Principal;
import io.github.sqlsec.Reply;
import io.github.sqlsec.Request;
import io.github.sqlsec.SqlSec;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {
  @Test
  void aQuoteEndsNoLiteralAndTheOrderIsThatOfTheMap() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("b", "it's");
    settings.put("a'; SET 'x' = 'y", "");
    assertEquals("SET 'b' = 'it''s';\nSET 'a''; SET ''x'' = ''y' = '';\n", Settings.script(settings));
  }

  @Test
  void whatIsReadOtherwiseThanItWasGivenIsSeen() {
    try (SqlSec engine = SqlSec.open(Config.builder().policyText("apiVersion: sqlsec/v1\nversion: 1\nrules: []\n").build())) {
      Map<String, String> zone = Collections.singletonMap("table.local-time-zone", "Asia/Shanghai");
      Reply reply = engine.check(Request.of(Principal.of("alice"), Settings.script(zone)));
      assertTrue(reply.isAllowed(), reply.errors().toString());
      assertTrue(Settings.isReadAsGiven(zone, reply));
      assertFalse(Settings.isReadAsGiven(Collections.singletonMap("table.local-time-zone", "UTC"), reply));
      assertFalse(Settings.isReadAsGiven(Collections.singletonMap("another", "UTC"), reply));
    }
  }
}
