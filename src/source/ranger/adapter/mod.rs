//! From Ranger to the native document: the answer to one question (docs/decisions/0013, 0014).
//!
//! In: a [`Service`], a [`Mapping`], a [`Question`], the time. Out: a native document that is complete for exactly that question, in which every
//! decision has been made by Ranger's rules already: each rule is for this user, about one table or object, and names the policy. Attributes stand
//! in it as literals.
//! Stays out: I/O, the clock.
//! Invariant: access is denied where no rule is written; what cannot be said exactly in the native document is a deny that says why.

mod mapping;
mod objects;
mod place;
mod rules;
mod source;
mod tables;

pub use mapping::{AddressLevel, HiddenColumns, Mapping, NoMapping};
pub use source::RangerSource;

use jiff::Timestamp;

use super::{Context, Service, Subject};
use crate::policy::{API_VERSION, Document, Effect, ExcerptDecl};
use crate::source::Question;
use rules::Rules;

/// A question that is being answered.
struct Translation<'a> {
    service: &'a Service,
    mapping: &'a Mapping,
    subject: Subject<'a>,
    context: Context,
    at: Timestamp,
    rules: Rules,
    notes: Vec<String>,
}

/// The answer to a question, and what the operator may want to know about it.
#[must_use]
pub fn answer(
    service: &Service,
    mapping: &Mapping,
    question: &Question,
    at: Timestamp,
) -> (Document, Vec<String>) {
    let principal = &question.principal;
    let groups: Vec<String> = principal.groups.iter().cloned().collect();
    let roles: Vec<String> = principal.roles.iter().cloned().collect();
    let mut translation = Translation {
        service,
        mapping,
        subject: service.subject_with_more_roles(&principal.user, &groups, &roles),
        context: Context::default(),
        at,
        rules: Rules::of(&principal.user),
        notes: Vec::new(),
    };
    let scope = question.scope();
    for (name, met) in &scope.tables {
        for asked in met {
            translation.table(name, asked);
        }
    }
    for (object, privileges) in &scope.objects {
        translation.object(object, privileges);
    }
    let mut defaults = mapping.defaults;
    defaults.access = Effect::Deny;
    let document = Document {
        api_version: API_VERSION.to_owned(),
        version: service.edition(),
        defaults,
        excerpt: Some(ExcerptDecl {
            functions: service.functions().map(str::to_owned).collect(),
            physical: service.speaks_of(mapping.addresses()),
        }),
        principal: None,
        rules: translation.rules.rules,
        servers: Vec::new(),
        roles: Vec::new(),
        masks: Default::default(),
        tags: Default::default(),
        inheritance: Default::default(),
        strict_functions: Vec::new(),
    };
    (document, translation.notes)
}
