//! How a service is read.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

/// Where Ranger opens and this product does not (ATTACKS E2, E3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// What is not understood closes; a value that is missing decides nothing.
    #[default]
    Closed,
    /// As the engine of Ranger does: for comparison with it, and for nothing else.
    LikeRanger,
}

/// How a service is read.
#[derive(Debug, Clone)]
pub struct Options {
    /// What to do where Ranger opens.
    pub mode: Mode,
    /// Users who may do everything and see everything. Nobody, unless the operator says so: what the download document says of super users is
    /// not followed.
    pub super_users: BTreeSet<String>,
    /// Groups of such users.
    pub super_groups: BTreeSet<String>,
    /// Whether the groups that the user store knows of a user are added to those that a request names.
    pub groups_from_store: bool,
    /// The zone in which recurring schedules and times without a zone are read: the one that Ranger's own server runs in. UTC when nothing is said.
    pub zone: TimeZone,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            super_users: BTreeSet::new(),
            super_groups: BTreeSet::new(),
            groups_from_store: false,
            zone: TimeZone::UTC,
        }
    }
}
