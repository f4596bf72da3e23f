/*
 * sqlsec: Flink SQL with row filters and column masks, or a refusal. https://www.apache.org/licenses/LICENSE-2.0
 *
 * Texts go in as pointer and length, in UTF-8, and are not kept. What comes out belongs to the library: free bytes with sqlsec_bytes_free, errors with
 * sqlsec_error_free. Every function may be called from any thread. Only SQLSEC_OK means that something may be submitted, and then only the `sql` of the
 * reply. Made by cbindgen from bindings/c/src: SQLSEC_BLESS=1 cargo test -p sqlsec-c writes it.
 */

#ifndef SQLSEC_H
#define SQLSEC_H

#include <stddef.h>
#include <stdint.h>

// The version of this ABI. It grows when something that was there changes or goes; additions leave it as it is.
#define SQLSEC_ABI_VERSION 1

// The request is allowed: the reply holds the SQL that may be submitted.
#define SQLSEC_OK 0

// The request is denied: the reply holds the reasons, and no SQL.
#define SQLSEC_DENIED 1

// A null pointer, or a length that nothing has.
#define SQLSEC_ARGUMENT_INVALID 2

// A text is not UTF-8.
#define SQLSEC_INPUT_NOT_UTF8 3

// The handle was never given out, or is closed.
#define SQLSEC_HANDLE_INVALID 4

// The configuration document cannot be used.
#define SQLSEC_CONFIG_INVALID 5

// The request document cannot be used.
#define SQLSEC_REQUEST_INVALID 6

// A file cannot be read.
#define SQLSEC_INPUT_UNREADABLE 7

// A catalog file cannot be used.
#define SQLSEC_CATALOG_INVALID 8

// The rules, or the settings of the service that has them, cannot be used.
#define SQLSEC_POLICY_INVALID 9

// The file of `audit` in the configuration cannot be written.
#define SQLSEC_AUDIT_UNWRITABLE 10

// The lineage store cannot be opened, or does not answer.
#define SQLSEC_LINEAGE_UNAVAILABLE 11

// No lineage record has this number, or the engine keeps no lineage.
#define SQLSEC_RECORD_UNKNOWN 12

// The lineage record has come to another end, or is not there yet.
#define SQLSEC_RECORD_UNFIT 13

// A mistake of sqlsec itself.
#define SQLSEC_INTERNAL 99

// Why a call failed: for the operator. It may quote the configuration and the policy, so it is not for whoever submitted the script.
typedef struct SqlsecError SqlsecError;

// Bytes that belong to the library. They are not followed by a NUL, and may hold one. Free them with sqlsec_bytes_free; copies of this struct are the
// same bytes.
typedef struct SqlsecBytes {
  // The first byte; NULL when there are none.
  uint8_t *ptr;
  // How many.
  size_t len;
  // The library's own: leave it alone.
  size_t cap;
} SqlsecBytes;

// A handle to an engine: a number, not a pointer. 0 is none. One that is closed or made up is refused, whatever it is.
typedef uint64_t SqlsecEngine;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The version of the ABI that the library speaks: refuse to go on when it is not the SQLSEC_ABI_VERSION of your header.
uint32_t sqlsec_abi_version(void);

// The version of the library, such as `0.1.0`: static, ends in NUL.
const char *sqlsec_version(void);

// Frees bytes, and empties the struct, so that freeing it again does nothing. NULL is fine.
//
// The caller promises:
// `bytes` is NULL, or points to a struct as sqlsec_check has written it, of which no copy was freed.
void sqlsec_bytes_free(struct SqlsecBytes *bytes);

// Opens an engine by a configuration document (JSON, docs/embedding-c.md). Files that it names are read now, and not again.
//
// Returns SQLSEC_OK and a handle, or another status, 0 as handle, and an error. The handle may be used by all threads at once.
//
// The caller promises:
// `config` points to `config_len` bytes. `engine_out` may be written to. `error_out` is NULL, or may be written to; what was there before is not freed.
int32_t sqlsec_open(const uint8_t *config,
                    size_t config_len,
                    SqlsecEngine *engine_out,
                    struct SqlsecError **error_out);

// Decides about a request document (JSON, schema/request.json). The reply is a document too (schema/reply.json).
//
// Returns SQLSEC_OK, and the reply holds the SQL that may be submitted; or SQLSEC_DENIED, and it holds the reasons; or another status, an empty reply
// and an error: nothing was decided, and nothing may be submitted. An engine that has panicked denies this request and all later ones (`internal`).
// A reply with `lineage_id` has left a pending record in the lineage store: say sqlsec_commit when its SQL was submitted, sqlsec_abort when it was not.
//
// The caller promises:
// `request` points to `request_len` bytes. `reply_out` may be written to; what was there before is not freed. `error_out` is NULL, or may be written to.
int32_t sqlsec_check(SqlsecEngine engine,
                     const uint8_t *request,
                     size_t request_len,
                     struct SqlsecBytes *reply_out,
                     struct SqlsecError **error_out);

// Says that a script was submitted whose reply has this `lineage_id`: what it writes stays known, and the masks of its sources follow it. Saying it again is
// no mistake.
//
// Returns SQLSEC_OK, or another status and an error: SQLSEC_RECORD_UNKNOWN, SQLSEC_RECORD_UNFIT (it was aborted), SQLSEC_LINEAGE_UNAVAILABLE (say it again later:
// until then the record is pending, and protects), SQLSEC_INTERNAL for an engine that has panicked.
//
// The caller promises:
// `error_out` is NULL, or may be written to.
int32_t sqlsec_commit(SqlsecEngine engine,
                      uint64_t lineage_id,
                      struct SqlsecError **error_out);

// Says that such a script was not submitted, and has written nothing. Where nobody knows whether it was, say neither: what is pending protects. Otherwise as
// sqlsec_commit.
//
// The caller promises:
// `error_out` is NULL, or may be written to.
int32_t sqlsec_abort(SqlsecEngine engine,
                     uint64_t lineage_id,
                     struct SqlsecError **error_out);

// Says that the job of such a script, which was committed, has finished and done what it was to do: what it has overwritten is gone. Not to be said of a job
// that has failed. Otherwise as sqlsec_commit.
//
// The caller promises:
// `error_out` is NULL, or may be written to.
int32_t sqlsec_ended(SqlsecEngine engine,
                     uint64_t lineage_id,
                     struct SqlsecError **error_out);

// Closes an engine. Checks that run in it in other threads come to their end; later ones are refused with SQLSEC_HANDLE_INVALID.
//
// The caller promises:
// `error_out` is NULL, or may be written to.
int32_t sqlsec_close(SqlsecEngine engine,
                     struct SqlsecError **error_out);

// The status that the call returned; 0 for NULL.
//
// The caller promises:
// `error` is NULL, or was handed over by a call and not freed.
int32_t sqlsec_error_status(const struct SqlsecError *error);

// The stable word for it, such as `config-invalid`: lives as long as the error, ends in NUL; empty for NULL.
//
// The caller promises:
// `error` is NULL, or was handed over by a call and not freed.
const char *sqlsec_error_code(const struct SqlsecError *error);

// One line in UTF-8: lives as long as the error, ends in NUL; empty for NULL.
//
// The caller promises:
// `error` is NULL, or was handed over by a call and not freed.
const char *sqlsec_error_message(const struct SqlsecError *error);

// The document that line and column are about, such as `request` or a file: lives as long as the error, ends in NUL; empty when there is none.
//
// The caller promises:
// `error` is NULL, or was handed over by a call and not freed.
const char *sqlsec_error_origin(const struct SqlsecError *error);

// The line in that document, from 1; 0 when there is none.
//
// The caller promises:
// `error` is NULL, or was handed over by a call and not freed.
uint32_t sqlsec_error_line(const struct SqlsecError *error);

// The column in that line, from 1, in characters; 0 when there is none.
//
// The caller promises:
// `error` is NULL, or was handed over by a call and not freed.
uint32_t sqlsec_error_column(const struct SqlsecError *error);

// Frees an error. NULL is fine.
//
// The caller promises:
// `error` is NULL, or was handed over by a call and not freed.
void sqlsec_error_free(struct SqlsecError *error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SQLSEC_H */
