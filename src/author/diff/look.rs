//! What one principal may do with, and sees of, one table under one policy, in a form that can be compared.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use crate::catalog::{DataType, TypeKind};
use crate::mask::MaskSpec;
use crate::policy::{
    ColumnMask, KnownTable, Obligations, Policy, Principal, Privilege, Resource, Rows,
};

/// The privileges on tables.
const PRIVILEGES: [Privilege; 9] = [
    Privilege::Select,
    Privilege::Insert,
    Privilege::Update,
    Privilege::Delete,
    Privilege::Create,
    Privilege::Alter,
    Privilege::Drop,
    Privilege::Truncate,
    Privilege::Describe,
];

/// A look at a table.
pub(super) struct Look {
    pub may: BTreeSet<Privilege>,
    /// Which rows and which masks; the code of the refusal where the table is closed.
    pub sees: Result<Seen, String>,
}

/// What is seen of a table that is open.
pub(super) struct Seen {
    /// The condition as SQL.
    pub rows: String,
    /// The masks of columns, and of fields where the type has them.
    pub masks: BTreeMap<Vec<String>, Mask>,
}

/// A mask, as far as two can differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mask {
    /// What is put in place of the value, and what derived columns inherit.
    pub what: String,
    pub when: Option<String>,
}

impl Look {
    pub(super) fn at(
        policy: &Policy,
        who: &Principal,
        table: &KnownTable,
        now: SystemTime,
    ) -> Self {
        let resource = Resource {
            physical: &table.physical,
            columns: table.columns.as_deref(),
            ..Resource::named(&table.name)
        };
        let may = |privilege: &Privilege| policy.access(who, &resource, *privilege, now).is_ok();
        let decided = policy.obligations_as_written(who, &resource, now);
        let sees = decided
            .map_err(|refusal| refusal.code.to_owned())
            .map(|obligations| Seen {
                rows: match &obligations.rows {
                    Rows::All => "TRUE".to_owned(),
                    Rows::Nothing => "FALSE".to_owned(),
                    Rows::Matching(filter) => filter.render(None),
                },
                masks: masks(&obligations, &resource),
            });
        Self {
            may: PRIVILEGES.into_iter().filter(may).collect(),
            sees,
        }
    }
}

/// A mask of a column is one of each of its fields, so that it can be compared with masks of fields.
fn masks(obligations: &Obligations, resource: &Resource<'_>) -> BTreeMap<Vec<String>, Mask> {
    let columns = resource.columns.unwrap_or_default();
    let mut found = BTreeMap::new();
    for mask in &obligations.masks {
        let first = mask.path.first();
        let denied = first.is_some_and(|column| obligations.denies(column));
        let said = Mask {
            what: if denied {
                "may not be read".to_owned()
            } else {
                what(mask)
            },
            when: mask.when.as_ref().map(|when| when.render(None)),
        };
        let data_type = mask.path.split_first().and_then(|(first, fields)| {
            let column = columns.iter().find(|column| column.name == *first)?;
            type_at(column.data_type.as_ref()?, fields)
        });
        let mut leaves = Vec::new();
        leaves_of(mask.path.clone(), data_type, &mut leaves);
        found.extend(leaves.into_iter().map(|leaf| (leaf, said.clone())));
    }
    found
}

fn type_at<'t>(data_type: &'t DataType, fields: &[String]) -> Option<&'t DataType> {
    let Some((first, rest)) = fields.split_first() else {
        return Some(data_type);
    };
    let TypeKind::Row(inside) = &data_type.kind else {
        return None;
    };
    let field = inside.iter().find(|field| field.name == *first)?;
    type_at(&field.data_type, rest)
}

fn leaves_of(path: Vec<String>, data_type: Option<&DataType>, leaves: &mut Vec<Vec<String>>) {
    match data_type.map(|t| &t.kind) {
        Some(TypeKind::Row(fields)) => {
            for field in fields {
                let mut path = path.clone();
                path.push(field.name.clone());
                leaves_of(path, Some(&field.data_type), leaves);
            }
        }
        _ => leaves.push(path),
    }
}

fn what(mask: &ColumnMask) -> String {
    let inherit = format!("{:?}/{:?}", mask.inherit, mask.aggregate).to_lowercase();
    let usual = "directconditional/inherit";
    let inherit = if inherit == usual {
        String::new()
    } else {
        format!(" (inherited: {inherit})")
    };
    match &mask.mask {
        MaskSpec::Template(template) => {
            let (name, text) = (mask.mask.name(), &template.expression().text);
            let nulls = format!("{:?}", template.nulls()).to_lowercase();
            let nulls = if nulls == "auto" {
                String::new()
            } else {
                format!(", nulls: {nulls}")
            };
            format!("{name} = {text}{nulls}{inherit}")
        }
        other => format!("{}{inherit}", other.name()),
    }
}
