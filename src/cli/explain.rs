//! `explain`: the account of a script, as text and JSON.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use super::args::{Explain, Format};
use super::failure::{Failure, Status};
use super::lineage_store::Kept;
use super::render::printable;
use super::streams::Streams;
use super::{config, input, report, submit};
use crate::check::{
    Gate, NamedObject, PolicyStamp, Request, ScriptAccount, StatementAccount, TableAccount,
    explain, explain_with_lineage,
};
use crate::policy::{
    Aside, ColumnAccount, Effect, Face, FilterAccount, Lost, MaskOutcome, Mode, Part, Principal,
    PrivilegeAccount, PrivilegeOutcome, ReadAccount, RowsOutcome, RuleId,
};

pub(super) fn run(mut args: Explain, streams: &mut Streams) -> Result<Status, Failure> {
    let mut kept = Kept {
        lineage: args.lineage.take(),
        job: None,
    };
    config::apply(&mut args.common, Some(&mut args.who), None, Some(&mut kept))?;
    let store = kept.read()?;
    let format = args.common.format.unwrap_or_default();
    let catalog = Arc::new(input::catalog(&args.common.catalog)?);
    let account_of: Box<dyn Fn(&Request) -> ScriptAccount> =
        match input::source_of_rules(&args.who)? {
            Some(source) => {
                let gate = Gate::new(source, catalog);
                let gate = match store {
                    Some(store) => gate.lineage(store),
                    None => gate,
                };
                Box::new(move |request| gate.explain(request))
            }
            None => {
                let policy = Arc::new(input::policy(&args.who)?);
                Box::new(move |request| {
                    let catalog = Arc::clone(&catalog) as _;
                    match &store {
                        Some(store) => {
                            let store = Arc::clone(store);
                            explain_with_lineage(&policy, catalog, store, request)
                        }
                        None => explain(&policy, catalog, request),
                    }
                })
            }
        };
    let script = input::script(args.common.file.as_deref())?;
    let request = submit::request(&args.common, Some(&args.who), &script.text)?;
    let account = account_of(&request);
    let text = match format {
        Format::Text => text(&account, &request.principal),
        Format::Json => json(&account)?,
    };
    // The account is what was asked for, and it is there whatever the decision: the decision is in it and in the status.
    submit::finish(&text, &script, &account.reply, format, streams)
}

fn json(account: &ScriptAccount) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(&account.document());
    let text = text.map_err(|e| Failure::internal(&e))?;
    Ok(format!("{text}\n"))
}

fn text(account: &ScriptAccount, claimed: &Principal) -> String {
    let reply = &account.reply;
    let word = if reply.decision.errors().is_empty() {
        "allowed"
    } else {
        "denied"
    };
    let mut page = Page::default();
    let (user, rules) = (&claimed.user, rules(&reply.policy));
    page.line(0, &format!("{word} for {user} ({rules})"));
    if account.principal != *claimed {
        page.line(0, &stated(&account.principal));
    }
    for statement in &account.statements {
        page.statement(statement);
    }
    page.0
}

/// Whose rules they were: the version, and the age of what a service answered.
fn rules(stamp: &PolicyStamp) -> String {
    if stamp.hash.is_empty() {
        return "no rules".to_owned();
    }
    let age = match (stamp.age_s, stamp.stale) {
        (None, _) => String::new(),
        (Some(age), false) => format!(", as the service said {age} s ago"),
        (Some(age), true) => {
            format!(", as the service said {age} s ago: past its time, and it does not answer")
        }
    };
    format!("policy version {}{age}", stamp.version)
}

/// What the service states of the user. Of attributes the names: their values are in the filters that they matter to.
fn stated(principal: &Principal) -> String {
    let list = |names: Vec<&str>| match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    };
    let all = |names: &BTreeSet<String>| list(names.iter().map(String::as_str).collect());
    let attributes = principal.attributes.keys().map(String::as_str).collect();
    format!(
        "as the service knows them: groups {}; roles {}; attributes {}",
        all(&principal.groups),
        all(&principal.roles),
        list(attributes)
    )
}

/// A text in which depth is indentation.
#[derive(Default)]
struct Page(String);

impl Page {
    /// Names in it may be the submitter's.
    fn line(&mut self, depth: usize, line: &str) {
        let _ = writeln!(self.0, "{}{}", "  ".repeat(depth), printable(line));
    }

    fn statement(&mut self, statement: &StatementAccount) {
        self.line(0, "");
        self.line(0, &format!("line {}: {}", statement.line, statement.kind));
        for table in &statement.tables {
            self.table(table);
        }
        for object in &statement.objects {
            self.object(object);
        }
        for denial in &statement.denials {
            let (line, column) = (denial.line, denial.column);
            let denial = format!(
                "denied at {line}:{column}: {}: {}",
                denial.code, denial.message
            );
            self.line(1, &denial);
        }
    }

    fn table(&mut self, table: &TableAccount) {
        let mut head = table.name.to_string();
        if !table.physical.is_empty() {
            let _ = write!(head, " = {}", table.physical.join(", "));
        }
        if table.user_named {
            head.push_str(", a name that the submitter chose");
        }
        if !table.named {
            head.push_str(", below a view or a definition, or where data came from");
        }
        self.line(1, &head);
        let account = &table.account;
        for outcome in &account.access {
            self.line(2, &privilege(outcome));
            for face in &account.faces {
                self.lost_access(3, &face.access, outcome);
            }
        }
        if let Some(closed) = &account.closed {
            let detail = if closed.detail.is_empty() {
                String::new()
            } else {
                format!(" ({})", closed.detail)
            };
            let by = by(&closed.by);
            self.line(2, &format!("closed: {}{detail}{by}", closed.code));
        }
        if let Some(rows) = &account.rows {
            self.line(2, &rows_line(rows));
        }
        for mask in &account.masks {
            self.line(2, &mask_line(mask));
        }
        for mask in &table.inherited {
            let column = mask.column.join(".");
            let from = report::inherited(mask);
            self.line(
                2,
                &format!("column {column}: {} by `{}`{from}", mask.mask, mask.rule),
            );
        }
        for denied in &account.denied {
            let line = format!(
                "column {}: may not be read{}",
                denied.column,
                by(&denied.by)
            );
            self.line(2, &line);
        }
        for shown in &account.shown {
            let column = shown.column.join(".");
            self.line(
                2,
                &format!("column {column}: shown on purpose by `{}`", shown.by),
            );
        }
        for face in &account.faces {
            self.face(face, account.faces.len() > 1);
        }
        self.aside(&account.aside);
    }

    fn face(&mut self, face: &Face, several: bool) {
        let nothing = face.filters.is_empty()
            && face.readable.is_empty()
            && face.columns.iter().all(|c| c.lost.is_empty());
        if nothing {
            return;
        }
        let mut depth = 2;
        if several {
            let only = if face.opens {
                ""
            } else {
                ", which can only protect"
            };
            self.line(depth, &format!("by {}{only}", face.name));
            depth = 3;
        }
        for filter in &face.filters {
            self.line(depth, &filter_line(filter));
        }
        for read in &face.readable {
            self.read(depth, read);
        }
        for column in &face.columns {
            self.column(depth, column);
        }
    }

    fn read(&mut self, depth: usize, read: &ReadAccount) {
        let word = match read.effect {
            Effect::Allow => "allowed",
            Effect::Deny => "denied",
        };
        let by = by(&read.by);
        self.line(depth, &format!("reading {}: {word}{by}", read.column));
        self.lost(depth + 1, &read.lost);
    }

    fn column(&mut self, depth: usize, column: &ColumnAccount) {
        if column.lost.is_empty() {
            return;
        }
        let name = column.column.join(".");
        match &column.by {
            Some(by) => self.line(depth, &format!("mask of {name}: `{by}` decides")),
            None => self.line(depth, &format!("mask of {name}: no rule decides")),
        }
        self.lost(depth + 1, &column.lost);
    }

    fn lost_access(&mut self, depth: usize, told: &[PrivilegeAccount], of: &PrivilegeOutcome) {
        let told = told.iter().filter(|told| told.privilege == of.privilege);
        for account in told {
            self.lost(depth, &account.lost);
        }
    }

    fn lost(&mut self, depth: usize, lost: &[Lost]) {
        for lost in lost {
            self.line(depth, &format!("not `{}`: {}", lost.rule, lost.why.words()));
        }
    }

    fn aside(&mut self, aside: &[Aside]) {
        for aside in aside {
            self.line(2, &format!("not `{}`: {}", aside.rule, aside.why.words()));
        }
    }

    fn object(&mut self, object: &NamedObject) {
        self.line(1, &object.name);
        for outcome in &object.account.access {
            self.line(2, &privilege(outcome));
            self.lost_access(3, &object.account.how, outcome);
        }
        self.aside(&object.account.aside);
    }
}

fn privilege(outcome: &PrivilegeOutcome) -> String {
    let privilege = format!("{:?}", outcome.privilege).to_lowercase();
    let word = match outcome.effect {
        Effect::Allow => "allowed",
        Effect::Deny => "denied",
    };
    format!("{privilege}: {word}{}", by(&outcome.by))
}

fn by(rules: &[RuleId]) -> String {
    if rules.is_empty() {
        " by `defaults`".to_owned()
    } else {
        format!(" by `{}`", rules.join("`, `"))
    }
}

fn rows_line(rows: &RowsOutcome) -> String {
    match rows {
        RowsOutcome::All => "rows: all".to_owned(),
        RowsOutcome::Nothing => "rows: none, because no filter is for this principal".to_owned(),
        RowsOutcome::Matching { filter, .. } => format!("rows: {filter}"),
    }
}

fn filter_line(filter: &FilterAccount) -> String {
    let mode = match filter.mode {
        Mode::Permissive => "permissive",
        Mode::Restrictive => "restrictive",
    };
    let part = match filter.part {
        Part::Counts => "counts",
        Part::Exempt => "counts as true: this principal is an exception",
        Part::Pointless => "does not matter beside a permissive filter that counts as true",
        Part::ForOthers => "is for others, and says that the table is filtered",
        Part::Unusable => "cannot be applied: the table is closed",
    };
    format!(
        "filter `{}` ({mode}: {}) {part}",
        filter.rule, filter.filter
    )
}

fn mask_line(mask: &MaskOutcome) -> String {
    let when = mask.when.as_ref().map(|when| format!(" when {when}"));
    let column = mask.column.join(".");
    format!(
        "column {column}: {}{} by `{}`",
        mask.mask,
        when.unwrap_or_default(),
        mask.by
    )
}
