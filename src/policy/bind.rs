//! A compiled condition meets a principal and a table: its names are checked, its attributes become literals.

use std::collections::BTreeSet;

use super::condition::{self, Condition, SlotKind};
use super::obligation::Piece;
use super::refusal::{Kind, Refusal};
use super::subject::Who;
use super::{Attribute, Resource, RowFilter, RuleId, attribute};
use crate::catalog::{DataType, TableName};
use crate::syntax::quote;

/// Binds the condition of `rule`.
///
/// # Errors
/// `attribute-missing`, `attribute-unusable`, `column-unknown`, `recursive-filter`. With an unknown schema every first part outside of
/// subqueries is taken for a column.
pub(super) fn bind(
    condition: &Condition,
    rule: &RuleId,
    who: &Who<'_>,
    resource: &Resource<'_>,
) -> Result<RowFilter, Refusal> {
    let binder = Binder {
        condition,
        rule,
        who,
        resource,
    };
    binder.bind()
}

/// The columns of a condition that a table of known columns does not have.
pub(super) fn unknown_columns(condition: &Condition, resource: &Resource<'_>) -> Vec<String> {
    let columns = resource.columns.unwrap_or_default();
    let slots = condition.slots.iter();
    let paths = slots.filter_map(|slot| match &slot.kind {
        SlotKind::Column(path) => Some(path),
        SlotKind::Outer(readings) => readings
            .iter()
            .find(|outer| is_end_of(&outer.qualifier, resource.name))
            .map(|outer| &outer.path),
        SlotKind::Attribute(_) => None,
    });
    let unknown = paths.filter(|path| resource.find(columns, path).is_err());
    let mut unknown: Vec<String> = unknown.map(|path| path.join(".")).collect();
    unknown.sort();
    unknown.dedup();
    unknown
}

struct Binder<'a> {
    condition: &'a Condition,
    rule: &'a RuleId,
    who: &'a Who<'a>,
    resource: &'a Resource<'a>,
}

impl<'a> Binder<'a> {
    fn bind(&self) -> Result<RowFilter, Refusal> {
        if self.condition.tables.contains(self.resource.name) {
            return Err(self.refuse(Kind::RecursiveFilter, String::new()));
        }
        let mut pieces = Vec::new();
        let mut columns = BTreeSet::new();
        let mut at = 0;
        for slot in &self.condition.slots {
            pieces.push(Piece::Text(self.text(at, slot.start)?));
            at = slot.end;
            match &slot.kind {
                SlotKind::Column(path) => {
                    let (name, written) = self.column(path, self.text(slot.start, slot.end)?)?;
                    columns.insert(name);
                    pieces.push(Piece::Column(written));
                }
                SlotKind::Outer(readings) => {
                    let table = self.resource.name;
                    match readings
                        .iter()
                        .find(|outer| is_end_of(&outer.qualifier, table))
                    {
                        Some(outer) => {
                            columns.insert(self.column(&outer.path, String::new())?.0);
                            let qualifier = self.text(slot.start, outer.column_at)?;
                            pieces.push(Piece::Qualifier(qualifier));
                            at = outer.column_at;
                        }
                        None => at = slot.start,
                    }
                }
                SlotKind::Attribute(slot) => pieces.push(Piece::Text(self.attribute(slot)?)),
            }
        }
        pieces.push(Piece::Text(self.text(at, self.condition.text.len())?));
        let known = self.resource.columns.unwrap_or_default();
        columns.extend(
            known
                .iter()
                .filter(|column| self.condition.maybe.contains(&column.name))
                .map(|column| column.name.clone()),
        );
        Ok(RowFilter {
            pieces,
            rules: vec![self.rule.clone()],
            columns: columns.into_iter().collect(),
            subquery: self.condition.subquery,
            tables: self.condition.tables.clone(),
        })
    }

    /// The column's name, and how its first part is written: as in the policy, unless the schema spells it in another case.
    fn column(&self, path: &[String], written: String) -> Result<(String, String), Refusal> {
        let first = path.first().cloned().unwrap_or_default();
        let Some(columns) = self.resource.columns else {
            return Ok((first, written));
        };
        let (found, _) = self.resource.find(columns, path).map_err(|_| {
            self.refuse(Kind::ColumnUnknown, format!("column `{}`", path.join(".")))
        })?;
        match found.into_iter().next() {
            Some(name) if name != first => {
                let written = quote(&name);
                Ok((name, written))
            }
            _ => Ok((first, written)),
        }
    }

    fn attribute(&self, slot: &condition::Attribute) -> Result<String, Refusal> {
        if self.who.as_written {
            return Ok(format!("${{user.{}}}", slot.name));
        }
        let detail = || format!("attribute `{}`", slot.name);
        let who = self.who;
        let user = Attribute::Text(who.user.to_owned());
        let value = match slot.name.as_str() {
            // The login itself. No attribute of this name can stand in for it.
            "name" => Some(&user).filter(|_| !who.user.is_empty()),
            name => who.attributes.get(name),
        };
        let value = value.ok_or_else(|| self.refuse(Kind::AttributeMissing, detail()))?;
        attribute::literal(value, self.compared(slot), slot.whole_in)
            .ok_or_else(|| self.refuse(Kind::AttributeUnusable, detail()))
    }

    fn compared(&self, slot: &condition::Attribute) -> Option<&'a DataType> {
        let path = slot.compared.as_ref()?;
        let (_, data_type) = self.resource.find(self.resource.columns?, path).ok()?;
        data_type
    }

    fn text(&self, start: usize, end: usize) -> Result<String, Refusal> {
        match self.condition.text.get(start..end) {
            Some(text) => Ok(text.to_owned()),
            None => Err(self.refuse(Kind::RuleUnusable, "cannot be cut at its names".into())),
        }
    }

    fn refuse(&self, kind: Kind, detail: String) -> Refusal {
        Refusal::new(kind, [self.rule.clone()], detail)
    }
}

/// Whether the parts are `table`, `database.table` or the whole name.
fn is_end_of(parts: &[String], name: &TableName) -> bool {
    let full = [&name.catalog, &name.database, &name.table];
    let mut own = full.into_iter().rev();
    parts.len() <= 3 && parts.iter().rev().all(|part| own.next() == Some(part))
}
