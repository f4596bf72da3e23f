//! Conditions of a policy: as text for the policy document, and as a value for the model.

use std::cmp::Ordering;

use sqlsec::syntax::quote;

use super::choices::Choices;
use super::world::{Cell, Column, Table, literal};

/// The attribute of the principal that filters may name.
pub const ATTRIBUTE: i64 = 2;

#[derive(Debug, Clone)]
pub enum Predicate {
    Compare(Column, &'static str, Cell),
    Columns(Column, &'static str, Column),
    Attribute(Column),
    IsNull(Column, bool),
    In(Column, Vec<Cell>),
    Flag(Column),
    Not(Box<Predicate>),
    Both(Box<Predicate>, &'static str, Box<Predicate>),
    /// The column is among those of another table, and perhaps of rows that match this one.
    Member {
        column: Column,
        other: usize,
        inner: Column,
        not: bool,
    },
    /// Another table has a row with the same value, by a name that is qualified with the protected table.
    Exists {
        column: Column,
        other: usize,
        inner: Column,
    },
}

const OPERATORS: [&str; 6] = ["=", "<>", "<", ">=", ">", "<="];

/// A random condition on `tables[of]`.
pub fn predicate(
    choices: &mut Choices<'_>,
    tables: &[Table],
    of: usize,
    depth: usize,
    subqueries: bool,
) -> Predicate {
    let table = &tables[of];
    let column = choices.pick(&table.columns);
    if depth > 0 && choices.percent(35) {
        let left = Box::new(predicate(choices, tables, of, depth - 1, subqueries));
        if choices.percent(25) {
            return Predicate::Not(left);
        }
        let right = predicate(choices, tables, of, depth - 1, subqueries);
        return Predicate::Both(left, choices.pick(&["AND", "OR"]), Box::new(right));
    }
    // A filter asks later tables only: two that ask each other are refused.
    if subqueries && of + 1 < tables.len() && choices.percent(25) {
        let other = of + 1 + choices.below(tables.len() - of - 1);
        let alike = tables[other]
            .columns
            .iter()
            .filter(|c| c.kind == column.kind);
        let alike: Vec<_> = alike.copied().collect();
        if !alike.is_empty() {
            let inner = choices.pick(&alike);
            return if choices.percent(50) {
                Predicate::Exists {
                    column,
                    other,
                    inner,
                }
            } else {
                Predicate::Member {
                    column,
                    other,
                    inner,
                    not: choices.percent(30),
                }
            };
        }
    }
    let twins: Vec<_> = table
        .columns
        .iter()
        .filter(|c| c.kind == column.kind && c.name != column.name)
        .copied()
        .collect();
    match choices.below(6) {
        1 => Predicate::IsNull(column, choices.percent(60)),
        2 => Predicate::In(
            column,
            (0..1 + choices.below(3))
                .map(|_| column.literal(choices))
                .collect(),
        ),
        3 if column.data_type == "INT" => Predicate::Attribute(column),
        4 if !twins.is_empty() => {
            Predicate::Columns(column, choices.pick(&OPERATORS), choices.pick(&twins))
        }
        5 if column.data_type == "BOOLEAN" => Predicate::Flag(column),
        _ => Predicate::Compare(column, choices.pick(&OPERATORS), column.literal(choices)),
    }
}

impl Predicate {
    /// As it stands in the policy document.
    pub fn text(&self, tables: &[Table], of: usize) -> String {
        let list = |cells: &[Cell], column: &Column| {
            cells
                .iter()
                .map(|c| literal(c, column.kind))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let from = |other: &usize| {
            format!(
                "`default_catalog`.`default_database`.{} AS `z`",
                quote(tables[*other].name)
            )
        };
        match self {
            Self::Compare(column, op, cell) => {
                format!("{} {op} {}", quote(column.name), literal(cell, column.kind))
            }
            Self::Columns(a, op, b) => format!("{} {op} {}", quote(a.name), quote(b.name)),
            Self::Attribute(column) => format!("{} = ${{user.n}}", quote(column.name)),
            Self::IsNull(column, not) => format!(
                "{} IS {}NULL",
                quote(column.name),
                if *not { "NOT " } else { "" }
            ),
            Self::In(column, cells) => {
                format!("{} IN ({})", quote(column.name), list(cells, column))
            }
            Self::Flag(column) => quote(column.name),
            Self::Not(inner) => format!("NOT ({})", inner.text(tables, of)),
            Self::Both(a, op, b) => {
                format!("({}) {op} ({})", a.text(tables, of), b.text(tables, of))
            }
            Self::Member {
                column,
                other,
                inner,
                not,
            } => {
                let not = if *not { " NOT" } else { "" };
                format!(
                    "{}{not} IN (SELECT `z`.{} FROM {})",
                    quote(column.name),
                    quote(inner.name),
                    from(other)
                )
            }
            Self::Exists {
                column,
                other,
                inner,
            } => {
                let outer = format!("{}.{}", quote(tables[of].name), quote(column.name));
                format!(
                    "EXISTS (SELECT 1 FROM {} WHERE `z`.{} = {outer})",
                    from(other),
                    quote(inner.name)
                )
            }
        }
    }

    /// Its value for a row, by SQL's three truth values.
    pub fn holds(&self, tables: &[Table], of: usize, row: &[Cell]) -> Option<bool> {
        let cell = |column: &Column| &row[tables[of].column(column.name)];
        let among = |value: &Cell, cells: &mut dyn Iterator<Item = &Cell>| {
            let found: Vec<_> = cells
                .map(|c| order(value, c).map(|o| o == Ordering::Equal))
                .collect();
            if found.contains(&Some(true)) {
                Some(true)
            } else if found.contains(&None) {
                None
            } else {
                Some(false)
            }
        };
        match self {
            Self::Compare(column, op, value) => compare(cell(column), op, value),
            Self::Columns(a, op, b) => compare(cell(a), op, cell(b)),
            Self::Attribute(column) => compare(cell(column), "=", &Cell::Int(ATTRIBUTE)),
            Self::IsNull(column, not) => Some((*cell(column) == Cell::Null) != *not),
            Self::In(column, cells) => among(cell(column), &mut cells.iter()),
            Self::Flag(column) => compare(cell(column), "=", &Cell::Int(1)),
            Self::Not(inner) => inner.holds(tables, of, row).map(|b| !b),
            Self::Both(a, op, b) => {
                let sides = [a.holds(tables, of, row), b.holds(tables, of, row)];
                // The value that decides alone: FALSE for AND, TRUE for OR.
                let strong = *op == "OR";
                if sides.contains(&Some(strong)) {
                    Some(strong)
                } else if sides.contains(&None) {
                    None
                } else {
                    Some(!strong)
                }
            }
            Self::Member {
                column,
                other,
                inner,
                not,
            } => {
                let at = tables[*other].column(inner.name);
                let mut cells = tables[*other].rows.iter().map(|r| &r[at]);
                among(cell(column), &mut cells).map(|b| b != *not)
            }
            Self::Exists {
                column,
                other,
                inner,
            } => {
                let at = tables[*other].column(inner.name);
                let mut rows = tables[*other].rows.iter();
                Some(rows.any(|r| compare(&r[at], "=", cell(column)) == Some(true)))
            }
        }
    }
}

fn order(a: &Cell, b: &Cell) -> Option<Ordering> {
    match (a, b) {
        (Cell::Int(a), Cell::Int(b)) => Some(a.cmp(b)),
        (Cell::Real(a), Cell::Real(b)) => a.partial_cmp(b),
        (Cell::Text(a), Cell::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        _ => None,
    }
}

fn compare(a: &Cell, op: &str, b: &Cell) -> Option<bool> {
    let order = order(a, b)?;
    Some(match op {
        "=" => order.is_eq(),
        "<>" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        ">=" => order.is_ge(),
        other => panic!("no operator {other}"),
    })
}
