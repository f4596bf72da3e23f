//! What is doubtful in a rule by itself.

use jiff::Timestamp;

use super::super::document::{Effect, Subjects};
use super::super::rule::{Place, Rule, RuleKind};
use super::super::subject::{PUBLIC, Roles};
use super::{Lint, condition, relations};

impl Lint {
    pub(super) fn alone(&mut self, rule: &Rule, roles: &Roles, now: Option<Timestamp>) {
        if let Some(condition) = condition(rule) {
            if condition.subquery {
                self.warning(
                    rule,
                    rule.what_at,
                    "subquery-in-filter",
                    "a filter with a subquery is no barrier: the planner may run the submitter's own conditions on rows that it hides",
                );
            }
            if condition.attribute_in_pattern {
                self.warning(
                    rule,
                    rule.what_at,
                    "attribute-in-pattern",
                    "`%` and `_` in the value of this attribute are wildcards of LIKE",
                );
            }
        }
        if let Some(why) = never_applies(rule) {
            self.warning(rule, rule.on_at, "never-applies", why);
        }
        if now.is_some_and(|now| rule.valid.is_over(now)) {
            let message = "its time is over: it will never hold again";
            self.warning(rule, rule.valid_at, "expired", message);
        }
        let undeclared = self.has("unknown-role", rule);
        if let Some(role) = only_empty_roles(&rule.to, roles)
            && !undeclared
        {
            let message = format!(
                "nobody has role `{role}` by this document: it holds for whom the submitter vouches, or for nobody"
            );
            self.note(rule, rule.on_at, "role-without-members", message);
        }
        self.opens_code(rule);
    }

    /// Whoever may have code of their own loaded reads around every rule (ATTACKS B4).
    fn opens_code(&mut self, rule: &Rule) {
        let RuleKind::Access(Effect::Allow, privileges) = &rule.kind else {
            return;
        };
        let code = privileges.iter().filter(|privilege| privilege.is_code());
        let code: Vec<String> = code
            .map(|p| format!("`{}`", format!("{p:?}").to_lowercase()))
            .collect();
        if code.is_empty() {
            return;
        }
        let wide = rule.targets.iter().any(|target| match &target.place {
            Place::Object(glob) => glob.literal().is_none(),
            Place::Table(_) | Place::Physical(_) => true,
        });
        let everyone = rule.to.groups.iter().any(|group| group == PUBLIC);
        let message = format!(
            "allows {}: code that a submitter chooses can read around every filter and mask",
            code.join(", ")
        );
        if wide || everyone {
            let message = format!("{message}; name the people and the objects one by one");
            self.warning(rule, rule.what_at, "opens-code", message);
        } else {
            self.note(rule, rule.what_at, "opens-code", message);
        }
    }
}

/// Why a rule can never speak, whoever asks and about whatever.
fn never_applies(rule: &Rule) -> Option<&'static str> {
    let (to, except) = (&rule.to, &rule.except);
    let gone = |names: &[String], from: &[String]| names.iter().all(|name| from.contains(name));
    // A rule that names nobody at all is an error of its own.
    let nobody = *to == Subjects::default();
    let public = except.groups.iter().any(|group| group == PUBLIC);
    let all = gone(&to.users, &except.users)
        && gone(&to.groups, &except.groups)
        && gone(&to.roles, &except.roles);
    if public || (all && !nobody) {
        return Some("everyone that it is for is an exception");
    }
    if rule.targets.is_empty() {
        return Some("nothing carries its tags");
    }
    let left_out = rule.targets.iter().all(|target| {
        let mut out = target.exclude.iter();
        out.any(|out| relations::covers_place(out, &target.place))
    });
    left_out.then_some("everything that it is about is left out by `exclude`")
}

/// The first role of a rule that is for roles alone, none of which the document gives to anybody.
fn only_empty_roles<'r>(to: &'r Subjects, roles: &Roles) -> Option<&'r str> {
    let others = to.users.is_empty() && to.groups.is_empty();
    let empty = to.roles.iter().all(|role| !roles.has_members(role));
    let first = to.roles.first().filter(|_| others && empty);
    first.map(String::as_str)
}
