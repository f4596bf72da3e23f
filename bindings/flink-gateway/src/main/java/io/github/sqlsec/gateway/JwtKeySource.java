package io.github.sqlsec.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/**
 * Where the key set comes from: a file, read once, or a URL, read again as it ages, by a thread of its own: no request waits for it. A set that cannot be had again is used until it is too old; then there are
 * no keys, and no token holds.
 */
interface JwtKeySource {
  /** The keys as of now. */
  JwtKeys keys() throws Authenticator.Unauthenticated;

  static JwtKeySource file(Path file) {
    JwtKeys keys;
    try {
      keys = new JwtKeys(Documents.file(file));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("key set `" + file + "`: " + e.getMessage());
    }
    return () -> keys;
  }

  /** What a URL answers, bounded in time and size, from {@code https} or the machine itself. */
  static byte[] fetch(URI url) throws IOException {
    AtomicReference<InputStream> answer = new AtomicReference<>();
    FutureTask<byte[]> read = new FutureTask<>(() -> read(url, answer));
    Thread thread = new Thread(read, "sqlsec-keys-read");
    thread.setDaemon(true);
    thread.start();
    try {
      return read.get(Url.LONGEST_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new IOException("it is not read in time");
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted");
    } finally {
      // A body that comes byte by byte is read no further: who reads it wakes when it is closed, and not by an interrupt in all versions of Java.
      read.cancel(true);
      InputStream body = answer.get();
      if (body != null) {
        body.close();
      }
    }
  }

  private static byte[] read(URI url, AtomicReference<InputStream> answer) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(url).timeout(Duration.ofSeconds(Url.LONGEST_SECONDS)).header("Accept", "application/json").build();
    HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(3)).followRedirects(HttpClient.Redirect.NEVER).build();
    HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    try (InputStream body = response.body()) {
      answer.set(body);
      if (Thread.interrupted()) {
        // Too late: nobody waits, and nobody has seen what is to be closed.
        throw new InterruptedException();
      }
      byte[] bytes = body.readNBytes(Url.LONGEST + 1);
      if (response.statusCode() != 200 || bytes.length > Url.LONGEST) {
        throw new IOException("status " + response.statusCode());
      }
      return bytes;
    }
  }

  /** A key set behind a URL. */
  final class Url implements JwtKeySource {
    static final int LONGEST = 1 << 20;
    static final int LONGEST_SECONDS = 5;

    /** What answers. */
    interface Fetch {
      byte[] get() throws IOException;
    }

    private final Fetch fetch;
    private final LongSupplier seconds;
    private final long fresh;
    private final long usable;
    private volatile JwtKeys held;
    private volatile long heldSince;
    private volatile long triedAt;

    /** Reads the set, which must be there now: a gateway that lets nobody in is a mistake to be seen at once. */
    Url(Fetch fetch, LongSupplier seconds, long fresh, long usable) {
      this.fetch = fetch;
      this.seconds = seconds;
      this.fresh = fresh;
      this.usable = usable;
      if (!refresh()) {
        throw new IllegalArgumentException("the key set cannot be read from its URL");
      }
    }

    static URI checked(String url) {
      URI uri = URI.create(url);
      boolean own = "localhost".equals(uri.getHost()) || "127.0.0.1".equals(uri.getHost());
      if (!"https".equals(uri.getScheme()) && !("http".equals(uri.getScheme()) && own)) {
        throw new IllegalArgumentException("the URL of the key set is not https");
      }
      return uri;
    }

    /** The same source, which looks at the age of its keys from time to time. */
    Url refreshed() {
      ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(run -> {
        Thread thread = new Thread(run, "sqlsec-keys");
        thread.setDaemon(true);
        return thread;
      });
      clock.scheduleWithFixedDelay(this::refreshIfDue, 1, 1, TimeUnit.SECONDS);
      return this;
    }

    /** Reads the set again if it is no longer fresh. One try a while: a service that is down is not asked without end. */
    synchronized void refreshIfDue() {
      long now = seconds.getAsLong();
      if (now - heldSince >= fresh && now - triedAt >= Math.min(fresh, 30)) {
        refresh();
      }
    }

    @Override
    public JwtKeys keys() throws Authenticator.Unauthenticated {
      if (seconds.getAsLong() - heldSince >= usable) {
        throw new Authenticator.Unauthenticated("the key set is too old, and cannot be read again");
      }
      return held;
    }

    private boolean refresh() {
      triedAt = seconds.getAsLong();
      try {
        held = new JwtKeys(fetch.get());
        heldSince = triedAt;
        return true;
      } catch (Throwable e) {
        // Whatever it is: the clock goes on.
        return false;
      }
    }
  }
}
