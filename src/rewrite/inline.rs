//! The readable shape: filter into WHERE, masks into the select list, where nothing in the block can tell the difference.

use super::error::RewriteError;
use super::{Edit, Protection, Rewriter, Rows, derived, select_list, written};
use crate::catalog::{Column, ColumnKind};
use crate::policy::ColumnMask;
use crate::resolve::{Block, FromPlace, Item, ItemKind, Place, Relation, RelationId};
use crate::syntax::{Span, quote};

impl Rewriter<'_> {
    /// Protects a reference in place. `false`: this block can tell the difference, nothing was edited.
    pub(super) fn inline(
        &mut self,
        id: RelationId,
        relation: &Relation,
        protection: &Protection,
    ) -> Result<bool, RewriteError> {
        let Some(block) = self.plain_block(relation, protection) else {
            return Ok(false);
        };
        let Some(mut edits) =
            self.masked_items(id, relation, block, &protection.obligations.masks)?
        else {
            return Ok(false);
        };
        // Nothing can capture a name here: `plain_block` has seen to that.
        if let Some(filter) = written(&protection.obligations.rows, |_| None) {
            match (block.condition, block.from_end) {
                (Some(user), _) => {
                    edits.push(Edit::insert(user.start, format!("({filter}) AND (")));
                    edits.push(Edit::insert(user.end, ")"));
                }
                (None, Some(end)) => {
                    edits.push(Edit::insert(end, derived::where_clause(Some(&filter))))
                }
                (None, None) => return Ok(false),
            }
        }
        self.edits.append(&mut edits);
        Ok(true)
    }

    /// The block of a reference that is all its block reads, as it is.
    fn plain_block(&self, relation: &Relation, protection: &Protection) -> Option<&Block> {
        let Place::From(FromPlace {
            alias,
            temporal: None,
            pattern: false,
            sample: false,
            alone: true,
            ..
        }) = &relation.place
        else {
            return None;
        };
        let block = self.unit.resolution.blocks.get(relation.block?)?;
        let renamed = alias.as_ref().is_some_and(|a| a.columns);
        let subquery =
            matches!(&protection.obligations.rows, Rows::Matching(filter) if filter.subquery);
        // In a query inside, a name that is read as another's may still be a column of this table, and would be seen raw.
        let asked = !protection.obligations.masks.is_empty() && self.holds_a_query(block);
        // With an unknown schema a name of the filter could be taken from an outer block.
        let captured = block.nested && relation.columns().is_none();
        let plain = !renamed && !subquery && !asked && !captured;
        (protection.inside.is_none() && plain).then_some(block)
    }

    /// Whether a query stands in the block or behind it, in ORDER BY.
    fn holds_a_query(&self, block: &Block) -> bool {
        let queries = &self.unit.queries;
        // ORDER BY of a set operation sees its columns only.
        let lone = queries.get(block.query).filter(|q| q.body.rest.is_empty());
        let end = lone.map_or(block.span.end, |q| q.span.end);
        let reach = Span::new(block.span.start, end);
        let mut spans = queries.0.iter().map(|q| q.span);
        spans.any(|s| reach.contains(s) && s != reach)
    }

    /// The edits of the select list; `None` where a masked column is used otherwise than as an item of its own.
    fn masked_items(
        &self,
        id: RelationId,
        relation: &Relation,
        block: &Block,
        masks: &[ColumnMask],
    ) -> Result<Option<Vec<Edit>>, RewriteError> {
        if masks.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let is_masked = |column: &str| {
            masks
                .iter()
                .any(|m| m.path.first().is_some_and(|p| p == column))
        };
        let used_otherwise = self
            .unit
            .resolution
            .uses
            .iter()
            .any(|u| u.relation == id && is_masked(&u.column) && !u.item);
        let row = |m: &ColumnMask| {
            let mut columns = relation.columns().into_iter().flatten();
            columns.any(|c| m.path.first() == Some(&c.name) && select_list::is_row(c))
        };
        let deeper = masks
            .iter()
            .any(|m| m.path.len() > 1 || row(m) || m.when.as_ref().is_some_and(|w| w.subquery));
        if used_otherwise || deeper {
            return Ok(None);
        }
        if relation.columns().is_some() {
            // Also refuses what has no shape at all: unknown columns, time attributes.
            let all = select_list::masked_columns(relation, masks)?;
            if !all.computed.is_empty() {
                return Ok(None);
            }
        }
        let mut edits = Vec::new();
        for Item { span, kind } in &block.items {
            match kind {
                ItemKind::Column {
                    relation: r,
                    column,
                    value,
                    name,
                    aliased,
                } if *r == id && is_masked(column) => {
                    let operand = value.text(self.unit.source);
                    let Some(sql) = masked(relation, masks, column, operand)? else {
                        return Ok(None);
                    };
                    let alias = if *aliased {
                        String::new()
                    } else {
                        format!(" AS {}", name.text(self.unit.source))
                    };
                    edits.push(Edit::replace(*value, format!("{sql}{alias}")));
                }
                ItemKind::Wildcard(None) => return Ok(None),
                ItemKind::Wildcard(Some(columns)) => {
                    let mut items = Vec::with_capacity(columns.len());
                    for star in columns {
                        let column = quote(&star.column);
                        if star.relation == Some(id) && is_masked(&star.column) {
                            let Some(sql) = masked(relation, masks, &star.column, &column)? else {
                                return Ok(None);
                            };
                            items.push(format!("{sql} AS {column}"));
                        } else {
                            items.push(column);
                        }
                    }
                    edits.push(Edit::replace(*span, items.join(", ")));
                }
                ItemKind::Column { .. } | ItemKind::Expression => {}
            }
        }
        Ok(Some(edits))
    }
}

/// The masked form of one column over `operand`; a column of unknown type takes masks that need none.
fn masked(
    relation: &Relation,
    masks: &[ColumnMask],
    column: &str,
    operand: &str,
) -> Result<Option<String>, RewriteError> {
    let own: Vec<&ColumnMask> = masks
        .iter()
        .filter(|m| m.path.first().is_some_and(|p| p == column))
        .collect();
    let known = relation
        .columns()
        .into_iter()
        .flatten()
        .find(|c| c.name == column);
    let untyped = Column {
        name: column.to_owned(),
        data_type: None,
        kind: ColumnKind::Physical,
    };
    select_list::masked(relation, known.unwrap_or(&untyped), &own, operand)
        .map(Some)
        .map_err(|kind| kind.at(relation.name))
}
