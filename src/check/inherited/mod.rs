//! The masks that a table has because of where its data came from, beside those of its own rules.
//!
//! In: the obligations of a relation by the policy, what is known of earlier jobs. Out: the obligations with what its columns inherit. The rewriter
//! and `verify` see no difference.
//! Stays out: how masks follow data (`lineage::inherit`), how it is told what a statement writes (`recorded`).
//! Invariant: whatever cannot be said about a source hides what is made of it, or refuses.

mod kept;
mod reader;
mod source;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

pub(super) use kept::Kept;
use reader::Reader;
use source::Source;

use super::datasets::{Datasets, Refused};
use super::{Code, trust};
use crate::catalog::{Column, ColumnKind, Identity, Object, Origin, TableName};
use crate::lineage::inherit::{Found, Settings, Sources, Walk};
use crate::lineage::store::{Entry, Known};
use crate::lineage::{Dataset, SourceColumn};
use crate::mask::MaskSpec;
use crate::policy::{ColumnMask, Effect, Obligations, Resource, fold};
use crate::resolve::Relation;
use crate::syntax::Span;

/// What is known of lineage while one statement is judged.
#[derive(Default)]
pub(super) struct Lineage {
    known: Arc<Known>,
    overlay: Arc<Known>,
    writers: RefCell<HashMap<Dataset, Vec<Arc<Entry>>>>,
    sources: RefCell<HashMap<Dataset, Arc<Source>>>,
}

impl Lineage {
    /// What the store knows, and what the statements before this one write.
    pub(super) fn over(known: &Arc<Known>, overlay: &Arc<Known>) -> Self {
        Self {
            known: Arc::clone(known),
            overlay: Arc::clone(overlay),
            ..Self::default()
        }
    }

    /// Whether nobody has written anything, as far as is known.
    fn is_empty(&self) -> bool {
        self.known.is_empty() && self.overlay.is_empty()
    }
}

impl Datasets<'_> {
    /// The obligations of a relation with the masks that it inherits.
    pub(super) fn inherit(
        &self,
        relation: &Relation,
        resource: &Resource<'_>,
        obligations: Obligations,
    ) -> Result<Obligations, Refused> {
        match &relation.found.object {
            // A view is what its text reads, and that is decided by itself.
            Some(Object::View(_) | Object::SessionView(_)) => return Ok(obligations),
            Some(Object::Table(_)) | None => {}
        }
        if self.lineage.is_empty()
            && self.engine.policy().defaults().unknown_lineage == Effect::Allow
        {
            return Ok(obligations);
        }
        if self.identity(&relation.found, &relation.options) == Identity::Nothing {
            // It holds nothing: what is read is made up.
            return Ok(obligations);
        }
        let key = self.key(relation, resource);
        if let Some(kept) = key.as_ref().and_then(|key| self.engine.kept().get(key)) {
            return Ok((*kept).clone());
        }
        let obligations = self.inherited(relation, resource, obligations)?;
        // A store that could not read has said less, or more, than it knows.
        if let Some(key) = key
            && self.lineage.known.failure().is_none()
        {
            let kept = Arc::new(obligations.clone());
            self.engine.kept().put(key, kept);
        }
        Ok(obligations)
    }

    fn inherited(
        &self,
        relation: &Relation,
        resource: &Resource<'_>,
        obligations: Obligations,
    ) -> Result<Obligations, Refused> {
        let dataset = dataset(&relation.found.name, resource.physical);
        let reader = Reader {
            datasets: self,
            at: relation.name,
            reading: &relation.found.name,
        };
        if reader.writers(&dataset).is_empty() {
            return self.without_lineage(relation, resource, obligations);
        }
        let settings = Settings::from(self.engine.policy().inheritance());
        let mut heir = Heir {
            walk: Walk::new(&reader, &settings),
            reader: &reader,
            dataset: &dataset,
            obligations,
        };
        match resource.columns {
            Some(columns) => heir.columns(relation, columns)?,
            // Under which of its columns it is read nobody knows: a mask on any of them closes the table.
            None => drop(heir.names(None)?),
        }
        Ok(heir.obligations)
    }

    /// Whether any column of a table inherits a mask: for what shows parts of it under other names.
    pub(super) fn inherits_anything(
        &self,
        name: &TableName,
        physical: &[String],
        at: Span,
    ) -> Result<bool, Refused> {
        let found = self.session.find(name.clone(), self.engine.catalog()).ok();
        let own = found
            .map(|found| self.physical_names(&found))
            .unwrap_or_default();
        let reader = Reader {
            datasets: self,
            at,
            reading: name,
        };
        let settings = Settings::from(self.engine.policy().inheritance());
        for physical in [&own[..], physical] {
            let dataset = dataset(name, physical);
            let mut heir = Heir {
                walk: Walk::new(&reader, &settings),
                reader: &reader,
                dataset: &dataset,
                obligations: Obligations::none(),
            };
            heir.names(None)?;
            if !heir.obligations.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A table that nobody has written as far as is known.
    fn without_lineage(
        &self,
        relation: &Relation,
        resource: &Resource<'_>,
        obligations: Obligations,
    ) -> Result<Obligations, Refused> {
        let policy = self.engine.policy();
        if policy.defaults().unknown_lineage == Effect::Allow || policy.names(resource, self.at) {
            return Ok(obligations);
        }
        Err(unknown(&relation.found.name, relation.name))
    }

    fn shares(&self) -> impl Fn(&str, &str) -> bool {
        |a: &str, b: &str| self.engine.policy().may_share_bytes(a, b)
    }

    fn seconds(&self) -> i64 {
        let since = self.at.duration_since(UNIX_EPOCH);
        let seconds = since.map(|since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
        seconds.unwrap_or_default()
    }
}

/// The table that inherits.
struct Heir<'h, 'd> {
    walk: Walk<'h, Reader<'h, 'd>>,
    reader: &'h Reader<'h, 'd>,
    dataset: &'h Dataset,
    obligations: Obligations,
}

impl Heir<'_, '_> {
    fn columns(&mut self, relation: &Relation, columns: &[Column]) -> Result<(), Refused> {
        let holds =
            |column: &&Column| is_stored(column) && !self.is_of_the_broker(relation, column);
        let stored: Vec<&Column> = columns.iter().filter(holds).collect();
        let names: BTreeSet<String> = stored.iter().map(|c| fold(&c.name)).collect();
        for column in &stored {
            if !self.is_decided(&column.name) {
                let found = self.found(&column.name, Some(column))?;
                self.take(&column.name, found);
            }
        }
        if self.names(Some(&names))?.is_empty() {
            return Ok(());
        }
        self.by_name(relation, &stored)
    }

    /// Whether a column is what a broker says of a message: nobody has written data there. Headers and keys are data, and so is a time that a job sets.
    fn is_of_the_broker(&self, relation: &Relation, column: &Column) -> bool {
        const KEYS: [&str; 6] = [
            "leader-epoch",
            "offset",
            "partition",
            "timestamp",
            "timestamp-type",
            "topic",
        ];
        let (ColumnKind::Metadata { key, .. }, Some(Object::Table(table))) =
            (&column.kind, &relation.found.object)
        else {
            return false;
        };
        let key = key.as_ref().unwrap_or(&column.name);
        let connector = table.options.get("connector");
        let broker = connector.is_some_and(|c| c == "kafka" || c == "upsert-kafka");
        let plain = |entry: &Arc<Entry>| {
            entry.declared().is_some_and(|declared| {
                let mut written = entry.written().columns.iter();
                !declared.columns.is_empty()
                    && !written.any(|c| declared.metadata.contains(&c.name))
            })
        };
        broker
            && KEYS.contains(&key.as_str())
            && self.reader.current(self.dataset).iter().all(plain)
    }

    /// The masks of names that were written and are not among `known`; with none known they are added to the obligations.
    fn names(&mut self, known: Option<&BTreeSet<String>>) -> Result<Vec<ColumnMask>, Refused> {
        let mut written: BTreeSet<String> = BTreeSet::new();
        for entry in self.reader.current(self.dataset) {
            let columns = entry.written().columns.iter();
            written.extend(columns.map(|c| c.name.clone()));
        }
        let mut hidden = Vec::new();
        for name in written {
            if known.is_some_and(|known| known.contains(&fold(&name))) || self.is_decided(&name) {
                continue;
            }
            let found = self.found(&name, None)?;
            if known.is_none() {
                self.take(&name, found);
            } else {
                hidden.extend(found.masks);
            }
        }
        Ok(hidden)
    }

    /// A table that a script declares over protected bytes and leaves their columns out must find its own ones by name.
    fn by_name(&self, relation: &Relation, stored: &[&Column]) -> Result<(), Refused> {
        let (Some(Object::Table(table)), Origin::Session(_)) =
            (&relation.found.object, relation.found.origin)
        else {
            return Ok(());
        };
        let mut physical = stored.iter().filter(|c| c.kind == ColumnKind::Physical);
        let Some(first) = physical
            .next()
            .filter(|_| !self.dataset.physical.is_empty())
        else {
            return Ok(());
        };
        let mut obligations = self.obligations.clone();
        obligations.masks.push(ColumnMask {
            path: vec![first.name.clone()],
            mask: self.redaction(),
            when: None,
            rule: Arc::from(""),
            inherit: Default::default(),
            aggregate: Default::default(),
            inherited: None,
        });
        let datasets = self.reader.datasets;
        let also = datasets.also(true, &self.dataset.physical);
        if trust::columns_are_the_datas(table, &obligations, &datasets.described(&also)) {
            return Ok(());
        }
        let message = format!(
            "`{}` declares columns that need not be those of the protected data",
            relation.found.name
        );
        Err(Refused::new(Code::SchemaUntrusted, message, relation.name))
    }

    /// Whether a rule speaks of the column as a whole, and of all its rows: that rule wins, `MASK_NONE` too.
    fn is_decided(&self, name: &str) -> bool {
        let whole = |path: &[String]| matches!(path, [column] if column == name);
        let mut masks = self.obligations.masks.iter();
        masks.any(|m| whole(&m.path) && m.when.is_none())
            || self.obligations.shown.iter().any(|s| whole(&s.path))
    }

    fn found(&mut self, name: &str, column: Option<&Column>) -> Result<Found, Refused> {
        let at = SourceColumn::new(self.dataset, name);
        let data_type = column.and_then(|c| c.data_type.as_ref());
        let found = self.walk.inherited(&at, data_type)?;
        let policy = self.reader.datasets.engine.policy();
        let (table, place) = (self.reader.reading, self.reader.at);
        if found.conflict {
            let message = format!("`{table}`: column `{name}` inherits different masks");
            return Err(Refused::new(Code::MaskConflict, message, place));
        }
        if found.mixed {
            let message = format!("`{table}`: some rows of column `{name}` were written masked");
            return Err(Refused::new(Code::LineageMixed, message, place));
        }
        if found.unknown && policy.defaults().unknown_lineage == Effect::Deny {
            return Err(unknown(table, place));
        }
        Ok(found)
    }

    /// Adds what a column inherits. Where rules speak of some of its fields or rows, the two together are the redaction of all of it.
    fn take(&mut self, name: &str, found: Found) {
        let inside = |mask: &ColumnMask| mask.path.first().is_some_and(|column| column == name);
        let parts = self.obligations.masks.iter().any(inside);
        let Some(first) = found.masks.first() else {
            return;
        };
        if parts {
            let mut whole = first.clone();
            whole.path = vec![name.to_owned()];
            if !matches!(whole.mask, MaskSpec::Null) {
                whole.mask = self.redaction();
            }
            self.obligations.masks.retain(|mask| !inside(mask));
            self.obligations.masks.push(whole);
            return;
        }
        self.obligations
            .masks
            .extend(found.masks.into_iter().map(|mut mask| {
                mask.path.insert(0, name.to_owned());
                mask
            }));
    }

    fn redaction(&self) -> MaskSpec {
        let policy = self.reader.datasets.engine.policy();
        MaskSpec::Redact(policy.inheritance().redact_numbers)
    }
}

const fn is_stored(column: &Column) -> bool {
    match column.kind {
        ColumnKind::Physical | ColumnKind::Metadata { .. } => true,
        // It is worked out again from what it reads.
        ColumnKind::Computed { .. } => false,
    }
}

/// A dataset by its names.
pub(super) fn dataset(name: &TableName, physical: &[String]) -> Dataset {
    let mut physical = physical.to_vec();
    physical.sort_unstable();
    Dataset {
        name: name.clone(),
        physical,
    }
}

fn unknown(table: &TableName, at: Span) -> Refused {
    let message = format!("nobody knows where the data of `{table}` come from");
    Refused::new(Code::LineageUnknown, message, at)
}
