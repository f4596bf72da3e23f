package io.github.sqlsec.gateway;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.QueryStringDecoder;

/** Which HTTP requests may go on, and as whose. Apart from netty's channels, so that it can be tested without a server. */
final class Doorkeeper {
  /** What the REST endpoint has below an optional version, and what of it calls the wrapped service. */
  private static final Set<String> SERVICE = Set.of("sessions");

  private static final Set<String> INFO = Set.of("info", "api_versions");

  /** What becomes of a request. */
  enum Verdict {
    /** Goes on, as somebody's. */
    KNOWN,
    /** Goes on, as nobody's: it tells the version of Flink. */
    OPEN,
    /** 401. */
    UNAUTHENTICATED,
    /** 403: a path that nobody may ask for, or none that is known. */
    FORBIDDEN
  }

  /** A verdict, with the sender when it is {@link Verdict#KNOWN}. */
  static final class Decision {
    final Verdict verdict;
    final Identity identity;
    final String why;

    Decision(Verdict verdict, Identity identity, String why) {
      this.verdict = verdict;
      this.identity = identity;
      this.why = why;
    }
  }

  private final Authenticator authenticator;
  private final boolean openInfo;

  Doorkeeper(Authenticator authenticator, boolean openInfo) {
    this.authenticator = authenticator;
    this.openInfo = openInfo;
  }

  Decision decide(String method, String uri, HttpFacts request) {
    String first = firstPart(uri);
    if (openInfo && method.equals("GET") && INFO.contains(first)) {
      return new Decision(Verdict.OPEN, null, "");
    }
    Optional<Identity> identity;
    try {
      identity = authenticator.authenticate(request);
    } catch (Authenticator.Unauthenticated e) {
      return new Decision(Verdict.UNAUTHENTICATED, null, e.getMessage());
    }
    if (identity.isEmpty()) {
      return new Decision(Verdict.UNAUTHENTICATED, null, "no proof of who it is");
    }
    // The embedded scheduler (`workflow`) runs statements later, without a user, past the wrapped service.
    if (!SERVICE.contains(first) && !INFO.contains(first)) {
      return new Decision(Verdict.FORBIDDEN, identity.get(), "path `" + first + "` is not open to anybody");
    }
    return new Decision(Verdict.KNOWN, identity.get(), "");
  }

  /** The first part of the path after the version, decoded as the router decodes it. */
  private static String firstPart(String uri) {
    try {
      String[] parts = new QueryStringDecoder(uri).path().split("/");
      List<String> named = new java.util.ArrayList<>();
      for (String part : parts) {
        if (!part.isEmpty()) {
          named.add(part);
        }
      }
      int at = !named.isEmpty() && named.get(0).matches("v[0-9]+") ? 1 : 0;
      return named.size() > at ? named.get(at) : "";
    } catch (IllegalArgumentException e) {
      return "";
    }
  }
}
