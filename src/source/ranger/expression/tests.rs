//! The little language by example: what it says, and what it refuses.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::*;
use crate::source::ranger::document::{ServiceDef, Tag};
use crate::source::ranger::facts::Attributes;
use crate::source::ranger::options::Mode;
use crate::source::ranger::{Context, Documents, Options, Service};

/// Evaluates under fixed facts: ann of groups `a` and `b`, with role `r`, at the start of February 2026, for a resource with two tags.
fn with<T>(mode: Mode, text: &str, ask: impl FnOnce(&Expression, &Facts<'_>) -> T) -> T {
    let def: ServiceDef =
        serde_json::from_value(json!({ "name": "s", "resources": [{ "name": "table" }] })).unwrap();
    let mut documents = Documents::default();
    documents.policies.service_def = def;
    let service = Service::load(&documents, Options::default()).unwrap();
    let tags: Vec<Tag> = serde_json::from_value(json!([
        { "type": "PII", "attributes": { "level": "high", "score": "0.7", "expiry": "2026/02/01" } },
        { "type": "OLD", "attributes": { "expiry": "2026-01-01T00:00:00.000Z", "level": "low" } },
    ]))
    .unwrap();
    let tags: Vec<&Tag> = tags.iter().collect();
    let attributes = |pairs: &[(&str, &str)]| -> Attributes {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    let user = attributes(&[("dept", "eng"), ("empty", "")]);
    let groups = [("b".to_owned(), attributes(&[("site", "oslo")]))].into();
    let (resource, context) = (service.resource([("table", "t1")]), Context::default());
    let names =
        |list: &[&str]| -> Vec<String> { list.iter().map(|name| (*name).to_owned()).collect() };
    let (own_groups, roles) = (names(&["a", "b"]), names(&["r"]));
    let at: Timestamp = "2026-02-01T00:00:00Z".parse().unwrap();
    let facts = Facts {
        user: "ann",
        groups: &own_groups,
        roles: &roles,
        user_attributes: Some(&user),
        group_attributes: &groups,
        resource: &resource,
        access_type: "select",
        at,
        tags: &tags,
        tag: tags.first().copied(),
        context: &context,
        mode,
        zone: &TimeZone::UTC,
    };
    ask(
        &Expression::parse(text).unwrap_or_else(|_| panic!("{text}")),
        &facts,
    )
}

fn holds(text: &str) -> Option<bool> {
    with(Mode::Closed, text, Expression::holds)
}

fn text(source: &str) -> Option<String> {
    with(Mode::Closed, source, Expression::text)
}

#[test]
fn what_holds() {
    for source in [
        "USER.dept == 'eng'",
        "USER['dept'] === \"eng\" && USER._name == 'ann'",
        "UG['b'].site == 'oslo' || USER.dept == 'hr'",
        "UGA.sVal['site'] == 'oslo'",
        "TAG.level == 'high' && tag.score > 0.6",
        "tagAttr.get('score') < 2",
        "TAGS['OLD'].level == 'low' && TAG._type == 'PII'",
        "if ( ctx.isAccessedBefore('expiry') ) ctx.result = true;",
        "if (ctx.isAccessedAfter('expiry')) { ctx.result = true; }",
        "ctx.isAccessedAfter('nothing')",
        "ctx.result = IS_IN_ROLE('r') && !IS_IN_ROLE('s')",
        "IS_IN_GROUP('a') && IS_IN_ANY_GROUP && !IS_NOT_IN_ANY_ROLE",
        "UGNAMES.includes('b') && !URNAMES.includes('b') && TAGNAMES.includes('OLD')",
        "HAS_TAG('PII') && HAS_ANY_TAG && !(HAS_NO_TAG)",
        "HAS_USER_ATTR('dept') && HAS_UG_ATTR('site') && HAS_TAG_ATTR('level') && !HAS_USER_ATTR('x')",
        "REQ.accessType == 'select' && REQ.user == 'ann' && RES.table == 't1'",
        "IS_ACCESS_TIME_BETWEEN('2026/02/01', '2026/02/02') && !IS_ACCESS_TIME_AFTER('2026/02/01')",
        "IS_ACCESS_TIME_BEFORE('2026/02/01 09:00', 'Asia/Shanghai')",
        "GET_USER_ATTR('dept') == 'eng'",
        "true && 1 <= 2",
    ] {
        assert_eq!(holds(source), Some(true), "{source}");
    }
}

#[test]
fn what_is_missing_decides_nothing() {
    for source in [
        "USER.team == 'x'",
        "USER.team != 'x'",
        "!(USER.team == 'x')",
        "TAG.nothing > 1",
        "UG['z'].site == 'oslo'",
    ] {
        assert_eq!(holds(source), None, "{source}");
        assert!(
            with(Mode::LikeRanger, source, Expression::holds).is_some(),
            "{source}"
        );
    }
    assert_eq!(holds("USER.team == 'x' || USER.dept == 'eng'"), Some(true));
    assert_eq!(holds("USER.team == 'x' && USER.dept == 'hr'"), Some(false));
}

#[test]
fn values_are_written_as_ranger_writes_them() {
    assert_eq!(text("USER.dept").unwrap(), "eng");
    assert_eq!(text("GET_UG_NAMES()").unwrap(), "a,b");
    assert_eq!(text("GET_UG_NAMES_Q()").unwrap(), "'a','b'");
    assert_eq!(text("UR_NAMES_Q_CSV").unwrap(), "'r'");
    assert_eq!(
        text("GET_UG_ATTR_Q('site', null, ';', '{', '}')").unwrap(),
        "{oslo}"
    );
    assert_eq!(text("GET_USER_ATTR('team', 'none')").unwrap(), "none");
    assert_eq!(text("GET_USER_ATTR_NAMES()").unwrap(), "dept,empty");
    assert_eq!(text("GET_UG_ATTR_CSV('nothing')"), None);
    assert_eq!(text("USER.team"), None);
    assert_eq!(
        with(Mode::LikeRanger, "USER.team", Expression::text).unwrap(),
        ""
    );
}

#[test]
fn everything_else_is_refused() {
    let deep = format!("{}true{}", "(".repeat(100), ")".repeat(100));
    for source in [
        "",
        "test",
        "java.lang.Runtime.getRuntime()",
        "USER.dept = 'eng'",
        "USER.dept == 'eng'; true",
        "ctx.getClass()",
        "ctx.setResult(true)",
        "ctx.result = true; ctx.result = false",
        "for (;;) {}",
        "USER.dept.length > 2",
        "'\\x41' == 'A'",
        "`x`",
        "USER[dept]",
        "HAS_TAG",
        "HAS_TAG('a', 'b')",
        "UG_NAMES",
        "GET_UG_NAMES",
        "IS_ACCESS_TIME_AFTER('soon')",
        "IS_ACCESS_TIME_AFTER('2026/02/01', 'Asia/Atlantis')",
        "1 + 1 == 2",
        deep.as_str(),
    ] {
        assert!(Expression::parse(source).is_err(), "{source}");
    }
}
