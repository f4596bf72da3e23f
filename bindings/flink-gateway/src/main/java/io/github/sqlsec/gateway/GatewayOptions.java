package io.github.sqlsec.gateway;

import java.net.URI;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The options below {@code sql-gateway.endpoint.sqlsec.}: read once, each by name. One that is not known, or not used, is an error: a word that is misspelt must
 * not open a door.
 */
final class GatewayOptions {
  static final String PREFIX = "sql-gateway.endpoint." + SqlSecEndpointFactory.IDENTIFIER + ".";

  private final Map<String, String> left;

  /** The engine's document. */
  final Path config;
  /** 1.20 or 2.3; null for that of the process. */
  final String flinkVersion;
  /** Whether {@code /info} and {@code /api_versions} answer anybody. */
  final boolean openInfo;
  /** Whether properties of a new session that are not allowed are left out, and not a reason to refuse it. */
  final boolean ignoreProperties;
  /** Seconds between looks at the engine's files; 0 for never. */
  final long reloadSeconds;
  /** How many sessions a user may have open. */
  final long sessionsPerUser;
  /** Who sends requests. */
  final Authenticator authenticator;

  GatewayOptions(Map<String, String> options, LongSupplier seconds) {
    left = new LinkedHashMap<>(options);
    config = Paths.get(required("config"));
    flinkVersion = left.remove("flink-version");
    openInfo = flag("open-info");
    ignoreProperties = word("session-properties", "refuse", "ignore").equals("ignore");
    reloadSeconds = whole("reload-seconds", 0);
    sessionsPerUser = whole("sessions-per-user", 32);
    authenticator = authenticator(seconds);
    if (!left.isEmpty()) {
      throw new IllegalArgumentException("`" + PREFIX + left.keySet().iterator().next() + "` is not known, or has no use beside the others");
    }
  }

  private Authenticator authenticator(LongSupplier seconds) {
    List<Authenticator> ways = new ArrayList<>();
    String tokens = left.remove("auth.token-file");
    if (tokens != null) {
      ways.add(TokenFile.read(Paths.get(tokens)));
    }
    if (left.containsKey("auth.jwt.jwks-file") || left.containsKey("auth.jwt.jwks-url")) {
      ways.add(jwt(seconds));
    }
    String header = left.remove("auth.header.user");
    if (header != null) {
      String secretFile = left.remove("auth.header.secret-file");
      String secret = secretFile == null ? null : Documents.text(Paths.get(secretFile)).trim();
      ways.add(new TrustedHeader(header, left.remove("auth.header.groups"), left.remove("auth.header.secret-header"), secret, list("auth.header.peers")));
    }
    if (ways.isEmpty()) {
      throw new IllegalArgumentException(
          "nobody could be let in: set one of `" + PREFIX + "auth.token-file`, `auth.jwt.jwks-file`, `auth.jwt.jwks-url` and `auth.header.user`");
    }
    return new AllOf(ways);
  }

  private Authenticator jwt(LongSupplier seconds) {
    Jwt.Demands demands = new Jwt.Demands();
    demands.issuer = required("auth.jwt.issuer");
    demands.audience = required("auth.jwt.audience");
    Set<String> algorithms = new LinkedHashSet<>(list("auth.jwt.algorithms"));
    if (!algorithms.isEmpty()) {
      demands.algorithms = algorithms;
    }
    demands.userClaim = left.containsKey("auth.jwt.user-claim") ? left.remove("auth.jwt.user-claim") : demands.userClaim;
    demands.groupsClaim = left.remove("auth.jwt.groups-claim");
    demands.rolesClaim = left.remove("auth.jwt.roles-claim");
    demands.attributeClaims = list("auth.jwt.attribute-claims");
    demands.leewaySeconds = whole("auth.jwt.leeway-seconds", demands.leewaySeconds);
    String file = left.remove("auth.jwt.jwks-file");
    String url = left.remove("auth.jwt.jwks-url");
    if ((file == null) == (url == null)) {
      throw new IllegalArgumentException("one of `auth.jwt.jwks-file` and `auth.jwt.jwks-url`");
    }
    JwtKeySource keys;
    if (file != null) {
      keys = JwtKeySource.file(Paths.get(file));
    } else {
      URI from = JwtKeySource.Url.checked(url);
      long fresh = whole("auth.jwt.jwks-refresh-seconds", 300);
      keys = new JwtKeySource.Url(() -> JwtKeySource.fetch(from), seconds, fresh, Math.max(whole("auth.jwt.jwks-usable-seconds", 3600), fresh)).refreshed();
    }
    return new Jwt(keys, demands, seconds);
  }

  private String required(String key) {
    String value = left.remove(key);
    if (value == null || value.trim().isEmpty()) {
      throw new IllegalArgumentException("`" + PREFIX + key + "` is not set");
    }
    return value.trim();
  }

  private boolean flag(String key) {
    return word(key, "false", "true").equals("true");
  }

  private String word(String key, String... words) {
    String value = left.containsKey(key) ? left.remove(key).trim() : words[0];
    if (!Arrays.asList(words).contains(value)) {
      throw new IllegalArgumentException("`" + PREFIX + key + "` is one of " + String.join(", ", words));
    }
    return value;
  }

  private long whole(String key, long otherwise) {
    String value = left.remove(key);
    if (value == null) {
      return otherwise;
    }
    if (!value.trim().matches("[0-9]{1,9}")) {
      throw new IllegalArgumentException("`" + PREFIX + key + "` is a whole number");
    }
    return Long.parseLong(value.trim());
  }

  private List<String> list(String key) {
    String value = left.remove(key);
    List<String> items = new ArrayList<>();
    if (value != null) {
      for (String item : value.split("[,;]")) {
        if (!item.trim().isEmpty()) {
          items.add(item.trim());
        }
      }
    }
    return items;
  }
}
