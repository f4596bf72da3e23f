//! What an allowed statement leaves behind: for the statements after it, and for the lineage store.
//!
//! In: the statement with its resolution, and under which masks its sources are read. Out: a [`StatementRecord`].
//! Stays out: where edges come from (`lineage::columns`), what follows from them (`inherited`).
//! Invariant: that rows are gone is only said where it is known: the submitter chose neither the table nor its address, and it has no partitions.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::datasets::{Datasets, Refused};
use super::declared::tables;
use super::inherited::dataset;
use super::statement::Work;
use crate::catalog::{Found, Object, Origin, TableName};
use crate::lineage::inherit::fingerprint;
use crate::lineage::{
    Change, Dataset, Edge, Extracted, Fingerprint, ItemText, Record, SourceColumn, StatementRecord,
    extract,
};
use crate::mask::MaskSpec;
use crate::resolve::Resolution;
use crate::syntax::ast::{AlterTable, Setting, Statement, StatementKind, TableChange};
use crate::syntax::{Span, normal, sha256};

impl Work<'_> {
    /// What a statement writes; nothing where it writes nothing.
    pub(super) fn recorded(
        &self,
        index: usize,
        statement: &Statement,
        resolution: &Resolution,
        datasets: &Datasets<'_>,
    ) -> Result<Option<StatementRecord>, Vec<Refused>> {
        let changes = Self::changes(&statement.kind, datasets);
        if !writes(&statement.kind) && changes.is_empty() {
            return Ok(None);
        }
        let name = |found: &Found, hints: &[Setting]| {
            dataset(&found.name, &datasets.identity(found, hints).names())
        };
        let mut extracted = extract(statement, resolution, &name);
        let lineage = &mut extracted.lineage;
        lineage.outputs.retain(|output| output.target.is_some());
        let replaceable = replaceable(statement, resolution, datasets);
        for output in &mut lineage.outputs {
            output.replaces &= output
                .target
                .as_ref()
                .is_some_and(|target| replaceable.contains(target));
        }
        if lineage.outputs.is_empty() && changes.is_empty() {
            return Ok(None);
        }
        let mut read = Read::new();
        read_under(resolution, datasets, &mut read).map_err(|e| vec![e])?;
        Ok(Some(StatementRecord {
            statement: index,
            tables: tables(statement, resolution, datasets),
            texts: self.texts(&extracted),
            masked: masked(&read),
            lineage: extracted.lineage,
            changes,
        }))
    }

    /// The name of the job. One that its submitter has not named: whose it is, and which text.
    fn job(&self) -> &str {
        self.job.get_or_init(|| match self.named {
            Some(name) => name.to_owned(),
            None => {
                let digest = sha256(self.source);
                let short = digest.get(..12).unwrap_or_default();
                format!("{}:{short}", self.principal.user)
            }
        })
    }

    /// Keeps the record of a statement, and lets it protect the statements after it.
    pub(super) fn keep(&self, record: Option<StatementRecord>) {
        let Some(record) = record else { return };
        let mut overlay = self.overlay.borrow_mut();
        let whose = (self.job(), &*self.principal.user, self.seconds());
        Arc::make_mut(&mut overlay).overlay(whose, &record, &self.known);
        self.record.borrow_mut().push(record);
    }

    /// The record of the script, when it writes anything.
    pub(super) fn into_record(self) -> Option<Record> {
        let statements = self.record.take();
        (!statements.is_empty()).then(|| Record {
            job: self.job().to_owned(),
            user: self.principal.user.clone(),
            at: self.seconds(),
            statements,
        })
    }

    fn seconds(&self) -> i64 {
        let since = self.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }

    /// What stands at the places of edges.
    fn texts(&self, extracted: &Extracted) -> BTreeMap<Span, ItemText> {
        let lineage = &extracted.lineage;
        let mut texts = BTreeMap::new();
        let own = lineage.outputs.iter().flat_map(|output| &output.columns);
        let whole = lineage.outputs.iter().flat_map(|output| &output.whole);
        let edges = own.flat_map(|column| &column.edges).chain(whole);
        for span in edges.map(|edge: &Edge| edge.span) {
            texts.entry(span).or_insert_with(|| {
                let call = extracted.calls.get(&span);
                ItemText {
                    hash: sha256(&normal(span.text(self.source))),
                    function: call.map(|call| call.function.clone()),
                    bare: call.is_some_and(|call| call.bare),
                }
            });
        }
        texts
    }

    /// What a statement does to whole tables.
    fn changes(kind: &StatementKind, datasets: &Datasets<'_>) -> Vec<Change> {
        let change = match kind {
            StatementKind::AlterTable(alter) => renamed(alter, datasets),
            // DROP: whether its catalog removes the data nobody can say.
            // Whatever else happens, what was written is found where it was.
            _ => None,
        };
        change.into_iter().collect()
    }
}

/// By dataset and column, the mask that the column is read under; nothing where it is read raw, or in two ways.
type Read<'r> = BTreeMap<Dataset, BTreeMap<&'r str, Option<Fingerprint>>>;

/// Under which masks the columns of all base tables are read, those below views included.
fn read_under<'r>(
    resolution: &'r Resolution,
    datasets: &Datasets<'_>,
    read: &mut Read<'r>,
) -> Result<(), Refused> {
    for relation in &resolution.relations {
        if let Some(view) = &relation.view {
            read_under(&view.resolution, datasets, read)?;
            continue;
        }
        let found = &relation.found;
        let names = datasets.identity(found, &relation.options).names();
        let columns = read.entry(dataset(&found.name, &names)).or_default();
        let obligations = datasets.obligations(relation)?;
        for column in relation.columns().unwrap_or_default() {
            let mask = obligations.masks.iter().find_map(|mask| {
                let whole = matches!(mask.path.as_slice(), [name] if *name == column.name);
                let shows = matches!(mask.mask, MaskSpec::None);
                (whole && mask.when.is_none() && !shows).then_some(&mask.mask)
            });
            let print = mask.map(|mask| fingerprint(mask, column.data_type.as_ref()));
            match columns.entry(&column.name) {
                Entry::Vacant(first) => {
                    first.insert(print);
                }
                Entry::Occupied(mut other) if *other.get() != print => {
                    other.insert(None);
                }
                Entry::Occupied(_) => {}
            }
        }
    }
    Ok(())
}

fn masked(read: &Read<'_>) -> BTreeMap<SourceColumn, Fingerprint> {
    let columns = read.iter().flat_map(|(dataset, columns)| {
        let masked = columns
            .iter()
            .filter_map(|(name, mask)| Some((name, mask.as_ref()?)));
        masked.map(move |(name, mask)| (SourceColumn::new(dataset, name), mask.clone()))
    });
    columns.collect()
}

/// Whether a statement may hand rows on. EXPLAIN runs nothing.
fn writes(kind: &StatementKind) -> bool {
    match kind {
        StatementKind::Insert(_)
        | StatementKind::StatementSet(_)
        | StatementKind::CompilePlan(_)
        | StatementKind::CreateTable(_)
        | StatementKind::CreateMaterializedTable(_)
        | StatementKind::AlterTable(_)
        | StatementKind::AlterView(_)
        | StatementKind::Update(_)
        | StatementKind::Delete(_)
        | StatementKind::Truncate(_) => true,
        // A temporary view ends with its session, which sees through it.
        StatementKind::CreateView(create) => !create.temporary,
        StatementKind::Query(_)
        | StatementKind::Explain(_)
        | StatementKind::CreateObject(_)
        | StatementKind::AlterObject(_)
        | StatementKind::Analyze(_)
        | StatementKind::Describe(_)
        | StatementKind::Show(_)
        | StatementKind::Call(_)
        | StatementKind::Module(_)
        | StatementKind::Jar(_)
        | StatementKind::Drop(_)
        | StatementKind::Use(_)
        | StatementKind::Set(_)
        | StatementKind::Reset(_)
        | StatementKind::BeginStatementSet
        | StatementKind::EndStatementSet
        | StatementKind::Refused(_) => false,
    }
}

/// The tables of which all rows can be gone after the statement: those that the site describes, of which no part can be left.
fn replaceable(
    statement: &Statement,
    resolution: &Resolution,
    datasets: &Datasets<'_>,
) -> Vec<Dataset> {
    let sinks = resolution
        .sinks
        .iter()
        .filter(|sink| sink.options.is_empty());
    let known = sinks.filter(|sink| {
        let found = &sink.found;
        match &statement.kind {
            StatementKind::Truncate(_) => !datasets.is_user_named(found),
            StatementKind::Insert(_) | StatementKind::StatementSet(_) => {
                let whole = match &found.object {
                    Some(Object::Table(table)) => {
                        table.partitioned_by.as_ref().is_some_and(Vec::is_empty)
                    }
                    Some(Object::View(_) | Object::SessionView(_)) | None => false,
                };
                whole && found.origin == Origin::Catalog && !datasets.is_user_named(found)
            }
            // Nothing else is known to leave nothing: of CREATE OR REPLACE nobody knows where the old data are.
            _ => false,
        }
    });
    let known = known.filter(|sink| keeps_no_snapshots(&sink.found));
    known.map(|sink| of(&sink.found, datasets)).collect()
}

fn of(found: &Found, datasets: &Datasets<'_>) -> Dataset {
    dataset(&found.name, &datasets.physical_names(found))
}

/// Whether what is overwritten is gone. Lakes keep it as a snapshot, which can be read for a long time; what a connector that is not listed here does
/// nobody has looked at.
fn keeps_no_snapshots(found: &Found) -> bool {
    const CONNECTORS: [&str; 2] = ["filesystem", "jdbc"];
    match &found.object {
        Some(Object::Table(table)) => {
            let connector = table.options.get("connector");
            connector.is_some_and(|c| CONNECTORS.contains(&c.as_str()))
        }
        Some(Object::View(_) | Object::SessionView(_)) | None => false,
    }
}

/// `ALTER TABLE … RENAME column TO column`, and `ALTER TABLE … RENAME TO`: a table that its catalog manages moves with its name.
fn renamed(alter: &AlterTable, datasets: &Datasets<'_>) -> Option<Change> {
    let found = datasets.named(&alter.name).ok()?;
    let to = match &alter.change {
        TableChange::Rename(to) => to,
        TableChange::RenameColumn { from, to } => {
            // Of a nested column the column stays the same.
            let ([from], [to]) = (from.parts.as_slice(), to.parts.as_slice()) else {
                return None;
            };
            return Some(Change::RenamedColumn {
                dataset: of(&found, datasets),
                from: from.value.clone(),
                to: to.value.clone(),
            });
        }
        _ => return None,
    };
    let name: TableName = datasets.session.qualify(to).ok()?;
    let from = of(&found, datasets);
    let moved = Found { name, ..found };
    Some(Change::Renamed {
        from,
        to: of(&moved, datasets),
    })
}
