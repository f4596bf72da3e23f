//! What has become of a job since a former check: audit records, or a former report, against what is decided now.
//!
//! In: lines of JSON. Out: for each entry a [`Drift`]; at the end what is [`Gone`].
//! A job is met by its name and principal, else by its text and principal, else by its name alone. Of several former checks the last one that allowed
//! it counts, for under that it runs; without one the last.
//! Invariant: *same* is said where the protected texts are the same, or where both times it was refused for the same reasons; never of a guess.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::{self, BufRead};
use std::sync::atomic::{AtomicBool, Ordering};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reason::ReasonCode;
use crate::audit::{AuditDecision, AuditRecord};
use crate::catalog::TableName;

/// What has become of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Drift {
    /// In one word.
    pub state: DriftState,
    /// The former check; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<FormerCheck>,
    /// Whether it writes something else, or of something else, than it did.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lineage_changed: bool,
    /// What applies now and did not, or the other way round: one line each, with names of tables, columns, masks and rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
}

/// Since the former check.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DriftState {
    /// The same is submitted, or it is refused for the same reasons.
    Same,
    /// More is hidden, and nothing that was hidden shows; or it is refused now.
    Tighter,
    /// Less is hidden, and nothing else is; or it is allowed now.
    Looser,
    /// Both, or something that cannot be told from the records: another filter, another mask, a job that cannot be judged now.
    Unclear,
    /// The script or its principal is another one.
    Changed,
    /// There was no former check.
    New,
}

impl DriftState {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Same,
        Self::Tighter,
        Self::Looser,
        Self::Unclear,
        Self::Changed,
        Self::New,
    ];

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Tighter => "tighter",
            Self::Looser => "looser",
            Self::Unclear => "unclear",
            Self::Changed => "changed",
            Self::New => "new",
        }
    }

    /// Whether the job that runs is not the one that would be allowed now.
    #[must_use]
    pub const fn is_drift(self) -> bool {
        match self {
            Self::Same | Self::New => false,
            Self::Tighter | Self::Looser | Self::Unclear | Self::Changed => true,
        }
    }
}

/// A former check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FormerCheck {
    /// When: RFC 3339.
    pub time: String,
    /// By which version of the policy.
    pub policy_version: u64,
    /// The hash of that policy.
    pub policy_hash: String,
}

/// A job of a former check that is not there any more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Gone {
    /// Its name, where it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// For whom it was checked.
    pub user: String,
    /// SHA-256 of its text.
    pub sql_sha256: String,
    /// When it was checked last.
    pub time: String,
}

/// Former checks.
#[derive(Debug, Default)]
pub struct Former {
    checks: Vec<Known>,
    by_name: HashMap<(String, String), usize>,
    by_text: HashMap<(String, String), usize>,
    by_name_alone: HashMap<String, usize>,
    /// Jobs of a former report that could not be read then.
    unread: HashSet<String>,
    /// Lines that could not be read.
    pub unreadable: u64,
}

#[derive(Debug)]
struct Known {
    job: Option<String>,
    user: String,
    effect: Effect,
    met: AtomicBool,
}

/// Nothing of a file of former checks could be read.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableFormer {
    /// The file system says no.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("it holds no audit record and is no report")]
    Nothing,
}

/// A former report, as far as it is read here.
#[derive(Deserialize)]
struct FormerReport {
    jobs: Vec<FormerEntry>,
}

#[derive(Deserialize)]
struct FormerEntry {
    job: String,
    record: Option<AuditRecord>,
}

impl Former {
    /// Reads audit records, one a line, or a report of this command as JSON. A line that cannot be read is counted.
    ///
    /// # Errors
    /// A file that cannot be read, or in which there is nothing of either kind.
    pub fn read(mut input: impl BufRead) -> Result<Self, UnreadableFormer> {
        let mut first = Vec::new();
        while first.trim_ascii().is_empty() {
            first.clear();
            if input.read_until(b'\n', &mut first)? == 0 {
                break;
            }
        }
        let mut former = Self::default();
        let first = first.trim_ascii();
        if let Ok(record) = serde_json::from_slice::<AuditRecord>(first) {
            former.add(&record);
        } else if let Ok(report) = serde_json::from_slice::<FormerReport>(first) {
            former.report(report);
        } else if first.ends_with(b"[") || first.ends_with(b"{") {
            // One value over many lines.
            let whole = io::Read::chain(first, &mut input);
            let report = serde_json::from_reader(whole);
            former.report(report.map_err(|_| UnreadableFormer::Nothing)?);
            return Ok(former);
        } else if !first.is_empty() {
            former.unreadable = 1;
        }
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line)? > 0 {
            if !line.trim_ascii().is_empty() {
                match serde_json::from_slice(&line) {
                    Ok(record) => former.add(&record),
                    Err(_) => former.unreadable = former.unreadable.saturating_add(1),
                }
            }
            line.clear();
        }
        if former.checks.is_empty() && former.unread.is_empty() && former.unreadable > 0 {
            return Err(UnreadableFormer::Nothing);
        }
        Ok(former)
    }

    fn report(&mut self, report: FormerReport) {
        for entry in report.jobs {
            match entry.record {
                Some(record) => self.add(&record),
                None => drop(self.unread.insert(entry.job)),
            }
        }
    }

    fn add(&mut self, record: &AuditRecord) {
        let user = record.principal.user.clone();
        let effect = Effect::from(record);
        let key = match &record.job {
            Some(job) => (job.clone(), user.clone()),
            None => (format!("\0{}", record.sql_sha256), user.clone()),
        };
        let next = self.checks.len();
        let at = *self.by_name.entry(key).or_insert(next);
        let by_text = (record.sql_sha256.clone(), user.clone());
        match self.checks.get_mut(at) {
            // A refusal takes nothing from what was allowed before and runs.
            Some(known) if known.effect.protected.is_some() && effect.protected.is_none() => {}
            Some(known) => {
                known.effect = effect;
                self.by_text.insert(by_text, at);
            }
            None => {
                if let Some(job) = &record.job {
                    self.by_name_alone.insert(job.clone(), at);
                }
                self.by_text.insert(by_text, at);
                self.checks.push(Known {
                    job: record.job.clone(),
                    user,
                    effect,
                    met: AtomicBool::new(false),
                });
            }
        }
    }

    /// What has become of a job that is judged now.
    #[must_use]
    pub fn drift(&self, now: &AuditRecord) -> Drift {
        let user = &now.principal.user;
        let name = now.job.clone().unwrap_or_default();
        let named = self.by_name.get(&(name.clone(), user.clone()));
        let found = named.or_else(|| self.by_text.get(&(now.sql_sha256.clone(), user.clone())));
        let known = found.and_then(|at| self.checks.get(*at));
        if let Some(known) = known {
            known.met.store(true, Ordering::Relaxed);
            return known.effect.drift(&Effect::from(now));
        }
        let other = self
            .by_name_alone
            .get(&name)
            .and_then(|at| self.checks.get(*at));
        match other {
            None => Drift::bare(DriftState::New, None),
            Some(known) => {
                known.met.store(true, Ordering::Relaxed);
                let mut drift = Drift::bare(DriftState::Changed, Some(&known.effect));
                drift
                    .changes
                    .push(format!("it was checked for {}", known.user));
                drift
            }
        }
    }

    /// What has become of a job that could not be read.
    #[must_use]
    pub fn unread(&self, job: &str) -> Drift {
        match self
            .by_name_alone
            .get(job)
            .and_then(|at| self.checks.get(*at))
        {
            None if self.unread.contains(job) => Drift::bare(DriftState::Same, None),
            None => Drift::bare(DriftState::New, None),
            Some(known) => {
                known.met.store(true, Ordering::Relaxed);
                Drift::bare(DriftState::Unclear, Some(&known.effect))
            }
        }
    }

    /// What was not met: jobs that are not there any more. Sorted.
    #[must_use]
    pub fn gone(&self) -> Vec<Gone> {
        let missed = self
            .checks
            .iter()
            .filter(|known| !known.met.load(Ordering::Relaxed));
        let mut gone: Vec<Gone> = missed
            .map(|known| Gone {
                job: known.job.clone(),
                user: known.user.clone(),
                sql_sha256: known.effect.text.clone(),
                time: known.effect.check.time.clone(),
            })
            .collect();
        gone.sort();
        gone
    }
}

impl Drift {
    fn bare(state: DriftState, former: Option<&Effect>) -> Self {
        Self {
            state,
            former: former.map(|effect| effect.check.clone()),
            lineage_changed: false,
            changes: Vec::new(),
        }
    }
}

/// What a check came to, as far as it is compared.
#[derive(Debug)]
struct Effect {
    check: FormerCheck,
    text: String,
    protected: Option<String>,
    codes: BTreeSet<ReasonCode>,
    lineage: Option<String>,
    tables: BTreeMap<(usize, TableName), Hidden>,
}

/// What is hidden of a table.
#[derive(Debug, Default, PartialEq, Eq)]
struct Hidden {
    filters: BTreeSet<String>,
    /// By column: mask and rule.
    masks: BTreeMap<String, (String, String)>,
}

impl From<&AuditRecord> for Effect {
    fn from(record: &AuditRecord) -> Self {
        let (protected, codes) = match &record.decision {
            AuditDecision::Allow { protected_sha256 } => {
                (Some(protected_sha256.clone()), BTreeSet::new())
            }
            AuditDecision::Deny { errors } => {
                let codes = errors.iter().map(|e| ReasonCode::Check(e.code));
                (None, codes.collect())
            }
        };
        let mut tables: BTreeMap<(usize, TableName), Hidden> = BTreeMap::new();
        for (index, statement) in record.statements.iter().enumerate() {
            for applied in &statement.applied {
                let hidden = tables.entry((index, applied.table.clone())).or_default();
                hidden.filters.extend(applied.row_filter.iter().cloned());
                for mask in &applied.masks {
                    let what = (mask.mask.clone(), mask.rule.clone());
                    hidden.masks.insert(mask.column.join("."), what);
                }
            }
        }
        Self {
            check: FormerCheck {
                time: record.time.clone(),
                policy_version: record.policy.version,
                policy_hash: record.policy.hash.clone(),
            },
            text: record.sql_sha256.clone(),
            protected,
            codes,
            lineage: record.lineage.as_ref().and_then(|l| l.sha256.clone()),
            tables,
        }
    }
}

impl Effect {
    /// From this one to `now`.
    fn drift(&self, now: &Self) -> Drift {
        let mut drift = Drift::bare(DriftState::Same, Some(self));
        if self.text != now.text {
            drift.state = DriftState::Changed;
            return drift;
        }
        drift.state = match (&self.protected, &now.protected) {
            (Some(before), Some(after)) => {
                // Under other masks a record of lineage is another one, although the data go the same ways.
                drift.lineage_changed = self.lineage != now.lineage && self.tables == now.tables;
                if before == after {
                    DriftState::Same
                } else {
                    self.compare(now, &mut drift.changes)
                }
            }
            (None, None) if self.codes == now.codes => DriftState::Same,
            (None, None) => DriftState::Unclear,
            (Some(_), None) => {
                let codes: Vec<&str> = now.codes.iter().map(|c| c.as_str()).collect();
                drift
                    .changes
                    .push(format!("it is refused now: {}", codes.join(", ")));
                match now.codes.iter().all(|c| c.leaves_it_unjudged()) {
                    true => DriftState::Unclear,
                    false => DriftState::Tighter,
                }
            }
            (None, Some(_)) => {
                drift
                    .changes
                    .push("it was refused, and is allowed now".to_owned());
                DriftState::Looser
            }
        };
        drift
    }

    /// The protected texts differ: which way.
    fn compare(&self, now: &Self, changes: &mut Vec<String>) -> DriftState {
        let (mut tighter, mut looser, mut unclear) = (false, false, false);
        let none = Hidden::default();
        let keys: BTreeSet<_> = self.tables.keys().chain(now.tables.keys()).collect();
        for key in keys {
            let before = self.tables.get(key).unwrap_or(&none);
            let after = now.tables.get(key).unwrap_or(&none);
            // Where nothing is named at all of a table that something applies to, it has no rows.
            let empty =
                |effect: &Self, hidden: &Hidden| *hidden == none && effect.tables.contains_key(key);
            let table = &key.1;
            let mut note = |line: String| {
                if !changes.contains(&line) {
                    changes.push(line);
                }
            };
            match (empty(self, before), empty(now, after)) {
                (false, true) => {
                    tighter = true;
                    note(format!("{table}: no rows now"));
                    continue;
                }
                (true, false) => {
                    looser = true;
                    note(format!("{table}: there were no rows"));
                }
                (true, true) | (false, false) => {}
            }
            if before.filters != after.filters {
                let (old, new) = (&before.filters, &after.filters);
                match (old.is_empty(), new.is_empty()) {
                    (true, _) => tighter = true,
                    (_, true) => looser = true,
                    // Whether filters are one after the other or one beside the other is not said here.
                    (false, false) => unclear = true,
                }
                note(format!(
                    "{table}: rows by {}, before by {}",
                    rules(new),
                    rules(old)
                ));
            }
            let columns: BTreeSet<_> = before.masks.keys().chain(after.masks.keys()).collect();
            for column in columns {
                match (before.masks.get(column), after.masks.get(column)) {
                    (None, Some((mask, rule))) => {
                        tighter = true;
                        note(format!(
                            "{table}.{column}: mask {mask} by rule {rule}, before none"
                        ));
                    }
                    (Some((mask, rule)), None) => {
                        looser = true;
                        note(format!(
                            "{table}.{column}: no mask, before {mask} by rule {rule}"
                        ));
                    }
                    (Some((old, _)), Some((new, rule))) if old != new => {
                        unclear = true;
                        note(format!(
                            "{table}.{column}: mask {new} by rule {rule}, before {old}"
                        ));
                    }
                    (Some(_), Some(_)) | (None, None) => {}
                }
            }
        }
        match (tighter, looser, unclear) {
            (true, false, false) => DriftState::Tighter,
            (false, true, false) => DriftState::Looser,
            (false, false, false) => {
                changes.push("the same rules apply, and make another text".to_owned());
                DriftState::Unclear
            }
            _ => DriftState::Unclear,
        }
    }
}

fn rules(rules: &BTreeSet<String>) -> String {
    if rules.is_empty() {
        return "no rule".to_owned();
    }
    let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    rules.join(", ")
}
