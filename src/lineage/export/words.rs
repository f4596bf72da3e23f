//! What exports say in words: relationships, times, columns.

use jiff::Timestamp;

use crate::lineage::graph::{Column, Table};
use crate::lineage::{Direct, Form, Indirect, Reduction, Relationship};

/// A relationship for people.
pub(super) const fn says(relationship: Relationship) -> &'static str {
    match relationship {
        Relationship::Direct(Direct { form, reduction }) => match reduction {
            Reduction::Counted => "counted",
            Reduction::Combined => "mixed by an aggregate",
            Reduction::Picked => match form {
                Form::Same | Form::Picked => "single values through an aggregate",
                Form::Cast => "single values through an aggregate, in another type",
                Form::Hashed => "hashed by the statement, through an aggregate",
                Form::Derived => "computed, through an aggregate of single values",
            },
            Reduction::None => match form {
                Form::Same => "the same value",
                Form::Picked => "the value of another row",
                Form::Cast => "the same value in another type",
                Form::Hashed => "hashed by the statement",
                Form::Derived => "computed from it",
            },
        },
        Relationship::Indirect(indirect) => match indirect {
            Indirect::Conditional => "decides which value stands there",
            Indirect::Window => "divides or orders a window",
            Indirect::Join => "decides which rows meet",
            Indirect::Filter => "decides which rows are there",
            Indirect::GroupBy => "decides which rows are one",
            Indirect::Sort => "decides the order",
        },
    }
}

/// Whether only a count of the values is handed on.
pub(super) const fn is_count(relationship: Relationship) -> bool {
    matches!(
        relationship,
        Relationship::Direct(Direct {
            reduction: Reduction::Counted,
            ..
        })
    )
}

/// Seconds since 1970 for people: `2026-01-02 03:04 UTC`.
pub(super) fn minute(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(
        |_| format!("second {seconds}"),
        |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    )
}

/// Seconds since 1970 as ISO 8601; the farthest time there is where they are beyond it.
pub(super) fn instant(seconds: i64) -> String {
    let farthest = if seconds < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    Timestamp::from_second(seconds)
        .unwrap_or(farthest)
        .to_string()
}

/// `catalog.database.table.column` for people.
pub(super) fn path(table: &Table, column: &Column) -> String {
    format!("{}.{}", table.title(), column.title())
}
