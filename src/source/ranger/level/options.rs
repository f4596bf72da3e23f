//! How a level compares: the options of its service definition (RANGER.md §2.4).

use std::collections::BTreeMap;

use crate::source::ranger::document::ResourceDef;

/// How a level compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source::ranger) struct Options {
    pub matcher: Matcher,
    pub ignore_case: bool,
    /// A request value that begins with one of these is compared with regard to case.
    pub quotes: Option<String>,
    /// Whether `*` alone is everything.
    pub wildcards: bool,
    /// Whether `*` and `?` within a value stand for something: in masks and filters only where they do in the level itself.
    pub patterns: bool,
    pub tokens: Option<Delimiters>,
    /// Whether `${{…}}` is read.
    pub expressions: bool,
    /// Between the parts of a path.
    pub separator: char,
}

/// The way of comparing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source::ranger) enum Matcher {
    /// Text.
    Default,
    /// Text, and paths below where the policy is recursive.
    Path,
    /// Text, and addresses below where the policy is recursive.
    Url,
    /// Somebody's own class: what it would say is not known.
    Unknown,
}

/// How tokens are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source::ranger) struct Delimiters {
    pub start: char,
    pub end: char,
    pub escape: char,
    pub prefix: String,
}

impl Options {
    pub fn of(def: &ResourceDef) -> Self {
        let options = &def.matcher_options;
        let matcher = match def.matcher.rsplit('.').next() {
            None | Some("" | "RangerDefaultResourceMatcher") => Matcher::Default,
            Some(class) if class.ends_with("PathResourceMatcher") => Matcher::Path,
            Some(class) if class.ends_with("URLResourceMatcher") => Matcher::Url,
            Some(_) => Matcher::Unknown,
        };
        let quotes = flag(options, "quotedCaseSensitive", false);
        Self {
            matcher,
            ignore_case: flag(options, "ignoreCase", true),
            quotes: (quotes && matcher != Matcher::Path).then(|| {
                options
                    .get("quoteChars")
                    .map_or("\"", String::as_str)
                    .to_owned()
            }),
            wildcards: flag(options, "wildCard", true),
            patterns: flag(options, "wildCard", true),
            tokens: flag(options, "replaceTokens", true)
                .then(|| Delimiters::of(options))
                .flatten(),
            expressions: flag(options, "replaceReqExpressions", true),
            separator: character(options, "pathSeparatorChar", '/'),
        }
    }

    /// Where policies are found by another kind's options first, as those of masks and filters are.
    pub fn found_by(&mut self, other: &Self) {
        self.patterns &= other.patterns;
    }

    /// Whether a request value is compared with regard to case.
    pub fn sensitive(&self, value: &str) -> bool {
        let quoted = |quotes: &String| value.chars().next().is_some_and(|c| quotes.contains(c));
        !self.ignore_case || self.quotes.as_ref().is_some_and(quoted)
    }
}

impl Delimiters {
    /// Those that contradict each other switch tokens off, as in Ranger.
    fn of(options: &BTreeMap<String, String>) -> Option<Self> {
        let found = Self {
            start: character(options, "tokenDelimiterStart", '{'),
            end: character(options, "tokenDelimiterEnd", '}'),
            escape: character(options, "tokenDelimiterEscape", '\\'),
            prefix: options
                .get("tokenDelimiterPrefix")
                .cloned()
                .unwrap_or_default(),
        };
        let odd = [found.start, found.end, found.escape];
        let clash =
            found.escape == found.start || found.escape == found.end || found.prefix.contains(odd);
        (!clash).then_some(found)
    }
}

fn flag(options: &BTreeMap<String, String>, name: &str, otherwise: bool) -> bool {
    options
        .get(name)
        .map_or(otherwise, |value| value.eq_ignore_ascii_case("true"))
}

fn character(options: &BTreeMap<String, String>, name: &str, otherwise: char) -> char {
    options
        .get(name)
        .and_then(|value| value.chars().next())
        .unwrap_or(otherwise)
}
