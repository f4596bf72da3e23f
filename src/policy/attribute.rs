//! A principal's attribute becomes a literal: typed, never text (ATTACKS E2).

use super::Attribute;
use crate::catalog::{DataType, TypeKind};
use crate::syntax::quote_literal;

/// The literal of `value`, for a comparison with a column of type `against` where that is known.
///
/// A string compared with a number, a boolean or a time becomes that, if it reads as one from its first to its last character: a directory
/// hands out strings. A number compared with a string becomes a string. `None`: the value does not fit, and nothing is guessed.
pub(super) fn literal(
    value: &Attribute,
    against: Option<&DataType>,
    whole_in: bool,
) -> Option<String> {
    let Attribute::List(items) = value else {
        return scalar(value, against);
    };
    // `x IN ()` is no SQL, and what it should mean for NOT IN is nobody's guess.
    if !whole_in || items.is_empty() || !alike(items) {
        return None;
    }
    let literals: Option<Vec<String>> = items.iter().map(|item| scalar(item, against)).collect();
    literals.map(|literals| literals.join(", "))
}

fn alike(items: &[Attribute]) -> bool {
    let kinds: Vec<_> = items.iter().map(std::mem::discriminant).collect();
    kinds.iter().all(|kind| Some(kind) == kinds.first())
}

fn scalar(value: &Attribute, against: Option<&DataType>) -> Option<String> {
    let Some(against) = against else {
        return match value {
            Attribute::Boolean(value) => Some(boolean(*value)),
            Attribute::Integer(value) => Some(integer(*value)),
            Attribute::Text(value) => Some(quote_literal(value)),
            Attribute::List(_) => None,
        };
    };
    match (&against.kind, value) {
        (_, Attribute::List(_)) => None,
        (TypeKind::Char(_) | TypeKind::Varchar(_), Attribute::Text(value)) => {
            Some(quote_literal(value))
        }
        (TypeKind::Char(_) | TypeKind::Varchar(_), Attribute::Integer(value)) => {
            Some(quote_literal(&value.to_string()))
        }
        (
            TypeKind::TinyInt
            | TypeKind::SmallInt
            | TypeKind::Int
            | TypeKind::BigInt
            | TypeKind::Decimal(..)
            | TypeKind::Float
            | TypeKind::Double,
            value,
        ) => match value {
            Attribute::Integer(value) => Some(integer(*value)),
            Attribute::Text(text) => text.parse().ok().map(integer),
            Attribute::Boolean(_) | Attribute::List(_) => None,
        },
        (TypeKind::Boolean, Attribute::Boolean(value)) => Some(boolean(*value)),
        (TypeKind::Boolean, Attribute::Text(text)) => match text.to_ascii_lowercase().as_str() {
            "true" => Some(boolean(true)),
            "false" => Some(boolean(false)),
            _ => None,
        },
        (TypeKind::Date, Attribute::Text(text)) => {
            let date: jiff::civil::Date = text.parse().ok().filter(|_| text.len() == 10)?;
            Some(format!("DATE '{date}'"))
        }
        (TypeKind::Timestamp(_), Attribute::Text(text)) => {
            let time: jiff::civil::DateTime = text.parse().ok().filter(|_| !text.contains('['))?;
            Some(format!(
                "TIMESTAMP '{}'",
                time.strftime("%Y-%m-%d %H:%M:%S%.f")
            ))
        }
        // No literal of these types is certain to mean what a directory meant.
        _ => None,
    }
}

fn boolean(value: bool) -> String {
    if value { "TRUE" } else { "FALSE" }.to_owned()
}

/// In brackets when negative: after a minus sign it would begin a comment.
fn integer(value: i64) -> String {
    if value < 0 {
        format!("({value})")
    } else {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Attribute {
        Attribute::Text(value.into())
    }

    #[test]
    fn values_are_literals_of_the_type_they_meet() {
        let literal = |value: &Attribute, kind: Option<TypeKind>| {
            scalar(value, kind.map(DataType::nullable).as_ref())
        };
        let string = TypeKind::Varchar(crate::syntax::MAX_LENGTH);
        assert_eq!(
            literal(&text("x' OR '1'='1"), Some(string.clone())).unwrap(),
            "'x'' OR ''1''=''1'"
        );
        assert_eq!(
            literal(&text("x' OR '1'='1"), None).unwrap(),
            "'x'' OR ''1''=''1'"
        );
        assert_eq!(
            literal(&Attribute::Integer(7), Some(string.clone())).unwrap(),
            "'7'"
        );
        assert_eq!(literal(&Attribute::Integer(-7), None).unwrap(), "(-7)");
        assert_eq!(literal(&text("42"), Some(TypeKind::Int)).unwrap(), "42");
        assert_eq!(literal(&text("42 OR 1=1"), Some(TypeKind::Int)), None);
        assert_eq!(
            literal(&text("TRUE"), Some(TypeKind::Boolean)).unwrap(),
            "TRUE"
        );
        assert_eq!(
            literal(&text("2026-01-31"), Some(TypeKind::Date)).unwrap(),
            "DATE '2026-01-31'"
        );
        assert_eq!(
            literal(&text("2026-01-31' OR '1'='1"), Some(TypeKind::Date)),
            None
        );
        assert_eq!(
            literal(&text("2026-01-31T08:00:00.5"), Some(TypeKind::Timestamp(3))).unwrap(),
            "TIMESTAMP '2026-01-31 08:00:00.5'"
        );
        assert_eq!(literal(&Attribute::Boolean(true), Some(string)), None);
        assert_eq!(literal(&text("x"), Some(TypeKind::Binary(1))), None);
    }

    #[test]
    fn lists_stand_alone_in_in() {
        let list = Attribute::List(vec![text("a"), text("b'c")]);
        assert_eq!(literal(&list, None, true).unwrap(), "'a', 'b''c'");
        assert_eq!(literal(&list, None, false), None);
        assert_eq!(literal(&Attribute::List(vec![]), None, true), None);
        assert_eq!(
            literal(
                &Attribute::List(vec![text("a"), Attribute::Integer(1)]),
                None,
                true
            ),
            None
        );
        assert_eq!(literal(&Attribute::List(vec![list]), None, true), None);
    }
}
