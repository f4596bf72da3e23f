package io.github.sqlsec.gateway;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;

/**
 * A JSON web key set (RFC 7517): the public keys for RS256 (RSA from 2048 bits) and ES256 (P-256). Keys of other kinds are passed over; a set without any that
 * can be used is an error. Immutable.
 */
final class JwtKeys {
  private static final int RSA_BITS = 2048;

  /** A key, for one algorithm only: the token does not choose how a key is used. */
  static final class Key {
    final String id;
    final String algorithm;
    final PublicKey key;

    Key(String id, String algorithm, PublicKey key) {
      this.id = id;
      this.algorithm = algorithm;
      this.key = key;
    }
  }

  private final List<Key> keys = new ArrayList<>();

  JwtKeys(byte[] document) {
    for (JsonNode node : Documents.object(document).path("keys")) {
      Key key = key(node);
      if (key != null) {
        keys.add(key);
      }
    }
    if (keys.isEmpty()) {
      throw new IllegalArgumentException("no key for RS256 or ES256 in the key set");
    }
  }

  /** The keys that a token with this header may be signed by: without an id in the token all of that algorithm. */
  List<Key> of(String algorithm, String id) {
    List<Key> fitting = new ArrayList<>();
    for (Key key : keys) {
      if (key.algorithm.equals(algorithm) && (id == null || id.equals(key.id))) {
        fitting.add(key);
      }
    }
    return fitting;
  }

  private static Key key(JsonNode node) {
    String use = node.path("use").asText("sig");
    String kind = node.path("kty").asText("");
    String algorithm = kind.equals("RSA") ? "RS256" : kind.equals("EC") && node.path("crv").asText("").equals("P-256") ? "ES256" : null;
    if (!use.equals("sig") || algorithm == null || !node.path("alg").asText(algorithm).equals(algorithm)) {
      return null;
    }
    String id = node.hasNonNull("kid") ? node.get("kid").asText() : null;
    try {
      return new Key(id, algorithm, algorithm.equals("RS256") ? rsa(node) : ec(node));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("a key of the key set cannot be read");
    }
  }

  private static PublicKey rsa(JsonNode node) throws GeneralSecurityException {
    BigInteger modulus = number(node, "n");
    if (modulus.bitLength() < RSA_BITS) {
      throw new IllegalArgumentException("an RSA key of the key set is shorter than " + RSA_BITS + " bits");
    }
    return KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(modulus, number(node, "e")));
  }

  private static PublicKey ec(JsonNode node) throws GeneralSecurityException {
    AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
    curve.init(new ECGenParameterSpec("secp256r1"));
    ECParameterSpec spec = curve.getParameterSpec(ECParameterSpec.class);
    ECPoint point = new ECPoint(number(node, "x"), number(node, "y"));
    return KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(point, spec));
  }

  private static BigInteger number(JsonNode node, String field) {
    byte[] bytes = Base64.getUrlDecoder().decode(node.path(field).asText(""));
    if (bytes.length == 0) {
      throw new IllegalArgumentException("a key of the key set has no `" + field + "`");
    }
    return new BigInteger(1, bytes);
  }
}
