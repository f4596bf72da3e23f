package io.github.sqlsec;

import java.util.Map;

/** Which policy decided: for audits. */
public final class PolicyStamp {
  private final long version;
  private final String hash;
  private final long age;
  private final boolean stale;

  PolicyStamp(Map<String, Object> document) {
    version = ((Number) document.get("version")).longValue();
    hash = document.get("hash").toString();
    Object seconds = document.get("age_s");
    age = seconds == null ? -1 : ((Number) seconds).longValue();
    stale = Boolean.TRUE.equals(document.get("stale"));
  }

  /**
   * Its version.
   *
   * @return the version
   */
  public long version() {
    return version;
  }

  /**
   * The SHA-256 of its text.
   *
   * @return hexadecimal; empty when there was none
   */
  public String hash() {
    return hash;
  }

  /**
   * Seconds since its service gave or confirmed it.
   *
   * @return the age; -1 for what does not age, such as a file
   */
  public long ageSeconds() {
    return age;
  }

  /**
   * Whether it is past its time, and used because its service does not answer.
   *
   * @return whether it is stale
   */
  public boolean isStale() {
    return stale;
  }
}
