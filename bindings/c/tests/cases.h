/*
 * What the C and C++ tests share: the file of cases that sqlsec-cases writes, and a word for what went wrong.
 * A case is six texts, each a length, a line end, so many bytes, a line end (bindings/cases).
 */
#ifndef SQLSEC_TEST_CASES_H
#define SQLSEC_TEST_CASES_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Text {
  const char *ptr;
  size_t len;
} Text;

typedef struct Case {
  Text id, config, request, reply, expect, sql;
} Case;

typedef struct Cases {
  char *text;
  size_t len, at;
} Cases;

static inline Cases cases_open(const char *path) {
  Cases cases = {NULL, 0, 0};
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
    fprintf(stderr, "cannot read %s\n", path);
    exit(2);
  }
  long length = ftell(file);
  rewind(file);
  cases.len = length > 0 ? (size_t)length : 0;
  cases.text = (char *)malloc(cases.len + 1);
  if (cases.text == NULL || fread(cases.text, 1, cases.len, file) != cases.len) {
    fprintf(stderr, "cannot read %s\n", path);
    exit(2);
  }
  cases.text[cases.len] = '\0';
  fclose(file);
  return cases;
}

static inline Text cases_text(Cases *cases) {
  char *end = NULL;
  size_t length = strtoull(cases->text + cases->at, &end, 10);
  size_t start = (size_t)(end - cases->text) + 1;
  if (*end != '\n' || length > cases->len - start || cases->text[start + length] != '\n') {
    fprintf(stderr, "the file of cases is torn at byte %zu\n", cases->at);
    exit(2);
  }
  cases->at = start + length + 1;
  Text text = {cases->text + start, length};
  return text;
}

/* 0 after the last one. */
static inline int cases_next(Cases *cases, Case *one) {
  if (cases->at >= cases->len) return 0;
  one->id = cases_text(cases);
  one->config = cases_text(cases);
  one->request = cases_text(cases);
  one->reply = cases_text(cases);
  one->expect = cases_text(cases);
  one->sql = cases_text(cases);
  return 1;
}

static inline int text_is(Text text, const void *ptr, size_t len) {
  return text.len == len && (len == 0 || memcmp(text.ptr, ptr, len) == 0);
}

static inline int text_begins(Text text, const char *with) {
  size_t len = strlen(with);
  return text.len >= len && memcmp(text.ptr, with, len) == 0;
}

/* Whether `text` holds `word`, which may be in a text with NULs. */
static inline int text_holds(Text text, const char *word) {
  size_t len = strlen(word);
  for (size_t i = 0; i + len <= text.len; i++) {
    if (memcmp(text.ptr + i, word, len) == 0) return 1;
  }
  return 0;
}

static int failures = 0;

#define CHECK(that, ...)                                  \
  do {                                                    \
    if (!(that)) {                                        \
      failures++;                                         \
      fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #that); \
      fprintf(stderr, __VA_ARGS__);                       \
      fputc('\n', stderr);                                \
    }                                                     \
  } while (0)

#endif
