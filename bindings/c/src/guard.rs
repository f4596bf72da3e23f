//! The guard of every entry: no panic crosses the border, and every failure is a status.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sqlsec::host::HostError;

use crate::error::{SqlsecError, clear};

/// Runs an entry. Its status is that of `call`, or that of the error, which goes to `error_out`.
///
/// # Safety
/// `error_out` is NULL or may be written to.
pub(crate) unsafe fn guard(
    error_out: *mut *mut SqlsecError,
    call: impl FnOnce() -> Result<i32, HostError>,
) -> i32 {
    // SAFETY: the caller promises that it is NULL or may be written to.
    unsafe { clear(error_out) };
    // What a panic leaves half done is the engine's, which closes itself, or this call's, which hands nothing over.
    let result = catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        // Its payload may panic when it is dropped.
        std::mem::forget(panic);
        Err(HostError::internal())
    });
    match result {
        Ok(status) => status,
        // SAFETY: as above.
        Err(error) => unsafe { SqlsecError::hand_over(error, error_out) },
    }
}
