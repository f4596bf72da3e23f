//! `--attr NAME=VALUE`: attributes with a type.

use crate::policy::Attribute;

/// Reads one argument.
pub(super) fn named(argument: &str) -> Result<(String, Attribute), String> {
    match argument.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), attribute(value)?)),
        Some(_) | None => Err("write NAME=VALUE".to_owned()),
    }
}

/// A list in brackets, else one value.
fn attribute(value: &str) -> Result<Attribute, String> {
    match value.strip_prefix('[') {
        Some(list) => {
            let inside = list
                .strip_suffix(']')
                .ok_or("a list ends with `]`; put text that begins with `[` in quotes")?;
            items(inside)?
                .into_iter()
                .map(scalar)
                .collect::<Result<_, _>>()
                .map(Attribute::List)
        }
        None => scalar(value),
    }
}

/// A boolean, a whole number, else text. Quotes force text, doubled quotes inside stand for one.
fn scalar(value: &str) -> Result<Attribute, String> {
    if let Some(quoted) = value.strip_prefix('\'') {
        let inside = quoted
            .strip_suffix('\'')
            .filter(|t| !t.replace("''", "").contains('\''));
        return inside
            .map(|t| Attribute::Text(t.replace("''", "'")))
            .ok_or_else(|| format!("the quotes of {value} do not match"));
    }
    Ok(match (value, value.parse::<i64>()) {
        ("true", _) => Attribute::Boolean(true),
        ("false", _) => Attribute::Boolean(false),
        // `007` and `+7` are codes, not numbers: as numbers they would lose what tells them from others.
        (_, Ok(number)) if number.to_string() == value => Attribute::Integer(number),
        _ => Attribute::Text(value.to_owned()),
    })
}

/// The items of a list; a comma in quotes belongs to its item.
fn items(list: &str) -> Result<Vec<&str>, String> {
    let mut quoted = false;
    let between = |c: char| {
        quoted ^= c == '\'';
        c == ',' && !quoted
    };
    let items: Vec<&str> = list.split(between).map(str::trim).collect();
    match items.as_slice() {
        [""] => Ok(Vec::new()),
        items if items.contains(&"") => {
            Err("an item of the list is empty: write '' for empty text".to_owned())
        }
        _ => Ok(items),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Attribute {
        Attribute::Text(value.into())
    }

    #[test]
    fn a_value_has_the_type_it_looks_like_and_quotes_force_text() {
        let of = |value: &str| attribute(value).unwrap();
        assert_eq!(of("true"), Attribute::Boolean(true));
        assert_eq!(of("'true'"), text("true"));
        assert_eq!(of("-3"), Attribute::Integer(-3));
        assert_eq!(of("007"), text("007"));
        assert_eq!(of("HR"), text("HR"));
        assert_eq!(of(""), text(""));
        assert_eq!(of("'it''s'"), text("it's"));
        assert_eq!(of("x' OR '1'='1"), text("x' OR '1'='1"));
        assert_eq!(
            of("[a, 2, 'b,c']"),
            Attribute::List(vec![text("a"), Attribute::Integer(2), text("b,c")])
        );
        assert_eq!(of("[]"), Attribute::List(Vec::new()));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for wrong in [
            "dept",
            "=HR",
            "a='x' OR '1'='1'",
            "a='x",
            "a=[x",
            "a=[x,,y]",
            "a=[x,]",
        ] {
            assert!(named(wrong).is_err(), "{wrong}");
        }
    }
}
