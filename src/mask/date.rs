//! Masks on `DATE`, `TIME`, `TIMESTAMP` and `TIMESTAMP_LTZ`. Measured: FLINK.md §5, `docs/masks.md`.
//!
//! A masked time attribute is no time attribute any more: who rewrites refuses that before.

use super::MaskedColumn;
use super::spec::Native;
use super::value::{NO_YEAR, Value};

/// `DATE`. Hive's constant is the first day of year 1.
pub(super) fn date(value: Value<'_>, mask: Native) -> Result<MaskedColumn, &'static str> {
    match mask {
        Native::Mask => Ok(value.constant("DATE '0001-01-01'")),
        Native::DateShowYear => Ok(value.strict(&format!("FLOOR({} TO YEAR)", value.sql))),
        Native::ShowLast4 | Native::ShowFirst4 | Native::Hash => Ok(value.null()),
    }
}

/// `TIME`.
pub(super) fn time(value: Value<'_>, mask: Native) -> Result<MaskedColumn, &'static str> {
    match mask {
        Native::Mask => Ok(value.constant("TIME '00:00:00'")),
        Native::DateShowYear => Err(NO_YEAR),
        Native::ShowLast4 | Native::ShowFirst4 | Native::Hash => Ok(value.null()),
    }
}

/// `TIMESTAMP`: Hive's constant at midnight.
pub(super) fn timestamp(value: Value<'_>, mask: Native) -> MaskedColumn {
    point(value, mask, "TIMESTAMP '0001-01-01 00:00:00'")
}

/// `TIMESTAMP_LTZ`. The first day of year 1 lies in year 0 for half of the world's zones, which few sinks can store: an instant gets 1970,
/// read in the session's zone.
pub(super) fn instant(value: Value<'_>, mask: Native) -> MaskedColumn {
    point(value, mask, "TIMESTAMP '1970-01-01 00:00:00'")
}

fn point(value: Value<'_>, mask: Native, constant: &str) -> MaskedColumn {
    match mask {
        Native::Mask => value.constant(constant),
        // The first midnight of the year, for years 1 to 9999. `FLOOR(ts TO YEAR)` and `CAST(ts AS DATE)` both round towards 1970 (the last
        // second of 1969 gives 1970), so the value goes through its text. An instant's year is that of the session's zone.
        Native::DateShowYear => value.strict(&format!(
            "FLOOR(CAST(CAST({} AS STRING) AS DATE) TO YEAR)",
            value.sql
        )),
        Native::ShowLast4 | Native::ShowFirst4 | Native::Hash => value.null(),
    }
}
