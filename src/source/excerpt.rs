//! The service's side of the contract: the part of a whole policy that answers one question.
//!
//! In: a document and who asks about which tables. Out: a document with the rules that can be about these tables, whole; the roles as far as this
//! user has them; and what must be known of the rest ([`ExcerptDecl`]). Deciding stays with the reader.
//! Invariant: for what was asked, the excerpt decides as the whole does; `tests` hold the two side by side.

use std::collections::BTreeSet;

use super::{Directory, Scope};
use crate::policy::{
    Document, ExcerptDecl, MaskRef, Policy, PolicyError, Principal, Resource, RoleDecl, RuleDecl,
    RuleId, Subjects, Target,
};

/// A policy of which excerpts can be made.
#[derive(Debug)]
pub struct Whole {
    policy: Policy,
    document: Document,
}

impl Whole {
    /// Reads a document, as [`Policy::load`] does.
    ///
    /// # Errors
    /// As there.
    pub fn load(text: &str, origin: &str) -> Result<Self, PolicyError> {
        Ok(Self {
            policy: Policy::load(text, origin)?,
            document: Document::read(text, origin)?,
        })
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What this principal must know about these tables and objects.
    #[must_use]
    pub fn excerpt(&self, principal: &Principal, scope: &Scope) -> Document {
        let mut document = self.document.clone();
        let wanted = self.about(scope);
        document.rules.retain(|rule| wanted.contains(rule_id(rule)));
        let used = |name: &str| document.rules.iter().any(|rule| names_mask(rule, name));
        document.masks.retain(|name, _| used(name));
        let tagged = |tag: &String| {
            document
                .rules
                .iter()
                .any(|rule| target(rule).tags.contains(tag))
        };
        document.tags.retain(|tag, _| tagged(tag));
        document.roles = self.roles(principal, &document.rules);
        let functions = self.policy.functions().iter();
        document.excerpt = Some(ExcerptDecl {
            functions: functions
                .filter_map(|parts| parts.last().cloned())
                .collect(),
            physical: self.policy.speaks_of_bytes(),
        });
        document
    }

    /// The same where the site lists its users: for the user as they are there, whatever is claimed of them.
    #[must_use]
    pub fn answer(
        &self,
        claimed: &Principal,
        scope: &Scope,
        users: Option<&Directory>,
    ) -> Document {
        let Some(stated) = users.map(|users| users.of(&claimed.user)) else {
            return self.excerpt(claimed, scope);
        };
        let mut document = self.excerpt(&stated.principal(), scope);
        document.principal = Some(stated);
        document
    }

    fn about(&self, scope: &Scope) -> BTreeSet<RuleId> {
        let mut wanted = BTreeSet::new();
        // Whether letter case counts is not asked, and cuts both ways: where it does not a rule reaches more tables, and so does its `exclude`.
        let mut both = |resource: Resource<'_>| {
            for ignore_case in [false, true] {
                let resource = Resource {
                    ignore_case,
                    ..resource
                };
                wanted.extend(self.policy.rules_about(&resource));
            }
        };
        for (name, met) in &scope.tables {
            // A face of its own, whatever was said of the table's bytes.
            both(Resource::named(name));
            for asked in met {
                for user_named in [false, true] {
                    both(Resource {
                        physical: &asked.physical,
                        also: &asked.also,
                        user_named,
                        ..Resource::named(name)
                    });
                }
            }
        }
        for object in scope.objects.keys() {
            wanted.extend(self.policy.rules_about_object(object));
        }
        wanted
    }

    /// The roles that the rules name or the principal has, with nobody in them but this principal.
    fn roles(&self, principal: &Principal, rules: &[RuleDecl]) -> Vec<RoleDecl> {
        let held = self.policy.roles_of(principal);
        let mut names: BTreeSet<&String> = held.iter().collect();
        for rule in rules {
            let (to, except) = subjects(rule);
            names.extend(to.roles.iter().chain(&except.roles));
        }
        // What the submitter vouches for is no role of the document: a rule cannot name it then, and it need not be declared.
        let declared: BTreeSet<&String> = self.document.roles.iter().map(|r| &r.name).collect();
        let known = names.into_iter().filter(|name| declared.contains(name));
        known
            .map(|name| RoleDecl {
                name: name.clone(),
                description: None,
                users: held
                    .contains(name)
                    .then(|| principal.user.clone())
                    .into_iter()
                    .collect(),
                groups: Vec::new(),
                roles: Vec::new(),
            })
            .collect()
    }
}

fn rule_id(rule: &RuleDecl) -> &str {
    match rule {
        RuleDecl::RowFilter(rule) => &rule.id,
        RuleDecl::ColumnMask(rule) => &rule.id,
        RuleDecl::Access(rule) => &rule.id,
    }
}

fn target(rule: &RuleDecl) -> &Target {
    match rule {
        RuleDecl::RowFilter(rule) => &rule.on,
        RuleDecl::ColumnMask(rule) => &rule.on,
        RuleDecl::Access(rule) => &rule.on,
    }
}

fn subjects(rule: &RuleDecl) -> (&Subjects, &Subjects) {
    match rule {
        RuleDecl::RowFilter(rule) => (&rule.to, &rule.except),
        RuleDecl::ColumnMask(rule) => (&rule.to, &rule.except),
        RuleDecl::Access(rule) => (&rule.to, &rule.except),
    }
}

fn names_mask(rule: &RuleDecl, name: &str) -> bool {
    match rule {
        RuleDecl::ColumnMask(rule) => match &rule.mask {
            MaskRef::Name(used) => used == name,
            MaskRef::Custom { .. } => false,
        },
        RuleDecl::RowFilter(_) | RuleDecl::Access(_) => false,
    }
}
