package io.github.sqlsec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Collections;
import org.junit.jupiter.api.Test;

class JsonTest {
  @Test
  void whatIsReadIsWrittenTheSame() {
    for (String text :
        new String[] {
          "{}", "[]", "null", "true", "{\"a\":[1,-2,18446744073709551615,{\"b\":null},2.5,1E+3],\"c\":\"\"}", "\"é😀\\n\\\"\\\\\"", "\"\\u0000\\u001f\\ud800\""
        }) {
      assertEquals(text, Json.write(Json.parse(text)));
    }
    assertEquals("\b\f\r\t/é", Json.parse(" \"\\b\\f\\r\\t\\/\\u00e9\" "));
  }

  @Test
  void whatIsNoJsonIsRefused() {
    for (String text : new String[] {"", "{", "[1,]", "{\"a\":1,}", "\"", "\"\\x\"", "\"\\u00g0\"", "\"\\u00", "tru", "1 2", "{\"a\":1,\"a\":2}", "{\"a\":null,\"a\":2}", "-", "nul"}) {
      assertThrows(IllegalArgumentException.class, () -> Json.parse(text), text);
    }
    String deep = String.join("", Collections.nCopies(100_000, "["));
    assertThrows(IllegalArgumentException.class, () -> Json.parse(deep));
  }
}
