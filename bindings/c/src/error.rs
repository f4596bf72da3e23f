//! Errors as C reads them. They belong to the library until they are freed.

use std::ffi::{CString, c_char};
use std::ptr;

use sqlsec::host::HostError;

/// Why a call failed: for the operator. It may quote the configuration and the policy, so it is not for whoever submitted the script.
#[derive(Debug)]
pub struct SqlsecError {
    code: CString,
    message: CString,
    origin: CString,
    status: i32,
    line: u32,
    column: u32,
}

impl SqlsecError {
    fn new(error: HostError) -> Self {
        Self {
            code: c_string(error.code.as_str()),
            message: c_string(&error.message),
            origin: c_string(&error.origin),
            status: error.code.status(),
            line: error.line,
            column: error.column,
        }
    }

    /// Hands an error over, where the caller wants one, and gives its status.
    ///
    /// # Safety
    /// `out` is NULL or may be written to.
    pub(crate) unsafe fn hand_over(error: HostError, out: *mut *mut Self) -> i32 {
        let status = error.code.status();
        if !out.is_null() {
            let error = Box::into_raw(Box::new(Self::new(error)));
            // SAFETY: not null, and the caller promises that it may be written to.
            unsafe { out.write(error) };
        }
        status
    }
}

/// A NUL inside would end the text for whoever reads it.
fn c_string(text: &str) -> CString {
    CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default()
}

/// Reads a part of an error; `absent` for NULL.
///
/// # Safety
/// `error` is NULL, or an error of ours that was not freed.
unsafe fn part<T>(error: *const SqlsecError, absent: T, read: impl FnOnce(&SqlsecError) -> T) -> T {
    // SAFETY: the caller promises that it is NULL or one of ours.
    unsafe { error.as_ref() }.map_or(absent, read)
}

/// The status that the call returned; 0 for NULL.
///
/// # Safety
/// `error` is NULL, or was handed over by a call and not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlsec_error_status(error: *const SqlsecError) -> i32 {
    // SAFETY: the caller promises that it is NULL or one of ours.
    unsafe { part(error, 0, |e| e.status) }
}

/// The stable word for it, such as `config-invalid`: lives as long as the error, ends in NUL; empty for NULL.
///
/// # Safety
/// `error` is NULL, or was handed over by a call and not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlsec_error_code(error: *const SqlsecError) -> *const c_char {
    // SAFETY: the caller promises that it is NULL or one of ours.
    unsafe { part(error, c"".as_ptr(), |e| e.code.as_ptr()) }
}

/// One line in UTF-8: lives as long as the error, ends in NUL; empty for NULL.
///
/// # Safety
/// `error` is NULL, or was handed over by a call and not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlsec_error_message(error: *const SqlsecError) -> *const c_char {
    // SAFETY: the caller promises that it is NULL or one of ours.
    unsafe { part(error, c"".as_ptr(), |e| e.message.as_ptr()) }
}

/// The document that line and column are about, such as `request` or a file: lives as long as the error, ends in NUL; empty when there is none.
///
/// # Safety
/// `error` is NULL, or was handed over by a call and not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlsec_error_origin(error: *const SqlsecError) -> *const c_char {
    // SAFETY: the caller promises that it is NULL or one of ours.
    unsafe { part(error, c"".as_ptr(), |e| e.origin.as_ptr()) }
}

/// The line in that document, from 1; 0 when there is none.
///
/// # Safety
/// `error` is NULL, or was handed over by a call and not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlsec_error_line(error: *const SqlsecError) -> u32 {
    // SAFETY: the caller promises that it is NULL or one of ours.
    unsafe { part(error, 0, |e| e.line) }
}

/// The column in that line, from 1, in characters; 0 when there is none.
///
/// # Safety
/// `error` is NULL, or was handed over by a call and not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlsec_error_column(error: *const SqlsecError) -> u32 {
    // SAFETY: the caller promises that it is NULL or one of ours.
    unsafe { part(error, 0, |e| e.column) }
}

/// Frees an error. NULL is fine.
///
/// # Safety
/// `error` is NULL, or was handed over by a call and not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlsec_error_free(error: *mut SqlsecError) {
    if !error.is_null() {
        // SAFETY: not null, and the caller promises that it came from `hand_over`, once.
        drop(unsafe { Box::from_raw(error) });
    }
}

/// Empties the place where an error would be put.
///
/// # Safety
/// `out` is NULL or may be written to.
pub(crate) unsafe fn clear(out: *mut *mut SqlsecError) {
    if !out.is_null() {
        // SAFETY: not null, and the caller promises that it may be written to.
        unsafe { out.write(ptr::null_mut()) };
    }
}
