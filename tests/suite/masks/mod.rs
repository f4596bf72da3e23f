//! Masks on real Flink: exact types, NULL stays NULL, what must be hidden is hidden. `docs/masks.md` is the answer, written down.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic, in the functions around it too"
)]

mod model;
mod nested;
mod subjects;
mod table;
mod templates;

use serde_json::{Value, json};
use sqlsec::mask::{FieldMask, MaskSpec, MaskedColumn, mask_column};
use sqlsec::syntax::{DataType, TypeKind};

use crate::flink::Flink;
use model::Shown;
use subjects::{Subject, not_null, subjects};

/// In the order of the table.
fn native_masks() -> [MaskSpec; 7] {
    [
        MaskSpec::Mask,
        MaskSpec::ShowLast4,
        MaskSpec::ShowFirst4,
        MaskSpec::Hash,
        MaskSpec::DateShowYear,
        MaskSpec::Null,
        MaskSpec::None,
    ]
}

/// `spec` on a whole column.
fn whole(operand: &str, data_type: &DataType, spec: &MaskSpec) -> Option<MaskedColumn> {
    let mask = FieldMask {
        path: &[],
        spec,
        when: None,
    };
    mask_column(operand, data_type, &[mask]).ok()
}

/// Values of one type under some masks, as Flink sees them.
struct Seen {
    /// Of the nullable column and of the NOT NULL one.
    raw_types: [String; 2],
    /// Each mask on the nullable column and on the NOT NULL one.
    columns: Vec<SeenColumn>,
    /// The nullable column, each value as text; the last is NULL.
    raw: Vec<Option<String>>,
}

struct SeenColumn {
    data_type: String,
    /// What the claimed kind is in Flink's words.
    claimed: String,
    values: Vec<Option<String>>,
}

/// A view `v` with the samples in a nullable column `c` and in a column `n` that is NOT NULL; in the row after the samples `c` is NULL.
/// The row number is no constant, so nothing is worked out by the planner.
fn view(subject: &Subject) -> String {
    let null = format!("CAST(NULL AS {})", subject.kind);
    let pick = |last: &str| {
        let mut case = "CASE i".to_owned();
        for (index, sample) in subject.samples.iter().enumerate() {
            case += &format!(" WHEN {index} THEN {sample}");
        }
        format!("{case} ELSE {last} END")
    };
    let rows: Vec<String> = (0..=subject.samples.len())
        .map(|i| format!("({i})"))
        .collect();
    format!(
        "CREATE TEMPORARY VIEW v AS SELECT i, {} AS c, {} AS n FROM (VALUES {}) AS x(i)",
        pick(&null),
        pick(&subject.samples[0]),
        rows.join(", ")
    )
}

const MARK: &str = "#values#";

fn job(id: &str, mode: &str, subject: &Subject, masked: &[MaskedColumn]) -> Value {
    let mut columns = vec!["c".to_owned(), "n".to_owned()];
    let mut texts = vec!["CAST(c AS STRING)".to_owned()];
    for (at, column) in masked.iter().enumerate() {
        columns.push(format!("{} AS m{at}", column.sql));
        columns.push(format!("CAST(NULL AS {}) AS t{at}", column.data_type.kind));
        texts.push(format!("CAST({} AS STRING)", column.sql));
    }
    let sql = format!(
        "SELECT {}, '{MARK}' || JSON_ARRAY(i, {} NULL ON NULL) AS texts FROM v",
        columns.join(", "),
        texts.join(", ")
    );
    json!({"id": id, "op": "execute", "mode": mode, "setup": [view(subject)], "sql": sql})
}

fn seen(answer: &Value, masks: usize) -> Seen {
    assert_eq!(answer["ok"], true, "{}: {}", answer["id"], answer["error"]);
    let types: Vec<String> = answer["types"]
        .as_array()
        .expect("types")
        .iter()
        .map(|t| {
            t.as_str()
                .and_then(|t| t.split_once(' '))
                .expect("name and type")
                .1
                .to_owned()
        })
        .collect();
    let mut rows: Vec<Vec<Value>> = answer["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            let text = row.as_str().expect("a row as text");
            let json = text.split_once(MARK).expect("the values").1;
            serde_json::from_str(&json[..json.len() - 1]).expect("an array of values")
        })
        .collect();
    rows.sort_by_key(|row| row[0].as_u64());
    let column = |at: usize| {
        rows.iter()
            .map(|row| row[at + 1].as_str().map(str::to_owned))
            .collect()
    };
    Seen {
        raw_types: [types[0].clone(), types[1].clone()],
        columns: (0..masks)
            .map(|at| SeenColumn {
                data_type: types[2 + 2 * at].clone(),
                claimed: types[3 + 2 * at].clone(),
                values: column(at + 1),
            })
            .collect(),
        raw: column(0),
    }
}

/// The mask on the nullable column `c` and on the NOT NULL column `n`.
fn both(kind: &TypeKind, spec: &MaskSpec) -> Option<[MaskedColumn; 2]> {
    Some([
        whole("v.c", &DataType::nullable(kind.clone()), spec)?,
        whole("v.n", &not_null(kind.clone()), spec)?,
    ])
}

#[test]
fn masks_keep_the_type_keep_null_and_hide() {
    let mut flink = match Flink::shared() {
        Ok(flink) => flink,
        Err(why) => return println!("masks on Flink skipped: {why}"),
    };
    let subjects = subjects();
    let masked: Vec<Vec<(MaskSpec, [MaskedColumn; 2])>> = subjects
        .iter()
        .map(|subject| {
            native_masks()
                .into_iter()
                .filter_map(|spec| both(&subject.kind, &spec).map(|columns| (spec, columns)))
                .collect()
        })
        .collect();
    let jobs: Vec<Value> = subjects
        .iter()
        .zip(&masked)
        .map(|(subject, masks)| {
            let columns: Vec<MaskedColumn> = masks
                .iter()
                .flat_map(|(_, columns)| columns.clone())
                .collect();
            job(&subject.kind.to_string(), "streaming", subject, &columns)
        })
        .collect();
    let answers = flink.ask(&jobs);
    drop(flink);
    let mut wrong = Vec::new();
    let mut sections = String::new();
    for ((subject, masks), answer) in subjects.iter().zip(&masked).zip(&answers) {
        let seen = seen(answer, 2 * masks.len());
        for spec in native_masks() {
            let fits = masks
                .iter()
                .any(|(fitting, _)| fitting.name() == spec.name());
            let raw = seen.raw[0].as_deref().unwrap_or_default();
            let wanted = model::shown(&spec, &subject.kind, raw) != Shown::Refused;
            if fits != wanted {
                wrong.push(format!(
                    "{} on {}: fits {fits}, wanted {wanted}",
                    spec.name(),
                    subject.kind
                ));
            }
        }
        for (at, (spec, columns)) in masks.iter().enumerate() {
            for (side, column) in columns.iter().enumerate() {
                let found = &seen.columns[2 * at + side];
                check(
                    spec,
                    &subject.kind,
                    &seen,
                    side == 1,
                    column,
                    found,
                    &mut wrong,
                );
            }
        }
        sections += &table::section(subject, masks, &seen);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    table::compare(&sections);
}

fn check(
    spec: &MaskSpec,
    kind: &TypeKind,
    seen: &Seen,
    not_null: bool,
    column: &MaskedColumn,
    found: &SeenColumn,
    wrong: &mut Vec<String>,
) {
    let mut say = |what: String| wrong.push(format!("{} on {kind}: {what}", spec.name()));
    let suffix = if column.data_type.nullable {
        ""
    } else {
        " NOT NULL"
    };
    if found.data_type != format!("{}{suffix}", found.claimed) {
        say(format!(
            "type {} where {} was claimed",
            found.data_type, column.data_type
        ));
    }
    if column.data_type.kind == *kind && found.claimed != seen.raw_types[0] {
        say(format!(
            "type {} of a column {}",
            found.claimed, seen.raw_types[0]
        ));
    }
    for (row, shown) in found.values.iter().enumerate() {
        // In the row after the samples the NOT NULL column holds the first one again.
        let raw = match (&seen.raw[row], not_null) {
            (None, true) => &seen.raw[0],
            (raw, _) => raw,
        };
        let Some(raw) = raw else {
            if shown.is_some() {
                say(format!("NULL became {shown:?}"));
            }
            continue;
        };
        let right = match (model::shown(spec, kind, raw), shown) {
            (Shown::Exactly(wanted), Some(shown)) => *shown == wanted,
            (Shown::Null, None) => true,
            (Shown::Other, Some(shown)) => shown != raw,
            (Shown::Hash, Some(shown)) => {
                let hash = shown.trim_end();
                hash.len() == 64 && hash.chars().all(|c| c.is_ascii_hexdigit())
            }
            _ => false,
        };
        if !right {
            say(format!("{raw:?} became {shown:?}"));
        }
    }
    if matches!(spec, MaskSpec::Hash) {
        let values: Vec<_> = found.values.iter().take(seen.raw.len() - 1).collect();
        let distinct: std::collections::BTreeSet<_> = values.iter().collect();
        if values.iter().any(|v| v.is_some()) && distinct.len() < values.len() {
            say("two values have one hash".to_owned());
        }
    }
}
