//! Who may do what with a table, and what must be done to it first. Pure: the same question has the same answer, and time is an argument.
//!
//! A table has several faces: its logical name with each of its physical names. Each face is decided alone, by all rules that speak of it, and the
//! faces are put together on the side of protection: access by all, filters ANDed, masks all of them. For a table whose name its user chose the
//! logical name is a face of its own that can only add protection (see [`Resource::user_named`]).

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::SystemTime;

use jiff::Timestamp;

use super::compile::{Compiled, Origin, compile};
use super::document::{DefaultDeny, Defaults, Effect, ExcerptDecl, Privilege};
use super::index::{Entry, Index};
use super::physical::{Meets, Spelled};
use super::refusal::{Kind, Refusal};
use super::rule::{Rule, RuleKind, Standing, Target};
use super::subject::Who;
use super::{
    Bytes, Obligations, PolicyError, Principal, Resource, RuleId, Severity, columns, filters,
    masks, validity,
};
use crate::catalog::TableName;

/// A policy, compiled: the rules of one document. Immutable; share it behind an `Arc`.
/// The default has no rules, and lets every table be read.
#[derive(Debug, Default)]
pub struct Policy {
    pub(super) compiled: Compiled,
    pub(super) index: Index,
    /// When rules begin or end, in order.
    turns: Vec<Timestamp>,
    hash: String,
}

/// Leave to do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The rules that allow it; empty when the defaults do.
    pub rules: Vec<RuleId>,
}

/// A rule that speaks of a face, and its targets that do.
#[derive(Debug)]
pub(super) struct Hit<'p> {
    pub rule: &'p Rule,
    pub targets: Vec<&'p Target>,
}

/// The faces of a table.
pub(super) struct Faces<'p> {
    /// Each decided by itself.
    pub full: Vec<Vec<Hit<'p>>>,
    /// Each can only add protection: that of the logical name that a user chose, and those of rules that are perhaps about these bytes.
    pub adding: Vec<Vec<Hit<'p>>>,
}

impl Policy {
    /// Compiles a document, YAML or JSON. `origin` is its name in errors: a path, an address.
    ///
    /// # Errors
    /// All findings, warnings among them, when one of them is an error.
    pub fn load(text: &str, origin: &str) -> Result<Self, PolicyError> {
        Self::compiled(text, origin, Origin::Written)
    }

    /// Compiles what a permission service answered to a question: `version` and `defaults` must be written, and it may be an excerpt.
    ///
    /// # Errors
    /// As [`Policy::load`].
    pub fn load_answer(text: &str, origin: &str) -> Result<Self, PolicyError> {
        Self::compiled(text, origin, Origin::Answered)
    }

    fn compiled(text: &str, origin: &str, origin_of: Origin) -> Result<Self, PolicyError> {
        let (compiled, findings) = compile(text, origin_of);
        if findings.iter().any(|f| f.severity == Severity::Error) {
            return Err(PolicyError {
                origin: origin.to_owned(),
                findings,
            });
        }
        Ok(Self::of(compiled, text))
    }

    fn of(compiled: Compiled, text: &str) -> Self {
        use sha2::Digest;
        let index = Index::new(&compiled.rules);
        let digest = sha2::Sha256::digest(text.as_bytes());
        let hash = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut turns: Vec<_> = compiled
            .rules
            .iter()
            .flat_map(|r| r.valid.turns())
            .collect();
        turns.sort_unstable();
        Self {
            compiled,
            index,
            turns,
            hash,
        }
    }

    /// The version that the document gives itself; 0 when it gives none.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.compiled.version
    }

    /// SHA-256 of the document's text, in lower-case hexadecimal.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// How often a rule has begun or ended by now: as long as that is one number, the same rules hold. `None` where the clock is out of range.
    pub(crate) fn era(&self, now: SystemTime) -> Option<usize> {
        let now = validity::timestamp(now)?;
        Some(self.turns.partition_point(|turn| *turn <= now))
    }

    /// What holds where no rule speaks.
    #[must_use]
    pub fn defaults(&self) -> &Defaults {
        &self.compiled.defaults
    }

    /// Whether a script may declare a table with this physical name, as far as its servers go (`servers`, `defaults.unknown_server`).
    #[must_use]
    pub fn admits(&self, physical: &str) -> bool {
        let servers = &self.compiled.servers;
        self.compiled.defaults.unknown_server == DefaultDeny::Allow
            || servers.know(physical)
            // A catalog service says where the files of its tables are: one that the submitter runs may say anything.
            || (servers.is_empty() && !points_elsewhere(physical))
    }

    /// Whether the two know the same servers by the same names: then their [`Policy::bytes`] are the same.
    pub(crate) fn has_servers_of(&self, other: &Self) -> bool {
        self.compiled.servers == other.compiled.servers
    }

    /// The site's tables with their physical names, as [`Resource::also`] wants them.
    #[must_use]
    pub fn bytes(&self, tables: Vec<(TableName, Vec<String>)>) -> Bytes {
        Bytes::new(tables, &self.compiled.servers)
    }

    /// The site's tables over these bytes.
    #[must_use]
    pub fn tables_over(&self, bytes: &Bytes, physical: &str) -> Vec<TableName> {
        bytes.over(physical, &self.compiled.servers)
    }

    /// Whether some rule is about bytes: then a table whose bytes are not known cannot be told from those.
    #[must_use]
    pub fn speaks_of_bytes(&self) -> bool {
        self.index.has_physical()
    }

    /// What this document says of the whole policy that it is an excerpt of.
    #[must_use]
    pub const fn excerpt(&self) -> Option<&ExcerptDecl> {
        self.compiled.excerpt.as_ref()
    }

    /// Functions that never fail and have no effects, in upper case: strict mode lets them pass.
    #[must_use]
    pub fn strict_functions(&self) -> &BTreeSet<String> {
        &self.compiled.strict_functions
    }

    /// The functions that its masks and filters call, each as the parts of its name as written. Whoever may put another function in the place
    /// of one of these decides what the policy does (ATTACKS B4). Functions of the built-in masks are not among them.
    #[must_use]
    pub fn functions(&self) -> &BTreeSet<Vec<String>> {
        &self.compiled.functions
    }

    /// Whether any filter or mask speaks of the table, for anybody, now: whether its definition is worth hiding (ATTACKS D1). Where the clock is
    /// out of range it is.
    #[must_use]
    pub fn is_protected(&self, resource: &Resource<'_>, now: SystemTime) -> bool {
        let Ok(now) = clock(now) else {
            return true;
        };
        let faces = self.faces(resource, Some(now));
        let mut hits = faces.full.iter().chain(&faces.adding).flatten();
        hits.any(|hit| !matches!(hit.rule.kind, RuleKind::Access(..)))
    }

    /// Whether the principal has the privilege on a table: deny wins at equal or higher priority, and where no rule speaks, `defaults.access`.
    ///
    /// # Errors
    /// `access-denied`.
    pub fn access(
        &self,
        who: &Principal,
        resource: &Resource<'_>,
        privilege: Privilege,
        now: SystemTime,
    ) -> Result<Access, Refusal> {
        let who = self.who(who);
        let faces = self.faces(resource, Some(clock(now)?));
        let mut rules = Vec::new();
        for face in &faces.full {
            rules.extend(self.granted(verdict(face, &who, privilege), privilege)?);
        }
        for adding in &faces.adding {
            if let Verdict::Deny(rules) = verdict(adding, &who, privilege) {
                return Err(denied(rules, privilege));
            }
        }
        rules.sort();
        rules.dedup();
        Ok(Access { rules })
    }

    /// Whether the principal has the privilege on something that is no table: a database (`catalog.database`), function, jar (its address), module,
    /// catalog, configuration key. Where no rule speaks, `defaults.access` decides, but for code, which only a rule allows.
    ///
    /// # Errors
    /// `access-denied`.
    pub fn access_object(
        &self,
        who: &Principal,
        object: &str,
        privilege: Privilege,
        now: SystemTime,
    ) -> Result<Access, Refusal> {
        let who = self.who(who);
        let hits = self.hits(self.index.of_object(), Some(clock(now)?), |t| {
            t.has_object(object)
        });
        let mut rules = self.granted(verdict(&hits, &who, privilege), privilege)?;
        rules.sort();
        Ok(Access { rules })
    }

    /// What must be done to a table before the principal sees it: its rows and its masks.
    ///
    /// # Errors
    /// `no-matching-filter`, `attribute-missing`, `attribute-unusable`, `column-unknown`, `recursive-filter`, `mask-conflict`, `schema-unknown`:
    /// the table is closed to this principal.
    pub fn obligations(
        &self,
        who: &Principal,
        resource: &Resource<'_>,
        now: SystemTime,
    ) -> Result<Obligations, Refusal> {
        self.obligations_of(&self.who(who), resource, now)
    }

    pub(super) fn obligations_of(
        &self,
        who: &Who<'_>,
        resource: &Resource<'_>,
        now: SystemTime,
    ) -> Result<Obligations, Refusal> {
        let now = clock(now)?;
        let faces = self.faces(resource, Some(now));
        let unmatched = self.compiled.defaults.no_matching_filter;
        let mut rows = Vec::new();
        for face in faces.full.iter().chain(&faces.adding) {
            rows.push(filters::rows(face, who, resource, unmatched)?);
        }
        let rows = filters::all_of(rows);
        self.no_recursion(&rows, resource.name, now)?;
        let full = faces.full.iter().map(|face| masks::of(face, who, resource));
        let mut decided = masks::together(full.collect::<Result<_, _>>()?, resource)?;
        for adding in &faces.adding {
            decided = masks::add(decided, masks::of(adding, who, resource)?, resource)?;
        }
        let denied = columns::denied(&faces, who, resource)?;
        columns::hide(&mut decided, &denied);
        Ok(Obligations {
            rows,
            masks: decided.masks,
            shown: decided.shown,
            denied,
        })
    }

    /// Whether some rule, for whomever, speaks of this table: then it is known to somebody who writes rules.
    #[must_use]
    pub fn names(&self, resource: &Resource<'_>, now: SystemTime) -> bool {
        clock(now).is_ok_and(|now| {
            self.faces(resource, Some(now))
                .full
                .iter()
                .any(|face| !face.is_empty())
        })
    }

    fn granted(&self, verdict: Verdict, privilege: Privilege) -> Result<Vec<RuleId>, Refusal> {
        match verdict {
            Verdict::Allow(rules) => Ok(rules),
            Verdict::Deny(rules) => Err(denied(rules, privilege)),
            Verdict::Silent => match self.compiled.defaults.access {
                Effect::Allow if !privilege.is_code() => Ok(Vec::new()),
                Effect::Allow | Effect::Deny => Err(denied(Vec::new(), privilege)),
            },
        }
    }

    /// The rules that speak of a table, for anybody, at any time; with those of the tables that their filters read, as far as it goes.
    #[must_use]
    pub fn rules_about(&self, resource: &Resource<'_>) -> BTreeSet<RuleId> {
        let mut found = BTreeSet::new();
        let mut open = Vec::new();
        let mut keep = |faces: Faces<'_>, open: &mut Vec<TableName>| {
            for hit in faces.full.into_iter().chain(faces.adding).flatten() {
                let read = match &hit.rule.kind {
                    RuleKind::Filter(_, condition) => &condition.tables[..],
                    RuleKind::Mask(..) | RuleKind::Access(..) | RuleKind::Columns(_) => &[],
                };
                if found.insert(hit.rule.id.clone()) {
                    open.extend(read.iter().cloned());
                }
            }
        };
        keep(self.faces(resource, None), &mut open);
        while let Some(table) = open.pop() {
            keep(self.faces(&Resource::named(&table), None), &mut open);
        }
        found
    }

    /// The rules that speak of something that is no table.
    #[must_use]
    pub fn rules_about_object(&self, object: &str) -> BTreeSet<RuleId> {
        let hits = self.hits(self.index.of_object(), None, |t| t.has_object(object));
        hits.into_iter().map(|hit| hit.rule.id.clone()).collect()
    }

    /// All roles that somebody has, from the submitter and from the document.
    #[must_use]
    pub fn roles_of(&self, who: &Principal) -> BTreeSet<String> {
        self.who(who).roles()
    }

    /// What holds at a time; with none, what may hold at any.
    pub(super) fn faces(&self, resource: &Resource<'_>, now: Option<Timestamp>) -> Faces<'_> {
        let logical = || {
            let entries = self.index.of_name(resource.name);
            self.hits(entries, now, |target| {
                target.has_name(resource.name, resource.ignore_case)
            })
        };
        let mut faces = Faces {
            full: Vec::new(),
            adding: Vec::new(),
        };
        for name in resource.physical {
            let spelled = Spelled::new(name, &self.compiled.servers);
            let entries = self.index.of_physical(&spelled);
            let of = |wanted| {
                let entries = entries.iter().copied();
                self.hits(entries, now, |target| target.meets(&spelled) == wanted)
            };
            let mut face = of(Meets::Yes);
            if !resource.user_named {
                face = both(face, logical());
            }
            faces.full.push(face);
            // Together they would open one another: a permissive filter of one folder is none of the next.
            let perhaps = of(Meets::Perhaps);
            faces
                .adding
                .extend(perhaps.into_iter().map(|hit| vec![hit]));
        }
        // In any letter case, as the other table's catalog may ignore it: what is added here can only protect.
        for other in resource.also {
            let entries = self.index.of_name(other);
            faces
                .adding
                .push(self.hits(entries, now, |target| target.has_name(other, true)));
        }
        match (resource.physical, resource.user_named) {
            ([], _) => faces.full.push(logical()),
            (_, true) => faces.adding.push(logical()),
            (_, false) => {}
        }
        faces
    }

    /// The rules in force whose targets match, by id.
    pub(super) fn hits(
        &self,
        entries: impl Iterator<Item = Entry>,
        now: Option<Timestamp>,
        matches: impl Fn(&Target) -> bool,
    ) -> Vec<Hit<'_>> {
        let mut found: BTreeMap<&RuleId, Hit<'_>> = BTreeMap::new();
        for (rule, target) in entries {
            let Some(rule) = self.compiled.rules.get(rule as usize) else {
                continue;
            };
            let Some(target) = rule.targets.get(target as usize) else {
                continue;
            };
            if now.is_none_or(|now| rule.valid.holds(now)) && matches(target) {
                let hit = found.entry(&rule.id).or_insert_with(|| Hit {
                    rule,
                    targets: Vec::new(),
                });
                hit.targets.push(target);
            }
        }
        found.into_values().collect()
    }

    /// A filter whose subqueries come back to the filtered table has no meaning, however many tables lie between.
    fn no_recursion(
        &self,
        rows: &super::Rows,
        start: &TableName,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let super::Rows::Matching(filter) = rows else {
            return Ok(());
        };
        let mut open = filter.tables.clone();
        let mut seen = HashSet::new();
        while let Some(table) = open.pop() {
            if table == *start {
                return Err(Refusal::new(
                    Kind::RecursiveFilter,
                    filter.rules.clone(),
                    "through the filters of other tables",
                ));
            }
            if seen.insert(table.clone()) {
                let hits = self.hits(self.index.of_name(&table), Some(now), |target| {
                    target.has_name(&table, false)
                });
                for hit in hits {
                    if let RuleKind::Filter(_, condition) = &hit.rule.kind {
                        open.extend(condition.tables.iter().cloned());
                    }
                }
            }
        }
        Ok(())
    }
}

/// The hits of two sides of one face. A rule that speaks of both, as by a tag that a table and its bytes carry, is one hit.
fn both<'p>(one: Vec<Hit<'p>>, other: Vec<Hit<'p>>) -> Vec<Hit<'p>> {
    let mut found: BTreeMap<&RuleId, Hit<'p>> = BTreeMap::new();
    for hit in one.into_iter().chain(other) {
        match found.entry(&hit.rule.id) {
            std::collections::btree_map::Entry::Vacant(slot) => drop(slot.insert(hit)),
            std::collections::btree_map::Entry::Occupied(mut slot) => {
                slot.get_mut().targets.extend(hit.targets)
            }
        }
    }
    found.into_values().collect()
}

/// What the access rules of one face say.
pub(super) enum Verdict {
    Allow(Vec<RuleId>),
    Deny(Vec<RuleId>),
    Silent,
}

pub(super) fn verdict(hits: &[Hit<'_>], who: &Who<'_>, privilege: Privilege) -> Verdict {
    let mut best: Option<(i32, bool, Vec<RuleId>)> = None;
    for hit in hits {
        let RuleKind::Access(effect, privileges) = &hit.rule.kind else {
            continue;
        };
        let rule = hit.rule;
        if !privileges.contains(&privilege) || rule.standing(who) != Standing::Speaks {
            continue;
        }
        // Deny sorts above allow at the same priority.
        let rank = (rule.priority, matches!(effect, Effect::Deny));
        match &mut best {
            Some((priority, deny, rules)) if (*priority, *deny) == rank => {
                rules.push(rule.id.clone());
            }
            Some((priority, deny, _)) if (*priority, *deny) > rank => {}
            _ => best = Some((rank.0, rank.1, vec![rule.id.clone()])),
        }
    }
    match best {
        Some((_, true, rules)) => Verdict::Deny(rules),
        Some((_, false, rules)) => Verdict::Allow(rules),
        None => Verdict::Silent,
    }
}

fn denied(rules: Vec<RuleId>, privilege: Privilege) -> Refusal {
    Refusal::new(
        Kind::AccessDenied,
        rules,
        format!("privilege {privilege:?}"),
    )
}

fn points_elsewhere(physical: &str) -> bool {
    ["hive://", "iceberg://"]
        .iter()
        .any(|scheme| physical.starts_with(scheme))
}

pub(super) fn clock(now: SystemTime) -> Result<Timestamp, Refusal> {
    validity::timestamp(now)
        .ok_or_else(|| Refusal::new(Kind::RuleUnusable, [], "the clock is out of range"))
}
