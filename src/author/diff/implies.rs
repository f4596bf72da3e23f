//! Whether one condition is true wherever another is, as far as the two texts show it.
//!
//! `true` is proved, `false` is "cannot be told". Sound for three-valued logic: AND and OR are monotone in "is TRUE", and every step below takes
//! one TRUE to another. Conditions with subqueries are compared as a whole.

use sqlparser::ast::{BinaryOperator, Expr, InTarget, Value};

use crate::syntax::{Expression, with_stack};

/// Steps of a proof, after which it is given up: AND and OR in turn have exponentially many proofs.
const STEPS: u32 = 100_000;

/// Whether every row for which `a` is true is one for which `b` is true.
pub(super) fn implies(a: &str, b: &str) -> bool {
    if a.trim() == b.trim() {
        return true;
    }
    with_stack(a.len().saturating_add(b.len()), || {
        let (Ok(a), Ok(b)) = (Expression::parse(a), Expression::parse(b)) else {
            return false;
        };
        // A query stands in the tree as a number: two of them would look alike.
        if !a.queries.0.is_empty() || !b.queries.0.is_empty() {
            return false;
        }
        let mut proof = Proof { steps: STEPS };
        proof.implies(&a.scalar.expr, &b.scalar.expr)
    })
}

struct Proof {
    steps: u32,
}

impl Proof {
    fn implies(&mut self, a: &Expr, b: &Expr) -> bool {
        let Some(steps) = self.steps.checked_sub(1) else {
            return false;
        };
        self.steps = steps;
        let (a, b) = (peel(a), peel(b));
        if constant(b) == Some(true) || constant(a) == Some(false) {
            return true;
        }
        // Steps that lose nothing come first.
        if let Some((x, y)) = both(b, &BinaryOperator::And) {
            return self.implies(a, x) && self.implies(a, y);
        }
        if let Some((x, y)) = both(a, &BinaryOperator::Or) {
            return self.implies(x, b) && self.implies(y, b);
        }
        if let Some((x, y)) = both(a, &BinaryOperator::And)
            && (self.implies(x, b) || self.implies(y, b))
        {
            return true;
        }
        if let Some((x, y)) = both(b, &BinaryOperator::Or) {
            return self.implies(a, x) || self.implies(a, y);
        }
        atom(a, b)
    }
}

fn both<'e>(expr: &'e Expr, operator: &BinaryOperator) -> Option<(&'e Expr, &'e Expr)> {
    match expr {
        Expr::BinaryOp { left, op, right } if op == operator => Some((left, right)),
        _ => None,
    }
}

fn peel(mut expr: &Expr) -> &Expr {
    while let Expr::Nested(inner) = expr {
        expr = inner;
    }
    expr
}

fn constant(expr: &Expr) -> Option<bool> {
    match expr {
        Expr::Value(value) => match value.value {
            Value::Boolean(value) => Some(value),
            _ => None,
        },
        _ => None,
    }
}

/// A comparison of something with values.
fn atom(a: &Expr, b: &Expr) -> bool {
    if a.to_string() == b.to_string() {
        return true;
    }
    if let Expr::IsNotNull(tested) = b {
        return is_null_rejecting(a, &peel(tested).to_string());
    }
    if let (Some(a), Some(b)) = (Listed::of(a), Listed::of(b))
        && a.of == b.of
        && a.negated == b.negated
    {
        let (less, more) = if a.negated { (&b, &a) } else { (&a, &b) };
        return less.values.iter().all(|value| more.values.contains(value));
    }
    match (Bound::of(a), Bound::of(b)) {
        (Some(a), Some(b)) => a.implies(&b),
        _ => false,
    }
}

/// Whether a comparison is TRUE only where this operand is not NULL.
fn is_null_rejecting(expr: &Expr, operand: &str) -> bool {
    let is = |expr: &Expr| peel(expr).to_string() == operand;
    match expr {
        Expr::BinaryOp { left, op, right } => {
            let comparison = matches!(
                op,
                BinaryOperator::Eq
                    | BinaryOperator::NotEq
                    | BinaryOperator::Lt
                    | BinaryOperator::LtEq
                    | BinaryOperator::Gt
                    | BinaryOperator::GtEq
            );
            comparison && (is(left) || is(right))
        }
        Expr::In { expr, .. } | Expr::Between { expr, .. } | Expr::Like { expr, .. } => is(expr),
        _ => false,
    }
}

/// `x IN (…)`, `x = v`, and their negations: something and the list of literals that it is or is not.
struct Listed {
    of: String,
    values: Vec<String>,
    negated: bool,
}

impl Listed {
    fn of(expr: &Expr) -> Option<Self> {
        match expr {
            Expr::In {
                expr,
                target: InTarget::List(items),
                negated,
                ..
            } => {
                let values: Option<Vec<String>> = items.iter().map(literal).collect();
                Some(Self {
                    of: peel(expr).to_string(),
                    values: values?,
                    negated: *negated,
                })
            }
            Expr::BinaryOp { left, op, right } => {
                let negated = match op {
                    BinaryOperator::Eq => false,
                    BinaryOperator::NotEq => true,
                    _ => return None,
                };
                let (of, value) = match (literal(left), literal(right)) {
                    (None, Some(value)) => (left, value),
                    (Some(value), None) => (right, value),
                    _ => return None,
                };
                Some(Self {
                    of: peel(of).to_string(),
                    values: vec![value],
                    negated,
                })
            }
            _ => None,
        }
    }
}

/// A value that is the same wherever it is written so.
fn literal(expr: &Expr) -> Option<String> {
    match peel(expr) {
        Expr::Value(value) => match &value.value {
            Value::Number(..)
            | Value::SingleQuotedString(_)
            | Value::Boolean(_)
            | Value::Placeholder(_) => Some(value.to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// A comparison with a whole number, as the least and the greatest that it admits.
struct Bound {
    of: String,
    least: Option<i128>,
    greatest: Option<i128>,
    /// Whether only whole numbers were compared with `=`, so that the ends are met exactly.
    strict: bool,
}

impl Bound {
    fn of(expr: &Expr) -> Option<Self> {
        let Expr::BinaryOp { left, op, right } = expr else {
            return None;
        };
        let (of, op, number) = match (number(left), number(right)) {
            (None, Some(number)) => (left, op.clone(), number),
            (Some(number), None) => (right, turned(op)?, number),
            _ => return None,
        };
        let (least, greatest, strict) = match op {
            BinaryOperator::Eq => (Some(number), Some(number), false),
            BinaryOperator::Gt => (Some(number), None, true),
            BinaryOperator::GtEq => (Some(number), None, false),
            BinaryOperator::Lt => (None, Some(number), true),
            BinaryOperator::LtEq => (None, Some(number), false),
            _ => return None,
        };
        Some(Self {
            of: peel(of).to_string(),
            least,
            greatest,
            strict,
        })
    }

    /// Whether what lies within `self` lies within `other`. The column need not be whole: `> 3` is not `>= 4`.
    fn implies(&self, other: &Self) -> bool {
        let end = |mine: Option<i128>, its: Option<i128>, further: fn(i128, i128) -> bool| match (
            mine, its,
        ) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(mine), Some(its)) => {
                further(mine, its) || (mine == its && (self.strict || !other.strict))
            }
        };
        self.of == other.of
            && end(self.least, other.least, |mine, its| mine > its)
            && end(self.greatest, other.greatest, |mine, its| mine < its)
    }
}

fn turned(op: &BinaryOperator) -> Option<BinaryOperator> {
    Some(match op {
        BinaryOperator::Eq => BinaryOperator::Eq,
        BinaryOperator::Gt => BinaryOperator::Lt,
        BinaryOperator::GtEq => BinaryOperator::LtEq,
        BinaryOperator::Lt => BinaryOperator::Gt,
        BinaryOperator::LtEq => BinaryOperator::GtEq,
        _ => return None,
    })
}

fn number(expr: &Expr) -> Option<i128> {
    match peel(expr) {
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => digits.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};
    use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

    use super::*;

    #[test]
    fn what_is_plain_is_proved_and_nothing_else() {
        let proved = [
            ("a = 1", "a = 1"),
            ("(a = 1)", "a=1"),
            ("a = 1 AND b = 2", "b = 2"),
            ("a = 1", "a = 1 OR b = 2"),
            ("a = 1 AND b = 2 AND c = 3", "(c = 3) AND (a = 1)"),
            ("a = 1 OR b = 2", "b = 2 OR a = 1 OR c = 3"),
            (
                "a = 1 AND (b = 2 OR c = 3)",
                "(a = 1 AND b = 2) OR (a = 1 AND c = 3) OR a = 1",
            ),
            ("a IN ('x')", "a IN ('y', 'x')"),
            ("a = 'x'", "a IN ('y', 'x')"),
            ("a NOT IN ('x', 'y')", "a <> 'x'"),
            ("a = ${user.dept}", "a IN (${user.dept}, 'all')"),
            ("a > 5", "a > 3"),
            ("a > 5", "a >= 5"),
            ("5 < a", "a > 3"),
            ("a = 5", "a >= 5"),
            ("a < 3", "a <= 3"),
            ("a = 1", "a IS NOT NULL"),
            ("a LIKE 'x%'", "a IS NOT NULL"),
            ("a = 1", "TRUE"),
            ("FALSE", "a = 1"),
            ("a IN (SELECT x FROM c.d.t)", "a IN (SELECT x FROM c.d.t)"),
        ];
        for (a, b) in proved {
            assert!(implies(a, b), "{a} => {b}");
        }
        let not = [
            ("a = 1", "a = 2"),
            ("a = 1 OR b = 2", "a = 1"),
            ("a IN ('x', 'y')", "a IN ('x')"),
            ("a <> 'x'", "a NOT IN ('x', 'y')"),
            ("a <> 'x'", "a = 'y'"),
            ("a > 3", "a >= 4"),
            ("a >= 5", "a > 5"),
            ("a > 3", "a > 5"),
            ("a > 3", "b > 3"),
            ("a = 1", "b IS NOT NULL"),
            ("a IS NULL", "a IS NOT NULL"),
            ("NOT (a = 1)", "NOT (a = 1 AND b = 2)"),
            ("TRUE", "a = 1"),
            ("a IN (SELECT x FROM c.d.t)", "a IN (SELECT y FROM c.d.t)"),
            ("a IN (SELECT x FROM c.d.t) AND b = 1", "b = 1"),
        ];
        for (a, b) in not {
            assert!(!implies(a, b), "{a} => {b}");
        }
    }

    #[test]
    fn a_proof_is_given_up_and_not_waited_for() {
        let long = (0..60)
            .map(|n| format!("(a{n} = 1 AND b{n} = 1)"))
            .collect::<Vec<_>>();
        assert!(!implies(
            &long.join(" AND "),
            &format!("{} OR z = 1", long.join(" OR ").replace('1', "2"))
        ));
    }

    /// Conditions over `a` and `b`, with NULLs, in SQL that SQLite reads alike.
    fn condition() -> impl Strategy<Value = String> {
        let column = || select(vec!["a", "b"]);
        let compared = (
            column(),
            select(vec!["=", "<>", "<", "<=", ">", ">="]),
            0..4,
        )
            .prop_map(|(column, op, number)| format!("{column} {op} {number}"));
        let turned = (0..4, select(vec!["=", "<", ">="]), column())
            .prop_map(|(number, op, column)| format!("{number} {op} {column}"));
        let listed = (
            column(),
            any::<bool>(),
            subsequence(vec!["0", "1", "2", "3"], 1..=3),
        )
            .prop_map(|(column, not, list)| {
                let not = if not { " NOT" } else { "" };
                format!("{column}{not} IN ({})", list.join(", "))
            });
        let null = (column(), select(vec!["IS NULL", "IS NOT NULL"]))
            .prop_map(|(column, test)| format!("{column} {test}"));
        let leaf = prop_oneof![3 => compared, 1 => turned, 2 => listed, 1 => null, 1 => Just("TRUE".to_owned())];
        leaf.prop_recursive(3, 8, 2, |inner| {
            prop_oneof![
                (inner.clone(), select(vec!["AND", "OR"]), inner.clone())
                    .prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
                inner.prop_map(|a| format!("NOT ({a})")),
            ]
        })
    }

    #[test]
    fn what_is_proved_holds_for_all_rows() {
        let rows = rusqlite::Connection::open_in_memory().unwrap();
        let values = "(NULL), (0), (1), (2), (3), (2.5)";
        rows.execute_batch(&format!(
            "CREATE TABLE v (x); INSERT INTO v VALUES {values}; CREATE TABLE t AS SELECT v.x AS a, w.x AS b FROM v, v AS w;"
        ))
        .unwrap();
        let mut runner = TestRunner::new_with_rng(
            ProptestConfig {
                cases: 4_000,
                failure_persistence: None,
                ..ProptestConfig::default()
            },
            TestRng::deterministic_rng(RngAlgorithm::ChaCha),
        );
        let proved = std::cell::Cell::new(0);
        // Half of the pairs are kin: two conditions by chance imply one another seldom.
        let pairs = (condition(), condition(), any::<bool>()).prop_map(|(a, b, kin)| {
            if kin {
                (format!("({a}) AND ({b})"), b)
            } else {
                (a, b)
            }
        });
        runner
            .run(&pairs, |(a, b)| {
                if implies(&a, &b) {
                    proved.set(proved.get() + 1);
                    let against =
                        format!("SELECT COUNT(*) FROM t WHERE ({a}) AND ({b}) IS NOT TRUE");
                    let count: i64 = rows.query_row(&against, [], |row| row.get(0)).unwrap();
                    prop_assert_eq!(count, 0, "{} => {}", a, b);
                }
                Ok(())
            })
            .unwrap();
        assert!(proved.get() > 1_500, "{} were proved", proved.get());
    }
}
