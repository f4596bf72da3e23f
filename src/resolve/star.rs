//! Stars: which columns they stand for, in Flink's order.

use super::bind::Path;
use super::bindings::{ColumnRef, Node, StarPart, count};
use super::error::{ResolveError, ResolveErrorKind};
use super::query::{Resolver, meaning};
use super::scope::{Binding, Columns, Notes, Scope, ScopeRelation};
use super::{Item, ItemKind, LongQualifier, OutColumn, StarColumn};
use crate::catalog::TypeKind;
use crate::syntax::Span;
use crate::syntax::ast::Name;

/// A piece of what a star shows of a FROM clause. The relation is one of the scope, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// All columns of a relation.
    Every(usize),
    /// One column of a relation; what it means, when it is merged.
    One(usize, u32, Option<ColumnRef>),
    /// The columns of a relation that nobody has listed.
    Others(usize),
}

/// The pieces of a join that merges `names`: first the merged columns, then what is left of either side (Calcite, `SqlValidatorImpl.Permute`).
pub(super) fn merged(
    relations: &[ScopeRelation],
    left: &[Shown],
    right: &[Shown],
    names: &[(String, ColumnRef)],
) -> Vec<Shown> {
    let mut sides = [left, right].map(|side| each(relations, side));
    let mut shown = Vec::new();
    for (name, meant) in names {
        let own = sides.each_mut().map(|side| {
            let named = |piece: &Shown| column(relations, *piece).is_some_and(|c| c.name == *name);
            side.iter().position(named).map(|at| side.remove(at))
        });
        if let Some(Shown::One(relation, column, _)) = own.into_iter().flatten().next() {
            shown.push(Shown::One(relation, column, Some(*meant)));
        }
    }
    shown.extend(sides.into_iter().flatten());
    shown
}

/// The same pieces, column by column.
fn each(relations: &[ScopeRelation], pieces: &[Shown]) -> Vec<Shown> {
    let mut all = Vec::new();
    for piece in pieces {
        match *piece {
            Shown::Every(index) => {
                let columns = relations.get(index).map(|r| &r.columns);
                let listed = columns.map_or(0, |c| c.list.len());
                all.extend((0..count(listed)).map(|c| Shown::One(index, c, None)));
                if columns.is_some_and(|c| c.open) {
                    all.push(Shown::Others(index));
                }
            }
            Shown::One(..) | Shown::Others(_) => all.push(*piece),
        }
    }
    all
}

fn column(relations: &[ScopeRelation], piece: Shown) -> Option<&OutColumn> {
    match piece {
        Shown::One(relation, column, _) => {
            let relation = relations.get(relation)?;
            relation.columns.list.get(column as usize)
        }
        Shown::Every(_) | Shown::Others(_) => None,
    }
}

impl<'a> Resolver<'a> {
    /// `*`.
    pub(super) fn star(
        &mut self,
        span: Span,
        scope: &Scope<'_>,
        columns: &mut Vec<OutColumn>,
        open: &mut bool,
    ) -> Result<Item, ResolveError> {
        let mut all_known = true;
        for relation in &scope.relations {
            self.take_columns(&relation.columns, span)?;
            all_known &= !relation.columns.open;
            self.all_columns(relation, span, true);
        }
        let mut star = Vec::new();
        let mut parts = Vec::with_capacity(scope.shown.len());
        for piece in &scope.shown {
            match *piece {
                Shown::Every(index) => {
                    let Some(relation) = scope.relations.get(index) else {
                        continue;
                    };
                    parts.push(StarPart::Every(relation.node));
                    let list = relation.columns.list.iter();
                    star.extend(list.clone().map(|c| star_column(relation, c)));
                    columns.extend(list.cloned());
                }
                Shown::One(index, number, meant) => {
                    let (Some(relation), Some(column)) =
                        (scope.relations.get(index), column(&scope.relations, *piece))
                    else {
                        continue;
                    };
                    let own = own(relation.node, number);
                    parts.push(StarPart::One(meant.unwrap_or(own)));
                    star.push(star_column(relation, column));
                    columns.push(column.clone());
                }
                Shown::Others(index) => {
                    let relation = scope.relations.get(index);
                    let unlisted = relation.and_then(ScopeRelation::unlisted);
                    parts.extend(unlisted.map(StarPart::Open));
                }
            }
        }
        *open |= !all_known;
        self.out.bindings.expand(span.start, parts);
        Ok(Item {
            span,
            kind: ItemKind::Wildcard(all_known.then_some(star)),
        })
    }

    /// `t.*`, or the fields of a ROW column.
    pub(super) fn qualified_star(
        &mut self,
        qualifier: &'a Name,
        span: Span,
        scope: &Scope<'_>,
        columns: &mut Vec<OutColumn>,
        open: &mut bool,
    ) -> Result<Item, ResolveError> {
        let path = Path::of_idents(&qualifier.parts);
        if let Some(relation) = scope.named(&path.parts).cloned() {
            if let (Some(id), true) = (relation.relation, path.parts.len() > 1) {
                self.out.qualifiers.push(LongQualifier {
                    span: path.span(),
                    relation: id,
                });
            }
            self.take_columns(&relation.columns, span)?;
            self.all_columns(&relation, span, true);
            let every = StarPart::Every(relation.node);
            self.out.bindings.expand(span.start, vec![every]);
            *open |= relation.columns.open;
            columns.extend(relation.columns.list.iter().cloned());
            let star = relation
                .columns
                .list
                .iter()
                .map(|c| star_column(&relation, c))
                .collect();
            return Ok(Item {
                span,
                kind: ItemKind::Wildcard((!relation.columns.open).then_some(star)),
            });
        }
        // `r.*`, `t.r.*`: the fields of a ROW column.
        let mut notes = Notes::default();
        let binding = scope.bind(&path.parts, &mut notes);
        let meant = meaning(&binding, notes);
        let mut parts: Vec<StarPart> = meant.iter().copied().map(StarPart::Open).collect();
        match binding {
            Binding::Column(bound) => {
                let data_type = bound.data_type.clone();
                self.used(bound, &path, false);
                match data_type.map(|t| t.kind) {
                    Some(TypeKind::Row(fields)) => {
                        if let [only] = meant.as_slice() {
                            parts = vec![StarPart::Fields(*only, count(fields.len()))];
                        }
                        columns.extend(fields.into_iter().map(|f| OutColumn {
                            name: f.name,
                            data_type: Some(f.data_type),
                        }));
                    }
                    _ => *open = true,
                }
            }
            Binding::Several(all) => {
                for bound in all {
                    self.used(bound, &path, false);
                }
                *open = true;
            }
            Binding::Open | Binding::Alias => *open = true,
            Binding::Unknown => {
                return Err(ResolveErrorKind::RelationUnknown(path.text()).at(path.span()));
            }
        }
        self.out.bindings.expand(span.start, parts);
        Ok(Item {
            span,
            kind: ItemKind::Expression,
        })
    }

    /// Counts the columns that a star stands for.
    pub(super) fn take_columns(&self, columns: &Columns, star: Span) -> Result<(), ResolveError> {
        let left = self.budget.columns.get().checked_sub(columns.list.len());
        let left = left.ok_or_else(|| ResolveErrorKind::Columns.at(star))?;
        self.budget.columns.set(left);
        Ok(())
    }
}

const fn own(node: Node, column: u32) -> ColumnRef {
    ColumnRef {
        node,
        column: Some(column),
        whole: true,
    }
}

fn star_column(relation: &ScopeRelation, column: &OutColumn) -> StarColumn {
    StarColumn {
        qualifier: relation.alias.clone(),
        column: column.name.clone(),
        relation: relation.relation,
    }
}
