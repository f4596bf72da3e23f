//! `rewrite`: obligations and a resolved statement become edits on the submitted text.
//!
//! In: [`Unit`], a [`Protection`] for each of its relations. Out: edits, or a [`RewriteError`] that names the construct with no safe shape
//! (FLINK.md §1–3). Stays out: policy documents, I/O, printing of syntax trees. What is made here is unproved text until `verify` has read it.
//! Invariant: no edit without the obligation that asks for it, and no obligation without its edit.
//!
//! One file a shape: `derived` replaces a reference by a derived table, `temporal` moves it into a common table expression, `inline`
//! puts filter and masks into the user's own query block, `view` expands the text of a catalog view.

mod derived;
mod edit;
mod error;
mod inline;
mod select_list;
mod temporal;
mod view;

pub use edit::{Edit, EditSet, OverlapError};
pub use error::{RewriteError, RewriteErrorKind};

use std::cell::OnceCell;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::{Object, TableName};
use crate::policy::{Obligations, RowFilter, Rows};
use crate::resolve::{Place, Relation, RelationId, Resolution};
use crate::syntax::Span;
use crate::syntax::ast::Queries;

/// So much a rewrite may add to a statement: a reference of a few bytes may become a list of a thousand masks.
const ADDED_BYTES: usize = 64 << 20;

/// Where filters and masks are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Each reference becomes a derived table.
    #[default]
    Derived,
    /// Where a block reads one table and nothing in it can tell the difference, into its WHERE and select list; else derived. For people who
    /// read audits.
    Inline,
}

/// A text with its resolution.
#[derive(Debug, Clone, Copy)]
pub struct Unit<'a> {
    /// The text that all spans belong to.
    pub source: &'a str,
    /// The queries of the statement.
    pub queries: &'a Queries,
    /// What it reads.
    pub resolution: &'a Resolution,
}

impl<'a> Unit<'a> {
    /// The part of the text that its queries take up: every name of the statement stands there, and of a long script nothing else.
    fn text(&self) -> &'a str {
        let spans = || self.queries.0.iter().map(|q| q.span);
        let start = spans().map(|s| s.start).min().unwrap_or_default();
        let end = spans().map(|s| s.end).max().unwrap_or_default();
        Span::new(start, end).text(self.source)
    }
}

/// What must be done for one relation.
#[derive(Debug, Clone)]
pub struct Protection {
    /// The obligations of the table or view itself.
    pub obligations: Arc<Obligations>,
    /// For a view of the site's catalog: the protections of what its text reads, where any of them is not empty.
    pub inside: Option<Vec<Protection>>,
}

impl Protection {
    /// Whether the reference may stay as it is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.obligations.is_empty() && self.inside.is_none()
    }

    /// Whether a filter or a mask's condition, here or in the view's text, asks another table.
    #[must_use]
    pub fn has_subquery(&self) -> bool {
        let mut inside = self.inside.iter().flatten();
        self.conditions().any(|w| w.subquery) || inside.any(Self::has_subquery)
    }

    /// The tables that the filter and the conditions of masks ask, those of a view's text left out.
    pub fn asked_tables(&self) -> impl Iterator<Item = &TableName> {
        self.conditions().flat_map(|condition| &condition.tables)
    }

    fn conditions(&self) -> impl Iterator<Item = &RowFilter> {
        let filter = match &self.obligations.rows {
            Rows::Matching(filter) => Some(filter),
            Rows::All | Rows::Nothing => None,
        };
        let masks = self.obligations.masks.iter();
        filter
            .into_iter()
            .chain(masks.filter_map(|m| m.when.as_ref()))
    }
}

/// The edits that protect every relation of `unit`. `protections` are in the order of its relations.
///
/// # Errors
/// A reference with an obligation that has no shape of the same meaning.
pub fn rewrite(
    unit: Unit<'_>,
    protections: &[Protection],
    style: Style,
) -> Result<Vec<Edit>, RewriteError> {
    let mut rewriter = Rewriter {
        unit,
        protections,
        style,
        qualify: false,
        edits: Vec::new(),
        replaced: Vec::new(),
        ctes: Vec::new(),
        lower: OnceCell::new(),
    };
    rewriter.run()?;
    Ok(rewriter.edits)
}

struct Rewriter<'a> {
    unit: Unit<'a>,
    protections: &'a [Protection],
    style: Style,
    /// Whether names are written in full: the text moves to a place where they could mean something else.
    qualify: bool,
    edits: Vec<Edit>,
    /// Relations that are reached by a new alias: long qualifiers of theirs must follow.
    replaced: Vec<RelationId>,
    ctes: Vec<temporal::NewCte>,
    /// The unit's text in lower case, once a name is sought that it does not hold.
    lower: OnceCell<String>,
}

impl<'a> Rewriter<'a> {
    fn run(&mut self) -> Result<(), RewriteError> {
        let unit = self.unit;
        if self.protections.len() != unit.resolution.relations.len() {
            return Err(
                RewriteErrorKind::Internal("a relation without a decision").at(Span::default())
            );
        }
        let mut counted = 0;
        let mut added = 0;
        for (id, (relation, protection)) in unit
            .resolution
            .relations
            .iter()
            .zip(self.protections)
            .enumerate()
        {
            let new = self.edits.get(counted..).unwrap_or_default();
            added += new.iter().map(|e| e.replacement.len()).sum::<usize>();
            counted = self.edits.len();
            if added > ADDED_BYTES {
                return Err(RewriteErrorKind::TooLong.at(relation.name));
            }
            if protection.is_empty() {
                if self.qualify {
                    self.edits
                        .push(Edit::replace(relation.name, full_name(relation)));
                }
                continue;
            }
            if self.style == Style::Inline && self.inline(id, relation, protection)? {
                continue;
            }
            self.replaced.push(id);
            match &relation.place {
                Place::From(place) => match &place.temporal {
                    Some(join) => self.temporal(id, relation, place, join, protection)?,
                    None => self.derived(relation, place, protection)?,
                },
                Place::Term => self.term(relation, protection, ("SELECT ", ""))?,
                // `check` has refused it: nothing of such a table may be hidden.
                Place::Target => {
                    return Err(RewriteErrorKind::Internal(
                        "the table of UPDATE or DELETE is protected",
                    )
                    .at(relation.name));
                }
                Place::Argument => self.term(relation, protection, ("(SELECT ", ")"))?,
            }
        }
        self.finish_temporal()?;
        self.shorten_qualifiers();
        Ok(())
    }

    /// `db.orders.price` becomes `` `orders`.price ``: a derived table is known by its alias alone.
    fn shorten_qualifiers(&mut self) {
        let stars: Vec<_> = self
            .edits
            .iter()
            .map(|e| e.span)
            .filter(|s| !s.is_empty())
            .collect();
        for long in &self.unit.resolution.qualifiers {
            let covered = stars.iter().any(|s| s.contains(long.span));
            if self.replaced.contains(&long.relation)
                && !covered
                && let Some(relation) = self.unit.resolution.relations.get(long.relation)
            {
                let edit =
                    Edit::replace(long.span, crate::syntax::quote(&relation.found.name.table));
                if !self.edits.contains(&edit) {
                    self.edits.push(edit);
                }
            }
        }
    }
}

/// The name of a relation with all three parts, quoted: no CTE can capture it.
fn full_name(relation: &Relation) -> String {
    relation.found.name.quoted()
}

/// The condition of a row filter as it stands inside a derived table over `relation`; `None` for all rows.
///
/// Columns are qualified where another relation could capture them: in a subquery of the filter, or by an outer block when the schema is
/// unknown.
fn condition(rows: &Rows, relation: &Relation) -> Option<String> {
    written(rows, |filter| qualifier(filter, relation))
}

/// A row filter as text; `None` for all rows.
fn written<'q>(rows: &Rows, qualifier: impl Fn(&RowFilter) -> Option<&'q str>) -> Option<String> {
    match rows {
        Rows::All => None,
        Rows::Nothing => Some("FALSE".to_owned()),
        Rows::Matching(filter) => Some(filter.render(qualifier(filter))),
    }
}

fn qualifier<'r>(filter: &RowFilter, relation: &'r Relation) -> Option<&'r str> {
    (filter.subquery || relation.columns().is_none()).then_some(relation.found.name.table.as_str())
}

/// The event-time column of a table, when its definition is known.
fn watermark(relation: &Relation) -> Option<&str> {
    match &relation.found.object {
        Some(Object::Table(table)) => table.watermark.as_deref(),
        Some(Object::View(_) | Object::SessionView(_)) | None => None,
    }
}

/// The primary key of a table, when its definition is known.
fn primary_key(relation: &Relation) -> &[String] {
    match &relation.found.object {
        Some(Object::Table(table)) => &table.primary_key,
        Some(Object::View(_) | Object::SessionView(_)) | None => &[],
    }
}
