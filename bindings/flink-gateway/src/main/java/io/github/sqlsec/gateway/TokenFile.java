package io.github.sqlsec.gateway;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;

/**
 * Bearer tokens that a file lists: {@code {"tokens": [{"sha256": "…", "user": "…", "groups": […], "roles": […], "attributes": {…}}]}}. The file holds hashes
 * ({@code sha256}) or the tokens themselves ({@code token}). It is read once.
 */
final class TokenFile implements Authenticator {
  private static final int SHORTEST = 16;

  private static final class Entry {
    final byte[] hash;
    final Identity identity;

    Entry(byte[] hash, Identity identity) {
      this.hash = hash;
      this.identity = identity;
    }
  }

  private final List<Entry> entries = new ArrayList<>();

  static TokenFile read(Path file) {
    try {
      return new TokenFile(Documents.object(Documents.file(file)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("token file `" + file + "`: " + e.getMessage());
    }
  }

  TokenFile(JsonNode document) {
    only(document, "tokens");
    for (JsonNode token : document.path("tokens")) {
      entries.add(entry(token));
    }
    if (entries.isEmpty()) {
      throw new IllegalArgumentException("no `tokens`");
    }
  }

  private static Entry entry(JsonNode node) {
    only(node, "token", "sha256", "user", "groups", "roles", "attributes");
    String user = node.path("user").asText("");
    byte[] hash;
    if (node.has("token") == node.has("sha256")) {
      throw new IllegalArgumentException("one of `token` and `sha256` for `" + user + "`");
    } else if (node.has("token")) {
      String token = node.path("token").asText("");
      if (token.length() < SHORTEST) {
        throw new IllegalArgumentException("the token of `" + user + "` is shorter than " + SHORTEST + " characters");
      }
      hash = sha256(token);
    } else {
      hash = hex(node.path("sha256").asText(""));
    }
    Map<String, Object> attributes = new LinkedHashMap<>();
    node.path("attributes").fields().forEachRemaining(field -> attributes.put(field.getKey(), Documents.attribute(field.getValue())));
    return new Entry(hash, new Identity(user, Documents.strings(node.get("groups")), Documents.strings(node.get("roles")), attributes));
  }

  private static void only(JsonNode node, String... known) {
    for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!List.of(known).contains(name)) {
        throw new IllegalArgumentException("unknown key `" + name + "`");
      }
    }
  }

  @Override
  public boolean isOfBearer() {
    return true;
  }

  @Override
  public Optional<Identity> authenticate(HttpFacts request) throws Unauthenticated {
    Optional<String> token = Bearer.token(request);
    if (token.isEmpty()) {
      return Optional.empty();
    }
    byte[] hash = sha256(token.get());
    Identity found = null;
    // All are compared, each in constant time: how long it takes says nothing of which was near.
    for (Entry entry : entries) {
      if (MessageDigest.isEqual(entry.hash, hash)) {
        found = entry.identity;
      }
    }
    if (found == null && !Bearer.isJwt(token.get())) {
      throw new Unauthenticated("an unknown token");
    }
    return Optional.ofNullable(found);
  }

  static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] hex(String text) {
    if (!text.matches("[0-9a-fA-F]{64}")) {
      throw new IllegalArgumentException("`sha256` is 64 hexadecimal digits");
    }
    byte[] bytes = new byte[32];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Integer.parseInt(text.substring(2 * i, 2 * i + 2), 16);
    }
    return bytes;
  }
}
