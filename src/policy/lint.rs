//! What a policy's author wants to know before the policy is used: everything that `load` refuses, and what looks wrong.
//!
//! With a catalog, rules are also held against the tables that it knows: what would close a table when it is decided is an error here.

use super::bind::unknown_columns;
use super::compile::{Role, compile};
use super::condition::Condition;
use super::physical::{Meets, Servers, Spelled};
use super::rule::{MaskRule, Rule, RuleKind};
use super::{Finding, Resource, shadow};
use crate::catalog::{Catalog, Column, TableName};
use crate::mask::{FieldMask, MaskSpec, mask_column};
use crate::syntax::Position;

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
    /// Its physical names, as in [`Resource::physical`].
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

/// Everything that is wrong or doubtful in a document, in the order of its text.
#[must_use]
pub fn lint(text: &str, catalog: Option<&dyn SchemaLookup>) -> Vec<Finding> {
    let (compiled, findings) = compile(text, Role::Written);
    let mut lint = Lint {
        findings,
        servers: &compiled.servers,
    };
    for rule in &compiled.rules {
        lint.alone(rule);
    }
    lint.findings.extend(shadow::findings(&compiled.rules));
    if let Some(catalog) = catalog {
        let tables = catalog.tables();
        for rule in &compiled.rules {
            lint.against(rule, &tables);
        }
    }
    lint.findings
        .sort_by_key(|finding| (finding.line, finding.column));
    lint.findings
}

struct Lint<'c> {
    findings: Vec<Finding>,
    servers: &'c Servers,
}

impl Lint<'_> {
    fn error(&mut self, rule: &Rule, at: Position, code: &'static str, message: String) {
        self.findings
            .push(Finding::error(at, code, message).of_rule(&rule.id));
    }

    fn warning(&mut self, rule: &Rule, at: Position, code: &'static str, message: &str) {
        self.findings
            .push(Finding::warning(at, code, message).of_rule(&rule.id));
    }

    /// What is doubtful in a rule by itself.
    fn alone(&mut self, rule: &Rule) {
        if let Some(condition) = condition(rule) {
            if condition.subquery {
                self.warning(
                    rule,
                    rule.what_at,
                    "subquery-in-filter",
                    "a filter with a subquery is no barrier: the planner may run the submitter's own conditions on rows that it hides",
                );
            }
            if condition.attribute_in_pattern {
                self.warning(
                    rule,
                    rule.what_at,
                    "attribute-in-pattern",
                    "`%` and `_` in the value of this attribute are wildcards of LIKE",
                );
            }
        }
        let (to, except) = (&rule.to, &rule.except);
        let gone = |names: &[String], from: &[String]| names.iter().all(|name| from.contains(name));
        let nobody = except
            .groups
            .iter()
            .any(|group| group == super::subject::PUBLIC)
            || (gone(&to.users, &except.users)
                && gone(&to.groups, &except.groups)
                && gone(&to.roles, &except.roles));
        if nobody {
            let message = "everyone that it is for is an exception";
            self.warning(rule, rule.on_at, "never-applies", message);
        }
    }

    /// A rule against the tables of the catalog.
    fn against(&mut self, rule: &Rule, tables: &[KnownTable]) {
        let mut found = false;
        for table in tables {
            let resource = Resource {
                physical: &table.physical,
                columns: table.columns.as_deref(),
                ..Resource::named(&table.name)
            };
            let names = table.physical.iter();
            let spelled: Vec<Spelled> = names.map(|n| Spelled::new(n, self.servers)).collect();
            let about = rule.targets.iter().filter(|target| {
                target.has_name(&table.name, false)
                    || spelled.iter().any(|name| target.meets(name) != Meets::No)
            });
            let mut about = about.peekable();
            if about.peek().is_none() {
                continue;
            }
            found = true;
            if let Some(condition) = condition(rule) {
                self.condition(rule, condition, &resource);
            }
            if let (RuleKind::Mask(mask), Some(columns)) = (&rule.kind, resource.columns) {
                for pattern in about.flat_map(|target| &target.columns) {
                    let paths = match pattern.literal() {
                        Some(path) => vec![path],
                        None => pattern.expand(&resource),
                    };
                    for path in paths {
                        self.mask(rule, mask, &path, columns, &resource);
                    }
                }
            }
        }
        let about_objects = rule
            .targets
            .iter()
            .any(|target| matches!(target.place, super::rule::Place::Object(_)));
        if !found && !about_objects {
            let message = "no table of the catalog is meant";
            self.warning(rule, rule.on_at, "unknown-table", message);
        }
    }

    fn condition(&mut self, rule: &Rule, condition: &Condition, resource: &Resource<'_>) {
        if condition.tables.contains(resource.name) {
            let message = format!("its subquery reads `{}`, which it filters", resource.name);
            self.error(rule, rule.what_at, "recursive-filter", message);
        }
        if resource.columns.is_some() {
            for column in unknown_columns(condition, resource) {
                let message = format!("`{}` has no column `{column}`", resource.name);
                self.error(rule, rule.what_at, "column-unknown", message);
            }
        }
    }

    fn mask(
        &mut self,
        rule: &Rule,
        mask: &MaskRule,
        path: &[String],
        columns: &[Column],
        resource: &Resource<'_>,
    ) {
        let column = || path.join(".");
        let Ok((found, _)) = resource.find(columns, path) else {
            let message = format!("`{}` has no column `{}`", resource.name, column());
            return self.error(rule, rule.on_at, "column-unknown", message);
        };
        let Some((first, fields)) = found.split_first() else {
            return;
        };
        let data_type = columns
            .iter()
            .find(|column| column.name == *first)
            .and_then(|column| column.data_type.as_ref());
        let Some(data_type) = data_type else {
            return;
        };
        if matches!(mask.mask, MaskSpec::None) {
            return;
        }
        let masks = [FieldMask {
            path: fields,
            spec: &mask.mask,
            when: None,
        }];
        if let Err(error) = mask_column("`c`", data_type, &masks) {
            let message = format!("column `{}` of `{}`: {error}", column(), resource.name);
            self.error(rule, rule.what_at, error.code(), message);
        }
    }
}

fn condition(rule: &Rule) -> Option<&Condition> {
    match &rule.kind {
        RuleKind::Filter(_, condition) => Some(condition),
        RuleKind::Mask(mask) => mask.when.as_ref(),
        RuleKind::Access(..) => None,
    }
}
