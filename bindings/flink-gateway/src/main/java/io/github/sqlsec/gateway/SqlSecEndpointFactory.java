package io.github.sqlsec.gateway;

import io.github.sqlsec.FlinkVersion;
import io.github.sqlsec.SqlSecException;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.gateway.api.SqlGatewayService;
import org.apache.flink.table.gateway.api.endpoint.SqlGatewayEndpoint;
import org.apache.flink.table.gateway.api.endpoint.SqlGatewayEndpointFactory;
import org.apache.flink.table.gateway.rest.SqlGatewayRestEndpointFactory;

/**
 * {@code sql-gateway.endpoint.type: sqlsec}: the stock REST endpoint, with its own options below {@code sql-gateway.endpoint.rest.}, over a service that
 * protects. What cannot be set up as it is configured is an exception, and the gateway does not start.
 */
public final class SqlSecEndpointFactory implements SqlGatewayEndpointFactory {
  /** The type of this endpoint. */
  public static final String IDENTIFIER = "sqlsec";

  private static final String REST = "sql-gateway.endpoint.rest.";
  private static final String TYPE = "sql-gateway.endpoint.type";
  private static final String DIALECT = "table.sql-dialect";

  /** Called by Flink's service loader. */
  public SqlSecEndpointFactory() {}

  @Override
  public SqlGatewayEndpoint createSqlGatewayEndpoint(Context context) {
    try {
      return create(context);
    } catch (IllegalArgumentException | SqlSecException e) {
      throw new ValidationException("sqlsec: the gateway is not started: " + e.getMessage(), e);
    }
  }

  private static SqlGatewayEndpoint create(Context context) {
    Map<String, String> all = entries(context.getFlinkConfiguration());
    alone(all);
    GatewayOptions options = new GatewayOptions(context.getEndpointOptions(), () -> Instant.now().getEpochSecond());
    FlinkVersion version = version(options.flinkVersion == null ? EnvironmentInformation.getVersion() : options.flinkVersion);
    Checks checks = new Checks(Engines.ofFile(options.config, options.reloadSeconds), version);
    long idle = ((Configuration) context.getFlinkConfiguration()).get(org.apache.flink.table.gateway.api.config.SqlGatewayServiceConfigOptions.SQL_GATEWAY_SESSION_IDLE_TIMEOUT).toMillis();
    SqlGatewayService service = ProtectedService.over(context.getSqlGatewayService(), checks, new Sessions(idle, options.sessionsPerUser), options.ignoreProperties);
    Map<String, String> rest = below(all, REST);
    AuthenticatingHandlerFactory.arm(new Doorkeeper(options.authenticator, options.openInfo));
    return new SqlGatewayRestEndpointFactory().createSqlGatewayEndpoint(new Context() {
      @Override
      public SqlGatewayService getSqlGatewayService() {
        return service;
      }

      @Override
      public ReadableConfig getFlinkConfiguration() {
        return context.getFlinkConfiguration();
      }

      @Override
      public Map<String, String> getEndpointOptions() {
        return rest;
      }
    });
  }

  /** A second endpoint over the same sessions would be the way around this one; another dialect is read by other rules. */
  private static void alone(Map<String, String> all) {
    String types = all.getOrDefault(TYPE, "").trim().replaceAll("^[\\['\"\\s]+|[\\]'\"\\s]+$", "");
    if (!types.equals(IDENTIFIER)) {
      throw new IllegalArgumentException("`" + TYPE + "` must be `" + IDENTIFIER + "` alone: another endpoint would not be protected");
    }
    String dialect = all.getOrDefault(DIALECT, "default").trim();
    if (!dialect.equalsIgnoreCase("default")) {
      throw new IllegalArgumentException("`" + DIALECT + "` must be `default`");
    }
  }

  private static Map<String, String> entries(ReadableConfig config) {
    if (!(config instanceof Configuration)) {
      throw new IllegalArgumentException("Flink's configuration cannot be read");
    }
    return ((Configuration) config).toMap();
  }

  private static Map<String, String> below(Map<String, String> all, String prefix) {
    Map<String, String> below = new LinkedHashMap<>();
    all.forEach((key, value) -> {
      if (key.startsWith(prefix)) {
        below.put(key.substring(prefix.length()), value);
      }
    });
    return below;
  }

  /** The grammar by the process's own version. Between 1.20 and 2.3 the newer is read: it knows the older's statements. */
  static FlinkVersion version(String version) {
    if (version.matches("1\\.20(\\D.*)?")) {
      return FlinkVersion.V1_20;
    } else if (version.matches("2\\.[0-3](\\D.*)?")) {
      return FlinkVersion.V2_3;
    }
    throw new IllegalArgumentException("Flink " + version + " is not supported: 1.20 and 2.0 to 2.3 are");
  }

  @Override
  public String factoryIdentifier() {
    return IDENTIFIER;
  }

  /** Checked by {@link GatewayOptions}, which knows more than names. */
  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Collections.emptySet();
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Collections.emptySet();
  }
}
