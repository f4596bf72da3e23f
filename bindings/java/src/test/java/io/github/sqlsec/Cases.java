package io.github.sqlsec;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;

/** The file of shared cases that sqlsec-cases writes: six texts a case, each a length, a line end, so many bytes, a line end (bindings/cases). */
final class Cases {
  final String id;
  final String config;
  final String request;
  final String reply;
  final String expect;
  final String sql;

  private Cases(String[] texts) {
    id = texts[0];
    config = texts[1];
    request = texts[2];
    reply = texts[3];
    expect = texts[4];
    sql = texts[5];
  }

  static Path folder() {
    return Paths.get(System.getProperty("sqlsec.test.dir"));
  }

  static List<Cases> all() throws IOException {
    byte[] file = Files.readAllBytes(folder().resolve("cases"));
    List<Cases> cases = new ArrayList<>();
    int at = 0;
    while (at < file.length) {
      String[] texts = new String[6];
      for (int i = 0; i < texts.length; i++) {
        int end = at;
        while (file[end] != '\n') {
          end++;
        }
        int length = Integer.parseInt(new String(file, at, end - at, StandardCharsets.US_ASCII));
        texts[i] = new String(file, end + 1, length, StandardCharsets.UTF_8);
        at = end + length + 2;
      }
      cases.add(new Cases(texts));
    }
    return cases;
  }

  /** The request, put together from the typed parts. */
  Request typed() {
    java.util.Map<String, Object> all = Json.object(Json.parse(request));
    java.util.Map<String, Object> who = Json.object(all.get("principal"));
    Principal principal = Principal.of((String) who.get("user"));
    if (who.containsKey("groups")) {
      principal = principal.inGroups(Json.strings(who.get("groups")));
    }
    if (who.containsKey("roles")) {
      principal = principal.withRoles(Json.strings(who.get("roles")));
    }
    if (who.containsKey("attributes")) {
      for (java.util.Map.Entry<String, Object> attribute : Json.object(who.get("attributes")).entrySet()) {
        principal = principal.withAttribute(attribute.getKey(), attribute.getValue());
      }
    }
    Request typed = Request.of(principal, (String) all.get("sql")).in(Session.of(Json.object(all.get("session"))));
    for (Style style : Style.values()) {
      typed = style.word.equals(all.get("style")) ? typed.style(style) : typed;
    }
    for (FlinkVersion version : FlinkVersion.values()) {
      typed = version.word.equals(all.get("flink")) ? typed.flink(version) : typed;
    }
    typed = all.containsKey("catalog") ? typed.catalog(Json.write(all.get("catalog"))) : typed;
    for (Splitter splitter : Splitter.values()) {
      typed = splitter.word.equals(all.get("splitter")) ? typed.splitter(splitter) : typed;
    }
    if (all.get("at") != null) {
      typed = typed.at((Long) all.get("at"));
    }
    return Boolean.TRUE.equals(all.get("strict")) ? typed.strict() : typed;
  }
}
