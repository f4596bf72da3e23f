package io.github.sqlsec.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.sqlsec.gateway.Authenticator.Unauthenticated;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class AuthenticatorsTest {
  private static final String TOKEN = "0123456789abcdef";
  private static final String SECRET = "fedcba9876543210";

  private static TokenFile tokens(String json) {
    return new TokenFile(Documents.object(json.getBytes(StandardCharsets.UTF_8)));
  }

  private static TokenFile tokens() {
    return tokens("{\"tokens\":[{\"token\":\"" + TOKEN + "\",\"user\":\"alice\",\"groups\":[\"sales\"],\"attributes\":{\"dept\":\"HR\",\"level\":3}}]}");
  }

  @Test
  void aTokenIsItsUser() throws Exception {
    assertEquals("alice", tokens().authenticate(Requests.with("Authorization", "Bearer " + TOKEN)).orElseThrow().user());
    assertFalse(tokens().authenticate(new Requests()).isPresent());
  }

  @Test
  void whatIsNoKnownTokenIsRefused() {
    for (String value : List.of("Bearer " + TOKEN + "0", "Bearer ", "Basic " + TOKEN, TOKEN, "Bearer " + TOKEN.toUpperCase())) {
      assertThrows(Unauthenticated.class, () -> tokens().authenticate(Requests.with("Authorization", value)), value);
    }
    assertThrows(Unauthenticated.class, () -> tokens().authenticate(Requests.with("Authorization", "Bearer " + TOKEN).and("authorization", "Bearer x")));
  }

  @Test
  void aTokenFileThatIsNotClearIsAnError() {
    for (String json : List.of(
        "{}", "{\"tokens\":[]}", "{\"tokens\":[{\"user\":\"a\"}]}", "{\"tokens\":[{\"token\":\"short\",\"user\":\"a\"}]}",
        "{\"tokens\":[{\"token\":\"" + TOKEN + "\"}]}", "{\"tokens\":[{\"sha256\":\"00\",\"user\":\"a\"}]}",
        "{\"tokens\":[{\"token\":\"" + TOKEN + "\",\"user\":\"a\",\"group\":[]}]}", "{\"tokens\":[],\"tokens\":[]}", "[]", "{} {}")) {
      assertThrows(IllegalArgumentException.class, () -> tokens(json), json);
    }
  }

  @Test
  void anErrorInATokenFileDoesNotQuoteIt() {
    String json = "{\"tokens\":[{\"token\": secret-token-of-alice }]}";
    String said = assertThrows(IllegalArgumentException.class, () -> tokens(json)).getMessage();
    assertFalse(said.contains("secret"), said);
  }

  @Test
  void aHeaderCountsWithTheSecretOfTheProxy() throws Exception {
    TrustedHeader header = new TrustedHeader("X-User", "X-Groups", "X-Secret", SECRET, List.of());
    Requests good = Requests.with("x-user", "alice").and("X-Secret", SECRET).and("X-Groups", "sales, beijing");
    assertEquals("alice", header.authenticate(good).orElseThrow().user());
    assertFalse(header.authenticate(Requests.with("X-Secret", SECRET)).isPresent());
    for (Requests bad : List.of(
        Requests.with("X-User", "alice"),
        Requests.with("X-User", "alice").and("X-Secret", SECRET + "0"),
        Requests.with("X-User", "alice").and("X-Secret", SECRET).and("X-Secret", SECRET),
        Requests.with("X-User", "alice").and("X-User", "admin").and("X-Secret", SECRET),
        Requests.with("X-User", " ").and("X-Secret", SECRET),
        Requests.with("X-User", "alice").and("X-Groups", "a").and("X-Groups", "b").and("X-Secret", SECRET))) {
      assertThrows(Unauthenticated.class, () -> header.authenticate(bad));
    }
  }

  @Test
  void aHeaderCountsFromTheAddressOfTheProxy() throws Exception {
    TrustedHeader header = new TrustedHeader("X-User", null, null, null, List.of("10.1.0.0/16", "::1"));
    assertEquals("alice", header.authenticate(Requests.with("X-User", "alice").from("10.1.255.3")).orElseThrow().user());
    assertEquals("alice", header.authenticate(Requests.with("X-User", "alice").from("::1")).orElseThrow().user());
    for (String peer : List.of("10.2.0.1", "127.0.0.1", "fe80::1")) {
      assertThrows(Unauthenticated.class, () -> header.authenticate(Requests.with("X-User", "alice").from(peer)), peer);
    }
  }

  @Test
  void aHeaderThatAnybodyMaySendIsAnError() {
    assertThrows(IllegalArgumentException.class, () -> new TrustedHeader("X-User", null, null, null, List.of()));
    assertThrows(IllegalArgumentException.class, () -> new TrustedHeader("X-User", null, "X-Secret", "short", List.of()));
    for (String peer : List.of("proxy.corp", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "")) {
      assertThrows(IllegalArgumentException.class, () -> new TrustedHeader("X-User", null, null, null, List.of(peer)), peer);
    }
  }

  @Test
  void noProofCoversAFalseOne() throws Exception {
    AllOf all = new AllOf(List.of(tokens(), new TrustedHeader("X-User", null, "X-Secret", SECRET, List.of())));
    assertEquals("alice", all.authenticate(Requests.with("Authorization", "Bearer " + TOKEN).and("X-User", "alice").and("X-Secret", SECRET)).orElseThrow().user());
    assertThrows(Unauthenticated.class, () -> all.authenticate(Requests.with("Authorization", "Bearer " + TOKEN).and("X-User", "admin")));
    assertThrows(Unauthenticated.class, () -> all.authenticate(Requests.with("Authorization", "Bearer " + TOKEN).and("X-User", "admin").and("X-Secret", SECRET)));
    assertThrows(Unauthenticated.class, () -> all.authenticate(Requests.with("Authorization", "Bearer wrong").and("X-User", "alice").and("X-Secret", SECRET)));
    assertThrows(IllegalArgumentException.class, () -> new AllOf(List.of()));
  }

  @Test
  void aTokenThatNobodyLooksAtIsRefused() throws Exception {
    TrustedHeader header = new TrustedHeader("X-User", null, "X-Secret", SECRET, List.of());
    Requests alice = Requests.with("X-User", "alice").and("X-Secret", SECRET);
    for (AllOf all : List.of(new AllOf(List.of(tokens(), header)), new AllOf(List.of(header)))) {
      assertEquals("alice", all.authenticate(alice).orElseThrow().user());
      for (String value : List.of("Bearer e30.e30.c2ln", "bearer a.b.c", " BEARER x", "Bearer")) {
        Requests both = Requests.with("X-User", "alice").and("X-Secret", SECRET).and("Authorization", value);
        assertThrows(Unauthenticated.class, () -> all.authenticate(both), value);
      }
    }
    // What a proxy was given for itself is no bearer token.
    Requests basic = Requests.with("X-User", "alice").and("X-Secret", SECRET).and("Authorization", "Basic eDp5");
    assertEquals("alice", new AllOf(List.of(header)).authenticate(basic).orElseThrow().user());
  }

  @Test
  void onlyTheServiceIsOpenAndTheSchedulerToNobody() {
    Doorkeeper door = new Doorkeeper(tokens(), true);
    Requests alice = Requests.with("Authorization", "Bearer " + TOKEN);
    for (String known : List.of(
        "POST /v4/sessions", "POST //sessions/x/statements?a=b", "GET /v1/sessions/x/operations/y/result/0?rowFormat=JSON", "DELETE /sessions/x/", "GET /v2/info", "POST /v3/sessions/x/materialized-tables/a%20b/refresh")) {
      String[] words = known.split(" ", 2);
      assertEquals(Doorkeeper.Verdict.KNOWN, new Doorkeeper(tokens(), false).decide(words[0], words[1], alice).verdict, known);
    }
    for (String path : List.of(
        "/v3/workflow/embedded-scheduler/create", "/workflow/x", "/v3/%77orkflow/x", "/v4//workflow/x", "/jars", "/", "", "/v4", "/%zz", "/v5/sessions", "/v3/v3/sessions", "/sessions/x/new",
        "/sessions//statements", "/v3//sessions", "/sessions#/x", "/sessions%3F", "/sessions%253F/x", "/sessions/x/statements/y", "sessions", "http://gateway/sessions", "/sessions;a=b", "/SESSIONS", "/sessions/x%2Fstatements/y")) {
      assertEquals(Doorkeeper.Verdict.FORBIDDEN, door.decide("POST", path, alice).verdict, path);
    }
    for (String method : List.of("HEAD", "OPTIONS", "PUT", "PATCH", "TRACE", "CONNECT", "DELETE", "post", "GET")) {
      assertEquals(Doorkeeper.Verdict.FORBIDDEN, door.decide(method, "/sessions", alice).verdict, method);
    }
    // What a page of somebody else can make a browser send, without asking first.
    for (String type : List.of("text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "", "application/json, text/plain")) {
      for (String header : List.of("Origin", "Sec-Fetch-Site", "sec-fetch-mode")) {
        Requests page = Requests.with("Authorization", "Bearer " + TOKEN).and("Content-Type", type).and(header, "null");
        assertEquals(Doorkeeper.Verdict.FORM, door.decide("POST", "/sessions", page).verdict, type);
      }
      assertEquals(Doorkeeper.Verdict.KNOWN, door.decide("POST", "/sessions", Requests.with("Authorization", "Bearer " + TOKEN).and("Content-Type", type)).verdict, type);
    }
    assertEquals(Doorkeeper.Verdict.FORM, door.decide("POST", "/sessions", Requests.with("Authorization", "Bearer " + TOKEN).and("Origin", "https://evil.test")).verdict);
    Requests own = Requests.with("Authorization", "Bearer " + TOKEN).and("Origin", "https://gateway.corp").and("Content-Type", "application/JSON; charset=UTF-8");
    assertEquals(Doorkeeper.Verdict.KNOWN, door.decide("POST", "/sessions", own).verdict);
    Requests form = alice.and("Content-Type", "application/json").and("content-type", " Multipart/Form-Data; boundary=x");
    assertEquals(Doorkeeper.Verdict.FORM, door.decide("POST", "/sessions", form).verdict);
    assertEquals(Doorkeeper.Verdict.UNAUTHENTICATED, door.decide("GET", "/info", Requests.with("Content-Type", "multipart/mixed")).verdict);
    assertEquals(Doorkeeper.Verdict.OPEN, door.decide("GET", "/info", new Requests()).verdict);
    assertEquals(Doorkeeper.Verdict.OPEN, door.decide("GET", "/v2/info", new Requests()).verdict);
    assertEquals(Doorkeeper.Verdict.UNAUTHENTICATED, door.decide("POST", "/info", new Requests()).verdict);
    assertEquals(Doorkeeper.Verdict.UNAUTHENTICATED, new Doorkeeper(tokens(), false).decide("GET", "/info", new Requests()).verdict);
    assertEquals(Doorkeeper.Verdict.UNAUTHENTICATED, door.decide("GET", "/sessions/info", new Requests()).verdict);
  }
}
