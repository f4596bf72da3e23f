//! StreamPark: a loop over characters that knows `'`, `"`, `--` and `/* */`, not back-ticks, and takes comments out, hints not.
//!
//! It then sorts the statements by the line on which it believes each to begin, and for statements that share one the order is that of a hash
//! table: a script whose statements do not begin on lines of their own, in order, is refused.

use std::collections::BTreeMap;

/// The statements; nothing when their order is not certain.
pub(super) fn pieces(script: &str) -> Option<Vec<String>> {
    let text: Vec<char> = script.chars().collect();
    let lines = Lines::new(script);
    let at = |index: usize| text.get(index).copied();
    let last = text.len().checked_sub(1)?;
    let (mut single, mut multi, mut quoted, mut double) = (false, false, false, false);
    let mut line = 0usize;
    let mut starts: Vec<(usize, usize)> = Vec::new();
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for (index, c) in text.iter().copied().enumerate() {
        if c == '\n' {
            line = line.saturating_add(1);
        }
        if single && c == '\n' {
            single = false;
            piece.push(c);
            if index == last && !is_blank(&piece) {
                pieces.push(piece.clone());
            }
            continue;
        }
        let before = |back: usize| index.checked_sub(back).and_then(at);
        if multi && before(1) == Some('/') && before(2) == Some('*') {
            multi = false;
        }
        if c == '\'' && !single && !multi {
            if quoted {
                quoted = false;
            } else if !double {
                quoted = true;
            }
        }
        if c == '"' && !single && !multi {
            if double {
                double = false;
            } else if !quoted {
                double = true;
            }
        }
        let normal = !quoted && !double && !multi && !single;
        if normal && index < last {
            let next = |ahead: usize| at(index.saturating_add(ahead));
            if c == '-' && next(1) == Some('-') {
                single = true;
            } else if c == '/' && next(1) == Some('*') && next(2).is_some_and(|c| c != '+') {
                multi = true;
            }
        }
        let shown = !single && !multi;
        let ends = c == ';' && !quoted && !double && shown;
        if ends || index == last {
            let end = line.saturating_add(1);
            let from = starts.last().map_or(1, |(_, end)| end.saturating_add(1));
            starts.push((lines.first_said(from), end));
        }
        if !ends && (shown || c == '\n') {
            piece.push(c);
        }
        if (ends || index == last) && !is_blank(&piece) {
            pieces.push(std::mem::take(&mut piece));
        }
    }
    let comment = |text: &String| {
        let text = text.trim();
        text.starts_with("--") || (text.starts_with("/*") && text.ends_with("*/"))
    };
    let in_order = |starts: &[(usize, usize)]| {
        starts
            .iter()
            .zip(starts.iter().skip(1))
            .all(|(a, b)| a.0 < b.0)
    };
    let counted = starts.get(..pieces.len())?;
    (!pieces.iter().any(comment) && in_order(counted)).then_some(pieces)
}

fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c <= ' ')
}

/// Which lines it takes for ones that say something.
struct Lines(BTreeMap<usize, bool>);

impl Lines {
    fn new(script: &str) -> Self {
        let separated = script.replace("\r\n", "\n");
        let separators = ['\n', '\r', '\u{2028}', '\u{2029}', '\u{85}'];
        let mut comment = false;
        let mut said = BTreeMap::new();
        for (number, line) in (1..).zip(separated.split(separators)) {
            let line = line.trim_matches(|c: char| c <= ' ');
            if line.starts_with("/*") {
                comment = true;
            }
            let says = !line.is_empty() && !line.starts_with("--") && !comment;
            said.insert(number, says);
            if comment && line.ends_with("*/") {
                comment = false;
            }
        }
        Self(said)
    }

    fn first_said(&self, from: usize) -> usize {
        let mut line = from;
        while line < self.0.len() && self.0.get(&line) == Some(&false) {
            line = line.saturating_add(1);
        }
        line
    }
}
