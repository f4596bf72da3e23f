//! The base tables of a statement: their datasets by number, and their columns, computed ones seen through.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::super::{Dataset, Edge, SourceColumn};
use super::deps::{ANY, DERIVED, Dep, Deps, Frame, SAME, Set, Source, Through};
use super::fold::Fold;
use crate::catalog::{Column, ColumnKind, Found, Object, Table};
use crate::resolve::{Node, Relation, Resolution, computed_names};
use crate::syntax::ast::{Queries, Setting};
use crate::syntax::{Expression, Span};

/// How a dataset is called by whoever knows its physical names; the settings are those of its OPTIONS hints.
pub(super) type Names<'a> = &'a dyn Fn(&Found, &[Setting]) -> Dataset;

/// The datasets that a statement reads, views below it included.
pub(super) struct Sources<'a> {
    pub names: Names<'a>,
    entries: RefCell<Vec<Entry>>,
}

struct Entry {
    dataset: Dataset,
    /// What is known of it.
    table: Option<Arc<Table>>,
    frame: Frame,
}

impl<'a> Sources<'a> {
    pub(super) const fn new(names: Names<'a>) -> Self {
        Self {
            names,
            entries: RefCell::new(Vec::new()),
        }
    }

    /// The rows of a base table.
    pub(super) fn frame(&self, relation: &Relation) -> Frame {
        let dataset = (self.names)(&relation.found, &relation.options);
        let table = match &relation.found.object {
            Some(Object::Table(table)) => Some(Arc::clone(table)),
            // A view without text is nothing that anybody knows.
            Some(Object::View(_) | Object::SessionView(_)) | None => None,
        };
        let known = |e: &&Entry| e.dataset == dataset && e.table == table;
        if let Some(entry) = self.entries.borrow().iter().find(known) {
            return entry.frame.clone();
        }
        let number = u32::try_from(self.entries.borrow().len()).unwrap_or(ANY);
        let frame = match table
            .as_deref()
            .and_then(|t| Some((t, t.columns.as_deref()?)))
        {
            Some((table, _)) => self.columns(number, table),
            None => unlisted(number),
        };
        self.entries.borrow_mut().push(Entry {
            dataset,
            table,
            frame: frame.clone(),
        });
        frame
    }

    /// The columns of a table. One after the other those computed columns that read known ones become known too.
    fn columns(&self, dataset: u32, table: &Table) -> Frame {
        let list = table.columns.as_deref().unwrap_or_default();
        let mut columns: Vec<Option<Deps>> = list
            .iter()
            .enumerate()
            .map(|(index, column)| match column.kind {
                ColumnKind::Physical | ColumnKind::Metadata { .. } => {
                    Some(own(dataset, u32::try_from(index).unwrap_or(ANY)))
                }
                ColumnKind::Computed { .. } => None,
            })
            .collect();
        if columns.iter().all(Option::is_some) {
            return Frame::of(columns.into_iter().flatten().collect());
        }
        let stored = Frame::of(columns.iter().flatten().cloned().collect());
        let mut computed: Vec<Computed> = list
            .iter()
            .enumerate()
            .filter_map(|(index, column)| match &column.kind {
                ColumnKind::Computed { expression, .. } => {
                    Some(Computed::of(index, expression, list))
                }
                ColumnKind::Physical | ColumnKind::Metadata { .. } => None,
            })
            .collect();
        loop {
            let known = |index: usize| columns.get(index).is_some_and(Option::is_some);
            let (ready, later): (Vec<_>, Vec<_>) = computed
                .into_iter()
                .partition(|c| c.reads.iter().all(|i| known(*i)));
            computed = later;
            if ready.is_empty() {
                break;
            }
            let frame = Frame::of(
                columns
                    .iter()
                    .map(|c| c.clone().unwrap_or_else(super::deps::none))
                    .collect(),
            );
            for column in ready {
                let deps = column.deps(&frame, &stored, self);
                if let Some(slot) = columns.get_mut(column.index) {
                    *slot = Some(deps);
                }
            }
        }
        // What is left reads itself, which Flink refuses.
        Frame::of(
            columns
                .into_iter()
                .map(|c| c.unwrap_or_else(|| stored.everything()))
                .collect(),
        )
    }

    /// A set as edges, sorted, each once; `at` is the place of those that no item has read.
    pub(super) fn edges(&self, deps: &[Dep], at: Span) -> Vec<Edge> {
        let entries = self.entries.borrow();
        let mut edges: Vec<Edge> = deps
            .iter()
            .filter_map(|dep| {
                let entry = entries.get(dep.source.dataset as usize)?;
                let columns = entry.table.as_ref().and_then(|t| t.columns.as_deref());
                let column = columns.and_then(|list| list.get(dep.source.column as usize));
                Some(Edge {
                    source: SourceColumn {
                        dataset: entry.dataset.clone(),
                        column: column.map(|c| c.name.clone()),
                    },
                    relationship: dep.relationship,
                    span: if dep.span.is_empty() { at } else { dep.span },
                })
            })
            .collect();
        edges.sort_unstable();
        edges.dedup();
        edges
    }
}

/// One stored column.
fn own(dataset: u32, column: u32) -> Deps {
    Rc::from([Dep {
        source: Source { dataset, column },
        relationship: SAME,
        span: Span::default(),
        through: Through::Nothing,
    }])
}

/// A table of which nobody has said what columns it has. A name may be one of them, or a field inside one.
fn unlisted(dataset: u32) -> Frame {
    let any = Dep {
        source: Source {
            dataset,
            column: ANY,
        },
        relationship: DERIVED,
        span: Span::default(),
        through: Through::Nothing,
    };
    Frame {
        rest: Some(Rc::from([any])),
        ..Frame::of(Vec::new())
    }
}

/// A computed column that is not known yet.
struct Computed {
    index: usize,
    /// Its expression with what the names in it mean; none where that is not known.
    read: Option<(Expression, Resolution)>,
    /// The columns of the table that it reads.
    reads: Vec<usize>,
}

impl Computed {
    fn of(index: usize, text: &str, columns: &[Column]) -> Self {
        let parsed = Expression::parse(text).ok();
        let read = parsed.and_then(|expression| {
            let bindings = computed_names(columns, &expression.scalar)?;
            let resolution = Resolution {
                bindings,
                ..Resolution::default()
            };
            Some((expression, resolution))
        });
        let reads = match &read {
            Some((_, resolution)) => {
                let columns = resolution.bindings.all().filter_map(|c| c.column);
                columns.map(|c| c as usize).collect()
            }
            None => Vec::new(),
        };
        Self { index, read, reads }
    }

    /// What it is made of; `stored` where its expression says nothing.
    fn deps(&self, columns: &Frame, stored: &Frame, sources: &Sources<'_>) -> Deps {
        let Some((expression, resolution)) = &self.read else {
            return stored.everything();
        };
        let queries = Queries::default();
        let mut fold = Fold::new(&queries, resolution, sources);
        fold.frames.insert(Node::Computed, columns.clone());
        let mut set = Set::default();
        fold.expression(&expression.scalar.expr, SAME, Span::default(), &mut set);
        set.finish()
    }
}
