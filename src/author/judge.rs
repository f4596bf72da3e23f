//! A case is held against a policy: what came of it, where that is not what was expected.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use schemars::JsonSchema;
use serde::Serialize;

use super::shape::{MaskExpectation, RowsDecl};
use super::suite::{Case, ExpectScript, ExpectTable, ScriptOptions, Subject};
use crate::catalog::{Catalog, CatalogSource, Column, Lookup, Session, TableName};
use crate::check::{Decision, Engine, Request, SubmitCheck};
use crate::policy::{ColumnMask, Effect, Obligations, Policy, Resource, Rows};
use crate::syntax::{FlinkVersion, Limits, Position, tokens};

/// Something that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Mismatch {
    /// The field of `expect`, such as `filter` or `masks.phone`.
    pub field: String,
    /// 1-based line of what was expected.
    pub line: u32,
    /// 1-based column in characters.
    pub column: u32,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub got: String,
}

/// The cases of one file, run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Ran {
    /// The file.
    pub file: String,
    /// Its cases, in its order.
    pub cases: Vec<Verdict>,
}

/// A case that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Verdict {
    /// What it claims.
    pub name: String,
    /// 1-based line of the case.
    pub line: u32,
    /// 1-based column in characters.
    pub column: u32,
    /// Whether all is as expected.
    pub passed: bool,
    /// What is not.
    pub mismatches: Vec<Mismatch>,
    /// How long it took.
    #[serde(skip)]
    pub time: Duration,
}

/// Holds a case against a policy; an empty list is a success. `now` is the time where neither case nor suite gives one.
#[must_use]
pub fn judge(
    case: &Case,
    policy: &Arc<Policy>,
    catalog: &Arc<Catalog>,
    now: SystemTime,
) -> Vec<Mismatch> {
    let mut judge = Judge {
        case,
        now: case.time.unwrap_or(now),
        found: Vec::new(),
    };
    match &case.subject {
        Subject::Table {
            name,
            physical,
            expect,
        } => judge.table(policy, catalog, (name, physical.as_deref()), expect),
        Subject::Script {
            sql,
            options,
            expect,
        } => judge.script(policy, catalog, (sql, options), expect),
    }
    judge.found
}

struct Judge<'a> {
    case: &'a Case,
    now: SystemTime,
    found: Vec<Mismatch>,
}

impl Judge<'_> {
    fn differs(&mut self, field: &str, expected: impl Into<String>, got: impl Into<String>) {
        let Position { line, column } = self.case.places.of_field(field);
        self.found.push(Mismatch {
            field: field.to_owned(),
            line,
            column,
            expected: expected.into(),
            got: got.into(),
        });
    }

    fn table(
        &mut self,
        policy: &Policy,
        catalog: &Catalog,
        (name, physical): (&TableName, Option<&[String]>),
        expect: &ExpectTable,
    ) {
        let (columns, known) = describe(catalog, name);
        let resource = Resource {
            physical: physical.unwrap_or(&known),
            columns: columns.as_deref(),
            ignore_case: Session::default().ignores_case(&name.catalog, catalog),
            ..Resource::named(name)
        };
        let who = &self.case.principal;
        for (privilege, wanted) in &expect.access {
            let got = policy.access(who, &resource, *privilege, self.now);
            let effect = if got.is_ok() {
                Effect::Allow
            } else {
                Effect::Deny
            };
            if effect != *wanted {
                let rules = match &got {
                    Ok(access) => &access.rules,
                    Err(refusal) => &refusal.rules,
                };
                let privilege = format!("{privilege:?}").to_lowercase();
                let by = by(rules);
                self.differs(
                    &format!("access.{privilege}"),
                    word(*wanted),
                    format!("{}{by}", word(effect)),
                );
            }
        }
        let decided = policy.obligations(who, &resource, self.now);
        match (&expect.refused, decided) {
            (Some(code), Err(refusal)) if *code == refusal.code => {}
            (Some(code), Err(refusal)) => self.differs("refused", code, refusal.code),
            (Some(code), Ok(_)) => self.differs("refused", code, "not refused"),
            (None, Ok(obligations)) => self.obligations(&obligations, expect),
            (None, Err(refusal)) => {
                let got = format!("refused: {}{}", refusal.code, by(&refusal.rules));
                self.refused_instead(expect, &got);
            }
        }
    }

    /// What was expected of a table that is closed.
    fn refused_instead(&mut self, expect: &ExpectTable, got: &str) {
        if let Some(filter) = &expect.filter {
            self.differs("filter", filter, got);
        }
        if let Some(rows) = expect.rows {
            self.differs("rows", rows.word(), got);
        }
        if let Some(masks) = &expect.masks {
            let names: Vec<&str> = masks.keys().map(String::as_str).collect();
            self.differs("masks", names.join(", "), got);
        }
        if let Some(shown) = &expect.shown {
            self.differs("shown", listed(shown), got);
        }
        if let Some(denied) = &expect.denied {
            self.differs("denied", listed(denied), got);
        }
    }

    fn obligations(&mut self, obligations: &Obligations, expect: &ExpectTable) {
        let rows = match &obligations.rows {
            Rows::All => "all rows".to_owned(),
            Rows::Nothing => "no rows".to_owned(),
            Rows::Matching(filter) => filter.render(None),
        };
        match (&expect.filter, expect.rows, &obligations.rows) {
            (Some(wanted), _, Rows::Matching(_)) if same_sql(wanted, &rows) => {}
            (Some(wanted), _, _) => self.differs("filter", wanted, rows),
            (None, Some(RowsDecl::All), Rows::All)
            | (None, Some(RowsDecl::None), Rows::Nothing)
            | (None, None, _) => {}
            (None, Some(wanted), _) => self.differs("rows", wanted.word(), rows),
        }
        if let Some(wanted) = &expect.masks {
            let masks = obligations.masks.iter();
            let masks = masks.filter(|m| !m.path.first().is_some_and(|c| obligations.denies(c)));
            self.masks(masks, wanted);
        }
        if let Some(wanted) = &expect.denied {
            let denied = obligations.denied.iter().map(|one| one.column.clone());
            let denied: BTreeSet<String> = denied.collect();
            if denied != *wanted {
                self.differs("denied", listed(wanted), listed(&denied));
            }
        }
        if let Some(wanted) = &expect.shown {
            let shown = obligations.shown.iter().map(|shown| shown.path.join("."));
            let shown: BTreeSet<String> = shown.collect();
            if shown != *wanted {
                self.differs("shown", listed(wanted), listed(&shown));
            }
        }
    }

    fn masks<'m>(
        &mut self,
        masks: impl Iterator<Item = &'m ColumnMask>,
        wanted: &BTreeMap<String, MaskExpectation>,
    ) {
        let got: BTreeMap<String, &ColumnMask> =
            masks.map(|mask| (mask.path.join("."), mask)).collect();
        for (column, wanted) in wanted {
            let field = format!("masks.{column}");
            match got.get(column) {
                None => self.differs(&field, wanted.words(), "not masked"),
                Some(mask) if wanted.is(mask) => {}
                Some(mask) => self.differs(&field, wanted.words(), words(mask)),
            }
        }
        for (column, mask) in got {
            if !wanted.contains_key(&column) {
                self.differs(&format!("masks.{column}"), "not masked", words(mask));
            }
        }
    }

    fn script(
        &mut self,
        policy: &Arc<Policy>,
        catalog: &Arc<Catalog>,
        (sql, options): (&str, &ScriptOptions),
        expect: &ExpectScript,
    ) {
        let engine = Engine::with_source(
            Arc::clone(policy),
            Arc::clone(catalog) as Arc<dyn CatalogSource>,
        );
        let since = self.now.duration_since(SystemTime::UNIX_EPOCH);
        let mut request = Request {
            flink: options.flink,
            style: options.style,
            splitter: options.splitter,
            strict: options.strict,
            at: since
                .ok()
                .and_then(|since| i64::try_from(since.as_secs()).ok()),
            ..Request::new(self.case.principal.clone(), sql)
        };
        request.session.settings.clone_from(&options.settings);
        let reply = engine.check(&request);
        let errors = reply.decision.errors();
        let reasons: Vec<String> = errors
            .iter()
            .map(|e| format!("{}:{}: {}: {}", e.line, e.column, e.code, e.message))
            .collect();
        let effect = if errors.is_empty() {
            Effect::Allow
        } else {
            Effect::Deny
        };
        if expect.decision.is_some_and(|wanted| wanted != effect) {
            let wanted = expect.decision.map(word).unwrap_or_default();
            self.differs(
                "decision",
                wanted,
                [word(effect).to_owned(), reasons.join("\n")]
                    .join("\n")
                    .trim(),
            );
        }
        if let Some(wanted) = &expect.codes {
            let codes: BTreeSet<String> = errors.iter().map(|e| e.code.to_string()).collect();
            if codes != *wanted {
                self.differs(
                    "codes",
                    listed(wanted),
                    [listed(&codes), reasons.join("\n")].join("\n").trim(),
                );
            }
        }
        match (&expect.rewritten, reply.decision.sql()) {
            (Some(wanted), Some(sql)) if !same_sql(wanted, sql) => {
                self.differs("rewritten", wanted.trim(), sql.trim());
            }
            (Some(wanted), None) => {
                self.differs(
                    "rewritten",
                    wanted.trim(),
                    format!("deny\n{}", reasons.join("\n")),
                );
            }
            (Some(_), Some(_)) | (None, _) => {}
        }
        self.settings(&reply.decision, expect);
    }

    /// Settings of the session after the script; those that nothing was said of do not count.
    fn settings(&mut self, decision: &Decision, expect: &ExpectScript) {
        for (key, wanted) in &expect.settings {
            let got = match decision {
                Decision::Allow { session, .. } => session.settings.get(key).map(String::as_str),
                Decision::Deny { .. } => None,
            };
            if got != Some(wanted.as_str()) {
                self.differs(&format!("settings.{key}"), wanted, got.unwrap_or("not set"));
            }
        }
    }
}

impl RowsDecl {
    const fn word(self) -> &'static str {
        match self {
            Self::All => "all rows",
            Self::None => "no rows",
        }
    }
}

impl MaskExpectation {
    fn is(&self, mask: &ColumnMask) -> bool {
        let when = mask.when.as_ref().map(|when| when.render(None));
        let condition = match (&self.when, when) {
            (Some(wanted), Some(got)) => same_sql(wanted, &got),
            (Some(_), None) => false,
            (None, got) => got.is_none(),
        };
        condition
            && self
                .mask
                .as_deref()
                .is_none_or(|name| name == mask.mask.name())
            && self.rule.as_deref().is_none_or(|rule| *rule == *mask.rule)
    }

    fn words(&self) -> String {
        let mask = self.mask.as_deref().unwrap_or("some mask");
        let rule = self.rule.as_ref().map(|rule| format!(" by `{rule}`"));
        let when = self.when.as_ref().map(|when| format!(" when {when}"));
        format!(
            "{mask}{}{}",
            when.unwrap_or_default(),
            rule.unwrap_or_default()
        )
    }
}

fn words(mask: &ColumnMask) -> String {
    let when = mask
        .when
        .as_ref()
        .map(|when| format!(" when {}", when.render(None)));
    format!(
        "{}{} by `{}`",
        mask.mask.name(),
        when.unwrap_or_default(),
        mask.rule
    )
}

/// The columns and physical names that the catalog gives a table; a view, or what it does not list, has none.
fn describe(catalog: &Catalog, name: &TableName) -> (Option<Vec<Column>>, Vec<String>) {
    match catalog.find(name) {
        Ok(Lookup::Table(table)) => {
            let names = catalog.identity(name, &table).names();
            (table.columns.clone(), names)
        }
        Ok(Lookup::View(_) | Lookup::Absent | Lookup::Unlisted) | Err(_) => (None, Vec::new()),
    }
}

/// Whether two texts are the same but for white space and comments.
fn same_sql(a: &str, b: &str) -> bool {
    let words = |text: &'_ str| {
        let tokens = tokens(text, FlinkVersion::default(), &Limits::default()).ok()?;
        let words = tokens.iter().map(|token| token.span.text(text).to_owned());
        Some(words.collect::<Vec<_>>())
    };
    match (words(a), words(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a.trim() == b.trim(),
    }
}

const fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::Allow => "allow",
        Effect::Deny => "deny",
    }
}

fn by(rules: &[crate::policy::RuleId]) -> String {
    if rules.is_empty() {
        " by `defaults`".to_owned()
    } else {
        format!(" by `{}`", rules.join("`, `"))
    }
}

fn listed(names: &BTreeSet<String>) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.join(", ")
}
