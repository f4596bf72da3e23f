//! What statements of one job write, as bytes.
//!
//! In: statements of a record. Out: a [`Part`], from which `unpack` makes the entries of one of its targets again.
//! Invariant: what inheritance asks of an entry is in it: job, columns with types, sources, relationships, masks under which sources were read, functions,
//! how tables were declared. Invariant: edges that differ in none of these are one.
//! Stays out: spans and the hashes of expressions, which cuts alone ask for. Where lineage is packed nothing is cut.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::bytes::{put, put_len, put_text};
use super::relationship;
use crate::lineage::{Dataset, Declared, Edge, SourceColumn, StatementRecord, Written};

/// What statements of a job write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// The tables, in order of appearance. `unpack` takes their numbers.
    pub targets: Vec<Dataset>,
    /// What is written.
    pub bytes: Vec<u8>,
}

/// Packs statements of the job of a user. What they change is not in it.
pub(super) fn pack(
    (job, user, at): (&str, &str, i64),
    statements: &[StatementRecord],
) -> Option<Part> {
    let mut names = Names::default();
    let mut body = Vec::new();
    let mut targets: Vec<&Dataset> = Vec::new();
    let mut count = 0;
    for statement in statements {
        let mut outputs = Vec::new();
        let mut written = 0;
        for output in &statement.lineage.outputs {
            let Some(target) = &output.target else {
                continue;
            };
            let number = match targets.iter().position(|known| *known == target) {
                Some(number) => number,
                None => {
                    targets.push(target);
                    targets.len() - 1
                }
            };
            let mut one = Vec::new();
            names.output(output, statement, &mut one);
            put_len(&mut outputs, number);
            put_len(&mut outputs, one.len());
            outputs.extend_from_slice(&one);
            written += 1;
        }
        if written > 0 {
            names.circumstances(statement, &mut body);
            put(&mut body, written);
            body.extend_from_slice(&outputs);
            count += 1;
        }
    }
    if count == 0 {
        return None;
    }
    // The targets are datasets like all others: whoever unpacks finds them by their numbers.
    let numbers: Vec<u64> = targets.iter().map(|t| names.dataset(t)).collect();
    let mut bytes = Vec::new();
    put_text(&mut bytes, job);
    put_text(&mut bytes, user);
    bytes.extend_from_slice(&at.to_le_bytes());
    names.write(&mut bytes);
    put_len(&mut bytes, numbers.len());
    numbers.iter().for_each(|number| put(&mut bytes, *number));
    put(&mut bytes, count);
    bytes.extend_from_slice(&body);
    Some(Part {
        targets: targets.into_iter().cloned().collect(),
        bytes,
    })
}

/// A number for each of some things, in order of appearance, and how they are written.
struct Numbers<K> {
    of: HashMap<K, u64>,
    bytes: Vec<u8>,
}

impl<K> Default for Numbers<K> {
    fn default() -> Self {
        Self {
            of: HashMap::new(),
            bytes: Vec::new(),
        }
    }
}

impl<K: Hash + Eq> Numbers<K> {
    fn add(&mut self, key: K, write: impl FnOnce(&mut Vec<u8>)) -> u64 {
        let next = self.of.len() as u64;
        self.of.insert(key, next);
        write(&mut self.bytes);
        next
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        put_len(bytes, self.of.len());
        bytes.extend_from_slice(&self.bytes);
    }
}

/// Everything that has a name, once.
#[derive(Default)]
struct Names<'r> {
    texts: Numbers<std::borrow::Cow<'r, str>>,
    datasets: Numbers<&'r Dataset>,
    sources: Numbers<&'r SourceColumn>,
    declared: Numbers<&'r Declared>,
}

impl<'r> Names<'r> {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.texts.write(bytes);
        self.datasets.write(bytes);
        self.sources.write(bytes);
        self.declared.write(bytes);
    }

    fn text(&mut self, text: impl Into<std::borrow::Cow<'r, str>>) -> u64 {
        let text = text.into();
        if let Some(number) = self.texts.of.get(&text) {
            return *number;
        }
        let written = text.clone();
        self.texts.add(text, |bytes| put_text(bytes, &written))
    }

    fn texts(&mut self, all: &'r [String], out: &mut Vec<u8>) {
        put_len(out, all.len());
        for text in all {
            put(out, self.text(text.as_str()));
        }
    }

    fn dataset(&mut self, dataset: &'r Dataset) -> u64 {
        if let Some(number) = self.datasets.of.get(dataset) {
            return *number;
        }
        let mut one = Vec::new();
        let name = &dataset.name;
        for part in [&name.catalog, &name.database, &name.table] {
            put(&mut one, self.text(part.as_str()));
        }
        self.texts(&dataset.physical, &mut one);
        self.datasets.add(dataset, |bytes| bytes.append(&mut one))
    }

    fn source(&mut self, source: &'r SourceColumn) -> u64 {
        if let Some(number) = self.sources.of.get(source) {
            return *number;
        }
        let dataset = self.dataset(&source.dataset);
        let column = source.column.as_deref().map_or(0, |c| self.text(c) + 1);
        self.sources.add(source, |bytes| {
            put(bytes, dataset);
            put(bytes, column);
        })
    }

    fn declared(&mut self, declared: &'r Declared) -> u64 {
        if let Some(number) = self.declared.of.get(declared) {
            return *number;
        }
        let mut one = Vec::new();
        self.texts(&declared.columns, &mut one);
        self.texts(&declared.metadata, &mut one);
        let Declared {
            by_position,
            by_user,
            columns: _,
            metadata: _,
        } = declared;
        put(&mut one, u64::from(*by_position) | u64::from(*by_user) << 1);
        self.declared.add(declared, |bytes| bytes.append(&mut one))
    }

    /// What a statement says of all its outputs.
    fn circumstances(&mut self, statement: &'r StatementRecord, out: &mut Vec<u8>) {
        put_len(out, statement.masked.len());
        for (source, print) in &statement.masked {
            put(out, self.source(source));
            put(out, self.text(print.0.as_str()));
        }
        put_len(out, statement.tables.len());
        for (dataset, declared) in &statement.tables {
            put(out, self.dataset(dataset));
            put(out, self.declared(declared));
        }
    }

    fn output(&mut self, written: &'r Written, statement: &'r StatementRecord, out: &mut Vec<u8>) {
        put_len(out, written.columns.len());
        for column in &written.columns {
            put(out, self.text(column.name.as_str()));
            let data_type = column.data_type.as_ref();
            let data_type = data_type.map_or(0, |t| self.text(t.to_string()) + 1);
            put(out, data_type);
            self.edges(&column.edges, statement, out);
        }
        self.edges(&written.whole, statement, out);
    }

    fn edges(&mut self, edges: &'r [Edge], statement: &'r StatementRecord, out: &mut Vec<u8>) {
        let mut met = HashSet::new();
        let mut one = Vec::new();
        for edge in edges {
            let text = statement.texts.get(&edge.span);
            let call = text.and_then(|text| Some((text.function.as_deref()?, text.bare)));
            let call = call.map_or(0, |(function, bare)| {
                (self.text(function) << 1 | u64::from(bare)) + 1
            });
            let source = self.source(&edge.source);
            let how = relationship::number(edge.relationship);
            if met.insert((source, how, call)) {
                put(&mut one, source);
                put(&mut one, how);
                put(&mut one, call);
            }
        }
        put_len(out, met.len());
        out.append(&mut one);
    }
}
