//! Why a job is denied, or cannot be judged: codes of the check, and obstacles that lie before it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::{Code, Denial};
use crate::syntax::Position;

/// One reason, as an audit record has it: code and place, no message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// The code.
    pub code: ReasonCode,
    /// 1-based line in the script, where the reason has a place there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// 1-based column in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

/// A code of the check (docs/errors.md), or an obstacle (docs/report.md).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(untagged)]
pub enum ReasonCode {
    /// Of the check.
    Check(Code),
    /// Before it.
    Obstacle(ObstacleCode),
}

macro_rules! obstacles {
    ($($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+) => {
        /// What keeps a job from being handed to the check.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum ObstacleCode {
            $($(#[doc = $doc])+ #[serde(rename = $word)] $variant,)+
        }

        impl ObstacleCode {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// One line that says what it is.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+),)+ }
            }
        }
    };
}

obstacles! {
    /// A file, a folder or a member of an archive that cannot be read.
    Unreadable = "source-unreadable",
    /// A text that is not UTF-8.
    NotUtf8 = "input-not-utf8",
    /// A script, an archive or an export beyond the limits.
    TooLarge = "source-too-large",
    /// An archive or an export whose form is broken: what follows in it was not read.
    Broken = "source-invalid",
    /// A dump that does not say that it is whole: jobs may be missing.
    Unfinished = "source-unfinished",
    /// A column that should hold a script, and whose coding cannot be undone.
    Undecodable = "script-undecodable",
    /// A row of an export that is no SQL job.
    NotSql = "not-sql",
    /// Nobody says whose job it is.
    OwnerUnknown = "owner-unknown",
}

/// An obstacle with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// Which: an obstacle, or what the check would say of such a text.
    pub code: ReasonCode,
    /// Where in the script, if it lies there.
    pub at: Option<Position>,
    /// More about it, for whoever may read the scripts.
    pub message: String,
}

impl Obstacle {
    /// An obstacle outside of any script.
    #[must_use]
    pub fn new(code: ObstacleCode, message: impl Into<String>) -> Self {
        Self {
            code: ReasonCode::Obstacle(code),
            at: None,
            message: message.into(),
        }
    }
}

impl From<&Obstacle> for Reason {
    fn from(obstacle: &Obstacle) -> Self {
        Self {
            code: obstacle.code,
            line: obstacle.at.map(|at| at.line),
            column: obstacle.at.map(|at| at.column),
        }
    }
}

impl From<&Denial> for Reason {
    fn from(denial: &Denial) -> Self {
        Self {
            code: ReasonCode::Check(denial.code),
            line: Some(denial.line),
            column: Some(denial.column),
        }
    }
}

impl ReasonCode {
    /// All codes, those of the check first.
    pub fn all() -> impl Iterator<Item = Self> {
        let check = Code::ALL.iter().copied().map(Self::Check);
        check.chain(ObstacleCode::ALL.iter().copied().map(Self::Obstacle))
    }

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Check(code) => code.as_str(),
            Self::Obstacle(code) => code.as_str(),
        }
    }

    /// One line that says what it is: no name and no literal of any script.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Check(code) => of_check(code),
            Self::Obstacle(code) => code.meaning().trim(),
        }
    }

    /// Whether the rules were not what stood against the job: with better input the same policy could allow it.
    #[must_use]
    pub const fn leaves_it_unjudged(self) -> bool {
        match self {
            Self::Obstacle(_) => true,
            Self::Check(code) => matches!(
                code,
                Code::SyntaxError
                    | Code::InvalidCharacter
                    | Code::LimitExceeded
                    | Code::UnexpandedVariable
                    | Code::TableUnknown
                    | Code::TableUnlisted
                    | Code::CatalogUnavailable
                    | Code::ColumnUnknown
                    | Code::RelationUnknown
                    | Code::ViewInvalid
                    | Code::SchemaUnknown
                    | Code::LineageUnavailable
                    | Code::AuditUnavailable
                    | Code::PolicyUnavailable
                    | Code::PolicyIncomplete
                    | Code::VerifyFailed
                    | Code::Internal
            ),
        }
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The documentation of the code itself, which its schema has: nothing is written down twice.
fn of_check(code: Code) -> &'static str {
    static MEANINGS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    let meanings = MEANINGS.get_or_init(|| {
        let schema = schemars::schema_for!(Code);
        let variants = schema.get("oneOf").and_then(|v| v.as_array());
        let meaning = |variant: &serde_json::Value| {
            let text = |field: &str| variant.get(field)?.as_str().map(str::to_owned);
            Some((text("const")?, text("description")?))
        };
        variants.into_iter().flatten().filter_map(meaning).collect()
    });
    meanings.get(code.as_str()).map_or("", String::as_str)
}
