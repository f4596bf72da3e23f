//! Tests of the module as a whole: a test is a sentence of DESIGN §5 or a number of ATTACKS §E.

mod access;
mod bytes;
mod document;
mod excerpt;
mod explain;
mod kinds;
mod lint;
mod masks;
mod reference;
mod rows;
mod schema;

use std::time::{Duration, SystemTime};

use super::*;
use crate::catalog::{Column, ColumnKind, DataType, RowField, TableName, TypeKind};

/// The document of DESIGN §5.
const DESIGN: &str = r#"
apiVersion: sqlsec/v1
version: 42                           # may only grow
defaults: { access: allow, unknown_connector: deny, no_matching_filter: deny, unknown_lineage: allow }
roles:
  - { name: beijing-analyst, users: [userA], groups: [ops-bj], roles: [] }
masks:                                # the site's named masks
  encrypt:   { expression: "Encryption_function({col})" }
  sensitive: { expression: "Sensitive_field_functions({col})" }
rules:
  - { id: orders-by-region, type: row_filter, to: { roles: [beijing-analyst] }, on: { table: "*.*.orders" }, filter: "region = 'beijing'" }
  - { id: own-department,   type: row_filter, to: { groups: [public] }, on: { table: "hr.core.employee" }, filter: "dept = ${user.dept}", mode: restrictive }
  - { id: user-name,  type: column_mask, to: { users: [userA] }, on: { table: "*.*.user", columns: [name] },  mask: encrypt }
  - { id: user-phone, type: column_mask, to: { users: [userA, userB] }, on: { table: "*.*.user", columns: [phone] }, mask: sensitive, except: { roles: [auditor] }, inherit: direct+conditional }
  - { id: topic-age,  type: column_mask, to: { groups: [public] }, on: { physical: "kafka://*/customers", columns: [age, "address.zip"] }, mask: MASK_HASH, priority: 10 }
  - { id: no-payroll, type: access, effect: deny, to: { groups: [public] }, on: { table: "hr.payroll.*" }, privileges: [select, insert] }
"#;

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_000_000)
}

/// A document of these parts, over the fixed head.
fn document(parts: &str) -> String {
    format!("apiVersion: sqlsec/v1\ndefaults: {{}}\n{parts}")
}

fn policy(parts: &str) -> Policy {
    Policy::load(&document(parts), "test").unwrap_or_else(|error| panic!("{error}"))
}

/// `CODE line:column` of each finding.
fn findings(parts: &str) -> Vec<String> {
    lint(&document(parts), None)
        .iter()
        .map(|f| format!("{} {}:{}", f.code, f.line, f.column))
        .collect()
}

fn user(name: &str) -> Principal {
    Principal {
        user: name.into(),
        ..Principal::default()
    }
}

fn with_attribute(mut who: Principal, name: &str, value: Attribute) -> Principal {
    who.attributes.insert(name.into(), value);
    who
}

fn text(value: &str) -> Attribute {
    Attribute::Text(value.into())
}

fn table(text: &str) -> TableName {
    let parts: Vec<&str> = text.split('.').collect();
    TableName::new(parts[0], parts[1], parts[2])
}

fn column(name: &str, kind: TypeKind) -> Column {
    Column {
        name: name.into(),
        data_type: Some(DataType::nullable(kind)),
        kind: ColumnKind::Physical,
    }
}

fn row(fields: &[(&str, TypeKind)]) -> TypeKind {
    TypeKind::Row(
        fields
            .iter()
            .map(|(name, kind)| RowField {
                name: (*name).into(),
                data_type: DataType::nullable(kind.clone()),
            })
            .collect(),
    )
}

const STRING: TypeKind = TypeKind::Varchar(crate::syntax::MAX_LENGTH);

/// `rules: path=mask?when` of the decision, or the code and rules of the refusal.
fn shown(result: Result<Obligations, Refusal>) -> String {
    match result {
        Err(refusal) => format!("{} {}", refusal.code, refusal.rules.join(",")),
        Ok(obligations) => {
            let rows = match &obligations.rows {
                Rows::All => "all".to_owned(),
                Rows::Nothing => "nothing".to_owned(),
                Rows::Matching(filter) => filter.render(None),
            };
            let masks = obligations.masks.iter().map(|mask| {
                let when = mask
                    .when
                    .as_ref()
                    .map(|when| format!("?{}", when.render(None)));
                let name = mask.mask.name();
                format!(
                    " {}={name}{}",
                    mask.path.join("."),
                    when.unwrap_or_default()
                )
            });
            format!("{rows}{}", masks.collect::<String>())
        }
    }
}
