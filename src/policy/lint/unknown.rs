//! Whether a NULL in a column makes a filter UNKNOWN, so that the row is hidden.
//!
//! The filter is evaluated over sets of truth values, with one nullable column NULL at a time, and with all of them NULL. What a value is stays
//! open, so a comparison of values is "TRUE or FALSE". An approximation from above: a form that is not looked into may be UNKNOWN where a part
//! of it is NULL. Filters with subqueries are not looked at.

use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, InTarget,
    UnaryOperator, Value,
};

use super::super::Resource;
use super::super::condition::{Condition, SlotKind};
use crate::syntax::{Expression, last_part, parts, with_stack};

/// Rows that a filter hides because it is UNKNOWN.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hidden {
    /// The columns: NULL in one of them is enough, or in all together.
    pub columns: Vec<String>,
    /// Whether somebody who reads the filter with two truth values would take the row to be shown.
    pub expected: bool,
}

/// The columns whose NULL hides a row.
pub(super) fn hidden_by_null(condition: &Condition, resource: &Resource<'_>) -> Option<Hidden> {
    if condition.subquery {
        return None;
    }
    with_stack(condition.text.len(), || look_at(condition, resource))
}

fn look_at(condition: &Condition, resource: &Resource<'_>) -> Option<Hidden> {
    let nullable = nullable(condition, resource);
    let expression = Expression::parse(&condition.text).ok()?;
    let expr = &expression.scalar.expr;
    let look = |null: &[Vec<String>]| {
        let truth = |two_valued| Look { null, two_valued }.truth(expr);
        let (three, two) = (truth(false), truth(true));
        three.unknown.then_some(two.yes && !three.yes)
    };
    let mut hidden = Hidden {
        columns: Vec::new(),
        expected: false,
    };
    for column in &nullable {
        if let Some(expected) = look(std::slice::from_ref(column)) {
            hidden.columns.push(column.join("."));
            hidden.expected |= expected;
        }
    }
    if hidden.columns.is_empty() {
        hidden.expected = look(&nullable)?;
        hidden.columns = nullable.iter().map(|column| column.join(".")).collect();
    }
    Some(hidden)
}

/// The columns that the condition reads and that admit NULL, as written.
fn nullable(condition: &Condition, resource: &Resource<'_>) -> Vec<Vec<String>> {
    let columns = resource.columns.unwrap_or_default();
    let paths = condition.slots.iter().filter_map(|slot| match &slot.kind {
        SlotKind::Column(path) => Some(path),
        SlotKind::Outer(_) | SlotKind::Attribute(_) => None,
    });
    let admits_null = |path: &&Vec<String>| {
        // NULL in a row is NULL in its fields.
        (1..=path.len()).any(|length| {
            let (head, _) = path.split_at_checked(length).unwrap_or((path, &[]));
            let found = resource.find(columns, head);
            found.is_ok_and(|(_, data_type)| data_type.is_none_or(|t| t.nullable))
        })
    };
    let mut nullable: Vec<Vec<String>> = paths.filter(admits_null).cloned().collect();
    nullable.sort();
    nullable.dedup();
    nullable
}

/// Which truth values an expression may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Truth {
    yes: bool,
    no: bool,
    unknown: bool,
}

impl Truth {
    const EITHER: Self = Self {
        yes: true,
        no: true,
        unknown: false,
    };
    const UNKNOWN: Self = Self {
        yes: false,
        no: false,
        unknown: true,
    };

    const fn only(value: bool) -> Self {
        Self {
            yes: value,
            no: !value,
            unknown: false,
        }
    }

    fn of(null: Null, when_null: Self, else_: Self) -> Self {
        match null {
            Null::Always => when_null,
            Null::Never => else_,
            Null::Maybe => Self {
                yes: when_null.yes || else_.yes,
                no: when_null.no || else_.no,
                unknown: when_null.unknown || else_.unknown,
            },
        }
    }

    const fn not(self) -> Self {
        Self {
            yes: self.no,
            no: self.yes,
            unknown: self.unknown,
        }
    }

    const fn and(self, other: Self) -> Self {
        Self {
            yes: self.yes && other.yes,
            no: self.no || other.no,
            unknown: (self.unknown && (other.yes || other.unknown)) || (other.unknown && self.yes),
        }
    }
}

/// Whether an expression is NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Null {
    Never,
    Maybe,
    Always,
}

impl Null {
    const fn from(truth: Truth) -> Self {
        match truth {
            Truth { unknown: false, .. } => Self::Never,
            Truth {
                yes: false,
                no: false,
                ..
            } => Self::Always,
            Truth { .. } => Self::Maybe,
        }
    }

    /// NULL in one part is NULL in all.
    fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::Never;
        for part in parts {
            match part {
                Self::Always => return Self::Always,
                Self::Maybe => all = Self::Maybe,
                Self::Never => {}
            }
        }
        all
    }
}

/// One case: these columns are NULL, others are not.
struct Look<'a> {
    null: &'a [Vec<String>],
    /// Whether a comparison with NULL counts as plain "not equal", as a reader may take it.
    two_valued: bool,
}

impl Look<'_> {
    fn truth(&self, expr: &Expr) -> Truth {
        match expr {
            Expr::Nested(inner) => self.truth(inner),
            Expr::UnaryOp {
                op: UnaryOperator::Not,
                expr,
            } => self.truth(expr).not(),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right),
            Expr::IsNull(e) => Truth::of(self.null(e), Truth::only(true), Truth::only(false)),
            Expr::IsNotNull(e) => Truth::of(self.null(e), Truth::only(false), Truth::only(true)),
            Expr::IsTrue(e) => is(self.truth(e), |t| t.yes, |t| t.no || t.unknown),
            Expr::IsNotTrue(e) => is(self.truth(e), |t| t.no || t.unknown, |t| t.yes),
            Expr::IsFalse(e) => is(self.truth(e), |t| t.no, |t| t.yes || t.unknown),
            Expr::IsNotFalse(e) => is(self.truth(e), |t| t.yes || t.unknown, |t| t.no),
            Expr::IsUnknown(e) => is(self.truth(e), |t| t.unknown, |t| t.yes || t.no),
            Expr::IsNotUnknown(e) => is(self.truth(e), |t| t.yes || t.no, |t| t.unknown),
            Expr::IsDistinctFrom(..) | Expr::IsNotDistinctFrom(..) => Truth::EITHER,
            Expr::Value(value) => match &value.value {
                Value::Boolean(value) => Truth::only(*value),
                Value::Null => Truth::UNKNOWN,
                _ => Truth::EITHER,
            },
            Expr::In {
                expr,
                target: InTarget::List(items),
                negated,
                ..
            } => {
                let null = Null::any(std::iter::once(&**expr).chain(items).map(|e| self.null(e)));
                self.compared(null, *negated)
            }
            Expr::Between {
                expr,
                low,
                high,
                negated,
            } => {
                let null = Null::any([&**expr, low, high].map(|e| self.null(e)));
                self.compared(null, *negated)
            }
            Expr::Like {
                expr,
                pattern,
                negated,
                ..
            }
            | Expr::SimilarTo {
                expr,
                pattern,
                negated,
                ..
            } => {
                let null = Null::any([&**expr, pattern].map(|e| self.null(e)));
                self.compared(null, *negated)
            }
            other => Truth::of(self.null(other), Truth::UNKNOWN, Truth::EITHER),
        }
    }

    fn binary(&self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Truth {
        match op {
            BinaryOperator::And => self.truth(left).and(self.truth(right)),
            BinaryOperator::Or => {
                let (left, right) = (self.truth(left).not(), self.truth(right).not());
                left.and(right).not()
            }
            BinaryOperator::NotEq => {
                self.compared(Null::any([left, right].map(|e| self.null(e))), true)
            }
            _ => self.compared(Null::any([left, right].map(|e| self.null(e))), false),
        }
    }

    /// A comparison, some operand of which may be NULL.
    fn compared(&self, null: Null, negated: bool) -> Truth {
        let when_null = if self.two_valued {
            Truth::only(negated)
        } else {
            Truth::UNKNOWN
        };
        Truth::of(null, when_null, Truth::EITHER)
    }

    fn null(&self, expr: &Expr) -> Null {
        match expr {
            Expr::Nested(inner) => self.null(inner),
            Expr::Identifier(name) => self.column(std::slice::from_ref(name)),
            Expr::CompoundIdentifier(path) => self.column(path),
            Expr::Value(value) => match value.value {
                Value::Null => Null::Always,
                _ => Null::Never,
            },
            Expr::TypedString(_) => Null::Never,
            Expr::Function(function) => self.call(function),
            Expr::Case { .. } => match self.below(expr) {
                Null::Never => Null::Never,
                Null::Maybe | Null::Always => Null::Maybe,
            },
            Expr::BinaryOp {
                op: BinaryOperator::And | BinaryOperator::Or,
                ..
            }
            | Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::IsTrue(_)
            | Expr::IsNotTrue(_)
            | Expr::IsFalse(_)
            | Expr::IsNotFalse(_)
            | Expr::IsUnknown(_)
            | Expr::IsNotUnknown(_)
            | Expr::IsDistinctFrom(..)
            | Expr::IsNotDistinctFrom(..) => Null::from(self.truth(expr)),
            other => self.below(other),
        }
    }

    fn column(&self, path: &[sqlparser::ast::Ident]) -> Null {
        let null = |column: &Vec<String>| {
            column.len() <= path.len() && column.iter().zip(path).all(|(a, b)| *a == b.value)
        };
        if self.null.iter().any(null) {
            Null::Always
        } else {
            Null::Never
        }
    }

    /// A form that is NULL where a part of it is.
    fn below(&self, expr: &Expr) -> Null {
        let mut below = Vec::new();
        if parts(expr, &mut below).is_err() {
            return Null::Maybe;
        }
        Null::any(below.into_iter().map(|part| self.null(part)))
    }

    fn call(&self, function: &Function) -> Null {
        let name = last_part(&function.name).to_ascii_uppercase();
        let FunctionArguments::List(list) = &function.args else {
            return Null::Never;
        };
        let arguments = list.args.iter().filter_map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(self.null(expr)),
            _ => None,
        });
        let nulls: Vec<Null> = arguments.collect();
        match name.as_str() {
            "COALESCE" | "IFNULL" if nulls.contains(&Null::Never) => Null::Never,
            "COALESCE" | "IFNULL" if nulls.iter().all(|null| *null == Null::Always) => Null::Always,
            "NULLIF" => Null::Maybe,
            _ => match Null::any(nulls) {
                Null::Never => Null::Never,
                // A function may do with NULL what it likes.
                Null::Maybe | Null::Always => Null::Maybe,
            },
        }
    }
}

/// A test of a truth value has two outcomes.
fn is(truth: Truth, yes: impl Fn(Truth) -> bool, no: impl Fn(Truth) -> bool) -> Truth {
    Truth {
        yes: yes(truth),
        no: no(truth),
        unknown: false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;
    use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

    use super::*;
    use crate::catalog::{Column, ColumnKind, DataType, TableName, TypeKind};

    /// `a` and `b` admit NULL, `n` does not. `None`, or the columns, with `!` where the row was expected.
    fn hidden(filter: &str) -> Option<String> {
        let column = |name: &str, nullable| Column {
            name: name.into(),
            data_type: Some(DataType {
                kind: TypeKind::Int,
                nullable,
            }),
            kind: ColumnKind::Physical,
        };
        let columns = [column("a", true), column("b", true), column("n", false)];
        let name = TableName::new("c", "d", "t");
        let resource = Resource {
            columns: Some(&columns),
            ..Resource::named(&name)
        };
        let condition = Condition::compile(filter).unwrap();
        hidden_by_null(&condition, &resource).map(|hidden| {
            let mark = if hidden.expected { "!" } else { "" };
            format!("{}{mark}", hidden.columns.join(","))
        })
    }

    #[test]
    fn a_null_hides_a_row_where_the_filter_is_unknown() {
        for (filter, wanted) in [
            ("a = 1", Some("a")),
            ("n = 1", None),
            ("a <> 1", Some("a!")),
            ("NOT (a = 1)", Some("a!")),
            ("a NOT IN (1, 2)", Some("a!")),
            ("a NOT BETWEEN 1 AND 2", Some("a!")),
            ("CAST(a AS STRING) NOT LIKE 'x%'", Some("a!")),
            ("a IN (1, NULL)", Some("a")),
            ("a IS DISTINCT FROM 1", None),
            ("a IS NULL OR a <> 1", None),
            ("a IS NOT NULL AND a <> 1", None),
            ("(a <> 1) IS NOT FALSE", None),
            ("(a = 1) IS TRUE", None),
            ("COALESCE(a, 0) = 1", None),
            ("COALESCE(a, b) = 1", Some("a,b")),
            ("a = 1 OR n = 2", Some("a")),
            ("a = 1 AND b = 2", Some("a,b")),
            ("a = 1 OR TRUE", None),
            ("a + n > 3", Some("a")),
            ("CASE WHEN a = 1 THEN n = 1 ELSE n = 2 END", Some("a")),
            ("n = ${user.x}", None),
        ] {
            assert_eq!(hidden(filter).as_deref(), wanted, "{filter}");
        }
    }

    #[test]
    fn a_long_filter_is_looked_at_without_end_of_stack() {
        let filter = vec!["a <> 1"; 9_000].join(" AND ");
        assert_eq!(hidden(&filter).as_deref(), Some("a!"));
    }

    /// Conditions over `a` and `b`, which admit NULL, and `n`, which does not.
    fn condition() -> impl Strategy<Value = String> {
        let column = || select(vec!["a", "b", "n"]);
        let compared = (
            column(),
            select(vec!["=", "<>", "<", "IS DISTINCT FROM"]),
            0..3,
        )
            .prop_map(|(column, op, number)| format!("{column} {op} {number}"));
        let two = (column(), column()).prop_map(|(a, b)| format!("{a} + {b} > 2"));
        let listed = (column(), any::<bool>()).prop_map(|(column, not)| {
            let not = if not { " NOT" } else { "" };
            format!("{column}{not} IN (0, 1)")
        });
        let null = (column(), select(vec!["IS NULL", "IS NOT NULL"]))
            .prop_map(|(column, test)| format!("{column} {test}"));
        let first = (column(), column()).prop_map(|(a, b)| format!("COALESCE({a}, {b}) = 1"));
        let leaf = prop_oneof![2 => compared, 1 => two, 2 => listed, 1 => null, 1 => first];
        leaf.prop_recursive(3, 8, 2, |inner| {
            prop_oneof![
                2 => (inner.clone(), select(vec!["AND", "OR"]), inner.clone())
                    .prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
                1 => (inner.clone(), select(vec!["IS TRUE", "IS NOT TRUE", "IS FALSE", "IS NOT FALSE"]))
                    .prop_map(|(a, test)| format!("(({a}) {test})")),
                1 => inner.prop_map(|a| format!("NOT ({a})")),
            ]
        })
    }

    #[test]
    fn a_filter_that_a_single_null_makes_unknown_is_found() {
        let rows = rusqlite::Connection::open_in_memory().unwrap();
        rows.execute_batch(
            "CREATE TABLE v (x); INSERT INTO v VALUES (NULL), (0), (1), (2);
             CREATE TABLE t AS SELECT v.x AS a, w.x AS b, u.x AS n FROM v, v AS w, v AS u WHERE u.x IS NOT NULL;",
        )
        .unwrap();
        let mut runner = TestRunner::new_with_rng(
            ProptestConfig {
                cases: 3_000,
                failure_persistence: None,
                ..ProptestConfig::default()
            },
            TestRng::deterministic_rng(RngAlgorithm::ChaCha),
        );
        let seen = std::cell::Cell::new(0);
        runner
            .run(&condition(), |filter| {
                // One column NULL at a time, and all of them: that is what is looked at.
                let cases = [("a IS NULL AND b IS NOT NULL", "a"), ("b IS NULL AND a IS NOT NULL", "b")];
                let found = hidden(&filter).unwrap_or_default();
                for (case, column) in cases {
                    let unknown = format!("SELECT COUNT(*) FROM t WHERE ({case}) AND ({filter}) IS NULL");
                    let count: i64 = rows.query_row(&unknown, [], |row| row.get(0)).unwrap();
                    if count > 0 {
                        seen.set(seen.get() + 1);
                        prop_assert!(found.contains(column), "{}: {} is not in {:?}", filter, column, found);
                    }
                }
                let any = format!("SELECT COUNT(*) FROM t WHERE (a IS NOT NULL AND b IS NOT NULL) AND ({filter}) IS NULL");
                let count: i64 = rows.query_row(&any, [], |row| row.get(0)).unwrap();
                prop_assert_eq!(count, 0, "{}", filter);
                Ok(())
            })
            .unwrap();
        assert!(seen.get() > 1_000, "{} were UNKNOWN", seen.get());
    }
}
