//! Which characters make a name, which are refused.

/// Whether a name may hold `c` at any place. Measured on Flink's token manager over the whole basic plane.
pub(super) fn is_letter(c: char) -> bool {
    matches!(c,
        'a'..='z' | 'A'..='Z' | '_'
        | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{1fff}'
        // Lower case of the Georgian capitals, which JavaCC adds when it folds case.
        | '\u{2d00}'..='\u{2d25}'
        | '\u{3040}'..='\u{318f}' | '\u{3300}'..='\u{337f}' | '\u{3400}'..='\u{3d2d}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Whether a character changes the direction in which people see the text: what they read is then not what Flink reads.
pub(super) fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character is refused in names and comments, where Flink takes it.
pub(super) fn is_refused(c: char) -> bool {
    c == '\0' || is_bidi_control(c)
}
