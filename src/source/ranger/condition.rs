//! Conditions of policies and items (RANGER.md §2.12).
//!
//! Out: yes, no, or [`None`] where a condition is not understood or what it needs is missing. What that means is decided where it is used:
//! never that something opens.

use super::chain::{Chain, Match};
use super::definition::{Definition, Kind};
use super::document::{self, ConditionDef, Resource, Resources};
use super::expression::Expression;
use super::facts::Facts;
use super::level::{Level, Options, Value};
use super::options::Mode;
use super::text::Text;

/// All must hold.
#[derive(Debug, Default)]
pub(super) struct Conditions(Vec<Condition>);

#[derive(Debug)]
enum Condition {
    Expression {
        expression: Expression,
        holds: bool,
    },
    /// A value of the request's context is one of these patterns; no value is no.
    Value {
        name: String,
        among: Level,
    },
    /// A value of the request's context is in the list, or is not.
    Listed {
        name: String,
        values: Vec<String>,
        holds: bool,
    },
    Address(Vec<Address>),
    /// The statement asks for several resources, and two of them are listed.
    Together {
        chains: Vec<Chain>,
        holds: bool,
    },
    Tags {
        how: Tags,
        names: Vec<String>,
    },
    Unknown,
}

#[derive(Debug, Clone, Copy)]
enum Tags {
    All,
    Any,
    None,
}

#[derive(Debug)]
enum Address {
    Whole(String),
    Prefix(String),
}

impl Conditions {
    /// Reads conditions; `unknown` is told the names of those that are not understood.
    pub fn compile(
        written: &[document::Condition],
        definition: &Definition,
        mut unknown: impl FnMut(&str),
    ) -> Self {
        let read = written.iter().filter_map(|one| {
            let condition = Condition::compile(one, definition);
            if matches!(condition, Some(Condition::Unknown)) {
                unknown(&one.kind);
            }
            condition
        });
        Self(read.collect())
    }

    pub fn hold(&self, facts: &Facts<'_>, definition: &Definition) -> Option<bool> {
        let mut all = Some(true);
        for condition in &self.0 {
            match condition.holds(facts, definition) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => all = None,
            }
        }
        all
    }
}

impl Condition {
    /// `None` for one that holds always.
    fn compile(written: &document::Condition, definition: &Definition) -> Option<Self> {
        let own = definition
            .conditions
            .iter()
            .find(|def| def.name == written.kind);
        let implicit = ConditionDef {
            evaluator: "RangerScriptConditionEvaluator".to_owned(),
            ..ConditionDef::default()
        };
        let def = match own {
            Some(def) => def,
            None if written.kind == "_expression" => &implicit,
            None => return Some(Self::Unknown),
        };
        let values = &written.values;
        let first = values.first().map_or("", |value| value.trim());
        let listed = |how| {
            Some(Self::Tags {
                how,
                names: values.clone(),
            })
        };
        match def.evaluator.rsplit('.').next().unwrap_or_default() {
            "RangerScriptConditionEvaluator" => Some(Self::expression(first, true)),
            "RangerScriptTemplateConditionEvaluator" => {
                let negated =
                    first.eq_ignore_ascii_case("no") || first.eq_ignore_ascii_case("false");
                let template = def.evaluator_options.get("scriptTemplate");
                Some(match template {
                    Some(template) if !first.is_empty() => {
                        Self::expression(template.trim(), !negated)
                    }
                    Some(_) | None => Self::Unknown,
                })
            }
            "RangerSimpleMatcher" => Some(Self::simple(def, values)),
            "RangerContextAttributeValueInCondition" => Some(Self::listed(def, values, true)),
            "RangerContextAttributeValueNotInCondition" => Some(Self::listed(def, values, false)),
            "RangerIpMatcher" => addresses(values).map(Self::Address),
            "RangerHiveResourcesAccessedTogetherCondition" => {
                Some(Self::together(definition, values, true))
            }
            "RangerHiveResourcesNotAccessedTogetherCondition" => {
                Some(Self::together(definition, values, false))
            }
            "RangerTagsAllPresentConditionEvaluator" => listed(Tags::All),
            "RangerAnyOfExpectedTagsPresentConditionEvaluator" => listed(Tags::Any),
            "RangerNoneOfExpectedTagsPresentConditionEvaluator" => listed(Tags::None),
            _ => Some(Self::Unknown),
        }
    }

    fn expression(text: &str, holds: bool) -> Self {
        match Expression::parse(text) {
            Ok(expression) => Self::Expression { expression, holds },
            Err(_) => Self::Unknown,
        }
    }

    fn simple(def: &ConditionDef, values: &[String]) -> Self {
        let Some(name) = def.evaluator_options.get("CONTEXT_NAME") else {
            return Self::Unknown;
        };
        let options = Options::of(&document::ResourceDef {
            matcher_options: [
                ("ignoreCase", "false"),
                ("replaceTokens", "false"),
                ("replaceReqExpressions", "false"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
            ..document::ResourceDef::default()
        });
        let values = Resource {
            values: values.to_vec(),
            ..Resource::default()
        };
        Self::Value {
            name: name.clone(),
            among: Level::compile(&options.into(), &values),
        }
    }

    fn listed(def: &ConditionDef, values: &[String], holds: bool) -> Self {
        match def.evaluator_options.get("attributeName") {
            Some(name) if !values.is_empty() => Self::Listed {
                name: name.clone(),
                values: values.to_vec(),
                holds,
            },
            Some(_) | None => Self::Unknown,
        }
    }

    /// `database.table.column`; what is left out is `*`. Ranger knows it for Hive only.
    fn together(definition: &Definition, values: &[String], holds: bool) -> Self {
        let chain = |value: &String| {
            let mut parts: Vec<_> = value
                .trim()
                .split('.')
                .filter(|part| !part.is_empty())
                .collect();
            if parts.is_empty() || parts.len() > 3 {
                return None;
            }
            parts.resize(3, "*");
            let parts = parts.into_iter().map(|part| Resource {
                values: vec![part.to_owned()],
                ..Resource::default()
            });
            let names = ["database", "table", "column"].map(str::to_owned);
            let resources: Resources = names.into_iter().zip(parts).collect();
            Chain::compile(
                definition.shape(Kind::Access),
                &definition.levels,
                &resources,
            )
        };
        match values.iter().map(chain).collect::<Option<Vec<_>>>() {
            Some(chains) if definition.name == "hive" && !chains.is_empty() => {
                Self::Together { chains, holds }
            }
            Some(_) | None => Self::Unknown,
        }
    }

    fn holds(&self, facts: &Facts<'_>, definition: &Definition) -> Option<bool> {
        // Ranger takes a condition that it does not know, or that lacks its value, as one that holds.
        let missing = match facts.mode {
            Mode::Closed => None,
            Mode::LikeRanger => Some(true),
        };
        match self {
            Self::Expression { expression, holds } => {
                expression.holds(facts).map(|truth| truth == *holds)
            }
            Self::Value { name, among } => match facts.context.values.get(name) {
                Some(value) => among.matches(&Value::One(Text::new(value)), facts),
                None => Some(false),
            },
            Self::Listed {
                name,
                values,
                holds,
            } => match facts.context.values.get(name) {
                Some(value) => Some(values.contains(value) == *holds),
                None => missing,
            },
            Self::Address(list) => match &facts.context.client_ip {
                Some(ip) => Some(list.iter().any(|address| address.has(ip))),
                None => missing,
            },
            Self::Together { chains, holds } => {
                Some(together(chains, facts, definition)? == *holds)
            }
            Self::Tags { how, names } => {
                let has = |name: &String| facts.tags.iter().any(|tag| tag.kind == *name);
                Some(match how {
                    Tags::All => names.iter().all(has),
                    Tags::Any => names.iter().any(has),
                    Tags::None => !names.iter().any(has),
                })
            }
            Self::Unknown => missing,
        }
    }
}

fn together(chains: &[Chain], facts: &Facts<'_>, definition: &Definition) -> Option<bool> {
    let requested = &facts.context.requested;
    if requested.len() < 2 {
        return Some(false);
    }
    let shape = definition.shape(Kind::Access);
    let mut pairs = 0;
    for resource in requested {
        for chain in chains {
            match chain.lies(shape, resource, facts) {
                Some((Match::Itself | Match::AllBelow, true)) => pairs += 1,
                Some((_, false)) => return None,
                Some((Match::Ancestor | Match::Descendant, true)) | None => {}
            }
        }
    }
    Some(pairs > 1)
}

/// `None` where any address is one of them.
fn addresses(values: &[String]) -> Option<Vec<Address>> {
    let mut list = Vec::new();
    for value in values {
        let separator = if value.contains('.') { '.' } else { ':' };
        let mut parts: Vec<_> = value.split(separator).collect();
        let all = parts.len();
        while parts.last() == Some(&"*") {
            parts.pop();
        }
        if parts.is_empty() {
            return None;
        }
        list.push(if parts.len() == all {
            Address::Whole(value.to_ascii_lowercase())
        } else {
            let kept = parts.join(&separator.to_string()).to_ascii_lowercase();
            Address::Prefix(format!("{kept}{separator}"))
        });
    }
    (!list.is_empty()).then_some(list)
}

impl Address {
    fn has(&self, ip: &str) -> bool {
        let ip = ip.to_ascii_lowercase();
        match self {
            Self::Whole(own) => *own == ip,
            Self::Prefix(own) => ip.starts_with(own),
        }
    }
}
