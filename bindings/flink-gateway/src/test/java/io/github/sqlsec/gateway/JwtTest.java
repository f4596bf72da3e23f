package io.github.sqlsec.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.sqlsec.gateway.Authenticator.Unauthenticated;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class JwtTest {
  private static final long NOW = 1_800_000_000L;
  private static final String CLAIMS = "{\"iss\":\"https://login\",\"aud\":[\"other\",\"gateway\"],\"sub\":\"alice\",\"exp\":" + (NOW + 60) + ",\"groups\":[\"sales\"],\"dept\":\"HR\"}";
  private static KeyPair rsa;
  private static KeyPair ec;
  private static String keySet;

  @BeforeAll
  static void keys() throws GeneralSecurityException {
    KeyPairGenerator rsaKeys = KeyPairGenerator.getInstance("RSA");
    rsaKeys.initialize(2048);
    rsa = rsaKeys.generateKeyPair();
    KeyPairGenerator ecKeys = KeyPairGenerator.getInstance("EC");
    ecKeys.initialize(new ECGenParameterSpec("secp256r1"));
    ec = ecKeys.generateKeyPair();
    RSAPublicKey r = (RSAPublicKey) rsa.getPublic();
    ECPublicKey e = (ECPublicKey) ec.getPublic();
    keySet =
        "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"r\",\"use\":\"sig\",\"n\":\"" + number(r.getModulus(), 256) + "\",\"e\":\"" + number(r.getPublicExponent(), 3) + "\"},"
            + "{\"kty\":\"EC\",\"kid\":\"e\",\"crv\":\"P-256\",\"x\":\"" + number(e.getW().getAffineX(), 32) + "\",\"y\":\"" + number(e.getW().getAffineY(), 32) + "\"},"
            + "{\"kty\":\"oct\",\"kid\":\"o\",\"k\":\"c2VjcmV0\"}]}";
  }

  private static String number(BigInteger number, int length) {
    byte[] bytes = number.toByteArray();
    byte[] whole = new byte[length];
    int from = Math.max(0, bytes.length - length);
    System.arraycopy(bytes, from, whole, length - (bytes.length - from), bytes.length - from);
    return url64(whole);
  }

  private static String url64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String signed(String header, String claims, KeyPair by) throws GeneralSecurityException {
    String text = url64(header.getBytes(StandardCharsets.UTF_8)) + "." + url64(claims.getBytes(StandardCharsets.UTF_8));
    Signature signature = Signature.getInstance(by == rsa ? "SHA256withRSA" : "SHA256withECDSAinP1363Format");
    signature.initSign(by.getPrivate());
    signature.update(text.getBytes(StandardCharsets.US_ASCII));
    return text + "." + url64(signature.sign());
  }

  private static Jwt jwt(String... algorithms) {
    Jwt.Demands demands = new Jwt.Demands();
    demands.issuer = "https://login";
    demands.audience = "gateway";
    demands.groupsClaim = "groups";
    demands.attributeClaims = List.of("dept");
    if (algorithms.length > 0) {
      demands.algorithms = Set.of(algorithms);
    }
    JwtKeys keys = new JwtKeys(keySet.getBytes(StandardCharsets.UTF_8));
    return new Jwt(() -> keys, demands, () -> NOW);
  }

  private static void refused(String token) {
    assertThrows(Unauthenticated.class, () -> jwt().authenticate(Requests.with("Authorization", "Bearer " + token)));
  }

  @Test
  void tokensByBothAlgorithmsHold() throws Exception {
    for (String token : List.of(signed("{\"alg\":\"RS256\",\"kid\":\"r\"}", CLAIMS, rsa), signed("{\"alg\":\"ES256\"}", CLAIMS, ec))) {
      assertEquals("alice", jwt().authenticate(Requests.with("authorization", "bearer " + token)).orElseThrow().user());
    }
  }

  @Test
  void anAlgorithmThatTheSiteDoesNotListIsRefused() throws Exception {
    String token = signed("{\"alg\":\"ES256\",\"kid\":\"e\"}", CLAIMS, ec);
    assertThrows(Unauthenticated.class, () -> jwt("RS256").claims(token));
  }

  @Test
  void aKeyIsForItsOwnAlgorithmOnly() throws Exception {
    refused(signed("{\"alg\":\"ES256\",\"kid\":\"r\"}", CLAIMS, rsa));
    refused(signed("{\"alg\":\"RS256\",\"kid\":\"e\"}", CLAIMS, ec));
    refused(signed("{\"alg\":\"HS256\",\"kid\":\"o\"}", CLAIMS, rsa));
    String none = url64("{\"alg\":\"none\"}".getBytes(StandardCharsets.UTF_8)) + "." + url64(CLAIMS.getBytes(StandardCharsets.UTF_8)) + ".";
    refused(none);
  }

  @Test
  void aTokenEndsBeginsAndIsForOneAudienceOfOneIssuer() throws Exception {
    String header = "{\"alg\":\"RS256\",\"kid\":\"r\"}";
    for (String[] change : new String[][] {
      {"\"exp\":" + (NOW + 60), "\"exp\":" + (NOW - 30)},
      {"\"exp\":" + (NOW + 60), "\"exp\":\"" + (NOW + 60) + "\""},
      {"\"exp\":" + (NOW + 60) + ",", ""},
      {"\"sub\"", "\"nbf\":" + (NOW + 31) + ",\"sub\""},
      {"https://login", "https://evil"},
      {"\"gateway\"", "\"wiki\""},
      {"\"alice\"", "7"},
      {"\"alice\"", "\" \""},
      {"\"sub\"", "\"sub\":\"admin\",\"sub\""},
    }) {
      String claims = CLAIMS.replace(change[0], change[1]);
      assertFalse(claims.equals(CLAIMS), change[0]);
      refused(signed(header, claims, rsa));
    }
    refused(signed("{\"alg\":\"RS256\",\"kid\":\"r\",\"crit\":[\"b64\"]}", CLAIMS, rsa));
    refused(signed("{\"alg\":\"RS256\",\"kid\":\"unknown\"}", CLAIMS, rsa));
  }

  @Test
  void aChangedTokenIsRefused() throws Exception {
    String[] parts = signed("{\"alg\":\"RS256\",\"kid\":\"r\"}", CLAIMS, rsa).split("\\.");
    String other = url64(CLAIMS.replace("alice", "admin").getBytes(StandardCharsets.UTF_8));
    refused(parts[0] + "." + other + "." + parts[2]);
    refused(parts[0] + "." + parts[1] + ".");
    refused(parts[0] + "." + parts[1] + ".!!");
    refused("..");
  }

  @Test
  void aSignatureOfZerosOrOfTheOrderSignsNothing() throws Exception {
    String token = signed("{\"alg\":\"ES256\",\"kid\":\"e\"}", CLAIMS, ec);
    byte[] order = ((java.security.interfaces.ECPublicKey) ec.getPublic()).getParams().getOrder().toByteArray();
    byte[] both = new byte[64];
    System.arraycopy(order, order.length - 32, both, 0, 32);
    System.arraycopy(order, order.length - 32, both, 32, 32);
    for (byte[] signature : List.of(new byte[64], both, new byte[0], new byte[63])) {
      refused(token.substring(0, token.lastIndexOf('.') + 1) + url64(signature));
    }
  }

  @Test
  void aSetWithoutAUsableKeyIsNone() {
    for (String set : List.of("{}", "{\"keys\":[]}", "[]", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}]}", "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}")) {
      assertThrows(IllegalArgumentException.class, () -> new JwtKeys(set.getBytes(StandardCharsets.UTF_8)), set);
    }
  }

  @Test
  void keysBehindAUrlAreUsedWhileTheyAreYoungEnough() throws Exception {
    AtomicLong now = new AtomicLong(NOW);
    byte[][] answer = {keySet.getBytes(StandardCharsets.UTF_8)};
    JwtKeySource.Url url = new JwtKeySource.Url(() -> {
      if (answer[0] == null) {
        throw new IOException("down");
      }
      return answer[0];
    }, now::get, 300, 3600);
    url.keys();
    answer[0] = null;
    now.addAndGet(3599);
    url.refreshIfDue();
    assertEquals(1, url.keys().of("RS256", "r").size());
    now.addAndGet(31);
    url.refreshIfDue();
    assertThrows(Unauthenticated.class, url::keys);
    answer[0] = keySet.getBytes(StandardCharsets.UTF_8);
    now.addAndGet(31);
    url.refreshIfDue();
    assertEquals(1, url.keys().of("ES256", null).size());
    // An empty set is no set: the last holds.
    answer[0] = "{\"keys\":[]}".getBytes(StandardCharsets.UTF_8);
    now.addAndGet(301);
    url.refreshIfDue();
    assertEquals(1, url.keys().of("ES256", null).size());
  }

  @Test
  void aSetThatComesByteByByteIsNotWaitedFor() throws Exception {
    try (ServerSocket server = new ServerSocket(0)) {
      Thread drips = new Thread(() -> {
        try (Socket client = server.accept(); OutputStream out = client.getOutputStream()) {
          out.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
          while (true) {
            out.write(' ');
            out.flush();
            Thread.sleep(50);
          }
        } catch (IOException | InterruptedException e) {
          // The reader has left.
        }
      });
      drips.start();
      long start = System.nanoTime();
      assertThrows(IOException.class, () -> JwtKeySource.fetch(URI.create("http://127.0.0.1:" + server.getLocalPort() + "/keys")));
      assertTrue(System.nanoTime() - start < 30_000_000_000L);
      drips.join(30_000);
      assertFalse(drips.isAlive(), "it is read no further");
    }
  }

  @Test
  void noErrorEndsTheLooksAtTheKeys() throws Exception {
    AtomicLong now = new AtomicLong(NOW);
    boolean[] fails = new boolean[1];
    JwtKeySource.Url url = new JwtKeySource.Url(() -> {
      if (fails[0]) {
        throw new NoClassDefFoundError("of the TLS");
      }
      return keySet.getBytes(StandardCharsets.UTF_8);
    }, now::get, 300, 3600);
    fails[0] = true;
    now.addAndGet(301);
    url.refreshIfDue();
    assertEquals(1, url.keys().of("RS256", "r").size());
  }

  @Test
  void theUrlOfKeysIsHttps() {
    for (String url : Arrays.asList("http://login.corp/keys", "file:///etc/keys", "ftp://x/y")) {
      assertThrows(IllegalArgumentException.class, () -> JwtKeySource.Url.checked(url), url);
    }
    assertEquals("login.corp", JwtKeySource.Url.checked("https://login.corp/keys").getHost());
  }
}
