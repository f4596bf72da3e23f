//! The masks of one table: for every column and field the rule of highest priority, or a refusal that names both rules.
//!
//! A rule on a column speaks of all its fields. Where a field's own rule has a higher priority, the column is taken apart: the field has its own
//! mask, the other fields that of the column. Where the priorities are equal and the masks differ, the table is closed.

use std::collections::BTreeMap;

use super::bind::bind;
use super::decide::Hit;
use super::filters::combine;
use super::obligation::Piece;
use super::refusal::{Kind, Refusal};
use super::rule::{MaskRule, Rule, RuleKind, Standing, same_mask};
use super::subject::Who;
use super::{ColumnMask, Resource, RowFilter, RuleId, Shown};
use crate::catalog::{DataType, TypeKind};
use crate::mask::MaskSpec;

/// The masks of a table, and what a rule shows on purpose.
#[derive(Debug, Default)]
pub(super) struct Decided {
    pub masks: Vec<ColumnMask>,
    pub shown: Vec<Shown>,
}

/// A rule that masks, and what it says.
pub(super) type Masking<'p> = (&'p Rule, &'p MaskRule);

/// The masks that `hits` ask for.
///
/// # Errors
/// `schema-unknown` when something is masked and the columns are not known; `column-unknown`; `mask-conflict`; what binding of `when` says.
pub(super) fn of(
    hits: &[Hit<'_>],
    who: &Who<'_>,
    resource: &Resource<'_>,
) -> Result<Decided, Refusal> {
    watched(hits, who, resource, &mut |_| {})
}

/// What is told of one column or field to whoever watches.
pub(super) struct Looked<'l, 'p> {
    pub path: &'l [String],
    /// The rules that speak of it, highest priority first.
    pub stack: &'l [Masking<'p>],
    /// Those on its fields, which are outranked.
    pub below: &'l [Masking<'p>],
    /// Those because of which what it is a field of has no mask as a whole.
    pub apart: &'l [&'p RuleId],
    /// The rule that decides.
    pub by: Result<Option<&'l RuleId>, &'l Refusal>,
}

/// Somebody who watches.
pub(super) type Watch<'w, 'p> = &'w mut dyn FnMut(&Looked<'_, 'p>);

/// The same, and tells `watch` of every column and field that is decided.
///
/// # Errors
/// As [`of`]; what was told until then is what was looked at.
pub(super) fn watched<'p>(
    hits: &[Hit<'p>],
    who: &Who<'_>,
    resource: &Resource<'_>,
    watch: Watch<'_, 'p>,
) -> Result<Decided, Refusal> {
    let mut rules: BTreeMap<Vec<String>, Vec<Masking<'p>>> = BTreeMap::new();
    for hit in hits {
        let RuleKind::Mask(mask) = &hit.rule.kind else {
            continue;
        };
        if hit.rule.standing(who) != Standing::Speaks {
            continue;
        }
        for path in paths(hit, mask, resource)? {
            let list = rules.entry(path).or_default();
            if list.last().is_none_or(|(last, _)| last.id != hit.rule.id) {
                list.push((hit.rule, mask));
            }
        }
    }
    let mut decider = Decider {
        rules,
        who,
        resource,
        decided: Decided::default(),
        watch,
    };
    match resource.columns {
        Some(columns) => {
            for column in columns {
                // Of most columns no rule speaks.
                let spoken = |path: &Vec<String>| path.first() == Some(&column.name);
                if !decider.rules.keys().any(spoken) {
                    continue;
                }
                let path = vec![column.name.clone()];
                decider.decide(path, column.data_type.as_ref(), &Above::default())?;
            }
        }
        None => decider.decide_unknown(),
    }
    Ok(decider.decided)
}

/// The columns and fields that a rule is about.
fn paths(
    hit: &Hit<'_>,
    mask: &MaskRule,
    resource: &Resource<'_>,
) -> Result<Vec<Vec<String>>, Refusal> {
    let refuse = |kind, detail| Err(Refusal::new(kind, [hit.rule.id.clone()], detail));
    let mut paths = Vec::new();
    for pattern in hit.targets.iter().flat_map(|target| &target.columns) {
        match (resource.columns, pattern.literal()) {
            // Nothing to hide, and nobody knows where.
            (None, literal) if matches!(mask.mask, MaskSpec::None) => paths.extend(literal),
            (None, _) => return refuse(Kind::SchemaUnknown, String::new()),
            (Some(_), None) => paths.extend(pattern.expand(resource)),
            (Some(columns), Some(path)) => match resource.find(columns, &path) {
                Ok((path, _)) => paths.push(path),
                // A column that is not there may be there under another name (ATTACKS E3).
                Err(_) => {
                    let detail = format!("column `{}`", path.join("."));
                    return refuse(Kind::ColumnUnknown, detail);
                }
            },
        }
    }
    paths.sort();
    paths.dedup();
    Ok(paths)
}

struct Decider<'p, 'w> {
    rules: BTreeMap<Vec<String>, Vec<Masking<'p>>>,
    who: &'w Who<'w>,
    resource: &'w Resource<'w>,
    decided: Decided,
    watch: Watch<'w, 'p>,
}

/// What is said from above of a field: the rules on what it is in, and those because of which that was taken apart.
#[derive(Debug, Default)]
struct Above<'p> {
    stack: Vec<Masking<'p>>,
    apart: Vec<&'p RuleId>,
}

impl<'p> Decider<'p, '_> {
    /// Decides a column or field and what is in it.
    fn decide(
        &mut self,
        path: Vec<String>,
        data_type: Option<&DataType>,
        above: &Above<'p>,
    ) -> Result<(), Refusal> {
        let mut stack = above.stack.clone();
        stack.extend(self.rules.get(&path).into_iter().flatten());
        stack.sort_by(|(a, _), (b, _)| b.priority.cmp(&a.priority).then_with(|| a.id.cmp(&b.id)));
        let below = self.highest_below(&path);
        // An unconditional rule that outranks everything below settles all of it.
        let settled = stack
            .iter()
            .find(|(_, mask)| mask.when.is_none())
            .map(|(rule, _)| rule.priority);
        if below.is_none_or(|below| settled.is_some_and(|settled| settled > below)) {
            let below: Vec<Masking<'p>> = self.rules_below(&path).copied().collect();
            let above = Above {
                stack,
                apart: above.apart.clone(),
            };
            return self.settle(path, &above, &below);
        }
        match data_type.map(|t| &t.kind) {
            Some(TypeKind::Row(fields)) => {
                let mut apart = above.apart.clone();
                let causes = self.rules_below(&path).map(|(rule, _)| rule);
                let causes = causes.filter(|r| settled.is_none_or(|s| r.priority >= s));
                apart.extend(causes.map(|rule| &rule.id));
                let above = Above { stack, apart };
                for field in fields {
                    let mut path = path.clone();
                    path.push(field.name.clone());
                    self.decide(path, Some(&field.data_type), &above)?;
                }
                Ok(())
            }
            // Fields that cannot be listed cannot be masked one by one.
            _ => Err(Refusal::new(
                Kind::ColumnUnknown,
                self.rules_below(&path).map(|(rule, _)| rule.id.clone()),
                format!("the fields of `{}` are unknown", path.join(".")),
            )),
        }
    }

    fn rules_below<'s>(&'s self, path: &'s [String]) -> impl Iterator<Item = &'s Masking<'p>> {
        self.rules
            .range(path.to_vec()..)
            .take_while(move |(below, _)| below.starts_with(path))
            .filter(move |(below, _)| below.len() > path.len())
            .flat_map(|(_, rules)| rules)
    }

    fn highest_below(&self, path: &[String]) -> Option<i32> {
        self.rules_below(path).map(|(rule, _)| rule.priority).max()
    }

    /// `speaking`: the rules that speak of `path`; `below`: rules on its fields that an unconditional one of them outranks.
    fn settle(
        &mut self,
        path: Vec<String>,
        speaking: &Above<'p>,
        below: &[Masking<'p>],
    ) -> Result<(), Refusal> {
        let Above { stack, apart } = speaking;
        let decided = self.winner(&path, stack);
        let by = decided.as_ref().map(|choice| match choice {
            Some(Choice::Mask(mask)) => Some(&mask.rule),
            Some(Choice::Show(rule)) => Some(&rule.id),
            None => None,
        });
        (self.watch)(&Looked {
            path: &path,
            stack,
            below,
            apart,
            by,
        });
        match decided? {
            Some(Choice::Mask(mask)) => self.decided.masks.push(*mask),
            Some(Choice::Show(rule)) => self.decided.shown.push(Shown {
                path,
                rule: rule.id.clone(),
            }),
            None => {}
        }
        Ok(())
    }

    /// The first of `stack` (highest priority first) that speaks, and in which rows it does not.
    fn winner(
        &self,
        path: &[String],
        stack: &[Masking<'p>],
    ) -> Result<Option<Choice<'p>>, Refusal> {
        let Some((&(rule, mask), others)) = stack.split_first() else {
            return Ok(None);
        };
        let equals = others
            .iter()
            .take_while(|(other, _)| other.priority == rule.priority)
            .count();
        let (equals, rest) = others.split_at_checked(equals).unwrap_or((others, &[]));
        if let Some((other, _)) = equals.iter().find(|(_, other)| !same(mask, other)) {
            return Err(conflict(path, rule, other));
        }
        let folded = equals.iter().map(|(_, other)| *other).chain([mask]);
        let inherit = folded
            .clone()
            .map(|m| m.inherit)
            .max()
            .unwrap_or(mask.inherit);
        let aggregate = folded.map(|m| m.aggregate).max().unwrap_or(mask.aggregate);
        let masked = |when| {
            Choice::Mask(Box::new(ColumnMask {
                path: path.to_vec(),
                mask: mask.mask.clone(),
                when,
                rule: rule.id.clone(),
                inherit,
                aggregate,
                inherited: None,
            }))
        };
        let shows = matches!(mask.mask, MaskSpec::None);
        let Some(when) = &mask.when else {
            return Ok(Some(if shows {
                Choice::Show(rule)
            } else {
                masked(None)
            }));
        };
        let when = bind(when, &rule.id, self.who, self.resource)?;
        match (self.winner(path, rest)?, shows) {
            // Shown where `when` is true; elsewhere as the next rule says.
            (Some(Choice::Mask(mut next)), true) => {
                let unless = [Some(is_not_true(when)), next.when.take()];
                next.when = combine(unless.into_iter().flatten().collect(), "AND");
                Ok(Some(Choice::Mask(next)))
            }
            (next, true) => Ok(next),
            (None | Some(Choice::Show(_)), false) => Ok(Some(masked(Some(when)))),
            (Some(Choice::Mask(next)), false) => {
                if same_mask(&next.mask, &mask.mask) && next.when.is_none() {
                    Ok(Some(Choice::Mask(next)))
                } else {
                    // One mask for some rows and another for the rest is no single mask of the column.
                    let other = rest.iter().find(|(other, _)| other.id == next.rule);
                    Err(conflict(path, rule, other.map_or(rule, |(other, _)| other)))
                }
            }
        }
    }

    /// Without a schema only `MASK_NONE` is left, on columns that it names.
    fn decide_unknown(&mut self) {
        for (path, rules) in &self.rules {
            let first = rules.first().filter(|(_, mask)| mask.when.is_none());
            (self.watch)(&Looked {
                path,
                stack: rules,
                below: &[],
                apart: &[],
                by: Ok(first.map(|(rule, _)| &rule.id)),
            });
            self.decided.shown.extend(first.map(|(rule, _)| Shown {
                path: path.clone(),
                rule: rule.id.clone(),
            }));
        }
    }
}

enum Choice<'p> {
    Mask(Box<ColumnMask>),
    Show(&'p Rule),
}

fn same(a: &MaskRule, b: &MaskRule) -> bool {
    let text = |mask: &MaskRule| mask.when.as_ref().map(|when| when.text.clone());
    same_mask(&a.mask, &b.mask) && text(a) == text(b)
}

fn is_not_true(mut condition: RowFilter) -> RowFilter {
    condition.pieces.insert(0, Piece::Text("(".into()));
    condition.pieces.push(Piece::Text(") IS NOT TRUE".into()));
    condition
}

fn conflict(path: &[String], a: &Rule, b: &Rule) -> Refusal {
    let mut rules = [a.id.clone(), b.id.clone()];
    rules.sort();
    Refusal::new(
        Kind::MaskConflict,
        rules,
        format!("column `{}`", path.join(".")),
    )
}

/// The masks of several faces: each holds. What one face shows and another masks is masked.
///
/// # Errors
/// `mask-conflict`: two masks of one column or field.
pub(super) fn together(faces: Vec<Decided>, resource: &Resource<'_>) -> Result<Decided, Refusal> {
    let mut all = Decided::default();
    for face in faces {
        merge(&mut all, face, resource, |kept, new| {
            if equal(kept, new) {
                Ok(())
            } else {
                Err(clash(kept, new))
            }
        })?;
    }
    Ok(all)
}

/// Adds the masks of a name that the user chose, where nothing is masked yet. What that name shows is shown to nobody.
///
/// # Errors
/// `mask-conflict`: a column can neither be masked as a whole nor by its fields.
pub(super) fn add(
    mut decided: Decided,
    mut added: Decided,
    resource: &Resource<'_>,
) -> Result<Decided, Refusal> {
    added.shown.clear();
    merge(&mut decided, added, resource, |_, _| Ok(()))?;
    Ok(decided)
}

/// Adds `face` to `all`; `meet` judges two masks of one path.
fn merge(
    all: &mut Decided,
    face: Decided,
    resource: &Resource<'_>,
    meet: impl Fn(&ColumnMask, &ColumnMask) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let paths = |masks: &[ColumnMask]| masks.iter().map(|m| m.path.clone()).collect::<Vec<_>>();
    let (ours, theirs) = (paths(&all.masks), paths(&face.masks));
    all.masks = apart(std::mem::take(&mut all.masks), &theirs, resource)?;
    for mask in apart(face.masks, &ours, resource)? {
        match all.masks.iter().find(|kept| kept.path == mask.path) {
            Some(kept) => meet(kept, &mask)?,
            None => all.masks.push(mask),
        }
    }
    for shown in face.shown {
        if !all.shown.contains(&shown) {
            all.shown.push(shown);
        }
    }
    let masks = &all.masks;
    let masked = |path: &[String]| {
        masks
            .iter()
            .any(|m| m.path.starts_with(path) || path.starts_with(&m.path))
    };
    all.shown.retain(|shown| !masked(&shown.path));
    all.masks.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(())
}

/// Takes masks of columns apart whose fields `others` speak of, down to the same fields.
fn apart(
    masks: Vec<ColumnMask>,
    others: &[Vec<String>],
    resource: &Resource<'_>,
) -> Result<Vec<ColumnMask>, Refusal> {
    let mut whole = Vec::new();
    let mut open = masks;
    while let Some(mask) = open.pop() {
        let inside =
            |path: &Vec<String>| path.len() > mask.path.len() && path.starts_with(&mask.path);
        if !others.iter().any(inside) {
            whole.push(mask);
            continue;
        }
        let found = resource.find(resource.columns.unwrap_or_default(), &mask.path);
        let Ok((_, Some(TypeKind::Row(fields)))) = found.map(|(p, t)| (p, t.map(|t| &t.kind)))
        else {
            let detail = format!("the fields of `{}` are unknown", mask.path.join("."));
            return Err(Refusal::new(Kind::MaskConflict, [mask.rule], detail));
        };
        open.extend(fields.iter().map(|field| {
            let mut mask = mask.clone();
            mask.path.push(field.name.clone());
            mask
        }));
    }
    Ok(whole)
}

fn equal(a: &ColumnMask, b: &ColumnMask) -> bool {
    let when = |mask: &ColumnMask| mask.when.as_ref().map(|when| when.render(None));
    a.path == b.path && same_mask(&a.mask, &b.mask) && when(a) == when(b)
}

fn clash(a: &ColumnMask, b: &ColumnMask) -> Refusal {
    let mut rules = [a.rule.clone(), b.rule.clone()];
    rules.sort();
    Refusal::new(
        Kind::MaskConflict,
        rules,
        format!("column `{}`", a.path.join(".")),
    )
}
