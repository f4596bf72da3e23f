//! Tables that a statement names outside its queries: may this principal change, copy or analyse them?

use super::Code;
use super::datasets::{Datasets, Refused};
use super::refusal::name_refusal;
use crate::catalog::{Found, Object};
use crate::policy::Privilege;
use crate::resolve::{Place, Relation, resolve};
use crate::rewrite::Protection;
use crate::syntax::ast::{Name, QueryId};
use crate::syntax::{FlinkVersion, Limits, Script, Span};

impl Datasets<'_> {
    /// What `name` means.
    pub(super) fn named(&self, name: &Name) -> Result<Found, Refused> {
        let at = |e| name_refusal(&e, name);
        let full = self.session.qualify(name).map_err(at)?;
        self.session.find(full, self.engine.catalog()).map_err(at)
    }

    /// Whether any row or column of `found` is hidden from this principal: then nothing may be done that shows or moves the whole of it.
    ///
    /// # Errors
    /// `code`, or what keeps the decision from being made.
    pub(super) fn unprotected(
        &self,
        found: &Found,
        name: &Name,
        code: Code,
        done: &str,
    ) -> Result<(), Refused> {
        let relation = standing_alone(found.clone(), name.span, name.parts.len());
        if self.obligations(&relation)?.is_empty() && self.is_open_below(found) {
            return Ok(());
        }
        let message = format!("`{}` is protected for you: it cannot be {done}", found.name);
        Err(Refused::new(code, message, name.span))
    }

    /// Whether a view of the site reads nothing that is hidden from this principal; a table reads nothing else.
    fn is_open_below(&self, found: &Found) -> bool {
        match found.object {
            Some(Object::View(_)) => {}
            Some(Object::Table(_) | Object::SessionView(_)) | None => return true,
        }
        let text = format!("TABLE {}", found.name.quoted());
        let Ok(script) = Script::parse(&text, FlinkVersion::default(), &Limits::default()) else {
            return false;
        };
        let whole = |statement| resolve(statement, self.session, self.engine.catalog()).ok();
        script.statements.iter().all(|statement| {
            whole(statement)
                .and_then(|resolution| self.protections(&resolution).ok())
                .is_some_and(|all| all.iter().all(Protection::is_empty))
        })
    }

    /// Whether this principal has a privilege on a table, under its name and its addresses.
    pub(super) fn may_on(
        &self,
        found: &Found,
        privilege: Privilege,
        at: Span,
    ) -> Result<(), Refused> {
        let physical = self.physical_names(found);
        let own = self.is_user_named(found);
        self.may(&found.name, &physical, own, privilege, at)
    }

    /// A table that is changed as a whole: the privilege, and nothing of it hidden.
    pub(super) fn change(
        &self,
        name: &Name,
        privilege: Privilege,
        done: &str,
    ) -> Result<Found, Refused> {
        let found = self.named(name)?;
        self.may_on(&found, privilege, name.span)?;
        self.unprotected(&found, name, Code::ChangeProtected, done)?;
        Ok(found)
    }
}

/// A reference in no query.
fn standing_alone(found: Found, span: Span, name_parts: usize) -> Relation {
    Relation {
        found,
        name: span,
        name_parts,
        span,
        options: Vec::new(),
        place: Place::Term,
        query: QueryId(0),
        block: None,
        view: None,
    }
}
