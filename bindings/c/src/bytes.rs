//! Bytes in, by pointer and length; bytes out, which belong to the library until they are freed.

use std::ptr;
use std::slice;

use sqlsec::host::{HostCode, HostError};

/// Bytes that belong to the library. They are not followed by a NUL, and may hold one. Free them with sqlsec_bytes_free; copies of this struct are the
/// same bytes.
#[repr(C)]
#[derive(Debug)]
pub struct SqlsecBytes {
    /// The first byte; NULL when there are none.
    pub ptr: *mut u8,
    /// How many.
    pub len: usize,
    /// The library's own: leave it alone.
    pub cap: usize,
}

impl SqlsecBytes {
    pub(crate) const EMPTY: Self = Self {
        ptr: ptr::null_mut(),
        len: 0,
        cap: 0,
    };

    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        let mut bytes = std::mem::ManuallyDrop::new(bytes);
        Self {
            ptr: bytes.as_mut_ptr(),
            len: bytes.len(),
            cap: bytes.capacity(),
        }
    }
}

/// Frees bytes, and empties the struct, so that freeing it again does nothing. NULL is fine.
///
/// # Safety
/// `bytes` is NULL, or points to a struct as sqlsec_check has written it, of which no copy was freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlsec_bytes_free(bytes: *mut SqlsecBytes) {
    if bytes.is_null() {
        return;
    }
    // SAFETY: not null, and the caller promises that it points to one of ours.
    let SqlsecBytes { ptr, len, cap } = unsafe { ptr::replace(bytes, SqlsecBytes::EMPTY) };
    if !ptr.is_null() {
        // SAFETY: `SqlsecBytes::new` took these three from a vector, and nobody else has freed it.
        drop(unsafe { Vec::from_raw_parts(ptr, len, cap) });
    }
}

/// What the caller has handed over, for as long as the call lasts.
///
/// # Safety
/// `ptr` is NULL, or points to `len` bytes that nobody changes until the call returns.
pub(crate) unsafe fn input<'call>(ptr: *const u8, len: usize) -> Result<&'call [u8], HostError> {
    let invalid = |message: &str| Err(HostError::new(HostCode::Argument, message));
    if ptr.is_null() {
        return invalid("the pointer to a text is null");
    }
    if isize::try_from(len).is_err() {
        return invalid("the length of a text is longer than memory");
    }
    // SAFETY: not null, of a possible length, and the caller promises the rest; bytes have no alignment.
    Ok(unsafe { slice::from_raw_parts(ptr, len) })
}
