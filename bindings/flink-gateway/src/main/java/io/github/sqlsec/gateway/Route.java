package io.github.sqlsec.gateway;

import java.util.Optional;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.QueryStringDecoder;

/**
 * The calls of the gateway's REST API that are open to known callers, all of Flink 1.20 to 2.3: a closed list. What is not in it is refused before its body is read:
 * the embedded scheduler (`workflow`), which runs statements later and without a user, other methods, and what a later Flink adds.
 *
 * <p>Invariant: a path is taken apart as Flink's router does it, so that it means the same here and there; what might be read in two ways is no call.
 */
enum Route {
  /** The version of Flink. */
  INFO("GET", "info", Wait.NO),
  /** The versions of the API. */
  API_VERSIONS("GET", "api_versions", Wait.NO),
  /** Opens a session. */
  OPEN_SESSION("POST", "sessions", Wait.WORK),
  /** The configuration of a session. */
  SESSION_CONFIG("GET", "sessions/*", Wait.WORK),
  /** Ends a session. */
  CLOSE_SESSION("DELETE", "sessions/*", Wait.WORK),
  /** Keeps a session alive. */
  HEARTBEAT("POST", "sessions/*/heartbeat", Wait.NO),
  /** Changes a session by a statement. */
  CONFIGURE_SESSION("POST", "sessions/*/configure-session", Wait.WORK),
  /** Runs a statement. */
  EXECUTE_STATEMENT("POST", "sessions/*/statements", Wait.WORK),
  /** Proposes how a statement might go on. */
  COMPLETE_STATEMENT("GET", "sessions/*/complete-statement", Wait.NO),
  /** Rows of an operation. */
  FETCH_RESULTS("GET", "sessions/*/operations/*/result/*", Wait.LOOK),
  /** What an operation has come to. */
  STATUS("GET", "sessions/*/operations/*/status", Wait.LOOK),
  /** Stops an operation. */
  CANCEL("POST", "sessions/*/operations/*/cancel", Wait.LOOK),
  /** Stops an operation and forgets it. */
  CLOSE_OPERATION("DELETE", "sessions/*/operations/*/close", Wait.WORK),
  /** Refreshes a materialized table. */
  REFRESH("POST", "sessions/*/materialized-tables/*/refresh", Wait.WORK),
  /** Runs a script on a cluster of its own. */
  DEPLOY_SCRIPT("POST", "sessions/*/scripts", Wait.WORK);

  /** Whether an answer may be long in coming, and behind what. */
  enum Wait {
    /** It is at hand. */
    NO,
    /** It looks at an operation, or stops one: Flink waits for its locks, and for a while for its thread. No statement that waits may hold it up. */
    LOOK,
    /** It waits for a statement before it, for a catalog, for the cluster. */
    WORK
  }

  private static final String VERSION = "v[1-4]";

  private final String method;
  private final String[] parts;
  final Wait wait;

  Route(String method, String template, Wait wait) {
    this.method = method;
    this.parts = template.split("/");
    this.wait = wait;
  }

  /** Whether it tells nothing but versions. */
  boolean isInfo() {
    return this == INFO || this == API_VERSIONS;
  }

  /** The call that a request asks for, if it is one of the list. */
  static Optional<Route> of(String method, String uri) {
    String[] tokens;
    try {
      tokens = tokens(uri);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    for (Route route : values()) {
      if (route.method.equals(method) && (route.fits(tokens, 0) || tokens[0].matches(VERSION) && route.fits(tokens, 1))) {
        return Optional.of(route);
      }
    }
    return Optional.empty();
  }

  private boolean fits(String[] tokens, int from) {
    if (tokens.length - from != parts.length) {
      return false;
    }
    for (int i = 0; i < parts.length; i++) {
      String token = tokens[from + i];
      if (parts[i].equals("*") ? token.isEmpty() : !parts[i].equals(token)) {
        return false;
      }
    }
    return true;
  }

  /** As `RouterHandler` and `Router` do: the path is decoded, cut at its slashes, and each part is decoded once more. */
  private static String[] tokens(String uri) {
    String path = new QueryStringDecoder(uri).path();
    // The one ends a path at `#`, the other does not; the other ends it at a `?` that was encoded.
    if (!uri.startsWith("/") || uri.indexOf('#') >= 0 || path.indexOf('?') >= 0) {
      throw new IllegalArgumentException("a path that may be read in two ways");
    }
    String[] tokens = path.replaceAll("^/+|/+$", "").split("/");
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = QueryStringDecoder.decodeComponent(tokens[i]);
    }
    return tokens;
  }
}
