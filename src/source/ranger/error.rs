//! Why documents are not taken.

/// Why documents do not make a service. Nothing is known then, and the caller denies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Not JSON, or a field that decides has a form that nobody expects.
    #[error("the document cannot be read: {0}")]
    Unreadable(String),
    /// Without levels no policy is about anything.
    #[error("the service definition has no levels, or more than 64")]
    NoLevels,
    /// A chain of levels ends at a level that says that no chain ends there.
    #[error("the service definition ends at level `{0}`, which is no valid leaf")]
    DeadEnd(String),
    /// The document holds changes only.
    #[error("the document holds changes only: fetch a whole one")]
    OnlyChanges,
    /// The document is of another service.
    #[error("the document is of service `{found}`, not of `{wanted}`")]
    OtherService {
        /// The one that was asked for.
        wanted: String,
        /// The one that came.
        found: String,
    },
    /// Too many access types, users or policies to number them.
    #[error("the document is too large")]
    TooLarge,
}
