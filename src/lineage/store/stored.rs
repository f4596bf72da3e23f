//! What a store knows at one version: cuts and renames in memory, the entries of datasets as they are asked for.
//!
//! Invariant: after one read that failed nothing more is read. Every answer is an entry that hides all columns.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

use super::index;
use super::known::Kept;
use super::names::folded;
use super::pages::{Found, Pages};
use super::standing::Standing;
use super::tables::{Rows, Shared, Value, held, signed};
use super::{Entry, Event, Fold, LineageError, RecordId};
use crate::catalog::TableName;
use crate::lineage::{Dataset, Record};

/// A version of a store.
pub(super) struct Stored {
    version: u64,
    database: Shared,
    standing: Arc<Standing>,
    is_empty: bool,
    pages: Mutex<Pages>,
    failure: OnceLock<LineageError>,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Stored {
    /// A version, with what was read of an earlier one and still holds.
    ///
    /// # Errors
    /// A database that does not answer, or holds what cannot be understood.
    pub fn read(
        database: &Shared,
        version: u64,
        before: Option<&Self>,
    ) -> Result<Self, LineageError> {
        // A history that has become shorter is another one.
        let before = before.filter(|before| before.version <= version);
        // In this order: whoever answers holds the pages of a snapshot, and then wants the database.
        let pages = before.map(|before| held(&before.pages).clone());
        let mut rows = held(database);
        let rows: &mut dyn Rows = &mut *rows;
        let mut standing = before.map(|b| Arc::clone(&b.standing)).unwrap_or_default();
        let since = before.map_or(0, |before| before.version);
        let sql = "SELECT number, body FROM event \
                   WHERE stands = 1 AND number > $1 AND number <= $2 ORDER BY number";
        let span = [Value::Number(signed(since)), Value::Number(signed(version))];
        for (number, event) in index::read(rows.rows(sql, &span)?)? {
            Arc::make_mut(&mut standing)
                .apply(number, &event)
                .map_err(|e| index::damaged(number, &e))?;
        }
        let pages = match pages {
            Some(pages) => pages.at(rows, version)?,
            None => Pages::new(version),
        };
        let sql = "SELECT id, '' FROM dataset WHERE born <= $1 LIMIT 1";
        let some = rows.rows(sql, &[Value::Number(signed(version))])?;
        Ok(Self {
            version,
            database: Arc::clone(database),
            standing,
            is_empty: some.is_empty(),
            pages: Mutex::new(pages),
            failure: OnceLock::new(),
        })
    }

    pub const fn version(&self) -> u64 {
        self.version
    }

    pub const fn is_empty(&self) -> bool {
        self.is_empty
    }

    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    pub fn failure(&self) -> Option<LineageError> {
        self.failure.get().cloned()
    }

    pub fn whole(&self) -> Result<Fold, LineageError> {
        let mut fold = Fold::default();
        for (number, event) in index::events(&mut *held(&self.database), self.version)? {
            fold.apply(number, &event)
                .map_err(|e| index::damaged(number, &e))?;
        }
        Ok(fold)
    }

    pub fn called(&self, name: &TableName) -> Result<Vec<Arc<Dataset>>, LineageError> {
        let mut pages = held(&self.pages);
        let named = pages.named(&mut *held(&self.database), name)?;
        let exact = named.iter().filter(|found| found.dataset.name == *name);
        Ok(exact.map(|found| Arc::clone(&found.dataset)).collect())
    }

    /// See [`super::Known::entries_of`].
    pub fn entries_of(
        &self,
        name: Option<&TableName>,
        physical: Option<&str>,
        is_it: &dyn Fn(&Dataset) -> bool,
    ) -> Result<Vec<Kept>, LineageError> {
        let mut pages = held(&self.pages);
        let rows = &mut *held(&self.database);
        let mut found = match name {
            Some(name) => pages.named(rows, &folded(name))?.to_vec(),
            None => Vec::new(),
        };
        if let Some(place) = physical {
            let asked = Dataset {
                name: TableName::new("", "", ""),
                physical: vec![place.to_owned()],
            };
            found.extend(pages.found(rows, &asked, &|a, b| a == b)?);
        }
        found.retain(|found| is_it(&found.dataset));
        let mut shown = Vec::new();
        for found in found {
            let page = pages.page(rows, &found)?;
            if !page.entries.is_empty() {
                shown.push((Arc::clone(&found.dataset), page.entries.clone()));
            }
        }
        Ok(shown)
    }

    /// See [`super::Known::record`].
    pub fn record(&self, id: RecordId) -> Result<Option<Record>, LineageError> {
        let sql = "SELECT number, body FROM event WHERE number = $1 AND number <= $2";
        let values = [
            Value::Number(signed(id.0)),
            Value::Number(signed(self.version)),
        ];
        let events = index::read(held(&self.database).rows(sql, &values)?)?;
        Ok(events.into_iter().find_map(|(_, event)| match event {
            Event::Pending(record) | Event::Import(record) => Some(record),
            Event::Commit(_)
            | Event::Abort(_)
            | Event::Ended(_)
            | Event::Forget(_)
            | Event::Declassify(_)
            | Event::Classify { .. } => None,
        }))
    }

    /// See [`super::Known::writers`].
    pub fn writers(
        &self,
        dataset: &Dataset,
        shares: &dyn Fn(&str, &str) -> bool,
    ) -> Vec<Arc<Entry>> {
        self.answer(|pages, rows| {
            let found = pages.found(rows, dataset, shares)?;
            entries(pages, rows, &found)
        })
    }

    /// See [`super::Known::named`].
    pub fn named(&self, name: &TableName) -> Vec<Arc<Entry>> {
        self.answer(|pages, rows| {
            let named = pages.named(rows, &folded(name))?;
            let sites: Vec<Found> = named.iter().filter(|found| found.site).cloned().collect();
            let mut entries = entries(pages, rows, &sites)?;
            entries.retain(|entry| !entry.declared().is_some_and(|d| d.by_user));
            Ok(entries)
        })
    }

    fn answer(
        &self,
        read: impl FnOnce(&mut Pages, &mut dyn Rows) -> Result<Vec<Arc<Entry>>, LineageError>,
    ) -> Vec<Arc<Entry>> {
        if self.failure.get().is_none() {
            let mut pages = held(&self.pages);
            let mut database = held(&self.database);
            match read(&mut pages, &mut *database) {
                Ok(entries) => return entries,
                Err(error) => drop(self.failure.set(error)),
            }
        }
        vec![Arc::new(Entry::unreadable())]
    }
}

fn entries(
    pages: &mut Pages,
    rows: &mut dyn Rows,
    found: &[Found],
) -> Result<Vec<Arc<Entry>>, LineageError> {
    let mut entries = Vec::new();
    for found in found {
        entries.extend(pages.page(rows, found)?.entries.iter().cloned());
    }
    Ok(entries)
}
