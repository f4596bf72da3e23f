//! Rules that other rules make pointless, pairs that will close a table for somebody, and pairs where the broader one wins.

use std::collections::{BTreeSet, HashMap};

use super::super::document::{Effect, Mode, Subjects};
use super::super::rule::{MaskRule, Place, Rule, RuleKind, same_mask};
use super::super::validity::Validity;
use super::relations::{covers_all, holds_all, is_broader, meet, overlap};
use super::{Finding, Position};

/// How many rules of one table, and of patterns of tables, a rule is held against. More are not looked at: lint answers in seconds.
const COMPARED: usize = 2_000;

/// `shadowed-rule`, `mask-tie`, `broader-wins` and `broader-adds`.
pub(super) fn findings(rules: &[Rule]) -> Vec<Finding> {
    let neighbours = Neighbours::new(rules);
    let mut findings = Vec::new();
    for (number, rule) in rules.iter().enumerate() {
        let others: Vec<(usize, &Rule)> = neighbours
            .of(rule)
            .into_iter()
            .filter(|other| *other != number)
            .filter_map(|other| Some((other, rules.get(other)?)))
            .collect();
        let shadow = others.iter().find(|(other, by)| {
            shadows(by, rule)
                || (says_the_same(by, rule) && !(says_the_same(rule, by) && *other > number))
        });
        if let Some((_, by)) = shadow {
            findings.push(shadowed(rule, by));
            continue;
        }
        findings.extend(others.iter().find_map(|(_, by)| outranked(by, rule)));
        // A pair is met from both sides, or, where one side is a pattern, from the other alone.
        for (other_number, other) in others.iter().filter(|(_, other)| ties(other, rule)) {
            let back = neighbours.of(other).contains(&number);
            if back && *other_number > number {
                continue;
            }
            let message = format!(
                "has the priority of rule `{}` and another mask: columns that both are about are closed to whom both are for",
                other.id
            );
            findings.push(warn(rule, rule.what_at, "mask-tie", message));
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

fn warn(rule: &Rule, at: Position, code: &'static str, message: String) -> Finding {
    Finding::warning(at, code, message).of_rule(&rule.id)
}

fn shadowed(rule: &Rule, by: &Rule) -> Finding {
    let message = match rule.kind {
        RuleKind::Filter(..) => format!(
            "adds nothing: rule `{}` says the same of all that it is about",
            by.id
        ),
        RuleKind::Mask(_) | RuleKind::Access(..) | RuleKind::Columns(_) => {
            format!("never decides anything: rule `{}` outranks it", by.id)
        }
    };
    warn(rule, rule.what_at, "shadowed-rule", message)
}

/// Whether `strong` decides wherever `weak` speaks.
fn shadows(strong: &Rule, weak: &Rule) -> bool {
    let unconditional = match &strong.kind {
        RuleKind::Mask(mask) => mask.when.is_none(),
        RuleKind::Filter(..) | RuleKind::Access(..) | RuleKind::Columns(_) => true,
    };
    outranks(strong, weak) == Some(Share::All) && unconditional && speaks_wherever(strong, weak)
}

/// Whether a filter repeats another: in one mode the same condition, for the same people or fewer, on the same tables or fewer.
fn says_the_same(strong: &Rule, weak: &Rule) -> bool {
    let (RuleKind::Filter(mode, text), RuleKind::Filter(other, theirs)) =
        (&strong.kind, &weak.kind)
    else {
        return false;
    };
    mode == other
        && text.text == theirs.text
        && weak.except == Subjects::default()
        && speaks_wherever(strong, weak)
}

/// Whether `strong` holds for all that `weak` holds for: people, places, times.
fn speaks_wherever(strong: &Rule, weak: &Rule) -> bool {
    strong.except == Subjects::default()
        && strong.valid == Validity::default()
        && holds_all(&strong.to, &weak.to)
        && covers_all(strong, weak)
}

/// Of what one rule takes from another.
#[derive(PartialEq, Eq)]
enum Share {
    All,
    Some,
}

/// How much of what `weak` says does not count where `strong` speaks too; `None` where both count.
fn outranks(strong: &Rule, weak: &Rule) -> Option<Share> {
    match (&strong.kind, &weak.kind) {
        (RuleKind::Mask(_), RuleKind::Mask(_)) => {
            (strong.priority > weak.priority).then_some(Share::All)
        }
        (RuleKind::Access(effect, privileges), RuleKind::Access(weaker, theirs)) => {
            let denies = matches!((effect, weaker), (Effect::Deny, Effect::Allow));
            let stronger =
                strong.priority > weak.priority || (denies && strong.priority == weak.priority);
            let common = theirs.iter().filter(|p| privileges.contains(p)).count();
            match common {
                _ if !stronger => None,
                0 => None,
                all if all == theirs.len() => Some(Share::All),
                _ => Some(Share::Some),
            }
        }
        (RuleKind::Columns(effect), RuleKind::Columns(weaker)) => {
            let denies = matches!((effect, weaker), (Effect::Deny, Effect::Allow));
            let stronger =
                strong.priority > weak.priority || (denies && strong.priority == weak.priority);
            stronger.then_some(Share::All)
        }
        _ => None,
    }
}

/// What happens where a rule about more meets one about less, and the one about less is not what counts.
fn outranked(wide: &Rule, narrow: &Rule) -> Option<Finding> {
    let (code, message) = match (&wide.kind, &narrow.kind) {
        (RuleKind::Filter(Mode::Permissive, a), RuleKind::Filter(Mode::Permissive, b))
            if a.text != b.text =>
        {
            let message = "shows its rows here too: permissive filters are ORed, so this one does not narrow it";
            ("broader-adds", message)
        }
        (RuleKind::Filter(..), _) | (_, RuleKind::Filter(..)) => return None,
        (RuleKind::Access(effect, _), RuleKind::Access(other, _)) if effect == other => {
            return None;
        }
        (RuleKind::Columns(effect), RuleKind::Columns(other)) if effect == other => return None,
        (RuleKind::Mask(a), RuleKind::Mask(b)) if same(a, b) => return None,
        (
            RuleKind::Mask(_) | RuleKind::Access(..) | RuleKind::Columns(_),
            RuleKind::Mask(_) | RuleKind::Access(..) | RuleKind::Columns(_),
        ) => {
            outranks(wide, narrow)?;
            let message = "outranks it: for whom both are, the broader one decides";
            ("broader-wins", message)
        }
    };
    // The patterns come last: they cost most.
    let speaks = meet(&wide.to, &narrow.to) && is_broader(wide, narrow);
    let message = format!("rule `{}` is about more and {message}", wide.id);
    speaks.then(|| warn(narrow, narrow.what_at, code, message))
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
