//! What each statement writes, and of what.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::{
    ColumnLineage, Dataset, Form, Indirect, Relationship, StatementLineage, Written, edge::told,
};
use super::call::{ItemCall, tell};
use super::deps::{DERIVED, Deps, Frame, ROWS, SAME, Set, any_column, none, with_form};
use super::fold::Fold;
use super::source::{Names, Sources};
use crate::catalog::{Column, ColumnKind, DataType, Found, Object, Table, TypeKind};
use crate::resolve::{OutColumn, Resolution, Sink};
use crate::syntax::ast::{
    AlterTable, AlterView, CreateTable, CreateView, Delete, Ident, Insert, Name, QueryId, Setting,
    Statement, StatementKind, TableChange, Update, ViewChange,
};
use crate::syntax::{Span, with_stack};

/// Above so many edges of one output an edge says the table alone: a function over a wide table into a wide one has the product of both.
const MOST_EDGES: usize = 250_000;

const FILTER: Relationship = Relationship::Indirect(Indirect::Filter);

/// The lineage of a statement: one output for each table that it writes or view that it makes, or one for the rows of a query.
///
/// `resolution` is that of `statement`. `names` says what a dataset is called, as [`super::Naming`] does; of a table that the statement makes
/// it gets the options of its own WITH. EXPLAIN and COMPILE PLAN have the lineage of what they explain, but replace nothing: they do not run it.
#[must_use]
pub fn lineage(
    statement: &Statement,
    resolution: &Resolution,
    names: &dyn Fn(&Found, &[Setting]) -> Dataset,
) -> StatementLineage {
    let mut made = extract(statement, resolution, names).lineage;
    for output in &mut made.outputs {
        for column in &mut output.columns {
            column.edges = told(&column.edges).cloned().collect();
        }
        output.whole = told(&output.whole).cloned().collect();
    }
    made
}

/// What is known of a statement's outputs.
#[derive(Debug, Default)]
pub(crate) struct Extracted {
    /// Its lineage.
    pub lineage: StatementLineage,
    /// The calls that all direct edges at a place have come through.
    pub calls: BTreeMap<Span, ItemCall>,
}

/// The same as [`lineage`], with what inheritance asks for besides: the edges that are not told, each edge at each of its places, the calls.
pub(crate) fn extract(
    statement: &Statement,
    resolution: &Resolution,
    names: &dyn Fn(&Found, &[Setting]) -> Dataset,
) -> Extracted {
    with_stack(statement.span.len() as usize, || {
        let sources = Sources::new(names);
        let mut outputs = Outputs {
            fold: Fold::new(&statement.queries, resolution, &sources),
            names,
            runs: true,
            made: Vec::new(),
            told: BTreeMap::new(),
        };
        outputs.kind(&statement.kind, statement.span);
        let told = outputs.told.into_iter();
        Extracted {
            lineage: StatementLineage {
                outputs: outputs.made,
            },
            calls: told
                .filter_map(|(span, call)| Some((span, call?)))
                .collect(),
        }
    })
}

struct Outputs<'a> {
    fold: Fold<'a>,
    names: Names<'a>,
    /// Whether the statement is run, and not only explained.
    runs: bool,
    made: Vec<Written>,
    /// What the edges have come through, by their places.
    told: BTreeMap<Span, Option<ItemCall>>,
}

/// A column of an output in the making.
struct Output {
    name: String,
    data_type: Option<DataType>,
    deps: Deps,
}

impl<'a> Outputs<'a> {
    fn kind(&mut self, kind: &'a StatementKind, span: Span) {
        match kind {
            StatementKind::Query(id) => self.rows(*id),
            StatementKind::Insert(insert) => self.insert(insert),
            StatementKind::StatementSet(inserts) => {
                inserts.iter().for_each(|insert| self.insert(insert))
            }
            StatementKind::CompilePlan(plan) => {
                self.runs = false;
                plan.inserts.iter().for_each(|insert| self.insert(insert));
            }
            StatementKind::Explain(inner) => {
                self.runs = false;
                self.kind(inner, span);
            }
            StatementKind::CreateTable(create) => self.create_table(create, span),
            StatementKind::CreateMaterializedTable(create) => {
                self.create_table(&create.table, span)
            }
            StatementKind::CreateView(create) => self.create_view(create, span),
            StatementKind::AlterTable(alter) => self.alter_table(alter, span),
            StatementKind::AlterView(alter) => self.alter_view(alter, span),
            StatementKind::Update(update) => self.update(update, span),
            StatementKind::Delete(delete) => self.delete(delete, span),
            StatementKind::Truncate(name) => {
                if let Some(target) = self.sink(name) {
                    self.push(Some(target), self.runs, Vec::new(), none(), span);
                }
            }
            // They hand no row on.
            StatementKind::CreateObject(_)
            | StatementKind::AlterObject(_)
            | StatementKind::Drop(_)
            | StatementKind::Analyze(_)
            | StatementKind::Describe(_)
            | StatementKind::Show(_)
            | StatementKind::Call(_)
            | StatementKind::Module(_)
            | StatementKind::Jar(_)
            | StatementKind::Use(_)
            | StatementKind::Set(_)
            | StatementKind::Reset(_)
            | StatementKind::BeginStatementSet
            | StatementKind::EndStatementSet
            | StatementKind::Refused(_) => {}
        }
    }

    fn push(
        &mut self,
        target: Option<Dataset>,
        replaces: bool,
        columns: Vec<Output>,
        whole: Deps,
        span: Span,
    ) {
        let sources = self.fold.sources;
        let many = columns.iter().map(|c| c.deps.len()).sum::<usize>() > MOST_EDGES;
        let mut made = Vec::with_capacity(columns.len());
        tell(&whole, &self.fold.calls, &mut self.told);
        for column in columns {
            let deps = match many {
                true => any_column(&column.deps),
                false => column.deps,
            };
            tell(&deps, &self.fold.calls, &mut self.told);
            made.push(ColumnLineage {
                name: column.name,
                data_type: column.data_type,
                edges: sources.edges(&deps, span),
            });
        }
        self.made.push(Written {
            target,
            replaces,
            columns: made,
            whole: sources.edges(&whole, span),
            span,
        });
    }

    /// The rows of a query, with the names and types of its columns.
    fn query(&mut self, id: QueryId) -> (Frame, Vec<OutColumn>) {
        let mut frame = self.fold.query(id);
        if !frame.rows.is_empty() {
            let mut whole = Set::default();
            whole.keep(&frame.whole);
            whole.read(&frame.rows, ROWS, self.span(id));
            frame.whole = whole.finish();
        }
        let bindings = &self.fold.resolution.bindings;
        let top = bindings.queries.iter().find(|top| top.query == id);
        let Some(top) = top else {
            return (frame.blurred(0, true), Vec::new());
        };
        let names = top.columns.to_vec();
        if names.len() == frame.columns.len() && top.open == frame.rest.is_some() {
            (frame, names)
        } else {
            (frame.blurred(names.len(), true), names)
        }
    }

    fn span(&self, id: QueryId) -> Span {
        let query = self.fold.queries.get(id);
        query.map(|q| q.span).unwrap_or_default()
    }

    fn rows(&mut self, id: QueryId) {
        let (frame, names) = self.query(id);
        let columns = named(&frame, names);
        let whole = with_rest(&frame);
        let span = self.span(id);
        self.push(None, false, columns, whole, span);
    }

    fn found(&self, name: &Name) -> Option<&'a Sink> {
        let mut sinks = self.fold.resolution.sinks.iter();
        sinks.find(|sink| sink.name == name.span)
    }

    fn sink(&self, name: &Name) -> Option<Dataset> {
        let sink = self.found(name)?;
        Some((self.names)(&sink.found, &sink.options))
    }

    fn insert(&mut self, insert: &'a Insert) {
        let (frame, query) = self.query(insert.source);
        let sink = self.found(&insert.target.name);
        let schema = match sink.and_then(|s| s.found.object.as_ref()) {
            Some(Object::Table(table)) => table.columns.as_deref(),
            // Nothing that can be written, or nothing that anybody knows.
            Some(Object::View(_) | Object::SessionView(_)) | None => None,
        };
        let fixed: Vec<&Ident> = insert
            .partition
            .iter()
            .filter(|(_, value)| value.is_some())
            .map(|(name, _)| name)
            .collect();
        let named = !insert.columns.is_empty();
        let targets: Option<Vec<(&str, bool)>> = if named {
            let parts = insert.columns.iter().filter_map(|name| {
                let nested = name.parts.len() > 1;
                Some((name.parts.first()?.value.as_str(), nested))
            });
            Some(parts.collect())
        } else {
            schema.map(|list| {
                let written = list.iter().filter(|c| is_written(c));
                let written = written.filter(|c| fixed.iter().all(|f| f.value != c.name));
                written.map(|c| (c.name.as_str(), false)).collect()
            })
        };
        let mut whole = Set::default();
        whole.keep(&frame.whole);
        let mut columns = match targets {
            Some(targets) => written(&frame, &query, &targets, schema),
            None => {
                // Under which names the columns are read later nobody knows: each may be any.
                whole.keep(&frame.everything());
                self::named(&frame, query)
            }
        };
        for (name, value) in &insert.partition {
            if let Some(value) = value {
                let mut set = Set::default();
                self.fold.scalar(value, SAME, value.span, &mut set);
                columns.push(Output {
                    name: name.value.clone(),
                    data_type: column_type(schema, &name.value),
                    deps: set.finish(),
                });
            }
        }
        if let Some(schema) = schema {
            let place = |name: &str| schema.iter().position(|c| c.name == name);
            columns.sort_by_key(|column| place(&column.name));
        }
        let target = self.sink(&insert.target.name);
        let replaces = self.runs && insert.overwrite && insert.partition.is_empty();
        self.push(target, replaces, columns, whole.finish(), insert.span);
    }

    /// CREATE TABLE AS, and materialized tables.
    fn create_table(&mut self, create: &'a CreateTable, span: Span) {
        let Some(id) = create.query else { return };
        let (frame, query) = self.query(id);
        let declared: Vec<&str> = create
            .columns
            .iter()
            .map(|c| c.name.value.as_str())
            .collect();
        let has = |name: &str| query.iter().any(|c| c.name == name);
        // A list of bare names orders the columns of the query, or, where they are no names of it, renames them.
        let renames = !declared.is_empty()
            && declared.len() == query.len()
            && !declared.iter().all(|name| has(name));
        let ordered = declared.iter().all(|name| has(name));
        let mut columns = named(&frame, query);
        if renames {
            for (column, name) in columns.iter_mut().zip(&declared) {
                column.name = (*name).to_owned();
            }
        } else if ordered {
            let place = |name: &str| declared.iter().position(|d| *d == name);
            columns.sort_by_key(|c| place(&c.name).unwrap_or(usize::MAX));
        }
        for column in &mut columns {
            let kind = create.columns.iter().find(|c| c.name.value == column.name);
            if let Some(crate::syntax::ast::ColumnDefKind::Physical(data_type)) =
                kind.map(|c| &c.kind)
            {
                cast(column, Some(data_type));
            }
        }
        let whole = with_rest(&frame);
        let target = self.found(&create.name).map(|sink| {
            let options = create.options.iter();
            let options = options.map(|o| (o.key.value.clone(), o.value.value.clone()));
            let table = Table {
                columns: None,
                primary_key: Vec::new(),
                watermark: None,
                watermark_reads: None,
                partitioned_by: None,
                options: options.collect(),
            };
            let found = Found {
                object: Some(Object::Table(Arc::new(table))),
                ..sink.found.clone()
            };
            (self.names)(&found, &[])
        });
        self.push(target, self.runs, columns, whole, span);
    }

    fn create_view(&mut self, create: &'a CreateView, span: Span) {
        let names: Vec<&str> = create.columns.iter().map(|c| c.value.as_str()).collect();
        let target = self.sink(&create.name);
        self.view(target, create.query, &names, span);
    }

    fn alter_view(&mut self, alter: &'a AlterView, span: Span) {
        match &alter.change {
            ViewChange::As(query) => {
                let altered = self.fold.resolution.bindings.altered.clone();
                let target = altered.map(|name| Dataset {
                    name,
                    physical: Vec::new(),
                });
                self.view(target, *query, &[], span);
            }
            ViewChange::Rename(_) => {}
        }
    }

    fn view(&mut self, target: Option<Dataset>, query: QueryId, names: &[&str], span: Span) {
        let (frame, columns) = self.query(query);
        let mut columns = named(&frame, columns);
        if frame.rest.is_some() && !names.is_empty() {
            let everything = frame.everything();
            columns = names
                .iter()
                .map(|name| Output {
                    name: (*name).to_owned(),
                    data_type: None,
                    deps: Deps::clone(&everything),
                })
                .collect();
        }
        for (column, name) in columns.iter_mut().zip(names) {
            column.name = (*name).to_owned();
        }
        let whole = with_rest(&frame);
        let target = target.map(|dataset| Dataset {
            physical: Vec::new(),
            ..dataset
        });
        self.push(target, self.runs, columns, whole, span);
    }

    fn alter_table(&mut self, alter: &'a AlterTable, span: Span) {
        match &alter.change {
            // Rows that are there stay until the next refresh.
            TableChange::As(query) => {
                let (frame, columns) = self.query(*query);
                let columns = named(&frame, columns);
                let whole = with_rest(&frame);
                let target = self.sink(&alter.name);
                self.push(target, false, columns, whole, span);
            }
            TableChange::Rename(_)
            | TableChange::RenameColumn { .. }
            | TableChange::Set(_)
            | TableChange::Reset(_)
            | TableChange::Add(_)
            | TableChange::Modify(_)
            | TableChange::DropColumns(_)
            | TableChange::DropKey
            | TableChange::DropWatermark
            | TableChange::Distribution
            | TableChange::AddPartitions(_)
            | TableChange::DropPartitions
            | TableChange::Compact
            | TableChange::Suspend
            | TableChange::Resume(_)
            | TableChange::Refresh
            | TableChange::Schedule => {}
        }
    }

    fn update(&mut self, update: &'a Update, span: Span) {
        self.target_frame(&update.target.name, update.target.span.start);
        let mut whole = Set::default();
        if let Some(clause) = &update.selection {
            let at = clause.condition.span;
            self.fold.scalar(&clause.condition, FILTER, at, &mut whole);
        }
        let sink = self.found(&update.target.name);
        let schema = match sink.and_then(|s| s.found.object.as_ref()) {
            Some(Object::Table(table)) => table.columns.as_deref(),
            Some(Object::View(_) | Object::SessionView(_)) | None => None,
        };
        let mut columns = Vec::with_capacity(update.assignments.len());
        for (name, value) in &update.assignments {
            let mut set = Set::default();
            let at = name.span.to(value.span);
            self.fold.scalar(value, SAME, at, &mut set);
            columns.push(Output {
                name: name.value.clone(),
                data_type: column_type(schema, &name.value),
                deps: set.finish(),
            });
        }
        let target = self.sink(&update.target.name);
        self.push(target, false, columns, whole.finish(), span);
    }

    /// DELETE writes no value; which rows are left tells of what it compares.
    fn delete(&mut self, delete: &'a Delete, span: Span) {
        self.target_frame(&delete.target.name, delete.target.span.start);
        let mut whole = Set::default();
        if let Some(clause) = &delete.selection {
            let at = clause.condition.span;
            self.fold.scalar(&clause.condition, FILTER, at, &mut whole);
        }
        let target = self.sink(&delete.target.name);
        self.push(target, false, Vec::new(), whole.finish(), span);
    }

    fn target_frame(&mut self, name: &Name, start: u32) {
        let relations = &self.fold.resolution.relations;
        let frame = match relations.iter().position(|r| r.name == name.span) {
            Some(id) => self.fold.relation(id),
            None => self.fold.unknown(),
        };
        self.fold.keep(crate::resolve::Node::Target(start), frame);
    }
}

/// The columns of a query under its own names.
fn named(frame: &Frame, names: Vec<OutColumn>) -> Vec<Output> {
    let columns = names.into_iter().zip(frame.columns.iter());
    columns
        .map(|(column, deps)| Output {
            name: column.name,
            data_type: column.data_type,
            deps: Deps::clone(deps),
        })
        .collect()
}

/// What holds for every column: of a query with columns that nobody has listed, also what those are made of, as their names are not known.
fn with_rest(frame: &Frame) -> Deps {
    let Some(rest) = &frame.rest else {
        return Deps::clone(&frame.whole);
    };
    let mut whole = Set::default();
    whole.keep(&frame.whole);
    whole.keep(rest);
    whole.finish()
}

/// The columns of a query under the names of a target, by position.
fn written(
    frame: &Frame,
    query: &[OutColumn],
    targets: &[(&str, bool)],
    schema: Option<&[Column]>,
) -> Vec<Output> {
    let everything = frame.rest.is_some().then(|| frame.everything());
    let mut columns: Vec<Output> = Vec::with_capacity(targets.len());
    for (index, (name, nested)) in targets.iter().enumerate() {
        let deps = match (&everything, frame.columns.get(index)) {
            (Some(everything), _) => everything,
            (None, Some(deps)) => deps,
            (None, None) => continue,
        };
        let given = query.get(index).and_then(|c| c.data_type.clone());
        let mut column = Output {
            name: (*name).to_owned(),
            data_type: given,
            deps: Deps::clone(deps),
        };
        let declared = column_type(schema, name);
        if *nested {
            column.deps = changed(&column.deps, DERIVED);
            column.data_type = declared;
        } else if everything.is_some() {
            column.data_type = declared;
        } else {
            cast(&mut column, declared.as_ref());
        }
        match columns
            .iter_mut()
            .find(|c| *nested && c.name == column.name)
        {
            Some(parent) => {
                let mut set = Set::default();
                set.keep(&parent.deps);
                set.keep(&column.deps);
                parent.deps = set.finish();
            }
            None => columns.push(column),
        }
    }
    columns
}

/// Gives a column the type of its target. Where that is another one the value is cast on its way.
fn cast(column: &mut Output, declared: Option<&DataType>) {
    if let (Some(given), Some(declared)) = (&column.data_type, declared)
        && !is_kept(&given.kind, &declared.kind)
    {
        column.deps = changed(&column.deps, with_form(Form::Cast));
    }
    if let Some(declared) = declared {
        column.data_type = Some(declared.clone());
    }
}

fn changed(deps: &Deps, how: Relationship) -> Deps {
    let mut set = Set::default();
    for dep in deps.iter() {
        set.read(&[*dep], how, dep.span);
    }
    set.finish()
}

/// Whether a value of one type is the same in the other: equal but for NULL, or longer.
fn is_kept(given: &TypeKind, declared: &TypeKind) -> bool {
    let same = |a: &DataType, b: &DataType| is_kept(&a.kind, &b.kind);
    match (given, declared) {
        (
            TypeKind::Char(_) | TypeKind::Varchar(_),
            TypeKind::Varchar(crate::syntax::MAX_LENGTH),
        ) => true,
        (TypeKind::Varchar(a), TypeKind::Varchar(b))
        | (TypeKind::Varbinary(a), TypeKind::Varbinary(b)) => a <= b,
        (TypeKind::Array(a), TypeKind::Array(b))
        | (TypeKind::Multiset(a), TypeKind::Multiset(b)) => same(a, b),
        (TypeKind::Map(a, b), TypeKind::Map(c, d)) => same(a, c) && same(b, d),
        (TypeKind::Row(a), TypeKind::Row(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b)
                    .all(|(a, b)| same(&a.data_type, &b.data_type))
        }
        (a, b) => a == b,
    }
}

fn column_type(schema: Option<&[Column]>, name: &str) -> Option<DataType> {
    let column = schema?.iter().find(|c| c.name == name)?;
    column.data_type.clone()
}

/// Whether INSERT without a column list writes a column.
const fn is_written(column: &Column) -> bool {
    match column.kind {
        ColumnKind::Physical
        | ColumnKind::Metadata {
            virtual_: false, ..
        } => true,
        ColumnKind::Metadata { virtual_: true, .. } | ColumnKind::Computed { .. } => false,
    }
}
