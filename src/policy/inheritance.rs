//! What the inheritance of masks asks of a policy besides its decisions.

use std::collections::BTreeSet;
use std::time::SystemTime;

use super::decide::clock;
use super::rule::RuleKind;
use super::{Inheritance, Policy, Resource};

impl Policy {
    /// How masks follow data into derived columns.
    #[must_use]
    pub fn inheritance(&self) -> &Inheritance {
        &self.compiled.inheritance
    }

    /// The columns that rules about a table name as they stand: of a table whose schema nobody knows, these are there at least. With them as
    /// its columns a rule on one of them can be decided, whatever the others are.
    #[must_use]
    pub fn named_columns(&self, resource: &Resource<'_>, now: SystemTime) -> BTreeSet<String> {
        let Ok(now) = clock(now) else {
            return BTreeSet::new();
        };
        let faces = self.faces(resource, Some(now));
        let hits = faces.full.iter().chain(&faces.adding).flatten();
        let masks =
            hits.filter(|hit| matches!(hit.rule.kind, RuleKind::Mask(_) | RuleKind::Columns(_)));
        let targets = masks.flat_map(|hit| &hit.targets);
        let columns = targets.flat_map(|target| &target.columns);
        let paths = columns.filter_map(super::rule::ColumnPattern::literal);
        paths.filter_map(|path| path.into_iter().next()).collect()
    }
}
