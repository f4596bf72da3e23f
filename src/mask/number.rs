//! Masks on whole numbers, `DECIMAL`, `FLOAT` and `DOUBLE`: digits of the decimal text become 1. Measured: FLINK.md §5, `docs/masks.md`.
//!
//! The digit is 1, as in Hive: with it no value leaves its type (127 becomes 111; a 9 would overflow). Sign, magnitude and exponent sign stay
//! visible. `SHOW_FIRST_4` and `SHOW_LAST_4` hide nothing of a number of four digits or less, as in Hive.

use super::MaskedColumn;
use super::spec::Native;
use super::text::replace;
use super::value::{NO_YEAR, Value};

/// A whole number, `FLOAT` or `DOUBLE`.
pub(super) fn number(value: Value<'_>, mask: Native) -> Result<MaskedColumn, &'static str> {
    Ok(match digits(mask)? {
        None => value.null(),
        Some(digits) => value.strict(&ones(value, digits)),
    })
}

/// `DECIMAL(precision, scale)`.
pub(super) fn decimal(
    value: Value<'_>,
    precision: u32,
    scale: u32,
    mask: Native,
) -> Result<MaskedColumn, &'static str> {
    Ok(match digits(mask)? {
        None => value.null(),
        Some(digits) if precision > scale => value.strict(&ones(value, digits)),
        // All digits are behind the point, but the text has a zero before it. A 1 there would not fit the type, and Flink does not even read
        // the zero back (`CAST('0.5' AS DECIMAL(4, 4))` overflows): a type with room for it stands between.
        Some(digits) => value.strict(&format!(
            "CAST({} AS DECIMAL(38, {scale}))",
            ones(value, &format!("{digits}(?![0-9]*[.])"))
        )),
    })
}

/// Which digits become 1, as a regular expression of Java; none where nothing of a number can be shown.
fn digits(mask: Native) -> Result<Option<&'static str>, &'static str> {
    match mask {
        Native::Mask => Ok(Some("[0-9]")),
        Native::ShowLast4 => Ok(Some("[0-9](?=[^0-9]*([0-9][^0-9]*){4})")),
        Native::ShowFirst4 => Ok(Some("(?<=[0-9.]{4})[0-9]")),
        // Flink has no keyed hash, and `HASH_CODE` of a small number is the number.
        Native::Hash => Ok(None),
        Native::DateShowYear => Err(NO_YEAR),
    }
}

fn ones(value: Value<'_>, digits: &str) -> String {
    replace(&format!("CAST({} AS STRING)", value.sql), digits, "1")
}
