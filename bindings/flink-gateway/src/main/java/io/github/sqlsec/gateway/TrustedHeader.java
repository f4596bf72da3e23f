package io.github.sqlsec.gateway;

import java.net.InetAddress;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * The user that a proxy in front of the gateway vouches for in a header. The proxy proves itself by a shared secret, by its address, or by both, as
 * configured; whoever sends the header without is refused.
 */
final class TrustedHeader implements Authenticator {
  private final String userHeader;
  private final String groupsHeader;
  private final String secretHeader;
  private final byte[] secret;
  private final List<Network> peers;

  /**
   * A proxy's headers.
   *
   * @param groupsHeader a header with groups, commas between them; null for none
   * @param secretHeader with {@code secret}: both or neither
   * @param peers networks such as {@code 10.0.0.0/8}; empty when the address does not count
   */
  TrustedHeader(String userHeader, String groupsHeader, String secretHeader, String secret, List<String> peers) {
    if ((secretHeader == null) != (secret == null) || secret == null && peers.isEmpty()) {
      throw new IllegalArgumentException("a trusted header needs a secret, or the addresses of the proxy");
    }
    if (secret != null && secret.length() < 16) {
      throw new IllegalArgumentException("the secret of the proxy is shorter than 16 characters");
    }
    this.userHeader = userHeader;
    this.groupsHeader = groupsHeader;
    this.secretHeader = secretHeader;
    this.secret = secret == null ? null : TokenFile.sha256(secret);
    this.peers = new ArrayList<>();
    peers.forEach(peer -> this.peers.add(Network.of(peer)));
  }

  @Override
  public Optional<Identity> authenticate(HttpFacts request) throws Unauthenticated {
    List<String> users = request.header(userHeader);
    if (users.isEmpty()) {
      return Optional.empty();
    }
    proxyOnly(request);
    if (users.size() > 1 || users.get(0).trim().isEmpty()) {
      throw new Unauthenticated("the user header is there more than once, or empty");
    }
    List<String> groups = groupsHeader == null ? Collections.emptyList() : request.header(groupsHeader);
    if (groups.size() > 1) {
      throw new Unauthenticated("the groups header is there more than once");
    }
    List<String> names = new ArrayList<>();
    for (String list : groups) {
      for (String name : list.split(",")) {
        if (!name.trim().isEmpty()) {
          names.add(name.trim());
        }
      }
    }
    return Optional.of(Identity.of(users.get(0).trim(), names));
  }

  private void proxyOnly(HttpFacts request) throws Unauthenticated {
    if (secret != null) {
      List<String> secrets = request.header(secretHeader);
      if (secrets.size() != 1 || !MessageDigest.isEqual(secret, TokenFile.sha256(secrets.get(0)))) {
        throw new Unauthenticated("a user header without the secret of the proxy");
      }
    }
    InetAddress peer = request.peer();
    if (!peers.isEmpty() && (peer == null || peers.stream().noneMatch(network -> network.holds(peer)))) {
      throw new Unauthenticated("a user header that does not come from the proxy");
    }
  }

  /** A range of addresses. */
  static final class Network {
    private final byte[] address;
    private final int bits;

    private Network(byte[] address, int bits) {
      this.address = address;
      this.bits = bits;
    }

    /** {@code 10.0.0.0/8} or one address; no names, which would be looked up. */
    static Network of(String text) {
      String[] parts = text.trim().split("/", -1);
      if (parts.length > 2 || !parts[0].matches("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")) {
        throw new IllegalArgumentException("`" + text + "` is no network address");
      }
      try {
        byte[] address = InetAddress.getByName(parts[0]).getAddress();
        int bits = parts.length == 1 ? address.length * 8 : Integer.parseInt(parts[1]);
        if (bits < 0 || bits > address.length * 8) {
          throw new IllegalArgumentException("`" + text + "` is no network address");
        }
        return new Network(address, bits);
      } catch (java.net.UnknownHostException | NumberFormatException e) {
        throw new IllegalArgumentException("`" + text + "` is no network address");
      }
    }

    boolean holds(InetAddress peer) {
      byte[] other = peer.getAddress();
      if (other.length != address.length) {
        return false;
      }
      for (int bit = 0; bit < bits; bit++) {
        int mask = 0x80 >> (bit % 8);
        if ((address[bit / 8] & mask) != (other[bit / 8] & mask)) {
          return false;
        }
      }
      return true;
    }
  }
}
