//! Rules that other rules make pointless, and pairs that will close a table for somebody.
//!
//! Only what is plain to see is said: a pattern that is the same or wider, subjects that are the same or everyone.

use std::collections::{BTreeSet, HashMap};

use super::document::{Effect, Subjects};
use super::rule::{ColumnPattern, MaskRule, Place, Rule, RuleKind, Target, same_mask};
use super::subject::PUBLIC;
use super::validity::Validity;
use super::{Finding, RuleId};

/// How many rules of one table, and of patterns of tables, a rule is held against. More are not looked at: lint answers in seconds.
const COMPARED: usize = 2_000;

/// `shadowed-rule` and `mask-tie`.
pub(super) fn findings(rules: &[Rule]) -> Vec<Finding> {
    let neighbours = Neighbours::new(rules);
    let mut findings = Vec::new();
    for (number, rule) in rules.iter().enumerate() {
        let others = neighbours.of(rule);
        let others = || {
            others
                .iter()
                .filter_map(|other| Some((*other, rules.get(*other)?)))
        };
        if let Some((_, by)) = others().find(|(_, other)| shadows(other, rule)) {
            let message = format!("never decides anything: rule `{}` outranks it", by.id);
            findings.push(warn(rule, "shadowed-rule", message));
        }
        // A pair is met from both sides, or, where one side is a pattern, from the other alone.
        for (other_number, other) in others().filter(|(_, other)| ties(other, rule)) {
            let back = neighbours.of(other).contains(&number);
            if other_number == number || (back && other_number > number) {
                continue;
            }
            let message = format!(
                "has the priority of rule `{}` and another mask: columns that both are about are closed to whom both are for",
                other.id
            );
            findings.push(warn(rule, "mask-tie", message));
        }
    }
    findings
}

/// Which rules may be about the same things: by the last part of a name, where that is plain.
struct Neighbours {
    by_last: HashMap<String, Vec<usize>>,
    patterns: Vec<usize>,
}

impl Neighbours {
    fn new(rules: &[Rule]) -> Self {
        let mut all = Self {
            by_last: HashMap::new(),
            patterns: Vec::new(),
        };
        for (number, rule) in rules.iter().enumerate() {
            if matches!(rule.kind, RuleKind::Filter(..)) {
                continue;
            }
            for target in &rule.targets {
                match last(&target.place) {
                    Some(name) => all.by_last.entry(name).or_default().push(number),
                    None => all.patterns.push(number),
                }
            }
        }
        all
    }

    fn of(&self, rule: &Rule) -> BTreeSet<usize> {
        if matches!(rule.kind, RuleKind::Filter(..)) {
            return BTreeSet::new();
        }
        let names = rule.targets.iter().filter_map(|target| last(&target.place));
        let named = names.filter_map(|name| self.by_last.get(&name)).flatten();
        let patterns = self.patterns.iter().take(COMPARED);
        named.take(COMPARED).chain(patterns).copied().collect()
    }
}

fn last(place: &Place) -> Option<String> {
    match place {
        Place::Table([_, _, table]) => table.literal(),
        Place::Physical(pattern) => pattern.last(),
        Place::Object(glob) => glob.literal(),
    }
}

fn warn(rule: &Rule, code: &'static str, message: String) -> Finding {
    let id: &RuleId = &rule.id;
    Finding::warning(rule.what_at, code, message).of_rule(id)
}

/// Whether `strong` decides wherever `weak` speaks.
fn shadows(strong: &Rule, weak: &Rule) -> bool {
    let outranks = match (&strong.kind, &weak.kind) {
        (RuleKind::Mask(mask), RuleKind::Mask(_)) => {
            mask.when.is_none() && strong.priority > weak.priority
        }
        (RuleKind::Access(effect, privileges), RuleKind::Access(weaker, theirs)) => {
            let denies = matches!((effect, weaker), (Effect::Deny, Effect::Allow));
            theirs
                .iter()
                .all(|privilege| privileges.contains(privilege))
                && (strong.priority > weak.priority || (denies && strong.priority == weak.priority))
        }
        _ => false,
    };
    outranks
        && strong.except == Subjects::default()
        && strong.valid == Validity::default()
        && holds_all(&strong.to, &weak.to)
        && weak
            .targets
            .iter()
            .all(|target| strong.targets.iter().any(|wide| covers(wide, target)))
}

fn holds_all(wide: &Subjects, narrow: &Subjects) -> bool {
    let all = |wide: &[String], narrow: &[String]| narrow.iter().all(|name| wide.contains(name));
    wide.groups.iter().any(|group| group == PUBLIC)
        || (all(&wide.users, &narrow.users)
            && all(&wide.groups, &narrow.groups)
            && all(&wide.roles, &narrow.roles))
}

fn covers(wide: &Target, narrow: &Target) -> bool {
    let place = match (&wide.place, &narrow.place) {
        (Place::Table(wide), Place::Table(narrow)) => wide
            .iter()
            .zip(narrow)
            .all(|(wide, narrow)| wide.covers(narrow)),
        // What is plain for one part of a name is not for a path.
        (Place::Physical(wide), Place::Physical(narrow)) => wide == narrow,
        (Place::Object(wide), Place::Object(narrow)) => wide == narrow,
        _ => false,
    };
    place
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

/// Whether two masks differ, and somebody has both on one column.
fn ties(a: &Rule, b: &Rule) -> bool {
    let (RuleKind::Mask(one), RuleKind::Mask(other)) = (&a.kind, &b.kind) else {
        return false;
    };
    a.priority == b.priority
        && !same(one, other)
        && meet(&a.to, &b.to)
        && a.targets
            .iter()
            .any(|one| b.targets.iter().any(|other| overlap(one, other)))
}

fn same(a: &MaskRule, b: &MaskRule) -> bool {
    let text = |mask: &MaskRule| mask.when.as_ref().map(|when| when.text.clone());
    same_mask(&a.mask, &b.mask) && text(a) == text(b)
}

/// Whether somebody is certainly in both: a common name, or everyone.
fn meet(a: &Subjects, b: &Subjects) -> bool {
    let common = |a: &[String], b: &[String]| a.iter().any(|name| b.contains(name));
    let everyone = |s: &Subjects| s.groups.iter().any(|group| group == PUBLIC);
    everyone(a)
        || everyone(b)
        || common(&a.users, &b.users)
        || common(&a.groups, &b.groups)
        || common(&a.roles, &b.roles)
}

fn overlap(a: &Target, b: &Target) -> bool {
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
