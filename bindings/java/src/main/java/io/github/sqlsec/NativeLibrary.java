package io.github.sqlsec;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;

/**
 * Finds and loads the native library: the file that {@code -Dsqlsec.library.path} names, or the one of this platform on the class path.
 *
 * <p>A JVM loads one file for one class loader only, so each class loader writes its own, in a folder that nobody else may enter. What was written is read
 * again, and must have the SHA-256 that lies beside the library.
 */
final class NativeLibrary {
  static final String UNUSABLE = "library-unusable";
  static final String PATH_PROPERTY = "sqlsec.library.path";

  private NativeLibrary() {}

  static void load() {
    String path = System.getProperty(PATH_PROPERTY);
    if (path != null) {
      System.load(Paths.get(path).toAbsolutePath().toString());
      return;
    }
    String resource = "/META-INF/native/" + platform() + "/" + System.mapLibraryName("sqlsec_java");
    try {
      loadCopy(resource);
    } catch (IOException e) {
      throw SqlSecException.of(UNUSABLE, "the native library cannot be written to a temporary file: " + e.getMessage(), e);
    }
  }

  private static void loadCopy(String resource) throws IOException {
    // Its owner alone may enter it (POSIX), and its name is random.
    Path folder = Files.createTempDirectory("sqlsec-");
    Path file = folder.resolve(System.mapLibraryName("sqlsec_java"));
    try {
      try (InputStream in = open(resource)) {
        Files.copy(in, file);
      }
      if (!sha256(file).equals(text(resource + ".sha256"))) {
        throw SqlSecException.of(UNUSABLE, "the native library is not the one that belongs to this jar");
      }
      System.load(file.toString());
    } finally {
      remove(file);
      remove(folder);
    }
  }

  /** Where a loaded file may go at once it goes; Windows keeps it until the process ends. */
  private static void remove(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      path.toFile().deleteOnExit();
    }
  }

  private static InputStream open(String resource) {
    InputStream in = NativeLibrary.class.getResourceAsStream(resource);
    if (in == null) {
      throw SqlSecException.of(
          UNUSABLE,
          "no native library for this platform: `" + resource + "` is not on the class path; add the jar with its classifier, or set " + PATH_PROPERTY);
    }
    return in;
  }

  private static String text(String resource) throws IOException {
    try (BufferedReader lines = new BufferedReader(new InputStreamReader(open(resource), StandardCharsets.US_ASCII))) {
      String line = lines.readLine();
      return line == null ? "" : line.trim();
    }
  }

  /** Piece by piece: a JVM that has just started takes longer to make room for a whole library than to hash it. */
  private static String sha256(Path file) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    byte[] piece = new byte[256 * 1024];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
        digest.update(piece, 0, n);
      }
    }
    StringBuilder hex = new StringBuilder();
    for (byte b : digest.digest()) {
      hex.append(Character.forDigit((b >> 4) & 15, 16)).append(Character.forDigit(b & 15, 16));
    }
    return hex.toString();
  }

  /** As os-maven-plugin names platforms: {@code linux-x86_64}; with {@code -musl} where that is the C library. */
  static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String name = os.startsWith("mac") ? "osx" : os.startsWith("windows") ? "windows" : os.startsWith("linux") ? "linux" : os.replaceAll("[^a-z0-9]", "");
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    String machine = arch.equals("amd64") || arch.equals("x86_64") ? "x86_64" : arch.equals("aarch64") ? "aarch_64" : arch;
    return name + "-" + machine + (name.equals("linux") && isMusl() ? "-musl" : "");
  }

  private static boolean isMusl() {
    try {
      String maps = new String(Files.readAllBytes(Paths.get("/proc/self/maps")), StandardCharsets.ISO_8859_1);
      return maps.contains("/ld-musl-");
    } catch (IOException e) {
      return false;
    }
  }
}
