package io.github.sqlsec.gateway;

import io.github.sqlsec.Config;
import io.github.sqlsec.FlinkVersion;
import io.github.sqlsec.ReloadingEngine;
import java.util.Arrays;
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

/** What the plug-in itself spends in {@code executeStatement}: over a service that runs nothing, p50 and p90 of 2,000 calls after 500. */
final class CallCost {
  private static final String POLICY =
      "apiVersion: sqlsec/v1\nversion: 1\nrules:\n"
          + "  - { id: rows, type: row_filter, to: { users: [alice] }, on: { table: '*.*.orders' }, filter: \"region = 'beijing'\" }\n"
          + "  - { id: phone, type: column_mask, to: { users: [alice] }, on: { table: '*.*.orders', columns: [phone] }, mask: MASK_SHOW_LAST_4 }\n";
  private static final String SQL = "SELECT region, COUNT(*), MAX(phone) FROM site.`default`.orders WHERE id > 1 GROUP BY region";

  private CallCost() {}

  public static void main(String[] arguments) {
    FakeGateway fake = new FakeGateway();
    ResolvedSchema schema =
        ResolvedSchema.of(Column.physical("id", DataTypes.INT()), Column.physical("region", DataTypes.STRING()), Column.physical("phone", DataTypes.STRING()));
    CatalogTable table = CatalogTable.newBuilder().schema(Schema.newBuilder().build()).options(Map.of("connector", "datagen")).build();
    fake.tables.put("site.default.orders", new ResolvedCatalogTable(table, schema));
    ReloadingEngine engines = Engines.of(Config.builder().policyText(POLICY).build());
    SqlGatewayService service = ProtectedService.over(fake.service(), new Checks(engines, FlinkVersion.V2_3), new Sessions(0, 32), false);
    Caller.bind(Identity.of("alice", List.of()));
    SessionHandle session = service.openSession(SessionEnvironment.newBuilder().setSessionEndpointVersion(SqlGatewayRestAPIVersion.V1).build());
    for (boolean again : new boolean[] {true, false}) {
      long[] times = new long[2000];
      for (int i = -500; i < times.length; i++) {
        String sql = again ? SQL : SQL + " -- " + i;
        long start = System.nanoTime();
        service.executeStatement(session, sql, 0, new Configuration());
        if (i >= 0) {
          times[i] = System.nanoTime() - start;
        }
        fake.calls.clear();
      }
      Arrays.sort(times);
      System.out.printf(
          "{\"what\": \"the plug-in alone, %s\", \"p50_ms\": %.3f, \"p90_ms\": %.3f}%n",
          again ? "a text that comes again" : "a new text each time", times[1000] / 1e6, times[1800] / 1e6);
    }
    System.exit(0);
  }
}
