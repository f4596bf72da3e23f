package io.github.sqlsec.gateway;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A connection that sends what it is told, byte by byte, and reads answers one after another: no HTTP client would send half of what servers are attacked with. */
final class Wire implements AutoCloseable {
  private final Socket socket;
  private final InputStream in;

  Wire(int port) throws IOException {
    socket = new Socket("127.0.0.1", port);
    socket.setSoTimeout(20_000);
    in = new BufferedInputStream(socket.getInputStream());
  }

  Wire send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    socket.getOutputStream().flush();
    return this;
  }

  /** A request with a body of JSON, or none. */
  static String request(String method, String path, String token, String body, String... headers) {
    StringBuilder text = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: gateway\r\n");
    text.append(token == null ? "" : "Authorization: Bearer " + token + "\r\n");
    for (String header : headers) {
      text.append(header).append("\r\n");
    }
    text.append(body == null ? "" : "Content-Length: " + body.getBytes(StandardCharsets.UTF_8).length + "\r\n");
    return text.append("\r\n").append(body == null ? "" : body).toString();
  }

  /** The next answer as {@code 200 body}; what the server says before an answer (100) is one too. Empty where the connection has ended. */
  String answer() throws IOException {
    String status = line();
    if (status.isEmpty()) {
      return "";
    }
    int length = 0;
    for (String header = line(); !header.isEmpty(); header = line()) {
      if (header.toLowerCase().startsWith("content-length:")) {
        length = Integer.parseInt(header.substring(15).trim());
      }
    }
    return status.split(" ")[1] + " " + new String(in.readNBytes(length), StandardCharsets.UTF_8);
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
