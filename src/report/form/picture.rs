//! The lineage picture of an estate: which tables of it are drawn, and what principals see of them.
//!
//! In: the lineage of allowed jobs, one after the other; at the end the survey. Out: the picture as a page for a frame, and a line that says what it shows.
//! Rows that only go back to their submitters are left out: they are in the list of jobs.
//! Invariant: no more than [`KEPT`] edges are held, as numbers; names once each.
//! Invariant: what is not drawn is said.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use crate::lineage::export::html;
use crate::lineage::graph::{Beside, Graph, Protection, Viewpoint};
use crate::lineage::{
    ColumnLineage, Dataset, Edge, Fingerprint, Record, Relationship, SourceColumn,
    StatementLineage, StatementRecord, Written,
};
use crate::report::entry::Entry;
use crate::report::job::Place;
use crate::report::survey::{PrincipalSeen, Survey, TableSeen};
use crate::syntax::{DataType, Span};

/// So many edges of an estate are held for its picture: some 20 MB.
const KEPT: usize = 400_000;

/// A larger picture shows nothing to anybody.
const TABLES: usize = 120;
const EDGES: usize = 4_000;

/// So many principals can be chosen from: those who meet the most masks.
const PEOPLE: usize = 20;

/// What a table is, whatever a script calls it: its physical names, else its logical one.
type Key = Result<Vec<String>, crate::catalog::TableName>;

fn key(name: &crate::catalog::TableName, physical: &[String]) -> Key {
    if physical.is_empty() {
        return Err(name.clone());
    }
    let mut physical = physical.to_vec();
    physical.sort_unstable();
    Ok(physical)
}

/// A number for each name.
#[derive(Debug)]
struct Names<K, V> {
    of: HashMap<K, u32>,
    all: Vec<V>,
}

impl<K, V> Default for Names<K, V> {
    fn default() -> Self {
        Self {
            of: HashMap::new(),
            all: Vec::new(),
        }
    }
}

impl<K: std::hash::Hash + Eq, V> Names<K, V> {
    fn number(&mut self, key: K, value: impl FnOnce() -> V) -> u32 {
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let all = &mut self.all;
        *self.of.entry(key).or_insert_with(|| {
            all.push(value());
            next
        })
    }

    fn get(&self, number: u32) -> Option<&V> {
        self.all.get(number as usize)
    }
}

#[derive(Debug)]
struct Column {
    table: u32,
    name: Option<String>,
    data_type: Option<DataType>,
}

#[derive(Debug)]
struct Writer {
    job: String,
    user: String,
    at: i64,
}

/// An edge in numbers.
#[derive(Debug, Clone, Copy)]
struct Kept {
    job: u32,
    statement: u32,
    from: u32,
    table: u32,
    /// `None` for an edge that holds for every column.
    to: Option<u32>,
    masked: Option<u32>,
    relationship: Relationship,
}

/// The lineage of an estate, as it comes.
#[derive(Debug, Default)]
pub(super) struct Picture {
    tables: Names<Key, Dataset>,
    columns: Names<(u32, Option<String>), Column>,
    fingerprints: Names<Fingerprint, Fingerprint>,
    jobs: Vec<Writer>,
    edges: Vec<Kept>,
    last: Option<(String, Place)>,
    /// Jobs whose lineage was not kept.
    beyond: u64,
}

/// The picture, and what it shows of how much.
#[derive(Debug, Serialize)]
pub(super) struct Drawn {
    page: String,
    says: String,
}

impl Picture {
    /// Adds what an entry's job writes. Of a job that is judged for several principals the first allowed one counts.
    pub fn add(&mut self, entry: &Entry, record: &Record) {
        let this = (entry.job.clone(), entry.place.clone());
        if self.last.as_ref() == Some(&this) {
            return;
        }
        self.last = Some(this);
        let outputs = record.statements.iter().flat_map(|s| &s.lineage.outputs);
        let targets = outputs.filter(|w| w.target.is_some());
        let edges: usize = targets
            .map(|w| w.whole.len() + w.columns.iter().map(|c| c.edges.len()).sum::<usize>())
            .sum();
        if edges == 0 {
            return;
        }
        if self.edges.len().saturating_add(edges) > KEPT {
            self.beyond = self.beyond.saturating_add(1);
            return;
        }
        let job = u32::try_from(self.jobs.len()).unwrap_or(u32::MAX);
        self.jobs.push(Writer {
            job: record.job.clone(),
            user: record.user.clone(),
            at: record.at,
        });
        for statement in &record.statements {
            for written in &statement.lineage.outputs {
                self.written(job, statement, written);
            }
        }
    }

    fn written(&mut self, job: u32, record: &StatementRecord, written: &Written) {
        let Some(target) = &written.target else {
            return;
        };
        let table = self.table(target);
        let statement = u32::try_from(record.statement).unwrap_or(u32::MAX);
        let keep = |picture: &mut Self, to: Option<u32>, edge: &Edge| {
            if !edge.relationship.is_told() {
                return;
            }
            let source = picture.table(&edge.source.dataset);
            let from = picture.column(source, edge.source.column.as_deref(), None);
            let masked = record.masked.get(&edge.source);
            let masked = masked.map(|f| picture.fingerprints.number(f.clone(), || f.clone()));
            picture.edges.push(Kept {
                job,
                statement,
                from,
                table,
                to,
                masked,
                relationship: edge.relationship,
            });
        };
        for column in &written.columns {
            let to = self.column(table, Some(&column.name), column.data_type.as_ref());
            column
                .edges
                .iter()
                .for_each(|edge| keep(self, Some(to), edge));
        }
        written.whole.iter().for_each(|edge| keep(self, None, edge));
    }

    fn table(&mut self, dataset: &Dataset) -> u32 {
        let key = key(&dataset.name, &dataset.physical);
        self.tables.number(key, || dataset.clone())
    }

    fn column(&mut self, table: u32, name: Option<&str>, data_type: Option<&DataType>) -> u32 {
        let name = name.map(str::to_owned);
        let number = self.columns.number((table, name.clone()), || Column {
            table,
            name,
            data_type: None,
        });
        if let Some(column) = self.columns.all.get_mut(number as usize)
            && column.data_type.is_none()
        {
            column.data_type = data_type.cloned();
        }
        number
    }

    /// The picture; `None` where nothing is written from anything.
    pub fn drawn(&self, survey: &Survey) -> Option<Drawn> {
        if self.edges.is_empty() {
            return None;
        }
        let (chosen, how) = self.choose(survey);
        let edges: Vec<&Kept> = self
            .edges
            .iter()
            .filter(|edge| chosen.contains(&edge.table) && self.source(edge, &chosen))
            .take(EDGES)
            .collect();
        let all = self.edges.len();
        let beside = Beside {
            viewpoints: self.viewpoints(survey),
            ..Beside::default()
        };
        let graph = Graph::new(&self.records(&edges), &beside);
        let mut says = format!(
            "What {} write, of those that are allowed. {how}",
            counted(self.jobs.len(), "job", "jobs")
        );
        if edges.len() < all {
            says.push_str(&format!(" {} of {all} edges are drawn.", edges.len()));
        }
        if self.beyond > 0 {
            says.push_str(&format!(
                " The lineage of {} more is not in it.",
                counted(self.beyond as usize, "job", "jobs")
            ));
        }
        says.push_str(" A column without a sign is not read by the principal who is chosen.");
        let page = html::framed(&graph, "Lineage");
        Some(Drawn { page, says })
    }

    fn source(&self, edge: &Kept, chosen: &BTreeSet<u32>) -> bool {
        let column = self.columns.get(edge.from);
        column.is_some_and(|column| chosen.contains(&column.table))
    }

    /// All tables, where they fit; else those that rules speak of, with what is directly before and behind them, the most protected first.
    fn choose(&self, survey: &Survey) -> (BTreeSet<u32>, String) {
        let mut beside: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for edge in &self.edges {
            if let Some(from) = self.columns.get(edge.from) {
                beside.entry(from.table).or_default().insert(edge.table);
                beside.entry(edge.table).or_default().insert(from.table);
            }
        }
        let total = beside.len();
        if total <= TABLES && self.edges.len() <= EDGES {
            return (beside.into_keys().collect(), format!("All {total} tables."));
        }
        let mut weights: BTreeMap<u32, usize> = BTreeMap::new();
        for seen in survey.principals.values().flat_map(|p| &p.tables) {
            let weight = seen.masks.len() + seen.row_filter.len() + usize::from(seen.no_rows);
            let found = self.tables.of.get(&key(&seen.table, &seen.physical));
            if let Some(table) = found.filter(|table| weight > 0 && beside.contains_key(table)) {
                *weights.entry(*table).or_default() += weight;
            }
        }
        let mut ranked: Vec<(u32, usize)> = weights.into_iter().collect();
        ranked.sort_by_key(|(table, weight)| (std::cmp::Reverse(*weight), *table));
        let (mut chosen, mut shown) = (BTreeSet::new(), 0_usize);
        for (table, _) in &ranked {
            let around = beside.get(table).into_iter().flatten();
            let with: BTreeSet<u32> = around.copied().chain([*table]).collect();
            if chosen.union(&with).count() > TABLES && shown > 0 {
                break;
            }
            shown += 1;
            // One table that everything is made of would be a picture without end.
            chosen.insert(*table);
            let room = TABLES.saturating_sub(chosen.len());
            let more: Vec<u32> = with.difference(&chosen).take(room).copied().collect();
            chosen.extend(more);
        }
        if shown == 0 {
            chosen = beside.into_keys().take(TABLES).collect();
            let how = format!(
                "The first {} of {total} tables: no rule applies to any.",
                chosen.len()
            );
            return (chosen, how);
        }
        let of = ranked.len();
        let how = format!(
            "{} of {total} tables: {shown} of the {of} that rules speak of, and what is directly before and behind them.",
            chosen.len()
        );
        (chosen, how)
    }

    fn source_column(&self, number: u32) -> Option<SourceColumn> {
        let column = self.columns.get(number)?;
        Some(SourceColumn {
            dataset: self.tables.get(column.table)?.clone(),
            column: column.name.clone(),
        })
    }

    /// The edges as records again.
    fn records(&self, edges: &[&Kept]) -> Vec<Record> {
        let mut records: Vec<Record> = Vec::new();
        for of_job in edges.chunk_by(|a, b| a.job == b.job) {
            let writer = of_job.first().and_then(|e| self.jobs.get(e.job as usize));
            let Some(writer) = writer else { continue };
            let statements = of_job.chunk_by(|a, b| a.statement == b.statement);
            records.push(Record {
                job: writer.job.clone(),
                user: writer.user.clone(),
                at: writer.at,
                statements: statements
                    .filter_map(|edges| self.statement(edges))
                    .collect(),
            });
        }
        records
    }

    fn statement(&self, edges: &[&Kept]) -> Option<StatementRecord> {
        let mut record = StatementRecord {
            statement: edges.first()?.statement as usize,
            ..StatementRecord::default()
        };
        let mut lineage = StatementLineage::default();
        for of_table in edges.chunk_by(|a, b| a.table == b.table) {
            let table = of_table.first()?.table;
            let mut written = Written {
                target: Some(self.tables.get(table)?.clone()),
                replaces: false,
                columns: Vec::new(),
                whole: Vec::new(),
                span: Span::default(),
            };
            for kept in of_table {
                let source = self.source_column(kept.from)?;
                if let Some(mask) = kept.masked.and_then(|m| self.fingerprints.get(m)) {
                    record.masked.insert(source.clone(), mask.clone());
                }
                let edge = Edge {
                    source,
                    relationship: kept.relationship,
                    span: Span::default(),
                };
                match kept.to.and_then(|to| self.columns.get(to)) {
                    None => written.whole.push(edge),
                    Some(to) => {
                        let name = to.name.clone().unwrap_or_default();
                        match written.columns.last_mut().filter(|c| c.name == name) {
                            Some(column) => column.edges.push(edge),
                            None => written.columns.push(ColumnLineage {
                                name,
                                data_type: to.data_type.clone(),
                                edges: vec![edge],
                            }),
                        }
                    }
                }
            }
            lineage.outputs.push(written);
        }
        record.lineage = lineage;
        Some(record)
    }

    /// What each principal sees of the columns that their jobs read.
    fn viewpoints(&self, survey: &Survey) -> Vec<Viewpoint> {
        let masks = |seen: &PrincipalSeen| seen.tables.iter().map(|t| t.masks.len()).sum::<usize>();
        let mut people: Vec<&PrincipalSeen> = survey
            .principals
            .values()
            .filter(|p| p.allowed > 0)
            .collect();
        people.sort_by_key(|seen| (std::cmp::Reverse(masks(seen)), seen.principal.user.clone()));
        people.truncate(PEOPLE);
        let titles: HashMap<String, u32> = (0..)
            .zip(&self.columns.all)
            .filter_map(|(number, column)| {
                let table = self.tables.get(column.table)?;
                let name = column.name.as_deref().unwrap_or("*");
                Some((format!("{}.{name}", table.name), number))
            })
            .collect();
        let viewpoints = people.into_iter().map(|person| {
            let mut columns = BTreeMap::new();
            for seen in &person.tables {
                if let Some(table) = self.tables.of.get(&key(&seen.table, &seen.physical)) {
                    self.seen(*table, seen, &titles, &mut columns);
                }
            }
            let groups: String = person
                .principal
                .groups
                .iter()
                .map(|group| format!(", {group}"))
                .collect();
            Viewpoint {
                principal: format!("{}{groups}", person.principal.user),
                columns,
            }
        });
        viewpoints.collect()
    }

    fn seen(
        &self,
        table: u32,
        seen: &TableSeen,
        titles: &HashMap<String, u32>,
        columns: &mut BTreeMap<SourceColumn, Protection>,
    ) {
        let named = |name: &str| {
            self.columns
                .of
                .get(&(table, Some(name.to_owned())))
                .copied()
        };
        for name in &seen.columns {
            if let Some(column) = named(name).and_then(|n| self.source_column(n)) {
                columns.entry(column).or_insert(Protection::Raw);
            }
        }
        for mask in &seen.masks {
            // The mask of a field is shown at its column.
            let first = mask.column.split('.').next().unwrap_or_default();
            let found = named(&mask.column).or_else(|| named(first));
            let Some(column) = found.and_then(|n| self.source_column(n)) else {
                continue;
            };
            let (name, rule) = (mask.mask.clone(), Some(mask.rule.clone()));
            let protection = match &mask.from {
                None => Protection::Masked { mask: name, rule },
                Some(from) => {
                    let source = titles.get(from).and_then(|n| self.source_column(*n));
                    Protection::Inherited {
                        mask: name,
                        rule,
                        from: source.into_iter().collect(),
                    }
                }
            };
            columns.insert(column, protection);
        }
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
