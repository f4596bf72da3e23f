//! A service definition as it is used: the levels and their chains for each kind of policy, the access types, the conditions (RANGER.md §2.1–2.3).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::document::{ConditionDef, ResourceDef, ServiceDef};
use super::error::LoadError;
use super::java;
use super::level::Options;
use super::text::fold;

/// The kinds of policies that decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Access,
    Mask,
    Filter,
}

/// The levels of a service; a level is called by its position.
#[derive(Debug, Default)]
pub(super) struct Levels {
    pub names: Vec<String>,
    /// Positions from the root down: the order of the index.
    pub order: Vec<usize>,
}

impl Levels {
    pub fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|own| own == name)
    }
}

/// The levels of one kind of policy, and how they make chains.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// By position; `None` where this kind does not have the level.
    pub options: Vec<Option<Arc<Options>>>,
    /// The shortest first.
    pub chains: Vec<Hierarchy>,
}

/// A chain of levels from a root on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hierarchy {
    pub order: Vec<usize>,
    /// As bits.
    pub keys: u64,
}

impl Hierarchy {
    /// Whether `keys` are levels of this chain from its root on, without a gap.
    pub fn begins_with(&self, keys: u64) -> bool {
        let mut seen = 0;
        for position in &self.order {
            if seen == keys {
                return true;
            }
            seen |= 1 << position;
        }
        seen == keys
    }
}

/// A service definition.
#[derive(Debug)]
pub(super) struct Definition {
    pub name: String,
    pub levels: Arc<Levels>,
    access: Shape,
    mask: Shape,
    filter: Shape,
    /// Whether deny items and exceptions count.
    pub denies: bool,
    pub types: AccessTypes,
    pub conditions: Vec<ConditionDef>,
    /// Names of levels where a zone's values hold for what lies below.
    pub recursive: Vec<String>,
}

impl Definition {
    pub fn compile(written: &ServiceDef) -> Result<Self, LoadError> {
        Self::with(written, AccessTypes::compile(written, None))
    }

    /// Of a tag service, for resources of the service called `component`.
    pub fn of_tags(written: &ServiceDef, component: &str) -> Result<Self, LoadError> {
        Self::with(written, AccessTypes::compile(written, Some(component)))
    }

    fn with(written: &ServiceDef, types: AccessTypes) -> Result<Self, LoadError> {
        let names: Vec<_> = written
            .resources
            .iter()
            .map(|def| def.name.clone())
            .collect();
        if names.is_empty() || names.len() > 64 {
            return Err(LoadError::NoLevels);
        }
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by_key(|at| (written.resources.get(*at).and_then(|def| def.level), *at));
        let levels = Arc::new(Levels { names, order });
        let parts = |parts: &[ResourceDef]| -> Vec<ResourceDef> {
            let base =
                |part: &ResourceDef| written.resources.iter().find(|def| def.name == part.name);
            parts
                .iter()
                .filter_map(|part| Some(merged(base(part)?, part)))
                .collect()
        };
        // Ranger takes such a definition for none at all: no policy is about anything then, but what tags allow is allowed.
        let ends = |def: &&ResourceDef| {
            let mut others = written.resources.iter();
            others.all(|other| other.parent != def.name) && def.is_valid_leaf == Some(false)
        };
        if let Some(dead) = written.resources.iter().find(ends) {
            return Err(LoadError::DeadEnd(dead.name.clone()));
        }
        let denies = written.options.get("enableDenyAndExceptionsInPolicies");
        let recursive = written
            .resources
            .iter()
            .filter(|def| def.recursive_supported == Some(true));
        let access = Shape::compile(&levels, &written.resources);
        let part = |own: &[ResourceDef]| Shape::compile(&levels, &parts(own)).found_by(&access);
        Ok(Self {
            name: written.name.clone(),
            mask: part(&written.data_mask_def.resources),
            filter: part(&written.row_filter_def.resources),
            access,
            denies: denies.is_none_or(|text| text.is_empty() || text.eq_ignore_ascii_case("true")),
            types,
            conditions: written.policy_conditions.clone(),
            recursive: recursive.map(|def| def.name.clone()).collect(),
            levels,
        })
    }

    pub fn shape(&self, kind: Kind) -> &Shape {
        match kind {
            Kind::Access => &self.access,
            Kind::Mask => &self.mask,
            Kind::Filter => &self.filter,
        }
    }
}

/// What the part for masks or filters says of a level goes over what the level itself says.
fn merged(base: &ResourceDef, part: &ResourceDef) -> ResourceDef {
    let mut def = base.clone();
    def.matcher_options.extend(part.matcher_options.clone());
    if !part.matcher.is_empty() {
        def.matcher.clone_from(&part.matcher);
    }
    if !part.parent.is_empty() {
        def.parent.clone_from(&part.parent);
    }
    def.is_valid_leaf = part.is_valid_leaf;
    def
}

impl Shape {
    fn compile(levels: &Levels, defs: &[ResourceDef]) -> Self {
        let mut options = vec![None; levels.names.len()];
        let mut chains = Vec::new();
        for def in defs {
            let Some(position) = levels.position(&def.name) else {
                continue;
            };
            if let Some(slot) = options.get_mut(position) {
                *slot = Some(Arc::new(Options::of(def)));
            }
            let leaf = defs.iter().all(|other| other.parent != def.name);
            if (leaf || def.is_valid_leaf == Some(true))
                && let Some(chain) = chain(levels, defs, def)
                && !chains.contains(&chain)
            {
                chains.push(chain);
            }
        }
        chains.sort_by_key(|chain: &Hierarchy| chain.order.len());
        Self { options, chains }
    }

    /// Of masks or filters, whose policies are found by the options of access policies first.
    fn found_by(mut self, access: &Self) -> Self {
        for (own, other) in self.options.iter_mut().zip(&access.options) {
            if let (Some(own), Some(other)) = (own, other) {
                Arc::make_mut(own).found_by(other);
            }
        }
        self
    }

    /// The options of the same levels where `{USER}` and the like are text, as in the resources of zones.
    pub fn textual(&self) -> Self {
        let textual = |options: &Arc<Options>| {
            Arc::new(Options {
                tokens: None,
                expressions: false,
                ..(**options).clone()
            })
        };
        let options = self.options.iter();
        Self {
            options: options.map(|own| own.as_ref().map(textual)).collect(),
            chains: self.chains.clone(),
        }
    }

    /// The shortest chain with all these levels.
    pub fn shortest(&self, keys: u64) -> Option<&Hierarchy> {
        self.chains.iter().find(|chain| chain.keys & keys == keys)
    }
}

/// From the root to `leaf`; `None` where parents go round in a circle or are not there.
fn chain(levels: &Levels, defs: &[ResourceDef], leaf: &ResourceDef) -> Option<Hierarchy> {
    let mut order = Vec::new();
    let mut keys = 0_u64;
    let mut def = leaf;
    loop {
        let position = levels.position(&def.name)?;
        if keys & (1 << position) != 0 {
            return None;
        }
        keys |= 1 << position;
        order.push(position);
        if def.parent.is_empty() {
            order.reverse();
            return Some(Hierarchy { order, keys });
        }
        def = defs.iter().find(|other| other.name == def.parent)?;
    }
}

/// Access types by number. Names are compared without regard to case.
#[derive(Debug, Default)]
pub(super) struct AccessTypes {
    numbers: BTreeMap<String, u16>,
    names: Vec<String>,
    /// What each brings with it, one level deep.
    implied: BTreeMap<u16, Vec<u16>>,
    /// Those of the service definition, in the order in which Ranger asks for any of them: that of a Java hash table of their names.
    pub defined: Vec<u16>,
}

/// The marker types, and the category of what each stands for.
const MARKERS: [(&str, &str); 6] = [
    ("_CREATE", "CREATE"),
    ("_READ", "READ"),
    ("_UPDATE", "UPDATE"),
    ("_DELETE", "DELETE"),
    ("_MANAGE", "MANAGE"),
    ("_ALL", ""),
];

impl AccessTypes {
    fn compile(written: &ServiceDef, component: Option<&str>) -> Self {
        let mut types = Self::default();
        let own = |name: &str| match component {
            None => Some(name.to_owned()),
            Some(component) => stripped(name, component),
        };
        let is_marker = |name: &str| MARKERS.iter().any(|(marker, _)| *marker == name);
        for def in &written.access_types {
            let Some(name) = own(&def.name) else {
                continue;
            };
            let number = types.number(&name);
            if !types.defined.contains(&number) {
                types.defined.push(number);
            }
            let grants: Vec<_> = def
                .implied_grants
                .iter()
                .filter_map(|grant| own(grant))
                .collect();
            let mut grants: Vec<_> = grants.iter().map(|grant| types.number(grant)).collect();
            types.implied.entry(number).or_default().extend(&grants);
            if is_marker(&name) {
                continue;
            }
            grants.push(number);
            for (marker, category) in MARKERS {
                if category.is_empty() || category.eq_ignore_ascii_case(&def.category) {
                    let marker = types.number(marker);
                    types.implied.entry(marker).or_default().extend(&grants);
                }
            }
        }
        let mut defined = std::mem::take(&mut types.defined);
        java::sort(&mut defined, java::CAPACITY, |number| {
            Some(types.name(*number))
        });
        types.defined = defined;
        types
    }

    /// The number of a name, a new one if need be.
    pub fn number(&mut self, name: &str) -> u16 {
        let next = u16::try_from(self.names.len()).unwrap_or(u16::MAX);
        match self.numbers.get(&fold(name)) {
            Some(number) => *number,
            None => {
                self.numbers.insert(fold(name), next);
                self.names.push(name.to_owned());
                next
            }
        }
    }

    /// The number of a name that some policy or the definition has.
    pub fn find(&self, name: &str) -> Option<u16> {
        match self.numbers.get(name) {
            Some(number) => Some(*number),
            None => self.numbers.get(&fold(name)).copied(),
        }
    }

    pub fn name(&self, number: u16) -> &str {
        self.names
            .get(usize::from(number))
            .map_or("", String::as_str)
    }

    pub fn implied(&self, number: u16) -> &[u16] {
        self.implied.get(&number).map_or(&[], Vec::as_slice)
    }
}

/// The name within a component: its own prefix is left out, a name of another component is none.
pub(super) fn stripped(name: &str, component: &str) -> Option<String> {
    match name.split_once(':') {
        None => Some(name.to_owned()),
        Some((prefix, name)) if prefix == component => Some(name.to_owned()),
        Some(_) => None,
    }
}
