//! By which rows an event is found, and what is looked at before it is written.
//!
//! | table | a row |
//! |---|---|
//! | `event` | an event; `record`: the one that it commits, aborts, ends or takes back; `stands`: it holds for all datasets (`standing`) |
//! | `dataset` | a dataset that some event speaks of, `born` with it; `bare`: it has no address; `site`: not only submitters chose its name |
//! | `path` | a dataset below its server, one for each address |
//! | `touch` | an event that changes the entries of a dataset |
//! | `taken` | a rename by which a dataset took over the entries of another |
//!
//! Invariant: of the rows nothing is known that the events do not say: [`rebuild`] makes the same again.

use std::borrow::Cow;

use super::fold::Fold;
use super::known::changed_below;
use super::names::{folded, path};
use super::pages::{Found, Pages};
use super::standing::Standing;
use super::tables::{Rows, Value, signed, unsigned};
use super::{Event, LineageError};
use crate::lineage::{Change, Dataset, Record, StatementRecord};
use crate::syntax::sha256;

/// The longest text that is looked up. Databases have bounds for it; longer ones are found by their beginning, and compared whole afterwards.
const LONGEST: usize = 800;

/// The number of the last event.
pub(super) fn version(rows: &mut dyn Rows) -> Result<u64, LineageError> {
    let last = rows.rows("SELECT coalesce(max(number), 0), '' FROM event", &[])?;
    match last.first() {
        Some((number, _)) => Ok(unsigned(*number)),
        None => Err(LineageError::Unreadable("it has no version".to_owned())),
    }
}

/// The events up to a number, oldest first.
pub(super) fn events(rows: &mut dyn Rows, last: u64) -> Result<Vec<(u64, Event)>, LineageError> {
    let sql = "SELECT number, body FROM event WHERE number <= $1 ORDER BY number";
    read(rows.rows(sql, &[Value::Number(signed(last))])?)
}

/// Events as they are kept. One that cannot be read could say anything.
pub(super) fn read(rows: Vec<(i64, String)>) -> Result<Vec<(u64, Event)>, LineageError> {
    let rows = rows.into_iter().map(|(number, body)| {
        let event = serde_json::from_str(&body)
            .map_err(|error| LineageError::Unreadable(format!("event {number}: {error}")))?;
        Ok((unsigned(number), event))
    });
    rows.collect()
}

/// Writes the next event, when it fits.
pub(super) fn append(
    rows: &mut dyn Rows,
    event: &Event,
    body: &str,
    unchanged_since: Option<u64>,
) -> Result<u64, LineageError> {
    let version = version(rows)?;
    let number = version.saturating_add(1);
    if let (Event::Pending(record), Some(since)) = (event, unchanged_since)
        && is_stale(rows, record, since, version)?
    {
        return Err(LineageError::Stale);
    }
    if let Some(about) = about(event) {
        so_far(rows, about)?.apply(number, event)?;
    }
    let sql = "INSERT INTO event (number, body) VALUES ($1, $2)";
    rows.change(sql, &[Value::Number(signed(number)), Value::Text(body)])?;
    note(rows, number, event)?;
    Ok(number)
}

/// The event of this number, and those about what it brought, oldest first.
pub(super) fn about_record(
    rows: &mut dyn Rows,
    number: u64,
) -> Result<Vec<(u64, Event)>, LineageError> {
    let sql = "SELECT number, body FROM event WHERE number = $1 \
               UNION ALL SELECT number, body FROM event WHERE record = $2 ORDER BY 1";
    let number = Value::Number(signed(number));
    read(rows.rows(sql, &[number, number])?)
}

/// What has become of a record or a cut. Of a number that is of neither, nothing.
fn so_far(rows: &mut dyn Rows, number: u64) -> Result<Fold, LineageError> {
    let events = about_record(rows, number)?;
    let mut fold = Fold::default();
    let begins = |event: &Event| about(event).is_none();
    if events.first().is_some_and(|(_, first)| begins(first)) {
        for (number, event) in events {
            fold.apply(number, &event)
                .map_err(|e| damaged(number, &e))?;
        }
    }
    Ok(fold)
}

/// What an event comes to that fitted when it was written.
pub(super) fn damaged(number: u64, error: &LineageError) -> LineageError {
    LineageError::Unreadable(format!("event {number}: {error}"))
}

/// The event that an event is about.
const fn about(event: &Event) -> Option<u64> {
    match event {
        Event::Commit(id) | Event::Abort(id) | Event::Ended(id) => Some(id.0),
        Event::Classify { cut, .. } => Some(*cut),
        Event::Pending(_) | Event::Import(_) | Event::Forget(_) | Event::Declassify(_) => None,
    }
}

fn is_stale(
    rows: &mut dyn Rows,
    record: &Record,
    since: u64,
    version: u64,
) -> Result<bool, LineageError> {
    let sql = "SELECT number, '' FROM touch WHERE number > $1 LIMIT 1";
    if rows.rows(sql, &[Value::Number(signed(since))])?.is_empty() {
        return Ok(false);
    }
    let mut pages = Pages::new(version);
    changed_below(record, since, &mut |dataset| {
        let below = pages.below(rows, dataset)?.into_iter();
        let below = below.map(|page| (page.changed, Cow::Owned(page.entries.clone())));
        Ok(below.collect())
    })
}

/// Makes the rows of all events again.
pub(super) fn rebuild(rows: &mut dyn Rows) -> Result<u64, LineageError> {
    for table in ["taken", "touch", "path", "dataset"] {
        rows.change(&format!("DELETE FROM {table}"), &[])?;
    }
    rows.change("UPDATE event SET record = NULL, stands = 0", &[])?;
    let mut last = 0;
    loop {
        let sql = "SELECT number, body FROM event WHERE number > $1 ORDER BY number LIMIT 1000";
        let some = read(rows.rows(sql, &[Value::Number(signed(last))])?)?;
        if some.is_empty() {
            return Ok(last);
        }
        for (number, event) in some {
            note(rows, number, &event)?;
            last = number;
        }
    }
}

/// Writes the rows by which an event is found.
fn note(rows: &mut dyn Rows, number: u64, event: &Event) -> Result<(), LineageError> {
    let (record, stands) = (about(event), Standing::takes(event));
    if record.is_some() || stands {
        let sql = "UPDATE event SET record = $1, stands = $2 WHERE number = $3";
        let stands = Value::Number(i64::from(stands));
        let at = Value::Number(signed(number));
        rows.change(sql, &[Value::Maybe(record.map(signed)), stands, at])?;
    }
    let mut notes = Notes { rows, number };
    match event {
        Event::Pending(record) | Event::Import(record) => {
            for statement in &record.statements {
                notes.statement(statement)?;
            }
        }
        Event::Forget(forget) => {
            for found in notes.same(&forget.dataset)? {
                notes.touch(found.id)?;
            }
        }
        Event::Commit(_)
        | Event::Abort(_)
        | Event::Ended(_)
        | Event::Declassify(_)
        | Event::Classify { .. } => {}
    }
    Ok(())
}

/// The rows of one event.
struct Notes<'r> {
    rows: &'r mut dyn Rows,
    number: u64,
}

impl Notes<'_> {
    /// In the order in which a fold takes them in: a statement may write what an earlier one has renamed.
    fn statement(&mut self, statement: &StatementRecord) -> Result<(), LineageError> {
        for change in &statement.changes {
            match change {
                Change::Renamed { from, to } => {
                    let sources = self.same(from)?;
                    let site = sources.iter().any(|found| found.site);
                    let to = self.dataset(to, site)?;
                    for from in sources {
                        self.taken(to, from.id)?;
                    }
                }
                Change::RenamedColumn { dataset, .. } => {
                    for found in self.same(dataset)? {
                        self.touch(found.id)?;
                    }
                }
                // Its rows go when the job has ended: what others write there until then counts.
                Change::Emptied(dataset) => drop(self.dataset(dataset, false)?),
            }
        }
        for target in statement.lineage.outputs.iter().flat_map(|o| &o.target) {
            let by_user = statement.tables.get(target).is_some_and(|d| d.by_user);
            self.dataset(target, !by_user)?;
        }
        Ok(())
    }

    /// The datasets that are this one, as far as they are there.
    fn same(&mut self, dataset: &Dataset) -> Result<Vec<Found>, LineageError> {
        Pages::new(self.number).found(self.rows, dataset, &|a, b| a == b)
    }

    /// Exactly this dataset, which the event changes.
    fn dataset(&mut self, dataset: &Dataset, site: bool) -> Result<i64, LineageError> {
        let body = serde_json::to_string(dataset)
            .map_err(|error| LineageError::Unfit(error.to_string()))?;
        let digest = sha256(&body);
        let sql = "SELECT id, '' FROM dataset WHERE digest = $1";
        let known = self.rows.rows(sql, &[Value::Text(&digest)])?;
        let id = match known.first() {
            Some((id, _)) => *id,
            None => self.new_dataset(dataset, &body, &digest)?,
        };
        if site {
            let sql = "UPDATE dataset SET site = 1 WHERE id = $1 AND site = 0";
            self.rows.change(sql, &[Value::Number(id)])?;
        }
        self.touch(id)?;
        Ok(id)
    }

    fn new_dataset(
        &mut self,
        dataset: &Dataset,
        body: &str,
        digest: &str,
    ) -> Result<i64, LineageError> {
        let sql = "INSERT INTO dataset (digest, born, name, bare, site, body) \
                   VALUES ($1, $2, $3, $4, 0, $5) RETURNING id, ''";
        let values = [
            Value::Text(digest),
            Value::Number(signed(self.number)),
            Value::Text(&name_key(dataset)),
            Value::Number(i64::from(dataset.physical.is_empty())),
            Value::Text(body),
        ];
        let made = self.rows.rows(sql, &values)?;
        let Some((id, _)) = made.first() else {
            return Err(LineageError::Unreadable("a dataset has no id".to_owned()));
        };
        for physical in &dataset.physical {
            let sql = "INSERT INTO path (path, dataset) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            let path = path(physical);
            let values = [Value::Text(beginning(&path)), Value::Number(*id)];
            self.rows.change(sql, &values)?;
        }
        Ok(*id)
    }

    fn touch(&mut self, dataset: i64) -> Result<(), LineageError> {
        let sql = "INSERT INTO touch (dataset, number) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        let number = Value::Number(signed(self.number));
        self.rows.change(sql, &[Value::Number(dataset), number])
    }

    fn taken(&mut self, dataset: i64, source: i64) -> Result<(), LineageError> {
        let sql = "INSERT INTO taken (dataset, source, number) VALUES ($1, $2, $3) \
                   ON CONFLICT DO NOTHING";
        let number = Value::Number(signed(self.number));
        let values = [Value::Number(dataset), Value::Number(source), number];
        self.rows.change(sql, &values)
    }
}

/// By what a logical name is looked up.
pub(super) fn name_key(dataset: &Dataset) -> String {
    let name = folded(&dataset.name);
    let key = format!(
        "{}\u{1f}{}\u{1f}{}",
        name.catalog, name.database, name.table
    );
    beginning(&key).to_owned()
}

/// As much of a text as is looked up.
pub(super) fn beginning(text: &str) -> &str {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    let end = ends.take_while(|end| *end <= LONGEST).last();
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}
