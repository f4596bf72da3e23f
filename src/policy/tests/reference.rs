//! The decision once more, as plainly as DESIGN §5 says it: no index, no compiled rules, no sharing between questions.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;

/// `*` and `?` within one part.
fn glob(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        (['*', rest @ ..], _) => {
            glob(rest, text)
                || text
                    .split_first()
                    .is_some_and(|(_, tail)| glob(pattern, tail))
        }
        (['?', rest @ ..], [_, tail @ ..]) => glob(rest, tail),
        ([p, rest @ ..], [t, tail @ ..]) => p == t && glob(rest, tail),
        _ => false,
    }
}

fn matches(pattern: &str, name: &str, separator: char) -> bool {
    let parts = |text: &str| text.split(separator).map(|p| p.chars().collect()).collect();
    let (pattern, name): (Vec<Vec<char>>, Vec<Vec<char>>) = (parts(pattern), parts(name));
    pattern.len() == name.len() && pattern.iter().zip(&name).all(|(p, n)| glob(p, n))
}

struct Reference<'a> {
    document: &'a Document,
    who: &'a Principal,
}

impl Reference<'_> {
    fn has_role(&self, name: &str) -> bool {
        self.who.roles.contains(name)
            || self.document.roles.iter().any(|role| {
                role.name == name
                    && (role.users.contains(&self.who.user)
                        || role
                            .groups
                            .iter()
                            .any(|g| g == "public" || self.who.groups.contains(g))
                        || role.roles.iter().any(|member| self.has_role(member)))
            })
    }

    fn is_in(&self, subjects: &Subjects) -> bool {
        subjects.users.contains(&self.who.user)
            || subjects
                .groups
                .iter()
                .any(|g| g == "public" || self.who.groups.contains(g))
            || subjects.roles.iter().any(|role| self.has_role(role))
    }

    /// The rules that speak of one name: a logical one, a physical one, or both.
    fn about(&self, logical: Option<&TableName>, physical: Option<&String>) -> Vec<&RuleDecl> {
        let mut rules: Vec<&RuleDecl> = self
            .document
            .rules
            .iter()
            .filter(|rule| {
                let on = match rule {
                    RuleDecl::RowFilter(r) => &r.on,
                    RuleDecl::ColumnMask(r) => &r.on,
                    RuleDecl::Access(r) => &r.on,
                };
                let hit = |pattern: &Option<String>, name: Option<String>, separator| match (
                    pattern, name,
                ) {
                    (Some(pattern), Some(name)) => {
                        matches(pattern, &name, separator)
                            && !on.exclude.iter().any(|e| matches(e, &name, separator))
                    }
                    _ => false,
                };
                hit(&on.table, logical.map(ToString::to_string), '.')
                    || hit(&on.physical, physical.cloned(), '/')
            })
            .collect();
        rules.sort_by_key(|rule| match rule {
            RuleDecl::RowFilter(r) => r.id.clone(),
            RuleDecl::ColumnMask(r) => r.id.clone(),
            RuleDecl::Access(r) => r.id.clone(),
        });
        rules
    }

    fn faces(&self, resource: &Resource<'_>) -> (Vec<Vec<&RuleDecl>>, Vec<&RuleDecl>) {
        match resource.physical {
            [] => (vec![self.about(Some(resource.name), None)], vec![]),
            names if resource.user_named => (
                names.iter().map(|n| self.about(None, Some(n))).collect(),
                self.about(Some(resource.name), None),
            ),
            names => (
                names
                    .iter()
                    .map(|n| self.about(Some(resource.name), Some(n)))
                    .collect(),
                vec![],
            ),
        }
    }

    fn denied(&self, resource: &Resource<'_>, privilege: Privilege) -> bool {
        let effects = |rules: &[&RuleDecl]| {
            let mut matched: Vec<(i32, bool)> = rules
                .iter()
                .filter_map(|rule| match rule {
                    RuleDecl::Access(r)
                        if r.privileges.contains(&privilege)
                            && self.is_in(&r.to)
                            && !self.is_in(&r.except) =>
                    {
                        Some((r.priority, r.effect == Effect::Deny))
                    }
                    _ => None,
                })
                .collect();
            matched.sort_unstable();
            matched.last().map(|(_, deny)| *deny)
        };
        let (full, adding) = self.faces(resource);
        full.iter()
            .any(|face| effects(face).unwrap_or(self.document.defaults.access == Effect::Deny))
            || effects(&adding) == Some(true)
    }

    /// The condition of one face; `Err` when it is closed, `None` for no rows.
    fn rows(&self, face: &[&RuleDecl]) -> Result<Option<Vec<String>>, ()> {
        let filters: Vec<&RowFilterDecl> = face
            .iter()
            .filter_map(|rule| match rule {
                RuleDecl::RowFilter(r) => Some(r),
                _ => None,
            })
            .collect();
        let of = |mode| filters.iter().filter(move |r| r.mode == mode).copied();
        let mine = |mode| of(mode).filter(|r| self.is_in(&r.to));
        let gate = if of(Mode::Permissive).next().is_some() {
            Mode::Permissive
        } else {
            Mode::Restrictive
        };
        if !filters.is_empty() && mine(gate).next().is_none() {
            match self.document.defaults.no_matching_filter {
                NoMatchingFilter::Deny => return Err(()),
                NoMatchingFilter::Empty => return Ok(None),
                NoMatchingFilter::All => {}
            }
        }
        let mut all = Vec::new();
        let open = mine(Mode::Permissive).any(|r| self.is_in(&r.except));
        let shared: Vec<String> = mine(Mode::Permissive).map(|r| r.filter.clone()).collect();
        match shared.as_slice() {
            _ if open => {}
            [] => {}
            [one] => all.push(one.clone()),
            _ => all.push(
                shared
                    .iter()
                    .map(|f| format!("({f})"))
                    .collect::<Vec<_>>()
                    .join(" OR "),
            ),
        }
        all.extend(
            mine(Mode::Restrictive)
                .filter(|r| !self.is_in(&r.except))
                .map(|r| r.filter.clone()),
        );
        Ok(Some(all))
    }

    /// The mask of one leaf in one face: `Err` for a conflict.
    fn mask(&self, face: &[&RuleDecl], leaf: &str) -> Result<Option<String>, ()> {
        let mut best: Option<(i32, BTreeSet<&str>)> = None;
        for rule in face {
            let RuleDecl::ColumnMask(r) = rule else {
                continue;
            };
            let MaskRef::Name(mask) = &r.mask else {
                continue;
            };
            let covers = r.on.columns.iter().any(|c| {
                let depth = c.split('.').count();
                let prefix = leaf.split('.').take(depth).collect::<Vec<_>>().join(".");
                matches(c, &prefix, '.')
            });
            if !covers || !self.is_in(&r.to) || self.is_in(&r.except) {
                continue;
            }
            match &mut best {
                Some((priority, _)) if *priority > r.priority => {}
                Some((priority, masks)) if *priority == r.priority => {
                    masks.insert(mask);
                }
                _ => best = Some((r.priority, BTreeSet::from([mask.as_str()]))),
            }
        }
        match best {
            Some((_, masks)) if masks.len() > 1 => Err(()),
            Some((_, masks)) => Ok(masks
                .first()
                .filter(|m| **m != "MASK_NONE")
                .map(|m| (*m).to_owned())),
            None => Ok(None),
        }
    }
}

const LEAVES: [&str; 4] = ["a", "b", "r.x", "r.y"];

/// Rows as a set of ANDed conditions, and the mask of every leaf.
type Answer = Result<(Option<BTreeSet<String>>, Vec<Option<String>>), ()>;

fn expected(reference: &Reference<'_>, resource: &Resource<'_>) -> Answer {
    let (full, adding) = reference.faces(resource);
    let mut rows = Some(BTreeSet::new());
    for face in full.iter().chain([&adding]) {
        match reference.rows(face)? {
            None => rows = None,
            Some(filters) => {
                if let Some(rows) = &mut rows {
                    rows.extend(filters);
                }
            }
        }
    }
    let mut masks = Vec::new();
    for leaf in LEAVES {
        let of_faces: BTreeSet<String> = full
            .iter()
            .map(|face| reference.mask(face, leaf))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .collect();
        if of_faces.len() > 1 {
            return Err(());
        }
        let added = reference.mask(&adding, leaf)?;
        masks.push(of_faces.first().cloned().or(added));
    }
    Ok((rows, masks))
}

fn decided(policy: &Policy, who: &Principal, resource: &Resource<'_>) -> Answer {
    let obligations = policy.obligations(who, resource, now()).map_err(|_| ())?;
    let rows = match obligations.rows {
        Rows::Nothing => None,
        Rows::All => Some(BTreeSet::new()),
        Rows::Matching(filter) => Some(conjuncts(&filter.render(None))),
    };
    let mask = |leaf: &str| {
        let path: Vec<&str> = leaf.split('.').collect();
        let mask = obligations
            .masks
            .iter()
            .find(|m| m.path.iter().zip(&path).all(|(a, b)| a == b));
        mask.map(|mask| mask.mask.name().to_owned())
    };
    Ok((rows, LEAVES.iter().map(|leaf| mask(leaf)).collect()))
}

/// Takes ANDs apart, brackets too. The filters of these tests hold no AND of their own.
fn conjuncts(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut depth = 0;
    let mut start = 0;
    let mut parts = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ' ' if depth == 0 && text.get(at..).unwrap().starts_with(" AND ") => {
                parts.push(text.get(start..at).unwrap());
                start = at + 5;
            }
            _ => {}
        }
    }
    if parts.is_empty() {
        return BTreeSet::from([text.to_owned()]);
    }
    parts.push(text.get(start..).unwrap());
    for part in parts {
        found.extend(conjuncts(
            part.strip_prefix('(')
                .and_then(|p| p.strip_suffix(')'))
                .unwrap_or(part),
        ));
    }
    found
}

fn subjects() -> impl Strategy<Value = Subjects> {
    let some = |names: &'static [&'static str]| {
        subsequence(names, 0..=1).prop_map(|names| {
            names
                .into_iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        })
    };
    (
        some(&["u1", "u2"]),
        some(&["g1", "g2", "public"]),
        some(&["r1", "r2", "r3"]),
    )
        .prop_map(|(users, groups, roles)| Subjects {
            users,
            groups,
            roles,
        })
}

fn to() -> impl Strategy<Value = Subjects> {
    subjects().prop_map(|mut to| {
        if to == Subjects::default() {
            to.groups.push("public".into());
        }
        to
    })
}

fn except() -> impl Strategy<Value = Subjects> {
    prop_oneof![3 => Just(Subjects::default()), 1 => subjects()]
}

fn on() -> impl Strategy<Value = Target> {
    let tables = (
        select(vec![
            "*.*.t1", "c.d.t1", "c.d.*", "*.d.t?", "*.*.*", "c.*.t2", "C.d.t1", "c.d.T1",
        ]),
        subsequence(vec!["*.*.t2", "c.d.t1", "*.*.T1"], 0..=1),
    );
    let physicals = (
        select(vec![
            "k://*/p1", "k://h/p1", "k://h/*", "k://h/p?", "*://*/p2",
        ]),
        subsequence(vec!["k://h/p2"], 0..=1),
    );
    let exclude = |names: Vec<&str>| names.into_iter().map(ToString::to_string).collect();
    prop_oneof![
        tables.prop_map(move |(table, out)| Target {
            table: Some(table.into()),
            exclude: exclude(out),
            ..Target::default()
        }),
        physicals.prop_map(move |(name, out)| Target {
            physical: Some(name.into()),
            exclude: exclude(out),
            ..Target::default()
        }),
    ]
}

fn rule(number: usize) -> impl Strategy<Value = RuleDecl> {
    let id = format!("rule-{number}");
    let (id2, id3) = (id.clone(), id.clone());
    let columns = subsequence(vec!["a", "b", "r", "r.x", "r.*", "*", "?"], 1..=2);
    prop_oneof![
        (to(), except(), on(), any::<bool>()).prop_map(move |(to, except, on, permissive)| {
            let mode = if permissive {
                Mode::Permissive
            } else {
                Mode::Restrictive
            };
            RuleDecl::RowFilter(RowFilterDecl {
                id: id.clone(),
                description: None,
                to,
                except,
                on,
                filter: format!("a = {number}"),
                mode,
                valid: Valid::default(),
            })
        }),
        (
            to(),
            except(),
            on(),
            columns,
            select(vec!["MASK_HASH", "MASK_NULL", "MASK_NONE"]),
            0..3i32
        )
            .prop_map(move |(to, except, mut on, columns, mask, priority)| {
                on.columns = columns.into_iter().map(ToString::to_string).collect();
                RuleDecl::ColumnMask(ColumnMaskDecl {
                    id: id2.clone(),
                    description: None,
                    to,
                    except,
                    on,
                    mask: MaskRef::Name(mask.into()),
                    priority,
                    when: None,
                    inherit: Inherit::default(),
                    aggregate: Aggregate::default(),
                    valid: Valid::default(),
                })
            }),
        (to(), except(), on(), any::<bool>(), 0..3i32).prop_map(
            move |(to, except, on, allow, priority)| {
                let effect = if allow { Effect::Allow } else { Effect::Deny };
                RuleDecl::Access(AccessDecl {
                    id: id3.clone(),
                    description: None,
                    effect,
                    to,
                    except,
                    on,
                    privileges: vec![Privilege::Select],
                    priority,
                    valid: Valid::default(),
                })
            }
        ),
    ]
}

pub(super) fn documents() -> impl Strategy<Value = Document> {
    let rules = (0..8usize).prop_flat_map(|count| (0..count).map(rule).collect::<Vec<_>>());
    let defaults = (
        any::<bool>(),
        select(vec![
            NoMatchingFilter::Deny,
            NoMatchingFilter::Empty,
            NoMatchingFilter::All,
        ]),
    );
    let role = |name: &str, users: &[&str], groups: &[&str], roles: &[&str]| {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        RoleDecl {
            name: name.into(),
            description: None,
            users: owned(users),
            groups: owned(groups),
            roles: owned(roles),
        }
    };
    (rules, defaults).prop_map(move |(rules, (allow, no_matching_filter))| Document {
        servers: Vec::new(),
        api_version: API_VERSION.into(),
        version: 1,
        defaults: Defaults {
            access: if allow { Effect::Allow } else { Effect::Deny },
            no_matching_filter,
            ..Defaults::default()
        },
        roles: vec![
            role("r1", &["u1"], &[], &[]),
            role("r2", &[], &["g2"], &["r1"]),
            role("r3", &[], &[], &["r2"]),
        ],
        masks: Default::default(),
        tags: Default::default(),
        inheritance: Default::default(),
        strict_functions: Vec::new(),
        excerpt: None,
        principal: None,
        rules,
    })
}

pub(super) fn principals() -> impl Strategy<Value = Principal> {
    (
        select(vec!["u1", "u2", "u3"]),
        subsequence(vec!["g1", "g2"], 0..=2),
        subsequence(vec!["r1", "r2", "r3"], 0..=1),
    )
        .prop_map(|(user, groups, roles)| Principal {
            user: user.into(),
            groups: groups.into_iter().map(ToString::to_string).collect(),
            roles: roles.into_iter().map(ToString::to_string).collect(),
            attributes: Default::default(),
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decide_agrees_with_reference(
        document in documents(),
        who in principals(),
        name in select(vec!["c.d.t1", "c.d.t2", "c.x.t1", "x.y.z"]),
        physical in subsequence(vec!["k://h/p1", "k://h/p2", "k://x/p1"], 0..=2),
        user_named in any::<bool>(),
    ) {
        let text = serde_json::to_string(&document).unwrap();
        let policy = Policy::load(&text, "random").unwrap_or_else(|error| panic!("{error}\n{text}"));
        let columns = [column("a", TypeKind::Int), column("b", TypeKind::Int), column("r", row(&[("x", STRING), ("y", STRING)]))];
        let physical: Vec<String> = physical.into_iter().map(ToString::to_string).collect();
        let name = table(name);
        let resource = Resource { physical: &physical, columns: Some(&columns), user_named, ..Resource::named(&name) };
        let reference = Reference { document: &document, who: &who };
        let access = policy.access(&who, &resource, Privilege::Select, now());
        prop_assert_eq!(access.is_err(), reference.denied(&resource, Privilege::Select));
        prop_assert_eq!(decided(&policy, &who, &resource), expected(&reference, &resource));
    }
}
