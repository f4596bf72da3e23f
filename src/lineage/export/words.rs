//! What exports say in words: relationships, protections, times, names.

use jiff::Timestamp;

use crate::lineage::graph::{Declassified, Graph, Protection, Table};
use crate::lineage::{Direct, Form, Indirect, Kind, Reduction, Relationship, SourceColumn};

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
            Indirect::Rows => "decides how many rows there are",
            Indirect::Count => "decides how many rows are counted",
            Indirect::Twin => "is equal to it",
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

/// The name of a table or answer.
pub(super) fn table(graph: &Graph, table: &Table) -> String {
    let job = table.answer.and_then(|a| graph.jobs.get(a.job));
    job.map_or_else(|| table.title(), |job| format!("answer of {}", job.name))
}

/// A kind in lower case: `group by`.
pub(super) fn kind(kind: Kind) -> String {
    kind.name().to_lowercase().replace('_', " ")
}

/// Who ended an inheritance, until when, why.
pub(super) fn audit(audit: &Declassified) -> String {
    let until = audit.until.map_or_else(
        || "for good".to_owned(),
        |until| format!("until {}", minute(until)),
    );
    format!("by {}, {until}: {}", audit.by, audit.why)
}

/// A protection in words.
pub(super) fn protection(protection: &Protection) -> String {
    let by = |rule: &Option<String>| {
        let rule = rule.as_ref();
        rule.map_or_else(String::new, |r| format!(" by rule {r}"))
    };
    match protection {
        Protection::Raw => "raw".to_owned(),
        Protection::Unknown => "unknown".to_owned(),
        Protection::Declassified(by) => format!("declassified {}", audit(by)),
        Protection::Masked { mask, rule } => format!("masked: {mask}{}", by(rule)),
        Protection::Denied { rule } => format!("denied{}", by(rule)),
        Protection::Inherited { mask, rule, from } => {
            let sources: Vec<_> = from.iter().map(source).collect();
            format!("inherited: {mask}{} from {}", by(rule), sources.join(", "))
        }
    }
}

/// `catalog.database.table.column`.
pub(super) fn source(source: &SourceColumn) -> String {
    let column = source.column.as_deref().unwrap_or("*");
    format!("{}.{column}", source.dataset.name)
}
