//! `docs/masks.md`, made from what Flink answered.

use std::fmt::Write;
use std::path::PathBuf;

use sqlsec::mask::{MaskSpec, MaskedColumn};

use super::subjects::Subject;
use super::{Seen, native_masks};

const HEAD: &str = "# Masks, type by type

What each of the eight names becomes on each Flink type, and what it shows. Generated from a run on Flink 2.3 by the test
`masks_keep_the_type_keep_null_and_hide`: `SQLSEC_BLESS=1 cargo test --test suite masks` writes it anew.

- `v.c` is a nullable column, and the expression is that for `v.c`. For a column that is NOT NULL the NULL branch falls away; the column
  *NOT NULL* says whether the result stays NOT NULL.
- NULL stays NULL under every mask. *refused* means: a policy that asks for it closes the table (code `mask-unfit`).
- The type of every result was compared with the column's type: equal in length, precision and names. Only the nullability of a field of a
  `ROW` can change, from NOT NULL to nullable, where the field's mask is NULL.
- `MASK_SHOW_LAST_4` and `MASK_SHOW_FIRST_4` show a text or number of four characters or less as it is, as Ranger's do. `MASK_HASH` has no
  key: where few values are possible, they can be guessed.
- Types of which a mask knows only the name (`RAW`, `VARIANT`, `BITMAP`, structured types) are masked as an `ARRAY` is: NULL.
- `CUSTOM` and a site's named masks are templates: `{col}` and `{type}` are put in, and the result is cast to the column's type.
";

/// The section of one type.
pub fn section(subject: &Subject, masks: &[(MaskSpec, [MaskedColumn; 2])], seen: &Seen) -> String {
    let mut text = format!(
        "\n## {}\n\n| mask | expression | NOT NULL |\n|---|---|---|\n",
        code(&subject.kind.to_string())
    );
    for spec in native_masks() {
        let row = masks
            .iter()
            .find(|(fitting, _)| fitting.name() == spec.name())
            .map_or_else(
                || "refused | ".to_owned(),
                |(_, [nullable, not_null])| {
                    let stays = if not_null.data_type.nullable {
                        "no"
                    } else {
                        "yes"
                    };
                    format!("{} | {stays}", code(&nullable.sql))
                },
            );
        writeln!(text, "| `{}` | {row} |", spec.name()).expect("a string takes text");
    }
    // NULL and the raw value say nothing more in a column of their own.
    let shown: Vec<usize> = (0..masks.len())
        .filter(|at| !matches!(masks[*at].0, MaskSpec::Null | MaskSpec::None))
        .collect();
    let heads: Vec<String> = shown
        .iter()
        .map(|at| format!(" `{}` |", masks[*at].0.name()))
        .collect();
    writeln!(
        text,
        "\n| value |{}\n|---|{}",
        heads.concat(),
        "---|".repeat(shown.len())
    )
    .expect("a string takes text");
    for (row, raw) in seen.raw.iter().enumerate() {
        let cells: Vec<String> = shown
            .iter()
            .map(|at| format!(" {} |", value(seen.columns[2 * at].values[row].as_deref())))
            .collect();
        writeln!(text, "| {} |{}", value(raw.as_deref()), cells.concat())
            .expect("a string takes text");
    }
    text
}

fn value(text: Option<&str>) -> String {
    text.map_or_else(
        || "NULL".to_owned(),
        |text| {
            code(&format!(
                "'{}'",
                text.escape_debug().to_string().replace("\\'", "'")
            ))
        },
    )
}

/// A code span that can hold back-ticks, in a cell of a table.
fn code(text: &str) -> String {
    let text = text.replace('|', "\\|");
    if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}

/// Compares with the file, or writes it where `SQLSEC_BLESS` is set.
pub fn compare(sections: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/masks.md");
    let text = format!("{HEAD}{sections}");
    if std::env::var_os("SQLSEC_BLESS").is_some() {
        std::fs::write(&path, text).expect("docs/masks.md can be written");
        return;
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == text,
        "docs/masks.md is not what Flink answers: `SQLSEC_BLESS=1 cargo test --test suite masks` writes it anew"
    );
}
