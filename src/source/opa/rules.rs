//! The document as it grows: rules that were tried one by one, so that one that cannot be used is known by itself and does not spoil the rest.
//!
//! Invariant: a rule that protects is in the document, or the document is not made.

use super::OpaError;
use super::combined::VERSION;
use crate::policy::{
    API_VERSION, AccessDecl, Aggregate, ColumnMaskDecl, Defaults, Document, Effect, Inherit,
    MaskRef, Mode, Policy, Privilege, RowFilterDecl, RuleDecl, Severity, Subjects, Target, Valid,
};

/// Rules for one principal.
pub(super) struct Rules {
    to: Subjects,
    rules: Vec<RuleDecl>,
}

impl Rules {
    pub fn of(user: &str) -> Self {
        Self {
            to: Subjects {
                users: vec![user.to_owned()],
                ..Subjects::default()
            },
            rules: Vec::new(),
        }
    }

    /// Allows; a rule that cannot be written is left out, since what has no rule is closed.
    pub fn allow(&mut self, on: Target, privileges: Vec<Privilege>, what: &str) {
        let rule = self.access(Effect::Allow, on, privileges, what, "granted by OPA");
        let _ = self.add(rule);
    }

    /// Denies, and says why.
    ///
    /// # Errors
    /// A rule that cannot be written.
    pub fn deny(
        &mut self,
        on: Target,
        privileges: Vec<Privilege>,
        what: &str,
        why: &str,
    ) -> Result<(), OpaError> {
        let rule = self.access(Effect::Deny, on, privileges, what, why);
        self.add(rule).map_err(OpaError::Unwritable)
    }

    /// Adds a row filter that holds besides all others.
    ///
    /// # Errors
    /// The code of what is wrong with it.
    pub fn filter(&mut self, on: Target, filter: String, what: &str) -> Result<(), String> {
        let rule = RuleDecl::RowFilter(RowFilterDecl {
            id: self.id("row-filter", what),
            description: None,
            to: self.to.clone(),
            except: Subjects::default(),
            on,
            filter,
            mode: Mode::Restrictive,
            valid: Valid::default(),
        });
        self.add(rule)
    }

    /// Adds a column mask.
    ///
    /// # Errors
    /// The code of what is wrong with it.
    pub fn mask(&mut self, on: Target, mask: MaskRef, what: &str) -> Result<(), String> {
        let rule = RuleDecl::ColumnMask(ColumnMaskDecl {
            id: self.id("column-mask", what),
            description: None,
            to: self.to.clone(),
            except: Subjects::default(),
            on,
            mask,
            priority: 0,
            when: None,
            inherit: Inherit::default(),
            aggregate: Aggregate::default(),
            valid: Valid::default(),
        });
        self.add(rule)
    }

    /// How many there are: a mark to come back to.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Takes back what came after a mark.
    pub fn back_to(&mut self, mark: usize) {
        self.rules.truncate(mark);
    }

    /// The document: what no rule speaks of is denied.
    pub fn document(self) -> Document {
        document(self.rules)
    }

    fn access(
        &self,
        effect: Effect,
        on: Target,
        privileges: Vec<Privilege>,
        what: &str,
        why: &str,
    ) -> RuleDecl {
        let kind = match effect {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
        };
        RuleDecl::Access(AccessDecl {
            id: self.id(kind, what),
            description: Some(why.to_owned()),
            effect,
            to: self.to.clone(),
            except: Subjects::default(),
            on,
            privileges,
            priority: 0,
            valid: Valid::default(),
        })
    }

    /// Once in a document, and for people to read: ids are lines of text.
    fn id(&self, kind: &str, what: &str) -> String {
        let line = |c: char| if c.is_control() { '\u{fffd}' } else { c };
        let what: String = what.chars().map(line).collect();
        format!("opa:{}:{kind}:{what}", self.rules.len().saturating_add(1))
    }

    /// Adds a rule that compiles by itself.
    fn add(&mut self, rule: RuleDecl) -> Result<(), String> {
        let alone = document(vec![rule.clone()]);
        let text = serde_json::to_string(&alone).map_err(|_| "document-shape".to_owned())?;
        Policy::load_answer(&text, "OPA").map_err(|error| {
            let errors = error.findings.into_iter();
            let first = errors
                .filter(|finding| finding.severity == Severity::Error)
                .map(|finding| finding.code);
            first.min().unwrap_or("document-shape").to_owned()
        })?;
        self.rules.push(rule);
        Ok(())
    }
}

fn document(rules: Vec<RuleDecl>) -> Document {
    Document {
        api_version: API_VERSION.to_owned(),
        version: VERSION,
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
        // OPA cannot say which functions are called in answers to other questions.
        excerpt: None,
        principal: None,
        rules,
    }
}
