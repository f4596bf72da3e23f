package io.github.sqlsec.host;

import io.github.sqlsec.Reply;
import java.util.Map;

/** Settings that come beside SQL, as the script of SET that says the same: by that the engine judges them. */
public final class Settings {
  private Settings() {}

  /**
   * A SET for each, one statement a line, in the order of the map.
   *
   * @param settings keys and values
   * @return the script
   */
  public static String script(Map<String, String> settings) {
    StringBuilder script = new StringBuilder();
    settings.forEach((key, value) -> script.append("SET ").append(quoted(key)).append(" = ").append(quoted(value)).append(";\n"));
    return script.toString();
  }

  /**
   * Whether what was read is what was given: a key or value that SQL would read otherwise was not judged.
   *
   * @param settings keys and values
   * @param reply the engine's reply to their script, which allows it
   * @return false where one of them is to be refused
   */
  public static boolean isReadAsGiven(Map<String, String> settings, Reply reply) {
    Map<String, String> read = reply.session().settings();
    return settings.entrySet().stream().allMatch(setting -> setting.getValue().equals(read.get(setting.getKey())));
  }

  /**
   * A text as a literal of SQL.
   *
   * @param text any text
   * @return it between quotes
   */
  public static String quoted(String text) {
    return "'" + text.replace("'", "''") + "'";
  }
}
