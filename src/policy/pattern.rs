//! Patterns over names: exact, within one part, never backtracking for long.
//!
//! `*` stands for any number of characters and `?` for one, both within one part of a name: between dots in a table or column, between
//! slashes in a physical name. `**` in a physical or object name crosses slashes and dots. A part in back-ticks stands for itself.

use std::fmt;

use crate::catalog::TableName;

/// A pattern of one part of a name, or of a whole physical name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glob(Vec<Token>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Char(char),
    /// `?`
    One,
    /// `*`
    Many,
    /// `**`
    Across,
}

/// What `*` and `?` do not cross.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wildcards {
    /// The whole text is one part.
    Part,
    /// `/`; and `**` crosses it.
    Path,
    /// `.` and `/`; and `**` crosses them.
    Dotted,
}

impl Wildcards {
    fn stops(self, c: char) -> bool {
        match self {
            Self::Part => false,
            Self::Path => c == '/',
            Self::Dotted => c == '/' || c == '.',
        }
    }
}

impl Glob {
    /// A text that stands for itself.
    pub fn exact(text: &str) -> Self {
        Self(text.chars().map(Token::Char).collect())
    }

    /// A text in which `*`, `?` and `**` are wildcards.
    pub fn new(text: &str) -> Self {
        let mut tokens: Vec<Token> = Vec::new();
        for c in text.chars() {
            match (c, tokens.last()) {
                ('*', Some(Token::Many | Token::Across)) => {
                    tokens.pop();
                    tokens.push(Token::Across);
                }
                ('*', _) => tokens.push(Token::Many),
                ('?', _) => tokens.push(Token::One),
                _ => tokens.push(Token::Char(c)),
            }
        }
        Self(tokens)
    }

    /// Everything below a folder.
    pub fn below(folder: &str) -> Self {
        let mut tokens: Vec<Token> = folder.chars().map(Token::Char).collect();
        if !folder.ends_with('/') {
            tokens.push(Token::Char('/'));
        }
        tokens.push(Token::Across);
        Self(tokens)
    }

    /// The text before `separator`, when there is one and no wildcard precedes it.
    pub fn literal_before(&self, separator: &str) -> Option<String> {
        let head = self.0.iter().map_while(|token| match token {
            Token::Char(c) => Some(*c),
            Token::One | Token::Many | Token::Across => None,
        });
        let head: String = head.collect();
        let (before, _) = head.split_once(separator)?;
        Some(before.to_owned())
    }

    /// The pattern as it is written.
    pub fn text(&self) -> String {
        let tokens = self.0.iter().map(|token| match token {
            Token::Char(c) => c.to_string(),
            Token::One => "?".to_owned(),
            Token::Many => "*".to_owned(),
            Token::Across => "**".to_owned(),
        });
        tokens.collect()
    }

    /// A text that it matches.
    pub fn sample(&self) -> String {
        let tokens = self.0.iter().map(|token| match token {
            Token::Char(c) => *c,
            Token::One | Token::Many | Token::Across => 'x',
        });
        tokens.collect()
    }

    /// The text, when it holds no wildcard.
    pub fn literal(&self) -> Option<String> {
        self.0
            .iter()
            .map(|token| match token {
                Token::Char(c) => Some(*c),
                Token::One | Token::Many | Token::Across => None,
            })
            .collect()
    }

    /// The text after the last `separator`, when there is one and no wildcard follows it.
    pub fn literal_after(&self, separator: char) -> Option<String> {
        let mut tail = Vec::new();
        for token in self.0.iter().rev() {
            match token {
                Token::Char(c) if *c == separator => return Some(tail.iter().rev().collect()),
                Token::Char(c) => tail.push(*c),
                Token::One | Token::Many | Token::Across => return None,
            }
        }
        None
    }

    /// Whether every text that `other` matches is matched, as far as that is plain to see.
    pub fn covers(&self, other: &Self) -> bool {
        self == other
            || matches!(self.0.as_slice(), [Token::Across])
            || (matches!(self.0.as_slice(), [Token::Many]) && !other.0.contains(&Token::Across))
            || other
                .literal()
                .is_some_and(|text| self.matches(&text, Wildcards::Part, false))
    }

    /// Whether some text may match both.
    pub fn overlaps(&self, other: &Self) -> bool {
        // reach[j]: some text matches the tokens of `self` so far and the first j of `other`.
        let mut reach = vec![false; other.0.len().saturating_add(1)];
        if let Some(start) = reach.first_mut() {
            *start = true;
        }
        other.skip_empty(&mut reach);
        for token in &self.0 {
            let many = matches!(token, Token::Many | Token::Across);
            let mut next = if many {
                reach.clone()
            } else {
                vec![false; reach.len()]
            };
            for (index, theirs) in other.0.iter().enumerate() {
                let here = if many {
                    next.get(index)
                } else {
                    reach.get(index)
                };
                if here != Some(&true) {
                    continue;
                }
                let meets = match (token, theirs) {
                    (Token::Char(a), Token::Char(b)) => a == b,
                    _ => true,
                };
                let stays = matches!(theirs, Token::Many | Token::Across);
                let advance = index.saturating_add(usize::from(!stays));
                if let (true, Some(slot)) = (meets, next.get_mut(advance)) {
                    *slot = true;
                }
            }
            other.skip_empty(&mut next);
            reach = next;
        }
        reach.last() == Some(&true)
    }

    /// Whether `text` matches from its first to its last character. Time is the product of both lengths at most.
    pub fn matches(&self, text: &str, wildcards: Wildcards, ignore_case: bool) -> bool {
        // What nearly every rule is made of: a lone `*`, and names without any wildcard.
        match self.0.as_slice() {
            [Token::Many] => return !text.chars().any(|c| wildcards.stops(c)),
            [Token::Across] => return true,
            tokens if tokens.iter().all(|t| matches!(t, Token::Char(_))) => {
                let mut left = text.chars();
                let each = |t: &Token| match (t, left.next()) {
                    (Token::Char(d), Some(c)) => same(c, *d, ignore_case),
                    (Token::Char(_) | Token::One | Token::Many | Token::Across, _) => false,
                };
                return tokens.iter().all(each) && left.next().is_none();
            }
            _ => {}
        }
        // reach[i]: the first i tokens match what was read so far.
        let mut reach = vec![false; self.0.len().saturating_add(1)];
        let mut next = reach.clone();
        if let Some(start) = reach.first_mut() {
            *start = true;
        }
        self.skip_empty(&mut reach);
        for c in text.chars() {
            next.fill(false);
            for (index, token) in self.0.iter().enumerate() {
                if reach.get(index) != Some(&true) {
                    continue;
                }
                let (stays, advances) = match token {
                    Token::Char(d) => (false, same(c, *d, ignore_case)),
                    Token::One => (false, !wildcards.stops(c)),
                    Token::Many => (!wildcards.stops(c), false),
                    Token::Across => (true, false),
                };
                for (at, yes) in [(index, stays), (index.saturating_add(1), advances)] {
                    if let (true, Some(slot)) = (yes, next.get_mut(at)) {
                        *slot = true;
                    }
                }
            }
            self.skip_empty(&mut next);
            std::mem::swap(&mut reach, &mut next);
        }
        reach.last() == Some(&true)
    }

    /// `*` and `**` match nothing too.
    fn skip_empty(&self, reach: &mut [bool]) {
        let mut carried = false;
        for (slot, token) in reach.iter_mut().zip(self.0.iter().map(Some).chain([None])) {
            *slot |= carried;
            carried = *slot && matches!(token, Some(Token::Many | Token::Across));
        }
    }
}

/// The text in lower case, character by character: the same relation as in [`Glob::matches`], unlike `str::to_lowercase` (final sigma).
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_lowercase).collect()
}

fn same(a: char, b: char, ignore_case: bool) -> bool {
    a == b || (ignore_case && a.to_lowercase().eq(b.to_lowercase()))
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadPattern(pub String);

impl fmt::Display for BadPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A table by its three parts, without wildcards.
pub(crate) fn table_name(text: &str) -> Option<TableName> {
    let parts = parts(text).ok()?;
    let literals = parts.iter().map(Glob::literal);
    let [catalog, database, table] = literals.collect::<Option<Vec<_>>>()?.try_into().ok()?;
    Some(TableName::new(catalog, database, table))
}

/// Cuts `a.b*.`c.d`` at its dots.
///
/// # Errors
/// An empty part, white space around a part, a back-tick inside one, `**`.
pub(super) fn parts(text: &str) -> Result<Vec<Glob>, BadPattern> {
    let mut parts = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        let mut part = String::new();
        let quoted = chars.next_if_eq(&'`').is_some();
        if quoted {
            loop {
                match chars.next() {
                    Some('`') if chars.next_if_eq(&'`').is_some() => part.push('`'),
                    Some('`') => break,
                    Some(c) => part.push(c),
                    None => return Err(bad(text, "has a back-tick that is not closed")),
                }
            }
        } else {
            while let Some(c) = chars.next_if(|c| *c != '.') {
                part.push(c);
            }
        }
        if part.is_empty() {
            return Err(bad(text, "has an empty part"));
        }
        if !quoted {
            if part.trim() != part {
                return Err(bad(text, "has blanks around a part"));
            }
            if part.contains('`') {
                return Err(bad(text, "has a back-tick inside a part"));
            }
            if part.contains("**") {
                return Err(bad(text, "has `**`: `*` stays within one part"));
            }
        }
        parts.push(if quoted {
            Glob::exact(&part)
        } else {
            Glob::new(&part)
        });
        match chars.next() {
            None => return Ok(parts),
            Some('.') => {}
            Some(_) => return Err(bad(text, "has text after a back-tick")),
        }
    }
}

fn bad(text: &str, why: &str) -> BadPattern {
    BadPattern(format!("pattern `{text}` {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_exact() {
        let yes =
            |pattern: &str, text: &str| Glob::new(pattern).matches(text, Wildcards::Part, false);
        assert!(yes("orders", "orders") && !yes("orders", "orders_eu") && !yes("orders", "Orders"));
        assert!(yes("ord*", "orders") && yes("ord*", "ord") && !yes("ord*", "xord"));
        assert!(yes("*s", "orders") && !yes("*s", "orders2"));
        assert!(yes("o?ders", "orders") && !yes("o?ders", "oders") && !yes("orders?", "orders"));
        assert!(yes("*", "表") && yes("?", "表") && !yes("", "x") && yes("a*b*c", "a__b_bc"));
        assert!(!yes("orders", "ord*"));
        assert!(Glob::new("ORD*").matches("orders", Wildcards::Part, true));
    }

    #[test]
    fn stars_stop_at_their_separator() {
        let path =
            |pattern: &str, text: &str| Glob::new(pattern).matches(text, Wildcards::Path, false);
        assert!(path(
            "kafka://*/customers",
            "kafka://b1.corp:9092,b2.corp:9092/customers"
        ));
        assert!(!path("kafka://*/customers", "kafka://b1:9092/x/customers"));
        assert!(
            !path("file:///secret/*", "file:///secret/a/b")
                && path("file:///secret/**", "file:///secret/a/b")
        );
        assert!(!path("a?b", "a/b") && path("a?b", "a.b") && path("a**b", "a/b"));
        let dotted =
            |pattern: &str, text: &str| Glob::new(pattern).matches(text, Wildcards::Dotted, false);
        assert!(!dotted("table.*", "table.exec.x") && dotted("table.**", "table.exec.x"));
    }

    #[test]
    fn patterns_cover_and_overlap() {
        let covers = |a: &str, b: &str| Glob::new(a).covers(&Glob::new(b));
        assert!(covers("*", "x*") && covers("x*", "xy") && covers("a?", "a?"));
        assert!(!covers("x*", "*") && !covers("xy", "x*"));
        let overlaps = |a: &str, b: &str| {
            let (a, b) = (Glob::new(a), Glob::new(b));
            assert_eq!(a.overlaps(&b), b.overlaps(&a));
            a.overlaps(&b)
        };
        assert!(
            overlaps("a*", "*b")
                && overlaps("*", "")
                && overlaps("a?c", "ab?")
                && overlaps("x", "x")
        );
        assert!(
            !overlaps("a*", "b*")
                && !overlaps("ab", "a")
                && !overlaps("?", "")
                && !overlaps("a*c", "ab")
        );
    }

    #[test]
    fn a_bomb_takes_no_time() {
        let bomb = Glob::new(&"*a".repeat(500));
        assert!(!bomb.matches(&"a".repeat(499), Wildcards::Part, false));
        assert!(!bomb.matches(&"b".repeat(20_000), Wildcards::Part, false));
    }

    #[test]
    fn dots_in_back_ticks_do_not_cut() {
        assert_eq!(
            parts("a.`b.*``c`.d?").unwrap(),
            [Glob::exact("a"), Glob::exact("b.*`c"), Glob::new("d?")]
        );
        for text in [
            "", "a..b", ".a", "a.", "a. b", "`a", "`a`b", "a`b`", "a**.b.c", "``",
        ] {
            assert!(parts(text).is_err(), "{text}");
        }
    }
}
