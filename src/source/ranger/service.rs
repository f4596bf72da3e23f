//! A service: its documents, compiled and indexed; never changed afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::definition::Definition;
use super::document::{Roles, ServicePolicies, ServiceTags, UserStore};
use super::error::LoadError;
use super::facts::Attributes;
use super::names::Names;
use super::options::{Mode, Options};
use super::policy::{Compiler, Note, Repositories};
use super::request::Resource;
use super::roles::RoleMembers;
use super::subject::Subject;
use super::tags::TagStore;
use super::zones::Zone;

/// What a service is made of. Only the policies must be there.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    /// The answer of the policy download.
    pub policies: ServicePolicies,
    /// The answer of the role download.
    pub roles: Option<Roles>,
    /// The answer of the tag download.
    pub tags: Option<ServiceTags>,
    /// The answer of the user store download.
    pub users: Option<UserStore>,
}

/// A Ranger service, ready to decide.
#[derive(Debug)]
pub struct Service {
    pub(super) name: String,
    pub(super) version: Option<i64>,
    pub(super) definition: Definition,
    pub(super) tag_definition: Option<Definition>,
    pub(super) policies: Repositories,
    pub(super) tag_policies: Repositories,
    pub(super) zones: Vec<Zone>,
    pub(super) tags: TagStore,
    pub(super) roles: RoleMembers,
    pub(super) user_attributes: BTreeMap<String, Attributes>,
    pub(super) group_attributes: BTreeMap<String, Attributes>,
    pub(super) user_groups: BTreeMap<String, Vec<String>>,
    pub(super) users: Names,
    pub(super) groups: Names,
    pub(super) role_names: Names,
    pub(super) options: Options,
    notes: Vec<Note>,
    incomplete: Vec<String>,
    edition: u64,
    functions: BTreeSet<String>,
}

/// Reads one of the documents of the download API.
///
/// # Errors
/// [`LoadError::Unreadable`]: no JSON, or not of the form that it should have.
pub fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, LoadError> {
    serde_json::from_slice(json).map_err(|error| LoadError::Unreadable(error.to_string()))
}

impl Service {
    /// Compiles documents.
    ///
    /// # Errors
    /// Nothing can be decided by these documents. What is wrong with a single policy is no error: it is in [`Service::notes`], and closes what
    /// that policy is about.
    pub fn load(documents: &Documents, options: Options) -> Result<Self, LoadError> {
        let written = &documents.policies;
        check(documents)?;
        let mut definition = Definition::compile(&written.service_def)?;
        let (mut users, mut groups, mut role_names) = Default::default();
        let mut notes = Vec::new();
        let mut functions = BTreeSet::new();
        let mut compiler = Compiler {
            definition: &mut definition,
            users: &mut users,
            groups: &mut groups,
            roles: &mut role_names,
            mode: options.mode,
            component: None,
            notes: &mut notes,
            functions: &mut functions,
            has_roles: false,
        };
        let policies = compiler.compile(&written.policies)?;
        let mut zoned = Vec::new();
        for (name, zone) in &written.security_zones {
            zoned.push((name, zone, compiler.compile(&zone.policies)?));
        }
        let mut has_roles = compiler.has_roles;
        let mut tag_definition = None;
        let mut tag_policies = Repositories::default();
        if let Some(written) = &written.tag_policies {
            let mut own = Definition::of_tags(&written.service_def, &definition.name)?;
            let mut compiler = Compiler {
                definition: &mut own,
                users: &mut users,
                groups: &mut groups,
                roles: &mut role_names,
                mode: options.mode,
                component: Some(&definition.name),
                notes: &mut notes,
                functions: &mut functions,
                has_roles: false,
            };
            tag_policies = compiler.compile(&written.policies)?;
            has_roles |= compiler.has_roles;
            tag_definition = Some(own);
        }
        let zones = zoned
            .into_iter()
            .map(|(name, zone, policies)| Zone::new(name, zone, policies, &definition));
        let zones = zones.collect();
        let mut incomplete = Vec::new();
        if has_roles && documents.roles.is_none() {
            incomplete
                .push("policies speak of roles, and no document says who has them".to_owned());
        }
        if tag_policies.any() && documents.tags.is_none() {
            incomplete
                .push("there are tag policies, and no document says what is tagged".to_owned());
        }
        let tags = match &documents.tags {
            None => TagStore::default(),
            Some(written) => TagStore::compile(written, &definition, |tag, bad| {
                incomplete.push(format!("{bad}: of tag `{}`", tag.kind));
            })?,
        };
        let store = documents.users.clone().unwrap_or_default();
        Ok(Self {
            name: written.service_name.clone(),
            version: written.policy_version,
            definition,
            tag_definition,
            policies,
            tag_policies,
            zones,
            tags,
            roles: documents
                .roles
                .as_ref()
                .map(RoleMembers::compile)
                .unwrap_or_default(),
            user_attributes: store.user_attr_mapping,
            group_attributes: store.group_attr_mapping,
            user_groups: store.user_group_mapping,
            users,
            groups,
            role_names,
            options,
            notes,
            incomplete,
            edition: edition(documents),
            functions,
        })
    }

    /// Its name in Ranger.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version of its policies.
    #[must_use]
    pub const fn version(&self) -> Option<i64> {
        self.version
    }

    /// The name of its service definition, such as `hive`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.definition.name
    }

    /// What is not understood, and what is done about it.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// What is missing for any decision at all: then every table is closed.
    #[must_use]
    pub fn incomplete(&self) -> Option<&str> {
        match self.options.mode {
            Mode::Closed => self.incomplete.first().map(String::as_str),
            Mode::LikeRanger => None,
        }
    }

    /// Whether the service has a level of this name.
    #[must_use]
    pub fn has_level(&self, name: &str) -> bool {
        self.definition.levels.position(name).is_some()
    }

    /// Whether the service definition has an access type of this name.
    #[must_use]
    pub fn has_access(&self, name: &str) -> bool {
        let number = self.definition.types.find(name);
        number.is_some_and(|number| self.definition.types.defined.contains(&number))
    }

    /// A resource by its levels.
    pub fn resource<'a>(&self, values: impl IntoIterator<Item = (&'a str, &'a str)>) -> Resource {
        let values = values
            .into_iter()
            .map(|(level, value)| (level, vec![value.to_owned()]));
        Resource::new(&self.definition.levels, values)
    }

    /// A resource of which a level may have several values.
    pub fn resource_of_many<'a>(
        &self,
        values: impl IntoIterator<Item = (&'a str, Vec<String>)>,
    ) -> Resource {
        Resource::new(&self.definition.levels, values)
    }

    /// Somebody, with the roles that the documents give.
    #[must_use]
    pub fn subject(&self, user: &str, groups: &[String]) -> Subject<'_> {
        Subject::new(self, user, groups, None)
    }

    /// Somebody with the roles that the documents give and others that the submitter vouches for.
    #[must_use]
    pub fn subject_with_more_roles(
        &self,
        user: &str,
        groups: &[String],
        roles: &[String],
    ) -> Subject<'_> {
        if roles.is_empty() {
            return self.subject(user, groups);
        }
        let own = self.subject(user, groups);
        let mut all = own.roles().to_vec();
        all.extend(roles.iter().flat_map(|role| self.roles.above(role)));
        all.sort();
        all.dedup();
        Subject::new(self, user, groups, Some(&all))
    }

    /// What tells one state of the documents from another: grows when one of them does.
    #[must_use]
    pub const fn edition(&self) -> u64 {
        self.edition
    }

    /// The last parts of the names of functions that masks and filters may call.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.functions.iter().map(String::as_str)
    }

    /// Whether some policy is about one of these levels.
    pub(super) fn speaks_of<'l>(&self, levels: impl Iterator<Item = &'l str>) -> bool {
        let positions: Vec<_> = levels
            .filter_map(|level| self.definition.levels.position(level))
            .collect();
        let zones = self.zones.iter().map(|zone| &zone.policies);
        let mut policies = std::iter::once(&self.policies)
            .chain(zones)
            .flat_map(Repositories::all);
        policies.any(|policy| {
            let mut chains = policy.chains.iter();
            chains.any(|chain| positions.iter().any(|at| chain.level(*at).is_some()))
        })
    }

    /// Somebody whose roles are known from elsewhere.
    #[must_use]
    pub fn subject_with_roles(
        &self,
        user: &str,
        groups: &[String],
        roles: &[String],
    ) -> Subject<'_> {
        Subject::new(self, user, groups, Some(roles))
    }

    pub(super) fn fit(&self, resource: &Resource) -> Option<Resource> {
        resource.fit(&Arc::clone(&self.definition.levels))
    }
}

fn check(documents: &Documents) -> Result<(), LoadError> {
    let written = &documents.policies;
    let changes = |deltas: &Option<Vec<super::document::Delta>>| {
        deltas.as_ref().is_some_and(|deltas| !deltas.is_empty())
    };
    let partial = changes(&written.policy_deltas)
        || written
            .security_zones
            .values()
            .any(|zone| changes(&zone.policy_deltas))
        || documents
            .tags
            .as_ref()
            .is_some_and(|tags| tags.is_delta == Some(true));
    if partial {
        return Err(LoadError::OnlyChanges);
    }
    match &documents.tags {
        Some(tags)
            if !tags.service_name.is_empty() && tags.service_name != written.service_name =>
        {
            Err(LoadError::OtherService {
                wanted: written.service_name.clone(),
                found: tags.service_name.clone(),
            })
        }
        Some(_) | None => Ok(()),
    }
}

/// Each document has a version of its own, and each only grows: so does the sum.
fn edition(documents: &Documents) -> u64 {
    let versions = [
        documents.policies.policy_version,
        documents
            .policies
            .tag_policies
            .as_ref()
            .and_then(|tags| tags.policy_version),
        documents
            .roles
            .as_ref()
            .and_then(|roles| roles.role_version),
        documents.tags.as_ref().and_then(|tags| tags.tag_version),
        documents
            .users
            .as_ref()
            .and_then(|users| users.user_store_version),
    ];
    let versions = versions.into_iter().flatten();
    versions
        .filter_map(|version| u64::try_from(version).ok())
        .fold(0, u64::saturating_add)
}
