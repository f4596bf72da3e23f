//! Is one protected relation guarded where it stands?

use std::collections::HashMap;

use sqlparser::ast::{BinaryOperator, Expr};

use crate::mask::{FieldMask, mask_column, mask_untyped};
use crate::policy::{ColumnMask, Obligations, Rows};
use crate::resolve::{Block, FromPlace, Place, Relation, RelationId, Resolution};
use crate::syntax::Span;
use crate::syntax::ast::{Scalar, Select, Statement, Term};
use crate::syntax::quote;

/// The output as it was read again.
pub(super) struct Look<'a> {
    pub text: &'a str,
    pub statement: &'a Statement,
    pub resolution: &'a Resolution,
}

impl Look<'_> {
    /// `None`: not guarded. Else the place of its filter, when it has one.
    pub(super) fn guard(
        &self,
        id: RelationId,
        relation: &Relation,
        obligations: &Obligations,
    ) -> Option<Option<Span>> {
        let Place::From(FromPlace {
            temporal: None,
            pattern: false,
            sample: false,
            alone: true,
            ..
        }) = &relation.place
        else {
            return None;
        };
        let block = self.resolution.blocks.get(relation.block?)?;
        let region = match &obligations.rows {
            Rows::All => None,
            Rows::Nothing => Some(self.filter_region(relation, block, &["FALSE".to_owned()])?),
            Rows::Matching(filter) => {
                let spellings = [
                    filter.render(None),
                    filter.render(Some(&relation.found.name.table)),
                ];
                Some(self.filter_region(relation, block, &spellings)?)
            }
        };
        self.masks_hold(id, relation, block, obligations, region)
            .then_some(region)
    }

    /// The filter must decide on every row of the block: alone in WHERE, first of two bracketed conditions there, or as the column that ON
    /// tests at every use of the common table expression around it.
    fn filter_region(
        &self,
        relation: &Relation,
        block: &Block,
        spellings: &[String],
    ) -> Option<Span> {
        let select = self.select(block)?;
        if let Some(clause) = &select.selection {
            let condition = clause.condition.span;
            let text = condition.text(self.text);
            return spellings.iter().find_map(|filter| {
                let length = u32::try_from(filter.len()).ok()?;
                if text == filter {
                    return Some(condition);
                }
                let first = text.starts_with(&format!("({filter}) AND ("))
                    && both_bracketed(&clause.condition.expr);
                first.then(|| Span::new(condition.start + 1, condition.start + 1 + length))
            });
        }
        self.tested_in_on(relation, block, spellings)
    }

    fn tested_in_on(
        &self,
        relation: &Relation,
        block: &Block,
        spellings: &[String],
    ) -> Option<Span> {
        let (item, column) = block.items.iter().find_map(|item| {
            let text = item.span.text(self.text);
            spellings
                .iter()
                .find_map(|filter| text.strip_prefix(&format!("(({filter}) IS TRUE) AS ")))
                .map(|column| (item.span, column))
        })?;
        let ctes = self.statement.queries.0.iter().flat_map(|q| &q.ctes);
        let mut names = ctes
            .filter(|c| Some(c.query) == Some(relation.query))
            .map(|c| c.name.value.as_str());
        let name = names.next()?;
        let mut uses = self
            .resolution
            .ctes
            .iter()
            .filter(|u| u.name == name)
            .peekable();
        uses.peek()?;
        let tested = uses.all(|used| {
            let Some(on) = used.on else { return false };
            let text = on.text(self.text);
            let test = format!("{}.{column} AND (", quote(&used.alias));
            text.starts_with(&test)
                && text.ends_with(')')
                && self
                    .scalar_at(on)
                    .is_some_and(|s| begins_with_a_test(&s.expr))
        });
        tested.then_some(item)
    }

    /// Every use of a hidden column lies in the filter or inside the text of its mask.
    fn masks_hold(
        &self,
        id: RelationId,
        relation: &Relation,
        block: &Block,
        obligations: &Obligations,
        region: Option<Span>,
    ) -> bool {
        let hidden = super::hidden_columns(relation, obligations);
        let mut masks = MaskTexts {
            relation,
            masks: &obligations.masks,
            made: HashMap::new(),
        };
        self.resolution
            .uses
            .iter()
            .filter(|u| u.relation == id && hidden.contains(&u.column))
            .all(|used| {
                if region.is_some_and(|r| r.contains(used.span)) {
                    return true;
                }
                let mut covers = |column: &str, operand: &str| {
                    masks
                        .of(column, operand)
                        .is_some_and(|mask| occurs_around(self.text, block.span, mask, used.span))
                };
                let written = used.span.text(self.text);
                let qualified = |column: &str| {
                    format!("{}.{}", quote(&relation.found.name.table), quote(column))
                };
                // Its own mask is the rule. Another column's conditional mask may read this one raw: any mask of the relation covers.
                covers(&used.column, written)
                    || hidden.iter().any(|column| {
                        covers(column, &quote(column)) || covers(column, &qualified(column))
                    })
            })
    }

    fn select(&self, block: &Block) -> Option<&Select> {
        let query = self.statement.queries.get(block.query)?;
        let terms =
            std::iter::once(&query.body.first).chain(query.body.rest.iter().map(|(_, term)| term));
        terms
            .filter_map(|term| match term {
                Term::Select(select) => Some(&**select),
                Term::Values(_) | Term::Table(_) | Term::Query(_) => None,
            })
            .find(|select| select.span == block.span)
    }

    /// The ON condition that has this span.
    fn scalar_at(&self, span: Span) -> Option<&Scalar> {
        use crate::syntax::ast::{FactorKind, FromItem, JoinConstraint};
        fn search(item: &FromItem, span: Span) -> Option<&Scalar> {
            let factors = std::iter::once(&item.first).chain(item.joins.iter().map(|j| &j.right));
            let inside = factors.filter_map(|f| match &f.kind {
                FactorKind::Parenthesised(inner) => Some(&**inner),
                FactorKind::Table(_)
                | FactorKind::Query(_)
                | FactorKind::Function(_)
                | FactorKind::Unnest { .. } => None,
            });
            let own = item.joins.iter().find_map(|join| match &join.constraint {
                JoinConstraint::On(clause) if clause.condition.span == span => {
                    Some(&clause.condition)
                }
                JoinConstraint::On(_) | JoinConstraint::Using(_) | JoinConstraint::None => None,
            });
            own.or_else(|| inside.into_iter().find_map(|inner| search(inner, span)))
        }
        let blocks = self
            .resolution
            .blocks
            .iter()
            .filter_map(|block| self.select(block));
        blocks
            .flat_map(|select| &select.from)
            .find_map(|item| search(item, span))
    }
}

/// `( … ) AND ( … )`.
fn both_bracketed(expr: &Expr) -> bool {
    matches!(expr, Expr::BinaryOp { left, op: BinaryOperator::And, right }
        if matches!(**left, Expr::Nested(_)) && matches!(**right, Expr::Nested(_)))
}

/// `alias.column AND ( … )`.
fn begins_with_a_test(expr: &Expr) -> bool {
    matches!(expr, Expr::BinaryOp { left, op: BinaryOperator::And, right }
        if matches!(**left, Expr::CompoundIdentifier(_)) && matches!(**right, Expr::Nested(_)))
}

/// The texts of a relation's masks, each made once.
struct MaskTexts<'a> {
    relation: &'a Relation,
    masks: &'a [ColumnMask],
    made: HashMap<(String, String), Option<String>>,
}

impl MaskTexts<'_> {
    /// The text of a column's mask over `operand`.
    fn of(&mut self, column: &str, operand: &str) -> Option<&str> {
        let key = (column.to_owned(), operand.to_owned());
        let made = self
            .made
            .entry(key)
            .or_insert_with(|| mask_text(self.relation, column, operand, self.masks));
        made.as_deref()
    }
}

/// The text of a column's mask over `operand`.
fn mask_text(
    relation: &Relation,
    column: &str,
    operand: &str,
    masks: &[ColumnMask],
) -> Option<String> {
    let own: Vec<&ColumnMask> = masks
        .iter()
        .filter(|m| m.path.first().is_some_and(|p| p == column))
        .collect();
    let when = |mask: &ColumnMask| {
        let open = relation.columns.is_none();
        mask.when
            .as_ref()
            .map(|w| w.render((w.subquery || open).then_some(relation.found.name.table.as_str())))
    };
    let data_type = relation
        .columns
        .iter()
        .flatten()
        .find(|c| c.name == column)
        .and_then(|c| c.data_type.as_ref());
    match (data_type, own.as_slice()) {
        (_, []) => None,
        (Some(data_type), own) => {
            let fields: Vec<FieldMask<'_>> = own
                .iter()
                .map(|mask| FieldMask {
                    path: mask.path.get(1..).unwrap_or_default(),
                    spec: &mask.mask,
                    when: when(mask),
                })
                .collect();
            mask_column(operand, data_type, &fields).ok().map(|m| m.sql)
        }
        (None, [mask]) if mask.path.len() == 1 => {
            mask_untyped(operand, &mask.mask, when(mask).as_deref()).ok()
        }
        (None, _) => None,
    }
}

/// Whether `mask` stands somewhere in `block` so that `used` lies inside it. A mask that is the bare operand hides nothing.
fn occurs_around(text: &str, block: Span, mask: &str, used: Span) -> bool {
    if mask.len() <= used.len() as usize {
        return false;
    }
    // An occurrence around the use begins and ends within the mask's length of it.
    let reach = u32::try_from(mask.len()).unwrap_or(u32::MAX);
    let near = Span::new(
        block.start.max(used.start.saturating_sub(reach)),
        block.end.min(used.end.saturating_add(reach)),
    );
    let bytes = text
        .as_bytes()
        .get(near.start as usize..near.end as usize)
        .unwrap_or_default();
    let offset = near.start as usize;
    bytes
        .windows(mask.len())
        .enumerate()
        .filter(|(at, _)| {
            offset + at <= used.start as usize && used.end as usize <= offset + at + mask.len()
        })
        .any(|(_, found)| found == mask.as_bytes())
}
