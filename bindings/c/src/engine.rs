//! Open, check, say what became of a submission, close.

use sqlsec::host::{Config, Guarded, HostCode, HostError, Settle, Slots, open};
use sqlsec::lineage::store::RecordId;

use crate::bytes::{SqlsecBytes, input};
use crate::error::SqlsecError;
use crate::guard::guard;
use crate::{SQLSEC_DENIED, SQLSEC_OK};

/// A handle to an engine: a number, not a pointer. 0 is none. One that is closed or made up is refused, whatever it is.
pub type SqlsecEngine = u64;

static ENGINES: Slots = Slots::new();

/// Opens an engine by a configuration document (JSON, docs/embedding-c.md). Files that it names are read now, and not again.
///
/// Returns SQLSEC_OK and a handle, or another status, 0 as handle, and an error. The handle may be used by all threads at once.
///
/// # Safety
/// `config` points to `config_len` bytes. `engine_out` may be written to. `error_out` is NULL, or may be written to; what was there before is not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlsec_open(
    config: *const u8,
    config_len: usize,
    engine_out: *mut SqlsecEngine,
    error_out: *mut *mut SqlsecError,
) -> i32 {
    let call = || {
        if engine_out.is_null() {
            return Err(no_place("handle"));
        }
        // SAFETY: not null, and the caller promises that it may be written to.
        unsafe { engine_out.write(0) };
        // SAFETY: the caller promises it.
        let config = unsafe { input(config, config_len) }?;
        let config = Config::parse(config)?;
        let opened = open(&config)?;
        #[cfg(feature = "panic-injection")]
        let opened = crate::injected::injected(opened);
        let handle = ENGINES.put(Guarded::configured(opened, &config)?)?;
        // SAFETY: as above.
        unsafe { engine_out.write(handle) };
        Ok(SQLSEC_OK)
    };
    // SAFETY: the caller promises that it is NULL or may be written to.
    unsafe { guard(error_out, call) }
}

/// Decides about a request document (JSON, schema/request.json). The reply is a document too (schema/reply.json).
///
/// Returns SQLSEC_OK, and the reply holds the SQL that may be submitted; or SQLSEC_DENIED, and it holds the reasons; or another status, an empty reply
/// and an error: nothing was decided, and nothing may be submitted. An engine that has panicked denies this request and all later ones (`internal`).
/// A reply with `lineage_id` has left a pending record in the lineage store: say sqlsec_commit when its SQL was submitted, sqlsec_abort when it was not.
///
/// # Safety
/// `request` points to `request_len` bytes. `reply_out` may be written to; what was there before is not freed. `error_out` is NULL, or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlsec_check(
    engine: SqlsecEngine,
    request: *const u8,
    request_len: usize,
    reply_out: *mut SqlsecBytes,
    error_out: *mut *mut SqlsecError,
) -> i32 {
    let call = || {
        if reply_out.is_null() {
            return Err(no_place("reply"));
        }
        // SAFETY: not null, and the caller promises that it may be written to.
        unsafe { reply_out.write(SqlsecBytes::EMPTY) };
        let engine = ENGINES.find(engine)?;
        // SAFETY: the caller promises it.
        let request = unsafe { input(request, request_len) }?;
        let answer = engine.check_json(request)?;
        let status = if answer.allowed {
            SQLSEC_OK
        } else {
            SQLSEC_DENIED
        };
        // SAFETY: as above.
        unsafe { reply_out.write(SqlsecBytes::new(answer.json)) };
        Ok(status)
    };
    // SAFETY: the caller promises that it is NULL or may be written to.
    unsafe { guard(error_out, call) }
}

/// Says that a script was submitted whose reply has this `lineage_id`: what it writes stays known, and the masks of its sources follow it. Saying it again is
/// no mistake.
///
/// Returns SQLSEC_OK, or another status and an error: SQLSEC_RECORD_UNKNOWN, SQLSEC_RECORD_UNFIT (it was aborted), SQLSEC_LINEAGE_UNAVAILABLE (say it again later:
/// until then the record is pending, and protects), SQLSEC_INTERNAL for an engine that has panicked.
///
/// # Safety
/// `error_out` is NULL, or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlsec_commit(
    engine: SqlsecEngine,
    lineage_id: u64,
    error_out: *mut *mut SqlsecError,
) -> i32 {
    // SAFETY: the caller promises that it is NULL or may be written to.
    unsafe { settle(engine, lineage_id, Settle::Commit, error_out) }
}

/// Says that such a script was not submitted, and has written nothing. Where nobody knows whether it was, say neither: what is pending protects. Otherwise as
/// sqlsec_commit.
///
/// # Safety
/// `error_out` is NULL, or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlsec_abort(
    engine: SqlsecEngine,
    lineage_id: u64,
    error_out: *mut *mut SqlsecError,
) -> i32 {
    // SAFETY: the caller promises that it is NULL or may be written to.
    unsafe { settle(engine, lineage_id, Settle::Abort, error_out) }
}

/// Says that the job of such a script, which was committed, has finished and done what it was to do: what it has overwritten is gone. Not to be said of a job
/// that has failed. Otherwise as sqlsec_commit.
///
/// # Safety
/// `error_out` is NULL, or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlsec_ended(
    engine: SqlsecEngine,
    lineage_id: u64,
    error_out: *mut *mut SqlsecError,
) -> i32 {
    // SAFETY: the caller promises that it is NULL or may be written to.
    unsafe { settle(engine, lineage_id, Settle::Ended, error_out) }
}

/// # Safety
/// `error_out` is NULL, or may be written to.
unsafe fn settle(
    engine: SqlsecEngine,
    lineage_id: u64,
    settle: Settle,
    error_out: *mut *mut SqlsecError,
) -> i32 {
    let call = || {
        let engine = ENGINES.find(engine)?;
        let settled = engine.settle(RecordId(lineage_id), settle);
        settled.map(|()| SQLSEC_OK)
    };
    // SAFETY: the caller promises that it is NULL or may be written to.
    unsafe { guard(error_out, call) }
}

/// Closes an engine. Checks that run in it in other threads come to their end; later ones are refused with SQLSEC_HANDLE_INVALID.
///
/// # Safety
/// `error_out` is NULL, or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlsec_close(
    engine: SqlsecEngine,
    error_out: *mut *mut SqlsecError,
) -> i32 {
    let call = || ENGINES.close(engine).map(|()| SQLSEC_OK);
    // SAFETY: the caller promises that it is NULL or may be written to.
    unsafe { guard(error_out, call) }
}

fn no_place(what: &str) -> HostError {
    let message = format!("the pointer to the place for the {what} is null");
    HostError::new(HostCode::Argument, message)
}
