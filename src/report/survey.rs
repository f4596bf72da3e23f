//! The estate as a whole: sums, who reads and writes each table, what each principal sees of it.
//!
//! In: entries, one after the other. Out: [`Survey`]. It grows with names and numbers of entries, never with texts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::drift::{DriftState, Gone};
use super::entry::{Entry, Verdict};
use super::reason::ReasonCode;
use crate::audit::{AuditClaims, AuditPrincipal, AuditStatement, AuditTable};
use crate::catalog::TableName;
use crate::check::{Applied, PolicyStamp};

/// What is said of the estate at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Sums.
    pub sums: Sums,
    /// Who uses each table, by what it is: its physical names, else its logical one. Jobs declare different tables under one name.
    pub tables: BTreeMap<String, TableUse>,
    /// What each principal sees.
    pub principals: BTreeMap<String, PrincipalSeen>,
    /// Jobs of the former check that are not there any more.
    pub gone: Vec<Gone>,
    /// The policy that decided last.
    pub policy: PolicyStamp,
}

/// Sums over all entries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sums {
    /// Entries.
    pub entries: u64,
    /// Of them allowed.
    pub allowed: u64,
    /// Of them denied.
    pub denied: u64,
    /// Of them not judged.
    pub unjudged: u64,
    /// Of the allowed ones: those to which some rule applies.
    pub protected: u64,
    /// Of the allowed ones: those with a mask that came with the data.
    pub inheriting: u64,
    /// How often each code was a reason, once an entry.
    pub codes: BTreeMap<String, u64>,
    /// How many entries have become what; empty without a former check.
    pub drift: BTreeMap<String, u64>,
    /// Jobs of the former check that are not there any more.
    pub gone: u64,
    /// Jobs of which nobody can say what they write: what others read of them may be masked less than it should.
    pub lineage_unknown: u64,
}

/// Who uses a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TableUse {
    /// What jobs call it.
    pub names: BTreeSet<TableName>,
    /// Whether it is a view: what hides its data applies to the tables below it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub view: bool,
    /// Its physical names.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub physical: BTreeSet<String>,
    /// The entries that read it, as indices in `jobs`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read_by: Vec<u32>,
    /// The entries that write it or make it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub written_by: Vec<u32>,
    /// Whether somebody uses it who has not made it.
    #[serde(skip)]
    shared: bool,
}

/// What a principal sees, as far as the judged jobs read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PrincipalSeen {
    /// Who, by user and groups: without what was stated and claimed, which is with each entry.
    pub principal: AuditPrincipal,
    /// Their entries, by verdict.
    pub allowed: u64,
    /// Denied ones.
    pub denied: u64,
    /// Those that were not judged.
    pub unjudged: u64,
    /// The tables that their allowed jobs read; views where rules speak of them. Sorted when the survey is finished.
    pub tables: Vec<TableSeen>,
    /// Where in `tables` those are whose names have a hash.
    #[serde(skip)]
    at: HashMap<u64, Vec<usize>>,
}

/// What a principal sees of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TableSeen {
    /// The table.
    pub table: TableName,
    /// Its physical names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub physical: Vec<String>,
    /// The columns that are read by name.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub columns: BTreeSet<String>,
    /// The rules that choose its rows.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub row_filter: BTreeSet<String>,
    /// The masks.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub masks: BTreeSet<MaskSeen>,
    /// Whether some job sees nothing of its rows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_rows: bool,
    /// The entries, as indices in `jobs`.
    pub jobs: Vec<u32>,
}

/// A mask that a principal meets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct MaskSeen {
    /// The column, and fields of it, with dots.
    pub column: String,
    /// The mask.
    pub mask: String,
    /// The rule.
    pub rule: String,
    /// The column that the rule is about, where it is another one; `?` where that is not theirs to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

impl Survey {
    /// Adds an entry.
    pub fn add(&mut self, entry: &Entry) {
        let index = u32::try_from(self.sums.entries).unwrap_or(u32::MAX);
        self.sums.add(entry);
        let Some(record) = &entry.record else { return };
        self.policy.clone_from(&record.policy);
        self.uses(&record.statements, &entry.views, index);
        let principal = &record.principal;
        let groups: Vec<&str> = principal.groups.iter().map(String::as_str).collect();
        let key = format!("{}\0{}", principal.user, groups.join("\0"));
        let seen = self.principals.entry(key).or_insert_with(|| PrincipalSeen {
            principal: AuditPrincipal {
                // Those of one entry, and not of the others.
                stated: BTreeSet::new(),
                claimed: AuditClaims::default(),
                ..principal.clone()
            },
            allowed: 0,
            denied: 0,
            unjudged: 0,
            tables: Vec::new(),
            at: HashMap::new(),
        });
        seen.add(entry, &record.statements, index);
    }

    fn uses(&mut self, statements: &[AuditStatement], views: &BTreeSet<TableName>, index: u32) {
        let outputs = statements.iter().flat_map(|s| &s.outputs);
        let made: BTreeSet<&TableName> = outputs.map(|output| &output.name).collect();
        for statement in statements {
            for input in &statement.inputs {
                let table = self.table(input, views);
                table.shared |= !made.contains(&input.name);
                push(&mut table.read_by, index);
            }
            for output in &statement.outputs {
                push(&mut self.table(output, views).written_by, index);
            }
        }
    }

    fn table(&mut self, found: &AuditTable, views: &BTreeSet<TableName>) -> &mut TableUse {
        let table = self.tables.entry(key(found)).or_default();
        if !table.names.contains(&found.name) {
            table.names.insert(found.name.clone());
            table.physical.extend(found.physical.iter().cloned());
            table.view |= views.contains(&found.name);
        }
        table
    }

    /// All entries were added. A view that only those use who have made it is a word of their scripts.
    pub fn finish(&mut self, gone: Vec<Gone>) {
        self.tables.retain(|_, table| !table.view || table.shared);
        self.principals.values_mut().for_each(PrincipalSeen::finish);
        self.sums.gone = gone.len() as u64;
        self.gone = gone;
    }
}

/// What a table is, whatever a script calls it.
fn key(table: &AuditTable) -> String {
    let mut physical: Vec<&str> = table.physical.iter().map(String::as_str).collect();
    if physical.is_empty() {
        return format!("name {}", table.name);
    }
    physical.sort_unstable();
    format!("at {}", physical.join("\n"))
}

impl Sums {
    fn add(&mut self, entry: &Entry) {
        let count = |sum: &mut u64| *sum = sum.saturating_add(1);
        count(&mut self.entries);
        match entry.verdict {
            Verdict::Allowed => count(&mut self.allowed),
            Verdict::Denied => count(&mut self.denied),
            Verdict::Unjudged => count(&mut self.unjudged),
        }
        if entry.verdict == Verdict::Allowed {
            let statements = entry.record.iter().flat_map(|r| &r.statements);
            let applied: Vec<&Applied> = statements.flat_map(|s| &s.applied).collect();
            if !applied.is_empty() {
                count(&mut self.protected);
            }
            if applied
                .iter()
                .flat_map(|a| &a.masks)
                .any(|m| m.inherited.is_some())
            {
                count(&mut self.inheriting);
            }
        }
        let codes: BTreeSet<ReasonCode> = entry.reasons.iter().map(|r| r.code).collect();
        for code in codes {
            count(self.codes.entry(code.as_str().to_owned()).or_default());
        }
        if let Some(drift) = &entry.drift {
            count(
                self.drift
                    .entry(drift.state.as_str().to_owned())
                    .or_default(),
            );
        }
    }

    /// How many entries have become this.
    #[must_use]
    pub fn drifted(&self, state: DriftState) -> u64 {
        self.drift.get(state.as_str()).copied().unwrap_or_default()
    }
}

impl PrincipalSeen {
    fn add(&mut self, entry: &Entry, statements: &[AuditStatement], index: u32) {
        let sum = match entry.verdict {
            Verdict::Allowed => &mut self.allowed,
            Verdict::Denied => &mut self.denied,
            Verdict::Unjudged => &mut self.unjudged,
        };
        *sum = sum.saturating_add(1);
        if entry.verdict != Verdict::Allowed {
            return;
        }
        let inputs = statements.iter().flat_map(|s| &s.inputs);
        let places: BTreeMap<&TableName, &[String]> =
            inputs.map(|i| (&i.name, i.physical.as_slice())).collect();
        for statement in statements {
            // Of a view nothing is seen but what its tables show.
            let tables = statement.inputs.iter();
            for input in tables.filter(|input| !entry.views.contains(&input.name)) {
                let seen = self.table(&input.name, &input.physical);
                seen.columns.extend(input.columns.iter().cloned());
                push(&mut seen.jobs, index);
            }
            for applied in &statement.applied {
                let at = places.get(&applied.table).copied().unwrap_or_default();
                let seen = self.table(&applied.table, at);
                push(&mut seen.jobs, index);
                seen.no_rows |= applied.row_filter.is_empty() && applied.masks.is_empty();
                seen.row_filter.extend(applied.row_filter.iter().cloned());
                seen.masks.extend(masks(applied));
            }
        }
    }

    fn finish(&mut self) {
        let tables = &mut self.tables;
        tables.sort_unstable_by(|a, b| (&a.table, &a.physical).cmp(&(&b.table, &b.physical)));
        self.at = HashMap::new();
    }

    fn table(&mut self, name: &TableName, physical: &[String]) -> &mut TableSeen {
        let key = hash(name, physical);
        let alike = self.at.entry(key).or_default();
        let is_it = |at: &&usize| {
            let seen = self.tables.get(**at);
            seen.is_some_and(|seen| seen.table == *name && seen.physical == physical)
        };
        let at = match alike.iter().find(is_it) {
            Some(at) => *at,
            None => {
                self.tables.push(TableSeen {
                    table: name.clone(),
                    physical: physical.to_vec(),
                    columns: BTreeSet::new(),
                    row_filter: BTreeSet::new(),
                    masks: BTreeSet::new(),
                    no_rows: false,
                    jobs: Vec::new(),
                });
                let at = self.tables.len() - 1;
                alike.push(at);
                at
            }
        };
        #[expect(
            clippy::indexing_slicing,
            reason = "it was found or put there just now"
        )]
        &mut self.tables[at]
    }
}

fn hash(name: &TableName, physical: &[String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (name, physical).hash(&mut hasher);
    hasher.finish()
}

fn masks(applied: &Applied) -> impl Iterator<Item = MaskSeen> {
    applied.masks.iter().map(|mask| MaskSeen {
        column: mask.column.join("."),
        mask: mask.mask.clone(),
        rule: mask.rule.clone(),
        from: mask.inherited.as_ref().map(|inherited| {
            inherited.from.as_ref().map_or_else(
                || "?".to_owned(),
                |from| {
                    let column = from.column.as_deref().unwrap_or("*");
                    format!("{}.{column}", from.dataset.name)
                },
            )
        }),
    })
}

/// Entries come in order, so one that is there already is the last.
fn push(indices: &mut Vec<u32>, index: u32) {
    if indices.last() != Some(&index) {
        indices.push(index);
    }
}
