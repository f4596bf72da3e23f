//! `sqlsec-c`: the C ABI. `include/sqlsec.h` is made of this crate and is its manual; docs/embedding-c.md says how to begin.
//!
//! In: pointers with lengths. Out: a status; bytes and errors that belong to the library. What a call means is said in `sqlsec::host`; here pointers
//! become slices, and results become what C can hold.
//! Stays out: JSON, decisions.
//! Invariant: every entry runs in `guard`, so that no panic crosses the border (docs/decisions/0021-c-abi.md).
//! Invariant: whatever is not `SQLSEC_OK` or `SQLSEC_DENIED` leaves the outputs empty.

mod bytes;
mod engine;
mod error;
mod guard;
#[cfg(feature = "panic-injection")]
mod injected;

pub use bytes::{SqlsecBytes, sqlsec_bytes_free};
pub use engine::{
    SqlsecEngine, sqlsec_abort, sqlsec_check, sqlsec_close, sqlsec_commit, sqlsec_ended,
    sqlsec_open,
};
pub use error::{
    SqlsecError, sqlsec_error_code, sqlsec_error_column, sqlsec_error_free, sqlsec_error_line,
    sqlsec_error_message, sqlsec_error_origin, sqlsec_error_status,
};

use std::ffi::c_char;

/// The version of this ABI. It grows when something that was there changes or goes; additions leave it as it is.
pub const SQLSEC_ABI_VERSION: u32 = 1;

/// The request is allowed: the reply holds the SQL that may be submitted.
pub const SQLSEC_OK: i32 = 0;
/// The request is denied: the reply holds the reasons, and no SQL.
pub const SQLSEC_DENIED: i32 = 1;
/// A null pointer, or a length that nothing has.
pub const SQLSEC_ARGUMENT_INVALID: i32 = 2;
/// A text is not UTF-8.
pub const SQLSEC_INPUT_NOT_UTF8: i32 = 3;
/// The handle was never given out, or is closed.
pub const SQLSEC_HANDLE_INVALID: i32 = 4;
/// The configuration document cannot be used.
pub const SQLSEC_CONFIG_INVALID: i32 = 5;
/// The request document cannot be used.
pub const SQLSEC_REQUEST_INVALID: i32 = 6;
/// A file cannot be read.
pub const SQLSEC_INPUT_UNREADABLE: i32 = 7;
/// A catalog file cannot be used.
pub const SQLSEC_CATALOG_INVALID: i32 = 8;
/// The rules, or the settings of the service that has them, cannot be used.
pub const SQLSEC_POLICY_INVALID: i32 = 9;
/// The file of `audit` in the configuration cannot be written.
pub const SQLSEC_AUDIT_UNWRITABLE: i32 = 10;
/// The lineage store cannot be opened, or does not answer.
pub const SQLSEC_LINEAGE_UNAVAILABLE: i32 = 11;
/// No lineage record has this number, or the engine keeps no lineage.
pub const SQLSEC_RECORD_UNKNOWN: i32 = 12;
/// The lineage record has come to another end, or is not there yet.
pub const SQLSEC_RECORD_UNFIT: i32 = 13;
/// A mistake of sqlsec itself.
pub const SQLSEC_INTERNAL: i32 = 99;

/// The version of the ABI that the library speaks: refuse to go on when it is not the SQLSEC_ABI_VERSION of your header.
#[unsafe(no_mangle)]
pub extern "C" fn sqlsec_abi_version() -> u32 {
    SQLSEC_ABI_VERSION
}

/// The version of the library, such as `0.1.0`: static, ends in NUL.
#[unsafe(no_mangle)]
pub extern "C" fn sqlsec_version() -> *const c_char {
    const { concat!(env!("CARGO_PKG_VERSION"), "\0") }
        .as_ptr()
        .cast()
}
