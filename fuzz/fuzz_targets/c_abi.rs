//! The C ABI, called as badly as can be: any bytes as configuration and request, any handle, any order of calls, outputs that are not wanted.
//!
//! A status comes and nothing else happens: only `SQLSEC_OK` and `SQLSEC_DENIED` leave a reply, only the others an error, and whoever frees twice is forgiven.
//! To be run under AddressSanitizer: this is where the unsafe code is.
#![no_main]

use std::ptr;
use std::sync::LazyLock;

use libfuzzer_sys::arbitrary::{self, Arbitrary, Unstructured};
use sqlsec_c::{
    SQLSEC_DENIED, SQLSEC_HANDLE_INVALID, SQLSEC_INTERNAL, SQLSEC_OK, SQLSEC_RECORD_UNKNOWN, SqlsecBytes,
    SqlsecEngine, sqlsec_abort, sqlsec_bytes_free, sqlsec_check, sqlsec_close, sqlsec_commit, sqlsec_ended, sqlsec_error_code, sqlsec_error_column, sqlsec_error_free,
    sqlsec_error_line, sqlsec_error_message, sqlsec_error_origin, sqlsec_error_status, sqlsec_open,
};

const CONFIG: &str = r#"{"policy": {"text": "apiVersion: sqlsec/v1\nversion: 1\nrules:\n  - { id: f, type: row_filter, to: { groups: [public] }, on: { table: '*.*.t' }, filter: \"a > 7\" }"},
 "catalog": [{"sql": "CREATE TABLE t (a INT, b STRING)"}]}"#;

/// One that stays open.
static ENGINE: LazyLock<SqlsecEngine> = LazyLock::new(|| open(CONFIG.as_bytes()).expect("the configuration"));

#[derive(Debug, Arbitrary)]
enum Step<'a> {
    Open(&'a [u8]),
    OpenGood,
    Close(u8),
    CloseAny(u64),
    Check { engine: u8, request: &'a [u8] },
    CheckSql { engine: u8, sql: &'a str },
    CheckAny { engine: u64, request: &'a [u8] },
    Settle { engine: u8, what: u8, id: u64 },
    SettleAny { engine: u64, what: u8, id: u64 },
    CheckNothing { engine: u8, len: usize, reply: bool },
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut from = Unstructured::new(bytes);
    let mut engines = vec![*ENGINE];
    for _ in 0..16 {
        let Ok(step) = Step::arbitrary(&mut from) else { break };
        run(&step, &mut engines);
        if from.is_empty() {
            break;
        }
    }
    for engine in engines.into_iter().skip(1) {
        // SAFETY: no error is wanted.
        unsafe { sqlsec_close(engine, ptr::null_mut()) };
    }
});

fn run(step: &Step, engines: &mut Vec<SqlsecEngine>) {
    let known = |index: u8| engines[usize::from(index) % engines.len()];
    match step {
        Step::Open(config) => engines.extend(open(config)),
        Step::OpenGood => engines.extend(open(CONFIG.as_bytes())),
        Step::Close(index) => {
            // The first one stays; closed ones are asked on.
            let engine = known(*index);
            if engine != *ENGINE {
                // SAFETY: no error is wanted.
                unsafe { sqlsec_close(engine, ptr::null_mut()) };
            }
        }
        Step::CloseAny(engine) if engine == &*ENGINE => (),
        Step::CloseAny(engine) => {
            let mut error = ptr::null_mut();
            // SAFETY: the place for the error is ours.
            let status = unsafe { sqlsec_close(*engine, &raw mut error) };
            told(status, error);
        }
        Step::Check { engine, request } => check(known(*engine), request),
        Step::CheckSql { engine, sql } => {
            let request = serde_json::json!({ "principal": { "user": "u" }, "sql": sql });
            check(known(*engine), request.to_string().as_bytes());
        }
        Step::CheckAny { engine, request } => check(*engine, request),
        Step::Settle { engine, what, id } => settle(known(*engine), *what, *id),
        Step::SettleAny { engine, what, id } => settle(*engine, *what, *id),
        Step::CheckNothing { engine, len, reply } => {
            let mut place = SqlsecBytes { ptr: ptr::null_mut(), len: 0, cap: 0 };
            let out = if *reply { &raw mut place } else { ptr::null_mut() };
            // SAFETY: a null pointer is allowed as request, whatever its length; the places are ours or null.
            let status = unsafe { sqlsec_check(known(*engine), ptr::null(), *len, out, ptr::null_mut()) };
            assert!(status != SQLSEC_OK && status != SQLSEC_DENIED && place.ptr.is_null());
        }
    }
}

fn open(config: &[u8]) -> Option<SqlsecEngine> {
    let (mut engine, mut error) = (77, ptr::null_mut());
    // SAFETY: a slice is a pointer and its length; the places are ours.
    let status = unsafe { sqlsec_open(config.as_ptr(), config.len(), &raw mut engine, &raw mut error) };
    told(status, error);
    assert_eq!(status == SQLSEC_OK, engine != 0);
    (status == SQLSEC_OK).then_some(engine)
}

fn check(engine: SqlsecEngine, request: &[u8]) {
    let mut reply = SqlsecBytes { ptr: ptr::dangling_mut(), len: 3, cap: 3 };
    let mut error = ptr::null_mut();
    // SAFETY: a slice is a pointer and its length; the places are ours.
    let status = unsafe { sqlsec_check(engine, request.as_ptr(), request.len(), &raw mut reply, &raw mut error) };
    let answered = status == SQLSEC_OK || status == SQLSEC_DENIED;
    assert_eq!(answered, !reply.ptr.is_null());
    if answered {
        assert!(error.is_null());
        // SAFETY: the library has just written it.
        let bytes = unsafe { std::slice::from_raw_parts(reply.ptr, reply.len) };
        let json: serde_json::Value = serde_json::from_slice(bytes).expect("a reply is JSON");
        assert_eq!(json["decision"] == "allow", status == SQLSEC_OK);
        assert_eq!(json.get("sql").is_some(), status == SQLSEC_OK);
        assert!(!json["errors"].to_string().contains("\"internal\""), "{json}");
    } else {
        told(status, error);
    }
    for _ in 0..2 {
        // SAFETY: written by the library; the second time it is empty.
        unsafe { sqlsec_bytes_free(&raw mut reply) };
    }
}

/// No engine here keeps lineage: whatever is told of a record, it is not there.
fn settle(engine: SqlsecEngine, what: u8, id: u64) {
    let mut error = ptr::null_mut();
    let call = match what % 3 {
        0 => sqlsec_commit,
        1 => sqlsec_abort,
        _ => sqlsec_ended,
    };
    // SAFETY: the place for the error is ours.
    let status = unsafe { call(engine, id, &raw mut error) };
    assert!(status == SQLSEC_RECORD_UNKNOWN || status == SQLSEC_HANDLE_INVALID);
    told(status, error);
}

/// Reads all of an error and frees it.
fn told(status: i32, error: *mut sqlsec_c::SqlsecError) {
    assert_eq!(status == SQLSEC_OK, error.is_null());
    assert_ne!(status, SQLSEC_INTERNAL);
    // SAFETY: NULL, or handed over and not yet freed.
    unsafe {
        assert_eq!(sqlsec_error_status(error), status);
        for text in [sqlsec_error_code(error), sqlsec_error_message(error), sqlsec_error_origin(error)] {
            let text = std::ffi::CStr::from_ptr(text).to_str().expect("UTF-8");
            assert!(!text.contains('\n'));
        }
        assert_eq!(sqlsec_error_line(error) == 0, sqlsec_error_column(error) == 0);
        sqlsec_error_free(error);
    }
}
