package io.github.sqlsec.gateway;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Which HTTP requests may go on, and as whose. Apart from netty's channels, so that it can be tested without a server. */
final class Doorkeeper {
  /** What becomes of a request. */
  enum Verdict {
    /** Goes on, as somebody's. */
    KNOWN,
    /** Goes on, as nobody's: it tells the version of Flink. */
    OPEN,
    /** 401. */
    UNAUTHENTICATED,
    /** 403: a path that nobody may ask for, or none that is known. */
    FORBIDDEN,
    /** 415: a form with files, which Flink would write to its disk, and no call of the gateway takes; a body that is not JSON from a browser. */
    FORM
  }

  /** A verdict, with the sender and the call when it is {@link Verdict#KNOWN}. */
  static final class Decision {
    final Verdict verdict;
    final Identity identity;
    final Route route;
    final String why;

    Decision(Verdict verdict, Identity identity, Route route, String why) {
      this.verdict = verdict;
      this.identity = identity;
      this.route = route;
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
    Optional<Route> route = Route.of(method, uri);
    if (openInfo && route.filter(Route::isInfo).isPresent() && !isForm(request) && isSmall(request)) {
      return new Decision(Verdict.OPEN, null, null, "");
    }
    Optional<Identity> identity;
    try {
      identity = authenticator.authenticate(request);
    } catch (Authenticator.Unauthenticated e) {
      return new Decision(Verdict.UNAUTHENTICATED, null, null, e.getMessage());
    }
    if (identity.isEmpty()) {
      return new Decision(Verdict.UNAUTHENTICATED, null, null, "no proof of who it is");
    }
    if (route.isEmpty()) {
      return new Decision(Verdict.FORBIDDEN, identity.get(), null, "`" + method + " " + uri + "` is not open to anybody");
    }
    if (isForm(request) || method.equals("POST") && mayBeForged(request)) {
      return new Decision(Verdict.FORM, identity.get(), null, "a form, or what a page of somebody else may send");
    }
    return new Decision(Verdict.KNOWN, identity.get(), route.get(), "");
  }

  /**
   * Flink reads any body as JSON. A page of somebody else may make a browser send one, with the proof that a proxy in front adds, as long as it is not said to be JSON:
   * for that the browser asks first, and is refused. Other clients send none of these headers.
   */
  private static boolean mayBeForged(HttpFacts request) {
    boolean browser = !request.header("Origin").isEmpty() || !request.header("Sec-Fetch-Site").isEmpty() || !request.header("Sec-Fetch-Mode").isEmpty();
    List<String> types = request.header("Content-Type");
    return browser && !(types.size() == 1 && types.get(0).trim().toLowerCase(Locale.ROOT).matches("application/json\\s*(;[^,]*)?"));
  }

  /** Flink keeps a body in memory before it looks whether the call takes one: of nobody it keeps no more than the empty object that its own clients send. */
  private static boolean isSmall(HttpFacts request) {
    return request.header("Transfer-Encoding").isEmpty() && request.header("Content-Length").stream().allMatch(length -> length.matches("[0-9]{1,2}"));
  }

  private static boolean isForm(HttpFacts request) {
    return request.header("Content-Type").stream().anyMatch(type -> type.toLowerCase(Locale.ROOT).contains("multipart"));
  }
}
