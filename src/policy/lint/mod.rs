//! What a policy's author wants to know before the policy is used: everything that `load` refuses, and what looks wrong.
//!
//! In: the text of a document; where there is one, a catalog; the time. Out: [`Finding`]s in the order of the text, each of a kind of [`KINDS`].
//! `alone` looks at each rule by itself, `pairs` at each against its neighbours, `against` at each against the tables of the catalog.
//! Stays out: what `load` says (`compile`), printing.

mod against;
mod alone;
mod kinds;
mod pairs;
mod relations;
mod unknown;

use std::time::SystemTime;

use super::compile::{Origin, compile};
use super::condition::Condition;
use super::rule::{Rule, RuleKind};
use super::{Finding, validity};
use crate::catalog::{Catalog, Column, TableName};
use crate::syntax::Position;

pub use kinds::{KINDS, Kind};

/// The tables that lint holds rules against.
pub trait SchemaLookup {
    /// All tables.
    fn tables(&self) -> Vec<KnownTable>;
}

/// A table as lint needs it.
#[derive(Debug, Clone)]
pub struct KnownTable {
    /// Its logical name.
    pub name: TableName,
    /// Its physical names, as in [`super::Resource::physical`].
    pub physical: Vec<String>,
    /// Its columns, where known.
    pub columns: Option<Vec<Column>>,
}

impl SchemaLookup for Catalog {
    fn tables(&self) -> Vec<KnownTable> {
        let known = Self::tables(self).map(|(name, table)| KnownTable {
            name: name.clone(),
            physical: self.identity(name, table).names(),
            columns: table.columns.clone(),
        });
        known.collect()
    }
}

/// What a document is held against besides itself.
#[derive(Clone, Copy, Default)]
pub struct LintContext<'a> {
    /// The site's tables: what would close one of them is found, and rules that are about none.
    pub catalog: Option<&'a dyn SchemaLookup>,
    /// The time: rules that are over are found.
    pub now: Option<SystemTime>,
}

/// Everything that is wrong or doubtful in a document, in the order of its text.
#[must_use]
pub fn lint(text: &str, catalog: Option<&dyn SchemaLookup>) -> Vec<Finding> {
    lint_with(text, LintContext { catalog, now: None })
}

/// The same, against all that is known.
#[must_use]
pub fn lint_with(text: &str, context: LintContext<'_>) -> Vec<Finding> {
    let (compiled, findings) = compile(text, Origin::Written);
    let mut lint = Lint { findings };
    let now = context.now.and_then(validity::timestamp);
    for rule in &compiled.rules {
        lint.alone(rule, &compiled.roles, now);
    }
    lint.findings.extend(pairs::findings(&compiled.rules));
    if let Some(catalog) = context.catalog {
        let tables = catalog.tables();
        for rule in &compiled.rules {
            lint.against(rule, &tables, &compiled.servers);
        }
    }
    let place = |finding: &Finding| (finding.line, finding.column);
    lint.findings.sort_by_key(place);
    lint.findings
}

/// The findings so far.
struct Lint {
    findings: Vec<Finding>,
}

impl Lint {
    fn has(&self, code: &str, rule: &Rule) -> bool {
        let mut found = self.findings.iter();
        found.any(|f| f.code == code && f.rule.as_ref() == Some(&rule.id))
    }

    fn error(&mut self, rule: &Rule, at: Position, code: &'static str, message: String) {
        let finding = Finding::error(at, code, message);
        self.findings.push(finding.of_rule(&rule.id));
    }

    fn warning(
        &mut self,
        rule: &Rule,
        at: Position,
        code: &'static str,
        message: impl Into<String>,
    ) {
        let finding = Finding::warning(at, code, message);
        self.findings.push(finding.of_rule(&rule.id));
    }

    fn note(&mut self, rule: &Rule, at: Position, code: &'static str, message: impl Into<String>) {
        let finding = Finding::note(at, code, message);
        self.findings.push(finding.of_rule(&rule.id));
    }
}

fn condition(rule: &Rule) -> Option<&Condition> {
    match &rule.kind {
        RuleKind::Filter(_, condition) => Some(condition),
        RuleKind::Mask(mask) => mask.when.as_ref(),
        RuleKind::Access(..) | RuleKind::Columns(_) => None,
    }
}
