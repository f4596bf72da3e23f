package io.github.sqlsec.gateway;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;

/**
 * JSON web tokens (RFC 7519) signed by RS256 or ES256, by the JDK's own cryptography. Issuer, audience and an end are demanded; the algorithm must be one that
 * the site lists, and that of the key.
 */
final class Jwt implements Authenticator {
  private static final int LONGEST = 16 * 1024;
  private static final Map<String, String> JDK_NAMES = Map.of("RS256", "SHA256withRSA", "ES256", "SHA256withECDSAinP1363Format");

  /** What a site demands, and where in a token the user is. */
  static final class Demands {
    String issuer;
    String audience;
    Set<String> algorithms = JDK_NAMES.keySet();
    String userClaim = "sub";
    String groupsClaim;
    String rolesClaim;
    List<String> attributeClaims = new ArrayList<>();
    long leewaySeconds = 30;
  }

  private final JwtKeySource keys;
  private final Demands demands;
  private final LongSupplier seconds;

  Jwt(JwtKeySource keys, Demands demands, LongSupplier seconds) {
    this.keys = keys;
    this.demands = demands;
    this.seconds = seconds;
    if (demands.issuer == null || demands.audience == null) {
      throw new IllegalArgumentException("tokens need an issuer and an audience");
    }
    if (demands.algorithms.isEmpty() || !JDK_NAMES.keySet().containsAll(demands.algorithms)) {
      throw new IllegalArgumentException("the algorithms of tokens are RS256 and ES256");
    }
  }

  @Override
  public boolean isOfBearer() {
    return true;
  }

  @Override
  public Optional<Identity> authenticate(HttpFacts request) throws Unauthenticated {
    Optional<String> token = Bearer.token(request);
    if (token.isEmpty() || !Bearer.isJwt(token.get())) {
      return Optional.empty();
    }
    try {
      return Optional.of(identity(claims(token.get())));
    } catch (IllegalArgumentException e) {
      throw new Unauthenticated("a web token that cannot be read: " + e.getMessage());
    }
  }

  /** The claims of a token that holds. */
  JsonNode claims(String token) throws Unauthenticated {
    if (token.length() > LONGEST) {
      throw new Unauthenticated("a web token that is too long");
    }
    String[] parts = token.split("\\.", -1);
    JsonNode header = Documents.object(decoded(parts[0]));
    String algorithm = header.path("alg").asText("");
    if (!demands.algorithms.contains(algorithm)) {
      throw new Unauthenticated("a web token by an algorithm that is not allowed");
    }
    // What `crit` names must be understood (RFC 7515, 4.1.11); nothing is.
    if (header.has("crit")) {
      throw new Unauthenticated("a web token with critical extensions");
    }
    byte[] signed = token.substring(0, token.lastIndexOf('.')).getBytes(StandardCharsets.US_ASCII);
    String id = header.hasNonNull("kid") ? header.get("kid").asText() : null;
    byte[] signature = decoded(parts[2]);
    if (keys.keys().of(algorithm, id).stream().noneMatch(key -> signs(key, signed, signature))) {
      throw new Unauthenticated("a web token with a signature of nobody known");
    }
    JsonNode claims = Documents.object(decoded(parts[1]));
    inTime(claims);
    if (!demands.issuer.equals(claims.path("iss").asText(null))) {
      throw new Unauthenticated("a web token of another issuer");
    }
    JsonNode audience = claims.path("aud");
    List<String> audiences = audience.isTextual() ? List.of(audience.textValue()) : Documents.strings(audience);
    if (!audiences.contains(demands.audience)) {
      throw new Unauthenticated("a web token for another audience");
    }
    return claims;
  }

  private void inTime(JsonNode claims) throws Unauthenticated {
    double now = seconds.getAsLong();
    if (!claims.path("exp").isNumber() || claims.get("exp").asDouble() + demands.leewaySeconds <= now) {
      throw new Unauthenticated("a web token that has ended, or never ends");
    }
    if (claims.has("nbf") && !(claims.get("nbf").isNumber() && claims.get("nbf").asDouble() - demands.leewaySeconds <= now)) {
      throw new Unauthenticated("a web token that has not begun");
    }
  }

  private static boolean signs(JwtKeys.Key key, byte[] signed, byte[] signature) {
    if (key.key instanceof ECPublicKey && !isInRange(((ECPublicKey) key.key).getParams().getOrder(), signature)) {
      return false;
    }
    try {
      Signature check = Signature.getInstance(JDK_NAMES.get(key.algorithm));
      check.initVerify(key.key);
      check.update(signed);
      return check.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** Whether both halves are from 1 to below the order: some versions of Java take zeros for the signature of any text (CVE-2022-21449). */
  private static boolean isInRange(BigInteger order, byte[] signature) {
    int half = signature.length / 2;
    BigInteger r = new BigInteger(1, Arrays.copyOfRange(signature, 0, half));
    BigInteger s = new BigInteger(1, Arrays.copyOfRange(signature, half, signature.length));
    return r.signum() > 0 && s.signum() > 0 && r.compareTo(order) < 0 && s.compareTo(order) < 0;
  }

  private Identity identity(JsonNode claims) {
    JsonNode user = claims.path(demands.userClaim);
    if (!user.isTextual()) {
      throw new IllegalArgumentException("no claim `" + demands.userClaim + "`");
    }
    Map<String, Object> attributes = new LinkedHashMap<>();
    for (String name : demands.attributeClaims) {
      if (claims.hasNonNull(name)) {
        attributes.put(name, Documents.attribute(claims.get(name)));
      }
    }
    return new Identity(user.textValue(), names(claims, demands.groupsClaim), names(claims, demands.rolesClaim), attributes);
  }

  /** A list, or one string with blanks between names, as the claim `scope` is written. A dot leads into an object: {@code realm_access.roles}. */
  private static List<String> names(JsonNode claims, String claim) {
    if (claim == null) {
      return new ArrayList<>();
    }
    JsonNode node = claims;
    for (String part : claim.split("\\.")) {
      node = node.path(part);
    }
    return node.isTextual() ? Arrays.asList(node.textValue().trim().split("\\s+")) : Documents.strings(node);
  }

  private static byte[] decoded(String part) {
    return Base64.getUrlDecoder().decode(part);
  }
}
