//! Rules as compiled: expressions parsed, patterns cut, times read.

use super::condition::Condition;
use super::document::{Aggregate, Effect, Inherit, Mode, Privilege, Subjects};
use super::pattern::{Glob, Wildcards};
use super::physical::{Meets, Physical, Spelled};
use super::subject::Who;
use super::validity::Validity;
use super::{Resource, RuleId};
use crate::catalog::TableName;
use crate::mask::MaskSpec;
use crate::syntax::Position;

/// A rule.
#[derive(Debug)]
pub(super) struct Rule {
    pub id: RuleId,
    /// Where the document says what the rule is about.
    pub on_at: Position,
    /// Where it says when it holds; the rule itself where it says nothing.
    pub valid_at: Position,
    /// Where its filter, mask or effect stands.
    pub what_at: Position,
    pub to: Subjects,
    pub except: Subjects,
    pub targets: Vec<Target>,
    pub priority: i32,
    pub valid: Validity,
    pub kind: RuleKind,
}

#[derive(Debug)]
pub(super) enum RuleKind {
    Filter(Mode, Condition),
    Mask(MaskRule),
    Access(Effect, Vec<Privilege>),
    /// Reading some columns: it opens no table.
    Columns(Effect),
}

#[derive(Debug)]
pub(super) struct MaskRule {
    pub mask: MaskSpec,
    pub when: Option<Condition>,
    pub inherit: Inherit,
    pub aggregate: Aggregate,
}

impl Rule {
    /// Whether the rule has a say for this principal, and if not, why.
    pub fn standing(&self, who: &Who<'_>) -> Standing {
        if !who.is_in(&self.to) {
            Standing::NotForYou
        } else if who.is_in(&self.except) {
            Standing::Excepted
        } else {
            Standing::Speaks
        }
    }
}

/// Whether a rule has a say for a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is for them.
    Speaks,
    /// It is for others.
    NotForYou,
    /// They are one of its exceptions.
    Excepted,
}

/// What a rule is about. A rule on tags has one for everything tagged.
#[derive(Debug)]
pub(super) struct Target {
    pub place: Place,
    pub exclude: Vec<Place>,
    pub columns: Vec<ColumnPattern>,
}

/// A pattern of a place.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// Catalog, database, table.
    Table([Glob; 3]),
    /// A physical name.
    Physical(Physical),
    /// A name of something that is no table.
    Object(Glob),
}

impl Place {
    pub fn has_name(&self, name: &TableName, ignore_case: bool) -> bool {
        let Self::Table(globs) = self else {
            return false;
        };
        let parts = [&name.catalog, &name.database, &name.table];
        let mut pairs = globs.iter().zip(parts);
        pairs.all(|(glob, part)| glob.matches(part, Wildcards::Part, ignore_case))
    }

    pub fn meets(&self, physical: &Spelled) -> Meets {
        match self {
            Self::Physical(pattern) => pattern.meets(physical),
            Self::Table(_) | Self::Object(_) => Meets::No,
        }
    }

    pub fn has_object(&self, name: &str) -> bool {
        // The dots in an address separate nothing.
        let wildcards = if name.contains("://") {
            Wildcards::Path
        } else {
            Wildcards::Dotted
        };
        matches!(self, Self::Object(glob) if glob.matches(name, wildcards, false))
    }
}

impl Target {
    pub fn has_name(&self, name: &TableName, ignore_case: bool) -> bool {
        let not = |place: &Place| place.has_name(name, ignore_case);
        self.place.has_name(name, ignore_case) && !self.exclude.iter().any(not)
    }

    /// What is left out only perhaps is perhaps meant.
    pub fn meets(&self, physical: &Spelled) -> Meets {
        let out = self.exclude.iter().map(|place| place.meets(physical));
        match (self.place.meets(physical), out.max()) {
            (_, Some(Meets::Yes)) | (Meets::No, _) => Meets::No,
            (_, Some(Meets::Perhaps)) => Meets::Perhaps,
            (meets, Some(Meets::No) | None) => meets,
        }
    }

    pub fn has_object(&self, name: &str) -> bool {
        let not = |place: &Place| place.has_object(name);
        self.place.has_object(name) && !self.exclude.iter().any(not)
    }
}

/// A pattern of a column and of fields in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ColumnPattern(pub Vec<Glob>);

impl ColumnPattern {
    /// The path, when it holds no wildcard.
    pub fn literal(&self) -> Option<Vec<String>> {
        self.0.iter().map(Glob::literal).collect()
    }

    /// All columns or fields of a schema that match.
    pub fn expand(&self, resource: &Resource<'_>) -> Vec<Vec<String>> {
        let columns = resource.columns.unwrap_or_default();
        let mut found = Vec::new();
        let Some((first, fields)) = self.0.split_first() else {
            return found;
        };
        for column in columns {
            if first.matches(&column.name, Wildcards::Part, resource.ignore_case) {
                let path = vec![column.name.clone()];
                fields_of(
                    column.data_type.as_ref(),
                    path,
                    fields,
                    resource,
                    &mut found,
                );
            }
        }
        found
    }
}

fn fields_of(
    data_type: Option<&crate::catalog::DataType>,
    path: Vec<String>,
    rest: &[Glob],
    resource: &Resource<'_>,
    found: &mut Vec<Vec<String>>,
) {
    let Some((first, rest)) = rest.split_first() else {
        found.push(path);
        return;
    };
    let Some(crate::catalog::TypeKind::Row(fields)) = data_type.map(|t| &t.kind) else {
        return;
    };
    for field in fields {
        if first.matches(&field.name, Wildcards::Part, resource.ignore_case) {
            let mut path = path.clone();
            path.push(field.name.clone());
            fields_of(Some(&field.data_type), path, rest, resource, found);
        }
    }
}

/// Whether two masks are the same expression.
pub(super) fn same_mask(a: &MaskSpec, b: &MaskSpec) -> bool {
    match (a, b) {
        (MaskSpec::Template(a), MaskSpec::Template(b)) => {
            a.expression().text == b.expression().text && a.nulls() == b.nulls()
        }
        (MaskSpec::Redact(a), MaskSpec::Redact(b)) => a == b,
        _ => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}
