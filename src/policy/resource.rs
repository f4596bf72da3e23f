//! What is asked about: a table as the policy sees it.

use super::pattern::fold;
use crate::catalog::{Column, DataType, TableName, TypeKind};

/// A table with both of its identities.
#[derive(Debug, Clone, Copy)]
pub struct Resource<'a> {
    /// Its logical name.
    pub name: &'a TableName,
    /// Its physical names, as OpenLineage writes them (`kafka://b1:9092/orders`): several for a list of topics, none where unknown.
    pub physical: &'a [String],
    /// Tables of the site over the same bytes: their rules hold too, and can only add protection.
    pub also: &'a [TableName],
    /// Its columns; `None` when nobody said.
    pub columns: Option<&'a [Column]>,
    /// Whether the submitter chose the logical name, as with a table that the script declares. Where such a table has a physical name, rules
    /// on the logical name can only add protection: a rule keyed on a name that the user chooses opens nothing (DESIGN §4).
    pub user_named: bool,
    /// Whether its catalog finds names in any letter case (Hive; ATTACKS B8): rules match so too.
    pub ignore_case: bool,
}

impl<'a> Resource<'a> {
    /// A table of which only the logical name is known.
    #[must_use]
    pub fn named(name: &'a TableName) -> Self {
        Self {
            name,
            physical: &[],
            also: &[],
            columns: None,
            user_named: false,
            ignore_case: false,
        }
    }

    pub(super) fn same_name(&self, a: &str, b: &str) -> bool {
        a == b || (self.ignore_case && fold(a) == fold(b))
    }

    /// The path with the names that the schema has, and the type at its end where known.
    ///
    /// # Errors
    /// A column or field that is not there, or not only there: with `ignore_case` two names may differ in case alone.
    pub(super) fn find(
        &self,
        columns: &'a [Column],
        path: &[String],
    ) -> Result<(Vec<String>, Option<&'a DataType>), NoSuchColumn> {
        let (first, fields) = path.split_first().ok_or(NoSuchColumn)?;
        let names = columns.iter().map(|column| column.name.as_str());
        let column = self
            .pick(first, names)
            .and_then(|index| columns.get(index))
            .ok_or(NoSuchColumn)?;
        let mut found = vec![column.name.clone()];
        let mut data_type = column.data_type.as_ref();
        for field in fields {
            data_type = match data_type.map(|t| &t.kind) {
                Some(TypeKind::Row(fields)) => {
                    let names = fields.iter().map(|field| field.name.as_str());
                    let field = self
                        .pick(field, names)
                        .and_then(|index| fields.get(index))
                        .ok_or(NoSuchColumn)?;
                    found.push(field.name.clone());
                    Some(&field.data_type)
                }
                // The fields of a structured type are its own affair.
                None | Some(TypeKind::Other(_)) => {
                    found.push(field.clone());
                    None
                }
                Some(_) => return Err(NoSuchColumn),
            };
        }
        Ok((found, data_type))
    }

    fn pick<'n>(&self, name: &str, names: impl Iterator<Item = &'n str> + Clone) -> Option<usize> {
        if let Some(exact) = names.clone().position(|n| n == name) {
            return Some(exact);
        }
        let mut alike = names.enumerate().filter(|(_, n)| self.same_name(n, name));
        match (alike.next(), alike.next()) {
            (Some((index, _)), None) => Some(index),
            _ => None,
        }
    }
}

/// A path that the schema does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoSuchColumn;
