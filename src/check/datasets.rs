//! The decision for each dataset of a statement: access, identity, obligations.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::SystemTime;

use super::inherited::Lineage;
use super::options::option_allowed;
use super::trust;
use super::{Code, Engine};
use crate::catalog::identity::scheme;
use crate::catalog::{
    Found, Identity, Lookup, NameError, Object, Origin, Session, SessionView, Table, TableName,
    locate,
};
use crate::policy::{
    DefaultDeny, Obligations, Patterns, Principal, Privilege, Refusal, Resource, Rows,
};
use sha2::Digest;

use crate::resolve::{Relation, Resolution, Sink, ViewUnit, resolve};
use crate::rewrite::Protection;
use crate::syntax::ast::{Setting, Statement};
use crate::syntax::tables::tables;
use crate::syntax::{FlinkVersion, Limits, Script, Span};

/// A refusal with its place in the text that was resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub code: Code,
    pub message: String,
    pub span: Span,
}

impl Refused {
    pub(super) fn new(code: Code, message: impl Into<String>, span: Span) -> Self {
        Self {
            code,
            message: message.into(),
            span,
        }
    }
}

/// Who asks, when, and in what state of the session.
pub(super) struct Datasets<'a> {
    pub engine: &'a Engine,
    pub principal: &'a Principal,
    pub at: SystemTime,
    pub session: &'a Session,
    /// Whether strict mode is on.
    pub strict: bool,
    /// What is known of earlier jobs, and of the earlier statements of this script.
    pub lineage: Lineage,
    /// What was decided already, by what a name means: a statement names a table more than once, and `verify` asks again.
    pub decided: Decided,
}

/// The origin of what a statement declares, before the session has it: no object of the session has this number.
pub(super) const DECLARED: Origin = Origin::Session(u64::MAX);

/// Decisions by the table they are about. Within one statement the same table under the same circumstances has the same one.
pub(super) type Decided = RefCell<HashMap<(TableName, Origin), Arc<Obligations>>>;

impl Datasets<'_> {
    /// The protection of every relation, or all refusals.
    pub(super) fn protections(
        &self,
        resolution: &Resolution,
    ) -> Result<Vec<Protection>, Vec<Refused>> {
        let mut refused = Vec::new();
        let mut made = Vec::with_capacity(resolution.relations.len());
        for (id, relation) in resolution.relations.iter().enumerate() {
            match self.protection(relation) {
                Ok(protection) => {
                    refused.extend(columns_read(resolution, id, &protection.obligations));
                    made.push(protection);
                }
                Err(mut errors) => refused.append(&mut errors),
            }
        }
        if refused.is_empty() {
            Ok(made)
        } else {
            Err(refused)
        }
    }

    /// The refusal of a table that the statement names and this principal may not read or write, when there is one. It is said before anything
    /// that tells whether the table is there or which columns it has.
    pub(super) fn closed(&self, statement: &Statement) -> Option<Refused> {
        // A text that this walk cannot read is refused by `resolve`, without a look at any table.
        let named = tables(statement).ok()?;
        let reads = named.reads.iter().map(|name| (name, Privilege::Select));
        let writes = named.writes.iter().map(|name| (name, Privilege::Insert));
        reads.chain(writes).find_map(|(name, privilege)| {
            let full = self.session.qualify(name).ok()?;
            let found = self.session.find(full.clone(), self.engine.catalog()).ok();
            let user_named = found
                .as_ref()
                .is_some_and(|f| matches!(f.origin, Origin::Session(_)));
            let physical = found.as_ref().map(|f| self.physical_names(f));
            let physical = physical.unwrap_or_default();
            self.may(&full, &physical, user_named, privilege, name.span)
                .err()
        })
    }

    fn protection(&self, relation: &Relation) -> Result<Protection, Vec<Refused>> {
        let obligations = self.obligations(relation).map_err(|e| vec![e])?;
        let inside = match (&relation.found.object, &relation.view) {
            (Some(Object::View(_)), Some(view)) => {
                // What lies below is not the submitter's text: the place is the view's name.
                let inside = self.protections(&view.resolution).map_err(|errors| {
                    // Nor are the names there: which tables a view of the site reads is the site's affair.
                    let message = format!("`{}` reads what is refused to you", relation.found.name);
                    let at = |e: Refused| Refused::new(e.code, message.clone(), relation.name);
                    errors.into_iter().map(at).collect::<Vec<_>>()
                })?;
                inside.iter().any(|p| !p.is_empty()).then_some(inside)
            }
            (Some(Object::SessionView(made)), Some(view)) => {
                self.same_meaning(relation, made, view)
                    .map_err(|e| vec![e])?;
                None
            }
            (Some(Object::Table(_)) | None, _)
            | (Some(Object::View(_) | Object::SessionView(_)), None) => None,
        };
        Ok(Protection {
            obligations,
            inside,
        })
    }

    /// Flink looks the names in a view up at each use: they must mean what they meant when the view was protected, for the same person under
    /// the same policy.
    fn same_meaning(
        &self,
        relation: &Relation,
        made: &SessionView,
        view: &ViewUnit,
    ) -> Result<(), Refused> {
        // In strict mode its own text must have been looked at.
        let strictly = || made.protected_for == self.stamp(&view.resolution, true);
        let loosely = || !self.strict && made.protected_for == self.stamp(&view.resolution, false);
        if made.bases == bases(&view.resolution) && (strictly() || loosely()) {
            return Ok(());
        }
        let message = format!(
            "view `{}` was made when its names, the policy, the user or the mode were others: make it again",
            relation.found.name
        );
        Err(Refused::new(Code::ViewRebound, message, relation.name))
    }

    /// For whom, under which policy and with which obligations a text is protected now, and whether strict mode has looked at it.
    pub(super) fn stamp(&self, resolution: &Resolution, strict: bool) -> String {
        let mut obligations = String::new();
        self.write_obligations(resolution, &mut obligations);
        let who = self.engine.stamp_for(self.principal);
        let digest = sha2::Sha256::digest(obligations.as_bytes());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let mode = if strict { " strict" } else { "" };
        format!("{who} {hex}{mode}")
    }

    fn write_obligations(&self, resolution: &Resolution, text: &mut String) {
        for relation in &resolution.relations {
            text.push_str(&format!("{:?};", self.obligations(relation)));
            if let Some(view) = &relation.view {
                self.write_obligations(&view.resolution, text);
            }
        }
    }

    /// The obligations of one relation.
    pub(super) fn obligations(&self, relation: &Relation) -> Result<Arc<Obligations>, Refused> {
        // Options of a hint can move a table: what was decided without them says nothing. Nor does a number that several tables have.
        if !relation.options.is_empty() || relation.found.origin == DECLARED {
            return self.decide(relation).map(Arc::new);
        }
        let key = (relation.found.name.clone(), relation.found.origin);
        if let Some(decided) = self.decided.borrow().get(&key) {
            return Ok(Arc::clone(decided));
        }
        let decided = Arc::new(self.decide(relation)?);
        self.decided.borrow_mut().insert(key, Arc::clone(&decided));
        Ok(decided)
    }

    fn decide(&self, relation: &Relation) -> Result<Obligations, Refused> {
        let at = relation.name;
        options_allowed(&relation.options)?;
        let found = &relation.found;
        let physical = self.physical(found, &relation.options, at)?;
        let base = system_table_base(&found.name, found.origin);
        let also = self.also(self.is_user_named(found), &physical);
        // `$` may also be a letter of the table's own name: the rules of both hold, and those of the base table close what is below it.
        if let Some(base) = &base {
            self.base_is_open(base, relation, (&physical, &also))?;
        }
        let resource = Resource {
            name: &found.name,
            physical: &physical,
            also: &also,
            columns: relation.columns(),
            user_named: self.is_user_named(found),
            ignore_case: self.ignores_case(found, &physical),
        };
        let refuse = |r: Refusal| policy_refusal(&r, &found.name, at);
        self.engine
            .policy()
            .access(self.principal, &resource, Privilege::Select, self.at)
            .map_err(refuse)?;
        let obligations = self
            .engine
            .policy()
            .obligations(self.principal, &resource, self.at)
            .map_err(refuse)?;
        let obligations = self.inherit(relation, &resource, obligations)?;
        self.policy_tables_are_the_sites(&obligations, at)?;
        if let (Some(Object::Table(table)), Origin::Session(_)) = (&found.object, found.origin)
            && !physical.is_empty()
            && !self.columns_are_the_datas(table, &resource, &obligations, at)?
        {
            let message = format!(
                "`{}` declares columns that need not be those of the protected data",
                found.name
            );
            return Err(Refused::new(Code::SchemaUntrusted, message, at));
        }
        if let (Some(Object::Table(table)), Origin::Session(_)) = (&found.object, found.origin)
            && !trust::watermark_is_quiet(table, &obligations)
        {
            let message = format!(
                "the watermark of `{}` would tell what is hidden from you: let it read its own column alone",
                found.name
            );
            return Err(Refused::new(Code::MaskedTimeAttribute, message, at));
        }
        if found.origin == Origin::Unlisted
            && obligations.is_empty()
            && self.closed_to_unknown()
            && !self.engine.policy().names(&resource, self.at)
            && !base.is_some_and(|base| self.is_named(&base))
        {
            let message = format!(
                "nobody has described `{}`, and no rule names it: add it to a catalog file",
                found.name
            );
            return Err(Refused::new(Code::TableUnlisted, message, at));
        }
        Ok(obligations)
    }

    /// Whether the columns that the submitter declared over these bytes can be trusted as far as rules speak of them.
    fn columns_are_the_datas(
        &self,
        table: &Table,
        resource: &Resource<'_>,
        obligations: &Obligations,
        at: Span,
    ) -> Result<bool, Refused> {
        let site = self.described(resource.also);
        let patterns = self
            .engine
            .policy()
            .patterns(self.principal, resource, self.at, &site)
            .map_err(|refusal| policy_refusal(&refusal, resource.name, at))?;
        Ok(match patterns {
            Patterns::Doubtful => false,
            Patterns::Speak => trust::fields_are_the_datas(table, &site),
            Patterns::Silent => true,
        } && trust::columns_are_the_datas(table, obligations, &site))
    }

    /// A system table shows rows and files of its base table: that must be readable, with nothing of it hidden.
    fn base_is_open(
        &self,
        base: &TableName,
        relation: &Relation,
        (physical, also): (&[String], &[TableName]),
    ) -> Result<(), Refused> {
        let resource = Resource {
            physical,
            also,
            columns: relation.columns(),
            ignore_case: self.ignores_case(&relation.found, physical),
            ..Resource::named(base)
        };
        let (policy, at) = (self.engine.policy(), relation.name);
        let refuse = |r: Refusal| policy_refusal(&r, &relation.found.name, at);
        policy
            .access(self.principal, &resource, Privilege::Select, self.at)
            .map_err(refuse)?;
        let obligations = |resource: &Resource<'_>| {
            policy
                .obligations(self.principal, resource, self.at)
                .map_err(refuse)
        };
        let mut open = obligations(&resource)?.is_empty();
        // Under other names it tells of columns that it does not list itself: `$files` has the least and the greatest value of each.
        match self.session.find(base.clone(), self.engine.catalog()) {
            Ok(found) => {
                let columns = match &found.object {
                    Some(Object::Table(table)) => table.columns.as_deref(),
                    Some(Object::View(_) | Object::SessionView(_)) | None => None,
                };
                open &= obligations(&Resource {
                    columns,
                    ..resource
                })?
                .is_empty();
            }
            // There is no such table: `$` is a letter of the name.
            Err(NameError::Unknown(_)) => {}
            Err(NameError::Parts | NameError::NoDatabase | NameError::Unavailable(_)) => {
                open = false;
            }
        }
        if open && !self.inherits_anything(base, physical, at)? {
            return Ok(());
        }
        let message = format!(
            "`{}` is a system table of a protected table",
            relation.found.name
        );
        Err(Refused::new(Code::AccessDenied, message, at))
    }

    /// Whether some rule is about this name.
    fn is_named(&self, name: &TableName) -> bool {
        self.engine.policy().names(&Resource::named(name), self.at)
    }

    /// A filter's subquery reads its tables for the policy: an object of the session must not stand in for one of them, or for one that a view
    /// of the site reads there.
    fn policy_tables_are_the_sites(
        &self,
        obligations: &Obligations,
        at: Span,
    ) -> Result<(), Refused> {
        let filter = match &obligations.rows {
            Rows::Matching(filter) => Some(filter),
            Rows::All | Rows::Nothing => None,
        };
        let conditions = obligations.masks.iter().filter_map(|m| m.when.as_ref());
        let mut tables = filter.into_iter().chain(conditions).flat_map(|f| &f.tables);
        if tables.any(|t| !self.is_the_sites(t)) {
            let message = "a table of this session stands in for one that the policy reads";
            return Err(Refused::new(Code::PolicyTableShadowed, message, at));
        }
        Ok(())
    }

    /// Whether a name means what the site says of it, with all that a view below it reads: nothing that this session has made, changed or moved.
    fn is_the_sites(&self, table: &TableName) -> bool {
        if self.session.has(table, true) || self.session.has(table, false) {
            return false;
        }
        let text = format!("TABLE {}", table.quoted());
        let Ok(script) = Script::parse(&text, FlinkVersion::default(), &Limits::default()) else {
            return false;
        };
        let untouched = |(name, origin): (TableName, Origin)| {
            !matches!(origin, Origin::Session(_))
                && self.session.registered.catalog(&name.catalog).is_none()
                && !self
                    .session
                    .is_emptied(&name.catalog, &name.database, self.engine.catalog())
        };
        script.statements.iter().all(|statement| {
            // A name that means nothing: `verify` finds that too, and says so.
            resolve(statement, self.session, self.engine.catalog()).map_or(true, |resolution| {
                bases(&resolution).into_iter().all(untouched)
            })
        })
    }

    /// Whether this principal may write these sinks.
    pub(super) fn sinks(&self, sinks: &[Sink], privilege: Privilege) -> Result<(), Vec<Refused>> {
        let refused: Vec<Refused> = sinks
            .iter()
            .filter_map(|sink| self.sink(sink, privilege).err())
            .collect();
        if refused.is_empty() {
            Ok(())
        } else {
            Err(refused)
        }
    }

    fn sink(&self, sink: &Sink, privilege: Privilege) -> Result<(), Refused> {
        options_allowed(&sink.options)?;
        let found = &sink.found;
        let physical = match privilege {
            // What is made has no bytes to protect.
            Privilege::Create => self.identity(found, &sink.options).names(),
            _ => self.physical(found, &sink.options, sink.name)?,
        };
        self.may(
            &found.name,
            &physical,
            self.is_user_named(found),
            privilege,
            sink.name,
        )
    }

    /// What the site says of these tables.
    pub(super) fn described(&self, names: &[TableName]) -> Vec<Arc<Table>> {
        let found = names.iter().map(|name| self.engine.catalog().find(name));
        found
            .filter_map(|found| match found {
                Ok(Lookup::Table(table)) => Some(table),
                Ok(Lookup::View(_) | Lookup::Absent | Lookup::Unlisted) | Err(_) => None,
            })
            .collect()
    }

    /// The site's tables over the bytes of a table whose name the submitter chose.
    pub(super) fn also(&self, user_named: bool, physical: &[String]) -> Vec<TableName> {
        if user_named {
            self.engine.tables_over(physical)
        } else {
            Vec::new()
        }
    }

    /// Whether this principal has a privilege on a name.
    pub(super) fn may(
        &self,
        name: &TableName,
        physical: &[String],
        user_named: bool,
        privilege: Privilege,
        at: Span,
    ) -> Result<(), Refused> {
        let also = self.also(user_named, physical);
        let resource = Resource {
            name,
            physical,
            also: &also,
            columns: None,
            user_named,
            ignore_case: self
                .session
                .ignores_case(&name.catalog, self.engine.catalog()),
        };
        let access = self
            .engine
            .policy()
            .access(self.principal, &resource, privilege, self.at);
        access.map(|_| ()).map_err(|r| policy_refusal(&r, name, at))
    }

    /// Whether this principal has a privilege on something that is no table.
    pub(super) fn may_object(
        &self,
        object: &str,
        at: Span,
        privilege: Privilege,
    ) -> Result<(), Refused> {
        let access = self
            .engine
            .policy()
            .access_object(self.principal, object, privilege, self.at);
        access
            .map(|_| ())
            .map_err(|r| Refused::new(Code::of(r.code), format!("`{object}`: {}", r.message), at))
    }

    /// The physical names of what a name means. A table whose address the submitter chose is nothing but that address: one that is not understood
    /// closes it.
    pub(super) fn physical(
        &self,
        found: &Found,
        hints: &[Setting],
        at: Span,
    ) -> Result<Vec<String>, Refused> {
        let closed = |why: &str| {
            let message = format!("`{}` could hold anything: {why}", found.name);
            Err(Refused::new(Code::ConnectorUnknown, message, at))
        };
        let chosen = self.is_user_named(found);
        if let (Some(Object::Table(table)), true) = (&found.object, chosen)
            && !trust::columns_are_names(table)
            && self.closed_to_unclear()
        {
            return closed("the name of a column would be read as SQL by its connector");
        }
        match self.identity(found, hints) {
            Identity::Known(names) => {
                match names.iter().find(|n| !self.engine.policy().admits(n)) {
                    Some(_) if chosen => closed("its server is none that the policy lists"),
                    Some(_) | None => Ok(names),
                }
            }
            Identity::Unclear(why) if chosen && self.closed_to_unclear() => closed(why),
            Identity::Unknown if chosen && self.closed_to_unknown() => {
                closed("its connector or catalog is not known")
            }
            // A connector that nobody knows may be let through; a catalog that is one of two may be the very one that a rule is about.
            Identity::Unknown
                if self.session.is_uncertain(&found.name.catalog)
                    && self.engine.policy().speaks_of_bytes() =>
            {
                closed("its catalog may be one of two")
            }
            Identity::Nothing | Identity::Unclear(_) | Identity::Unknown => Ok(Vec::new()),
        }
    }

    /// Which bytes a name stands for, hints applied.
    pub(super) fn identity(&self, found: &Found, hints: &[Setting]) -> Identity {
        let table = match &found.object {
            Some(Object::Table(table)) => Some(table),
            // A view is what its text reads.
            Some(Object::View(_) | Object::SessionView(_)) => return Identity::Nothing,
            None => None,
        };
        let over = hints
            .iter()
            .map(|h| (h.key.value.clone(), h.value.value.clone()));
        let merged = (!hints.is_empty()).then(|| {
            let own = table.map(|t| t.options.clone()).unwrap_or_default();
            own.into_iter().chain(over).collect::<BTreeMap<_, _>>()
        });
        let options = merged.as_ref().or(table.map(|t| &t.options));
        let source = self.engine.catalog();
        let catalog = self.session.options(&found.name.catalog, source);
        locate(&found.name, options, catalog.as_ref().map(|c| &c.0))
    }

    /// Whether the submitter chose the name, or the catalog that it is looked up in.
    pub(super) fn is_user_named(&self, found: &Found) -> bool {
        matches!(found.origin, Origin::Session(_))
            || self.session.has_registered(&found.name.catalog)
    }

    /// Whether rules hold in any letter case: in a catalog that ignores it, and for a table that a script declares over a database that may.
    fn ignores_case(&self, found: &Found, physical: &[String]) -> bool {
        let folds = |name: &String| {
            let scheme = name.split_once("://").and_then(|(head, _)| scheme(head));
            scheme.is_some_and(|scheme| scheme.ignores_case)
        };
        self.session
            .ignores_case(&found.name.catalog, self.engine.catalog())
            || (self.is_user_named(found) && physical.iter().any(folds))
    }

    /// A known connector at an address that is not understood may be the very one that a rule is about.
    fn closed_to_unclear(&self) -> bool {
        self.closed_to_unknown() || self.engine.policy().speaks_of_bytes()
    }

    fn closed_to_unknown(&self) -> bool {
        self.engine.policy().defaults().unknown_connector == DefaultDeny::Deny
    }

    /// The physical names for the report; none where they are not understood.
    pub(super) fn physical_names(&self, found: &Found) -> Vec<String> {
        self.identity(found, &[]).names()
    }
}

/// The places where a statement reads columns of a relation that may not be read: each column is said once at a place, and a star reads all of them.
fn columns_read(resolution: &Resolution, id: usize, obligations: &Obligations) -> Vec<Refused> {
    let mut refused: Vec<Refused> = Vec::new();
    if obligations.denied.is_empty() {
        return refused;
    }
    let Some(relation) = resolution.relations.get(id) else {
        return refused;
    };
    let reads = resolution.uses.iter().chain(&resolution.passed);
    let reads = reads.filter(|read| read.relation == id);
    for read in reads.filter(|read| obligations.denies(&read.column)) {
        let message = format!(
            "`{}`: column `{}` may not be read",
            relation.found.name, read.column
        );
        let one = Refused::new(Code::ColumnDenied, message, read.span);
        if !refused.contains(&one) {
            refused.push(one);
        }
    }
    refused
}

/// `orders$snapshots` is a view that some catalogs have of table `orders`: the rules of `orders` hold for it.
fn system_table_base(name: &TableName, origin: Origin) -> Option<TableName> {
    let (base, _) = name.table.split_once('$').filter(|(base, _)| {
        // A table that the script declares is what its options say.
        !matches!(origin, Origin::Session(_)) && !base.is_empty()
    })?;
    Some(TableName::new(&*name.catalog, &*name.database, base))
}

/// What the names of a text mean, views below it included.
pub(super) fn bases(resolution: &Resolution) -> Vec<(TableName, Origin)> {
    let mut list = Vec::new();
    for relation in &resolution.relations {
        list.push((relation.found.name.clone(), relation.found.origin));
        if let Some(view) = &relation.view {
            list.append(&mut bases(&view.resolution));
        }
    }
    list
}

fn options_allowed(hints: &[Setting]) -> Result<(), Refused> {
    match hints.iter().find(|h| !option_allowed(&h.key.value)) {
        None => Ok(()),
        Some(hint) => {
            let message = format!("table option `{}` may not be set in a hint", hint.key.value);
            Err(Refused::new(Code::OptionDenied, message, hint.key.span))
        }
    }
}

fn policy_refusal(refusal: &Refusal, name: &TableName, at: Span) -> Refused {
    Refused::new(
        Code::of(refusal.code),
        format!("`{name}`: {}", refusal.message),
        at,
    )
}
