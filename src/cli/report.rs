//! Replies as text for people: what applies, and which tables are read and written.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::render::printable;
use crate::catalog::TableName;
use crate::check::{Applied, AppliedMask, Reply, StatementReport};

/// The decision, and for each statement what applies to which table.
pub(super) fn applied(reply: &Reply) -> String {
    let mut text = format!("allowed (policy version {})\n", reply.policy.version);
    for statement in &reply.statements {
        if statement.inputs.is_empty() && statement.outputs.is_empty() {
            continue;
        }
        let _ = writeln!(
            text,
            "line {}: {}",
            statement.line,
            printable(&statement.kind)
        );
        for output in names(statement.outputs.iter().map(|o| &o.name)) {
            let _ = writeln!(text, "  writes {}", printable(&output.to_string()));
        }
        let inputs = names(statement.inputs.iter().map(|i| &i.name));
        for input in &inputs {
            let found = statement.applied.iter().find(|a| a.table == **input);
            let what = found.map_or_else(|| "unprotected".to_owned(), what);
            let _ = writeln!(
                text,
                "  reads {}: {}",
                printable(&input.to_string()),
                printable(&what)
            );
        }
        for below in statement
            .applied
            .iter()
            .filter(|a| !inputs.contains(&&a.table))
        {
            let _ = writeln!(
                text,
                "  reads {} below a view: {}",
                printable(&below.table.to_string()),
                printable(&what(below))
            );
        }
    }
    text
}

/// Each name once, in the order of the text.
fn names<'a>(all: impl Iterator<Item = &'a TableName>) -> Vec<&'a TableName> {
    let mut names = Vec::new();
    all.for_each(|name| {
        if !names.contains(&name) {
            names.push(name);
        }
    });
    names
}

/// Where a mask comes from that no rule has put there.
pub(super) fn inherited(mask: &AppliedMask) -> String {
    let Some(inherited) = &mask.inherited else {
        return String::new();
    };
    let from = inherited.from.as_ref().map_or_else(
        || ", inherited".to_owned(),
        |from| {
            let column = from.column.as_deref().unwrap_or("*");
            format!(", inherited from {}.{column}", from.dataset.name)
        },
    );
    format!("{from} by {}", inherited.jobs.join(", "))
}

fn what(applied: &Applied) -> String {
    let mut what = Vec::new();
    if !applied.row_filter.is_empty() {
        what.push(format!("rows by rule {}", applied.row_filter.join(", ")));
    }
    for mask in &applied.masks {
        what.push(format!(
            "{} by mask {} (rule {}{})",
            mask.column.join("."),
            mask.mask,
            mask.rule,
            inherited(mask)
        ));
    }
    if what.is_empty() {
        "no rows".to_owned()
    } else {
        what.join("; ")
    }
}

/// What is read and written, one line a reference.
pub(super) fn tables(statements: &[StatementReport]) -> String {
    let mut rows = Vec::new();
    for statement in statements {
        let line = statement.line.to_string();
        let mut row = |way: &str, name: &TableName, physical: &[String]| {
            let cells = [
                line.as_str(),
                &statement.kind,
                way,
                &name.to_string(),
                &physical.join(", "),
            ];
            rows.push(cells.map(printable));
        };
        for input in &statement.inputs {
            row(
                if input.view { "reads view" } else { "reads" },
                &input.name,
                &input.physical,
            );
        }
        for output in &statement.outputs {
            row("writes", &output.name, &output.physical);
        }
    }
    if rows.is_empty() {
        String::new()
    } else {
        aligned(
            &["LINE", "STATEMENT", "", "TABLE", "PHYSICAL"].map(str::to_owned),
            &rows,
        )
    }
}

pub(super) fn aligned<const N: usize>(header: &[String; N], rows: &[[String; N]]) -> String {
    let all = || std::iter::once(header).chain(rows);
    let widths: Vec<usize> = (0..N)
        .map(|i| {
            all()
                .filter_map(|row| row.get(i))
                .map(|cell| cell.width())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in all() {
        let padded: String = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| {
                format!("{cell}{}  ", " ".repeat(width.saturating_sub(cell.width())))
            })
            .collect();
        let _ = writeln!(text, "{}", padded.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_a_terminal_shows_them() {
        let rows = [
            ["订单".to_owned(), "x".to_owned()],
            ["abcde".to_owned(), "y".to_owned()],
        ];
        assert_eq!(
            aligned(&["A", "B"].map(str::to_owned), &rows),
            "A      B\n订单   x\nabcde  y\n"
        );
    }
}
