//! Parts of a store's history, read as they are asked for, up to one version: which datasets may be one, and the entries of each.
//!
//! A page is what the events of one dataset come to, told to a [`Fold`] that hears of nothing else.
//! Pages are kept while there are not too many; the next version keeps those that it does not change.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::fold::Fold;
use super::index::{beginning, damaged, name_key, read};
use super::names::{above, folded, is_found, path};
use super::tables::{Rows, Value, signed};
use super::{Entry, LineageError};
use crate::catalog::TableName;
use crate::lineage::Dataset;

/// How many edges are kept. When there are more, all are let go: whoever asks for so much at once reads more than is read again.
const MOST_EDGES: usize = 2_000_000;
/// How many questions are kept.
const MOST_QUESTIONS: usize = 100_000;

/// The most paths above one that are asked for in one statement.
const AT_ONCE: usize = 16;

/// A dataset that is kept.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub id: i64,
    /// Whether something of the site's may be in there: else its name says nothing to others.
    pub site: bool,
    pub dataset: Arc<Dataset>,
}

/// The entries of a dataset.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub entries: Vec<Arc<Entry>>,
    /// The event that changed it last.
    pub changed: u64,
}

/// What was read up to a version.
#[derive(Debug, Clone, Default)]
pub(super) struct Pages {
    version: u64,
    near: HashMap<Dataset, Arc<[Found]>>,
    named: HashMap<TableName, Arc<[Found]>>,
    pages: HashMap<i64, Arc<Page>>,
    edges: usize,
}

impl Pages {
    pub fn new(version: u64) -> Self {
        Self {
            version,
            ..Self::default()
        }
    }

    /// What of it still holds at a later version.
    pub fn at(&self, rows: &mut dyn Rows, version: u64) -> Result<Self, LineageError> {
        let mut next = self.clone();
        next.version = version;
        if self.near.is_empty() && self.named.is_empty() && self.pages.is_empty() {
            return Ok(next);
        }
        let span = [
            Value::Number(signed(self.version)),
            Value::Number(signed(version)),
        ];
        let born = "SELECT id, '' FROM dataset WHERE born > $1 AND born <= $2 LIMIT 1";
        if !rows.rows(born, &span)?.is_empty() {
            next.near.clear();
            next.named.clear();
        }
        let [after, last] = span;
        let changed = rows.rows(CHANGED, &[after, last, after, last])?;
        if !changed.is_empty() {
            // Something of the site's may have come into one that only submitters had named.
            next.named.clear();
        }
        for (id, _) in changed {
            if let Some(page) = next.pages.remove(&id) {
                next.edges = next.edges.saturating_sub(weight(&page));
            }
        }
        Ok(next)
    }

    /// The datasets that are, or may be, the one that is asked for, in their order.
    pub fn found(
        &mut self,
        rows: &mut dyn Rows,
        dataset: &Dataset,
        shares: &dyn Fn(&str, &str) -> bool,
    ) -> Result<Vec<Found>, LineageError> {
        let near = match self.near.get(dataset) {
            Some(near) => Arc::clone(near),
            None => {
                let near = self.candidates(rows, dataset)?;
                if self.near.len() >= MOST_QUESTIONS {
                    self.near.clear();
                }
                self.near.insert(dataset.clone(), Arc::clone(&near));
                near
            }
        };
        let near = near.iter();
        let found = near.filter(|found| is_found(&found.dataset, dataset, shares));
        Ok(found.cloned().collect())
    }

    /// The datasets of a logical name, letter case aside, in their order.
    pub fn named(
        &mut self,
        rows: &mut dyn Rows,
        name: &TableName,
    ) -> Result<Arc<[Found]>, LineageError> {
        if let Some(named) = self.named.get(name) {
            return Ok(Arc::clone(named));
        }
        let asked = Dataset {
            name: name.clone(),
            physical: Vec::new(),
        };
        let sql = format!("{SELECT} WHERE d.name = $1 AND d.born <= $2");
        let key = name_key(&asked);
        let values = [Value::Text(&key), Value::Number(signed(self.version))];
        let mut met = rows.rows(&sql, &values)?;
        let wanted = folded(name);
        let mut named = sorted(&mut met)?;
        named.retain(|found| folded(&found.dataset.name) == wanted);
        let named: Arc<[Found]> = named.into();
        if self.named.len() >= MOST_QUESTIONS {
            self.named.clear();
        }
        self.named.insert(name.clone(), Arc::clone(&named));
        Ok(named)
    }

    /// The entries of a dataset.
    pub fn page(&mut self, rows: &mut dyn Rows, found: &Found) -> Result<Arc<Page>, LineageError> {
        if let Some(page) = self.pages.get(&found.id) {
            return Ok(Arc::clone(page));
        }
        let (id, last) = (Value::Number(found.id), Value::Number(signed(self.version)));
        let mut fold = Fold::default();
        let events = read(rows.rows(OF_DATASET, &[id, last])?)?;
        if events.is_empty() {
            // It was born of an event: its number is that of another one now, since somebody has made the index anew.
            let message = "the index of the lineage store has changed: check again";
            return Err(LineageError::Unreadable(message.to_owned()));
        }
        for (number, event) in events {
            fold.apply(number, &event)
                .map_err(|e| damaged(number, &e))?;
        }
        let (entries, changed) = fold.kept(&found.dataset);
        let page = Arc::new(Page { entries, changed });
        let weight = weight(&page);
        if self.edges.saturating_add(weight) > MOST_EDGES {
            self.pages.clear();
            self.edges = 0;
        }
        self.edges = self.edges.saturating_add(weight);
        self.pages.insert(found.id, Arc::clone(&page));
        Ok(page)
    }

    /// The datasets that are, or may be, the one that something is made of, wherever they were.
    pub fn below(
        &mut self,
        rows: &mut dyn Rows,
        dataset: &Dataset,
    ) -> Result<Vec<Arc<Page>>, LineageError> {
        let same = |a: &str, b: &str| path(a) == path(b);
        let mut all = self.found(rows, dataset, &same)?;
        all.extend(self.named(rows, &dataset.name)?.iter().cloned());
        let mut met = BTreeSet::new();
        all.retain(|found| met.insert(found.id));
        all.iter().map(|found| self.page(rows, found)).collect()
    }

    /// The datasets whose names are near, in their order.
    fn candidates(
        &self,
        rows: &mut dyn Rows,
        dataset: &Dataset,
    ) -> Result<Arc<[Found]>, LineageError> {
        let last = Value::Number(signed(self.version));
        let bare = if dataset.physical.is_empty() {
            ""
        } else {
            " AND d.bare = 1"
        };
        let sql = format!("{SELECT} WHERE d.name = $1 AND d.born <= $2{bare}");
        let key = name_key(dataset);
        let mut met = rows.rows(&sql, &[Value::Text(&key), last])?;
        for physical in &dataset.physical {
            let path = path(physical);
            let above: BTreeSet<&str> = above(&path).into_iter().map(beginning).collect();
            let above: Vec<&str> = above.into_iter().collect();
            for some in above.chunks(AT_ONCE) {
                let places: Vec<String> = (1..=some.len()).map(|n| format!("${n}")).collect();
                let sql = format!(
                    "{SELECT} JOIN path p ON p.dataset = d.id WHERE p.path IN ({}) AND d.born <= ${}",
                    places.join(", "),
                    some.len() + 1
                );
                let mut values: Vec<Value<'_>> = some.iter().map(|p| Value::Text(p)).collect();
                values.push(last);
                met.extend(rows.rows(&sql, &values)?);
            }
            let (from, to) = (format!("{path}/"), format!("{path}0"));
            // Longer ones are found by their beginning, which is that of this one.
            if beginning(&to) == to {
                let sql = format!(
                    "{SELECT} JOIN path p ON p.dataset = d.id \
                     WHERE p.path >= $1 AND p.path < $2 AND d.born <= $3"
                );
                let values = [Value::Text(&from), Value::Text(&to), last];
                met.extend(rows.rows(&sql, &values)?);
            }
        }
        Ok(sorted(&mut met)?.into())
    }
}

/// Datasets; the last digit of the number says whether something of the site's is in there.
const SELECT: &str = "SELECT d.id * 2 + d.site, d.body FROM dataset d";

/// The events of a dataset, and of those that it took entries over from: those that change it, and what became of their records.
/// CROSS JOIN: SQLite, which knows nothing of how many rows there are, keeps the order, and begins with the few.
const OF_DATASET: &str = "\
    WITH RECURSIVE need(dataset) AS (
        SELECT CAST($1 AS BIGINT)
        UNION
        SELECT t.source FROM taken t JOIN need n ON t.dataset = n.dataset
    ), own(number) AS (
        SELECT DISTINCT t.number FROM need n CROSS JOIN touch t
        WHERE t.dataset = n.dataset AND t.number <= $2
    )
    SELECT e.number, e.body FROM own o CROSS JOIN event e WHERE e.number = o.number
    UNION ALL
    SELECT e.number, e.body FROM own o CROSS JOIN event e
    WHERE e.record = o.number AND e.number <= $2
    ORDER BY 1";

/// The datasets that some events change, and those that have taken entries over from these.
const CHANGED: &str = "\
    WITH RECURSIVE hit(dataset) AS (
        SELECT t.dataset FROM touch t WHERE t.number > $1 AND t.number <= $2
        UNION
        SELECT t.dataset FROM event e CROSS JOIN touch t
        WHERE t.number = e.record AND e.number > $3 AND e.number <= $4
        UNION
        SELECT t.dataset FROM taken t JOIN hit h ON t.source = h.dataset
    )
    SELECT dataset, '' FROM hit";

/// Datasets, each once, in their order.
fn sorted(met: &mut Vec<(i64, String)>) -> Result<Vec<Found>, LineageError> {
    met.sort_unstable();
    met.dedup_by_key(|(id, _)| *id / 2);
    let found = met.drain(..).map(|(id, body)| {
        let dataset = serde_json::from_str(&body)
            .map_err(|error| LineageError::Unreadable(format!("a dataset: {error}")))?;
        Ok(Found {
            id: id / 2,
            site: id % 2 == 1,
            dataset: Arc::new(dataset),
        })
    });
    let mut found = found.collect::<Result<Vec<_>, LineageError>>()?;
    found.sort_by(|a, b| a.dataset.cmp(&b.dataset));
    Ok(found)
}

/// How many edges a page holds, and one for each entry.
fn weight(page: &Page) -> usize {
    let entries = page.entries.iter().map(|entry| {
        let written = entry.written();
        let own: usize = written.columns.iter().map(|c| c.edges.len()).sum();
        own.saturating_add(written.whole.len()).saturating_add(1)
    });
    entries.fold(1, usize::saturating_add)
}
