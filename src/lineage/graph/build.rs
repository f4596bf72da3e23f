//! Makes a [`Graph`]: first which names are one table, then its columns, then the edges between them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    Beside, Column, ColumnAt, Cut, Graph, Job, Link, Protection, StatementAt, Table, Write,
};
use crate::lineage::{Change, Dataset, Edge, Record, SourceColumn, StatementRecord, Written};
use crate::syntax::{DataType, FlinkVersion, Limits, Span, TokenKind, tokens};

impl Graph {
    /// The graph of these records.
    #[must_use]
    pub fn new(records: &[Record], beside: &Beside) -> Self {
        let mut build = Build::default();
        build.tables(records, beside);
        for schema in &beside.schemas {
            let columns = schema.columns.iter().map(|(n, t)| (n.as_str(), t.as_ref()));
            build.schema(&schema.dataset, columns);
        }
        for written in records.iter().flat_map(outputs).map(|(_, w)| w) {
            if let Some(target) = &written.target {
                let columns = written.columns.iter();
                build.schema(
                    target,
                    columns.map(|c| (c.name.as_str(), c.data_type.as_ref())),
                );
            }
        }
        for (at, record) in records.iter().enumerate() {
            let text = beside.texts.get(at).and_then(Option::as_deref);
            build.job(at, record, text);
        }
        build.cut(&beside.cuts);
        build.protect(beside);
        build.graph
    }
}

/// The outputs of a record, with their statements.
fn outputs(record: &Record) -> impl Iterator<Item = (&StatementRecord, &Written)> {
    let statements = record.statements.iter();
    statements.flat_map(|s| s.lineage.outputs.iter().map(move |w| (s, w)))
}

/// Which tables got another name, oldest first.
fn renames(records: &[Record]) -> Vec<(&Dataset, &Dataset)> {
    let statements = records.iter().flat_map(|record| &record.statements);
    let changes = statements.flat_map(|statement| &statement.changes);
    let renamed = changes.filter_map(|change| match change {
        Change::Renamed { from, to } => Some((from, to)),
        Change::Emptied(_) | Change::RenamedColumn { .. } => None,
    });
    renamed.collect()
}

/// The index of a table after `gone` became `kept`.
const fn after_join(at: usize, kept: usize, gone: usize) -> usize {
    if at == gone {
        kept
    } else if at > gone {
        at - 1
    } else {
        at
    }
}

/// The edges of an output that are told, with the column they lead to.
fn edges(written: &Written) -> impl Iterator<Item = (Option<&str>, &Edge)> {
    let own = written.columns.iter();
    let own = own.flat_map(|c| c.edges.iter().map(move |e| (Some(c.name.as_str()), e)));
    let all = own.chain(written.whole.iter().map(|e| (None, e)));
    all.filter(|(_, edge)| edge.relationship.is_told())
}

/// A graph in the making.
#[derive(Default)]
struct Build {
    graph: Graph,
    /// The tables that a dataset is.
    of: HashMap<Dataset, Vec<usize>>,
    columns: HashMap<(usize, Option<String>), usize>,
}

impl Build {
    /// Physical names are one table when no dataset names one of them without the others: a table over topics `a` and `b` is two tables once
    /// somebody writes `a` alone, and leads to both.
    fn tables(&mut self, records: &[Record], beside: &Beside) {
        let mut datasets: Vec<&Dataset> = Vec::new();
        let mut seen = BTreeSet::new();
        let schemas = beside.schemas.iter().map(|s| &s.dataset);
        let named: BTreeSet<&Dataset> = schemas.collect();
        for (_, written) in records.iter().flat_map(outputs) {
            let sources = edges(written).map(|(_, e)| &e.source.dataset);
            for dataset in sources.chain(&written.target) {
                if seen.insert(dataset) {
                    datasets.push(dataset);
                }
            }
        }
        // A name that a drawn table had, or has got, is drawn with it.
        let renames = renames(records);
        let mut before = 0;
        while before != datasets.len() {
            before = datasets.len();
            for (from, to) in &renames {
                if seen.contains(*from) || seen.contains(*to) {
                    for dataset in [*from, *to] {
                        if seen.insert(dataset) {
                            datasets.push(dataset);
                        }
                    }
                }
            }
        }
        // What only a schema, viewpoint or cut names is not drawn, but may be another name of what is.
        let mut marks: HashMap<&str, Vec<usize>> = HashMap::new();
        for (mark, dataset) in datasets.iter().enumerate() {
            for physical in &dataset.physical {
                marks.entry(physical).or_default().push(mark);
            }
        }
        let mut groups: HashMap<&[usize], usize> = HashMap::new();
        let mut bare: HashMap<&crate::catalog::TableName, usize> = HashMap::new();
        let mut of_name: HashMap<&str, usize> = HashMap::new();
        for dataset in &datasets {
            let mut indices = Vec::new();
            for physical in &dataset.physical {
                let Some(mark) = marks.get(physical.as_str()) else {
                    continue;
                };
                let at = *groups.entry(mark.as_slice()).or_insert_with(|| {
                    self.graph.tables.push(Table::bare());
                    self.graph.tables.len() - 1
                });
                of_name.insert(physical, at);
                self.name(at, dataset, Some(physical));
                indices.push(at);
            }
            if dataset.physical.is_empty() {
                let at = *bare.entry(&dataset.name).or_insert_with(|| {
                    self.graph.tables.push(Table::bare());
                    self.graph.tables.len() - 1
                });
                self.name(at, dataset, None);
                indices.push(at);
            }
            indices.sort_unstable();
            indices.dedup();
            self.of.insert((*dataset).clone(), indices);
        }
        for (from, to) in renames {
            let (of_from, of_to) = (self.of(from), self.of(to));
            // A table over several addresses is several: which of them went where nobody says.
            if let ([a], [b]) = (of_from.as_slice(), of_to.as_slice())
                && a != b
            {
                let (kept, gone) = (*a.min(b), *a.max(b));
                self.join(kept, gone);
                let moved = of_name.values_mut().chain(bare.values_mut());
                moved.for_each(|at| *at = after_join(*at, kept, gone));
            }
        }
        let viewpoints = beside.viewpoints.iter().flat_map(|v| v.columns.keys());
        let cuts = beside.cuts.iter().flat_map(|c| [&c.source, &c.target]);
        let others = viewpoints.chain(cuts).map(|c| &c.dataset);
        for dataset in others.chain(named) {
            if self.of.contains_key(dataset) {
                continue;
            }
            let physical = dataset
                .physical
                .iter()
                .filter_map(|p| of_name.get(p.as_str()));
            let mut indices: Vec<usize> = physical.copied().collect();
            if dataset.physical.is_empty() {
                indices.extend(bare.get(&dataset.name));
            }
            indices.sort_unstable();
            indices.dedup();
            self.of.insert(dataset.clone(), indices);
        }
    }

    /// Two tables are one, under both names. Before anything but names is known of them.
    fn join(&mut self, kept: usize, gone: usize) {
        if gone >= self.graph.tables.len() {
            return;
        }
        let other = self.graph.tables.remove(gone);
        if let Some(table) = self.graph.tables.get_mut(kept) {
            for name in &other.logical {
                insert(&mut table.logical, name);
            }
            for name in &other.physical {
                insert(&mut table.physical, name);
            }
        }
        for indices in self.of.values_mut() {
            for at in indices.iter_mut() {
                *at = after_join(*at, kept, gone);
            }
            indices.sort_unstable();
            indices.dedup();
        }
    }

    fn name(&mut self, at: usize, dataset: &Dataset, physical: Option<&String>) {
        if let Some(table) = self.graph.tables.get_mut(at) {
            insert(&mut table.logical, &dataset.name);
            if let Some(physical) = physical {
                insert(&mut table.physical, physical);
            }
        }
    }

    fn of(&self, dataset: &Dataset) -> Vec<usize> {
        self.of.get(dataset).cloned().unwrap_or_default()
    }

    fn schema<'c>(
        &mut self,
        dataset: &Dataset,
        columns: impl Iterator<Item = (&'c str, Option<&'c DataType>)> + Clone,
    ) {
        for table in self.of(dataset) {
            for (name, data_type) in columns.clone() {
                let at = self.column(table, Some(name));
                let known = self.graph.tables.get_mut(table);
                let column = known.and_then(|t| t.columns.get_mut(at.column));
                if let Some(column) = column
                    && column.data_type.is_none()
                {
                    column.data_type = data_type.cloned();
                }
            }
        }
    }

    /// The column, which is made where it is not there.
    fn column(&mut self, table: usize, name: Option<&str>) -> ColumnAt {
        let key = (table, name.map(ToOwned::to_owned));
        let tables = &mut self.graph.tables;
        let column = *self.columns.entry(key).or_insert_with(|| {
            let Some(table) = tables.get_mut(table) else {
                return 0;
            };
            table.columns.push(Column {
                name: name.map(ToOwned::to_owned),
                data_type: None,
                protection: Vec::new(),
            });
            table.columns.len() - 1
        });
        ColumnAt { table, column }
    }

    fn job(&mut self, at: usize, record: &Record, text: Option<&str>) {
        let mut writes = Vec::new();
        for (statement, written) in outputs(record) {
            let by = StatementAt {
                job: at,
                statement: statement.statement,
            };
            let tables = match &written.target {
                Some(target) => self.of(target),
                None => vec![self.answer(by, written)],
            };
            for table in &tables {
                self.links(*table, by, statement, written, text);
            }
            writes.push(Write {
                statement: by.statement,
                tables,
                columns: written.columns.iter().map(|c| c.name.clone()).collect(),
                replaces: written.replaces,
                span: written.span,
                text: slice(text, written.span).and_then(without_options),
            });
        }
        self.graph.jobs.push(Job {
            name: record.job.clone(),
            user: record.user.clone(),
            at: record.at,
            writes,
        });
    }

    fn answer(&mut self, by: StatementAt, written: &Written) -> usize {
        self.graph.tables.push(Table {
            answer: Some(by),
            ..Table::bare()
        });
        let table = self.graph.tables.len() - 1;
        for column in &written.columns {
            let at = self.column(table, Some(&column.name));
            let known = self.graph.tables.get_mut(table);
            if let Some(made) = known.and_then(|t| t.columns.get_mut(at.column)) {
                made.data_type.clone_from(&column.data_type);
            }
        }
        table
    }

    fn links(
        &mut self,
        table: usize,
        by: StatementAt,
        statement: &StatementRecord,
        written: &Written,
        text: Option<&str>,
    ) {
        for (column, edge) in edges(written) {
            let column = column.map(|name| self.column(table, Some(name)).column);
            for source in self.of(&edge.source.dataset) {
                let from = self.column(source, edge.source.column.as_deref());
                self.graph.links.push(Link {
                    from,
                    table,
                    column,
                    relationship: edge.relationship,
                    by,
                    span: edge.span,
                    text: slice(text, edge.span).and_then(without_options),
                    masked: statement.masked.get(&edge.source).cloned(),
                    cut: None,
                });
            }
        }
    }

    fn cut(&mut self, cuts: &[Cut]) {
        for (index, cut) in cuts.iter().enumerate() {
            let (sources, targets) = (self.find(&cut.source), self.find(&cut.target));
            for link in &mut self.graph.links {
                let job = self.graph.jobs.get(link.by.job).map(|j| &j.name);
                let to = link.column.map(|column| ColumnAt {
                    table: link.table,
                    column,
                });
                if sources.contains(&link.from)
                    && to.is_some_and(|to| targets.contains(&to))
                    && cut.job.as_ref().is_none_or(|j| job == Some(j))
                {
                    link.cut = Some(index);
                }
            }
        }
        self.graph.cuts = cuts.to_vec();
    }

    fn find(&self, column: &SourceColumn) -> Vec<ColumnAt> {
        let tables = self.of(&column.dataset).into_iter();
        let found = tables.filter_map(|table| {
            let at = *self.columns.get(&(table, column.column.clone()))?;
            Some(ColumnAt { table, column: at })
        });
        found.collect()
    }

    fn protect(&mut self, beside: &Beside) {
        for viewpoint in &beside.viewpoints {
            let mut told: BTreeMap<ColumnAt, &Protection> = BTreeMap::new();
            for (column, protection) in &viewpoint.columns {
                for at in self.find(column) {
                    let held = told.entry(at).or_insert(protection);
                    *held = (*held).min(protection);
                }
            }
            for (table, drawn) in self.graph.tables.iter_mut().enumerate() {
                for (column, drawn) in drawn.columns.iter_mut().enumerate() {
                    let known = told.get(&ColumnAt { table, column });
                    let protection = known.map_or(Protection::Unknown, |p| (*p).clone());
                    drawn.protection.push(protection);
                }
            }
            self.graph.principals.push(viewpoint.principal.clone());
        }
    }
}

impl Table {
    const fn bare() -> Self {
        Self {
            logical: Vec::new(),
            physical: Vec::new(),
            columns: Vec::new(),
            answer: None,
        }
    }
}

fn insert<T: Ord + Clone>(list: &mut Vec<T>, item: &T) {
    if let Err(at) = list.binary_search(item) {
        list.insert(at, item.clone());
    }
}

fn slice(text: Option<&str>, span: Span) -> Option<&str> {
    let text = text?.get(span.start as usize..span.end as usize)?;
    (!text.trim().is_empty()).then_some(text)
}

/// The text without comments and without the values of table options, for passwords are among them; `None` where it cannot be told what is one.
///
/// An option list is what stands in the brackets directly behind `WITH` or `OPTIONS`, in hints too; a value is what follows a `=` there.
fn without_options(text: &str) -> Option<String> {
    let tokens = tokens(text, FlinkVersion::default(), &Limits::default()).ok()?;
    let mut out = String::new();
    let (mut done, mut depth) = (0, 0_usize);
    let (mut opens, mut assigns) = (false, false);
    for token in &tokens {
        let (start, end) = (token.span.start as usize, token.span.end as usize);
        // Between tokens there is white space, or a comment.
        let gap = text.get(done..start)?;
        out.push_str(if gap.trim().is_empty() { gap } else { " " });
        let word = text.get(start..end)?;
        if token.kind == TokenKind::LeftParen && (opens || depth > 0) {
            depth += 1;
        } else if token.kind == TokenKind::RightParen {
            depth = depth.saturating_sub(1);
        }
        out.push_str(if depth > 0 && assigns { "'…'" } else { word });
        opens = word.eq_ignore_ascii_case("WITH") || word.eq_ignore_ascii_case("OPTIONS");
        assigns = token.kind == TokenKind::Equal;
        done = end;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::without_options;

    #[test]
    fn values_of_options_and_comments_are_left_out() {
        let text = "CREATE TABLE c WITH ('user' = 'u', 'password'='it''s', 'n' = X'00') -- secret\nAS SELECT 'a' AS a, CAST(b AS DECIMAL(1, 2)) \
                    FROM t /*+ OPTIONS('k' = 'v') */ WHERE x = 'keep'";
        assert_eq!(
            without_options(text).as_deref(),
            Some(
                "CREATE TABLE c WITH ('user' = '…', 'password'='…', 'n' = '…') AS SELECT 'a' AS a, CAST(b AS DECIMAL(1, 2)) FROM t \
                 /*+ OPTIONS('k' = '…') */ WHERE x = 'keep'"
            )
        );
        assert_eq!(
            without_options("WITH q AS (SELECT a = 'b') SELECT 1").as_deref(),
            Some("WITH q AS (SELECT a = 'b') SELECT 1")
        );
        assert_eq!(without_options("SELECT 'open"), None);
    }
}
