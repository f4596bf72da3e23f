//! Masks on `CHAR(n)`, `VARCHAR(n)` and `STRING`. Measured: FLINK.md §5, `docs/masks.md`.
//!
//! Lengths are counted in code points, as Flink's `CHAR_LENGTH` does: an emoji is one character.
//!
//! | mask | expression | note |
//! |---|---|---|
//! | `MASK` | three `REGEXP_REPLACE` | structure stays, nothing that could be a letter or a number does |
//! | `MASK_SHOW_LAST_4` | `REGEXP_REPLACE` | every character but the last four becomes x; a text of four or less is shown, as in Ranger |
//! | `MASK_SHOW_FIRST_4` | `LEFT` and x | the same from the front |
//! | `MASK_HASH` | `SHA256` | 64 hexadecimal characters, unsalted: guessable where few values are possible |

use super::MaskedColumn;
use super::spec::Native;
use super::value::{NO_YEAR, Value};

/// Hexadecimal characters of a SHA-256.
const HASH_LENGTH: u32 = 64;

/// Hive's `mask` turns letters into X or x and digits into n, and shows the rest: 张三 would stay readable. Here the rest that is shown is
/// ASCII punctuation and white space only. Numbers come last, because the n they become would be taken for a small letter.
const PATTERNS: [(&str, &str); 3] = [
    (r"[\p{Lu}\p{Lt}]", "X"),
    (r"[^\x00-\x60\x7B-\x7F\p{N}]", "x"),
    (r"\p{N}", "n"),
];

/// A character that four others follow. The lookahead counts code points. (A lookbehind does not: Java counts UTF-16 units there, and shows
/// what follows an emoji.)
const BEFORE_LAST_4: &str = "(?s).(?=.{4})";

pub(super) fn masked(
    value: Value<'_>,
    length: u32,
    mask: Native,
) -> Result<MaskedColumn, &'static str> {
    match mask {
        Native::Mask => Ok(value.strict(
            &PATTERNS
                .iter()
                .fold(value.sql.to_owned(), |text, (pattern, replacement)| {
                    replace(&text, pattern, replacement)
                }),
        )),
        Native::ShowLast4 => Ok(value.strict(&replace(value.sql, BEFORE_LAST_4, "x"))),
        Native::ShowFirst4 => Ok(value.strict(&first_4(value))),
        // A cast to a shorter type cuts in silence, and different values would meet in one hash: joins on it would go wrong.
        Native::Hash if length < HASH_LENGTH => {
            Err("a hash has 64 characters, and cut short it would be one for different values")
        }
        Native::Hash => Ok(value.strict(&format!("SHA256({})", value.sql))),
        Native::DateShowYear => Err(NO_YEAR),
    }
}

fn first_4(value: Value<'_>) -> String {
    let c = value.sql;
    let shown = format!("CONCAT(LEFT({c}, 4), REPEAT('x', GREATEST(CHAR_LENGTH({c}) - 4, 0)))");
    if value.data_type.nullable {
        shown
    } else {
        // `LEFT` is nullable whatever its operand is.
        format!("COALESCE({shown}, '')")
    }
}

/// `REGEXP_REPLACE` of constants that hold no quote.
pub(super) fn replace(operand: &str, pattern: &str, replacement: &str) -> String {
    format!("REGEXP_REPLACE({operand}, '{pattern}', '{replacement}')")
}
