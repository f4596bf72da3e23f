//! One table of a question: who may do what with it, which rows and columns are seen.

use std::collections::BTreeSet;

use super::Translation;
use super::mapping::HiddenColumns;
use crate::catalog::TableName;
use crate::policy::{Effect, MaskRef, Privilege, Target};
use crate::source::AskedTable;
use crate::source::ranger::text::fold;
use crate::source::ranger::{Access, Allowed, Decided, Filter, Mask, Request, Resource, Scope};
use crate::syntax::quote;

/// How the name of a table counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    /// It is the table's own.
    Own,
    /// The submitter chose it: rules on it can only close.
    Chosen,
    /// Another table over the same bytes, whose columns may be called otherwise.
    Other,
}

impl<'a> Translation<'a> {
    pub(super) fn table(&mut self, name: &TableName, asked: &AskedTable) {
        let own = if asked.user_named && !asked.physical.is_empty() {
            for address in &asked.physical {
                self.address(address, &asked.privileges);
            }
            Face::Chosen
        } else {
            Face::Own
        };
        self.named(name, asked, own);
        for other in &asked.also {
            self.named(other, asked, Face::Other);
        }
    }

    fn named(&mut self, name: &TableName, asked: &AskedTable, face: Face) {
        let target = || target(name);
        let Some(levels) = self.levels(name) else {
            if face == Face::Own {
                self.notes
                    .push(format!("{name}: the service is not about this catalog"));
            }
            return;
        };
        if let Some(why) = self.service.incomplete() {
            return self.rules.close(None, target(), why);
        }
        for privilege in &asked.privileges {
            if *privilege != Privilege::Select {
                let said = self.may(&levels, *privilege);
                self.say(said, face, target(), *privilege);
            }
        }
        if asked.privileges.contains(&Privilege::Select) {
            self.read(name, &levels, asked, face);
        }
    }

    /// What is written of one privilege. Where no policy speaks nothing is: that denies a table's own name, and adds nothing to others.
    fn say(&mut self, said: Option<Allowed>, face: Face, on: Target, privilege: Privilege) {
        match said {
            Some(Allowed { yes: true, by }) if face == Face::Own => {
                self.rules
                    .access(Effect::Allow, by.as_ref(), on, vec![privilege], None);
            }
            Some(Allowed {
                yes: false,
                by: Some(by),
            }) => {
                self.rules
                    .access(Effect::Deny, Some(&by), on, vec![privilege], None);
            }
            Some(Allowed { .. }) | None => {}
        }
    }

    fn read(
        &mut self,
        name: &TableName,
        levels: &[(&str, String)],
        asked: &AskedTable,
        face: Face,
    ) {
        let columns: Option<Vec<&str>> = asked
            .columns
            .as_ref()
            .map(|columns| columns.iter().map(|column| column.name.as_str()).collect());
        if let Some(why) = self.unlisted(levels, columns.as_deref(), face) {
            return self.rules.close(None, target(name), why);
        }
        let columns = columns.unwrap_or_default();
        let said = match columns.as_slice() {
            [] => self.whole(levels),
            columns => self.each(name, levels, columns, face),
        };
        let open = said.as_ref().is_some_and(|said| said.yes) || face != Face::Own;
        self.say(said, face, target(name), Privilege::Select);
        if open {
            self.rows(name, levels);
            for column in columns {
                self.mask(name, levels, column);
            }
        }
    }

    /// Why a table must be closed because some of its columns, or their names, are not known.
    fn unlisted(
        &self,
        levels: &[(&str, String)],
        columns: Option<&[&str]>,
        face: Face,
    ) -> Option<&'static str> {
        if columns.is_some() && face != Face::Other {
            return None;
        }
        let below = self.ask(levels, Privilege::Select, |subject, request| {
            subject.masks_below(request, &self.mapping.column)
        })?;
        let columns: Option<BTreeSet<String>> =
            columns.map(|columns| columns.iter().map(|one| fold(one)).collect());
        let masked = below.others
            || match &columns {
                None => below.all || !below.named.is_empty(),
                Some(columns) => !below.named.is_subset(columns),
            };
        match (masked, columns) {
            (false, _) => None,
            (true, None) => Some("some of its columns are masked, and its columns are not known"),
            (true, Some(_)) => Some("a column that a mask is about may have another name here"),
        }
    }

    /// May the table be read as a whole, as far as it can be said without its columns: it is allowed, and nothing in it is denied.
    fn whole(&self, levels: &[(&str, String)]) -> Option<Allowed> {
        let itself = self.may(levels, Privilege::Select)?;
        if !itself.yes {
            return Some(itself);
        }
        let below = self.ask(levels, Privilege::Select, |subject, request| {
            subject.access(&Request {
                scope: Scope::Descendants,
                heed_denies_below: true,
                ..request.clone()
            })
        })?;
        Some(if below.yes { itself } else { below })
    }

    /// May every column be read: Ranger does not see a deny on a column when it is asked for the table (RANGER.md §2.5).
    fn each(
        &mut self,
        name: &TableName,
        levels: &[(&str, String)],
        columns: &[&str],
        face: Face,
    ) -> Option<Allowed> {
        let mut open = None;
        let mut hidden: Vec<(&str, Option<Decided>)> = Vec::new();
        for column in columns {
            let said = self.may(&self.column(levels, column), Privilege::Select)?;
            if said.yes {
                open.get_or_insert(said);
            } else {
                hidden.push((column, said.by));
            }
        }
        let Some((_, by)) = hidden.first() else {
            return open;
        };
        // Where no policy speaks for a name that only adds, nothing is added.
        let counts = face == Face::Own || hidden.iter().any(|(_, by)| by.is_some());
        let by = hidden
            .iter()
            .find_map(|(_, by)| by.clone())
            .or_else(|| by.clone());
        if open.is_none() || !counts {
            return Some(Allowed { yes: false, by });
        }
        if self.mapping.hidden == HiddenColumns::Close {
            let names: Vec<_> = hidden.iter().map(|(column, _)| quote(column)).collect();
            let why = format!("may not be read: column {}", names.join(", "));
            self.rules.close(by.as_ref(), target(name), &why);
            return None;
        }
        for (column, by) in hidden {
            let by = by.unwrap_or(Decided {
                policy: -1,
                version: None,
                tag: None,
                zone: None,
            });
            let on = Target {
                columns: vec![quote(column)],
                ..target(name)
            };
            self.rules.hide(&by, on);
        }
        open
    }

    fn rows(&mut self, name: &TableName, levels: &[(&str, String)]) {
        match self.ask(levels, Privilege::Select, |subject, request| {
            subject.filter(request)
        }) {
            None | Some(Filter::None | Filter::Exempt { .. }) => {}
            Some(Filter::Rows { by, sql }) => self.rules.filter(&by, target(name), sql),
            Some(Filter::Closed { by, why }) => {
                self.rules
                    .close(Some(&by), target(name), &format!("row filter: {why}"));
            }
        }
    }

    fn mask(&mut self, name: &TableName, levels: &[(&str, String)], column: &str) {
        let on = Target {
            columns: vec![quote(column)],
            ..target(name)
        };
        let levels = self.column(levels, column);
        match self.ask(&levels, Privilege::Select, |subject, request| {
            subject.mask(request)
        }) {
            None | Some(Mask::None | Mask::Exempt { .. }) => {}
            Some(Mask::Masked {
                by,
                value: Some(expression),
                condition,
                ..
            }) => {
                self.rules
                    .mask(&by, on, MaskRef::Custom { expression }, condition);
            }
            Some(Mask::Masked {
                by,
                kind,
                value: None,
                condition,
            }) => {
                self.rules
                    .mask(&by, on, MaskRef::Name(kind.into_owned()), condition);
            }
            Some(Mask::Closed { by, why }) => {
                self.rules.close(
                    Some(&by),
                    target(name),
                    &format!("mask of {}: {why}", quote(column)),
                );
            }
        }
    }

    /// The table as the service calls it; `None` where the service is not about its catalog.
    fn levels(&self, name: &TableName) -> Option<Vec<(&'a str, String)>> {
        let mut levels = self.catalog(&name.catalog)?;
        levels.push((&self.mapping.database, name.database.to_string()));
        levels.push((&self.mapping.table, name.table.to_string()));
        Some(levels)
    }

    fn column<'l>(&self, levels: &[(&'l str, String)], column: &str) -> Vec<(&'l str, String)>
    where
        'a: 'l,
    {
        let mut levels = levels.to_vec();
        levels.push((&self.mapping.column, column.to_owned()));
        levels
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
        ask: impl FnOnce(&crate::source::ranger::Subject<'_>, &Request<'_>) -> T,
    ) -> Option<T> {
        let access = self.mapping.privileges.get(&privilege)?;
        if let Access::Type(name) = access
            && !self.service.has_access(name)
        {
            return None;
        }
        let resource: Resource = self
            .service
            .resource(levels.iter().map(|(level, value)| (*level, value.as_str())));
        Some(ask(
            &self.subject,
            &Request::new(&resource, access, self.at, &self.context),
        ))
    }
}

pub(super) fn target(name: &TableName) -> Target {
    let parts = [&name.catalog, &name.database, &name.table].map(|part| quote(part));
    Target {
        table: Some(parts.join(".")),
        ..Target::default()
    }
}
