//! Words, literals and signs of the little language. Anything else is refused.

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name.
    Word(String),
    /// In `'` or `"`, escapes resolved.
    Text(String),
    /// A number.
    Number(f64),
    /// An operator or bracket.
    Sign(&'static str),
}

const SIGNS: [&str; 24] = [
    "===", "!==", "==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")", "[", "]", "{", "}",
    ".", ",", ";", "=", "-", "+", ":",
];

/// The tokens of a text, or `None` where a character belongs to none.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => {
                let (value, length) = quoted(rest, first)?;
                tokens.push(Token::Text(value));
                length
            }
            '0'..='9' => {
                let length = run(rest, |c| c.is_ascii_digit() || c == '.');
                tokens.push(Token::Number(rest.get(..length)?.parse().ok()?));
                length
            }
            c if c == '_' || c.is_alphabetic() => {
                let length = run(rest, |c| c == '_' || c.is_alphanumeric());
                tokens.push(Token::Word(rest.get(..length)?.to_owned()));
                length
            }
            _ => {
                let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign))?;
                tokens.push(Token::Sign(sign));
                sign.len()
            }
        };
        rest = rest.get(length..)?.trim_start();
    }
    Some(tokens)
}

fn run(text: &str, within: impl Fn(char) -> bool) -> usize {
    text.find(|c| !within(c)).unwrap_or(text.len())
}

/// The value of a quoted text and its length with quotes. `\` takes the next character as it is, if that is a quote or a `\`; other escapes
/// would need JavaScript's list and are refused.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next()?.1 {
                c @ ('\\' | '\'' | '"') => value.push(c),
                _ => return None,
            },
            c if c == quote => return Some((value, at + c.len_utf8())),
            '\n' => return None,
            c => value.push(c),
        }
    }
    None
}
