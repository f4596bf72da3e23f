//! The select list of a protected relation: each column as it is, masked, or worked out again from masked ones.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::catalog::{Column, ColumnKind, TypeKind};
use crate::mask::{FieldMask, mask_column, mask_untyped};
use crate::policy::ColumnMask;
use crate::resolve::Relation;
use crate::rewrite::error::{RewriteError, RewriteErrorKind};
use crate::syntax::{Expression, Operand, ident_span, operands, quote};

/// The columns of a relation that are not shown as they are.
#[derive(Debug, Default)]
pub(super) struct MaskedColumns {
    /// Column name → the expression that stands in its place, over unqualified raw columns.
    pub sql: BTreeMap<String, String>,
    /// Those that no rule names: computed columns that read a masked one.
    pub computed: Vec<String>,
}

/// How a raw column is written for a mask. A mask of a `ROW` reaches into its fields, and without a qualifier `` `r`.`x` `` could be column x of
/// a table r.
fn operand(relation: &Relation, column: &Column) -> String {
    if is_row(column) {
        format!(
            "{}.{}",
            quote(&relation.found.name.table),
            quote(&column.name)
        )
    } else {
        quote(&column.name)
    }
}

/// Whether a column is a `ROW`.
pub(super) fn is_row(column: &Column) -> bool {
    matches!(&column.data_type, Some(t) if matches!(t.kind, TypeKind::Row(_)))
}

/// The expression for a column under its masks, over `operand`.
pub(crate) fn masked(
    relation: &Relation,
    column: &Column,
    masks: &[&ColumnMask],
    operand: &str,
) -> Result<String, RewriteErrorKind> {
    let unfit = |error| RewriteErrorKind::Mask {
        table: relation.found.name.clone(),
        column: column.name.clone(),
        error: Box::new(error),
    };
    let when = |mask: &ColumnMask| {
        mask.when
            .as_ref()
            .map(|w| w.render(super::qualifier(w, relation)))
    };
    let Some(data_type) = &column.data_type else {
        let [mask] = masks else {
            return Err(RewriteErrorKind::SchemaUnknown(relation.found.name.clone()));
        };
        if mask.path.len() > 1 {
            return Err(RewriteErrorKind::SchemaUnknown(relation.found.name.clone()));
        }
        return mask_untyped(operand, &mask.mask, when(mask).as_deref()).map_err(unfit);
    };
    let fields: Vec<FieldMask<'_>> = masks
        .iter()
        .map(|mask| FieldMask {
            path: mask.path.get(1..).unwrap_or_default(),
            spec: &mask.mask,
            when: when(mask),
        })
        .collect();
    mask_column(operand, data_type, &fields)
        .map(|m| m.sql)
        .map_err(unfit)
}

/// Works out all columns of `relation` that masks touch.
pub(super) fn masked_columns(
    relation: &Relation,
    masks: &[ColumnMask],
) -> Result<MaskedColumns, RewriteError> {
    let mut made = MaskedColumns::default();
    if masks.is_empty() {
        return Ok(made);
    }
    let at = |kind: RewriteErrorKind| kind.at(relation.name);
    let table = || relation.found.name.clone();
    let Some(columns) = relation.columns() else {
        return Err(at(RewriteErrorKind::SchemaUnknown(table())));
    };
    let named: HashSet<&str> = columns.iter().map(|c| c.name.as_str()).collect();
    let mut by_column: HashMap<&str, Vec<&ColumnMask>> = HashMap::new();
    for mask in masks {
        let name = mask.path.first().map(String::as_str).unwrap_or_default();
        by_column.entry(name).or_default().push(mask);
        if !named.contains(name) {
            return Err(at(RewriteErrorKind::MaskedColumnUnknown {
                table: table(),
                column: name.to_owned(),
            }));
        }
    }
    for column in columns {
        let Some(own) = by_column.get(column.name.as_str()) else {
            continue;
        };
        let raw = operand(relation, column);
        made.sql.insert(
            column.name.clone(),
            masked(relation, column, own, &raw).map_err(at)?,
        );
    }
    // A computed column shows what it reads: over a masked base it is worked out again, as a table that held the masked values would do.
    for column in columns {
        if let ColumnKind::Computed {
            expression, reads, ..
        } = &column.kind
            && !made.sql.contains_key(&column.name)
            && reads.iter().any(|r| made.sql.contains_key(r))
        {
            let sql = substitute(expression, &made.sql).ok_or_else(|| {
                at(RewriteErrorKind::Internal(
                    "a computed column that cannot be read again",
                ))
            })?;
            made.sql.insert(column.name.clone(), sql);
            made.computed.push(column.name.clone());
        }
    }
    let time = columns.iter().find(|c| {
        let proctime = matches!(c.kind, ColumnKind::Computed { proctime: true, .. });
        (proctime || super::watermark(relation) == Some(&c.name)) && made.sql.contains_key(&c.name)
    });
    match time {
        Some(column) => Err(at(RewriteErrorKind::MaskedTimeAttribute {
            table: table(),
            column: column.name.clone(),
        })),
        None => Ok(made),
    }
}

/// The select list as text: `*` where no column is masked.
pub(super) fn text(relation: &Relation, masked: &MaskedColumns) -> String {
    match relation.columns() {
        Some(columns) if !masked.sql.is_empty() => {
            let items = columns.iter().map(|c| item(&c.name, masked));
            items.collect::<Vec<_>>().join(", ")
        }
        _ => "*".to_owned(),
    }
}

fn item(column: &str, masked: &MaskedColumns) -> String {
    match masked.sql.get(column) {
        Some(sql) => format!("{sql} AS {}", quote(column)),
        None => quote(column),
    }
}

/// `expression` with each reference to a column of `masked` replaced by its masked form, in brackets.
fn substitute(expression: &str, masked: &BTreeMap<String, String>) -> Option<String> {
    let parsed = Expression::parse(expression).ok()?;
    let mut edits = Vec::new();
    operands(&parsed.scalar.expr, &mut |found| {
        if let Operand::Column([first, ..]) = found
            && let Some(sql) = masked.get(&first.value)
        {
            edits.push(super::Edit::replace(ident_span(first), format!("({sql})")));
        }
    })
    .ok()?;
    let set = super::EditSet::new(expression, edits).ok()?;
    Some(set.apply(
        expression,
        crate::syntax::Span::new(0, u32::try_from(expression.len()).ok()?),
    ))
}
