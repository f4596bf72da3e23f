//! What the text of a literal or quoted name stands for.
//!
//! Each function takes the token's whole text. An error is a message in one line; the caller knows the place.

/// What is wrong with a literal.
pub(in crate::syntax) type Bad = &'static str;

/// `'it''s'`.
pub(in crate::syntax) fn string(text: &str) -> String {
    undouble(inside(text, 1, '\''), '\'', "''")
}

/// `` `a``b` ``.
pub(in crate::syntax) fn quoted_name(text: &str) -> String {
    undouble(inside(text, 1, '`'), '`', "``")
}

/// `U&"…"`.
pub(in crate::syntax) fn unicode_name(text: &str, escape: char) -> Result<String, Bad> {
    unicode(&undouble(inside(text, 3, '"'), '"', "\"\""), escape)
}

/// `U&'…'`.
pub(in crate::syntax) fn unicode_string(text: &str, escape: char) -> Result<String, Bad> {
    unicode(&undouble(inside(text, 3, '\''), '\'', "''"), escape)
}

/// `X'0a'`: the digits, in capitals.
pub(in crate::syntax) fn binary(text: &str) -> Result<String, Bad> {
    let digits = inside(text, 2, '\'');
    if digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        Ok(digits.to_ascii_uppercase())
    } else {
        Err("binary literal may hold hexadecimal digits only")
    }
}

/// `_UTF8'…'`, `N'…'`.
pub(in crate::syntax) fn charset(text: &str) -> Result<String, Bad> {
    let quote = text.find('\'').unwrap_or(0);
    let name = text.get(..quote).unwrap_or_default();
    let value = undouble(inside(text, quote + 1, '\''), '\'', "''");
    let fits = match name
        .strip_prefix('_')
        .map(str::to_ascii_uppercase)
        .as_deref()
    {
        // `N'…'` is ISO-8859-1 in Flink.
        None | Some("LATIN1" | "ISO-8859-1" | "ISO8859_1" | "ISO_8859_1") => {
            value.chars().all(|c| c <= '\u{ff}')
        }
        Some("US-ASCII" | "ASCII") => value.is_ascii(),
        Some("UTF8" | "UTF-8" | "UTF16" | "UTF-16" | "UTF-16LE" | "UTF-16BE") => true,
        Some(_) => return Err("unknown character set"),
    };
    if fits {
        Ok(value)
    } else {
        Err("character set has no such character")
    }
}

/// `E'…'`, with the escapes of C.
pub(in crate::syntax) fn escaped(text: &str) -> Result<String, Bad> {
    const BAD: Bad = "bad escape in string";
    let mut units: Vec<u16> = Vec::new();
    let mut pair = [0u16; 2];
    let mut chars = inside(text, 2, '\'').chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                chars.next_if_eq(&'\'');
                units.push(u16::from(b'\''));
            }
            '\\' => match chars.next().ok_or(BAD)? {
                'b' => units.push(8),
                'f' => units.push(12),
                'n' => units.push(10),
                'r' => units.push(13),
                't' => units.push(9),
                'x' => units.push(digits(&mut chars, 16, 1, 2).ok_or(BAD)?),
                'u' => units.push(digits(&mut chars, 16, 4, 4).ok_or(BAD)?),
                'U' => {
                    let high = digits(&mut chars, 16, 4, 4).ok_or(BAD)?;
                    let low = digits(&mut chars, 16, 4, 4).ok_or(BAD)?;
                    let c = char::from_u32(u32::from(high) << 16 | u32::from(low)).ok_or(BAD)?;
                    units.extend_from_slice(c.encode_utf16(&mut pair));
                }
                first @ '0'..='7' => units.push(octal(first, &mut chars).ok_or(BAD)?),
                same @ ('\\' | '\'') => units.extend_from_slice(same.encode_utf16(&mut pair)),
                // Flink keeps the backslash of an escape it does not know: too easily read otherwise.
                _ => return Err(BAD),
            },
            other => units.extend_from_slice(other.encode_utf16(&mut pair)),
        }
    }
    String::from_utf16(&units).map_err(|_| BAD)
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// A number of `least` to `most` digits.
fn digits(chars: &mut Chars<'_>, radix: u32, least: u32, most: u32) -> Option<u16> {
    let mut value = 0;
    for count in 0..most {
        match chars.peek().and_then(|c| c.to_digit(radix)) {
            Some(digit) => {
                chars.next();
                value = value * radix + digit;
            }
            None if count < least => return None,
            None => break,
        }
    }
    u16::try_from(value).ok()
}

/// `\1`, `\12`, `\123`. A single digit at the very end of a string is refused: Flink 2.3 does not read it as an escape.
fn octal(first: char, chars: &mut Chars<'_>) -> Option<u16> {
    chars.peek()?;
    let mut value = first.to_digit(8)?;
    for _ in 0..2 {
        let Some(digit) = chars.peek().and_then(|c| c.to_digit(8)) else {
            break;
        };
        chars.next();
        value = value * 8 + digit;
    }
    u16::try_from(value).ok()
}

/// Decodes `\XXXX`: UTF-16 units, four digits each, pairs of surrogates included.
fn unicode(text: &str, escape: char) -> Result<String, Bad> {
    const BAD: Bad = "bad Unicode escape";
    if !text.contains(escape) {
        return Ok(text.to_owned());
    }
    let mut units: Vec<u16> = Vec::new();
    let mut pair = [0u16; 2];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != escape || chars.next_if_eq(&escape).is_some() {
            units.extend_from_slice(c.encode_utf16(&mut pair));
        } else {
            units.push(digits(&mut chars, 16, 4, 4).ok_or(BAD)?);
        }
    }
    String::from_utf16(&units).map_err(|_| BAD)
}

/// The text between `before` bytes and the closing quote.
fn inside(text: &str, before: usize, quote: char) -> &str {
    text.get(before..)
        .and_then(|rest| rest.strip_suffix(quote))
        .unwrap_or_default()
}

fn undouble(text: &str, quote: char, doubled: &str) -> String {
    if !text.contains(quote) {
        return text.to_owned();
    }
    let mut single = [0; 4];
    text.replace(doubled, quote.encode_utf8(&mut single))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubled_quotes_stand_for_one() {
        assert_eq!(string("'it''s'"), "it's");
        assert_eq!(string("''''"), "'");
        assert_eq!(string("''"), "");
        assert_eq!(quoted_name("`a``b`"), "a`b");
    }

    #[test]
    fn unicode_escapes() {
        assert_eq!(unicode_name(r#"U&"\006frders""#, '\\').unwrap(), "orders");
        assert_eq!(unicode_string(r"U&'!0041!!'", '!').unwrap(), "A!");
        assert_eq!(unicode_string(r"U&'\d83d\de00'", '\\').unwrap(), "😀");
        assert!(unicode_string(r"U&'\00'", '\\').is_err());
        assert!(unicode_string(r"U&'\d83d'", '\\').is_err());
    }

    #[test]
    fn escapes_of_c() {
        assert_eq!(escaped(r"E'a\'b''c\\'").unwrap(), "a'b'c\\");
        assert_eq!(escaped(r"E'\x4a\103\u0041\n.'").unwrap(), "JCA\n.");
        assert!(escaped(r"E'\q'").is_err());
        assert!(escaped(r"E'\7'").is_err());
    }

    #[test]
    fn character_sets() {
        assert_eq!(charset("_UTF8'中'").unwrap(), "中");
        assert_eq!(charset("_latin1'é'").unwrap(), "é");
        assert!(charset("N'中'").is_err());
        assert!(charset("_foo'x'").is_err());
        assert!(binary("X'0g'").is_err());
    }
}
