//! Trino's dialect: each decision, filter and mask asked for by itself; and the document that the replies make.
//!
//! Requests and document walk over the same question; a reply is looked up by what it is about. A reply that is not there is no leave.

use std::collections::BTreeMap;

use serde_json::Value;

use super::face::{Face, faces, tables};
use super::operation::{on_object, on_table};
use super::rules::Rules;
use super::{About, Ask, Masks, OpaError, expression, input, reply};
use crate::catalog::Column;
use crate::policy::{Document, MaskRef, Privilege, Target};
use crate::source::Question;
use crate::syntax::quote;

/// The rules of the policy that are asked.
pub(super) struct Asked<'p> {
    pub access: &'p str,
    pub flink: Option<&'p str>,
    pub row_filters: &'p str,
    pub masks: &'p Masks,
}

/// The requests for a question.
pub(super) fn asks(question: &Question, paths: &Asked<'_>) -> Vec<Ask> {
    let mut asks = Vec::new();
    let who = &question.principal;
    let mut ask = |path: &str, about, operation: &str, resource: (&str, Value)| {
        asks.push(Ask {
            path: path.to_owned(),
            body: input::action(who, operation, resource),
            about,
        });
    };
    let access = |is_trinos| {
        if is_trinos {
            Some(paths.access)
        } else {
            paths.flink
        }
    };
    for face in tables(question).flat_map(faces) {
        let table = || ("resource", input::table(&face));
        for operation in face.privileges().flat_map(on_table) {
            if let Some(path) = access(operation.is_trinos && !face.is_declared()) {
                let about = About::Access(face.spot(), *operation);
                ask(path, about, operation.name, table());
            }
        }
        if face.is_read() {
            let about = About::Filters(face.spot());
            ask(paths.row_filters, about, "GetRowFilters", table());
            masks(&face, paths.masks, &mut ask);
        }
    }
    for (object, privileges) in &question.scope().objects {
        for operation in privileges.iter().copied().flat_map(on_object) {
            if let Some(path) = access(operation.is_trinos) {
                let about = About::Object(object.clone(), *operation);
                let resource = ("resource", input::object(object, operation.name));
                ask(path, about, operation.name, resource);
            }
        }
    }
    asks
}

/// Asks for the masks of a table: of each column, or of all.
fn masks(face: &Face<'_>, masks: &Masks, ask: &mut impl FnMut(&str, About, &str, (&str, Value))) {
    const OPERATION: &str = "GetColumnMask";
    let columns = face.columns();
    match masks {
        Masks::Each(path) => {
            for (place, column) in columns.iter().enumerate() {
                let resource = ("resource", input::column(face, column));
                ask(path, About::Mask(face.spot(), place), OPERATION, resource);
            }
        }
        Masks::Batch(_) if columns.is_empty() => {}
        Masks::Batch(path) => {
            let all: Value = columns.iter().map(|c| input::column(face, c)).collect();
            let resources = ("filterResources", all);
            ask(path, About::Masks(face.spot()), OPERATION, resources);
        }
    }
}

/// The replies, by what they are about.
pub(super) type Replies<'r> = BTreeMap<&'r About, &'r Value>;

/// The document that the replies make.
///
/// # Errors
/// A denial that cannot be written.
pub(super) fn document(question: &Question, replies: &Replies<'_>) -> Result<Document, OpaError> {
    let user = &question.principal.user;
    let mut making = Making {
        user,
        replies,
        rules: Rules::of(user),
    };
    for table in tables(question) {
        making.table(&table)?;
    }
    for (object, privileges) in &question.scope().objects {
        for privilege in privileges {
            making.object(object, *privilege)?;
        }
    }
    Ok(making.rules.document())
}

/// A document in the making.
struct Making<'a> {
    user: &'a str,
    replies: &'a Replies<'a>,
    rules: Rules,
}

/// Why something is denied: a line for operators.
type Reason = String;

impl<'a> Making<'a> {
    /// All that is known of a table under one circumstance. All its rules are about its own name, also those that come from other names of its
    /// bytes: there they hold for every face of it. Only a grant is about the bytes, where the submitter chose the name.
    fn table(&mut self, table: &Face<'_>) -> Result<(), OpaError> {
        let mark = self.rules.len();
        let what = table.name.to_string();
        if table.is_read()
            && let Err(why) = faces(*table).try_for_each(|face| self.obligations(&face))
        {
            // Half a table's protection is none.
            self.rules.back_to(mark);
            let mut all: Vec<_> = table.asked.privileges.iter().copied().collect();
            // What is no privilege on tables is no privilege in a rule on one, and closed as it is.
            all.retain(|privilege| !privilege.is_code());
            return self.rules.deny(named(table), all, &what, &why);
        }
        for privilege in table.privileges().filter(|p| !p.is_code()) {
            match self.may(table, privilege) {
                Ok(()) => {
                    for on in grants(table) {
                        self.rules.allow(on, vec![privilege], &what);
                    }
                }
                Err(why) => self
                    .rules
                    .deny(named(table), vec![privilege], &what, &why)?,
            }
        }
        Ok(())
    }

    /// Whether every name of the table's bytes allows the privilege.
    fn may(&self, table: &Face<'_>, privilege: Privilege) -> Result<(), Reason> {
        for face in faces(*table).filter(|face| face.privileges().any(|p| p == privilege)) {
            let asked = on_table(privilege).iter().map(|operation| {
                let about = About::Access(face.spot(), *operation);
                (operation.name, about)
            });
            self.all_of(asked)
                .map_err(|why| format!("{}{why}", of(&face)))?;
        }
        Ok(())
    }

    /// Whether there is something to ask, and each was answered by yes.
    fn all_of(
        &self,
        asked: impl ExactSizeIterator<Item = (&'static str, About)>,
    ) -> Result<(), Reason> {
        if asked.len() == 0 {
            return Err("no operation of OPA stands for this privilege".to_owned());
        }
        for (operation, about) in asked {
            match reply::decision(self.replies.get(&about).copied()) {
                Ok(true) => {}
                Ok(false) => return Err(format!("{operation}: denied")),
                Err(unclear) => return Err(format!("{operation}: {unclear}")),
            }
        }
        Ok(())
    }

    /// The row filters and column masks that one face asks for.
    fn obligations(&mut self, face: &Face<'_>) -> Result<(), Reason> {
        let why = |part: &str, why: &dyn std::fmt::Display| format!("{}{part}: {why}", of(face));
        let reply = self.replies.get(&About::Filters(face.spot())).copied();
        let filters = reply::filters(reply, self.user).map_err(|e| why("row filters", &e))?;
        let what = face.name.to_string();
        for (index, text) in filters.into_iter().enumerate() {
            let part = format!("row filter {}", index.saturating_add(1));
            let filter = expression::filter(text).map_err(|e| why(&part, &e))?;
            let added = self.rules.filter(named(face), filter, &what);
            added.map_err(|code| why(&part, &code))?;
        }
        if face.asked.columns.is_none() {
            return self
                .unknown_columns(face)
                .map_err(|code| why("column masks", &code));
        }
        let masks = self.masks(face).map_err(|e| why("column masks", &e))?;
        for (column, text) in masks {
            let part = format!("mask of column {}", column.name);
            let expression = expression::mask(text, face, column).map_err(|e| why(&part, &e))?;
            let mask = MaskRef::Custom { expression };
            let what = format!("{what}.{}", column.name);
            let added = self
                .rules
                .mask(on_column(face, &quote(&column.name)), mask, &what);
            added.map_err(|code| why(&part, &code))?;
        }
        Ok(())
    }

    /// The masks of a face's columns, however they were asked for.
    fn masks<'f>(&self, face: &Face<'f>) -> Result<Vec<(&'f Column, &'a str)>, reply::Unclear> {
        let columns = face.columns();
        if columns.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(batch) = self.replies.get(&About::Masks(face.spot())) {
            let masks = reply::masks(Some(batch), columns.len(), self.user)?;
            let found = masks.into_iter();
            return Ok(found
                .filter_map(|(place, text)| Some((columns.get(place)?, text)))
                .collect());
        }
        let mut found = Vec::new();
        for (place, column) in columns.iter().enumerate() {
            let about = About::Mask(face.spot(), place);
            let mask = reply::mask(self.replies.get(&about).copied(), self.user)?;
            found.extend(mask.map(|text| (column, text)));
        }
        Ok(found)
    }

    /// OPA was not asked about masks, because nobody knows the columns: a mask on a column that no table has refuses the rows with the right words
    /// (`schema-unknown`), and leaves what needs no rows, such as DESCRIBE.
    fn unknown_columns(&mut self, face: &Face<'_>) -> Result<(), Reason> {
        let on = on_column(face, &quote("(columns that nobody knows)"));
        let mask = MaskRef::Name("MASK_NULL".to_owned());
        self.rules.mask(on, mask, &face.name.to_string())
    }

    fn object(&mut self, object: &str, privilege: Privilege) -> Result<(), OpaError> {
        // A rule would read these as wildcards. Without a rule it is closed.
        if object.contains(['*', '?']) || object.trim() != object || object.is_empty() {
            return Ok(());
        }
        let on = Target {
            object: Some(object.to_owned()),
            ..Target::default()
        };
        let asked = on_object(privilege)
            .iter()
            .map(|operation| (operation.name, About::Object(object.to_owned(), *operation)));
        match self.all_of(asked) {
            Ok(()) => {
                self.rules.allow(on, vec![privilege], object);
                Ok(())
            }
            Err(why) => self.rules.deny(on, vec![privilege], object, &why),
        }
    }
}

/// Before a reason: which of the site's tables it comes from.
fn of(face: &Face<'_>) -> String {
    face.site_name()
        .map(|name| format!("as {name}: "))
        .unwrap_or_default()
}

/// The table by its name, exactly.
fn named(face: &Face<'_>) -> Target {
    Target {
        table: Some(face.name.quoted()),
        ..Target::default()
    }
}

fn on_column(face: &Face<'_>, column: &str) -> Target {
    Target {
        columns: vec![column.to_owned()],
        ..named(face)
    }
}

/// What a grant is about. Where the submitter chose the name, a rule on it opens nothing: the grant is on each address. An address that a rule would
/// read as a pattern gets none.
fn grants(table: &Face<'_>) -> Vec<Target> {
    let asked = table.asked;
    if !asked.user_named || asked.physical.is_empty() {
        return vec![named(table)];
    }
    let exact = asked.physical.iter().filter(|p| !p.contains(['*', '?']));
    exact
        .map(|physical| Target {
            physical: Some(physical.clone()),
            ..Target::default()
        })
        .collect()
}
