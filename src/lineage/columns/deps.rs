//! Sets of dependencies, shared: what a column, or the rows of a relation, are made of.
//!
//! Invariant: a set holds each (source, relationship, place) once, and no more than a few places of each: it grows with the sources, not with the
//! text. A column that is handed on unchanged shares its set, so that stars stay linear.
//! Invariant: nothing counts as what came out of a call ([`Through`]) unless all of it did.

use std::rc::Rc;

use super::super::{Direct, Form, Indirect, Reduction, Relationship};
use crate::syntax::Span;

/// A source column by number: which dataset, and which of its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Source {
    pub dataset: u32,
    /// [`ANY`] where any column may be meant.
    pub column: u32,
}

/// The number of no column: any may be meant.
pub(super) const ANY: u32 = u32::MAX;

/// One dependency. Its span is empty as long as no item or clause of a query has read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Dep {
    pub source: Source,
    pub relationship: Relationship,
    pub span: Span,
    pub through: Through,
}

/// Whether a value is what one call answered, and nothing has been done to it since. Ordered: of two that are told apart no more the first holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Through {
    /// No.
    Nothing,
    /// Of the call that the select item at its span is.
    Call,
    /// The same, of a call whose one argument is the source column as it is.
    Bare,
}

/// A finished set.
pub(super) type Deps = Rc<[Dep]>;

/// The value itself.
pub(super) const SAME: Relationship = Relationship::Direct(Direct::SAME);

/// Any expression over the value.
pub(super) const DERIVED: Relationship = with_form(Form::Derived);

pub(super) const fn with_form(form: Form) -> Relationship {
    Relationship::Direct(Direct {
        form,
        reduction: Reduction::None,
    })
}

/// What is compared to say how many rows there are.
pub(super) const ROWS: Relationship = Relationship::Indirect(Indirect::Rows);

/// One hop, then another on its result. What is indirect in a value stays so; in a condition everything is part of the condition. What is not told
/// is told of nothing that is made of it.
pub(super) fn then(first: Relationship, next: Relationship) -> Relationship {
    match (first, next) {
        (Relationship::Indirect(first), Relationship::Indirect(next)) if !first.is_told() => {
            Relationship::Indirect(match next {
                Indirect::Conditional | Indirect::Count => Indirect::Count,
                Indirect::Twin => first,
                Indirect::Window
                | Indirect::Join
                | Indirect::Filter
                | Indirect::GroupBy
                | Indirect::Sort
                | Indirect::Rows => Indirect::Rows,
            })
        }
        (_, Relationship::Indirect(_)) => next,
        // Nothing is inherited through a count.
        (
            Relationship::Indirect(Indirect::Twin),
            Relationship::Direct(Direct {
                reduction: Reduction::Counted,
                ..
            }),
        ) => ROWS,
        (Relationship::Direct(first), Relationship::Direct(next)) => {
            Relationship::Direct(first.then(next))
        }
        (Relationship::Indirect(_), Relationship::Direct(_)) => first,
    }
}

/// The same place as an indirect operand: in a condition it is part of that condition.
pub(super) const fn indirectly(how: Relationship, kind: Indirect) -> Relationship {
    match how {
        Relationship::Direct(_) => Relationship::Indirect(kind),
        Relationship::Indirect(_) => how,
    }
}

/// A set in the making.
#[derive(Debug, Default)]
pub(super) struct Set {
    list: Vec<Dep>,
    /// How many there were when doubles were last taken out.
    sorted: usize,
}

/// From how many entries on doubles are taken out while a set grows.
const MANY: usize = 1024;

/// Of how many places of one source and relationship a set tells. Of more it says that there is the dependency, and no place.
const MOST_PLACES: usize = 16;

impl Set {
    pub(super) fn push(&mut self, dep: Dep) {
        self.list.push(dep);
        if self.list.len() > self.sorted.saturating_mul(2).max(MANY) {
            self.sort();
        }
    }

    /// Adds `deps` as they are read at `at` in the manner `how`. The span stays that of the hop that made a dependency what it is.
    pub(super) fn read(&mut self, deps: &[Dep], how: Relationship, at: Span) {
        for dep in deps {
            self.push(through(*dep, how, at));
        }
    }

    /// Adds `deps` unchanged.
    pub(super) fn keep(&mut self, deps: &[Dep]) {
        deps.iter().for_each(|dep| self.push(*dep));
    }

    fn sort(&mut self) {
        self.list.sort_unstable();
        self.list
            .dedup_by_key(|dep| (dep.source, dep.relationship, dep.span));
        let mut kept: Vec<Dep> = Vec::with_capacity(self.list.len());
        let alike = |a: &Dep, b: &Dep| (a.source, a.relationship) == (b.source, b.relationship);
        for places in self.list.chunk_by(alike) {
            match places {
                [first, ..] if places.len() > MOST_PLACES => kept.push(Dep {
                    span: Span::default(),
                    through: Through::Nothing,
                    ..*first
                }),
                _ => kept.extend(places),
            }
        }
        self.list = kept;
        self.sorted = self.list.len();
    }

    pub(super) fn finish(mut self) -> Deps {
        self.sort();
        self.list.into()
    }
}

fn through(dep: Dep, how: Relationship, at: Span) -> Dep {
    let relationship = then(dep.relationship, how);
    // What a call has made and something else is made of is no longer what the call has made.
    let through = match how {
        Relationship::Direct(Direct {
            form: Form::Same | Form::Picked | Form::Cast,
            ..
        }) if relationship == dep.relationship => dep.through,
        Relationship::Direct(_) | Relationship::Indirect(_) => Through::Nothing,
    };
    let kept = relationship == dep.relationship && through == dep.through;
    Dep {
        source: dep.source,
        relationship,
        span: if kept && !dep.span.is_empty() {
            dep.span
        } else {
            at
        },
        through,
    }
}

/// The same set, read by the item at `at`. Shared where that says nothing new.
pub(super) fn read(deps: &Deps, at: Span) -> Deps {
    if deps.iter().all(|dep| !dep.span.is_empty()) {
        return Rc::clone(deps);
    }
    deps.iter().map(|dep| through(*dep, SAME, at)).collect()
}

/// The same set, all at one place.
pub(super) fn placed(deps: &Deps, at: Span) -> Deps {
    let mut set = Set::default();
    for dep in deps.iter() {
        set.push(Dep {
            span: at,
            through: Through::Nothing,
            ..*dep
        });
    }
    set.finish()
}

/// The same set by tables: any of their columns.
pub(super) fn any_column(deps: &Deps) -> Deps {
    let mut set = Set::default();
    for dep in deps.iter() {
        set.push(Dep {
            source: Source {
                column: ANY,
                ..dep.source
            },
            relationship: then(dep.relationship, DERIVED),
            through: Through::Nothing,
            ..*dep
        });
    }
    set.finish()
}

/// Nothing.
pub(super) fn none() -> Deps {
    Rc::from([])
}

/// The columns of rows, and what decides which rows there are.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// The listed columns, in order.
    pub columns: Rc<[Deps]>,
    /// What a column that is not listed may be made of; none where all are listed.
    pub rest: Option<Deps>,
    /// What decides which rows there are: JOIN, FILTER, GROUP_BY, SORT.
    pub whole: Deps,
    /// The operands of UNNEST and of table functions, and ([`ROWS`]) what set operations compare: they decide how many rows there are. No edge of
    /// a query that is told; of a value that is made by counting the rows the operands are.
    pub rows: Deps,
}

impl Frame {
    pub(super) fn of(columns: Vec<Deps>) -> Self {
        Self {
            columns: columns.into(),
            rest: None,
            whole: none(),
            rows: none(),
        }
    }

    /// All columns in one set. Which is which is not known, so none counts as handed on unchanged.
    pub(super) fn everything(&self) -> Deps {
        let mut set = Set::default();
        for deps in self.columns.iter().chain(&self.rest) {
            set.read(deps, DERIVED, Span::default());
        }
        set.finish()
    }

    /// The same rows, of which no column can be told from another: `columns` of them, and others where it is `open`.
    pub(super) fn blurred(&self, columns: usize, open: bool) -> Self {
        let everything = self.everything();
        Self {
            columns: vec![Rc::clone(&everything); columns].into(),
            rest: open.then_some(everything),
            ..self.clone()
        }
    }

    /// The same rows, all read at one place of another text.
    pub(super) fn placed(&self, at: Span) -> Self {
        Self {
            columns: self.columns.iter().map(|deps| placed(deps, at)).collect(),
            rest: self.rest.as_ref().map(|deps| placed(deps, at)),
            whole: placed(&self.whole, at),
            rows: placed(&self.rows, at),
        }
    }
}
