//! The entries of one target out of what statements of one job write.
//!
//! In: the bytes of a `pack::Part`. Out: entries as inheritance reads them, in the order in which they were written.
//! Invariant: bytes that are not understood give no entries but [`Broken`]; whoever asks hides everything then.
//! A span here says which function stands at the place of an edge, and nothing of a text.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bytes::{Broken, Rest};
use super::relationship;
use crate::catalog::TableName;
use crate::lineage::store::entry::{Circumstances, Origin};
use crate::lineage::store::{Entry, RecordId};
use crate::lineage::{
    ColumnLineage, Dataset, Declared, Edge, Fingerprint, ItemText, SourceColumn, StatementRecord,
    Written,
};
use crate::syntax::{DataType, Span, parse_data_type};

/// What has a name.
struct Names<'b> {
    texts: Vec<&'b str>,
    datasets: Vec<Dataset>,
    sources: Vec<SourceColumn>,
    declared: Vec<Declared>,
}

/// The entries of the target with this number.
pub(super) fn unpack(bytes: &[u8], wanted: usize) -> Result<Vec<Entry>, Broken> {
    let mut rest = Rest(bytes);
    let (job, user) = (rest.text()?, rest.text()?);
    let at = rest.part(8)?.0.try_into().map_err(|_| Broken)?;
    let origin = Origin {
        record: RecordId(u64::MAX),
        job: Arc::from(job),
        user: Arc::from(user),
        at: i64::from_le_bytes(at),
        settled: None,
        unknown: false,
    };
    let names = Names::read(&mut rest)?;
    let targets = rest.list(|rest| names.dataset(rest))?;
    let target = targets.get(wanted).ok_or(Broken)?;
    let mut entries = Vec::new();
    let mut types = BTreeMap::new();
    for _ in 0..rest.count()? {
        let mut statement = names.circumstances(&mut rest)?;
        let mut outputs = Vec::new();
        for _ in 0..rest.count()? {
            let (number, length) = (rest.index()?, rest.index()?);
            let mut one = rest.part(length)?;
            if number == wanted {
                outputs.push(names.output(&mut one, target, &mut statement.texts, &mut types)?);
                if !one.0.is_empty() {
                    return Err(Broken);
                }
            }
        }
        if !outputs.is_empty() {
            let statement = Arc::new(Circumstances::from(&statement));
            let of = |written| Entry::new(&origin, written, &statement);
            entries.extend(outputs.into_iter().map(of));
        }
    }
    // A target stands there because something is written into it.
    if entries.is_empty() || !rest.0.is_empty() {
        return Err(Broken);
    }
    Ok(entries)
}

impl<'b> Names<'b> {
    fn read(rest: &mut Rest<'b>) -> Result<Self, Broken> {
        let mut names = Self {
            texts: rest.list(Rest::text)?,
            datasets: Vec::new(),
            sources: Vec::new(),
            declared: Vec::new(),
        };
        names.datasets = rest.list(|rest| {
            let mut part = || names.text(rest).map(str::to_owned);
            let name = TableName::new(part()?, part()?, part()?);
            let physical = rest.list(|rest| names.owned(rest))?;
            Ok(Dataset { name, physical })
        })?;
        names.sources = rest.list(|rest| {
            Ok(SourceColumn {
                dataset: names.dataset(rest)?.clone(),
                column: names.maybe(rest)?.map(str::to_owned),
            })
        })?;
        names.declared = rest.list(|rest| {
            let columns = rest.list(|rest| names.owned(rest))?;
            let metadata = rest.list(|rest| names.owned(rest))?;
            let said = rest.number()?;
            Ok(Declared {
                columns,
                metadata,
                by_position: said & 1 != 0,
                by_user: said & 2 != 0,
            })
        })?;
        Ok(names)
    }

    fn text(&self, rest: &mut Rest<'b>) -> Result<&'b str, Broken> {
        self.texts.get(rest.index()?).copied().ok_or(Broken)
    }

    fn owned(&self, rest: &mut Rest<'b>) -> Result<String, Broken> {
        self.text(rest).map(str::to_owned)
    }

    fn maybe(&self, rest: &mut Rest<'b>) -> Result<Option<&'b str>, Broken> {
        match rest.index()?.checked_sub(1) {
            None => Ok(None),
            Some(number) => self.texts.get(number).copied().map(Some).ok_or(Broken),
        }
    }

    fn dataset(&self, rest: &mut Rest<'b>) -> Result<&Dataset, Broken> {
        self.datasets.get(rest.index()?).ok_or(Broken)
    }

    fn source(&self, rest: &mut Rest<'b>) -> Result<&SourceColumn, Broken> {
        self.sources.get(rest.index()?).ok_or(Broken)
    }

    fn circumstances(&self, rest: &mut Rest<'b>) -> Result<StatementRecord, Broken> {
        let masked = rest.list(|rest| {
            let source = self.source(rest)?.clone();
            Ok((source, Fingerprint(self.owned(rest)?)))
        })?;
        let tables = rest.list(|rest| {
            let dataset = self.dataset(rest)?.clone();
            let declared = self.declared.get(rest.index()?).ok_or(Broken)?;
            Ok((dataset, declared.clone()))
        })?;
        Ok(StatementRecord {
            masked: masked.into_iter().collect(),
            tables: tables.into_iter().collect(),
            ..StatementRecord::default()
        })
    }

    fn output(
        &self,
        rest: &mut Rest<'b>,
        target: &Dataset,
        calls: &mut BTreeMap<Span, ItemText>,
        types: &mut BTreeMap<&'b str, DataType>,
    ) -> Result<Written, Broken> {
        let columns = rest.list(|rest| {
            let name = self.owned(rest)?;
            let data_type = match self.maybe(rest)? {
                None => None,
                Some(text) => Some(match types.get(text) {
                    Some(known) => known.clone(),
                    None => {
                        let read = parse_data_type(text).map_err(|_| Broken)?;
                        types.insert(text, read.clone());
                        read
                    }
                }),
            };
            Ok(ColumnLineage {
                name,
                data_type,
                edges: self.edges(rest, calls)?,
            })
        })?;
        Ok(Written {
            target: Some(target.clone()),
            replaces: false,
            columns,
            whole: self.edges(rest, calls)?,
            span: Span::default(),
        })
    }

    fn edges(
        &self,
        rest: &mut Rest<'b>,
        calls: &mut BTreeMap<Span, ItemText>,
    ) -> Result<Vec<Edge>, Broken> {
        rest.list(|rest| {
            let source = self.source(rest)?.clone();
            let relationship = relationship::of_number(rest.number()?)?;
            let call = rest.number()?;
            let span = Span::at(u32::try_from(call).map_err(|_| Broken)?);
            if let Some(call) = call.checked_sub(1) {
                let function = usize::try_from(call >> 1).map_err(|_| Broken)?;
                let function = self.texts.get(function).ok_or(Broken)?;
                calls.entry(span).or_insert_with(|| ItemText {
                    hash: String::new(),
                    function: Some((*function).to_owned()),
                    bare: call & 1 != 0,
                });
            }
            Ok(Edge {
                source,
                relationship,
                span,
            })
        })
    }
}
