//! One level of a resource: the values of a policy against the value of a request (RANGER.md §2.4).
//!
//! In: a level's options and values, a request's value. Out: yes, no, or [`None`] where it cannot be known (an expression without a value, a
//! matcher of somebody's own). Stays out: how levels make a chain, and what an unknown answer means for allow and deny.

mod below;
mod glob;
mod key;
mod options;
mod token;

pub(super) use glob::Atom;
pub(super) use key::{Key, Shape};
pub(super) use options::Options;
pub(super) use token::expression;

use std::sync::Arc;

use super::document::Resource;
use super::facts::Facts;
use super::text::{Text, fold};
use options::Matcher;
use token::Piece;

/// The values of a policy at one level.
#[derive(Debug, Clone)]
pub(super) struct Level {
    options: Arc<Options>,
    /// No values, or one of them is `*`.
    pub any: bool,
    pub excludes: bool,
    recursive: bool,
    patterns: Vec<Pattern>,
    /// What Ranger looks for before it compares, where that leaves out something that compares as equal.
    found_by: Option<Vec<Beginning>>,
    moving: bool,
    /// By what an index looks it up; empty where an index cannot tell.
    keys: Box<[Key]>,
}

/// What a value begins with up to a wildcard or a token.
#[derive(Debug, Clone)]
struct Beginning {
    text: String,
    folded: String,
    /// It is the whole value, and the request's must be the same.
    whole: bool,
}

/// One value of a policy.
#[derive(Debug, Clone)]
enum Pattern {
    /// The same for every request, as written, and without regard to case where that is something else.
    Fixed {
        exact: Vec<Atom>,
        folded: Option<Vec<Atom>>,
    },
    /// Needs the request.
    Moving(Vec<Piece>),
}

/// The value of a request at one level.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Value {
    /// Nothing is said about this level.
    #[default]
    Absent,
    /// A value; empty or `*` is all of them.
    One(Text),
    /// One of several.
    Many(Vec<Text>),
}

impl Value {
    /// Whether all values are meant.
    pub fn is_all(&self) -> bool {
        match self {
            Self::Absent => true,
            Self::One(text) => matches!(&*text.exact, "" | "*"),
            Self::Many(_) => false,
        }
    }

    fn texts(&self) -> &[Text] {
        match self {
            Self::Absent => &[],
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

impl Level {
    pub fn compile(options: &Arc<Options>, resource: &Resource) -> Self {
        let recursive = resource.is_recursive == Some(true)
            && matches!(options.matcher, Matcher::Path | Matcher::Url);
        let mut level = Self {
            options: Arc::clone(options),
            any: false,
            excludes: resource.is_excludes == Some(true),
            recursive,
            patterns: Vec::new(),
            found_by: None,
            moving: false,
            keys: Box::default(),
        };
        for value in resource.values.iter().filter(|value| !value.is_empty()) {
            if options.wildcards && level.is_everything(value) {
                level.patterns.clear();
                level.moving = false;
                break;
            }
            let special = token::special(value, options).is_some();
            level.moving |= special && token::is_moving(value, options);
            level.patterns.push(level.pattern(value, special));
        }
        level.any = level.patterns.is_empty();
        level.keys = level.looked_up_by();
        // What is excluded, and everything, Ranger only compares.
        let looked_up = !level.any && !level.excludes && !options.patterns;
        level.found_by = (looked_up && (options.wildcards || recursive)).then(|| {
            let values = resource.values.iter();
            values.map(|value| level.beginning(value)).collect()
        });
        level
    }

    fn beginning(&self, value: &str) -> Beginning {
        let end = token::special(value, &self.options);
        let text = value.get(..end.unwrap_or(value.len())).unwrap_or_default();
        Beginning {
            text: text.to_owned(),
            folded: fold(text),
            whole: end.is_none() && !self.recursive,
        }
    }

    /// Whether Ranger looks for this level before it compares it.
    pub fn is_looked_for(&self) -> bool {
        self.found_by.is_some()
    }

    /// Whether Ranger finds what the request says of this level, which it looks for.
    pub fn finds(&self, value: &Value) -> bool {
        value.texts().iter().any(|text| self.is_found(text))
    }

    /// The same level where its policy was found by another of its resources.
    pub fn found(mut self) -> Self {
        self.found_by = None;
        self
    }

    /// Whether Ranger finds the policy at all.
    fn is_found(&self, request: &Text) -> bool {
        let Some(found_by) = &self.found_by else {
            return true;
        };
        let sensitive = !self.options.ignore_case;
        let request = request.by_case(sensitive);
        found_by.iter().any(|beginning| {
            let own = if sensitive {
                &beginning.text
            } else {
                &beginning.folded
            };
            request.starts_with(own.as_str()) && (!beginning.whole || request.len() == own.len())
        })
    }

    /// Stars only; below a recursive path `**` is a pattern like others.
    fn is_everything(&self, value: &str) -> bool {
        value == "*" || (!self.recursive && value.chars().all(|c| c == '*'))
    }

    /// `special`: there is a sign that a token or an expression has.
    fn pattern(&self, value: &str, special: bool) -> Pattern {
        let wildcards = self.options.wildcards;
        let below = self.recursive && wildcards && value.ends_with(self.options.separator);
        if !below && (!special || token::is_plain(value, &self.options)) {
            let mut exact = Vec::new();
            glob::atoms(value, wildcards, &mut exact);
            return self.fixed(exact, || {
                let mut folded = Vec::new();
                glob::atoms(&fold(value), wildcards, &mut folded);
                folded
            });
        }
        let mut pieces = token::pieces(value, &self.options);
        if below {
            pieces.push(Piece::Text("*".to_owned()));
        }
        match token::fixed(&pieces, wildcards, true) {
            Some(exact) => self.fixed(exact, || {
                token::fixed(&pieces, wildcards, false).unwrap_or_default()
            }),
            None => Pattern::Moving(pieces),
        }
    }

    /// Values are mostly written in one letter case.
    fn fixed(&self, exact: Vec<Atom>, folded: impl FnOnce() -> Vec<Atom>) -> Pattern {
        let plain = |atom: &Atom| match atom {
            Atom::Text(text) => text
                .bytes()
                .all(|b| b.is_ascii() && !b.is_ascii_uppercase()),
            Atom::Any | Atom::One => true,
        };
        let folded = (!exact.iter().all(plain)).then(folded);
        Pattern::Fixed { exact, folded }
    }

    /// Whether Ranger takes some value for one with a token or an expression.
    pub fn is_moving(&self) -> bool {
        self.moving
    }

    /// The values as patterns without regard to case, for an index. `None` where an index cannot tell.
    pub fn indexable(&self) -> Option<Vec<&[Atom]>> {
        if self.any || self.excludes || self.recursive || self.options.matcher == Matcher::Unknown {
            return None;
        }
        self.patterns
            .iter()
            .map(|pattern| match pattern {
                Pattern::Fixed { exact, folded } => {
                    Some(folded.as_ref().unwrap_or(exact).as_slice())
                }
                Pattern::Moving(_) => None,
            })
            .collect()
    }

    fn looked_up_by(&self) -> Box<[Key]> {
        let patterns = self.indexable().unwrap_or_default();
        patterns.into_iter().map(Key::of).collect()
    }

    /// By what an index looks it up: each value by one of these; empty where an index cannot tell.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Whether the request's value begins as one of the policy's does, up to the first wildcard; without one it is the same.
    pub fn begins(&self, value: &Value) -> bool {
        let begins = |pattern: &Pattern, text: &Text| {
            let sensitive = !self.options.ignore_case;
            let (Pattern::Fixed { exact, folded }, text) = (pattern, text.by_case(sensitive))
            else {
                return true;
            };
            match folded
                .as_ref()
                .filter(|_| !sensitive)
                .unwrap_or(exact)
                .as_slice()
            {
                [Atom::Text(own)] => **own == *text,
                [Atom::Text(own), ..] => text.starts_with(&**own),
                [Atom::Any | Atom::One, ..] => true,
                [] => text.is_empty(),
            }
        };
        let mut patterns = self.patterns.iter();
        self.any
            || self.excludes
            || patterns.any(|pattern| value.texts().iter().any(|text| begins(pattern, text)))
    }

    /// Whether the request's value is one of the policy's.
    pub fn matches(&self, value: &Value, facts: &Facts<'_>) -> Option<bool> {
        let all = value.is_all();
        let within = if self.any || all {
            Some(self.any)
        } else {
            self.within(value, facts)
        };
        // Excludes change nothing where all values are meant and the policy is not about all.
        if self.excludes && (self.any || !all) {
            within.map(|within| !within)
        } else {
            within
        }
    }

    fn within(&self, value: &Value, facts: &Facts<'_>) -> Option<bool> {
        if self.options.matcher == Matcher::Unknown {
            return None;
        }
        let mut answer = Some(false);
        for pattern in &self.patterns {
            for text in value.texts() {
                match self.one(pattern, text, facts) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => answer = None,
                }
            }
        }
        answer
    }

    fn one(&self, pattern: &Pattern, text: &Text, facts: &Facts<'_>) -> Option<bool> {
        if !self.is_found(text) {
            return Some(false);
        }
        let sensitive = self.options.sensitive(&text.exact);
        let request = text.by_case(sensitive);
        match pattern {
            Pattern::Fixed { exact, folded } => {
                let own = folded.as_ref().filter(|_| !sensitive).unwrap_or(exact);
                Some(self.compare(own, request))
            }
            Pattern::Moving(pieces) => {
                token::expand(pieces, self.options.wildcards, sensitive, facts)
                    .map(|atoms| self.compare(&atoms, request))
            }
        }
    }

    fn compare(&self, pattern: &[Atom], request: &str) -> bool {
        match (self.recursive, self.options.matcher) {
            (true, Matcher::Path) => below::path(pattern, request, self.options.separator),
            (true, Matcher::Url) => below::url(pattern, request, self.options.separator),
            (_, Matcher::Default | Matcher::Path | Matcher::Url | Matcher::Unknown) => {
                glob::matches(pattern, request)
            }
        }
    }
}
