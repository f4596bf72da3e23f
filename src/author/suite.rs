//! A file of cases: who asks, about which table or script, and what must come of it.
//!
//! YAML (or JSON) as policies are: positions everywhere, and what hides meaning is refused. A case that expects nothing, or could mean two
//! things, is an error and not a success.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use super::shape::{CaseDecl, MaskExpectation, RowsDecl, SuiteDecl, WhoDecl};
use crate::catalog::TableName;
use crate::policy::decode::decode;
use crate::policy::yaml::{self, Node};
use crate::policy::{Effect, Finding, Principal, Privilege, moment, table_name};
use crate::rewrite::Style;
use crate::splitter::Splitter;
use crate::syntax::{FlinkVersion, Position};

/// A file of cases, read.
#[derive(Debug)]
pub struct Suite {
    /// The policy that it names, relative to itself.
    pub policy: Option<String>,
    /// The catalog files that it names, relative to itself.
    pub catalog: Vec<String>,
    /// The cases, at least one.
    pub cases: Vec<Case>,
}

/// What is wrong with a file of cases, with its place.
pub type SuiteError = Finding;

/// One case.
#[derive(Debug)]
pub struct Case {
    /// Its name, once in a file.
    pub name: String,
    /// Where it stands.
    pub at: Position,
    pub(super) principal: Principal,
    pub(super) time: Option<SystemTime>,
    pub(super) subject: Subject,
    pub(super) places: Places,
}

/// What a case is about, and what it expects.
#[derive(Debug)]
pub(super) enum Subject {
    Table {
        name: TableName,
        physical: Option<Vec<String>>,
        expect: ExpectTable,
    },
    Script {
        sql: String,
        options: ScriptOptions,
        expect: ExpectScript,
    },
}

/// What is expected of one table.
#[derive(Debug, Default)]
pub(super) struct ExpectTable {
    pub access: BTreeMap<Privilege, Effect>,
    pub filter: Option<String>,
    pub rows: Option<RowsDecl>,
    pub masks: Option<BTreeMap<String, MaskExpectation>>,
    pub shown: Option<BTreeSet<String>>,
    pub denied: Option<BTreeSet<String>>,
    pub refused: Option<String>,
}

/// What is expected of a script.
#[derive(Debug, Default)]
pub(super) struct ExpectScript {
    pub decision: Option<Effect>,
    pub codes: Option<BTreeSet<String>>,
    pub rewritten: Option<String>,
    pub settings: BTreeMap<String, String>,
}

/// How a script is submitted.
#[derive(Debug, Default)]
pub(super) struct ScriptOptions {
    pub flink: FlinkVersion,
    pub style: Style,
    pub splitter: Option<Splitter>,
    pub strict: bool,
    pub settings: BTreeMap<String, String>,
}

/// Where the things that a case expects stand in its file.
#[derive(Debug, Default)]
pub(super) struct Places(BTreeMap<String, Position>);

impl Places {
    fn of(case: &Node) -> Self {
        let mut places = BTreeMap::new();
        if let Some(expect) = case.get("expect") {
            places.insert(String::new(), expect.at);
            for (key, node) in expect.entries() {
                places.insert(key.text.clone(), node.at);
                for (inner, node) in node.entries() {
                    places.insert(format!("{}.{}", key.text, inner.text), node.at);
                }
            }
        }
        Self(places)
    }

    /// Where a field of `expect` stands, or what it belongs to.
    pub(super) fn of_field(&self, field: &str) -> Position {
        let outer = field.split_once('.').map_or(field, |(outer, _)| outer);
        let found = [field, outer, ""].into_iter().find_map(|f| self.0.get(f));
        found.copied().unwrap_or(Position { line: 1, column: 1 })
    }
}

impl Suite {
    /// Reads a file of cases.
    ///
    /// # Errors
    /// The first thing that is wrong with it, with its place: `document-syntax`, `duplicate-key`, `document-shape`, `suite-invalid`.
    pub fn parse(text: &str) -> Result<Self, SuiteError> {
        let root = yaml::parse(text)?;
        let decl: SuiteDecl = decode(&root)?;
        let time = match &decl.at {
            None => None,
            Some(text) => Some(read_time(text, root.place(&["at"]))?),
        };
        let nodes = root.get("cases").map(Node::items).unwrap_or_default();
        let mut names = BTreeSet::new();
        let mut cases = Vec::new();
        for (node, case) in nodes.iter().zip(decl.cases) {
            if !names.insert(case.name.clone()) {
                let message = format!("a case `{}` exists already", case.name);
                return Err(bad(node.place(&["name"]), message));
            }
            cases.push(read_case(node, case, &decl.principals, time)?);
        }
        if cases.is_empty() {
            return Err(bad(root.at, "there are no `cases`"));
        }
        Ok(Self {
            policy: decl.policy,
            catalog: decl.catalog,
            cases,
        })
    }
}

fn read_case(
    node: &Node,
    case: CaseDecl,
    principals: &BTreeMap<String, Principal>,
    time: Option<SystemTime>,
) -> Result<Case, SuiteError> {
    let principal = match &case.who {
        WhoDecl::Given(principal) => principal.clone(),
        WhoDecl::Named(name) => principals.get(name).cloned().ok_or_else(|| {
            let message = format!("`{name}` is none of `principals`");
            bad(node.place(&["as"]), message)
        })?,
    };
    if principal.user.is_empty() {
        return Err(bad(node.place(&["as"]), "a principal has a user"));
    }
    let time = match &case.at {
        None => time,
        Some(text) => Some(read_time(text, node.place(&["at"]))?),
    };
    let name = case.name.clone();
    Ok(Case {
        name,
        at: node.at,
        principal,
        time,
        subject: read_subject(node, case)?,
        places: Places::of(node),
    })
}

fn read_subject(node: &Node, case: CaseDecl) -> Result<Subject, SuiteError> {
    let expect = case.expect;
    let empty = |what: &str| {
        let at = node.place(&["expect"]);
        Err(bad(at, format!("expects nothing of the {what}")))
    };
    match (&case.table, case.sql) {
        (Some(text), None) => {
            refuse_fields(
                node,
                &["flink", "style", "splitter", "strict", "settings"],
                "table",
            )?;
            refuse_expected(
                node,
                &["decision", "codes", "rewritten", "settings"],
                "table",
            )?;
            let name = table_name(text).ok_or_else(|| {
                let message = format!("`{text}` is no table: write `catalog.database.table`");
                bad(node.place(&["table"]), message)
            })?;
            let expected = node.get("expect").map(Node::entries).unwrap_or_default();
            if expected.is_empty() {
                return empty("table");
            }
            if expect.filter.is_some() && expect.rows.is_some() {
                let at = node.place(&["expect", "rows"]);
                return Err(bad(at, "a filter and `rows`: give one of the two"));
            }
            Ok(Subject::Table {
                name,
                physical: case.physical,
                expect: ExpectTable {
                    access: expect.access.map(|access| access.0).unwrap_or_default(),
                    filter: expect.filter,
                    rows: expect.rows,
                    masks: expect.masks,
                    shown: expect.shown,
                    denied: expect.denied,
                    refused: expect.refused,
                },
            })
        }
        (None, Some(sql)) => {
            refuse_fields(node, &["physical"], "script")?;
            let of_table = [
                "access", "filter", "rows", "masks", "shown", "denied", "refused",
            ];
            refuse_expected(node, &of_table, "script")?;
            let expected = node.get("expect").map(Node::entries).unwrap_or_default();
            if expected.is_empty() {
                return empty("script");
            }
            Ok(Subject::Script {
                sql,
                options: ScriptOptions {
                    flink: case.flink.unwrap_or_default(),
                    style: case.style.unwrap_or_default(),
                    splitter: case.splitter,
                    strict: case.strict,
                    settings: case.settings,
                },
                expect: ExpectScript {
                    decision: expect.decision,
                    codes: expect.codes,
                    rewritten: expect.rewritten,
                    settings: expect.settings.unwrap_or_default(),
                },
            })
        }
        _ => Err(bad(node.at, "a case is about one thing: `table` or `sql`")),
    }
}

fn refuse_fields(node: &Node, fields: &[&str], about: &str) -> Result<(), SuiteError> {
    match fields.iter().find(|field| node.get(field).is_some()) {
        None => Ok(()),
        Some(field) => {
            let message = format!("`{field}` says nothing about a {about}");
            Err(bad(node.place(&[field]), message))
        }
    }
}

fn refuse_expected(node: &Node, fields: &[&str], about: &str) -> Result<(), SuiteError> {
    match node.get("expect") {
        Some(expect) => refuse_fields(expect, fields, about),
        None => Ok(()),
    }
}

fn read_time(text: &str, at: Position) -> Result<SystemTime, SuiteError> {
    moment(text).ok_or_else(|| {
        let message = format!("`{text}` is no time: write 2026-01-31 or 2026-01-31T08:00:00Z");
        bad(at, message)
    })
}

fn bad(at: Position, message: impl Into<String>) -> SuiteError {
    Finding::error(at, "suite-invalid", message)
}
