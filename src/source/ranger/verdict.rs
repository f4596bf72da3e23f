//! What a service says to a request.

use std::borrow::Cow;

use super::policy::Compiled;
use super::zones::Zone;

/// The policy that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Its number.
    pub policy: i64,
    /// Its version.
    pub version: Option<i64>,
    /// The tag through which it is about the resource, for a tag policy.
    pub tag: Option<String>,
    /// The zone that it belongs to.
    pub zone: Option<String>,
}

/// Whether something may be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// Yes or no.
    pub yes: bool,
    /// The policy that said so; `None` where no policy says anything, or for a super user.
    pub by: Option<Decided>,
}

/// How a column is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mask {
    /// No policy is about it.
    None,
    /// A policy says that it is shown as it is.
    Exempt {
        /// Which.
        by: Decided,
        /// As the policy writes it.
        kind: Cow<'static, str>,
    },
    /// Masked.
    Masked {
        /// Which policy.
        by: Decided,
        /// `MASK_HASH`, `CUSTOM`, …
        kind: Cow<'static, str>,
        /// The SQL of a `CUSTOM` mask; all values in it are literals.
        value: Option<String>,
        /// Masked only in rows where this holds.
        condition: Option<String>,
    },
    /// A policy is about it, and what it wants is not understood or lacks a value.
    Closed {
        /// Which policy.
        by: Decided,
        /// Why; one line, without values.
        why: String,
    },
}

/// Which rows are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// No policy is about them.
    None,
    /// A policy says that all are shown.
    Exempt {
        /// Which.
        by: Decided,
    },
    /// Those for which this holds.
    Rows {
        /// Which policy.
        by: Decided,
        /// SQL; all values in it are literals.
        sql: String,
    },
    /// A policy is about them, and what it wants is not understood or lacks a value.
    Closed {
        /// Which policy.
        by: Decided,
        /// Why; one line, without values.
        why: String,
    },
}

impl Decided {
    pub(super) fn new(policy: &Compiled, tag: Option<&str>, zone: Option<&Zone>) -> Self {
        Self {
            policy: policy.id,
            version: policy.version,
            tag: tag.map(str::to_owned),
            zone: zone.map(|zone| zone.name.clone()),
        }
    }
}
