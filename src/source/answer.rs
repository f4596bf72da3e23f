//! What a permission service answered.

use std::sync::Arc;
use std::time::Duration;

use super::Question;
use crate::policy::Policy;

/// A policy, and what it is complete for. Immutable, and cheap to clone: a script is judged by one answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The rules.
    pub policy: Arc<Policy>,
    /// For what.
    pub covers: Covers,
    /// How old it is; `None` for what does not age, such as a file.
    pub age: Option<Age>,
}

/// What an answer is complete for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Covers {
    /// All tables, all objects, everybody.
    Everything,
    /// This question and no more.
    Question(Arc<Question>),
}

/// How old an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Age {
    /// Since the service gave or confirmed it.
    pub since: Duration,
    /// Whether it is past its time, and used because the service does not answer.
    pub stale: bool,
}

impl Answer {
    /// A policy that is complete.
    #[must_use]
    pub const fn whole(policy: Arc<Policy>) -> Self {
        Self {
            policy,
            covers: Covers::Everything,
            age: None,
        }
    }

    /// The answer to one question.
    #[must_use]
    pub const fn to(question: Arc<Question>, policy: Arc<Policy>) -> Self {
        Self {
            policy,
            covers: Covers::Question(question),
            age: None,
        }
    }
}
