//! What each mask must show, said a second time without SQL.

use sqlsec::mask::MaskSpec;
use sqlsec::syntax::TypeKind;

/// What must stand in place of a value that is not NULL.
#[derive(Debug, PartialEq, Eq)]
pub enum Shown {
    Exactly(String),
    /// 64 hexadecimal characters, padded where the type pads.
    Hash,
    Null,
    /// Something else than the value, of the type.
    Other,
    /// The mask does not fit the type.
    Refused,
}

/// `raw` is the value as Flink casts it to a string.
pub fn shown(mask: &MaskSpec, kind: &TypeKind, raw: &str) -> Shown {
    use TypeKind as T;
    match (mask, kind) {
        (MaskSpec::None, _) => Shown::Exactly(raw.to_owned()),
        (MaskSpec::Null, _) => Shown::Null,
        (MaskSpec::Template(_), _) => Shown::Other,
        (MaskSpec::DateShowYear, T::Date | T::Timestamp(_) | T::TimestampLtz(_)) => {
            let (year, rest) = raw.split_at(4);
            Shown::Exactly(format!("{year}{}", midnight(rest)))
        }
        (MaskSpec::DateShowYear, _) => Shown::Refused,
        (MaskSpec::Mask, T::Date | T::Timestamp(_)) => {
            Shown::Exactly(format!("0001{}", midnight(&raw[4..])))
        }
        (MaskSpec::Mask, T::TimestampLtz(_)) => {
            Shown::Exactly(format!("1970{}", midnight(&raw[4..])))
        }
        // A TIME is printed without zeros at its end.
        (MaskSpec::Mask, T::Time(0)) => Shown::Exactly("00:00:00".to_owned()),
        (MaskSpec::Mask, T::Time(_)) => Shown::Exactly("00:00:00.0".to_owned()),
        (MaskSpec::Mask, T::Boolean) => Shown::Exactly("FALSE".to_owned()),
        (MaskSpec::Mask, T::Binary(length)) => Shown::Exactly("\0".repeat(*length as usize)),
        (MaskSpec::Mask, T::Varbinary(_)) => Shown::Exactly(String::new()),
        (MaskSpec::Mask, T::Row(_)) => Shown::Other,
        (_, T::Char(length) | T::Varchar(length)) => text(mask, *length, raw),
        (MaskSpec::Hash, _) => Shown::Null,
        (_, T::TinyInt | T::SmallInt | T::Int | T::BigInt) => Shown::Exactly(digits(mask, raw)),
        (_, T::Decimal(precision, scale)) if precision > scale => Shown::Exactly(digits(mask, raw)),
        (_, T::Decimal(..)) => {
            let point = raw.find('.').expect("a fraction") + 1;
            let hidden = digits(mask, raw);
            Shown::Exactly(format!("{}{}", &raw[..point], &hidden[point..]))
        }
        // The text of a float that was read back is not the text that was masked: only that it is another one is said.
        (_, T::Float | T::Double) if digits(mask, raw) == raw || raw == "4.9E-324" => {
            Shown::Exactly(match mask {
                MaskSpec::ShowLast4 if raw == "4.9E-324" => "0.0".to_owned(),
                MaskSpec::Mask if raw == "4.9E-324" => "1.1E-111".to_owned(),
                _ => raw.to_owned(),
            })
        }
        (_, T::Float | T::Double) => Shown::Other,
        _ => Shown::Null,
    }
}

/// What follows the year, at the first midnight of it.
fn midnight(rest: &str) -> String {
    let zeros: String = rest
        .chars()
        .skip(6)
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    format!("-01-01{zeros}")
}

fn text(mask: &MaskSpec, length: u32, raw: &str) -> Shown {
    let count = raw.chars().count();
    let hide = |hidden: &dyn Fn(usize) -> bool| {
        Shown::Exactly(
            raw.chars()
                .enumerate()
                .map(|(at, c)| if hidden(at) { 'x' } else { c })
                .collect(),
        )
    };
    match mask {
        MaskSpec::Mask => Shown::Exactly(
            raw.chars()
                .map(|c| match c {
                    _ if c.is_numeric() => 'n',
                    _ if c.is_uppercase() => 'X',
                    _ if c.is_ascii() && !c.is_ascii_lowercase() => c,
                    _ => 'x',
                })
                .collect(),
        ),
        MaskSpec::ShowLast4 => hide(&|at| at + 4 < count),
        MaskSpec::ShowFirst4 => hide(&|at| at >= 4),
        MaskSpec::Hash if length < 64 => Shown::Refused,
        MaskSpec::Hash => Shown::Hash,
        _ => Shown::Other,
    }
}

fn digits(mask: &MaskSpec, raw: &str) -> String {
    let all = raw.chars().filter(char::is_ascii_digit).count();
    let mut before = 0;
    let mut window = String::new();
    raw.chars()
        .map(|c| {
            let in_number = c.is_ascii_digit() || c == '.';
            let hidden = c.is_ascii_digit()
                && match mask {
                    MaskSpec::Mask => true,
                    MaskSpec::ShowLast4 => before + 4 < all,
                    MaskSpec::ShowFirst4 => window.len() >= 4,
                    _ => false,
                };
            before += usize::from(c.is_ascii_digit());
            if in_number {
                window.push(c);
            } else {
                window.clear();
            }
            if hidden { '1' } else { c }
        })
        .collect()
}
