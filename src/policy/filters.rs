//! The rows of one table: `(P1 OR … OR Pn) AND R1 AND … AND Rm`, by rule id: same set, same text.
//!
//! Source: PostgreSQL, `CREATE POLICY`, notes on several policies. As there, where permissive filters exist, one of them must be for the principal;
//! unlike there, a table with restrictive filters alone shows what these leave.

use super::bind::bind;
use super::decide::Hit;
use super::document::{Mode, NoMatchingFilter};
use super::obligation::Piece;
use super::refusal::{Kind, Refusal};
use super::rule::{RuleKind, Standing};
use super::subject::Who;
use super::{Resource, RowFilter, Rows, RuleId};

/// The rows that the filters among `hits` leave.
///
/// An exception of a filter is a match that is always true. "None for this principal" is said when filters exist and none is for the principal, and
/// also when permissive ones exist and none of these is: a restrictive filter for everyone must not open what permissive ones share out.
///
/// # Errors
/// `no-matching-filter` by `unmatched`; what binding says: other filters do not rescue the table.
pub(super) fn rows(
    hits: &[Hit<'_>],
    who: &Who<'_>,
    resource: &Resource<'_>,
    unmatched: NoMatchingFilter,
) -> Result<Rows, Refusal> {
    let mut sides = [Side::default(), Side::default()];
    let mut all: Vec<RuleId> = Vec::new();
    for hit in hits {
        let RuleKind::Filter(mode, condition) = &hit.rule.kind else {
            continue;
        };
        all.push(hit.rule.id.clone());
        let [permissive, restrictive] = &mut sides;
        let side = match mode {
            Mode::Permissive => permissive,
            Mode::Restrictive => restrictive,
        };
        side.exist = true;
        match hit.rule.standing(who) {
            Standing::NotForYou => continue,
            Standing::Excepted => side.exempt = true,
            Standing::Speaks => {
                let filter = bind(condition, &hit.rule.id, who, resource)?;
                side.filters.push(filter);
            }
        }
        side.matched = true;
    }
    let [permissive, restrictive] = sides;
    if !permissive.exist && !restrictive.exist {
        return Ok(Rows::All);
    }
    let none_for_me = if permissive.exist {
        !permissive.matched
    } else {
        !restrictive.matched
    };
    if none_for_me {
        match unmatched {
            NoMatchingFilter::Deny => {
                return Err(Refusal::new(Kind::NoMatchingFilter, all, String::new()));
            }
            NoMatchingFilter::Empty => return Ok(Rows::Nothing),
            NoMatchingFilter::All => {}
        }
    }
    // P OR TRUE is TRUE; R AND TRUE is R.
    let shared = if permissive.exempt {
        None
    } else {
        combine(permissive.filters, "OR")
    };
    let parts = shared.into_iter().chain(restrictive.filters).collect();
    Ok(combine(parts, "AND").map_or(Rows::All, Rows::Matching))
}

#[derive(Default)]
struct Side {
    exist: bool,
    matched: bool,
    exempt: bool,
    filters: Vec<RowFilter>,
}

/// The rows that all of `rows` have in common.
pub(super) fn all_of(rows: Vec<Rows>) -> Rows {
    let mut filters: Vec<RowFilter> = Vec::new();
    for rows in rows {
        match rows {
            Rows::All => {}
            Rows::Nothing => return Rows::Nothing,
            // The logical name stands behind each physical one: its filters come once.
            Rows::Matching(filter) if filters.iter().any(|f| f.rules == filter.rules) => {}
            Rows::Matching(filter) => filters.push(filter),
        }
    }
    combine(filters, "AND").map_or(Rows::All, Rows::Matching)
}

/// One condition of several; a single one stays as it is.
pub(super) fn combine(mut filters: Vec<RowFilter>, operator: &str) -> Option<RowFilter> {
    if filters.len() < 2 {
        return filters.pop();
    }
    let mut all = RowFilter {
        pieces: Vec::new(),
        rules: Vec::new(),
        columns: Vec::new(),
        subquery: false,
        tables: Vec::new(),
    };
    for filter in filters {
        let before = if all.pieces.is_empty() {
            "(".to_owned()
        } else {
            format!(" {operator} (")
        };
        all.pieces.push(Piece::Text(before));
        all.pieces.extend(filter.pieces);
        all.pieces.push(Piece::Text(")".to_owned()));
        all.rules.extend(filter.rules);
        all.columns.extend(filter.columns);
        all.subquery |= filter.subquery;
        all.tables.extend(filter.tables);
    }
    all.rules.sort();
    all.rules.dedup();
    all.columns.sort();
    all.columns.dedup();
    all.tables.sort();
    all.tables.dedup();
    Some(all)
}
