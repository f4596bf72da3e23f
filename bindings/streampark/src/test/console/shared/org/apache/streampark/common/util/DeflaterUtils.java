package org.apache.streampark.common.util;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Packs a text, so that one that is packed cannot be taken for one that is not. */
public final class DeflaterUtils {
  private DeflaterUtils() {}

  public static String zipString(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  public static String unzipString(String text) {
    return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
  }
}
