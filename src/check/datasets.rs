//! The decision for each dataset of a statement: access, identity, obligations.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::SystemTime;

use super::settings::option_allowed;
use super::trust;
use super::{Code, Engine};
use crate::catalog::{Identity, Object, Origin, Session, SessionView, TableName, identity};
use crate::policy::{DefaultDeny, Obligations, Principal, Privilege, Refusal, Resource, Rows};
use sha2::Digest;

use crate::resolve::{Relation, Resolution, Sink, ViewUnit};
use crate::rewrite::Protection;
use crate::syntax::Span;
use crate::syntax::ast::{Name, Setting, Statement};
use crate::syntax::tables::tables;

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
    /// What was decided already, by what a name means: a statement names a table more than once, and `verify` asks again.
    pub decided: Decided,
}

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
        for relation in &resolution.relations {
            match self.protection(relation) {
                Ok(protection) => made.push(protection),
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
            let object = found.as_ref().and_then(|f| f.object.as_ref());
            let user_named = found
                .as_ref()
                .is_some_and(|f| matches!(f.origin, Origin::Session(_)));
            let physical = Self::physical_names(object);
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
        if made.bases == bases(&view.resolution)
            && made.protected_for == self.stamp(&view.resolution)
        {
            return Ok(());
        }
        let message = format!(
            "view `{}` was made when its names, the policy or the user were others: make it again",
            relation.found.name
        );
        Err(Refused::new(Code::ViewRebound, message, relation.name))
    }

    /// For whom, under which policy and with which obligations a text is protected now.
    pub(super) fn stamp(&self, resolution: &Resolution) -> String {
        let mut obligations = String::new();
        self.write_obligations(resolution, &mut obligations);
        let who = self.engine.stamp_for(self.principal);
        let digest = sha2::Sha256::digest(obligations.as_bytes());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{who} {hex}")
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
        // Options of a hint can move a table: what was decided without them says nothing.
        if !relation.options.is_empty() {
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
        let physical = self.physical(
            found.object.as_ref(),
            found.origin,
            &relation.options,
            at,
            &found.name,
        )?;
        let base = system_table_base(&found.name, found.origin);
        let resource = Resource {
            name: base.as_ref().unwrap_or(&found.name),
            physical: &physical,
            columns: relation.columns.as_deref(),
            user_named: matches!(found.origin, Origin::Session(_)),
            ignore_case: false,
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
        self.policy_tables_are_the_sites(&obligations, at)?;
        if let (Some(Object::Table(table)), Origin::Session(_)) = (&found.object, found.origin)
            && !physical.is_empty()
            && !trust::columns_are_the_datas(table, &obligations)
        {
            let message = format!(
                "`{}` declares columns that need not be those of the protected data",
                found.name
            );
            return Err(Refused::new(Code::SchemaUntrusted, message, at));
        }
        if base.is_some() && !obligations.is_empty() {
            let message = format!("`{}` is a system table of a protected table", found.name);
            return Err(Refused::new(Code::AccessDenied, message, at));
        }
        if found.origin == Origin::Unlisted
            && obligations.is_empty()
            && self.closed_to_unknown()
            && !self.engine.policy().names(&resource, self.at)
        {
            let message = format!(
                "nobody has described `{}`, and no rule names it: add it to a catalog file",
                found.name
            );
            return Err(Refused::new(Code::TableUnlisted, message, at));
        }
        Ok(obligations)
    }

    /// A filter's subquery reads its tables for the policy: an object of the session must not stand in for one of them.
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
        if tables.any(|t| self.session.has(t, true) || self.session.has(t, false)) {
            let message = "a table of this session stands in for one that the policy reads";
            return Err(Refused::new(Code::PolicyTableShadowed, message, at));
        }
        Ok(())
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
        let physical = self.physical(
            found.object.as_ref(),
            found.origin,
            &sink.options,
            sink.name,
            &found.name,
        )?;
        self.may(
            &found.name,
            &physical,
            matches!(found.origin, Origin::Session(_)),
            privilege,
            sink.name,
        )
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
        let resource = Resource {
            name,
            physical,
            columns: None,
            user_named,
            ignore_case: false,
        };
        let access = self
            .engine
            .policy()
            .access(self.principal, &resource, privilege, self.at);
        access.map(|_| ()).map_err(|r| policy_refusal(&r, name, at))
    }

    /// Whether this principal has a privilege on something that is no table.
    pub(super) fn may_object(&self, name: &Name, privilege: Privilege) -> Result<(), Refused> {
        let object = name
            .parts
            .iter()
            .map(|p| p.value.as_str())
            .collect::<Vec<_>>()
            .join(".");
        let access =
            self.engine
                .policy()
                .access_object(self.principal, &object, privilege, self.at);
        access.map(|_| ()).map_err(|r| {
            Refused::new(
                Code::of(r.code),
                format!("`{object}`: {}", r.message),
                name.span,
            )
        })
    }

    /// The physical names of an object. A table that the script declares is nothing but its address: one that is not understood closes it.
    fn physical(
        &self,
        object: Option<&Object>,
        origin: Origin,
        hints: &[Setting],
        at: Span,
        name: &TableName,
    ) -> Result<Vec<String>, Refused> {
        let Some(Object::Table(table)) = object else {
            return Ok(Vec::new());
        };
        let merged: BTreeMap<String, String>;
        let options = if hints.is_empty() {
            &table.options
        } else {
            let over = hints
                .iter()
                .map(|h| (h.key.value.clone(), h.value.value.clone()));
            merged = table.options.clone().into_iter().chain(over).collect();
            &merged
        };
        match identity(options) {
            Identity::Known(names) => Ok(names),
            Identity::Nothing => Ok(Vec::new()),
            Identity::Unknown
                if matches!(origin, Origin::Session(_)) && self.closed_to_unknown() =>
            {
                let message = format!(
                    "the connector of `{name}` is not understood, so it could hold anything"
                );
                Err(Refused::new(Code::ConnectorUnknown, message, at))
            }
            Identity::Unknown => Ok(Vec::new()),
        }
    }

    fn closed_to_unknown(&self) -> bool {
        self.engine.policy().defaults().unknown_connector == DefaultDeny::Deny
    }

    /// The physical names of an object for the report; none where they are not understood.
    pub(super) fn physical_names(object: Option<&Object>) -> Vec<String> {
        match object {
            Some(Object::Table(table)) => match identity(&table.options) {
                Identity::Known(names) => names,
                Identity::Nothing | Identity::Unknown => Vec::new(),
            },
            Some(Object::View(_) | Object::SessionView(_)) | None => Vec::new(),
        }
    }
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
