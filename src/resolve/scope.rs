//! Which relations a name can mean at one place of a query.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::bindings::{ColumnRef, Node, count};
use super::star::Shown;
use super::{OutColumn, RelationId};
use crate::catalog::{DataType, TableName, TypeKind};

/// The columns of a relation as a scope sees them.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    /// The known ones, in order.
    pub list: Rc<[OutColumn]>,
    /// Whether there may be others: the schema, or a function's result, is unknown.
    pub open: bool,
    /// The places of the names, once they are asked for: a wide table is asked for each of them.
    by_name: Rc<OnceCell<HashMap<String, usize>>>,
}

/// A list that is as short is looked through.
const SHORT: usize = 16;

impl Columns {
    pub(super) fn new(list: Rc<[OutColumn]>, open: bool) -> Self {
        Self {
            list,
            open,
            by_name: Rc::default(),
        }
    }

    pub(super) fn closed(list: Vec<OutColumn>) -> Self {
        Self::new(list.into(), false)
    }

    pub(super) fn unknown() -> Self {
        Self::new(Rc::from([]), true)
    }

    pub(super) fn known(&self) -> Option<Rc<[OutColumn]>> {
        (!self.open).then(|| Rc::clone(&self.list))
    }

    fn find(&self, name: &str) -> Option<(u32, &OutColumn)> {
        let index = if self.list.len() <= SHORT {
            self.list.iter().position(|c| c.name == name)?
        } else {
            *self.by_name.get_or_init(|| self.places()).get(name)?
        };
        Some((count(index), self.list.get(index)?))
    }

    /// Of a name that stands there twice the first place counts.
    fn places(&self) -> HashMap<String, usize> {
        let mut places = HashMap::with_capacity(self.list.len());
        for (index, column) in self.list.iter().enumerate() {
            places.entry(column.name.clone()).or_insert(index);
        }
        places
    }

    /// The place of a name among the listed columns.
    pub(super) fn position(&self, name: &str) -> Option<u32> {
        self.find(name).map(|(index, _)| index)
    }
}

/// A relation that can be named in a scope.
#[derive(Debug, Clone)]
pub(super) struct ScopeRelation {
    /// The name it goes by; empty for none.
    pub alias: String,
    /// For a table without alias: its full name, so that `db.t.c` and `cat.db.t.c` find it.
    pub path: Option<TableName>,
    /// Its columns.
    pub columns: Columns,
    /// The table or view it is, when it is one directly.
    pub relation: Option<RelationId>,
    /// The table or view whose columns these are all the same, where it is not one directly.
    pub through: Option<RelationId>,
    /// Whether unqualified names pass it by: a pattern variable stands for rows that its input already offers.
    pub qualified_only: bool,
    /// The rows that it is.
    pub node: Node,
}

/// The relations visible at one place, and the scope around it.
#[derive(Debug, Default)]
pub(super) struct Scope<'p> {
    pub relations: Vec<ScopeRelation>,
    /// Names that NATURAL or USING has merged: not ambiguous.
    pub merged: Vec<String>,
    /// What USING and NATURAL have merged, with its place among the columns of that join; later ones count.
    pub joined: Vec<(String, ColumnRef)>,
    /// What a star shows, in order.
    pub shown: Vec<Shown>,
    /// Names of select items, for clauses that may use them.
    pub aliases: Vec<(String, ColumnRef)>,
    /// What an alias is beside a column of the same name.
    pub alias_rule: AliasRule,
    pub parent: Option<&'p Scope<'p>>,
}

/// What an alias is beside a column of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum AliasRule {
    /// Nothing.
    #[default]
    Column,
    /// It may be meant as well: QUALIFY.
    Both,
    /// It is what is meant: ORDER BY (Calcite, `OrderExpressionExpander`).
    Alias,
}

/// What lineage must know of a lookup beside the binding, which serves rewriting.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Columns that may be meant besides.
    pub also: Vec<ColumnRef>,
    /// The column that is meant in place of all: a merged one, an alias.
    pub instead: Option<ColumnRef>,
}

/// What a name turned out to mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bound {
    /// The rows, for lineage.
    pub node: Node,
    /// The place of the column among theirs; none where nobody has listed it.
    pub index: Option<u32>,
    /// The relation, when it is a table or view of the statement.
    pub relation: Option<RelationId>,
    /// The one whose column it is all the same, when its rows have come through something else.
    pub through: Option<RelationId>,
    /// The column below it.
    pub column: String,
    /// How many leading parts are the qualifier.
    pub qualifier: usize,
    /// Its type, where known and where the name goes no deeper.
    pub data_type: Option<DataType>,
    /// Whether the name means the column itself and not a field of it.
    pub whole: bool,
    /// Whether the relation is one of the innermost scope.
    pub local: bool,
}

/// The outcome of a lookup.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Binding {
    /// A column of one relation.
    Column(Bound),
    /// Several relations have it: Flink refuses, or it is merged. Each is a use.
    Several(Vec<Bound>),
    /// The name of a select item.
    Alias,
    /// A relation with unknown columns may have it.
    Open,
    /// Nothing.
    Unknown,
}

impl Binding {
    /// The same, to look at.
    pub(super) fn bounds(&self) -> &[Bound] {
        match self {
            Self::Column(one) => std::slice::from_ref(one),
            Self::Several(all) => all,
            Self::Alias | Self::Open | Self::Unknown => &[],
        }
    }

    /// The columns that are meant, or may be.
    fn columns(self) -> Vec<Bound> {
        match self {
            Self::Column(one) => vec![one],
            Self::Several(all) => all,
            Self::Alias | Self::Open | Self::Unknown => Vec::new(),
        }
    }
}

fn one_or_several(found: Vec<Bound>) -> Binding {
    match <[Bound; 1]>::try_from(found) {
        Ok([one]) => Binding::Column(one),
        Err(several) => Binding::Several(several),
    }
}

impl<'p> Scope<'p> {
    pub(super) fn child(&'p self) -> Scope<'p> {
        Scope {
            parent: Some(self),
            ..Scope::default()
        }
    }

    /// Binds a dotted name by Calcite's rules as Flink uses them: the longest leading part that names a relation wins; otherwise the first
    /// part is a column, or a field inside a ROW column (FLINK.md §1 `row-peek`); inner scopes before outer ones.
    pub(super) fn bind(&self, parts: &[&str], notes: &mut Notes) -> Binding {
        for qualifier in (1..parts.len().min(4)).rev() {
            if let Some(binding) = self.bind_qualified(parts, qualifier, true, notes) {
                return binding;
            }
        }
        self.bind_plain(parts, true, notes)
    }

    fn bind_qualified(
        &self,
        parts: &[&str],
        qualifier: usize,
        local: bool,
        notes: &mut Notes,
    ) -> Option<Binding> {
        let (prefix, rest) = parts.split_at_checked(qualifier)?;
        let found: Vec<&ScopeRelation> = self
            .relations
            .iter()
            .filter(|r| r.is_named(prefix))
            .collect();
        let Some(first) = found.first() else {
            return self
                .parent
                .and_then(|p| p.bind_qualified(parts, qualifier, false, notes));
        };
        for relation in &found {
            relation.note_inside(rest, notes);
        }
        let bound = |r: &ScopeRelation| r.bound(rest, qualifier, local);
        match found.as_slice() {
            [_] => Some(bound(first).map_or(Binding::Unknown, Binding::Column)),
            _ => Some(Binding::Several(
                found.iter().filter_map(|r| bound(r)).collect(),
            )),
        }
    }

    fn bind_plain(&self, parts: &[&str], local: bool, notes: &mut Notes) -> Binding {
        let alias = self.alias(parts);
        let candidates = || self.relations.iter().filter(|r| !r.qualified_only);
        let mut direct = candidates()
            .filter(|r| parts.first().is_some_and(|p| r.columns.find(p).is_some()))
            .filter_map(|r| r.bound(parts, 0, local));
        let (first, second) = (direct.next(), direct.next());
        if first.is_some() {
            self.note_named(parts, alias, notes);
        }
        match (first, second) {
            (Some(one), None) => return Binding::Column(one),
            (Some(one), Some(other)) => {
                return Binding::Several([one, other].into_iter().chain(direct).collect());
            }
            (None, _) => {}
        }
        notes.also.extend(alias);
        notes
            .also
            .extend(candidates().filter_map(ScopeRelation::unlisted));
        candidates().for_each(|r| r.note_inside(parts, notes));
        let outer = self.parent.map(|p| p.bind_plain(parts, false, notes));
        let mut inside: Vec<Bound> = candidates()
            .filter_map(|r| r.bound_inside(parts, local))
            .collect();
        match (inside.is_empty(), outer) {
            // Whether the fields of a ROW can be named without it hangs on how the ROW was made: an outer column may be meant as well.
            (false, outer) => {
                inside.extend(outer.into_iter().flat_map(Binding::columns));
                one_or_several(inside)
            }
            (true, outer) => {
                let open = candidates().any(|r| r.columns.open);
                let alias = alias.is_some();
                match outer {
                    // An unknown schema nearer by may hide the outer column, and so may an alias, in ORDER BY alone: both may be meant.
                    Some(outer @ (Binding::Column(_) | Binding::Several(_))) => outer,
                    _ if alias => Binding::Alias,
                    Some(Binding::Alias) if !open => Binding::Alias,
                    Some(Binding::Open) => Binding::Open,
                    _ if open => self.open_binding(parts, local),
                    _ => Binding::Unknown,
                }
            }
        }
    }

    /// A name that only a relation with unknown columns can have: when there is just one such relation it is its column.
    fn open_binding(&self, parts: &[&str], local: bool) -> Binding {
        let open: Vec<&ScopeRelation> = self
            .relations
            .iter()
            .filter(|r| !r.qualified_only && r.columns.open)
            .collect();
        match open.as_slice() {
            [one] if one.relation.is_some() => one
                .bound(parts, 0, local)
                .map_or(Binding::Open, Binding::Column),
            _ => Binding::Open,
        }
    }

    /// The select item of this name.
    fn alias(&self, parts: &[&str]) -> Option<ColumnRef> {
        let [name] = parts else { return None };
        let mut named = self.aliases.iter().filter(|(alias, _)| alias == name);
        named.next().map(|(_, column)| *column)
    }

    /// The last merged column of this name.
    pub(super) fn joined(&self, name: &str) -> Option<ColumnRef> {
        let mut named = self
            .joined
            .iter()
            .rev()
            .filter(|(joined, _)| joined == name);
        named.next().map(|(_, column)| *column)
    }

    /// What a name that is a column here means besides, or instead.
    fn note_named(&self, parts: &[&str], alias: Option<ColumnRef>, notes: &mut Notes) {
        let Some((name, fields)) = parts.split_first() else {
            return;
        };
        if let Some(joined) = self.joined(name) {
            notes.instead = Some(ColumnRef {
                whole: fields.is_empty(),
                ..joined
            });
        }
        match self.alias_rule {
            AliasRule::Column => {}
            AliasRule::Both => notes.also.extend(alias),
            AliasRule::Alias => notes.instead = alias.or(notes.instead),
        }
    }

    /// The relations that a star's qualifier means, nearest scope first; `None` when there is none.
    pub(super) fn named(&self, prefix: &[&str]) -> Option<&ScopeRelation> {
        self.relations
            .iter()
            .find(|r| r.is_named(prefix))
            .or_else(|| self.parent.and_then(|p| p.named(prefix)))
    }
}

impl ScopeRelation {
    fn is_named(&self, prefix: &[&str]) -> bool {
        match (prefix, &self.path) {
            ([alias], _) => !self.alias.is_empty() && self.alias == *alias,
            ([database, table], Some(path)) => path.database == *database && path.table == *table,
            ([catalog, database, table], Some(path)) => {
                path.catalog == *catalog && path.database == *database && path.table == *table
            }
            _ => false,
        }
    }

    /// A column that nobody has listed, where there may be one.
    pub(super) fn unlisted(&self) -> Option<ColumnRef> {
        self.columns.open.then_some(ColumnRef {
            node: self.node,
            column: None,
            whole: false,
        })
    }

    /// Notes all ROW columns that have `parts` inside them, where none is named so: which one is meant is not known (FLINK.md §1 `row-peek`).
    fn note_inside(&self, parts: &[&str], notes: &mut Notes) {
        let Some(first) = parts.first() else { return };
        if self.columns.find(first).is_some() {
            return;
        }
        let columns = self.columns.list.iter().enumerate();
        let inside =
            columns.filter(|(_, c)| c.data_type.as_ref().is_some_and(|t| has_field(t, first)));
        notes.also.extend(inside.map(|(index, _)| ColumnRef {
            node: self.node,
            column: Some(count(index)),
            whole: false,
        }));
    }

    /// `rest` as a column of this relation, then fields of it.
    fn bound(&self, rest: &[&str], qualifier: usize, local: bool) -> Option<Bound> {
        let (name, fields) = rest.split_first()?;
        let (index, column) = match self.columns.find(name) {
            Some(found) => found,
            None if self.columns.open => {
                return Some(Bound {
                    node: self.node,
                    index: None,
                    relation: self.relation,
                    through: self.through,
                    column: (*name).to_owned(),
                    qualifier,
                    data_type: None,
                    whole: fields.is_empty(),
                    local,
                });
            }
            None => {
                return self
                    .bound_inside(rest, local)
                    .map(|b| Bound { qualifier, ..b });
            }
        };
        let data_type = column
            .data_type
            .clone()
            .and_then(|t| fields.iter().try_fold(t, |t, field| field_type(&t, field)));
        Some(Bound {
            node: self.node,
            index: Some(index),
            relation: self.relation,
            through: self.through,
            column: column.name.clone(),
            qualifier,
            data_type,
            whole: fields.is_empty(),
            local,
        })
    }

    /// `parts` as a field somewhere inside a ROW column, without the names above it.
    fn bound_inside(&self, parts: &[&str], local: bool) -> Option<Bound> {
        let first = parts.first()?;
        let mut columns = self.columns.list.iter().enumerate();
        let (index, column) =
            columns.find(|(_, c)| c.data_type.as_ref().is_some_and(|t| has_field(t, first)))?;
        Some(Bound {
            node: self.node,
            index: Some(count(index)),
            relation: self.relation,
            through: self.through,
            column: column.name.clone(),
            qualifier: 0,
            data_type: None,
            whole: false,
            local,
        })
    }
}

fn field_type(data_type: &DataType, field: &str) -> Option<DataType> {
    match &data_type.kind {
        TypeKind::Row(fields) => fields
            .iter()
            .find(|f| f.name == field)
            .map(|f| f.data_type.clone()),
        _ => None,
    }
}

fn has_field(data_type: &DataType, name: &str) -> bool {
    match &data_type.kind {
        TypeKind::Row(fields) => fields
            .iter()
            .any(|f| f.name == name || has_field(&f.data_type, name)),
        _ => false,
    }
}
