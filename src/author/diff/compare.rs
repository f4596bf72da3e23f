//! Two looks at one thing, compared.

use std::collections::BTreeSet;
use std::time::SystemTime;

use super::implies::implies;
use super::look::{Look, Mask, Seen};
use super::{About, Change, Difference, Sees};
use crate::policy::{
    ClosedSources, DefaultDeny, Effect, Inheritance, Mixed, OnConflict, Policy, Principal,
    Privilege,
};

/// What is not as it was with one table.
pub(super) fn table(old: &Look, new: &Look) -> Vec<(Sees, Change)> {
    let mut found = Vec::new();
    for privilege in old.may.symmetric_difference(&new.may) {
        let given = new.may.contains(privilege);
        let sees = if given { Sees::More } else { Sees::Less };
        let privilege = *privilege;
        found.push((sees, Change::Access { privilege, given }));
    }
    let reads = |look: &Look| look.may.contains(&Privilege::Select);
    // Who cannot read a table sees nothing of it, whatever its rows.
    if !reads(old) || !reads(new) {
        return found;
    }
    match (&old.sees, &new.sees) {
        (Ok(old), Ok(new)) => {
            found.extend(rows(&old.rows, &new.rows));
            found.extend(masks(old, new));
        }
        (Ok(_), Err(code)) => {
            let code = code.clone();
            found.push((Sees::Less, Change::Closed { code, now: true }));
        }
        (Err(code), Ok(_)) => {
            let code = code.clone();
            found.push((Sees::More, Change::Closed { code, now: false }));
        }
        (Err(_), Err(_)) => {}
    }
    found
}

fn rows(old: &str, new: &str) -> Option<(Sees, Change)> {
    let sees = match (implies(old, new), implies(new, old)) {
        (true, true) => return None,
        (true, false) => Sees::More,
        (false, true) => Sees::Less,
        (false, false) => Sees::Otherwise,
    };
    let (old, new) = (old.to_owned(), new.to_owned());
    Some((sees, Change::Rows { old, new }))
}

fn masks(old: &Seen, new: &Seen) -> Vec<(Sees, Change)> {
    let columns: BTreeSet<&Vec<String>> = old.masks.keys().chain(new.masks.keys()).collect();
    let changes = columns.into_iter().filter_map(|column| {
        let (was, is) = (old.masks.get(column), new.masks.get(column));
        let sees = match (was, is) {
            (Some(_), None) => Sees::More,
            (None, Some(_)) => Sees::Less,
            (Some(was), Some(is)) if was.what == is.what => match (&was.when, &is.when) {
                // Masked always, and now in some rows only.
                (None, Some(_)) => Sees::More,
                (Some(_), None) => Sees::Less,
                (was, is) if was == is => return None,
                _ => Sees::Otherwise,
            },
            (Some(_), Some(_)) => Sees::Otherwise,
            (None, None) => return None,
        };
        let change = Change::Mask {
            column: column.clone(),
            old: was.map(Mask::words),
            new: is.map(Mask::words),
        };
        Some((sees, change))
    });
    changes.collect()
}

impl Mask {
    fn words(&self) -> String {
        match &self.when {
            None => self.what.clone(),
            Some(when) => format!("{} when {when}", self.what),
        }
    }
}

/// What is not as it was with the objects that one of the two documents names. A pattern stands for a name that it matches.
pub(super) fn objects(
    old: &Policy,
    new: &Policy,
    who: &Principal,
    now: SystemTime,
) -> Vec<(About, Sees, Change)> {
    let mut named = old.named_objects();
    for (pattern, (sample, privileges)) in new.named_objects() {
        let entry = named.entry(pattern).or_default();
        entry.0 = sample;
        entry.1.extend(privileges);
    }
    let mut found = Vec::new();
    for (pattern, (sample, privileges)) in named {
        for privilege in privileges {
            let may = |policy: &Policy| policy.access_object(who, &sample, privilege, now).is_ok();
            let (was, given) = (may(old), may(new));
            if was != given {
                let sees = if given { Sees::More } else { Sees::Less };
                let about = About::Object(pattern.clone());
                found.push((about, sees, Change::Access { privilege, given }));
            }
        }
    }
    found
}

/// The defaults that no table shows: what holds for what is unknown, and for the text of a script.
pub(super) fn defaults(old: &Policy, new: &Policy) -> Vec<Difference> {
    let (before, after) = (old.inheritance(), new.inheritance());
    let (old, new) = (old.defaults(), new.defaults());
    let open = |default: DefaultDeny| default == DefaultDeny::Allow;
    let word = |open: bool| if open { "allow" } else { "deny" }.to_owned();
    let fields = [
        (
            "unknown_connector",
            open(old.unknown_connector),
            open(new.unknown_connector),
        ),
        (
            "unknown_server",
            open(old.unknown_server),
            open(new.unknown_server),
        ),
        (
            "unknown_lineage",
            old.unknown_lineage == Effect::Allow,
            new.unknown_lineage == Effect::Allow,
        ),
    ];
    let mut found = Vec::new();
    let mut note = |field: &str, opens: bool, old: String, new: String| {
        found.push(Difference {
            who: Vec::new(),
            everyone: true,
            about: About::Defaults,
            sees: if opens { Sees::More } else { Sees::Less },
            change: Change::Default {
                field: field.to_owned(),
                old,
                new,
            },
        });
    };
    for (field, was, is) in fields {
        if was != is {
            note(field, is, word(was), word(is));
        }
    }
    if old.strict != new.strict {
        note(
            "strict",
            old.strict,
            old.strict.to_string(),
            new.strict.to_string(),
        );
    }
    inheritance(before, after, &mut note);
    found
}

/// How masks follow data: whether more of derived columns shows.
fn inheritance(
    old: &Inheritance,
    new: &Inheritance,
    note: &mut impl FnMut(&str, bool, String, String),
) {
    let said = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
    let openness = |conflict: OnConflict| match conflict {
        OnConflict::Strictest => 2,
        OnConflict::Redact => 1,
        OnConflict::Deny => 0,
    };
    let (was, is) = (old.on_conflict, new.on_conflict);
    if was != is {
        let opens = openness(is) > openness(was);
        note("inheritance.on_conflict", opens, said(&was), said(&is));
    }
    let (was, is) = (old.mixed, new.mixed);
    if was != is {
        note(
            "inheritance.mixed",
            is == Mixed::Redact,
            said(&was),
            said(&is),
        );
    }
    let (was, is) = (old.closed_sources, new.closed_sources);
    if was != is {
        let opens = is == ClosedSources::Show;
        note("inheritance.closed_sources", opens, said(&was), said(&is));
    }
    let (was, is) = (&old.declassifying, &new.declassifying);
    let added = is.iter().any(|name| !was.contains(name));
    if added || was.iter().any(|name| !is.contains(name)) {
        note(
            "inheritance.declassifying",
            added,
            was.join(", "),
            is.join(", "),
        );
    }
}
