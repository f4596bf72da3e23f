//! Two texts that are the same expression have the same digest.
//!
//! In: text. Out: its tokens with one blank between them, and SHA-256 in hexadecimal. Stays out: what is compared by it (`lineage::inherit`).

use sha2::Digest;

use super::{FlinkVersion, Limits, tokens};

/// The tokens of an expression with one blank between them: comments and line ends change nothing.
pub(crate) fn normal(text: &str) -> String {
    let Ok(read) = tokens(text, FlinkVersion::default(), &Limits::default()) else {
        return text.to_owned();
    };
    let mut normal = String::with_capacity(text.len() + read.len());
    for token in &read {
        let part = token.span.text(text);
        if !normal.is_empty() && !part.is_empty() {
            normal.push(' ');
        }
        normal.push_str(part);
    }
    normal
}

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(text: &str) -> String {
    // Once for each item of a statement: not by `format!`.
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or_default();
    let digest = sha2::Sha256::digest(text.as_bytes());
    let mut hex = String::with_capacity(2 * digest.len());
    for byte in digest {
        hex.push(digit(byte >> 4));
        hex.push(digit(byte & 15));
    }
    hex
}
