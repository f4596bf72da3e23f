//! How a command ends when it cannot be carried out.

use super::render::{Message, Place};

/// How a command ended: its number is the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// Everything is allowed, or nothing was wrong.
    Allowed = 0,
    /// The request is denied.
    Denied = 1,
    /// The arguments or an input cannot be used.
    Usage = 2,
    /// The policy cannot be used.
    Policy = 3,
    /// A mistake of sqlsec itself.
    Internal = 4,
}

/// A command that could not be carried out. INVARIANT: `messages` is never empty.
#[derive(Debug)]
pub(super) struct Failure {
    pub status: Status,
    pub messages: Vec<Message>,
}

impl Failure {
    pub fn new(status: Status, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            messages: vec![Message::error(code, message)],
        }
    }

    /// Arguments that say too little, or contradict one another.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Status::Usage, "usage", message)
    }

    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        Self::new(
            Status::Internal,
            "internal",
            format!("internal error: {error}"),
        )
    }

    /// The same with the place of its message.
    pub fn at(mut self, place: Place) -> Self {
        if let Some(message) = self.messages.last_mut() {
            message.place = Some(place);
        }
        self
    }
}
