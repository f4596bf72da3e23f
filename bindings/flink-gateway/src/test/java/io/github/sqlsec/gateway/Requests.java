package io.github.sqlsec.gateway;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/** Requests made up for tests. */
final class Requests implements HttpFacts {
  private final List<String[]> headers = new ArrayList<>();
  private String peer = "127.0.0.1";

  static Requests with(String name, String value) {
    return new Requests().and(name, value);
  }

  Requests and(String name, String value) {
    headers.add(new String[] {name, value});
    return this;
  }

  Requests from(String address) {
    peer = address;
    return this;
  }

  @Override
  public List<String> header(String name) {
    List<String> values = new ArrayList<>();
    headers.stream().filter(header -> header[0].equalsIgnoreCase(name)).forEach(header -> values.add(header[1]));
    return values;
  }

  @Override
  public InetAddress peer() {
    try {
      return InetAddress.getByName(peer);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
