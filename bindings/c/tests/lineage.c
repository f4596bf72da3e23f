/*
 * The shared steps of lineage through the C ABI: `lineage FILE FOLDER`, with fixtures/hosts/inheritance.txt and an empty folder.
 */
#include "cases.h"
#include "sqlsec.h"

#define FIELDS 12
#define NAMES 8

/* What a check has left, by the name that the steps give it. */
static struct {
  char name[32];
  uint64_t id;
} left[NAMES];
static size_t left_len = 0;

static char *copied(const char *text, size_t len) {
  char *copy = (char *)malloc(len + 1);
  if (copy == NULL) exit(2);
  memcpy(copy, text, len);
  copy[len] = '\0';
  return copy;
}

/* A text with every `from` replaced. */
static char *replaced(const char *text, const char *from, const char *to) {
  size_t count = 0;
  for (const char *at = strstr(text, from); at != NULL; at = strstr(at + 1, from)) count++;
  char *made = (char *)malloc(strlen(text) + count * strlen(to) + 1), *end = made;
  if (made == NULL) exit(2);
  for (const char *at; (at = strstr(text, from)) != NULL; text = at + strlen(from)) {
    memcpy(end, text, (size_t)(at - text));
    end += at - text;
    strcpy(end, to);
    end += strlen(to);
  }
  strcpy(end, text);
  return made;
}

static SqlsecEngine opened(const char *config) {
  SqlsecEngine engine = 0;
  SqlsecError *error = NULL;
  CHECK(sqlsec_open((const uint8_t *)config, strlen(config), &engine, &error) == SQLSEC_OK, "%s: %s", sqlsec_error_code(error), sqlsec_error_message(error));
  sqlsec_error_free(error);
  return engine;
}

static void check(SqlsecEngine engine, char *const *field, size_t fields) {
  SqlsecBytes reply;
  SqlsecError *error = NULL;
  int32_t status = sqlsec_check(engine, (const uint8_t *)field[3], strlen(field[3]), &reply, &error);
  CHECK(error == NULL, "%s: %s", field[3], sqlsec_error_message(error));
  CHECK(status == (strcmp(field[2], "allow") == 0 ? SQLSEC_OK : SQLSEC_DENIED), "%s answers %d", field[3], status);
  char *json = copied((const char *)reply.ptr, reply.len);
  for (size_t i = 4; i < fields; i++) {
    int holds = strncmp(field[i], "holds ", 6) == 0;
    CHECK(holds == (strstr(json, field[i] + 6) != NULL), "%s: %s: %s", field[3], field[i], json);
  }
  const char *id = strstr(json, "\"lineage_id\":");
  if (id != NULL && left_len < NAMES) {
    snprintf(left[left_len].name, sizeof left[left_len].name, "%s", field[1]);
    left[left_len++].id = strtoull(id + 13, NULL, 10);
  }
  free(json);
  sqlsec_bytes_free(&reply);
}

static void settle(SqlsecEngine engine, char *const *field) {
  uint64_t id = strtoull(field[1], NULL, 10);
  for (size_t i = 0; i < left_len; i++) {
    if (strcmp(left[i].name, field[1]) == 0) id = left[i].id;
  }
  SqlsecError *error = NULL;
  int32_t status = strcmp(field[0], "commit") == 0  ? sqlsec_commit(engine, id, &error)
                   : strcmp(field[0], "abort") == 0 ? sqlsec_abort(engine, id, &error)
                                                    : sqlsec_ended(engine, id, &error);
  const char *word = status == SQLSEC_OK ? "ok" : sqlsec_error_code(error);
  CHECK(strcmp(word, field[2]) == 0, "%s %s is %s: %s", field[0], field[1], word, sqlsec_error_message(error));
  CHECK((status == SQLSEC_OK) == (error == NULL) && sqlsec_error_status(error) == status, "status of the error");
  sqlsec_error_free(error);
}

/* Handles that name nothing, and an engine without a store. */
static void misuse(void) {
  const char *config = "{\"policy\": {\"text\": \"apiVersion: sqlsec/v1\\nversion: 1\\nrules: []\"}}";
  int32_t (*calls[])(SqlsecEngine, uint64_t, SqlsecError **) = {sqlsec_commit, sqlsec_abort, sqlsec_ended};
  for (size_t i = 0; i < 3; i++) {
    SqlsecError *error = NULL;
    CHECK(calls[i](0, 1, &error) == SQLSEC_HANDLE_INVALID && error != NULL, "no engine");
    sqlsec_error_free(error);
    SqlsecEngine engine = opened(config);
    CHECK(calls[i](engine, ~(uint64_t)0, &error) == SQLSEC_RECORD_UNKNOWN && error != NULL, "no store");
    sqlsec_error_free(error);
    CHECK(calls[i](engine, 1, NULL) == SQLSEC_RECORD_UNKNOWN, "without an error");
    CHECK(sqlsec_close(engine, NULL) == SQLSEC_OK, "close");
    CHECK(calls[i](engine, 1, NULL) == SQLSEC_HANDLE_INVALID, "a closed engine");
  }
  const char *absent = "{\"policy\": {\"text\": \"apiVersion: sqlsec/v1\\nversion: 1\\nrules: []\"}, \"lineage\": {\"store\": \"/nowhere/lineage.db\"}}";
  SqlsecEngine engine = 7;
  CHECK(sqlsec_open((const uint8_t *)absent, strlen(absent), &engine, NULL) == SQLSEC_LINEAGE_UNAVAILABLE && engine == 0, "a store that is not there");
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  Cases file = cases_open(argv[1]);
  char *config = NULL, *rest = file.text;
  SqlsecEngine engine = 0;
  size_t steps = 0;
  for (char *line; *rest != '\0';) {
    line = rest;
    char *end = strchr(rest, '\n');
    if (end == NULL) break;
    *end = '\0';
    rest = end + 1;
    if (*line == '#') continue;
    char *field[FIELDS];
    size_t fields = 0;
    for (char *at = line; at != NULL && fields < FIELDS;) {
      field[fields++] = at;
      char *next = strstr(at, " | ");
      if (next != NULL) *next = '\0';
      at = next == NULL ? NULL : next + 3;
    }
    steps++;
    if (strcmp(field[0], "config") == 0) {
      config = replaced(field[1], "@FOLDER@", argv[2]);
    } else if (strcmp(field[0], "open") == 0) {
      engine = opened(config);
    } else if (strcmp(field[0], "close") == 0) {
      CHECK(sqlsec_close(engine, NULL) == SQLSEC_OK, "close");
    } else if (strcmp(field[0], "check") == 0) {
      check(engine, field, fields);
    } else {
      CHECK(fields == 3, "%s", field[0]);
      settle(engine, field);
    }
  }
  free(config);
  free(file.text);
  misuse();
  CHECK(steps > 25, "only %zu steps", steps);
  printf("lineage: %zu steps, %d failures\n", steps, failures);
  return failures != 0;
}
