//! Native rules as they are collected: each names the Ranger policy that it comes from.

use serde_json::json;

use crate::policy::{
    AccessDecl, Aggregate, ColumnMaskDecl, Effect, Inherit, MaskRef, Mode, Policy, Privilege,
    RowFilterDecl, RuleDecl, Severity, Subjects, Target, Valid,
};
use crate::source::ranger::Decided;

/// The rules of one answer.
pub(super) struct Rules {
    to: Subjects,
    pub rules: Vec<RuleDecl>,
}

impl Rules {
    /// Rules for this user; for everybody where there is none, as the answer is for one question.
    pub fn of(user: &str) -> Self {
        let mut to = Subjects::default();
        if user.is_empty() {
            to.groups.push("public".to_owned());
        } else {
            to.users.push(user.to_owned());
        }
        Self {
            to,
            rules: Vec::new(),
        }
    }

    fn id(&self, by: Option<&Decided>) -> String {
        let number = self.rules.len();
        match by {
            Some(by) => format!("ranger:{}#{number}", by.policy),
            None => format!("ranger#{number}"),
        }
    }

    pub fn access(
        &mut self,
        effect: Effect,
        by: Option<&Decided>,
        on: Target,
        privileges: Vec<Privilege>,
        why: Option<String>,
    ) {
        let rule = AccessDecl {
            id: self.id(by),
            description: why.or_else(|| by.map(described)),
            effect,
            to: self.to.clone(),
            except: Subjects::default(),
            on,
            privileges,
            priority: 0,
            valid: Valid::default(),
        };
        self.rules.push(RuleDecl::Access(rule));
    }

    /// Closes a table for reading: nothing allows it any more.
    pub fn close(&mut self, by: Option<&Decided>, on: Target, why: &str) {
        let privileges = vec![Privilege::Select];
        let why = why.replace(char::is_control, " ");
        let why = match by {
            Some(by) => format!("{}: {why}", described(by)),
            None => why,
        };
        self.access(Effect::Deny, by, on, privileges, Some(why));
    }

    /// NULL in place of a column that may not be read, whatever masks it.
    pub fn hide(&mut self, by: Option<&Decided>, on: Target) {
        self.masked(by, on, MaskRef::Name("MASK_NULL".to_owned()), None, 1);
    }

    pub fn mask(&mut self, by: &Decided, on: Target, mask: MaskRef, when: Option<String>) {
        self.masked(Some(by), on, mask, when, 0);
    }

    fn masked(
        &mut self,
        by: Option<&Decided>,
        on: Target,
        mask: MaskRef,
        when: Option<String>,
        priority: i32,
    ) {
        let rule = ColumnMaskDecl {
            id: self.id(by),
            description: by.map(described),
            to: self.to.clone(),
            except: Subjects::default(),
            on,
            mask,
            priority,
            when,
            inherit: Inherit::default(),
            aggregate: Aggregate::default(),
            valid: Valid::default(),
        };
        self.keep(RuleDecl::ColumnMask(rule), by);
    }

    pub fn filter(&mut self, by: &Decided, on: Target, sql: String) {
        let rule = RowFilterDecl {
            id: self.id(Some(by)),
            description: Some(described(by)),
            to: self.to.clone(),
            except: Subjects::default(),
            on,
            filter: sql,
            mode: Mode::Permissive,
            valid: Valid::default(),
        };
        self.keep(RuleDecl::RowFilter(rule), Some(by));
    }

    /// Keeps a rule whose SQL this product understands; otherwise its table is closed.
    fn keep(&mut self, rule: RuleDecl, by: Option<&Decided>) {
        let alone = json!({ "apiVersion": crate::policy::API_VERSION, "rules": [rule] });
        match Policy::load(&alone.to_string(), "ranger") {
            Ok(_) => self.rules.push(rule),
            Err(error) => {
                let errors = error
                    .findings
                    .iter()
                    .filter(|one| one.severity == Severity::Error);
                let codes: Vec<_> = errors.map(|one| one.code).collect();
                let on = match &rule {
                    RuleDecl::RowFilter(rule) => &rule.on,
                    RuleDecl::ColumnMask(rule) => &rule.on,
                    RuleDecl::Access(rule) => &rule.on,
                };
                let on = Target {
                    columns: Vec::new(),
                    ..on.clone()
                };
                let why = format!("its SQL is not usable here ({})", codes.join(", "));
                self.close(by, on, &why);
            }
        }
    }
}

fn described(by: &Decided) -> String {
    let mut text = format!("Ranger policy {}", by.policy);
    if let Some(version) = by.version {
        text.push_str(&format!(", version {version}"));
    }
    if let Some(tag) = &by.tag {
        text.push_str(&format!(", by tag {}", tag.replace(char::is_control, " ")));
    }
    if let Some(zone) = &by.zone {
        text.push_str(&format!(", zone {}", zone.replace(char::is_control, " ")));
    }
    text
}
