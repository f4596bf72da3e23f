package io.github.sqlsec;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON in and out, as much as requests and replies need: maps, lists, strings, numbers, booleans, null.
 *
 * <p>Half of a surrogate pair is written as an escape, which the native half refuses: written as UTF-8 it would turn into another character.
 */
final class Json {
  /** Deeper texts are refused before the stack ends. */
  private static final int DEPTH = 256;

  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  static Object parse(String text) {
    Json json = new Json(text);
    Object value = json.value(0);
    json.space();
    if (json.at != text.length()) {
      throw json.wrong("something follows the value");
    }
    return value;
  }

  static Map<String, Object> object(Object value) {
    if (!(value instanceof Map)) {
      throw new IllegalArgumentException("not a JSON object");
    }
    @SuppressWarnings("unchecked") // keys of what was read are strings
    Map<String, Object> map = (Map<String, Object>) value;
    return map;
  }

  static List<?> list(Object value) {
    if (!(value instanceof List)) {
      throw new IllegalArgumentException("not a JSON list");
    }
    return (List<?>) value;
  }

  static List<String> strings(Object value) {
    List<String> strings = new ArrayList<>();
    for (Object item : list(value)) {
      strings.add((String) item);
    }
    return strings;
  }

  static String write(Object value) {
    StringBuilder out = new StringBuilder(256);
    write(value, out);
    return out.toString();
  }

  static void write(Object value, StringBuilder out) {
    if (value == null) {
      out.append("null");
    } else if (value instanceof String) {
      string((String) value, out);
    } else if (value instanceof Boolean || value instanceof Integer || value instanceof Long || value instanceof BigInteger || value instanceof BigDecimal) {
      out.append(value);
    } else if (value instanceof Raw) {
      out.append(((Raw) value).json);
    } else if (value instanceof Map) {
      char before = '{';
      for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
        string((String) entry.getKey(), out.append(before));
        write(entry.getValue(), out.append(':'));
        before = ',';
      }
      out.append(before == '{' ? "{}" : "}");
    } else if (value instanceof Iterable) {
      char before = '[';
      for (Object item : (Iterable<?>) value) {
        write(item, out.append(before));
        before = ',';
      }
      out.append(before == '[' ? "[]" : "]");
    } else {
      throw new IllegalArgumentException("no JSON for " + value.getClass().getName());
    }
  }

  /** A text that is JSON already. */
  static final class Raw {
    final String json;

    Raw(String json) {
      this.json = json;
    }
  }

  private static void string(String value, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c == '\n') {
        out.append("\\n");
      } else if (c < 0x20 || Character.isSurrogate(c) && !isPaired(value, i)) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }

  private static boolean isPaired(String value, int i) {
    return Character.isHighSurrogate(value.charAt(i))
        ? i + 1 < value.length() && Character.isLowSurrogate(value.charAt(i + 1))
        : i > 0 && Character.isHighSurrogate(value.charAt(i - 1));
  }

  private Object value(int depth) {
    if (depth > DEPTH) {
      throw wrong("too deep");
    }
    space();
    switch (peek()) {
      case '{':
        return map(depth);
      case '[':
        return items(depth);
      case '"':
        return string();
      case 't':
        return word("true", Boolean.TRUE);
      case 'f':
        return word("false", Boolean.FALSE);
      case 'n':
        return word("null", null);
      default:
        return number();
    }
  }

  private Map<String, Object> map(int depth) {
    Map<String, Object> map = new LinkedHashMap<>();
    at++;
    space();
    if (peek() == '}') {
      at++;
      return map;
    }
    while (true) {
      space();
      String key = string();
      space();
      expect(':');
      if (map.containsKey(key)) {
        throw wrong("a key is there twice");
      }
      map.put(key, value(depth + 1));
      space();
      if (peek() == ',') {
        at++;
      } else {
        expect('}');
        return map;
      }
    }
  }

  private List<Object> items(int depth) {
    List<Object> items = new ArrayList<>();
    at++;
    space();
    if (peek() == ']') {
      at++;
      return items;
    }
    while (true) {
      items.add(value(depth + 1));
      space();
      if (peek() == ',') {
        at++;
      } else {
        expect(']');
        return items;
      }
    }
  }

  private String string() {
    expect('"');
    int start = at;
    // Most strings hold no escape.
    while (peek() != '"' && peek() != '\\') {
      at++;
    }
    StringBuilder out = null;
    while (true) {
      char c = peek();
      at++;
      if (c == '"') {
        return out == null ? text.substring(start, at - 1) : out.toString();
      }
      if (c == '\\') {
        if (out == null) {
          out = new StringBuilder(text.substring(start, at - 1));
        }
        out.append(escape());
      } else {
        out.append(c);
      }
    }
  }

  private char escape() {
    char c = peek();
    at++;
    switch (c) {
      case '"':
      case '\\':
      case '/':
        return c;
      case 'b':
        return '\b';
      case 'f':
        return '\f';
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'u':
        if (at + 4 > text.length()) {
          throw wrong("an escape has no end");
        }
        int unit = 0;
        for (int end = at + 4; at < end; at++) {
          int digit = Character.digit(text.charAt(at), 16);
          if (digit < 0) {
            throw wrong("no hexadecimal digit");
          }
          unit = unit * 16 + digit;
        }
        return (char) unit;
      default:
        throw wrong("no such escape");
    }
  }

  private Number number() {
    int start = at;
    boolean whole = true;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
      whole &= ".eE".indexOf(text.charAt(at)) < 0;
      at++;
    }
    String number = text.substring(start, at);
    try {
      if (!whole) {
        return new BigDecimal(number);
      }
      return number.length() < 19 ? (Number) Long.valueOf(number) : new BigInteger(number);
    } catch (NumberFormatException e) {
      throw wrong("no value");
    }
  }

  private Object word(String word, Object value) {
    if (!text.startsWith(word, at)) {
      throw wrong("no value");
    }
    at += word.length();
    return value;
  }

  private void space() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private char peek() {
    if (at >= text.length()) {
      throw wrong("the text ends too early");
    }
    return text.charAt(at);
  }

  private void expect(char c) {
    if (peek() != c) {
      throw wrong("`" + c + "` is not there");
    }
    at++;
  }

  private IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException("JSON, character " + at + ": " + what);
  }
}
