//! Changes of a download: a held document and a document of changes make a new document (RANGER.md §1.1).
//!
//! Out: the whole document as it is now, or why the changes do not fit: then a whole document must be fetched. Nothing is applied by halves.

use super::document::{Delta, Policy, SecurityZone, ServiceDef, ServicePolicies};

/// Why changes do not fit. A whole document must be fetched; until it is there the held one is what is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotApplied {
    /// The document holds no changes.
    #[error("the document holds no changes")]
    Whole,
    /// Of another service.
    #[error("the changes are of service `{0}`")]
    OtherService(String),
    /// A change is missing between what is held and what came, or the version went back.
    #[error("the changes lead to version {to}, which does not follow from version {from}")]
    Version {
        /// The version that is held.
        from: i64,
        /// The version of the changes, or of the one that does not follow.
        to: i64,
    },
    /// More than policies has changed: the service, its definition, roles, zones.
    #[error("more than policies has changed (change type {0})")]
    MoreThanPolicies(i64),
    /// The levels, access types or zones are others.
    #[error("the service definition or a security zone has changed")]
    Definition,
    /// A change to a policy that is not there, or the making of one that is.
    #[error("policy {0} is not as the changes expect it")]
    Policy(i64),
}

/// Applies changes to a held document.
///
/// # Errors
/// The changes do not fit.
pub fn apply(
    held: &ServicePolicies,
    changes: &ServicePolicies,
) -> Result<ServicePolicies, NotApplied> {
    let top = changes.policy_deltas.as_deref().unwrap_or_default();
    let zoned = |zone: &SecurityZone| zone.policy_deltas.clone().unwrap_or_default();
    let any_zoned = changes
        .security_zones
        .values()
        .any(|zone| !zoned(zone).is_empty());
    if (top.is_empty() && !any_zoned) || !changes.policies.is_empty() {
        return Err(NotApplied::Whole);
    }
    if changes.service_name != held.service_name {
        return Err(NotApplied::OtherService(changes.service_name.clone()));
    }
    if changes.service_def != ServiceDef::default() && changes.service_def != held.service_def {
        return Err(NotApplied::Definition);
    }
    let zones = changes.security_zones.values().flat_map(zoned);
    let mut all: Vec<Delta> = top.iter().cloned().chain(zones).collect();
    follows(held, changes, &mut all)?;

    let mut made = held.clone();
    for delta in top {
        let policy = policy_of(delta)?;
        if policy.service_type == "tag" {
            let Some(tags) = &mut made.tag_policies else {
                return Err(NotApplied::Definition);
            };
            change(&mut tags.policies, delta, policy)?;
        } else if policy.zone_name.is_empty() {
            change(&mut made.policies, delta, policy)?;
        } else {
            return Err(NotApplied::Definition);
        }
    }
    for (name, zone) in &changes.security_zones {
        let own = made
            .security_zones
            .get_mut(name)
            .ok_or(NotApplied::Definition)?;
        if own.resources != zone.resources
            || own.contains_associated_tag_service != zone.contains_associated_tag_service
            || !zone.policies.is_empty()
        {
            return Err(NotApplied::Definition);
        }
        for delta in &zoned(zone) {
            change(&mut own.policies, delta, policy_of(delta)?)?;
        }
    }
    made.policy_version = changes.policy_version;
    Ok(made)
}

/// Every version between the two is there.
fn follows(
    held: &ServicePolicies,
    changes: &ServicePolicies,
    all: &mut [Delta],
) -> Result<(), NotApplied> {
    let from = held.policy_version.unwrap_or(-1);
    let to = changes.policy_version.unwrap_or(-1);
    if to <= from {
        return Err(NotApplied::Version { from, to });
    }
    if let Some(kind) = all.iter().map(kind_of).find(|kind| !(0..=2).contains(kind)) {
        return Err(NotApplied::MoreThanPolicies(kind));
    }
    all.sort_by_key(|delta| delta.policies_version);
    let mut reached = from;
    for delta in all.iter() {
        let next = delta.policies_version.unwrap_or(-1);
        // Several changes may have been made in one.
        if next != reached.saturating_add(1) && (next != reached || reached == from) {
            return Err(NotApplied::Version {
                from: reached,
                to: next,
            });
        }
        reached = next;
    }
    if reached == to {
        Ok(())
    } else {
        Err(NotApplied::Version { from: reached, to })
    }
}

fn kind_of(delta: &Delta) -> i64 {
    delta.change_type.unwrap_or(-1)
}

fn policy_of(delta: &Delta) -> Result<&Policy, NotApplied> {
    let policy = delta.policy.as_ref();
    policy
        .filter(|policy| policy.id.is_some())
        .ok_or(NotApplied::Policy(-1))
}

fn change(policies: &mut Vec<Policy>, delta: &Delta, policy: &Policy) -> Result<(), NotApplied> {
    let id = policy.id.unwrap_or(-1);
    let mut places = policies
        .iter()
        .enumerate()
        .filter(|(_, own)| own.id == policy.id);
    let place = places.next().map(|(place, _)| place);
    if places.next().is_some() {
        return Err(NotApplied::Policy(id));
    }
    match (kind_of(delta), place) {
        (0, None) => policies.push(policy.clone()),
        (1, Some(place)) => {
            if let Some(own) = policies.get_mut(place) {
                policy.clone_into(own);
            }
        }
        (2, Some(place)) => drop(policies.remove(place)),
        (_, _) => return Err(NotApplied::Policy(id)),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(value: serde_json::Value) -> ServicePolicies {
        serde_json::from_value(value).unwrap()
    }

    fn held() -> ServicePolicies {
        document(json!({
            "serviceName": "s", "policyVersion": 4,
            "policies": [{ "id": 1, "name": "a" }, { "id": 2, "name": "b" }],
            "tagPolicies": { "policies": [{ "id": 1, "name": "t", "serviceType": "tag" }] },
            "securityZones": { "z": { "resources": [{ "database": ["d"] }], "policies": [{ "id": 7, "zoneName": "z" }] } },
        }))
    }

    fn changes(version: i64, deltas: serde_json::Value) -> ServicePolicies {
        document(json!({ "serviceName": "s", "policyVersion": version, "policyDeltas": deltas }))
    }

    fn names(document: &ServicePolicies) -> Vec<&str> {
        document
            .policies
            .iter()
            .map(|policy| policy.name.as_str())
            .collect()
    }

    #[test]
    fn changes_that_follow_are_applied() {
        let deltas = json!([
            { "changeType": 1, "policiesVersion": 5, "policy": { "id": 2, "name": "b2" } },
            { "changeType": 0, "policiesVersion": 6, "policy": { "id": 3, "name": "c" } },
            { "changeType": 2, "policiesVersion": 7, "policy": { "id": 1, "name": "a" } },
            { "changeType": 2, "policiesVersion": 7, "policy": { "id": 1, "name": "t", "serviceType": "tag" } },
        ]);
        let made = apply(&held(), &changes(7, deltas)).unwrap();
        assert_eq!(names(&made), ["b2", "c"]);
        assert_eq!(made.policy_version, Some(7));
        assert!(made.tag_policies.unwrap().policies.is_empty() && made.policy_deltas.is_none());
    }

    #[test]
    fn a_zone_changes_its_own_policies() {
        let mut changes = changes(5, json!([]));
        changes.security_zones = document(json!({ "securityZones": { "z": {
            "resources": [{ "database": ["d"] }],
            "policyDeltas": [{ "changeType": 2, "policiesVersion": 5, "policy": { "id": 7 } }] } } }))
        .security_zones;
        assert!(
            apply(&held(), &changes).unwrap().security_zones["z"]
                .policies
                .is_empty()
        );
        changes
            .security_zones
            .get_mut("z")
            .unwrap()
            .resources
            .clear();
        assert_eq!(apply(&held(), &changes), Err(NotApplied::Definition));
    }

    #[test]
    fn what_does_not_fit_asks_for_a_whole_document() {
        let one = |kind: i64, version: i64, id: i64| json!([{ "changeType": kind, "policiesVersion": version, "policy": { "id": id } }]);
        for (changes, wrong) in [
            (changes(5, json!([])), NotApplied::Whole),
            (
                changes(4, one(1, 4, 1)),
                NotApplied::Version { from: 4, to: 4 },
            ),
            (
                changes(3, one(1, 3, 1)),
                NotApplied::Version { from: 4, to: 3 },
            ),
            (
                changes(6, one(1, 6, 1)),
                NotApplied::Version { from: 4, to: 6 },
            ),
            (
                changes(6, one(1, 5, 1)),
                NotApplied::Version { from: 5, to: 6 },
            ),
            (changes(5, one(0, 5, 1)), NotApplied::Policy(1)),
            (changes(5, one(1, 5, 9)), NotApplied::Policy(9)),
            (changes(5, one(2, 5, 9)), NotApplied::Policy(9)),
            (changes(5, one(4, 5, 1)), NotApplied::MoreThanPolicies(4)),
            (changes(5, one(8, 5, 1)), NotApplied::MoreThanPolicies(8)),
            (
                ServicePolicies {
                    service_name: "other".into(),
                    ..changes(5, one(1, 5, 1))
                },
                NotApplied::OtherService("other".into()),
            ),
        ] {
            assert_eq!(apply(&held(), &changes), Err(wrong));
        }
    }
}
