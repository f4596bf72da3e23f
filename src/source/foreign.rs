//! What adapters of catalogs' own rules have in common: one table, one principal, a native document; whatever cannot be said exactly closes it.

use serde_json::Value;

use crate::catalog::{Column, DataType, TableName};
use crate::policy::{
    API_VERSION, AccessDecl, Aggregate, ColumnMaskDecl, Defaults, Document, Effect, HidesDecl,
    Inherit, MaskDecl, MaskRef, Mode, NullsDecl, Policy, Principal, Privilege, RowFilterDecl,
    RuleDecl, Subjects, Target, Valid,
};
use crate::syntax::quote;

/// The table that an answer is about, as the check knows it.
#[derive(Debug, Clone, Copy)]
pub struct ForeignTable<'a> {
    /// Its logical name.
    pub name: &'a TableName,
    /// Its columns, where known.
    pub columns: Option<&'a [Column]>,
}

/// A catalog's answer in our own words.
#[derive(Debug, Clone, PartialEq)]
pub struct Translated {
    /// The document: what this principal may read of this table, and nothing else.
    pub document: Document,
    /// Why the table is closed, where it is; for the operator. May quote the answer.
    pub closed: Option<String>,
}

/// Why an answer cannot be said in our own words. One line for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Untranslatable(pub String);

/// Shorthand for one that is returned.
pub(super) fn no<T>(why: impl Into<String>) -> Result<T, Untranslatable> {
    Err(Untranslatable(why.into()))
}

/// A mask as an adapter finds it.
pub(super) struct ForeignMask {
    /// The column, then nested fields.
    pub path: Vec<String>,
    /// What it is called where it comes from.
    pub name: String,
    pub what: What,
}

/// What is put in place of a value.
pub(super) enum What {
    /// A built-in mask.
    Native(&'static str),
    /// An expression over `{col}`; NULL stays NULL.
    Expression(String),
    /// An expression that gets NULLs too.
    OfNulls(String),
}

/// The restrictions of one table: conditions that all hold, and masks.
#[derive(Default)]
pub(super) struct Restrictions {
    pub filters: Vec<String>,
    pub masks: Vec<ForeignMask>,
}

/// The document of these restrictions, or of a closed table. `source` names the kind of catalog in rule ids.
pub(super) fn translated(
    source: &str,
    principal: &Principal,
    table: &ForeignTable<'_>,
    read: Result<Restrictions, Untranslatable>,
) -> Translated {
    let open = read.and_then(|restrictions| {
        let document = open(source, principal, table, restrictions);
        // What our own reader refuses, such as a literal that holds `${`, is no answer.
        match serde_json::to_string(&document) {
            Ok(text) => match Policy::load_answer(&text, source) {
                Ok(_) => Ok(document),
                Err(error) => no(format!("its rules cannot be used: {error}")),
            },
            Err(error) => no(error.to_string()),
        }
    });
    match open {
        Ok(document) => Translated {
            document,
            closed: None,
        },
        Err(why) => Translated {
            document: closed(source, table),
            closed: Some(why.0),
        },
    }
}

fn open(
    source: &str,
    principal: &Principal,
    table: &ForeignTable<'_>,
    restrictions: Restrictions,
) -> Document {
    let to = Subjects {
        users: vec![principal.user.clone()],
        ..Subjects::default()
    };
    let mut document = empty();
    document.rules.push(RuleDecl::Access(AccessDecl {
        id: format!("{source}:read"),
        description: None,
        effect: Effect::Allow,
        to: to.clone(),
        except: Subjects::default(),
        on: on(table.name),
        privileges: vec![Privilege::Select],
        priority: 0,
        valid: Valid::default(),
    }));
    for (number, filter) in restrictions.filters.into_iter().enumerate() {
        document.rules.push(RuleDecl::RowFilter(RowFilterDecl {
            id: format!("{source}:row-filter-{}", number.saturating_add(1)),
            description: None,
            to: to.clone(),
            except: Subjects::default(),
            on: on(table.name),
            filter,
            mode: Mode::Restrictive,
            valid: Valid::default(),
        }));
    }
    for mask in restrictions.masks {
        let id = format!("{source}:{}:{}", mask.path.join("."), mask.name);
        let said = match mask.what {
            What::Native(name) => MaskRef::Name(name.to_owned()),
            What::Expression(expression) => MaskRef::Custom { expression },
            What::OfNulls(expression) => {
                let decl = MaskDecl {
                    expression,
                    nulls: NullsDecl::Pass,
                    hides: HidesDecl::Auto,
                    description: None,
                };
                document.masks.insert(id.clone(), decl);
                MaskRef::Name(id.clone())
            }
        };
        let columns = mask.path.iter().map(|part| quote(part));
        document.rules.push(RuleDecl::ColumnMask(ColumnMaskDecl {
            id,
            description: None,
            to: to.clone(),
            except: Subjects::default(),
            on: Target {
                columns: vec![columns.collect::<Vec<_>>().join(".")],
                ..on(table.name)
            },
            mask: said,
            priority: 0,
            when: None,
            inherit: Inherit::default(),
            aggregate: Aggregate::default(),
            valid: Valid::default(),
        }));
    }
    document
}

/// Nobody may do anything with it.
fn closed(source: &str, table: &ForeignTable<'_>) -> Document {
    let mut document = empty();
    // A name that no pattern can hold: the answer is about one table, so all are meant.
    let strange = [&table.name.catalog, &table.name.database, &table.name.table]
        .iter()
        .any(|part| part.is_empty() || part.contains('`') || part.trim() != part.as_str());
    let on = if strange {
        Target {
            table: Some("*.*.*".to_owned()),
            ..Target::default()
        }
    } else {
        on(table.name)
    };
    document.rules.push(RuleDecl::Access(AccessDecl {
        id: format!("{source}:closed"),
        description: None,
        effect: Effect::Deny,
        to: Subjects {
            groups: vec!["public".to_owned()],
            ..Subjects::default()
        },
        except: Subjects::default(),
        on,
        privileges: vec![
            Privilege::Select,
            Privilege::Insert,
            Privilege::Update,
            Privilege::Delete,
            Privilege::Create,
            Privilege::Alter,
            Privilege::Drop,
            Privilege::Truncate,
            Privilege::Describe,
        ],
        priority: i32::MAX,
        valid: Valid::default(),
    }));
    document
}

/// What such an answer does not speak of is denied: it is about reading one table.
fn empty() -> Document {
    Document {
        api_version: API_VERSION.to_owned(),
        version: 0,
        defaults: Defaults {
            access: Effect::Deny,
            ..Defaults::default()
        },
        servers: Vec::new(),
        roles: Vec::new(),
        masks: std::collections::BTreeMap::new(),
        tags: std::collections::BTreeMap::new(),
        inheritance: Default::default(),
        strict_functions: Vec::new(),
        excerpt: None,
        principal: None,
        rules: Vec::new(),
    }
}

fn on(name: &TableName) -> Target {
    let parts = [&name.catalog, &name.database, &name.table].map(|part| quote(part));
    Target {
        table: Some(parts.join(".")),
        ..Target::default()
    }
}

/// A column of a table whose columns are known.
pub(super) fn column<'a>(
    table: &ForeignTable<'a>,
    name: &str,
) -> Result<&'a DataType, Untranslatable> {
    let Some(columns) = table.columns else {
        return no("the columns of the table are not known here");
    };
    let found = columns.iter().find(|column| column.name == name);
    let data_type = found.and_then(|column| column.data_type.as_ref());
    data_type
        .ok_or_else(|| Untranslatable(format!("the table has no column `{name}` of a known type")))
}

/// The fields of an object, all of which must be known.
pub(super) fn fields<'j>(
    value: &'j Value,
    known: &[&str],
    what: &str,
) -> Result<&'j serde_json::Map<String, Value>, Untranslatable> {
    let Some(object) = value.as_object() else {
        return no(format!("{what} is no object"));
    };
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(object),
        Some(key) => no(format!("{what} has a field `{key}` that is not known")),
    }
}

/// A field that is a string.
pub(super) fn text<'j>(
    object: &'j serde_json::Map<String, Value>,
    field: &str,
    what: &str,
) -> Result<&'j str, Untranslatable> {
    let found = object.get(field).and_then(Value::as_str);
    found.ok_or_else(|| Untranslatable(format!("{what} has no text `{field}`")))
}
