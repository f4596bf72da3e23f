package io.github.sqlsec.gateway;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.DeserializationFeature;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/** JSON by Flink's own parser, read strictly: a key that is there twice, or anything after the value, is an error. */
final class Documents {
  static final ObjectMapper MAPPER =
      new ObjectMapper()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private Documents() {}

  /** An object; anything else is an error whose message does not quote the text, which may hold a secret. */
  static JsonNode object(byte[] json) {
    try {
      JsonNode node = MAPPER.readTree(json);
      if (node == null || !node.isObject()) {
        throw new IllegalArgumentException("not a JSON object");
      }
      return node;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON" + (e.getLocation() == null ? "" : ", line " + e.getLocation().getLineNr()));
    } catch (IOException e) {
      throw new IllegalArgumentException("not JSON");
    }
  }

  static byte[] file(Path path) {
    try {
      return Files.readAllBytes(path);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read `" + path + "`");
    }
  }

  static String text(Path path) {
    return new String(file(path), StandardCharsets.UTF_8);
  }

  /** A list of strings, or nothing; anything else is an error. */
  static List<String> strings(JsonNode node) {
    List<String> strings = new ArrayList<>();
    if (node == null || node.isMissingNode() || node.isNull()) {
      return strings;
    }
    if (!node.isArray()) {
      throw new IllegalArgumentException("not a list of strings");
    }
    for (JsonNode item : node) {
      if (!item.isTextual()) {
        throw new IllegalArgumentException("not a list of strings");
      }
      strings.add(item.textValue());
    }
    return strings;
  }

  /** An attribute as the engine takes it: a string, a boolean, a whole number, or a list of these. */
  static Object attribute(JsonNode node) {
    if (node.isTextual()) {
      return node.textValue();
    } else if (node.isBoolean()) {
      return node.booleanValue();
    } else if (node.isIntegralNumber() && node.canConvertToLong()) {
      return node.longValue();
    } else if (node.isArray()) {
      List<Object> items = new ArrayList<>();
      node.forEach(item -> items.add(attribute(item)));
      return items;
    }
    throw new IllegalArgumentException("an attribute of a kind that has no type");
  }
}
