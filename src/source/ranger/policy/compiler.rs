//! The compiler that makes repositories of policies as written, and notes what it does not understand.

use super::compile::{Broken, Compiled, Items, List};
use super::component;
use super::item::{Item, Payload};
use super::order;
use super::parts::Parts;
use super::repository::{Repositories, Repository};
use crate::source::ranger::condition::Conditions;
use crate::source::ranger::definition::{Definition, Kind};
use crate::source::ranger::document::{self, Policy};
use crate::source::ranger::error::LoadError;
use crate::source::ranger::names::Names;
use crate::source::ranger::options::Mode;
use crate::source::ranger::schedule::Schedules;
use crate::source::ranger::template::Template;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Something in the documents that is not as its author meant it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The policy.
    pub policy: i64,
    /// What is not understood, and what is done about it.
    pub message: String,
}

/// Compiles policies of one service.
pub(in crate::source::ranger) struct Compiler<'a> {
    pub definition: &'a mut Definition,
    pub users: &'a mut Names,
    pub groups: &'a mut Names,
    pub roles: &'a mut Names,
    pub mode: Mode,
    /// The name of the service that tags are for, where these are tag policies.
    pub component: Option<&'a str>,
    pub notes: &'a mut Vec<Note>,
    /// What masks and filters call, in the end.
    pub functions: &'a mut BTreeSet<String>,
    /// Whether some item is for a role.
    pub has_roles: bool,
}

impl Compiler<'_> {
    pub fn compile(&mut self, written: &[Policy]) -> Result<Repositories, LoadError> {
        let (mut access, mut mask, mut filter) = (Vec::new(), Vec::new(), Vec::new());
        let enabled = written.iter();
        let enabled = enabled.filter(|policy| policy.is_enabled != Some(false));
        let own: Vec<Policy>;
        let policies: Vec<&Policy> = match self.component {
            None => enabled.collect(),
            Some(component) => {
                own = enabled.map(|one| component::own(one, component)).collect();
                own.iter().collect()
            }
        };
        let mut parts = Parts::default();
        for policy in policies {
            let (kind, broken) = match policy.policy_type.unwrap_or(0) {
                0 => (Kind::Access, None),
                1 => (Kind::Mask, None),
                2 => (Kind::Filter, None),
                // Audit policies decide nothing.
                3 => continue,
                other => (Kind::Access, Some(Broken::Type(other))),
            };
            if broken.is_some() && self.mode == Mode::LikeRanger {
                continue;
            }
            let Some(compiled) = self.policy(policy, kind, broken, &mut parts) else {
                continue;
            };
            match kind {
                Kind::Access => access.push(compiled),
                Kind::Mask => mask.push(compiled),
                Kind::Filter => filter.push(compiled),
            }
        }
        Ok(Repositories {
            access: Repository::new(access, self.definition)?,
            mask: Repository::new(mask, self.definition)?,
            filter: Repository::new(filter, self.definition)?,
        })
    }

    fn note(&mut self, policy: &Policy, message: String) {
        self.notes.push(Note {
            policy: policy.id.unwrap_or(-1),
            message,
        });
    }

    fn policy<'w>(
        &mut self,
        written: &'w Policy,
        kind: Kind,
        broken: Option<Broken>,
        parts: &mut Parts<'w>,
    ) -> Option<Compiled> {
        let alternatives = std::iter::once(&written.resources).chain(&written.additional_resources);
        let shape = self.definition.shape(kind);
        let levels = &self.definition.levels;
        let chains: Vec<_> = alternatives
            .filter_map(|resources| parts.chain(shape, levels, kind, resources))
            .collect();
        if chains.is_empty() {
            self.note(
                written,
                "its levels fit no chain of the service definition: it is about nothing".into(),
            );
            return None;
        }
        let schedules = Schedules::compile(&written.validity_schedules);
        let broken = broken.or_else(|| schedules.as_ref().err().map(|bad| Broken::Schedule(*bad)));
        if let Some(broken) = &broken {
            self.note(written, format!("{broken}: what it is about is closed"));
        }
        let conditions = self.conditions(written, &written.conditions);
        let items = self.items(written, kind, parts);
        let moving = chains.iter().any(|chain| chain.moving);
        let types = self.definition.types.defined.len();
        Some(Compiled {
            id: written.id.unwrap_or(-1),
            version: written.version,
            name: written.name.clone(),
            priority: written.policy_priority.unwrap_or(0),
            has_deny: written.is_deny_all_else == Some(true)
                || !written.deny_policy_items.is_empty(),
            order: order::number(written, types, self.known_conditions(written), moving),
            zone: written.zone_name.clone(),
            chains,
            schedules: schedules.unwrap_or_default(),
            conditions,
            items,
            broken,
        })
    }

    fn conditions(&mut self, policy: &Policy, written: &[document::Condition]) -> Conditions {
        let mut unknown = Vec::new();
        let conditions = Conditions::compile(written, self.definition, |name| {
            unknown.push(name.to_owned())
        });
        for name in unknown {
            self.note(policy, format!("condition `{name}` is not understood: it allows nothing, and denies what it may be about"));
        }
        conditions
    }

    /// How many conditions there are that Ranger knows, for the order.
    fn known_conditions(&self, written: &Policy) -> usize {
        let all = order::items(written)
            .flat_map(|item| &item.conditions)
            .chain(&written.conditions);
        let known = |condition: &&document::Condition| {
            condition.kind == "_expression"
                || self
                    .definition
                    .conditions
                    .iter()
                    .any(|def| def.name == condition.kind)
        };
        all.filter(known).count()
    }

    fn items<'w>(&mut self, written: &'w Policy, kind: Kind, parts: &mut Parts<'w>) -> Items {
        let mut list = |items: &'w [document::Item]| -> List {
            let items = items.iter();
            items
                .map(|item| self.shared(written, item, kind, parts))
                .collect()
        };
        match kind {
            Kind::Mask => Items::Shown(list(&written.data_mask_policy_items)),
            Kind::Filter => Items::Shown(list(&written.row_filter_policy_items)),
            Kind::Access => {
                let allow = list(&written.policy_items);
                let (deny, allow_exceptions, deny_exceptions) = (
                    list(&written.deny_policy_items),
                    list(&written.allow_exceptions),
                    list(&written.deny_exceptions),
                );
                let counted = |items: List| {
                    if self.definition.denies {
                        items
                    } else {
                        List::default()
                    }
                };
                Items::Access {
                    allow,
                    deny: counted(deny),
                    allow_exceptions: counted(allow_exceptions),
                    deny_exceptions: counted(deny_exceptions),
                    deny_all_else: written.is_deny_all_else == Some(true),
                }
            }
        }
    }

    /// An item that is the same as one before is that one; what is to be noted of it is noted of this policy too.
    fn shared<'w>(
        &mut self,
        policy: &Policy,
        written: &'w document::Item,
        kind: Kind,
        parts: &mut Parts<'w>,
    ) -> Arc<Item> {
        if let Some((item, notes)) = parts.item(kind, written) {
            let item = Arc::clone(item);
            for message in notes {
                self.note(policy, message.clone());
            }
            return item;
        }
        let noted = self.notes.len();
        let item = Arc::new(self.item(policy, written, kind));
        let notes = self.notes.iter().skip(noted);
        let notes = notes.map(|note| note.message.clone()).collect();
        parts.keep(kind, written, Arc::clone(&item), notes);
        item
    }

    fn item(&mut self, policy: &Policy, written: &document::Item, kind: Kind) -> Item {
        let payload = self.payload(policy, written, kind);
        let types = self.types(&written.accesses);
        self.has_roles |= !written.roles.is_empty();
        let has = |list: &[String], name: &str| list.iter().any(|own| own == name);
        Item {
            users: self.users.numbers(&written.users),
            groups: self.groups.numbers(&written.groups),
            roles: self.roles.numbers(&written.roles),
            everybody: has(&written.groups, "public"),
            any_user: has(&written.users, "{USER}"),
            owner: has(&written.users, "{OWNER}"),
            types,
            delegate_admin: written.delegate_admin == Some(true),
            conditions: self.conditions(policy, &written.conditions),
            payload,
        }
    }

    /// With what they imply: of a type that is listed twice the first says whether it does.
    fn types(&mut self, listed: &[document::Access]) -> Box<[u16]> {
        let own = &mut self.definition.types;
        let numbers: Vec<u16> = listed
            .iter()
            .map(|access| own.number(&access.kind))
            .collect();
        let mut types = Vec::with_capacity(listed.len());
        for (at, (access, number)) in listed.iter().zip(&numbers).enumerate() {
            if access.is_allowed == Some(false) {
                continue;
            }
            types.push(*number);
            if !numbers.iter().take(at).any(|before| before == number) {
                types.extend_from_slice(own.implied(*number));
            }
        }
        types.sort_unstable();
        types.dedup();
        types.into()
    }

    fn payload(&mut self, policy: &Policy, written: &document::Item, kind: Kind) -> Payload {
        let payload = match kind {
            Kind::Access => return Payload::Nothing,
            Kind::Mask => {
                let info = written.data_mask_info.clone().unwrap_or_default();
                Payload::Mask {
                    kind: info.data_mask_type,
                    value: Template::parse(&info.value_expr),
                    condition: Template::parse(&info.condition_expr),
                }
            }
            Kind::Filter => {
                let info = written.row_filter_info.clone().unwrap_or_default();
                Payload::Filter(Template::parse(&info.filter_expr))
            }
        };
        match &payload {
            Payload::Nothing => {}
            Payload::Mask {
                value, condition, ..
            } => {
                self.functions
                    .extend(value.calls().chain(condition.calls()));
            }
            Payload::Filter(filter) => self.functions.extend(filter.calls()),
        }
        let unknown = match &payload {
            Payload::Nothing => None,
            Payload::Mask {
                value, condition, ..
            } => value.unknown().or_else(|| condition.unknown()),
            Payload::Filter(filter) => filter.unknown(),
        };
        if let Some(unknown) = unknown.map(str::to_owned) {
            self.note(
                policy,
                format!("`{unknown}` is not understood: whom it is for is denied"),
            );
        }
        payload
    }
}
