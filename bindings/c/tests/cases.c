/*
 * Every shared case through the C ABI: status and reply are those of the library, to the byte. `cases FILE [EVERY]`: with EVERY only each so many.
 */
#include "cases.h"
#include "sqlsec.h"

static const uint8_t *bytes(Text text) { return (const uint8_t *)text.ptr; }

static SqlsecEngine opened(Text config) {
  SqlsecEngine engine = 0;
  SqlsecError *error = NULL;
  int32_t status = sqlsec_open(bytes(config), config.len, &engine, &error);
  CHECK(status == SQLSEC_OK && engine != 0 && error == NULL, "%s: %s", sqlsec_error_code(error), sqlsec_error_message(error));
  sqlsec_error_free(error);
  return engine;
}

/* The fixture's own word on it: the code of the denial, or the SQL that the file shows, as JSON writes it. */
static void is_as_the_file_says(const Case *one, int32_t status, Text reply) {
  if (text_begins(one->expect, "deny:")) {
    char code[80];
    snprintf(code, sizeof code, "\"code\":\"%.*s\"", (int)(one->expect.len - 5), one->expect.ptr + 5);
    CHECK(status == SQLSEC_DENIED && text_holds(reply, code), "%.*s wants %s", (int)one->id.len, one->id.ptr, code);
    CHECK(!text_holds(reply, "\"sql\":"), "%.*s: SQL in a denial", (int)one->id.len, one->id.ptr);
  } else {
    CHECK(status == SQLSEC_OK, "%.*s is denied", (int)one->id.len, one->id.ptr);
  }
  if (one->sql.len == 0) return;
  char *written = (char *)malloc(2 * one->sql.len + 1);
  size_t len = 0;
  for (size_t i = 0; i < one->sql.len; i++) {
    char c = one->sql.ptr[i];
    const char *escape = c == '"' ? "\\\"" : c == '\\' ? "\\\\" : c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : NULL;
    if (escape == NULL) {
      written[len++] = c;
    } else {
      memcpy(written + len, escape, 2);
      len += 2;
    }
  }
  written[len] = '\0';
  CHECK(text_holds(reply, written), "%.*s does not answer %s", (int)one->id.len, one->id.ptr, written);
  free(written);
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  size_t every = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  CHECK(sqlsec_abi_version() == SQLSEC_ABI_VERSION, "the header is of another library");
  Cases cases = cases_open(argv[1]);
  Case one;
  Text config = {NULL, 0};
  SqlsecEngine engine = 0;
  size_t seen = 0, checked = 0, allowed = 0, shown = 0, engines = 0;
  while (cases_next(&cases, &one)) {
    if (seen++ % every != 0) continue;
    if (engine == 0 || !text_is(config, one.config.ptr, one.config.len)) {
      if (engine != 0) CHECK(sqlsec_close(engine, NULL) == SQLSEC_OK, "close");
      config = one.config;
      engine = opened(config);
      engines++;
    }
    SqlsecBytes reply;
    SqlsecError *error = NULL;
    int32_t status = sqlsec_check(engine, bytes(one.request), one.request.len, &reply, &error);
    CHECK(error == NULL, "%.*s: %s", (int)one.id.len, one.id.ptr, sqlsec_error_message(error));
    CHECK(text_is(one.reply, reply.ptr, reply.len), "%.*s answers\n%.*s\nand not\n%.*s", (int)one.id.len, one.id.ptr, (int)reply.len,
          (const char *)reply.ptr, (int)one.reply.len, one.reply.ptr);
    Text text = {(const char *)reply.ptr, reply.len};
    is_as_the_file_says(&one, status, text);
    checked++;
    allowed += status == SQLSEC_OK;
    shown += one.sql.len > 0;
    sqlsec_bytes_free(&reply);
    sqlsec_bytes_free(&reply);
    sqlsec_error_free(error);
  }
  if (engine != 0) CHECK(sqlsec_close(engine, NULL) == SQLSEC_OK, "close");
  free(cases.text);
  CHECK(checked > 10, "only %zu cases", checked);
  printf("cases: %zu checked by %zu engines, %zu allowed, %zu with the SQL of their file, %d failures\n", checked, engines, allowed, shown, failures);
  return failures != 0;
}
