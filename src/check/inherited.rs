//! The masks that a table has because of where its data came from, beside those of its own rules.
//!
//! In: the obligations of a relation by the policy, what is known of earlier jobs. Out: the obligations with what its columns inherit. The rewriter
//! and `verify` see no difference.
//! Stays out: how masks follow data (`lineage::inherit`), how it is told what a statement writes (`recorded`).
//! Invariant: whatever cannot be said about a source hides what is made of it, or refuses.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::datasets::{Datasets, Refused};
use super::{Code, trust};
use crate::catalog::{
    Column, ColumnKind, Identity, Lookup, Object, Origin, Table, TableName, locate,
};
use crate::lineage::inherit::{Found, Own, OwnColumn, Settings, Sources, Walk};
use crate::lineage::store::{Entry, Known};
use crate::lineage::{Dataset, Edge, SourceColumn};
use crate::mask::MaskSpec;
use crate::policy::{ColumnMask, Effect, Obligations, Privilege, Refusal, Resource, fold};
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

/// What the rules say of a source dataset.
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, while its column is looked at"
)]
enum Source {
    /// The principal may not read it.
    Closed,
    /// They may, and this is what is hidden of it.
    Open {
        obligations: Obligations,
        columns: Vec<Column>,
        /// Whether all of its columns are known.
        described: bool,
        /// Whether the names of its columns are those of the site: what is asked may still be none of them.
        clear: bool,
        /// Whether some rule, for whomever, speaks of it.
        named: bool,
        ignore_case: bool,
    },
}

impl Source {
    const fn is_clear(&self) -> bool {
        match self {
            Self::Closed => false,
            Self::Open { clear, .. } => *clear,
        }
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

/// Whoever reads, as the walk asks.
struct Reader<'r, 'd> {
    datasets: &'r Datasets<'d>,
    /// The place of the name that is read.
    at: Span,
    reading: &'r TableName,
}

impl Sources for Reader<'_, '_> {
    type Error = Refused;

    fn own(&self, column: &SourceColumn) -> Result<OwnColumn, Refused> {
        let mut strictest = self.said(column)?;
        let lineage = &self.datasets.lineage;
        let (known, overlay) = (Arc::clone(&lineage.known), Arc::clone(&lineage.overlay));
        let name = &column.dataset.name;
        // The site's table of that name may have moved to another address, or have got another name.
        let at_another = self.is_the_sites(name) && self.table(name, &column.dataset.physical).1;
        let elsewhere = at_another.then(|| dataset(name, &[]));
        let mut moved: Vec<Dataset> = elsewhere.into_iter().collect();
        for known in [&known, &overlay] {
            moved.extend(known.moved(&column.dataset).into_iter().cloned());
        }
        for dataset in moved {
            let said = self.said(&SourceColumn {
                dataset,
                column: column.column.clone(),
            })?;
            let data_type = strictest.data_type.clone().or(said.data_type.clone());
            if self.rank(&said.own) > self.rank(&strictest.own) {
                strictest = said;
            }
            strictest.data_type = data_type;
        }
        Ok(strictest)
    }

    fn writers(&self, dataset: &Dataset) -> Vec<Arc<Entry>> {
        let lineage = &self.datasets.lineage;
        if let Some(found) = lineage.writers.borrow().get(dataset) {
            return found.clone();
        }
        let shares = self.datasets.shares();
        let mut found = lineage.known.distinct_writers(dataset, &shares);
        found.extend(lineage.overlay.distinct_writers(dataset, &shares));
        if !self.table(&dataset.name, &dataset.physical).1 {
            let named = lineage.known.named(&dataset.name).into_iter();
            for entry in named.chain(lineage.overlay.named(&dataset.name)) {
                if !found.iter().any(|kept| kept.says_the_same(&entry)) {
                    found.push(entry);
                }
            }
        }
        let mut kept = lineage.writers.borrow_mut();
        kept.insert(dataset.clone(), found.clone());
        found
    }

    fn is_cut(&self, entry: &Entry, column: &str, edge: &Edge) -> bool {
        let known = &self.datasets.lineage.known;
        let now = self.datasets.seconds();
        known.is_cut(entry, column, edge, &self.datasets.shares(), now)
    }

    fn is_declassified(&self, column: &SourceColumn) -> bool {
        let known = &self.datasets.lineage.known;
        known.is_declassified(column, &self.datasets.shares(), self.datasets.seconds())
    }
}

impl Reader<'_, '_> {
    fn said(&self, column: &SourceColumn) -> Result<OwnColumn, Refused> {
        let source = self.source(column)?;
        Ok(said(&source, column.column.as_deref()))
    }

    fn is_the_sites(&self, name: &TableName) -> bool {
        matches!(
            self.datasets.engine.catalog().find(name),
            Ok(Lookup::Table(_))
        )
    }

    /// Of what is said of one table under two names the stricter holds.
    fn rank(&self, own: &Own) -> u8 {
        let settings = Settings::from(self.datasets.engine.policy().inheritance());
        match own {
            Own::Closed if !settings.show_closed => 5,
            Own::Masked(_) => 4,
            Own::Closed => 3,
            Own::Shown => 2,
            Own::Silent => 1,
            Own::Unnamed => 0,
        }
    }

    /// What the rules say of the dataset of a column. Of one whose columns nobody has listed it is asked column by column.
    fn source(&self, column: &SourceColumn) -> Result<Arc<Source>, Refused> {
        let kept = &self.datasets.lineage.sources;
        if let Some(source) = kept.borrow().get(&column.dataset) {
            return Ok(Arc::clone(source));
        }
        let source = Arc::new(self.look(column)?);
        let whole = match &*source {
            Source::Closed => true,
            Source::Open { described, .. } => *described,
        };
        if whole {
            let source = Arc::clone(&source);
            kept.borrow_mut().insert(column.dataset.clone(), source);
        }
        Ok(source)
    }

    fn look(&self, column: &SourceColumn) -> Result<Source, Refused> {
        let datasets = self.datasets;
        let policy = datasets.engine.policy();
        let Dataset { name, physical } = &column.dataset;
        let (table, user_named) = self.table(name, physical);
        let also = datasets.also(user_named, physical);
        let catalog = datasets.engine.catalog();
        let folds = datasets.session.ignores_case(&name.catalog, catalog);
        let mut resource = Resource {
            physical,
            also: &also,
            user_named,
            ignore_case: folds,
            ..Resource::named(name)
        };
        let listed = table.as_ref().and_then(|t| t.columns.clone());
        let described = listed.is_some();
        // Of a table that nobody has described the names are the site's where its own name is.
        let clear = described || !user_named;
        let columns = listed.unwrap_or_else(|| {
            let named = policy.named_columns(&resource, datasets.at);
            spoken_of(named, column.column.as_deref(), folds)
        });
        resource.columns = Some(&columns);
        let named = policy.names(&resource, datasets.at);
        let access = policy.access(
            datasets.principal,
            &resource,
            Privilege::Select,
            datasets.at,
        );
        if let Err(refusal) = access {
            self.unless_incomplete(&refusal)?;
            // A table on the way that no rule has ever spoken of is closed by default alone: what its own sources are is known.
            let on_the_way = !named && !self.writers(&column.dataset).is_empty();
            return Ok(if on_the_way {
                Source::Open {
                    obligations: Obligations::none(),
                    columns,
                    described,
                    clear,
                    named,
                    ignore_case: folds,
                }
            } else {
                Source::Closed
            });
        }
        match policy.obligations(datasets.principal, &resource, datasets.at) {
            Ok(obligations) => Ok(Source::Open {
                obligations,
                columns,
                described,
                clear,
                named,
                ignore_case: folds,
            }),
            Err(refusal) => {
                self.unless_incomplete(&refusal)?;
                Ok(Source::Closed)
            }
        }
    }

    /// A permission service that was not asked about the source must be asked.
    fn unless_incomplete(&self, refusal: &Refusal) -> Result<(), Refused> {
        if Code::of(refusal.code) != Code::PolicyIncomplete {
            return Ok(());
        }
        let message = format!("`{}`: {}", self.reading, refusal.message);
        Err(Refused::new(Code::PolicyIncomplete, message, self.at))
    }

    /// What the site says of a dataset, and whether its logical name was chosen by whoever wrote it: one that the site has for other bytes.
    fn table(&self, name: &TableName, physical: &[String]) -> (Option<Arc<Table>>, bool) {
        let datasets = self.datasets;
        let catalog = datasets.engine.catalog();
        let Ok(Lookup::Table(table)) = catalog.find(name) else {
            let found = self.datasets.engine.tables_over(physical);
            let described = datasets.described(&found);
            let only = <[Arc<Table>; 1]>::try_from(described).ok();
            return (only.map(|[table]| table), !physical.is_empty());
        };
        let options = catalog.options(&name.catalog);
        let own = locate(name, Some(&table.options), options.as_ref().map(|c| &c.0)).names();
        let shares = datasets.shares();
        let same = own.is_empty()
            || physical.is_empty()
            || own.iter().any(|a| physical.iter().any(|b| shares(a, b)));
        if same {
            (Some(table), false)
        } else {
            (None, true)
        }
    }
}

/// What the rules say of a column of a source.
fn said(source: &Source, name: Option<&str>) -> OwnColumn {
    let (obligations, columns, named, ignore_case) = match source {
        Source::Closed => {
            return OwnColumn {
                own: Own::Closed,
                data_type: None,
            };
        }
        Source::Open {
            obligations,
            columns,
            named,
            ignore_case,
            ..
        } => (obligations, columns, *named, *ignore_case),
    };
    let clear = source.is_clear();
    let silent = if named { Own::Silent } else { Own::Unnamed };
    let Some(name) = name else {
        return OwnColumn {
            own: any(obligations).map_or(silent, Own::Masked),
            data_type: None,
        };
    };
    let same = |other: &str| other == name || (ignore_case && fold(other) == fold(name));
    let column = columns.iter().find(|c| same(&c.name));
    let of = |path: &[String]| path.first().is_some_and(|first| same(first));
    let masks: Vec<ColumnMask> = obligations
        .masks
        .iter()
        .filter(|m| of(&m.path))
        .cloned()
        .collect();
    let shown = |path: &[String]| matches!(path, [column] if same(column));
    let own = if !masks.is_empty() {
        Own::Masked(masks)
    } else if obligations.shown.iter().any(|s| shown(&s.path)) {
        Own::Shown
    } else {
        match column.map(|c| &c.kind) {
            // It shows what it reads.
            Some(ColumnKind::Computed { reads, .. }) => {
                let masked = obligations.masks.iter().find(|m| {
                    let first = m.path.first();
                    first.is_some_and(|first| reads.iter().any(|read| read == first))
                });
                masked.map_or(silent, |mask| Own::Masked(vec![redacted(mask)]))
            }
            Some(ColumnKind::Physical | ColumnKind::Metadata { .. }) if clear => silent,
            // Somebody has named it otherwise than the site does: it may be any of the site's.
            Some(ColumnKind::Physical | ColumnKind::Metadata { .. }) | None => {
                any(obligations).map_or(silent, Own::Masked)
            }
        }
    };
    OwnColumn {
        own,
        data_type: column.and_then(|c| c.data_type.clone()),
    }
}

/// The mask of something that may be any of the columns: as far as any of their masks goes.
fn any(obligations: &Obligations) -> Option<Vec<ColumnMask>> {
    let mut any = redacted(obligations.masks.first()?);
    for mask in &obligations.masks {
        any.inherit = any.inherit.max(mask.inherit);
        any.aggregate = any.aggregate.max(mask.aggregate);
    }
    Some(vec![any])
}

/// The mask of something that a masked column is in: nothing of it shows.
fn redacted(mask: &ColumnMask) -> ColumnMask {
    ColumnMask {
        path: mask.path.iter().take(1).cloned().collect(),
        mask: MaskSpec::Redact(Default::default()),
        when: None,
        ..mask.clone()
    }
}

/// The columns of a table that nobody has described, as far as they matter: those that rules name, and the one that is asked for.
fn spoken_of(named: BTreeSet<String>, asked: Option<&str>, folds: bool) -> Vec<Column> {
    let asked = asked.map(str::to_owned);
    let same = |name: &String| {
        let fold = |name: &str| if folds { fold(name) } else { name.to_owned() };
        asked
            .as_ref()
            .is_some_and(|asked| fold(asked) == fold(name))
    };
    let others = named.into_iter().filter(|name| !same(name));
    let all = others.chain(asked.clone());
    all.map(|name| Column {
        name,
        data_type: None,
        kind: ColumnKind::Physical,
    })
    .collect()
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
