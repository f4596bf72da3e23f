//! Lookup and temporal joins: `FOR SYSTEM_TIME AS OF` takes a name, so the protected table becomes a common table expression.
//!
//! It only projects. The planner refuses a filter there ("will corrupt the versioning"), so the filter rides along as a boolean column that ON
//! tests: same rows, INNER and LEFT (FLINK.md §2).

use super::error::{RewriteError, RewriteErrorKind};
use super::{Edit, Protection, Rewriter, condition, full_name, primary_key, select_list};
use crate::resolve::{FromPlace, ItemKind, Relation, RelationId, StarColumn, TemporalJoin};
use crate::syntax::ast::{JoinKind, QueryId};
use crate::syntax::{Span, quote};

/// A common table expression to be added to a query.
pub(super) struct NewCte {
    query: QueryId,
    text: String,
}

impl Rewriter<'_> {
    pub(super) fn temporal(
        &mut self,
        id: RelationId,
        relation: &Relation,
        place: &FromPlace,
        join: &TemporalJoin,
        protection: &Protection,
    ) -> Result<(), RewriteError> {
        let table = || relation.found.name.clone();
        let at = |kind: RewriteErrorKind| kind.at(relation.name);
        let shape = |why| {
            at(RewriteErrorKind::TemporalShape {
                table: table(),
                why,
            })
        };
        if protection.inside.is_some() {
            return Err(shape("it is a view over protected tables"));
        }
        if place.pattern || place.alias.as_ref().is_some_and(|a| a.columns) {
            return Err(shape("its columns are renamed"));
        }
        let masked = select_list::masked_columns(relation, &protection.obligations.masks)?;
        if primary_key(relation)
            .iter()
            .any(|k| masked.sql.contains_key(k))
        {
            return Err(at(RewriteErrorKind::MaskedTemporalKey(table())));
        }
        let own = |key: &&String| {
            relation
                .columns()
                .into_iter()
                .flatten()
                .any(|c| c.name == **key)
        };
        let mut keys = join.keys.iter().filter(own).peekable();
        if keys.peek().is_some() && keys.all(|k| masked.sql.contains_key(k)) {
            return Err(at(RewriteErrorKind::MaskedLookupKey(table())));
        }
        let name = self.fresh(
            &format!("{}__protected", relation.found.name.table),
            relation,
        );
        let mut list = select_list::text(relation, &masked);
        if let Some(filter) = condition(&protection.obligations.rows, relation) {
            let Some(on) = join
                .on
                .filter(|_| matches!(join.kind, JoinKind::Inner | JoinKind::Left))
            else {
                return Err(shape(
                    "its rows are filtered for you, which needs an INNER or LEFT JOIN with ON",
                ));
            };
            let row_ok = self.fresh("row_ok__", relation);
            // AND goes on at unknown: the test must be true or false.
            list = format!("{list}, (({filter}) IS TRUE) AS {}", quote(&row_ok));
            let alias = place
                .alias
                .as_ref()
                .map_or(&relation.found.name.table, |a| &a.name);
            // First: what is tested before it runs on hidden rows too, and a version that is hidden would show in an error.
            self.edits.push(Edit::insert(
                on.start,
                format!("{}.{} AND (", quote(alias), quote(&row_ok)),
            ));
            self.edits.push(Edit::insert(on.end, ")"));
            self.hide_from_stars(id, relation)?;
        }
        let hints = Span::new(relation.name.end, relation.span.end).text(self.unit.source);
        let from = if self.qualify {
            full_name(relation)
        } else {
            relation.name.text(self.unit.source).to_owned()
        };
        self.ctes.push(NewCte {
            query: relation.query,
            text: format!("{} AS (SELECT {list} FROM {from}{hints})", quote(&name)),
        });
        self.edits.push(Edit::replace(relation.span, quote(&name)));
        if place.alias.is_none() {
            let end = self.snapshot_end(relation, place);
            self.edits.push(Edit::insert(
                end,
                format!(" AS {}", quote(&relation.found.name.table)),
            ));
        }
        Ok(())
    }

    /// A name that the text does not hold in any spelling, and that no other addition uses.
    fn fresh(&self, wish: &str, relation: &Relation) -> String {
        let text = self.lower.get_or_init(|| self.unit.text().to_lowercase());
        let taken = |name: &str| {
            relation
                .columns()
                .into_iter()
                .flatten()
                .any(|c| c.name == name)
                || text.contains(&name.to_lowercase())
                || self.means_a_table(name)
                || self.ctes.iter().any(|c| c.text.contains(name))
        };
        let numbered = (1..).map(|n| {
            if n == 1 {
                wish.to_owned()
            } else {
                format!("{wish}{n}")
            }
        });
        numbered
            .into_iter()
            .find(|name| !taken(name))
            .unwrap_or_default()
    }

    /// Whether the statement names a table or a common table expression so: in `U&"d\005f"` the text does not show it.
    fn means_a_table(&self, name: &str) -> bool {
        let defined = self.unit.queries.0.iter().flat_map(|q| &q.ctes);
        let tables = self.unit.resolution.relations.iter();
        let mut names = defined
            .map(|cte| &cte.name.value)
            .chain(tables.map(|r| &r.found.name.table));
        names.any(|other| other == name)
    }

    /// Writes the stars of the block out, so that the boolean column does not show.
    fn hide_from_stars(&mut self, id: RelationId, relation: &Relation) -> Result<(), RewriteError> {
        if let Some(span) = self.star_argument(id) {
            let why = "a star as an argument would show the row filter";
            return Err(RewriteErrorKind::TemporalShape {
                table: relation.found.name.clone(),
                why,
            }
            .at(span));
        }
        let Some(block) = relation
            .block
            .and_then(|b| self.unit.resolution.blocks.get(b))
        else {
            return Ok(());
        };
        for item in &block.items {
            let ItemKind::Wildcard(star) = &item.kind else {
                continue;
            };
            let Some(columns) = star else {
                return Err(
                    RewriteErrorKind::SchemaUnknown(relation.found.name.clone()).at(item.span)
                );
            };
            if columns.iter().all(|c| c.relation != Some(id)) {
                continue;
            }
            if block.merged {
                let why = "a star over NATURAL or USING would show the row filter";
                return Err(RewriteErrorKind::TemporalShape {
                    table: relation.found.name.clone(),
                    why,
                }
                .at(item.span));
            }
            let edit = Edit::replace(
                item.span,
                columns.iter().map(written).collect::<Vec<_>>().join(", "),
            );
            if !self.edits.contains(&edit) {
                self.edits.push(edit);
            }
        }
        Ok(())
    }

    /// Where a star of the relation is an argument, as in `ROW(t.*)`: several of its columns are read at one place that is no select item.
    fn star_argument(&self, id: RelationId) -> Option<Span> {
        let reads = || {
            let uses = self.unit.resolution.uses.iter();
            uses.filter(|u| u.relation == id && !u.item)
        };
        reads()
            .find(|a| reads().any(|b| b.span == a.span && b.column != a.column))
            .map(|used| used.span)
    }

    /// Adds the new expressions before those of the query, in order.
    pub(super) fn finish_temporal(&mut self) -> Result<(), RewriteError> {
        let mut queries: Vec<QueryId> = self.ctes.iter().map(|c| c.query).collect();
        queries.sort_unstable();
        queries.dedup();
        for id in queries {
            let texts: Vec<&str> = self
                .ctes
                .iter()
                .filter(|c| c.query == id)
                .map(|c| c.text.as_str())
                .collect();
            let Some(query) = self.unit.queries.get(id) else {
                return Err(
                    RewriteErrorKind::Internal("a query that is not there").at(Span::default())
                );
            };
            self.edits.push(match query.with {
                Some(with) => Edit::insert(with.end, format!(" {},", texts.join(", "))),
                None => Edit::insert(query.span.start, format!("WITH {} ", texts.join(", "))),
            });
        }
        Ok(())
    }

    /// Where the snapshot clause of a reference without alias ends.
    fn snapshot_end(&self, relation: &Relation, place: &FromPlace) -> u32 {
        let join = place.temporal.as_ref().and_then(|t| t.snapshot);
        join.map_or(relation.span.end, |s| s.end)
    }
}

fn written(column: &StarColumn) -> String {
    if column.qualifier.is_empty() {
        quote(&column.column)
    } else {
        format!("{}.{}", quote(&column.qualifier), quote(&column.column))
    }
}
