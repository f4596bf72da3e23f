//! Binding the names of a scalar expression, and walking the queries nested in it.

use sqlparser::ast::{Ident as SqlIdent, ObjectNamePart};

use super::bindings::{Node, StarPart};
use super::error::{ResolveError, ResolveErrorKind, at};
use super::query::{Env, Resolver, meaning};
use super::scope::{Binding, Bound, Columns, Notes, Scope, ScopeRelation};
use super::{BlockId, ColumnUse, LongQualifier};
use crate::syntax::ast::{Ident, Scalar};
use crate::syntax::{Operand, Span, ident_span, last_part, operands};

/// The parts of a name with their places, whichever tree it comes from.
pub(super) struct Path<'a> {
    pub parts: Vec<&'a str>,
    pub spans: Vec<Span>,
}

impl<'a> Path<'a> {
    pub(super) fn of_sql(idents: &'a [SqlIdent]) -> Self {
        Self {
            parts: idents.iter().map(|i| i.value.as_str()).collect(),
            spans: idents.iter().map(ident_span).collect(),
        }
    }

    pub(super) fn of_idents(idents: &'a [Ident]) -> Self {
        Self {
            parts: idents.iter().map(|i| i.value.as_str()).collect(),
            spans: idents.iter().map(|i| i.span).collect(),
        }
    }

    fn of_object_name(parts: &'a [ObjectNamePart]) -> Self {
        let idents = || {
            parts.iter().filter_map(|part| match part {
                ObjectNamePart::Identifier(ident) => Some(ident),
                ObjectNamePart::Function(_) => None,
            })
        };
        Self {
            parts: idents().map(|i| i.value.as_str()).collect(),
            spans: idents().map(ident_span).collect(),
        }
    }

    pub(super) fn span(&self) -> Span {
        self.first(self.spans.len())
    }

    /// The place of the first `count` parts.
    pub(super) fn first(&self, count: usize) -> Span {
        let mut spans = self.spans.iter().take(count).copied();
        let first = spans.next().unwrap_or_default();
        spans.fold(first, Span::to)
    }

    pub(super) fn text(&self) -> String {
        self.parts.join(".")
    }
}

impl<'a> Resolver<'a> {
    /// Binds all that `scalar` reads; queries nested in it see `scope`.
    pub(super) fn scalar(
        &mut self,
        scalar: &'a Scalar,
        scope: &Scope<'_>,
        env: &Env,
        block: Option<BlockId>,
    ) -> Result<(), ResolveError> {
        let mut columns: Vec<&'a [SqlIdent]> = Vec::new();
        let mut stars: Vec<&'a [ObjectNamePart]> = Vec::new();
        let mut queries = Vec::new();
        let mut counting = false;
        operands(&scalar.expr, &mut |operand| match operand {
            Operand::Column(parts) => columns.push(parts),
            Operand::Query(id) => queries.push(id),
            Operand::Call(function) => {
                counting = last_part(&function.name).eq_ignore_ascii_case("COUNT")
            }
            // `COUNT(*)` counts rows and reads no column.
            Operand::Wildcard(parts) if parts.is_empty() && counting => {}
            Operand::Wildcard(parts) => stars.push(parts),
            Operand::Variable(..) => {}
        })
        .map_err(at(scalar.span))?;
        for parts in columns {
            self.column(&Path::of_sql(parts), scope)?;
        }
        for parts in stars {
            self.star_operand(&Path::of_object_name(parts), scope)?;
        }
        queries.sort_unstable();
        for id in queries {
            self.query(id, env, Some(scope), block)?;
        }
        Ok(())
    }

    /// Looks one name up and notes for lineage what it means.
    pub(super) fn bind(&mut self, path: &Path<'_>, scope: &Scope<'_>) -> Binding {
        let mut notes = Notes::default();
        let binding = scope.bind(&path.parts, &mut notes);
        self.note(path.span(), &binding, notes);
        binding
    }

    fn note(&mut self, span: Span, binding: &Binding, notes: Notes) {
        let meant = meaning(binding, notes);
        self.out.bindings.bind(span.start, meant);
    }

    /// Notes how many columns a node has.
    pub(super) fn shape(&mut self, node: Node, columns: &Columns) {
        self.out
            .bindings
            .shaped(node, columns.list.len(), columns.open);
    }

    /// Binds one name and records its use.
    pub(super) fn column(
        &mut self,
        path: &Path<'_>,
        scope: &Scope<'_>,
    ) -> Result<(), ResolveError> {
        match self.bind(path, scope) {
            Binding::Column(bound) => {
                self.used(bound, path, false);
                Ok(())
            }
            Binding::Several(all) => {
                for bound in all {
                    self.used(bound, path, false);
                }
                Ok(())
            }
            Binding::Alias | Binding::Open => Ok(()),
            Binding::Unknown => Err(ResolveErrorKind::ColumnUnknown(path.text()).at(path.span())),
        }
    }

    /// Records a use, and the qualifier when it is a path.
    pub(super) fn used(&mut self, bound: Bound, path: &Path<'_>, item: bool) {
        let Some(relation) = bound.relation else {
            return self.passed(bound, path);
        };
        self.out.uses.push(ColumnUse {
            relation,
            column: bound.column,
            span: path.span(),
            item,
        });
        if bound.qualifier > 1 {
            self.out.qualifiers.push(LongQualifier {
                span: path.first(bound.qualifier),
                relation,
            });
        }
    }

    /// `t.*` or `*` as an argument: every column of what it names is read.
    fn star_operand(&mut self, path: &Path<'_>, scope: &Scope<'_>) -> Result<(), ResolveError> {
        let named: Vec<ScopeRelation> = if path.parts.is_empty() {
            scope.relations.clone()
        } else {
            match scope.named(&path.parts) {
                Some(relation) => vec![relation.clone()],
                None => {
                    // `r.*` of a ROW column.
                    if let Binding::Column(bound) = self.bind(path, scope) {
                        self.used(bound, path, false);
                    }
                    return Ok(());
                }
            }
        };
        // `f(*)` has no place of its own: lineage takes all there is.
        if !path.parts.is_empty() {
            let parts = named.iter().map(|r| StarPart::Every(r.node)).collect();
            self.out.bindings.expand(path.span().start, parts);
        }
        for relation in &named {
            self.take_columns(&relation.columns, path.span())?;
            self.all_columns(relation, path.span(), false);
            if let (Some(id), true) = (relation.relation, path.parts.len() > 1) {
                self.out.qualifiers.push(LongQualifier {
                    span: path.span(),
                    relation: id,
                });
            }
        }
        Ok(())
    }

    /// Records a use that nothing is rewritten for.
    pub(super) fn passed(&mut self, bound: Bound, path: &Path<'_>) {
        let relation = bound.relation.or(bound.through);
        self.out.passed.extend(relation.map(|relation| ColumnUse {
            relation,
            column: bound.column,
            span: path.span(),
            item: false,
        }));
    }

    /// Records that rows of a relation are passed on as a whole.
    pub(super) fn passes(&mut self, relation: Option<usize>, columns: &Columns, span: Span) {
        let Some(relation) = relation else { return };
        let all = columns.list.iter().map(|column| ColumnUse {
            relation,
            column: column.name.clone(),
            span,
            item: false,
        });
        self.out.passed.extend(all);
    }

    /// Records a use of every known column.
    pub(super) fn all_columns(&mut self, relation: &ScopeRelation, span: Span, item: bool) {
        let Some(id) = relation.relation else {
            return self.passes(relation.through, &relation.columns, span);
        };
        for column in relation.columns.list.iter() {
            self.out.uses.push(ColumnUse {
                relation: id,
                column: column.name.clone(),
                span,
                item,
            });
        }
    }
}
