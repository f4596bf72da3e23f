//! Somebody who asks a service.

use super::facts::{Attributes, Facts};
use super::policy::Who;
use super::request::Request;
use super::service::Service;

/// A principal of one service: groups, roles and attributes are looked up once, for all decisions.
#[derive(Debug)]
pub struct Subject<'s> {
    pub(super) service: &'s Service,
    pub(super) who: Who,
    pub(super) super_user: bool,
    user: String,
    groups: Vec<String>,
    roles: Vec<String>,
    attributes: Option<&'s Attributes>,
}

impl<'s> Subject<'s> {
    pub(super) fn new(
        service: &'s Service,
        user: &str,
        groups: &[String],
        roles: Option<&[String]>,
    ) -> Self {
        let mut groups = groups.to_vec();
        if service.options.groups_from_store {
            groups.extend(service.user_groups.get(user).into_iter().flatten().cloned());
        }
        groups.sort();
        groups.dedup();
        let roles = match roles {
            Some(roles) => {
                let mut roles = roles.to_vec();
                roles.sort();
                roles
            }
            None => service.roles.of(user, &groups),
        };
        let who = Who {
            user: service.users.known([&user.to_owned()]).first().copied(),
            groups: service.groups.known(&groups),
            roles: service.role_names.known(&roles),
            named: !user.is_empty(),
        };
        let options = &service.options;
        Self {
            service,
            who,
            super_user: options.super_users.contains(user)
                || groups
                    .iter()
                    .any(|group| options.super_groups.contains(group)),
            attributes: service.user_attributes.get(user),
            user: user.to_owned(),
            groups,
            roles,
        }
    }

    /// The user's name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The groups, sorted.
    #[must_use]
    pub fn groups(&self) -> &[String] {
        &self.groups
    }

    /// The roles, sorted; also those that come through other roles.
    #[must_use]
    pub fn roles(&self) -> &[String] {
        &self.roles
    }

    pub(super) fn facts<'a>(&'a self, request: &'a Request<'_>) -> Facts<'a> {
        Facts {
            user: &self.user,
            groups: &self.groups,
            roles: &self.roles,
            user_attributes: self.attributes,
            group_attributes: &self.service.group_attributes,
            resource: request.resource,
            access_type: request.access.name(),
            at: request.at,
            tags: &[],
            tag: None,
            context: request.context,
            mode: self.service.options.mode,
            zone: &self.service.options.zone,
        }
    }
}
