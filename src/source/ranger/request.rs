//! A request: what is asked for, how, and when.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::definition::Levels;
use super::document::Tag;
use super::level::Value;
use super::text::Text;

/// A resource, made by `Service::resource`; it fits that service, and others of the same levels.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Who owns it; `{OWNER}` is this user.
    pub owner: Option<String>,
    pub(super) levels: Arc<Levels>,
    /// By the positions of `levels`.
    pub(super) values: Vec<Value>,
    /// The positions that have a value, as bits.
    pub(super) keys: u64,
    /// How many there are.
    pub(super) size: usize,
    /// Names a level that the service does not have: no policy is about it.
    pub(super) foreign: bool,
    written: Vec<(String, Vec<String>)>,
}

impl Resource {
    pub(super) fn new<'a>(
        levels: &Arc<Levels>,
        written: impl IntoIterator<Item = (&'a str, Vec<String>)>,
    ) -> Self {
        let mut resource = Self {
            owner: None,
            levels: Arc::clone(levels),
            values: vec![Value::Absent; levels.names.len()],
            keys: 0,
            size: 0,
            foreign: false,
            written: Vec::new(),
        };
        for (name, values) in written {
            resource.set(name, &values);
            resource.written.push((name.to_owned(), values));
        }
        resource
    }

    fn set(&mut self, name: &str, values: &[String]) {
        let position = self.levels.position(name);
        let slot = position.and_then(|at| Some((at, self.values.get_mut(at)?)));
        let Some((position, slot)) = slot else {
            self.foreign = true;
            return;
        };
        if *slot == Value::Absent {
            self.size += 1;
        }
        self.keys |= 1 << position;
        *slot = match values {
            [one] => Value::One(Text::new(one)),
            several => Value::Many(several.iter().map(|value| Text::new(value)).collect()),
        };
    }

    /// The same resource for other levels.
    pub(super) fn fit(&self, levels: &Arc<Levels>) -> Option<Self> {
        if Arc::ptr_eq(levels, &self.levels) {
            return None;
        }
        let written = self.written.iter();
        let mut fitting = Self::new(
            levels,
            written.map(|(name, values)| (name.as_str(), values.clone())),
        );
        fitting.owner.clone_from(&self.owner);
        Some(fitting)
    }

    /// Whether no level is named.
    pub(super) fn is_nothing(&self) -> bool {
        self.written.is_empty()
    }

    /// Whether no level has a text: Ranger asks all policies by name then.
    pub(super) fn is_blank(&self) -> bool {
        let mut values = self.written.iter().flat_map(|(_, values)| values);
        values.all(String::is_empty)
    }

    pub(super) fn named(&self, level: &str) -> Option<&str> {
        let (_, values) = self.written.iter().find(|(name, _)| name == level)?;
        values.first().map(String::as_str)
    }
}

/// What one wants to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Anything: allowed if one access type is.
    Any,
    /// Hand rights on.
    Admin,
    /// What only a super user may.
    SuperUser,
    /// An access type of the service.
    Type(String),
    /// One of several access types.
    OneOf(Vec<String>),
}

impl Access {
    /// As Ranger's plugins write it: empty and `_any` is anything.
    #[must_use]
    pub fn written(text: &str) -> Self {
        match text {
            "" | "_any" => Self::Any,
            "_admin" => Self::Admin,
            "_super_user" => Self::SuperUser,
            name => Self::Type(name.to_owned()),
        }
    }

    /// As conditions read it.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Any => "_any",
            Self::Admin => "_admin",
            Self::SuperUser => "_super_user",
            Self::Type(name) => name,
            Self::OneOf(names) => names.first().map_or("", String::as_str),
        }
    }
}

/// What policies are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// Those about the resource.
    #[default]
    Itself,
    /// Also those about what lies below it.
    Descendants,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// What for.
    pub resource: &'a Resource,
    /// What to do.
    pub access: &'a Access,
    /// When.
    pub at: Timestamp,
    /// Which policies.
    pub scope: Scope,
    /// Whether a deny on something below the resource denies the resource. Ranger says no when nothing is said.
    pub heed_denies_below: bool,
    /// What conditions read.
    pub context: &'a Context,
}

impl<'a> Request<'a> {
    /// A request as Ranger's plugins make it.
    #[must_use]
    pub fn new(
        resource: &'a Resource,
        access: &'a Access,
        at: Timestamp,
        context: &'a Context,
    ) -> Self {
        Self {
            resource,
            access,
            at,
            scope: Scope::Itself,
            heed_denies_below: false,
            context,
        }
    }
}

/// What conditions read besides the principal and the resource.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// Where the request comes from.
    pub client_ip: Option<String>,
    /// Values by name.
    pub values: BTreeMap<String, String>,
    /// Values of `{tokens}` by name.
    pub tokens: BTreeMap<String, String>,
    /// The tags of the resource, where somebody else found them; in place of the service's.
    pub tags: Option<Vec<Tag>>,
    /// All resources of the statement.
    pub requested: Vec<Resource>,
}
