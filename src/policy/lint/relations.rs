//! How two rules lie to one another: which is about more, which is for more, whether they can meet.
//!
//! Only what is plain to see counts: a pattern that is the same or wider, subjects that are the same or everyone. `false` means "not plain".

use super::super::document::Subjects;
use super::super::pattern::Glob;
use super::super::rule::{ColumnPattern, Place, Rule, Target};
use super::super::subject::PUBLIC;

/// Whether `wide` is for everyone that `narrow` is for.
pub(super) fn holds_all(wide: &Subjects, narrow: &Subjects) -> bool {
    let all = |wide: &[String], narrow: &[String]| narrow.iter().all(|name| wide.contains(name));
    is_public(wide)
        || (all(&wide.users, &narrow.users)
            && all(&wide.groups, &narrow.groups)
            && all(&wide.roles, &narrow.roles))
}

/// Whether somebody is certainly in both: a common name, or everyone.
pub(super) fn meet(a: &Subjects, b: &Subjects) -> bool {
    let common = |a: &[String], b: &[String]| a.iter().any(|name| b.contains(name));
    is_public(a)
        || is_public(b)
        || common(&a.users, &b.users)
        || common(&a.groups, &b.groups)
        || common(&a.roles, &b.roles)
}

fn is_public(subjects: &Subjects) -> bool {
    subjects.groups.iter().any(|group| group == PUBLIC)
}

/// Whether every place of `narrow` is one of `wide`.
pub(super) fn covers_place(wide: &Place, narrow: &Place) -> bool {
    match (wide, narrow) {
        (Place::Table(wide), Place::Table(narrow)) => wide
            .iter()
            .zip(narrow)
            .all(|(wide, narrow)| wide.covers(narrow)),
        // What is plain for one part of a name is not for a path.
        (Place::Physical(wide), Place::Physical(narrow)) => wide == narrow,
        (Place::Object(wide), Place::Object(narrow)) => wide == narrow || *wide == Glob::new("**"),
        _ => false,
    }
}

/// Whether all that `narrow` is about is what `wide` is about, columns too.
pub(super) fn covers(wide: &Target, narrow: &Target) -> bool {
    covers_place(&wide.place, &narrow.place)
        && wide.exclude.is_empty()
        && narrow
            .columns
            .iter()
            .all(|column| wide.columns.iter().any(|wide| holds_column(wide, column)))
}

/// A column's pattern holds its fields too.
fn holds_column(wide: &ColumnPattern, narrow: &ColumnPattern) -> bool {
    wide.0.len() <= narrow.0.len() && wide.0.iter().zip(&narrow.0).all(|(w, n)| w.covers(n))
}

/// Whether all targets of `narrow` are covered by some of `wide`.
pub(super) fn covers_all(wide: &Rule, narrow: &Rule) -> bool {
    let covered = |target| wide.targets.iter().any(|wide| covers(wide, target));
    narrow.targets.iter().all(covered)
}

/// Whether `wide` is about all that `narrow` is about, and about more.
pub(super) fn is_broader(wide: &Rule, narrow: &Rule) -> bool {
    covers_all(wide, narrow) && !covers_all(narrow, wide)
}

/// Whether two targets may be about one column.
pub(super) fn overlap(a: &Target, b: &Target) -> bool {
    let place = match (&a.place, &b.place) {
        (Place::Table(a), Place::Table(b)) => a.iter().zip(b).all(|(a, b)| a.overlaps(b)),
        (Place::Physical(a), Place::Physical(b)) => {
            let mut globs = a.globs().iter();
            globs.any(|a| b.globs().iter().any(|b| a.overlaps(b)))
        }
        _ => false,
    };
    place
        && a.columns.iter().any(|a| {
            b.columns
                .iter()
                .any(|b| a.0.iter().zip(&b.0).all(|(a, b)| a.overlaps(b)))
        })
}
