//! What applies to each statement, as comments before it: for people who read protected scripts.
//!
//! In: a reply. Out: its SQL with notes, attested by `verify`. Names and ids that could mean something to a program are written in percent signs, as in
//! URLs: a rule is called what its author likes. Stays out: decisions; a note holds what a reply's `applied` does and no text of a rule.

use super::reply::{Applied, AppliedMask, Decision, Reply};
use crate::splitter::Splitter;
use crate::syntax::FlinkVersion;
use crate::verify::{Note, RewrittenSql, VerifyError};

/// Why a script has no notes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unnoted {
    /// The reply is a denial.
    #[error("a script that is denied has no notes")]
    Denied,
    /// The second look refused.
    #[error(transparent)]
    Unproved(#[from] VerifyError),
    /// The submitter's program would cut the script otherwise with them.
    #[error("the splitter of `{}` makes something else of this script with notes", .0.name())]
    Splitter(Splitter),
}

/// The protected script of `reply`, with a line `-- sqlsec: …` for each filter and mask before the statement that it applies to.
///
/// `splitter` is the program that will cut it, Flink's own where nobody says: what it read well without the notes it must read well with them.
///
/// # Errors
/// [`Unnoted`]; then nothing may be submitted in its place but the reply's own SQL.
pub fn with_notes(
    reply: &Reply,
    flink: FlinkVersion,
    splitter: Option<Splitter>,
) -> Result<RewrittenSql, Unnoted> {
    let Decision::Allow { sql, .. } = &reply.decision else {
        return Err(Unnoted::Denied);
    };
    let version = reply.policy.version;
    let lists = reply.statements.iter();
    let notes: Option<Vec<Vec<Note>>> = lists.map(|s| notes(&s.applied, version)).collect();
    let notes = notes.ok_or(VerifyError("a note is no plain text"))?;
    let noted = sql.with_notes(&notes, flink)?;
    let splitter = splitter.unwrap_or(Splitter::Flink);
    let reads = |sql: &RewrittenSql| splitter.agrees(sql.as_str(), flink).is_ok();
    if reads(sql) && !reads(&noted) {
        return Err(Unnoted::Splitter(splitter));
    }
    Ok(noted)
}

fn notes(all: &[Applied], version: u64) -> Option<Vec<Note>> {
    let same_name = |applied: &Applied| {
        let name = &applied.table.table;
        all.iter()
            .any(|a| a.table != applied.table && a.table.table == *name)
    };
    let lines = all.iter().flat_map(|applied| {
        let name = &applied.table;
        let table = if same_name(applied) {
            joined([&name.catalog, &name.database, &name.table])
        } else {
            plain(&name.table)
        };
        of_table(&table, applied, version)
    });
    let mut notes = Vec::new();
    for line in lines {
        let note = Note::new(line)?;
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    Some(notes)
}

fn of_table(table: &str, applied: &Applied, version: u64) -> Vec<String> {
    if applied.row_filter.is_empty() && applied.masks.is_empty() {
        return vec![format!("{table} shows no rows, policy v{version}")];
    }
    let filters = applied.row_filter.iter();
    let filters = filters.map(|rule| format!("{table} filtered by {} v{version}", plain(rule)));
    let masks = applied.masks.iter();
    let masks = masks.map(|mask| of_mask(table, mask, version));
    filters.chain(masks).collect()
}

fn of_mask(table: &str, mask: &AppliedMask, version: u64) -> String {
    let column = joined(&mask.column);
    let (name, rule) = (plain(&mask.mask), plain(&mask.rule));
    let by = format!("{table}.{column} masked by {rule} v{version} ({name})");
    let Some(inherited) = &mask.inherited else {
        return by;
    };
    let from = inherited.from.as_ref().map(|from| {
        let column = from.column.as_deref().map_or("all".to_owned(), plain);
        let name = &from.dataset.name;
        let table = joined([&name.catalog, &name.database, &name.table]);
        format!(" from {table}.{column}")
    });
    let jobs: Vec<String> = inherited.jobs.iter().map(|job| plain(job)).collect();
    let way = if jobs.is_empty() {
        String::new()
    } else {
        format!(" by way of {}", jobs.join(", "))
    };
    format!("{by}, inherited{}{way}", from.unwrap_or_default())
}

fn joined<S: AsRef<str>>(parts: impl IntoIterator<Item = S>) -> String {
    let parts = parts.into_iter().map(|part| plain(part.as_ref()));
    parts.collect::<Vec<_>>().join(".")
}

/// Letters, digits, `_`, `.` and single `-` as they are; every other byte as `%` and two digits. No two texts become one.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        let hyphen = c == '-' && !plain.is_empty() && !plain.ends_with('-');
        if c.is_alphanumeric() || c == '_' || c == '.' || hyphen {
            plain.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                plain.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_to_a_program_is_written_in_percent_signs() {
        assert_eq!(plain("user-phone"), "user-phone");
        assert_eq!(plain("a--b"), "a-%2Db");
        assert_eq!(plain("-a"), "%2Da");
        assert_eq!(plain("x\n; DROP"), "x%0A%3B%20DROP");
        assert_eq!(plain("${a}*/"), "%24%7Ba%7D%2A%2F");
        assert_eq!(plain("100%"), "100%25");
        assert_eq!(plain("\u{2028}"), "%E2%80%A8");
        assert_eq!(plain("电话"), "电话");
    }

    #[test]
    fn whatever_a_name_is_its_note_can_be_made() {
        for c in ('\0'..='\u{2100}').chain(['\u{feff}', '\u{1f600}']) {
            let text = format!("{c}{c}-{c}");
            assert!(Note::new(plain(&text)).is_some(), "{c:?}");
        }
    }
}
