//! The base shape: a reference becomes a derived table that filters raw rows and masks them all at once.

use super::error::RewriteError;
use super::{Edit, Protection, Rewriter, condition, full_name, select_list};
use crate::resolve::{FromPlace, Relation};
use crate::syntax::{Span, quote};

impl Rewriter<'_> {
    /// `orders o` → `(SELECT … FROM orders WHERE …) o`; hints and a constant snapshot move inside, the alias stays outside.
    pub(super) fn derived(
        &mut self,
        relation: &Relation,
        place: &FromPlace,
        protection: &Protection,
    ) -> Result<(), RewriteError> {
        let masked = select_list::masked_columns(relation, &protection.obligations.masks)?;
        let filter = condition(&protection.obligations.rows, relation);
        // MATCH_RECOGNIZE and UNPIVOT bring an alias of their own.
        let named = place.alias.is_some() || place.pattern;
        let alias = if named {
            String::new()
        } else {
            format!(" AS {}", quote(&relation.found.name.table))
        };
        let names = relation
            .view
            .as_ref()
            .filter(|_| protection.inside.is_some())
            .map(|v| v.names.as_slice())
            .unwrap_or_default();
        // The view's own column list needs an alias to stand on: the user's serves, unless it renames nothing.
        let names_stand = names.is_empty() || (!named && !place.pattern);
        if protection.obligations.is_empty() && names_stand {
            let text = self.view_text(relation, protection)?;
            self.edits.push(Edit::replace(relation.name, text));
            let list = column_list(names);
            self.edits
                .push(Edit::insert(place.end, format!("{alias}{list}")));
            return Ok(());
        }
        self.edits.push(Edit::insert(
            relation.name.start,
            format!("(SELECT {} FROM ", select_list::text(relation, &masked)),
        ));
        self.source_of(relation, protection)?;
        self.edits.push(Edit::insert(
            place.end,
            format!("{}){alias}", where_clause(filter.as_deref())),
        ));
        Ok(())
    }

    /// `TABLE t` → `SELECT … FROM t WHERE …`, in brackets where it is an argument: Flink takes a query there without the word TABLE.
    pub(super) fn term(
        &mut self,
        relation: &Relation,
        protection: &Protection,
        around: (&str, &str),
    ) -> Result<(), RewriteError> {
        let masked = select_list::masked_columns(relation, &protection.obligations.masks)?;
        let filter = condition(&protection.obligations.rows, relation);
        let keyword = Span::new(relation.span.start, relation.name.start);
        self.edits.push(Edit::replace(
            keyword,
            format!("{}{} FROM ", around.0, select_list::text(relation, &masked)),
        ));
        self.source_of(relation, protection)?;
        self.edits.push(Edit::insert(
            relation.span.end,
            format!("{}{}", where_clause(filter.as_deref()), around.1),
        ));
        Ok(())
    }

    /// What a derived table selects from: the name as it stands, in full, or a view's text.
    fn source_of(
        &mut self,
        relation: &Relation,
        protection: &Protection,
    ) -> Result<(), RewriteError> {
        if protection.inside.is_some() {
            let names = relation
                .view
                .as_ref()
                .map(|v| v.names.as_slice())
                .unwrap_or_default();
            let text = self.view_text(relation, protection)?;
            let alias = format!(
                "{text} AS {}{}",
                quote(&relation.found.name.table),
                column_list(names)
            );
            self.edits.push(Edit::replace(relation.name, alias));
        } else if self.qualify {
            self.edits
                .push(Edit::replace(relation.name, full_name(relation)));
        }
        Ok(())
    }
}

fn column_list(names: &[String]) -> String {
    if names.is_empty() {
        String::new()
    } else {
        format!(
            "({})",
            names
                .iter()
                .map(|n| quote(n))
                .collect::<Vec<_>>()
                .join(", ")
        )
    }
}

pub(super) fn where_clause(filter: Option<&str>) -> String {
    filter.map(|f| format!(" WHERE {f}")).unwrap_or_default()
}
