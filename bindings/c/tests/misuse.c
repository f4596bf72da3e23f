/*
 * What callers do wrong gets a status and an error, and nothing to submit: null pointers, lengths, texts that are not UTF-8, handles that are closed or made up.
 * Built with SQLSEC_PANICS for a library with the feature `panic-injection`: an engine that has panicked denies from then on.
 */
#include "cases.h"
#include "sqlsec.h"

#include <pthread.h>

static const char CONFIG[] =
    "{\"policy\": {\"text\": \"apiVersion: sqlsec/v1\\nversion: 7\\nrules:\\n"
    "  - { id: region, type: row_filter, to: { users: [userA] }, on: { table: '*.*.orders' }, filter: \\\"region = 'S3CR3T'\\\" }\\n\"},"
    " \"catalog\": [{\"sql\": \"CREATE TABLE orders (id INT, region STRING)\"}]}";
static const char REQUEST[] = "{\"principal\": {\"user\": \"userA\"}, \"sql\": \"SELECT id FROM orders\"}";

static const uint8_t *u(const char *text) { return (const uint8_t *)text; }

static SqlsecEngine opened(void) {
  SqlsecEngine engine = 0;
  CHECK(sqlsec_open(u(CONFIG), sizeof CONFIG - 1, &engine, NULL) == SQLSEC_OK, "open");
  return engine;
}

/* One check that must fail with this status, and leave nothing. */
static void refused(int32_t wanted, SqlsecEngine engine, const uint8_t *request, size_t len) {
  SqlsecBytes reply = {(uint8_t *)1, 1, 1};
  SqlsecError *error = (SqlsecError *)1;
  int32_t status = sqlsec_check(engine, request, len, &reply, &error);
  CHECK(status == wanted, "%d, not %d", status, wanted);
  CHECK(reply.ptr == NULL && reply.len == 0, "a failed call has left a reply");
  CHECK(error != NULL && sqlsec_error_status(error) == wanted, "status of the error");
  CHECK(strlen(sqlsec_error_code(error)) > 0 && strlen(sqlsec_error_message(error)) > 0, "an error without words");
  sqlsec_error_free(error);
  /* Whoever does not want the error may say so. */
  CHECK(sqlsec_check(engine, request, len, &reply, NULL) == wanted, "without an error");
  sqlsec_bytes_free(&reply);
}

static void configs(void) {
  struct {
    const char *text;
    size_t len;
    int32_t status;
  } wrong[] = {
      {NULL, 0, SQLSEC_ARGUMENT_INVALID},
      {NULL, 17, SQLSEC_ARGUMENT_INVALID},
      {CONFIG, (size_t)-1, SQLSEC_ARGUMENT_INVALID},
      {"", 0, SQLSEC_CONFIG_INVALID},
      {"{}", 2, SQLSEC_CONFIG_INVALID},
      {CONFIG, sizeof CONFIG - 2, SQLSEC_CONFIG_INVALID},
      {CONFIG, sizeof CONFIG, SQLSEC_CONFIG_INVALID},
      {"{\"p\xff\": 1}", 10, SQLSEC_INPUT_NOT_UTF8},
      {"{\"policy\": {\"file\": \"/nowhere/p.yaml\"}}", 39, SQLSEC_INPUT_UNREADABLE},
      {"{\"policy\": {\"text\": \"rules\"}}", 29, SQLSEC_POLICY_INVALID},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    SqlsecEngine engine = 77;
    SqlsecError *error = NULL;
    int32_t status = sqlsec_open(u(wrong[i].text), wrong[i].len, &engine, &error);
    CHECK(status == wrong[i].status && engine == 0 && error != NULL, "configuration %zu: %d, %s", i, status, sqlsec_error_message(error));
    sqlsec_error_free(error);
  }
  SqlsecError *error = NULL;
  CHECK(sqlsec_open(u(CONFIG), sizeof CONFIG - 1, NULL, &error) == SQLSEC_ARGUMENT_INVALID, "no place for the handle");
  sqlsec_error_free(error);
  const char *policy = "{\"policy\": {\"text\": \"apiVersion: sqlsec/v1\\nversion: 1\\nrulez: []\"}}";
  SqlsecEngine engine;
  CHECK(sqlsec_open(u(policy), strlen(policy), &engine, &error) == SQLSEC_POLICY_INVALID, "a policy");
  CHECK(sqlsec_error_line(error) == 3 && sqlsec_error_column(error) == 1, "line %u", sqlsec_error_line(error));
  CHECK(strcmp(sqlsec_error_origin(error), "policy") == 0, "origin %s", sqlsec_error_origin(error));
  sqlsec_error_free(error);
}

static void requests(void) {
  SqlsecEngine engine = opened();
  refused(SQLSEC_ARGUMENT_INVALID, engine, NULL, 0);
  refused(SQLSEC_ARGUMENT_INVALID, engine, NULL, 5);
  refused(SQLSEC_ARGUMENT_INVALID, engine, u(REQUEST), (size_t)-1);
  refused(SQLSEC_REQUEST_INVALID, engine, u(""), 0);
  refused(SQLSEC_REQUEST_INVALID, engine, u(REQUEST), sizeof REQUEST);
  refused(SQLSEC_REQUEST_INVALID, engine, u(REQUEST), sizeof REQUEST - 2);
  refused(SQLSEC_REQUEST_INVALID, engine, u("{\"sql\": \"SELECT 1\"}"), 19);
  refused(SQLSEC_INPUT_NOT_UTF8, engine, u("\xc3\x28"), 2);
  refused(SQLSEC_INPUT_NOT_UTF8, engine, u("{\"sql\": \"\xed\xa0\x80\"}"), 14);
  SqlsecError *error = NULL;
  CHECK(sqlsec_check(engine, u(REQUEST), sizeof REQUEST - 1, NULL, &error) == SQLSEC_ARGUMENT_INVALID, "no place for the reply");
  sqlsec_error_free(error);
  /* A NUL in a script is a character of it, not its end: what follows is judged too. */
  const char *nul = "{\"principal\": {\"user\": \"userA\"}, \"sql\": \"SELECT 1\\u0000; SELECT id FROM orders\"}";
  SqlsecBytes reply;
  CHECK(sqlsec_check(engine, u(nul), strlen(nul), &reply, NULL) == SQLSEC_DENIED, "a NUL passes");
  sqlsec_bytes_free(&reply);
  /* A denial tells nothing of the policy. */
  const char *unknown = "{\"principal\": {\"user\": \"userA\"}, \"sql\": \"SELECT nothing FROM orders\"}";
  CHECK(sqlsec_check(engine, u(unknown), strlen(unknown), &reply, NULL) == SQLSEC_DENIED, "an unknown column");
  Text told = {(const char *)reply.ptr, reply.len};
  CHECK(!text_holds(told, "S3CR3T") && !text_holds(told, "\"sql\":"), "%.*s", (int)reply.len, (const char *)reply.ptr);
  sqlsec_bytes_free(&reply);
  CHECK(sqlsec_close(engine, NULL) == SQLSEC_OK, "close");
}

static void handles(void) {
  SqlsecEngine first = opened();
  CHECK(sqlsec_close(first, NULL) == SQLSEC_OK, "close");
  SqlsecEngine second = opened();
  CHECK(first != second, "a handle comes again");
  const SqlsecEngine wrong[] = {0, 1, first, second + 1, second << 1, ~(SqlsecEngine)0, (SqlsecEngine)(uintptr_t)&first};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    refused(SQLSEC_HANDLE_INVALID, wrong[i], u(REQUEST), sizeof REQUEST - 1);
    SqlsecError *error = NULL;
    CHECK(sqlsec_close(wrong[i], &error) == SQLSEC_HANDLE_INVALID && error != NULL, "close of a wrong handle");
    sqlsec_error_free(error);
  }
  CHECK(sqlsec_close(second, NULL) == SQLSEC_OK, "close");
  CHECK(sqlsec_close(second, NULL) == SQLSEC_HANDLE_INVALID, "closed twice");
}

static void nothing(void) {
  sqlsec_bytes_free(NULL);
  sqlsec_error_free(NULL);
  CHECK(sqlsec_error_status(NULL) == 0 && sqlsec_error_line(NULL) == 0 && sqlsec_error_column(NULL) == 0, "no error has no place");
  CHECK(*sqlsec_error_code(NULL) == 0 && *sqlsec_error_message(NULL) == 0 && *sqlsec_error_origin(NULL) == 0, "no error has no words");
  CHECK(strlen(sqlsec_version()) > 2, "version");
}

enum { THREADS = 8 };

/* Checks in one engine until it is closed under them. */
static void *many(void *engine) {
  long answers = 0;
  for (int i = 0; i < 300; i++) {
    SqlsecBytes reply;
    int32_t status = sqlsec_check(*(SqlsecEngine *)engine, u(REQUEST), sizeof REQUEST - 1, &reply, NULL);
    if (status != SQLSEC_OK && status != SQLSEC_HANDLE_INVALID) return (void *)-1;
    Text text = {(const char *)reply.ptr, reply.len};
    if (status == SQLSEC_OK && !text_holds(text, "S3CR3T")) return (void *)-1;
    answers += status == SQLSEC_OK;
    sqlsec_bytes_free(&reply);
  }
  return (void *)answers;
}

static void threads(int close_under_them) {
  SqlsecEngine engine = opened();
  pthread_t thread[THREADS];
  for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&thread[i], NULL, many, &engine) == 0, "a thread");
  if (close_under_them) CHECK(sqlsec_close(engine, NULL) == SQLSEC_OK, "close");
  long answers = 0;
  for (int i = 0; i < THREADS; i++) {
    void *made = NULL;
    pthread_join(thread[i], &made);
    CHECK(made != (void *)-1, "a thread has seen something else");
    answers += (long)made;
  }
  if (!close_under_them) {
    CHECK(answers == THREADS * 300, "%ld answers", answers);
    CHECK(sqlsec_close(engine, NULL) == SQLSEC_OK, "close");
  }
}

#ifdef SQLSEC_PANICS
static void panics(void) {
  SqlsecEngine engine = opened(), other = opened();
  const char *bad = "{\"principal\": {\"user\": \"userA\"}, \"sql\": \"SQLSEC PANIC\"}";
  SqlsecBytes reply;
  CHECK(sqlsec_check(engine, u(REQUEST), sizeof REQUEST - 1, &reply, NULL) == SQLSEC_OK, "before");
  sqlsec_bytes_free(&reply);
  const char *after[] = {bad, REQUEST, REQUEST};
  for (int i = 0; i < 3; i++) {
    CHECK(sqlsec_check(engine, u(after[i]), strlen(after[i]), &reply, NULL) == SQLSEC_DENIED, "after");
    Text text = {(const char *)reply.ptr, reply.len};
    CHECK(text_holds(text, "\"code\":\"internal\"") && !text_holds(text, "\"sql\":"), "%.*s", (int)reply.len, (const char *)reply.ptr);
    sqlsec_bytes_free(&reply);
  }
  CHECK(sqlsec_commit(engine, 1, NULL) == SQLSEC_INTERNAL && sqlsec_abort(engine, 1, NULL) == SQLSEC_INTERNAL, "it takes what became of a record");
  CHECK(sqlsec_check(other, u(REQUEST), sizeof REQUEST - 1, &reply, NULL) == SQLSEC_OK, "another engine");
  sqlsec_bytes_free(&reply);
  CHECK(sqlsec_close(engine, NULL) == SQLSEC_OK && sqlsec_close(other, NULL) == SQLSEC_OK, "close");
}
#endif

int main(void) {
  CHECK(sqlsec_abi_version() == SQLSEC_ABI_VERSION, "the header is of another library");
  nothing();
  configs();
  requests();
  handles();
  threads(0);
  threads(1);
#ifdef SQLSEC_PANICS
  panics();
  printf("panics: ");
#endif
  printf("misuse: %d failures\n", failures);
  return failures != 0;
}
