//! Why a host got no reply. Denials are not among these: they are replies.

use std::fmt;

use serde::Serialize;

use crate::syntax::Position;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $word:literal, $status:literal,)+) => {
        /// What kind of failure. The words and numbers are stable for good: the same in C and Java.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
        pub enum HostCode {
            $($(#[doc = $doc])+ #[serde(rename = $word)] $variant,)+
        }

        impl HostCode {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The number: above 1, since 0 is an allowed request and 1 a denied one.
            #[must_use]
            pub const fn status(self) -> i32 {
                match self { $(Self::$variant => $status,)+ }
            }
        }
    };
}

codes! {
    /// A null pointer, or a length that nothing has.
    Argument = "argument-invalid", 2,
    /// A text that is not UTF-8.
    NotUtf8 = "input-not-utf8", 3,
    /// A handle that was never given out, or is closed.
    Handle = "handle-invalid", 4,
    /// The configuration document.
    Config = "config-invalid", 5,
    /// The request document.
    Request = "request-invalid", 6,
    /// A file that cannot be read.
    Unreadable = "input-unreadable", 7,
    /// A catalog file.
    Catalog = "catalog-invalid", 8,
    /// The rules, or the settings of the service that has them.
    Policy = "policy-invalid", 9,
    /// The audit file cannot be written.
    Audit = "audit-unwritable", 10,
    /// The lineage store cannot be opened, or does not answer.
    Lineage = "lineage-unavailable", 11,
    /// No lineage record has this number, or no lineage is kept.
    RecordUnknown = "record-unknown", 12,
    /// The lineage record has come to another end, or is not there yet.
    RecordUnfit = "record-unfit", 13,
    /// A mistake of sqlsec itself.
    Internal = "internal", 99,
}

impl fmt::Display for HostCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failure: for the operator, so it may quote the configuration and the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct HostError {
    /// What kind.
    pub code: HostCode,
    /// One line.
    pub message: String,
    /// The document that `line` and `column` are about: a file, `config`, `request`; empty when there is none.
    pub origin: String,
    /// 1-based; 0 without a place.
    pub line: u32,
    /// 1-based, in characters; 0 without a place.
    pub column: u32,
}

impl HostError {
    /// A failure without a place.
    #[must_use]
    pub fn new(code: HostCode, message: impl fmt::Display) -> Self {
        let message = message.to_string();
        Self {
            code,
            // What follows is detail for a terminal, not for one line.
            message: message.lines().next().unwrap_or_default().to_owned(),
            origin: String::new(),
            line: 0,
            column: 0,
        }
    }

    /// The failure that a panic leaves.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            HostCode::Internal,
            "internal error: the call did not finish",
        )
    }

    /// The same with a place.
    #[must_use]
    pub fn at(mut self, origin: &str, place: Position) -> Self {
        origin.clone_into(&mut self.origin);
        self.line = place.line;
        self.column = place.column;
        self
    }

    /// What is wrong with a JSON text.
    pub(super) fn json(
        code: HostCode,
        origin: &str,
        text: &str,
        error: &serde_json::Error,
    ) -> Self {
        let said = error.to_string();
        // The place is said once, beside the message.
        let what = said
            .rsplit_once(" at line ")
            .map_or(&*said, |(what, _)| what);
        let place = Position::of_json(text, error.line(), error.column());
        Self::new(code, what).at(origin, place)
    }
}
