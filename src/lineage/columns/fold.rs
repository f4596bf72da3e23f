//! The fold itself: what it carries, and how a name or a star becomes a set.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::super::Relationship;
use super::deps::{DERIVED, Deps, Frame, SAME, Set, none, read, then};
use super::source::Sources;
use crate::resolve::{ColumnRef, Node, Resolution, StarPart};
use crate::syntax::Span;
use crate::syntax::ast::{MatchRecognize, NamedWindow, Queries};

/// One text on its way: a statement, the text of a view, the expression of a computed column.
pub(super) struct Fold<'a> {
    pub(super) queries: &'a Queries,
    pub(super) resolution: &'a Resolution,
    pub(super) sources: &'a Sources<'a>,
    /// The rows that names can be columns of.
    pub(super) frames: HashMap<Node, Frame>,
    /// The queries that are done, by their number.
    pub(super) done: Vec<Option<Frame>>,
    /// The WINDOW clauses of the SELECTs around, outermost first.
    pub(super) windows: Vec<&'a [NamedWindow]>,
    /// The pattern whose operands are being read.
    pub(super) pattern: Option<&'a MatchRecognize>,
    /// What decides how many rows aggregates see, of the SELECTs and patterns around, outermost first.
    pub(super) counted: Vec<Deps>,
    /// The functions of the select items that are one call and nothing else.
    pub(super) calls: BTreeMap<Span, String>,
}

impl<'a> Fold<'a> {
    pub(super) fn new(
        queries: &'a Queries,
        resolution: &'a Resolution,
        sources: &'a Sources<'a>,
    ) -> Self {
        Self {
            queries,
            resolution,
            sources,
            frames: HashMap::new(),
            done: vec![None; queries.0.len()],
            windows: Vec::new(),
            pattern: None,
            counted: Vec::new(),
            calls: BTreeMap::new(),
        }
    }

    /// Keeps the rows of a node. Where they have not the columns that `resolve` counted, no column can be told from another.
    pub(super) fn keep(&mut self, node: Node, frame: Frame) -> Frame {
        let shape = self.resolution.bindings.shape(node);
        let frame = match shape {
            Some(shape)
                if shape.columns as usize == frame.columns.len()
                    && shape.open == frame.rest.is_some() =>
            {
                frame
            }
            Some(shape) => frame.blurred(shape.columns as usize, shape.open),
            None => frame,
        };
        self.frames.insert(node, frame.clone());
        frame
    }

    /// Adds what the name that begins at `start` means.
    pub(super) fn name(&mut self, start: u32, how: Relationship, at: Span, set: &mut Set) {
        match self.resolution.bindings.name(start) {
            Some([]) | None => self.anything(how, at, set),
            Some(columns) => {
                for column in columns {
                    let (deps, form) = self.column(*column);
                    set.read(&deps, then(form, how), at);
                }
            }
        }
    }

    /// The set of a name that means one column and nothing else, shared.
    pub(super) fn lone(&mut self, start: u32, at: Span) -> Option<Deps> {
        match self.resolution.bindings.name(start) {
            Some([column]) if column.whole => Some(read(&self.column(*column).0, at)),
            Some(_) | None => None,
        }
    }

    /// What a column is made of, and what reading it does.
    pub(super) fn column(&mut self, column: ColumnRef) -> (Deps, Relationship) {
        let Some(frame) = self.frames.get(&column.node) else {
            let mut set = Set::default();
            self.anything(DERIVED, Span::default(), &mut set);
            return (set.finish(), DERIVED);
        };
        let deps = match column.column {
            Some(index) => frame.columns.get(index as usize),
            None => frame.rest.as_ref(),
        };
        match deps {
            Some(deps) if column.whole => (Rc::clone(deps), SAME),
            Some(deps) => (Rc::clone(deps), DERIVED),
            None => (frame.everything(), DERIVED),
        }
    }

    /// A name of which nothing is known: it may be any column of any table of this text. Should not happen; costs edges, not secrets.
    pub(super) fn anything(&mut self, how: Relationship, at: Span, set: &mut Set) {
        for frame in self.frames.values() {
            set.read(&frame.everything(), then(DERIVED, how), at);
        }
        for id in 0..self.resolution.relations.len() {
            let frame = self.relation(id);
            set.read(&frame.everything(), then(DERIVED, how), at);
        }
    }

    /// The columns of a star, and what those may be that nobody has listed.
    pub(super) fn star(&mut self, start: u32, at: Span) -> (Vec<Deps>, Option<Deps>) {
        let Some(parts) = self.resolution.bindings.star(start) else {
            let mut set = Set::default();
            self.anything(SAME, at, &mut set);
            return (Vec::new(), Some(set.finish()));
        };
        let mut columns = Vec::new();
        let mut rest: Option<Set> = None;
        for part in parts {
            match *part {
                StarPart::Every(node) => match self.frames.get(&node) {
                    Some(frame) => {
                        columns.extend(frame.columns.iter().map(|deps| read(deps, at)));
                        if let Some(deps) = &frame.rest {
                            rest.get_or_insert_default().read(deps, SAME, at);
                        }
                    }
                    None => self.anything(SAME, at, rest.get_or_insert_default()),
                },
                StarPart::One(column) => {
                    let (deps, form) = self.column(column);
                    let mut set = Set::default();
                    set.read(&deps, form, at);
                    columns.push(set.finish());
                }
                StarPart::Fields(column, count) => {
                    let (deps, _) = self.column(column);
                    let mut set = Set::default();
                    set.read(&deps, DERIVED, at);
                    let field = set.finish();
                    columns.extend((0..count).map(|_| Rc::clone(&field)));
                }
                StarPart::Open(column) => {
                    let (deps, _) = self.column(column);
                    rest.get_or_insert_default().read(&deps, DERIVED, at);
                }
            }
        }
        (columns, rest.map(Set::finish))
    }

    /// The rows of which nothing is known.
    pub(super) fn unknown(&mut self) -> Frame {
        let mut set = Set::default();
        self.anything(DERIVED, Span::default(), &mut set);
        Frame {
            columns: Rc::from([]),
            rest: Some(set.finish()),
            whole: none(),
            rows: none(),
        }
    }
}
