//! Is one protected relation guarded where it stands?

use std::collections::{BTreeSet, HashMap};

use sqlparser::ast::{BinaryOperator, Expr};

use crate::catalog::DataType;
use crate::mask::{FieldMask, mask_column, mask_untyped};
use crate::policy::{ColumnMask, Obligations, Rows};
use crate::resolve::{Block, FromPlace, Place, Relation, RelationId, Resolution};
use crate::syntax::Span;
use crate::syntax::ast::{JoinKind, Scalar, Select, Statement, Term, nested_query};
use crate::syntax::quote;

/// The output as it was read again.
pub(super) struct Look<'a> {
    pub text: &'a str,
    pub statement: &'a Statement,
    pub resolution: &'a Resolution,
}

impl Look<'_> {
    /// `None`: not guarded. Else the places of its filter and of its masks that ask other tables: what those read is read for the policy.
    pub(super) fn guard(
        &self,
        id: RelationId,
        relation: &Relation,
        obligations: &Obligations,
    ) -> Option<Vec<Span>> {
        let Place::From(FromPlace {
            temporal: None,
            pattern: false,
            sample: false,
            alone: true,
            alias,
            ..
        }) = &relation.place
        else {
            return None;
        };
        // Under another name, or with columns under other names, the text of a filter means something else.
        if alias.as_ref().is_some_and(|a| a.columns) {
            return None;
        }
        let block = self.resolution.blocks.get(relation.block?)?;
        let region = match &obligations.rows {
            Rows::All => None,
            Rows::Nothing => Some(self.filter_region(relation, block, &["FALSE".to_owned()])?),
            Rows::Matching(filter) => {
                let table = &relation.found.name.table;
                let mut spellings = vec![filter.render(None)];
                if alias.as_ref().is_none_or(|a| a.name == *table) {
                    spellings.push(filter.render(Some(table)));
                }
                Some(self.filter_region(relation, block, &spellings)?)
            }
        };
        let mut regions: Vec<Span> = region.into_iter().collect();
        self.masks_hold(id, relation, block, obligations, &mut regions)
            .then_some(regions)
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
            // In another join the test would let rows through that it is false for.
            if !matches!(used.join, Some(JoinKind::Inner | JoinKind::Left)) {
                return false;
            }
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

    /// Every use of a hidden column lies in the filter or inside the text of its mask. Adds the places of masks with subqueries.
    fn masks_hold(
        &self,
        id: RelationId,
        relation: &Relation,
        block: &Block,
        obligations: &Obligations,
        regions: &mut Vec<Span>,
    ) -> bool {
        let hidden = super::hidden_columns(relation, obligations);
        let uses = || {
            let all = self.resolution.uses.iter();
            all.filter(|u| u.relation == id && hidden.contains(&u.column))
        };
        // In place a mask stands over the column as the submitter wrote it, and the condition of one column's mask may read another.
        let spellings: BTreeSet<(&str, &str)> = uses()
            .map(|u| (u.column.as_str(), u.span.text(self.text)))
            .collect();
        let mut masks = MaskTexts::new(relation, &obligations.masks);
        let filter = regions.first().copied();
        if !hidden.is_empty() && self.asks_elsewhere(block, filter, obligations) {
            return false;
        }
        let asks = |m: &ColumnMask| m.when.as_ref().is_some_and(|w| w.subquery);
        let asking = obligations.masks.iter().any(asks);
        uses().all(|used| {
            if filter.is_some_and(|r| r.contains(used.span)) {
                return true;
            }
            let mut covers = |column: &str, operand: &str| {
                let mask = masks.of(column, operand);
                let around =
                    mask.and_then(|mask| occurs_around(self.text, block.span, mask, used.span));
                regions.extend(around.filter(|_| asking));
                around.is_some()
            };
            let qualified =
                |column: &str| format!("{}.{}", quote(&relation.found.name.table), quote(column));
            // Its own mask is the rule. Another column's conditional mask may read this one raw: any mask of the relation covers.
            covers(&used.column, used.span.text(self.text))
                || hidden.iter().any(|column| {
                    covers(column, &quote(column)) || covers(column, &qualified(column))
                })
                || spellings
                    .iter()
                    .any(|(column, operand)| covers(column, operand))
        })
    }

    /// Whether a query that is not the policy's stands in the block: a name in it may be read otherwise than Flink reads it.
    fn asks_elsewhere(
        &self,
        block: &Block,
        filter: Option<Span>,
        obligations: &Obligations,
    ) -> bool {
        let asks = |m: &ColumnMask| m.when.as_ref().is_some_and(|w| w.subquery);
        if obligations.masks.iter().any(asks) {
            return false;
        }
        let queries = &self.statement.queries;
        // ORDER BY belongs to the block where it is alone.
        let own = queries.get(block.query).filter(|q| q.body.rest.is_empty());
        let end = own.map_or(block.span.end, |q| q.span.end);
        let reach = Span::new(block.span.start, end);
        let mut spans = queries.0.iter().map(|q| q.span);
        spans.any(|s| reach.contains(s) && s != reach && !filter.is_some_and(|f| f.contains(s)))
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
        if bracketed(left) && bracketed(right))
}

/// `alias.column AND ( … )`.
fn begins_with_a_test(expr: &Expr) -> bool {
    matches!(expr, Expr::BinaryOp { left, op: BinaryOperator::And, right }
        if matches!(**left, Expr::CompoundIdentifier(_)) && bracketed(right))
}

/// `( … )`, of an operand whose text begins with a bracket: a query has its own, and its tree shows no others around them.
fn bracketed(expr: &Expr) -> bool {
    matches!(expr, Expr::Nested(_)) || nested_query(expr).is_some()
}

/// The texts of a relation's masks, each made once.
struct MaskTexts<'a> {
    relation: &'a Relation,
    /// The masks of a column, in order, and its type.
    by_column: HashMap<&'a str, (Vec<&'a ColumnMask>, Option<&'a DataType>)>,
    made: HashMap<(String, String), Option<String>>,
}

impl<'a> MaskTexts<'a> {
    fn new(relation: &'a Relation, masks: &'a [ColumnMask]) -> Self {
        let mut by_column: HashMap<&str, (Vec<&ColumnMask>, _)> = HashMap::new();
        for mask in masks {
            let column = mask.path.first().map(String::as_str).unwrap_or_default();
            by_column.entry(column).or_default().0.push(mask);
        }
        // Of two columns of one name the first counts.
        for column in relation.columns().into_iter().flatten().rev() {
            if let Some((_, data_type)) = by_column.get_mut(column.name.as_str()) {
                *data_type = column.data_type.as_ref();
            }
        }
        Self {
            relation,
            by_column,
            made: HashMap::new(),
        }
    }

    /// The text of a column's mask over `operand`.
    fn of(&mut self, column: &str, operand: &str) -> Option<&str> {
        let key = (column.to_owned(), operand.to_owned());
        let made = self.made.entry(key).or_insert_with(|| {
            let (own, data_type) = self.by_column.get(column)?;
            mask_text(self.relation, *data_type, operand, own)
        });
        made.as_deref()
    }
}

/// The text of the masks of a column over `operand`.
fn mask_text(
    relation: &Relation,
    data_type: Option<&DataType>,
    operand: &str,
    own: &[&ColumnMask],
) -> Option<String> {
    let when = |mask: &ColumnMask| {
        let open = relation.columns().is_none();
        mask.when
            .as_ref()
            .map(|w| w.render((w.subquery || open).then_some(relation.found.name.table.as_str())))
    };
    match (data_type, own) {
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

/// Where `mask` stands in `block` so that `used` lies inside it. A mask that is the bare operand hides nothing; one that is the end of a longer
/// name, or stands behind a dot, is the call of another function.
fn occurs_around(text: &str, block: Span, mask: &str, used: Span) -> Option<Span> {
    if mask.len() <= used.len() as usize {
        return None;
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
    let mut places = bytes.windows(mask.len()).zip(near.start..);
    let before = |start: u32| text.get(..start as usize)?.chars().next_back();
    let (_, start) = places.find(|(found, start)| {
        *start <= used.start
            && used.end <= start + reach
            && *found == mask.as_bytes()
            && !before(*start).is_some_and(goes_on)
    })?;
    Some(Span::new(start, start + reach))
}

/// Whether what follows this character may belong to the same name.
fn goes_on(before: char) -> bool {
    before.is_alphanumeric() || matches!(before, '_' | '$' | '.' | '`' | '\'' | '"')
}
