package io.github.sqlsec.gateway;

import java.net.InetAddress;
import java.util.List;

/** What a request says about its sender, apart from the HTTP library. */
interface HttpFacts {
  /** All values of a header, in order; names in any letter case. */
  List<String> header(String name);

  /** The other end of the connection; null where it has none. */
  InetAddress peer();
}
