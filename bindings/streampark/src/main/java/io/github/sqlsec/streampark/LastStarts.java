package io.github.sqlsec.streampark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who has last started which text of a job. A restart without anybody runs what somebody was allowed to run, and no text that was put there since: whoever may
 * change a job or a variable could else have their text run as its owner. A file for each job, with the hash of the text and the number of the user.
 */
final class LastStarts {
  private static final Logger LOG = LoggerFactory.getLogger(LastStarts.class);

  private final Path folder;
  private final Map<Long, String> known = new ConcurrentHashMap<>();

  LastStarts(Path folder) {
    this.folder = folder;
  }

  void record(Long job, String text, Long starter) {
    String line = hash(text) + " " + starter;
    known.put(job, line);
    if (folder == null) {
      return;
    }
    try {
      Files.createDirectories(folder);
      Path next = Files.createTempFile(folder, job + "-", ".new");
      Files.write(next, line.getBytes(StandardCharsets.US_ASCII));
      if (Files.getFileStore(next).supportsFileAttributeView("posix")) {
        Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rw-------"));
      }
      Files.move(next, folder.resolve(job.toString()), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      LOG.error("sqlsec: `{}` cannot be written: after the console's next start, job {} is not restarted automatically", folder, job, e);
    }
  }

  /** Who has last started this very text of the job; null for nobody. */
  Long starter(Long job, String text) {
    Long kept = starter(kept(job), text);
    return kept != null ? kept : starter(known.get(job), text);
  }

  /** As the folder has it, which other consoles may share; null for nothing. */
  private String kept(Long job) {
    if (folder == null) {
      return null;
    }
    try {
      return new String(Files.readAllBytes(folder.resolve(job.toString())), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      return null;
    }
  }

  private static Long starter(String line, String text) {
    if (line == null || !line.startsWith(hash(text) + " ")) {
      return null;
    }
    try {
      return Long.valueOf(line.substring(line.indexOf(' ') + 1).trim());
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static String hash(String text) {
    try {
      StringBuilder hex = new StringBuilder();
      for (byte b : MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8))) {
        hex.append(String.format("%02x", b));
      }
      return hex.toString();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
