//! The JSON Schemas that other programs read are those of the types. `SQLSEC_BLESS=1` writes them; the diff is what a reviewer reads.

use std::fs;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use sqlsec::audit::AuditRecord;
use sqlsec::author::{Difference, Ran};
use sqlsec::catalog::CatalogDocument;
use sqlsec::check::AccountDocument;
use sqlsec::policy::Finding;
use sqlsec::report::form::Report;
use sqlsec::source::UsersDocument;
use sqlsec::{Reply, Request};

use crate::case::root;

fn is_checked_in<T: JsonSchema>(file: &str, settings: SchemaSettings) {
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n";
    let path = root().join("schema").join(file);
    if std::env::var_os("SQLSEC_BLESS").is_some() {
        fs::write(&path, &text).expect("a writable schema");
    }
    let checked_in = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        checked_in == text,
        "schema/{file} is old: run with SQLSEC_BLESS=1"
    );
}

#[test]
fn the_schema_of_requests_is_that_of_the_type() {
    is_checked_in::<Request>("request.json", SchemaSettings::default());
}

/// A reply is only ever written.
#[test]
fn the_schema_of_replies_is_that_of_the_type() {
    is_checked_in::<Reply>("reply.json", SchemaSettings::default().for_serialize());
}

#[test]
fn the_schema_of_audit_records_is_that_of_the_type() {
    is_checked_in::<AuditRecord>("audit.json", SchemaSettings::default());
}

#[test]
fn the_schema_of_reports_is_that_of_the_type() {
    is_checked_in::<Report>("report.json", SchemaSettings::default());
}

/// What the tools for people who write rules print with `--format json`.
#[test]
fn the_schemas_of_the_tools_outputs_are_those_of_their_types() {
    let written = || SchemaSettings::default().for_serialize();
    is_checked_in::<AccountDocument<'_>>("explain.json", written());
    is_checked_in::<Vec<Finding>>("policy-lint.json", written());
    is_checked_in::<Vec<Ran>>("policy-test.json", written());
    is_checked_in::<Vec<Difference>>("policy-diff.json", written());
}

#[test]
fn the_schema_of_files_of_users_is_that_of_the_type() {
    is_checked_in::<UsersDocument>("users.json", SchemaSettings::default());
}

#[test]
fn the_schema_of_catalog_files_is_that_of_the_type() {
    is_checked_in::<CatalogDocument>("catalog.json", SchemaSettings::default());
}
