//! Expressions of OPA as those of a native document.
//!
//! OPA answers with SQL text. A filter reads its table's columns by name in both worlds; a mask names its own column there and `{col}` here. What a
//! native document would not take as it stands is refused, and closes its table: an expression is never changed but for that one name.

use crate::catalog::Column;
use crate::syntax::{Expression, Operand, Span, ident_span, operands};

use super::face::Face;

/// Why an expression is not used. Names the place, not the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unusable {
    /// `${user.…}` is a variable of native documents. In OPA the policy has the attributes itself; a text that holds this was put together wrongly.
    #[error("it holds `${{`: attributes are put in by the policy, as literals")]
    Variable,
    /// Not an expression of Flink SQL.
    #[error("it is no expression of Flink SQL")]
    Syntax,
    /// A mask that reads more than its column.
    #[error("a mask reads its own column, by its bare name, and nothing else")]
    Reads,
}

/// The condition of a row filter.
///
/// # Errors
/// A variable. Whether it is a condition at all is tried as a rule.
pub(super) fn filter(text: &str) -> Result<String, Unusable> {
    no_variable(text)?;
    Ok(text.to_owned())
}

/// The expression of a mask, with `{col}` in the place of its column's name.
///
/// # Errors
/// A variable, no expression, another column.
pub(super) fn mask(text: &str, face: &Face<'_>, column: &Column) -> Result<String, Unusable> {
    no_variable(text)?;
    let expression = Expression::parse(text).map_err(|_| Unusable::Syntax)?;
    let same = |name: &str| {
        name == column.name
            || (face.asked.ignore_case && name.to_lowercase() == column.name.to_lowercase())
    };
    let mut found: Vec<Span> = Vec::new();
    let mut refused = None;
    let walked = operands(&expression.scalar.expr, &mut |operand| match operand {
        Operand::Column([name]) if same(&name.value) => found.push(ident_span(name)),
        Operand::Column(_) | Operand::Wildcard(_) | Operand::Query(_) => {
            refused = Some(Unusable::Reads);
        }
        // Functions and the markers `{col}` and `{type}` are judged with the rule.
        Operand::Call(_) | Operand::Variable(..) => {}
    });
    walked.map_err(|_| Unusable::Syntax)?;
    match refused {
        Some(refused) => Err(refused),
        None => put_in(text, found),
    }
}

fn no_variable(text: &str) -> Result<(), Unusable> {
    if text.contains("${") {
        Err(Unusable::Variable)
    } else {
        Ok(())
    }
}

/// The text with `{col}` at each of the places.
fn put_in(text: &str, mut places: Vec<Span>) -> Result<String, Unusable> {
    places.sort_by_key(|span| span.start);
    let mut written = String::with_capacity(text.len());
    let mut done = 0;
    for span in places {
        let before = text.get(done..span.start as usize);
        written.push_str(before.ok_or(Unusable::Syntax)?);
        written.push_str("{col}");
        done = span.end as usize;
    }
    written.push_str(text.get(done..).ok_or(Unusable::Syntax)?);
    Ok(written)
}
