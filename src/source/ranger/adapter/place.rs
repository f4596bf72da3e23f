//! Where a table or object is in a Ranger service, and how rules about it are written natively.

use super::Translation;
use crate::catalog::TableName;
use crate::policy::{Privilege, Target};
use crate::source::ranger::{Access, Allowed, Request, Resource, Subject};
use crate::syntax::quote;

/// How the rules of a place count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    /// It is the table's own name.
    Own,
    /// It is the address of a table whose columns the script has named.
    Address,
    /// The script chose the name: rules on it can only close.
    Chosen,
    /// Another table over the same bytes, whose columns may be called otherwise.
    Other,
}

impl Face {
    /// Whether what is allowed here is allowed.
    pub fn may_open(self) -> bool {
        match self {
            Self::Own | Self::Address => true,
            Self::Chosen | Self::Other => false,
        }
    }

    /// Whether the columns that are known are those that policies name.
    pub fn has_own_columns(self) -> bool {
        match self {
            Self::Own | Self::Chosen => true,
            Self::Address | Self::Other => false,
        }
    }
}

/// A place in a service.
pub(super) struct Place<'a> {
    pub levels: Vec<(&'a str, String)>,
    /// The level of its columns.
    pub column: Option<&'a str>,
    pub face: Face,
    on: Target,
}

impl<'a> Place<'a> {
    pub fn new(
        levels: Vec<(&'a str, String)>,
        column: Option<&'a str>,
        face: Face,
        on: Target,
    ) -> Self {
        Self {
            levels,
            column,
            face,
            on,
        }
    }

    /// The native rules that are about it.
    pub fn on(&self) -> Target {
        self.on.clone()
    }

    /// The same about one column.
    pub fn on_column(&self, column: &str) -> Target {
        Target {
            columns: vec![quote(column)],
            ..self.on()
        }
    }

    /// A column of it.
    pub fn below(&self, column: &str) -> Vec<(&'a str, String)> {
        let mut levels = self.levels.clone();
        levels.extend(self.column.map(|level| (level, column.to_owned())));
        levels
    }
}

impl<'a> Translation<'a> {
    /// A table by name; `None` where the service is not about its catalog.
    pub(super) fn named(&self, name: &TableName, face: Face) -> Option<Place<'a>> {
        let mut levels = self.catalog(&name.catalog)?;
        levels.push((&self.mapping.database, name.database.to_string()));
        levels.push((&self.mapping.table, name.table.to_string()));
        let parts = [&name.catalog, &name.database, &name.table].map(|part| quote(part));
        let on = Target {
            table: Some(parts.join(".")),
            ..Target::default()
        };
        Some(Place::new(levels, Some(&self.mapping.column), face, on))
    }

    /// A table by its address. One that a native rule would read as a pattern has no place, and is denied.
    pub(super) fn at_address(&self, address: &str) -> Option<Place<'a>> {
        if is_pattern(address) {
            return None;
        }
        let (level, value) = self.mapping.address(address)?;
        let on = Target {
            physical: Some(address.to_owned()),
            ..Target::default()
        };
        let levels = vec![(level.level.as_str(), value.to_owned())];
        Some(Place::new(
            levels,
            level.field.as_deref(),
            Face::Address,
            on,
        ))
    }

    /// The level of a catalog: none where the service is about one catalog, `None` where it is about another.
    pub(super) fn catalog(&self, catalog: &str) -> Option<Vec<(&'a str, String)>> {
        match (&self.mapping.catalog, &self.mapping.only_catalog) {
            (Some(level), _) => Some(vec![(level, catalog.to_owned())]),
            (None, Some(only)) if only == catalog => Some(Vec::new()),
            (None, _) => None,
        }
    }

    pub(super) fn may(&self, levels: &[(&str, String)], privilege: Privilege) -> Option<Allowed> {
        self.ask(levels, privilege, |subject, request| {
            subject.access(request)
        })
    }

    /// Asks the service; `None` where it has no access type for the privilege.
    pub(super) fn ask<T>(
        &self,
        levels: &[(&str, String)],
        privilege: Privilege,
        ask: impl FnOnce(&Subject<'_>, &Request<'_>) -> T,
    ) -> Option<T> {
        let access = self.mapping.privileges.get(&privilege)?;
        if let Access::Type(name) = access
            && !self.service.has_access(name)
        {
            return None;
        }
        let values = levels.iter().map(|(level, value)| (*level, value.as_str()));
        let resource: Resource = self.service.resource(values);
        let request = Request::new(&resource, access, self.at, &self.context);
        Some(ask(&self.subject, &request))
    }
}

/// Whether a native rule would read a name as a pattern.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}
