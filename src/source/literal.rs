//! A JSON value becomes a Flink SQL literal of a column's type, or nothing.
//!
//! Only what means the same on both sides: nothing is rounded, cut or cast from another type. What Flink has no certain literal for (binary
//! types, instants finer than a millisecond, times with fractions, NaN) is refused.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use serde_json::Value;

use super::foreign::{Untranslatable, no};
use crate::catalog::TypeKind;
use crate::syntax::quote_literal;

/// The literal.
///
/// # Errors
/// A value of another type, out of range, or of a type without certain literals.
pub(super) fn literal(value: &Value, kind: &TypeKind) -> Result<String, Untranslatable> {
    let found = match kind {
        TypeKind::Boolean => value
            .as_bool()
            .map(|b| if b { "TRUE" } else { "FALSE" }.to_owned()),
        TypeKind::TinyInt => whole(value, i64::from(i8::MIN), i64::from(i8::MAX)),
        TypeKind::SmallInt => whole(value, i64::from(i16::MIN), i64::from(i16::MAX)),
        TypeKind::Int => whole(value, i64::from(i32::MIN), i64::from(i32::MAX)),
        TypeKind::BigInt => whole(value, i64::MIN, i64::MAX),
        TypeKind::Float => approximate(value, "FLOAT"),
        TypeKind::Double => approximate(value, "DOUBLE"),
        TypeKind::Decimal(..) => decimal(value),
        TypeKind::Char(_) | TypeKind::Varchar(_) => value.as_str().map(quote_literal),
        TypeKind::Date => value.as_str().and_then(date),
        TypeKind::Time(_) => value.as_str().and_then(time),
        TypeKind::Timestamp(_) => value.as_str().and_then(timestamp),
        TypeKind::TimestampLtz(_) => value.as_str().and_then(instant),
        TypeKind::Binary(_)
        | TypeKind::Varbinary(_)
        | TypeKind::TimestampTz(_)
        | TypeKind::Interval(_)
        | TypeKind::Array(_)
        | TypeKind::Multiset(_)
        | TypeKind::Map(..)
        | TypeKind::Row(_)
        | TypeKind::Other(_) => None,
    };
    match found {
        Some(literal) => Ok(literal),
        None => no(format!("{value} is no literal of type {kind}")),
    }
}

/// In brackets when negative: after a minus sign it would begin a comment.
fn signed(digits: &str) -> String {
    if digits.starts_with('-') {
        format!("({digits})")
    } else {
        digits.to_owned()
    }
}

fn whole(value: &Value, least: i64, greatest: i64) -> Option<String> {
    let number = value.as_i64()?;
    // -9223372036854775808 is minus a number that is none.
    let fits = (least..=greatest).contains(&number) && number != i64::MIN;
    fits.then(|| signed(&number.to_string()))
}

/// The shortest text that reads as this number, in the column's own type: 0.1 as DECIMAL is another number than 0.1 as FLOAT.
fn approximate(value: &Value, kind: &str) -> Option<String> {
    let number = value.as_f64().filter(|number| number.is_finite())?;
    if kind == "FLOAT" {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "what does not survive it is refused"
        )]
        let short = number as f32;
        let same = short.is_finite() && (f64::from(short) - number).abs() <= number.abs() * 1e-7;
        return same.then(|| format!("CAST('{short:?}' AS FLOAT)"));
    }
    Some(format!("CAST('{number:?}' AS {kind})"))
}

/// Digits, perhaps a point and digits: as text or as a number that was written so.
fn decimal(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
        _ => return None,
    };
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let short = whole.len().saturating_add(fraction.len()) <= 38;
    (plain(whole) && plain(fraction) && short).then(|| signed(&text))
}

fn date(text: &str) -> Option<String> {
    let date: Date = text.parse().ok().filter(|_| text.len() == 10)?;
    (date.year() >= 1).then(|| format!("DATE '{date}'"))
}

/// Flink's TIME has no fractions of a second that can be counted on.
fn time(text: &str) -> Option<String> {
    let time: Time = text.parse().ok().filter(|_| plain_time(text))?;
    let whole = time.subsec_nanosecond() == 0;
    whole.then(|| format!("TIME '{}'", time.strftime("%H:%M:%S")))
}

fn timestamp(text: &str) -> Option<String> {
    let (day, clock) = text.split_once('T')?;
    let time: DateTime = text
        .parse()
        .ok()
        .filter(|_| day.len() == 10 && plain_time(clock))?;
    let shown = time.strftime("%Y-%m-%d %H:%M:%S%.f").to_string();
    (time.year() >= 1).then(|| format!("TIMESTAMP '{shown}'"))
}

/// An instant, by its milliseconds: Flink has no literal that does not depend on the session's zone.
fn instant(text: &str) -> Option<String> {
    let (day, clock) = text.split_once('T')?;
    let cut = clock.find(['+', '-', 'Z'])?;
    let (clock, zone) = clock.split_at_checked(cut)?;
    let utc = matches!(zone, "Z" | "+00:00");
    let time: Timestamp = text
        .parse()
        .ok()
        .filter(|_| utc && day.len() == 10 && plain_time(clock))?;
    let whole = time.subsec_nanosecond() % 1_000_000 == 0;
    let year = Offset::UTC.to_datetime(time).year();
    let millis = time.as_millisecond();
    (whole && year >= 1).then(|| format!("TO_TIMESTAMP_LTZ({}, 3)", signed(&millis.to_string())))
}

/// `hh:mm:ss`, perhaps with a fraction; jiff reads more.
fn plain_time(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = whole.split(':').collect();
    parts.len() == 3
        && parts.iter().all(|part| part.len() == 2 && digits(part))
        && digits(fraction)
        && fraction.len() <= 9
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_becomes_a_literal_of_its_type_or_nothing() {
        let string = TypeKind::Varchar(crate::syntax::MAX_LENGTH);
        let fine = [
            (json!(true), TypeKind::Boolean, "TRUE"),
            (json!(-7), TypeKind::TinyInt, "(-7)"),
            (json!(7), TypeKind::SmallInt, "7"),
            (json!(2_147_483_647), TypeKind::Int, "2147483647"),
            (
                json!(9_223_372_036_854_775_807_i64),
                TypeKind::BigInt,
                "9223372036854775807",
            ),
            (json!(0.1), TypeKind::Double, "CAST('0.1' AS DOUBLE)"),
            (json!(-1e300), TypeKind::Double, "CAST('-1e300' AS DOUBLE)"),
            (json!(0.1), TypeKind::Float, "CAST('0.1' AS FLOAT)"),
            (json!(3), TypeKind::Float, "CAST('3.0' AS FLOAT)"),
            (json!("-14.20"), TypeKind::Decimal(9, 2), "(-14.20)"),
            (json!(14), TypeKind::Decimal(9, 2), "14"),
            (
                json!("it's `x` -- /* */"),
                string.clone(),
                "'it''s `x` -- /* */'",
            ),
            (json!("张三"), TypeKind::Char(2), "'张三'"),
            (json!("2026-01-31"), TypeKind::Date, "DATE '2026-01-31'"),
            (json!("22:31:08"), TypeKind::Time(0), "TIME '22:31:08'"),
            (
                json!("22:31:08.000000"),
                TypeKind::Time(0),
                "TIME '22:31:08'",
            ),
            (
                json!("2026-01-31T08:00:00.5"),
                TypeKind::Timestamp(6),
                "TIMESTAMP '2026-01-31 08:00:00.5'",
            ),
            (
                json!("1970-01-01T00:00:01.5+00:00"),
                TypeKind::TimestampLtz(6),
                "TO_TIMESTAMP_LTZ(1500, 3)",
            ),
            (
                json!("1969-12-31T23:59:59Z"),
                TypeKind::TimestampLtz(6),
                "TO_TIMESTAMP_LTZ((-1000), 3)",
            ),
        ];
        for (value, kind, wanted) in fine {
            assert_eq!(literal(&value, &kind).unwrap(), wanted);
        }
        let wrong = [
            (json!("true"), TypeKind::Boolean),
            (json!(null), TypeKind::Int),
            (json!("7"), TypeKind::Int),
            (json!(1.0), TypeKind::Int),
            (json!(128), TypeKind::TinyInt),
            (json!(40_000), TypeKind::SmallInt),
            (json!(2_147_483_648_i64), TypeKind::Int),
            (json!(i64::MIN), TypeKind::BigInt),
            (json!("NaN"), TypeKind::Double),
            (json!(1e300), TypeKind::Float),
            (json!("1e5"), TypeKind::Decimal(9, 2)),
            (json!("1; DROP"), TypeKind::Decimal(9, 2)),
            (json!("."), TypeKind::Decimal(9, 2)),
            (json!(1.5), TypeKind::Decimal(9, 2)),
            (json!(7), string),
            (json!("2026-02-30"), TypeKind::Date),
            (json!("2026-01-31T00:00:00"), TypeKind::Date),
            (json!("0000-01-01"), TypeKind::Date),
            (json!(20_000), TypeKind::Date),
            (json!("22:31:08.5"), TypeKind::Time(0)),
            (json!("2026-01-31 08:00:00"), TypeKind::Timestamp(3)),
            (json!("2026-01-31T08:00:00Z"), TypeKind::Timestamp(3)),
            (
                json!("2026-01-31T08:00:00[Asia/Shanghai]"),
                TypeKind::Timestamp(3),
            ),
            (json!("2026-01-31T08:00:00"), TypeKind::TimestampLtz(3)),
            (
                json!("2026-01-31T08:00:00+08:00"),
                TypeKind::TimestampLtz(3),
            ),
            (
                json!("2026-01-31T08:00:00.123456Z"),
                TypeKind::TimestampLtz(6),
            ),
            (json!("00ff"), TypeKind::Varbinary(10)),
            (
                json!([1]),
                TypeKind::Array(Box::new(crate::catalog::DataType::nullable(TypeKind::Int))),
            ),
        ];
        for (value, kind) in wrong {
            assert!(literal(&value, &kind).is_err(), "{value} {kind}");
        }
    }
}
