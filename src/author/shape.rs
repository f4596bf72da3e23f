//! The shape of a file of cases, as it is written: nothing judged yet.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::policy::{Effect, Principal, Privilege};
use crate::rewrite::Style;
use crate::splitter::Splitter;
use crate::syntax::FlinkVersion;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SuiteDecl {
    pub policy: Option<String>,
    #[serde(default)]
    pub catalog: Vec<String>,
    pub at: Option<String>,
    #[serde(default)]
    pub principals: BTreeMap<String, Principal>,
    #[serde(default)]
    pub cases: Vec<CaseDecl>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseDecl {
    pub name: String,
    #[serde(rename = "as")]
    pub who: WhoDecl,
    pub at: Option<String>,
    pub table: Option<String>,
    pub physical: Option<Vec<String>>,
    pub sql: Option<String>,
    pub flink: Option<FlinkVersion>,
    pub style: Option<Style>,
    pub splitter: Option<Splitter>,
    #[serde(default)]
    pub strict: bool,
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    pub expect: ExpectDecl,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectDecl {
    pub access: Option<AccessDecl>,
    pub filter: Option<String>,
    pub rows: Option<RowsDecl>,
    pub masks: Option<BTreeMap<String, MaskExpectation>>,
    pub shown: Option<BTreeSet<String>>,
    pub denied: Option<BTreeSet<String>>,
    pub refused: Option<String>,
    pub decision: Option<Effect>,
    pub codes: Option<BTreeSet<String>>,
    pub rewritten: Option<String>,
    pub settings: Option<BTreeMap<String, String>>,
}

/// All rows, or none; a filter has a field of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RowsDecl {
    All,
    None,
}

/// A mask by its name, or with the rule that decides and the condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MaskExpectation {
    pub mask: Option<String>,
    pub rule: Option<String>,
    pub when: Option<String>,
}

/// A reader of "a word, or a mapping", which keeps the place and reason of errors.
macro_rules! word_or_map {
    ($for:ty, $expecting:literal, $word:expr, $map:ty, $of:expr) => {
        impl<'de> Deserialize<'de> for $for {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Reader;
                impl<'de> serde::de::Visitor<'de> for Reader {
                    type Value = $for;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expecting)
                    }
                    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<$for, E> {
                        $word(word).map_err(E::custom)
                    }
                    fn visit_map<A: serde::de::MapAccess<'de>>(
                        self,
                        map: A,
                    ) -> Result<$for, A::Error> {
                        let map = serde::de::value::MapAccessDeserializer::new(map);
                        <$map>::deserialize(map).map($of)
                    }
                }
                from.deserialize_any(Reader)
            }
        }
    };
}

/// Who asks.
pub(super) enum WhoDecl {
    Named(String),
    Given(Principal),
}

word_or_map!(
    WhoDecl,
    "the name of one of `principals`, or a principal: { user: …, groups: […], roles: […], attributes: {…} }",
    |name: &str| Ok::<_, String>(WhoDecl::Named(name.to_owned())),
    Principal,
    WhoDecl::Given
);

/// What is expected of privileges.
pub(super) struct AccessDecl(pub BTreeMap<Privilege, Effect>);

word_or_map!(
    AccessDecl,
    "`allow` or `deny` for select, or { privilege: allow or deny }",
    |word: &str| match word {
        "allow" => Ok(AccessDecl(BTreeMap::from([(Privilege::Select, Effect::Allow)]))),
        "deny" => Ok(AccessDecl(BTreeMap::from([(Privilege::Select, Effect::Deny)]))),
        other => Err(format!("`{other}` is neither `allow` nor `deny`")),
    },
    BTreeMap<Privilege, Effect>,
    AccessDecl
);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MaskExpectationDecl {
    mask: Option<String>,
    rule: Option<String>,
    when: Option<String>,
}

word_or_map!(
    MaskExpectation,
    "the name of a mask, or { mask: …, rule: …, when: … }",
    |name: &str| Ok::<_, String>(MaskExpectation {
        mask: Some(name.to_owned()),
        rule: None,
        when: None,
    }),
    MaskExpectationDecl,
    |decl: MaskExpectationDecl| MaskExpectation {
        mask: decl.mask,
        rule: decl.rule,
        when: decl.when,
    }
);
