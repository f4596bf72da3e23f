package io.github.sqlsec.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.sqlsec.FlinkVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatewayOptionsTest {
  @TempDir Path folder;

  private Map<String, String> good() throws IOException {
    Path tokens = Files.writeString(folder.resolve("tokens.json"), "{\"tokens\":[{\"token\":\"0123456789abcdef\",\"user\":\"alice\"}]}");
    Map<String, String> options = new HashMap<>();
    options.put("config", "/etc/sqlsec/engine.json");
    options.put("auth.token-file", tokens.toString());
    return options;
  }

  private static String refused(Map<String, String> options) {
    return assertThrows(IllegalArgumentException.class, () -> new GatewayOptions(options, () -> 0)).getMessage();
  }

  @Test
  void theLeastIsADocumentAndAWayIn() throws IOException {
    GatewayOptions options = new GatewayOptions(good(), () -> 0);
    assertFalse(options.openInfo);
    assertFalse(options.ignoreProperties);
    assertEquals(0, options.reloadSeconds);
    assertEquals(32, options.sessionsPerUser);
  }

  @Test
  void whatIsNotUnderstoodIsRefusedByName() throws IOException {
    for (String[] wrong : new String[][] {
      {"auth.tokenfile", "x"}, {"open-info", "yes"}, {"session-properties", "drop"}, {"reload-seconds", "often"}, {"sessions-per-user", "many"}, {"auth.header.secret-file", "x"},
      {"auth.jwt.issuer", "x"}, {"auth.token-file", "/nowhere/tokens.json"}, {"auth.jwt.jwks-file", "/nowhere/keys.json"},
    }) {
      Map<String, String> options = good();
      options.put(wrong[0], wrong[1]);
      assertFalse(refused(options).isEmpty(), wrong[0]);
    }
    Map<String, String> nobody = good();
    nobody.remove("auth.token-file");
    assertTrue(refused(nobody).contains("nobody could be let in"));
    Map<String, String> noRules = good();
    noRules.remove("config");
    assertTrue(refused(noRules).contains("sql-gateway.endpoint.sqlsec.config"));
  }

  @Test
  void onlyKnownVersionsOfFlinkAreServed() {
    assertEquals(FlinkVersion.V1_20, SqlSecEndpointFactory.version("1.20.1"));
    for (String version : List.of("2.0.0", "2.3.0", "2.3-SNAPSHOT")) {
      assertEquals(FlinkVersion.V2_3, SqlSecEndpointFactory.version(version));
    }
    for (String version : List.of("1.19.2", "1.2", "2.4.0", "2.30", "3.0.0", "<unknown>", "")) {
      assertThrows(IllegalArgumentException.class, () -> SqlSecEndpointFactory.version(version), version);
    }
  }
}
