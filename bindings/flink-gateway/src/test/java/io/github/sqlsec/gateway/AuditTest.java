package io.github.sqlsec.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.sqlsec.Config;
import io.github.sqlsec.FlinkVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.gateway.api.SqlGatewayService;
import org.apache.flink.table.gateway.api.session.SessionEnvironment;
import org.apache.flink.table.gateway.api.session.SessionHandle;
import org.apache.flink.table.gateway.rest.util.SqlGatewayRestAPIVersion;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an auditor sees: a statement of a user is one record without a job, and what the plug-in asks for itself says so. */
class AuditTest {
  private final FakeGateway fake = new FakeGateway();
  @TempDir Path folder;
  private int read;

  @AfterEach
  void nobody() {
    Caller.clear();
  }

  /** The new records, each as {@code decision job}; those of users have no job. */
  private List<String> records() throws Exception {
    List<String> lines = Files.readAllLines(folder.resolve("audit.jsonl"));
    List<String> records = new ArrayList<>();
    for (String line : lines.subList(read, lines.size())) {
      assertTrue(line.contains("\"user\":\"alice\""), line);
      String job = line.contains("\"job\":\"") ? line.replaceAll(".*?\"job\":\"([^\"]*)\".*", " $1") : "";
      records.add((line.contains("\"decision\":\"allow\"") ? "allow" : "deny") + job);
    }
    read = lines.size();
    return records;
  }

  @Test
  void aStatementIsOneRecordOfItsUserAndAProbeNamesItself() throws Exception {
    String policy = "apiVersion: sqlsec/v1\nversion: 1\nrules:\n"
        + "  - { id: closed, type: access, to: { users: [alice] }, on: { table: '*.*.wages' }, privileges: [select], effect: deny }\n";
    Config config = Config.builder().policyText(policy).part("audit", "{\"file\": \"" + folder.resolve("audit.jsonl") + "\"}").build();
    SqlGatewayService service = ProtectedService.over(fake.service(), new Checks(Engines.of(config), FlinkVersion.V2_3), new Sessions(0, 32), false);
    ResolvedSchema schema = ResolvedSchema.of(Column.physical("id", DataTypes.INT()));
    for (String name : List.of("orders", "wages")) {
      CatalogTable table = CatalogTable.newBuilder().schema(Schema.newBuilder().build()).options(Map.of("connector", "datagen")).build();
      fake.tables.put("hive.db." + name, new ResolvedCatalogTable(table, schema));
    }
    Caller.bind(Identity.of("alice", List.of()));
    SessionHandle session =
        service.openSession(SessionEnvironment.newBuilder().setSessionEndpointVersion(SqlGatewayRestAPIVersion.V1).addSessionConfig(Map.of("parallelism.default", "2")).build());
    assertEquals(List.of("allow " + Checks.SETS, "allow " + Checks.SETS), records(), "the properties of a session, before it is open and in it");

    service.executeStatement(session, "SELECT id FROM hive.db.orders", 0, new Configuration());
    List<String> first = records();
    assertEquals("allow", first.remove(first.size() - 1));
    assertTrue(!first.isEmpty() && first.stream().allMatch(record -> record.endsWith(" " + Checks.LOOKS_UP)), first.toString());
    service.executeStatement(session, "SELECT id FROM hive.db.orders", 0, new Configuration());
    assertEquals(List.of("allow"), records(), "the second time its names are known");

    assertThrows(RuntimeException.class, () -> service.executeStatement(session, "SELECT id FROM hive.db.wages", 0, new Configuration()));
    List<String> denied = records();
    assertEquals("deny", denied.remove(denied.size() - 1), "a refusal is a record of its user too");
    assertTrue(denied.stream().allMatch(record -> record.endsWith(" " + Checks.LOOKS_UP)), denied.toString());

    fake.config.putAll(Map.of("parallelism.default", "1", "s3.secret-key", "very"));
    service.getSessionConfig(session);
    assertEquals(List.of("deny " + Checks.SHOWS), records());
    Caller.bind(Identity.of("alice", List.of()), Route.HEARTBEAT);
    service.getSessionConfig(session);
    service.completeStatement(session, "SELECT * FROM ", 14);
    assertEquals(List.of(), records(), "a heartbeat and a completion are no submissions");
    assertThrows(RuntimeException.class, () -> service.executeStatement(session, "SELECT 1", 0, Configuration.fromMap(Map.of("pipeline.jars", "x"))));
    assertEquals(List.of("deny " + Checks.SETS), records());
  }
}
