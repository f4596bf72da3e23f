//! A policy together with what it may be asked: the door through which the check decides.
//!
//! In: the questions of the check, one table or object at a time. Out: the policy's decisions, or `policy-incomplete` for what its service was
//! not asked about. Whatever is asked is noted, so that the next question can be wider.
//! Invariant: every decision of a policy that covers one question passes [`Asked::covers`]; there is no other way to a partial policy.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::SystemTime;

use super::{Answer, Covers, Question, Scope};
use crate::catalog::{Table, TableName};
use crate::policy::{
    Access, Account, Bytes, Defaults, Inheritance, ObjectAccount, Obligations, Patterns, Policy,
    Principal, PrincipalDecl, Privilege, Refusal, Resource,
};

/// A policy as far as it is complete.
#[derive(Debug)]
pub struct Asked {
    policy: Arc<Policy>,
    extent: Extent,
    /// What it is asked, where somebody wants to know: for accounts.
    watch: Option<Mutex<Scope>>,
}

#[derive(Debug)]
enum Extent {
    /// The whole policy.
    Everything,
    /// The answer to one question, and what was asked beyond it.
    Question(Arc<Question>, Mutex<Scope>),
    /// No answer yet: what will be asked is noted, and nothing refused.
    Notebook(Mutex<Scope>),
}

/// Lets everything be, so that a first look comes to every table of a script. Nothing that is decided under it leaves this process.
static OPEN: LazyLock<Arc<Policy>> = LazyLock::new(|| {
    let text = "{ apiVersion: sqlsec/v1, defaults: { access: allow, unknown_connector: allow, unknown_server: allow }, rules: [{ id: all, \
                type: access, to: { groups: [public] }, on: { object: '**' }, privileges: [execute, function, jar, module, catalog, config], \
                effect: allow }] }";
    Arc::new(Policy::load(text, "first look").unwrap_or_default())
});

impl Asked {
    /// A whole policy.
    #[must_use]
    pub const fn everything(policy: Arc<Policy>) -> Self {
        Self {
            policy,
            extent: Extent::Everything,
            watch: None,
        }
    }

    /// The same, and notes all that it is asked.
    pub(crate) fn watched(mut self) -> Self {
        self.watch = Some(Mutex::default());
        self
    }

    /// What a watched policy was asked since the last time.
    pub(crate) fn take(&self) -> Scope {
        let watch = self.watch.as_ref();
        watch.map_or_else(Scope::default, |asked| {
            std::mem::take(&mut *asked.lock().unwrap_or_else(PoisonError::into_inner))
        })
    }

    /// What a service answered.
    #[must_use]
    pub fn answer(answer: &Answer) -> Self {
        let extent = match &answer.covers {
            Covers::Everything => Extent::Everything,
            Covers::Question(question) => Extent::Question(Arc::clone(question), Mutex::default()),
        };
        Self {
            policy: Arc::clone(&answer.policy),
            extent,
            watch: None,
        }
    }

    /// The rules, whatever they cover: for what is no decision.
    pub(crate) const fn rules(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// A notebook for a first look.
    pub(crate) fn notebook() -> Self {
        Self {
            policy: Arc::clone(&OPEN),
            extent: Extent::Notebook(Mutex::default()),
            watch: None,
        }
    }

    /// What was asked beyond what the policy covers.
    pub(crate) fn beyond(&self) -> Scope {
        match &self.extent {
            Extent::Everything => Scope::default(),
            Extent::Question(_, beyond) | Extent::Notebook(beyond) => {
                let noted = beyond.lock().unwrap_or_else(PoisonError::into_inner);
                noted.clone()
            }
        }
    }

    /// Whether the policy speaks for this table; what it does not speak for is noted.
    fn covers(&self, resource: &Resource<'_>, privilege: Option<Privilege>) -> bool {
        if let Some(watch) = &self.watch {
            let mut noted = watch.lock().unwrap_or_else(PoisonError::into_inner);
            noted.about(resource, privilege);
        }
        let (covered, beyond) = match &self.extent {
            Extent::Everything => return true,
            Extent::Question(question, _) if question.scope().covers(resource, privilege) => {
                return true;
            }
            Extent::Question(_, beyond) => (false, beyond),
            Extent::Notebook(asked) => (true, asked),
        };
        let mut noted = beyond.lock().unwrap_or_else(PoisonError::into_inner);
        noted.about(resource, privilege);
        covered
    }

    fn covers_object(&self, object: &str, privilege: Privilege) -> bool {
        if let Some(watch) = &self.watch {
            let mut noted = watch.lock().unwrap_or_else(PoisonError::into_inner);
            noted.about_object(object, privilege);
        }
        let (covered, beyond) = match &self.extent {
            Extent::Everything => return true,
            Extent::Question(question, _) if question.scope().covers_object(object, privilege) => {
                return true;
            }
            Extent::Question(_, beyond) => (false, beyond),
            Extent::Notebook(asked) => (true, asked),
        };
        let mut noted = beyond.lock().unwrap_or_else(PoisonError::into_inner);
        noted.about_object(object, privilege);
        covered
    }

    /// [`Policy::principal`].
    #[must_use]
    pub fn principal(&self, claimed: &Principal) -> Principal {
        self.policy.principal(claimed)
    }

    /// [`Policy::stated`].
    #[must_use]
    pub fn stated(&self) -> Option<&Arc<PrincipalDecl>> {
        self.policy.stated()
    }

    /// The version of the rules.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.policy.version()
    }

    /// The hash of the document.
    #[must_use]
    pub fn hash(&self) -> &str {
        self.policy.hash()
    }

    /// Whether the rules are all there are, and nobody takes down what is asked.
    pub(crate) const fn is_whole(&self) -> bool {
        match self.extent {
            Extent::Everything => self.watch.is_none(),
            Extent::Question(..) | Extent::Notebook(_) => false,
        }
    }

    /// What tells one state of the rules from another. Excerpts of one state differ in their texts, and not in their version.
    pub(crate) fn edition(&self) -> String {
        match &self.extent {
            Extent::Everything => self.policy.hash().to_owned(),
            Extent::Question(..) | Extent::Notebook(_) => format!("v{}", self.policy.version()),
        }
    }

    /// [`Policy::defaults`].
    #[must_use]
    pub fn defaults(&self) -> &Defaults {
        self.policy.defaults()
    }

    /// [`Policy::admits`].
    #[must_use]
    pub fn admits(&self, physical: &str) -> bool {
        self.policy.admits(physical)
    }

    /// [`Policy::bytes`].
    #[must_use]
    pub fn bytes(&self, tables: Vec<(TableName, Vec<String>)>) -> Bytes {
        self.policy.bytes(tables)
    }

    /// [`Policy::tables_over`].
    #[must_use]
    pub fn tables_over(&self, bytes: &Bytes, physical: &str) -> Vec<TableName> {
        self.policy.tables_over(bytes, physical)
    }

    /// [`Policy::speaks_of_bytes`]. Of a whole of which one excerpt is known it is said by the excerpt, and taken to be so where it says nothing.
    #[must_use]
    pub fn speaks_of_bytes(&self) -> bool {
        match &self.extent {
            Extent::Everything => self.policy.speaks_of_bytes(),
            Extent::Question(..) => {
                let whole = self.policy.excerpt();
                self.policy.speaks_of_bytes() || whole.is_none_or(|whole| whole.physical)
            }
            Extent::Notebook(_) => false,
        }
    }

    /// [`Policy::strict_functions`].
    #[must_use]
    pub fn strict_functions(&self) -> &BTreeSet<String> {
        self.policy.strict_functions()
    }

    /// The last parts of the names of all functions that masks and filters call, wherever; `None` where the service has not said.
    pub(crate) fn functions(&self) -> Option<Vec<&str>> {
        let called = self.policy.functions().iter();
        let mut names: Vec<&str> = called
            .filter_map(|parts| parts.last().map(String::as_str))
            .collect();
        match (&self.extent, self.policy.excerpt()) {
            (Extent::Question(..), None) => return None,
            (Extent::Question(..), Some(whole)) => {
                names.extend(whole.functions.iter().map(String::as_str));
            }
            (Extent::Everything | Extent::Notebook(_), _) => {}
        }
        Some(names)
    }

    /// [`Policy::access`].
    ///
    /// # Errors
    /// Its own, and `policy-incomplete`.
    pub fn access(
        &self,
        who: &Principal,
        resource: &Resource<'_>,
        privilege: Privilege,
        now: SystemTime,
    ) -> Result<Access, Refusal> {
        if self.covers(resource, Some(privilege)) {
            self.policy.access(who, resource, privilege, now)
        } else {
            Err(Refusal::incomplete())
        }
    }

    /// [`Policy::access_object`].
    ///
    /// # Errors
    /// Its own, and `policy-incomplete`.
    pub fn access_object(
        &self,
        who: &Principal,
        object: &str,
        privilege: Privilege,
        now: SystemTime,
    ) -> Result<Access, Refusal> {
        if self.covers_object(object, privilege) {
            self.policy.access_object(who, object, privilege, now)
        } else {
            Err(Refusal::incomplete())
        }
    }

    /// [`Policy::obligations`].
    ///
    /// # Errors
    /// Its own, and `policy-incomplete`.
    pub fn obligations(
        &self,
        who: &Principal,
        resource: &Resource<'_>,
        now: SystemTime,
    ) -> Result<Obligations, Refusal> {
        // A table is read under its obligations: an answer that was not about reading says nothing of them.
        if self.covers(resource, Some(Privilege::Select)) {
            self.policy.obligations(who, resource, now)
        } else {
            Err(Refusal::incomplete())
        }
    }

    /// [`Policy::patterns`], of the part that was asked for. A service that has answered with rules for the columns that it was asked about, and says nothing of
    /// the whole, may have others for columns that a submitter's table does not declare.
    ///
    /// # Errors
    /// Its own, and `policy-incomplete`.
    pub fn patterns(
        &self,
        who: &Principal,
        resource: &Resource<'_>,
        now: SystemTime,
        site: &[Arc<Table>],
    ) -> Result<Patterns, Refusal> {
        if !self.covers(resource, Some(Privilege::Select)) {
            return Err(Refusal::incomplete());
        }
        let said = self.policy.patterns(who, resource, now, site)?;
        let by_column =
            matches!(self.extent, Extent::Question(..)) && self.policy.excerpt().is_none();
        Ok(if by_column {
            said.max(Patterns::Speak)
        } else {
            said
        })
    }

    /// [`Policy::explain`]; what the policy was not asked about it refuses, and the account says so.
    pub(crate) fn explain(
        &self,
        who: &Principal,
        resource: &Resource<'_>,
        privileges: &BTreeSet<Privilege>,
        now: SystemTime,
    ) -> Account {
        let mut wanted = privileges.iter();
        if wanted.all(|privilege| self.knows(resource, *privilege)) {
            self.policy.explain(who, resource, privileges, now)
        } else {
            Account::unanswered(privileges, &Refusal::incomplete())
        }
    }

    /// [`Policy::explain_object`], the same way.
    pub(crate) fn explain_object(
        &self,
        who: &Principal,
        object: &str,
        privileges: &BTreeSet<Privilege>,
        now: SystemTime,
    ) -> ObjectAccount {
        let known = |privilege: &Privilege| match &self.extent {
            Extent::Everything => true,
            Extent::Question(question, _) => question.scope().covers_object(object, *privilege),
            Extent::Notebook(_) => false,
        };
        if privileges.iter().all(known) {
            self.policy.explain_object(who, object, privileges, now)
        } else {
            ObjectAccount::unanswered(privileges)
        }
    }

    /// Whether a decision about this would be the policy's own. Notes nothing.
    fn knows(&self, resource: &Resource<'_>, privilege: Privilege) -> bool {
        match &self.extent {
            Extent::Everything => true,
            Extent::Question(question, _) => question.scope().covers(resource, Some(privilege)),
            Extent::Notebook(_) => false,
        }
    }

    /// [`Policy::inheritance`].
    #[must_use]
    pub fn inheritance(&self) -> &Inheritance {
        self.policy.inheritance()
    }

    /// [`Policy::may_share_bytes`].
    #[must_use]
    pub fn may_share_bytes(&self, one: &str, other: &str) -> bool {
        self.policy.may_share_bytes(one, other)
    }

    /// [`Policy::named_columns`], of what the policy covers.
    #[must_use]
    pub fn named_columns(&self, resource: &Resource<'_>, now: SystemTime) -> BTreeSet<String> {
        self.policy.named_columns(resource, now)
    }

    /// [`Policy::names`]; of what nobody has answered for it is not known.
    #[must_use]
    pub fn names(&self, resource: &Resource<'_>, now: SystemTime) -> bool {
        self.covers(resource, None) && self.policy.names(resource, now)
    }
}
