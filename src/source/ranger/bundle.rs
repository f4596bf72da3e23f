//! One file in place of the download API: its documents side by side, or the policies alone.

use serde::Deserialize;
use serde_json::Value;

use super::document::{Roles, ServicePolicies, ServiceTags, UserStore};
use super::error::LoadError;
use super::service::Documents;

/// `{ "policies": …, "roles": …, "tags": …, "users": … }`, each as the download API answers it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bundle {
    policies: ServicePolicies,
    roles: Option<Roles>,
    tags: Option<ServiceTags>,
    users: Option<UserStore>,
}

impl Documents {
    /// Reads a file: an object with the documents, or what the policy download answers, in which `policies` is a list.
    ///
    /// # Errors
    /// [`LoadError::Unreadable`].
    pub fn read(json: &[u8]) -> Result<Self, LoadError> {
        let unreadable = |error: serde_json::Error| LoadError::Unreadable(error.to_string());
        let value: Value = serde_json::from_slice(json).map_err(unreadable)?;
        if value.get("policies").is_some_and(Value::is_object) {
            let bundle: Bundle = serde_json::from_value(value).map_err(unreadable)?;
            return Ok(Self {
                policies: bundle.policies,
                roles: bundle.roles,
                tags: bundle.tags,
                users: bundle.users,
            });
        }
        Ok(Self {
            policies: serde_json::from_value(value).map_err(unreadable)?,
            ..Self::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_all_documents_or_the_policies() {
        let all =
            Documents::read(br#"{"policies": {"serviceName": "s"}, "roles": {"roleVersion": 3}}"#)
                .unwrap();
        assert_eq!(
            (
                all.policies.service_name.as_str(),
                all.roles.unwrap().role_version
            ),
            ("s", Some(3))
        );
        assert!(all.tags.is_none());
        let alone = Documents::read(br#"{"serviceName": "s", "policies": []}"#).unwrap();
        assert_eq!(alone.policies.service_name, "s");
        for text in [
            &b"x"[..],
            br#"{"policies": {}, "rolls": {}}"#,
            br#"{"policies": 1}"#,
        ] {
            assert!(Documents::read(text).is_err());
        }
    }
}
