//! Rules against the tables of a catalog: what would close a table when it is decided is an error here.

use super::super::Resource;
use super::super::bind::unknown_columns;
use super::super::condition::Condition;
use super::super::physical::{Meets, Servers, Spelled};
use super::super::rule::{ColumnPattern, MaskRule, Place, Rule, RuleKind, Target};
use super::{KnownTable, Lint, condition, unknown};
use crate::catalog::Column;
use crate::mask::{FieldMask, MaskSpec, mask_column};

impl Lint {
    /// A rule against the tables of the catalog.
    pub(super) fn against(&mut self, rule: &Rule, tables: &[KnownTable], servers: &Servers) {
        let mut found = false;
        let mut columns = Columns::default();
        for table in tables {
            let resource = Resource {
                physical: &table.physical,
                columns: table.columns.as_deref(),
                ..Resource::named(&table.name)
            };
            let about = about(rule, &resource, servers);
            if about.is_empty() {
                continue;
            }
            found = true;
            if let Some(condition) = condition(rule) {
                self.condition(rule, condition, &resource);
            }
            match &rule.kind {
                RuleKind::Mask(mask) => {
                    self.masked(rule, mask, &about, &resource, &mut columns);
                }
                RuleKind::Columns(_) => self.whole(rule, &about, &resource, &mut columns),
                RuleKind::Filter(..) | RuleKind::Access(..) => {}
            }
        }
        let about_objects = rule
            .targets
            .iter()
            .any(|target| matches!(target.place, Place::Object(_)));
        if !found && !about_objects && !rule.targets.is_empty() {
            let message = "no table of the catalog is meant";
            self.warning(rule, rule.on_at, "unknown-table", message);
        }
        if columns.looked_for && !columns.found {
            let message = "no column of the tables that it is about matches its patterns";
            self.warning(rule, rule.on_at, "unknown-columns", message);
        }
    }

    fn condition(&mut self, rule: &Rule, condition: &Condition, resource: &Resource<'_>) {
        if condition.tables.contains(resource.name) {
            let message = format!("its subquery reads `{}`, which it filters", resource.name);
            self.error(rule, rule.what_at, "recursive-filter", message);
        }
        if resource.columns.is_none() {
            return;
        }
        let unknown = unknown_columns(condition, resource);
        for column in &unknown {
            let message = format!("`{}` has no column `{column}`", resource.name);
            self.error(rule, rule.what_at, "column-unknown", message);
        }
        if unknown.is_empty() && matches!(rule.kind, RuleKind::Filter(..)) {
            self.three_valued(rule, condition, resource);
        }
    }

    /// A filter that is UNKNOWN hides the row: right, and often a surprise where the filter says what a row must *not* be.
    fn three_valued(&mut self, rule: &Rule, condition: &Condition, resource: &Resource<'_>) {
        let Some(hidden) = unknown::hidden_by_null(condition, resource) else {
            return;
        };
        let columns = hidden.columns.join("`, `");
        let table = resource.name;
        if hidden.expected {
            let message = format!(
                "hides rows of `{table}` whose `{columns}` is NULL: the filter is UNKNOWN for them, though it reads as if it showed them; say `IS DISTINCT FROM` or `IS NOT TRUE`, or test for NULL"
            );
            self.warning(rule, rule.what_at, "filter-unknown", message);
        } else {
            let message = format!(
                "is UNKNOWN for rows of `{table}` whose `{columns}` is NULL: they are hidden, and a submitter's expression may run on them (docs/limits.md)"
            );
            self.note(rule, rule.what_at, "filter-unknown", message);
        }
    }

    fn masked(
        &mut self,
        rule: &Rule,
        mask: &MaskRule,
        about: &[&Target],
        resource: &Resource<'_>,
        seen: &mut Columns,
    ) {
        let Some(columns) = resource.columns else {
            seen.found = true;
            return;
        };
        for pattern in about.iter().flat_map(|target| &target.columns) {
            for path in paths(pattern, resource) {
                seen.found = true;
                self.mask(rule, mask, &path, columns, resource);
            }
            seen.looked_for = true;
        }
    }

    /// A rule that says who may read which columns.
    fn whole(
        &mut self,
        rule: &Rule,
        about: &[&Target],
        resource: &Resource<'_>,
        seen: &mut Columns,
    ) {
        let Some(columns) = resource.columns else {
            seen.found = true;
            return;
        };
        for pattern in about.iter().flat_map(|target| &target.columns) {
            seen.looked_for = true;
            for path in paths(pattern, resource) {
                seen.found = true;
                if resource.find(columns, &path).is_err() {
                    let column = path.join(".");
                    let message = format!("`{}` has no column `{column}`", resource.name);
                    self.error(rule, rule.on_at, "column-unknown", message);
                }
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

/// Whether patterns of columns were tried, and whether one was met.
#[derive(Default)]
struct Columns {
    looked_for: bool,
    found: bool,
}

fn about<'r>(rule: &'r Rule, resource: &Resource<'_>, servers: &Servers) -> Vec<&'r Target> {
    let names = resource.physical.iter();
    let spelled: Vec<Spelled> = names.map(|n| Spelled::new(n, servers)).collect();
    let about = rule.targets.iter().filter(|target| {
        target.has_name(resource.name, false)
            || spelled.iter().any(|name| target.meets(name) != Meets::No)
    });
    about.collect()
}

/// A name without wildcards is looked for, whether it is there or not.
fn paths(pattern: &ColumnPattern, resource: &Resource<'_>) -> Vec<Vec<String>> {
    match pattern.literal() {
        Some(path) => vec![path],
        None => pattern.expand(resource),
    }
}
