//! Open Policy Agent: a question becomes requests to its REST API, and the replies become the native document that answers it.
//!
//! In: a [`Question`], where the policy's rules lie ([`Paths`]), and in the end the replies as JSON. Out: requests ([`Asks`]) and a [`Document`].
//! Two dialects: that of Trino's plug-in (access, row filters, column masks, each asked by itself), and one request that carries the whole question
//! and whose result is a native document (docs/opa.md, docs/decisions/0017). Stays out: HTTP, caches, decisions.
//! Invariant: silence closes. A result that is undefined, of another shape, or an expression that is not a pure one of Flink SQL ends as a deny rule
//! for its table, with the reason in the rule's description; "none" is only what the policy says is none (`[]`, `null` for a mask).
//! Invariant: nothing is open by default. What was granted has an allow rule of its own, and the document's defaults deny the rest.

mod combined;
mod expression;
mod face;
mod input;
mod operation;
mod plain;
mod reply;
mod rules;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Question;
use crate::policy::Document;
use face::Spot;
use operation::Operation;

/// Where the rules of a policy lie, below the base address of an OPA server: paths of its data API, such as `/v1/data/sqlsec/allow`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "dialect", rename_all = "snake_case", deny_unknown_fields)]
pub enum Paths {
    /// The shapes of Trino's plug-in. Access, filters and masks are all asked: a policy without filters or masks says so by `[]` and `null`.
    Trino {
        /// Answers `true` or `false` to what Trino asks too: Trino's operations, on tables of the site.
        access: String,
        /// Answers `true` or `false` to the rest: tables that a script declares, code. Where no path is set, the rest is denied. It is another rule,
        /// because one that was written for Trino may allow all that it does not know.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        flink: Option<String>,
        /// Answers a list of expressions.
        row_filters: String,
        /// Answers expressions or `null`.
        masks: Masks,
    },
    /// One request, whose result is a native document.
    Combined {
        /// Answers a document.
        document: String,
    },
}

/// How column masks are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Masks {
    /// A request a column.
    Each(String),
    /// A request a table.
    Batch(String),
}

impl Paths {
    /// Trino's shapes with batched masks, under the names that `fixtures/opa` gives them, in a package such as `sqlsec` or `corp/flink`.
    #[must_use]
    pub fn trino(package: &str) -> Self {
        let below = |rule: &str| format!("/v1/data/{package}/{rule}");
        Self::Trino {
            access: below("allow"),
            flink: Some(below("allowFlink")),
            row_filters: below("rowFilters"),
            masks: Masks::Batch(below("batchColumnMasks")),
        }
    }

    /// One document, under the name that `fixtures/opa` gives it.
    #[must_use]
    pub fn combined(package: &str) -> Self {
        Self::Combined {
            document: format!("/v1/data/{package}/document"),
        }
    }
}

/// One request: `POST` it as `application/json`.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// Below the base address.
    pub path: String,
    /// The JSON body: `{"input": …}`.
    pub body: Value,
    about: About,
}

/// What a reply will be about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    /// Everything: a native document.
    Document,
    /// Whether an operation is allowed on a table.
    Access(Spot, Operation),
    /// The row filters of a table.
    Filters(Spot),
    /// The mask of one column, by its place in the table.
    Mask(Spot, usize),
    /// The masks of all columns of a table.
    Masks(Spot),
    /// Whether an operation is allowed on something that is no table.
    Object(String, Operation),
}

/// The requests for one question, in order. No one depends on another: they may go at once. None at all is possible, for a question about nothing.
#[derive(Debug, Clone)]
pub struct Asks {
    question: Question,
    asks: Vec<Ask>,
}

impl Asks {
    /// The requests.
    pub fn iter(&self) -> std::slice::Iter<'_, Ask> {
        self.asks.iter()
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.asks.len()
    }

    /// Whether there is nothing to ask.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.asks.is_empty()
    }

    /// What they ask.
    #[must_use]
    pub const fn question(&self) -> &Question {
        &self.question
    }
}

impl<'a> IntoIterator for &'a Asks {
    type Item = &'a Ask;
    type IntoIter = std::slice::Iter<'a, Ask>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Why there is no document. The text holds nothing of the replies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpaError {
    /// A reply is missing, or one too many.
    #[error("{asked} requests and {got} replies")]
    Replies {
        /// Requests.
        asked: usize,
        /// Replies.
        got: usize,
    },
    /// The combined result is no document.
    #[error("`result` is no sqlsec/v1 document: {0}")]
    Document(String),
    /// What must be denied cannot be written as a rule, such as one for a user whose name holds `*`.
    #[error("a rule cannot be written for this user or table (`{0}`)")]
    Unwritable(String),
}

/// The requests for a question.
#[must_use]
pub fn asks(question: &Question, paths: &Paths) -> Asks {
    let asks = match paths {
        Paths::Trino {
            access,
            flink,
            row_filters,
            masks,
        } => plain::asks(
            question,
            &plain::Asked {
                access,
                flink: flink.as_deref(),
                row_filters,
                masks,
            },
        ),
        Paths::Combined { document } => vec![Ask {
            path: document.clone(),
            body: combined::body(question),
            about: About::Document,
        }],
    };
    Asks {
        question: question.clone(),
        asks,
    }
}

/// The document that the replies make, complete for the question of the requests. `replies`: the bodies of successful answers (status 200), in the
/// order of the requests. Any other status is no reply, and the caller's to report.
///
/// # Errors
/// Replies that cannot be told apart; a combined result that is no document. Whatever is wrong about one table closes that table, and is no error.
pub fn document(asks: &Asks, replies: &[Value]) -> Result<Document, OpaError> {
    if asks.len() != replies.len() {
        return Err(OpaError::Replies {
            asked: asks.len(),
            got: replies.len(),
        });
    }
    match (asks.asks.as_slice(), replies) {
        ([only], [reply]) if only.about == About::Document => combined::document(reply),
        (asked, _) => {
            let known = asked.iter().map(|ask| &ask.about).zip(replies).collect();
            plain::document(&asks.question, &known)
        }
    }
}
