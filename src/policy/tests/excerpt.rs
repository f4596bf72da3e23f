//! An excerpt, sent as a service sends it, decides as the whole does: random policies, principals and tables, on the reader's side of the wire.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::reference::{documents, principals};
use super::*;
use crate::source::{
    Answer, Asked, Directory, Question, Scope, USERS_VERSION, UserDecl, UsersDocument, Whole, wire,
};

/// All that is decided about a table.
fn decided(policy: &Asked, who: &Principal, resource: &Resource<'_>) -> String {
    let access = [Privilege::Select, Privilege::Insert]
        .map(|privilege| policy.access(who, resource, privilege, now()));
    let obligations = policy.obligations(who, resource, now());
    let named = policy.names(resource, now());
    format!("{access:?} {obligations:?} {named}")
}

/// What a client holds after it has asked.
fn sent(whole: &Whole, question: &Question) -> Asked {
    let pairs = wire::query(&question.principal, question.scope());
    let pairs = pairs
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value));
    let (principal, scope) = wire::question(pairs).expect("a question");
    let text = serde_json::to_string(&whole.excerpt(&principal, &scope)).expect("JSON");
    let policy =
        Policy::load_answer(&text, "answer").unwrap_or_else(|error| panic!("{error}\n{text}"));
    Asked::answer(&Answer::to(Arc::new(question.clone()), Arc::new(policy)))
}

/// The same where the site lists its users: what is claimed goes over the wire and counts for nothing.
fn stated(whole: &Whole, question: &Question, users: &Directory) -> Asked {
    let document = whole.answer(&question.principal, question.scope(), Some(users));
    let text = serde_json::to_string(&document).expect("JSON");
    let policy =
        Policy::load_answer(&text, "answer").unwrap_or_else(|error| panic!("{error}\n{text}"));
    Asked::answer(&Answer::to(Arc::new(question.clone()), Arc::new(policy)))
}

fn listed(who: &Principal) -> Directory {
    let user = UserDecl {
        name: who.user.clone(),
        groups: who.groups.clone(),
        roles: who.roles.clone(),
        attributes: who.attributes.clone(),
    };
    let document = UsersDocument {
        api_version: USERS_VERSION.to_owned(),
        users: vec![user],
    };
    let text = serde_json::to_string(&document).expect("JSON");
    Directory::load(&text, "users").expect("users")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_excerpt_decides_as_the_whole(
        document in documents(),
        who in principals(),
        claims in principals(),
        name in select(vec!["c.d.t1", "c.d.t2", "c.x.t1", "x.y.z", "c.d.T1", "C.d.t1", "C.D.T2"]),
        also in subsequence(vec!["c.d.t1", "c.d.T1", "c.x.t2"], 0..=2),
        physical in subsequence(vec!["k://h/p1", "k://h/p2", "k://x/p1"], 0..=2),
        user_named in any::<bool>(),
        ignore_case in any::<bool>(),
    ) {
        let text = serde_json::to_string(&document).unwrap();
        let whole = Whole::load(&text, "random").unwrap_or_else(|error| panic!("{error}\n{text}"));
        let home = Asked::everything(Arc::new(Policy::load(&text, "random").unwrap()));
        let columns = [column("a", TypeKind::Int), column("b", TypeKind::Int), column("r", row(&[("x", STRING), ("y", STRING)]))];
        let physical: Vec<String> = physical.into_iter().map(ToString::to_string).collect();
        let also: Vec<_> = also.into_iter().map(table).collect();
        let name = table(name);
        let resource = Resource { physical: &physical, also: &also, columns: Some(&columns), user_named, ignore_case, ..Resource::named(&name) };
        let mut scope = Scope::default();
        for privilege in [Privilege::Select, Privilege::Insert] {
            scope.about(&resource, Some(privilege));
        }
        let answer = sent(&whole, &Question::new(who.clone(), scope));
        prop_assert_eq!(decided(&answer, &who, &resource), decided(&home, &who, &resource), "{}", text);
        let claimed = Principal { user: who.user.clone(), ..claims };
        let mut scope = Scope::default();
        for privilege in [Privilege::Select, Privilege::Insert] {
            scope.about(&resource, Some(privilege));
        }
        let answer = stated(&whole, &Question::new(claimed.clone(), scope), &listed(&who));
        prop_assert_eq!(decided(&answer, &claimed, &resource), decided(&home, &who, &resource), "{}", text);
    }
}
