//! `source`: where rules come from: the seam between the check and a permission service.
//!
//! One idea: a service **answers a question with a native document**. In: a [`Question`], who asks about which tables and objects. Out: an
//! [`Answer`], a compiled policy that is complete for exactly that question, or a [`SourceError`]. What a foreign service means by its own
//! documents is said in one pure adapter a service; fetching is the affair of clients, which are features of their own.
//! Stays out: statements, decisions.
//! Invariant: what an answer was not asked about it refuses (`policy-incomplete`, see [`Asked`]); "no rule" is never the meaning of silence.

mod answer;
mod asked;
mod clock;
mod directory;
mod error;
mod excerpt;
mod foreign;
pub mod iceberg;
mod literal;
mod offline;
pub mod opa;
pub mod paimon;
mod question;
pub mod ranger;
#[cfg(feature = "service")]
pub mod remote;
pub mod wire;

pub use answer::{Age, Answer, Covers};
pub use asked::Asked;
pub use clock::{Clock, ManualClock, SystemClock};
pub use directory::{Directory, USERS_VERSION, UserDecl, UsersDocument};
pub use error::{SourceError, SourceProblem};
pub use excerpt::Whole;
pub use foreign::{ForeignTable, Translated};
pub use offline::{CatalogKind, CatalogReply};
pub use question::{AskedTable, Question, Scope};

use std::sync::Arc;

use crate::policy::Policy;

/// A permission service, as the check sees it.
pub trait PolicySource: Send + Sync {
    /// The rules for this question. Blocks until there is an answer, and not without bound.
    ///
    /// # Errors
    /// No answer that may be used: the script is denied with `policy-unavailable`.
    fn answer(&self, question: &Question) -> Result<Answer, SourceError>;
}

/// A whole policy answers everything.
impl PolicySource for Arc<Policy> {
    fn answer(&self, _: &Question) -> Result<Answer, SourceError> {
        Ok(Answer::whole(Self::clone(self)))
    }
}
