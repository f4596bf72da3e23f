//! The tables of a question as OPA is asked about them: each under every circumstance in which it was met, and under each of the site's own names of
//! its bytes.
//!
//! Invariant: a table whose name the submitter chose is never asked about as a table of the site. A policy keyed on names that a submitter chooses
//! would open what it never spoke of (docs/attacks.md, C1).

use crate::catalog::{Column, TableName};
use crate::policy::Privilege;
use crate::source::{AskedTable, Question};

use super::operation::reaches_bytes;

/// Which face a reply is about: keys that can be kept with a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    table: TableName,
    /// Which of its circumstances.
    met: usize,
    /// The site's name that was asked about instead.
    site: Option<TableName>,
}

/// A table under one circumstance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Face<'q> {
    /// The name that the rules will be about.
    pub name: &'q TableName,
    /// The circumstance.
    pub asked: &'q AskedTable,
    met: usize,
    /// The site's name of the same bytes, where this face asks about it.
    site: Option<&'q TableName>,
}

impl<'q> Face<'q> {
    pub fn spot(&self) -> Spot {
        Spot {
            table: self.name.clone(),
            met: self.met,
            site: self.site.cloned(),
        }
    }

    /// The site's name of the same bytes, where this face asks about that one.
    pub const fn site_name(&self) -> Option<&'q TableName> {
        self.site
    }

    /// Whether it is the submitter's own table, by its own name.
    pub fn is_declared(&self) -> bool {
        self.site.is_none() && self.asked.user_named
    }

    /// The privileges to ask about.
    pub fn privileges(&self) -> impl Iterator<Item = Privilege> {
        let own = self.site.is_none();
        let wanted = self.asked.privileges.iter().copied();
        wanted.filter(move |privilege| own || reaches_bytes(*privilege))
    }

    /// Whether its rows will be seen, so that filters and masks matter.
    pub fn is_read(&self) -> bool {
        self.asked.privileges.contains(&Privilege::Select)
    }

    /// Its columns, as far as they are known.
    pub fn columns(&self) -> &'q [Column] {
        self.asked.columns.as_deref().unwrap_or_default()
    }
}

/// All circumstances of all tables of a question.
pub(super) fn tables(question: &Question) -> impl Iterator<Item = Face<'_>> {
    question.scope().tables.iter().flat_map(|(name, all)| {
        all.iter().enumerate().map(move |(met, asked)| Face {
            name,
            asked,
            met,
            site: None,
        })
    })
}

/// The faces of one circumstance: the table itself, and the site's tables over the same bytes.
pub(super) fn faces(table: Face<'_>) -> impl Iterator<Item = Face<'_>> {
    let site = table.asked.also.iter().map(move |name| Face {
        site: Some(name),
        ..table
    });
    std::iter::once(table).chain(site)
}
