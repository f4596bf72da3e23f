//! One table of a question: who may do what with it, which rows and columns are seen.
//!
//! A table may have several places in a Ranger service: its name, the names of other tables over the same bytes, and for a table that the script
//! declares its address. Each place gets the rules that the service has for it.

use std::collections::BTreeSet;

use super::Translation;
use super::mapping::HiddenColumns;
use super::place::{Face, Place};
use crate::catalog::TableName;
use crate::policy::{Effect, MaskRef, Privilege};
use crate::source::AskedTable;
use crate::source::ranger::text::fold;
use crate::source::ranger::{Allowed, Decided, Filter, Mask, Request, Scope};
use crate::syntax::quote;

impl<'a> Translation<'a> {
    pub(super) fn table(&mut self, name: &TableName, asked: &AskedTable) {
        let declared = asked.user_named && !asked.physical.is_empty();
        if declared {
            for address in &asked.physical {
                if let Some(place) = self.at_address(address) {
                    self.about(&place, asked);
                }
            }
        }
        let face = if declared { Face::Chosen } else { Face::Own };
        match self.named(name, face) {
            Some(place) => self.about(&place, asked),
            None => self
                .notes
                .push(format!("{name}: the service is not about this catalog")),
        }
        for other in &asked.also {
            if let Some(place) = self.named(other, Face::Other) {
                self.about(&place, asked);
            }
        }
    }

    fn about(&mut self, place: &Place<'a>, asked: &AskedTable) {
        if let Some(why) = self.service.incomplete() {
            return self.rules.close(None, place.on(), why);
        }
        for privilege in &asked.privileges {
            if *privilege == Privilege::Select {
                self.read(place, asked);
            } else {
                let said = self.may(&place.levels, *privilege);
                self.say(said, place, *privilege);
            }
        }
    }

    /// What is written of one privilege. Where no policy speaks nothing is: that denies a table's own place, and adds nothing to others.
    pub(super) fn say(&mut self, said: Option<Allowed>, place: &Place<'_>, privilege: Privilege) {
        let (effect, by) = match said {
            Some(Allowed { yes: true, by }) if place.face.may_open() => (Effect::Allow, by),
            Some(Allowed {
                yes: false,
                by: Some(by),
            }) => (Effect::Deny, Some(by)),
            Some(Allowed { .. }) | None => return,
        };
        self.rules
            .access(effect, by.as_ref(), place.on(), vec![privilege], None);
    }

    fn read(&mut self, place: &Place<'a>, asked: &AskedTable) {
        let columns = asked.columns.as_ref();
        let columns: Option<Vec<&str>> =
            columns.map(|columns| columns.iter().map(|column| column.name.as_str()).collect());
        if let Some(why) = self.unlisted(place, columns.as_deref()) {
            return self.rules.close(None, place.on(), why);
        }
        let columns = columns
            .filter(|_| place.column.is_some())
            .unwrap_or_default();
        // An address is allowed as a whole: policies about topics and paths seldom list fields.
        let said = if columns.is_empty() || place.face == Face::Address {
            self.whole(place)
        } else {
            self.each(place, &columns)
        };
        let open = said.as_ref().is_some_and(|said| said.yes) || !place.face.may_open();
        self.say(said, place, Privilege::Select);
        if open {
            self.rows(place);
            for column in columns {
                self.mask(place, column);
            }
        }
    }

    /// Why a table must be closed because some of its columns, or their names, are not known.
    fn unlisted(&self, place: &Place<'_>, columns: Option<&[&str]>) -> Option<&'static str> {
        if columns.is_some() && place.face.has_own_columns() {
            return None;
        }
        // Without a level for its fields no mask is about it.
        let column = place.column?;
        let below = self.ask(&place.levels, Privilege::Select, |subject, request| {
            subject.masks_below(request, column)
        })?;
        let Some(columns) = columns else {
            return (below.others || below.all || !below.named.is_empty())
                .then_some("some of its columns are masked, and its columns are not known");
        };
        let columns: BTreeSet<String> = columns.iter().map(|one| fold(one)).collect();
        (below.others || !below.named.is_subset(&columns))
            .then_some("a column that a mask is about may have another name here")
    }

    /// May the table be read as a whole, as far as it can be said without its columns: it is allowed, and nothing in it is denied.
    fn whole(&self, place: &Place<'_>) -> Option<Allowed> {
        let itself = self.may(&place.levels, Privilege::Select)?;
        if !itself.yes {
            return Some(itself);
        }
        let below = self.ask(&place.levels, Privilege::Select, |subject, request| {
            subject.access(&Request {
                scope: Scope::Descendants,
                heed_denies_below: true,
                ..request.clone()
            })
        })?;
        Some(if below.yes { itself } else { below })
    }

    /// May every column be read: Ranger does not see a deny on a column when it is asked for the table (RANGER.md §2.5).
    fn each(&mut self, place: &Place<'a>, columns: &[&str]) -> Option<Allowed> {
        // The columns are those of a table that a script declares over the same bytes: one of them may be the denied one under another name, or hold it.
        if !place.face.has_own_columns() {
            let below = self.whole(place)?;
            if !below.yes && below.by.is_some() {
                return Some(below);
            }
        }
        let mut open = None;
        let mut hidden: Vec<(&str, Option<Decided>)> = Vec::new();
        for column in columns {
            let said = self.may(&place.below(column), Privilege::Select)?;
            if said.yes {
                open.get_or_insert(said);
            } else {
                hidden.push((column, said.by));
            }
        }
        if hidden.is_empty() {
            return open;
        }
        let by = hidden.iter().find_map(|(_, by)| by.clone());
        // Where no policy speaks for a name that only adds, nothing is added.
        let counts = place.face.may_open() || by.is_some();
        if open.is_none() || !counts {
            return Some(Allowed { yes: false, by });
        }
        // A script chooses the names of its own columns: there it is all or nothing.
        if self.mapping.hidden == HiddenColumns::Close || !place.face.has_own_columns() {
            let names: Vec<_> = hidden.iter().map(|(column, _)| quote(column)).collect();
            let why = format!("may not be read: column {}", names.join(", "));
            self.rules.close(by.as_ref(), place.on(), &why);
            return None;
        }
        for (column, by) in hidden {
            let on = place.on_column(column);
            match self.mapping.hidden {
                HiddenColumns::Deny | HiddenColumns::Close => {
                    let privileges = vec![Privilege::Select];
                    self.rules
                        .access(Effect::Deny, by.as_ref(), on, privileges, None);
                }
                HiddenColumns::Null => self.rules.hide(by.as_ref(), on),
            }
        }
        open
    }

    fn rows(&mut self, place: &Place<'_>) {
        let filter = self.ask(&place.levels, Privilege::Select, |subject, request| {
            subject.filter(request)
        });
        match filter {
            None | Some(Filter::None | Filter::Exempt { .. }) => {}
            Some(Filter::Rows { by, sql }) => self.rules.filter(&by, place.on(), sql),
            Some(Filter::Closed { by, why }) => {
                let why = format!("row filter: {why}");
                self.rules.close(Some(&by), place.on(), &why);
            }
        }
    }

    fn mask(&mut self, place: &Place<'_>, column: &str) {
        let on = place.on_column(column);
        let mask = self.ask(
            &place.below(column),
            Privilege::Select,
            |subject, request| subject.mask(request),
        );
        let (by, mask, condition) = match mask {
            None | Some(Mask::None | Mask::Exempt { .. }) => return,
            Some(Mask::Masked {
                by,
                kind,
                value,
                condition,
            }) => {
                let mask = match value {
                    Some(expression) => MaskRef::Custom { expression },
                    None => MaskRef::Name(kind.into_owned()),
                };
                (by, mask, condition)
            }
            Some(Mask::Closed { by, why }) => {
                let why = format!("mask of {}: {why}", quote(column));
                return self.rules.close(Some(&by), place.on(), &why);
            }
        };
        self.rules.mask(&by, on, mask, condition);
    }
}
