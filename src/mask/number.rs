//! Masks on whole numbers, `DECIMAL`, `FLOAT` and `DOUBLE`: digits of the decimal text become 1. Measured: FLINK.md §5, `docs/masks.md`.
//!
//! The digit is 1, as in Hive: with it no value leaves its type (127 becomes 111; a 9 would overflow). Sign, magnitude and exponent sign stay
//! visible. `SHOW_FIRST_4` and `SHOW_LAST_4` hide nothing of a number of four digits or less, as in Hive.

use super::MaskedColumn;
use super::spec::Native;
use super::text::replace;
use super::value::{NO_YEAR, Value};

/// `all_fraction`: the type has no digit before the point, as `DECIMAL(4, 4)`.
pub(super) fn masked(
    value: Value<'_>,
    all_fraction: bool,
    mask: Native,
) -> Result<MaskedColumn, &'static str> {
    let digits = match mask {
        Native::Mask => "[0-9]",
        Native::ShowLast4 => "[0-9](?=[^0-9]*([0-9][^0-9]*){4})",
        Native::ShowFirst4 => "(?<=[0-9.]{4})[0-9]",
        // Flink has no keyed hash, and `HASH_CODE` of a small number is the number.
        Native::Hash => return Ok(value.null()),
        Native::DateShowYear => return Err(NO_YEAR),
    };
    // The text of such a number still has a zero before the point, and a 1 there would not fit the type.
    let pattern = if all_fraction {
        format!("{digits}(?![0-9]*[.])")
    } else {
        digits.to_owned()
    };
    let text = format!("CAST({} AS STRING)", value.sql);
    Ok(value.strict(&replace(&text, &pattern, "1")))
}
