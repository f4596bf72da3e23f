//! Our own small download, through the gate: what each user gets of the same statements.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sqlsec::policy::{Document, RuleDecl};
use sqlsec::source::Question;
use sqlsec::source::ranger::document::{
    Roles, ServiceDef, ServicePolicies, ServiceTags, UserStore,
};
use sqlsec::source::ranger::{
    Documents, HiddenColumns, Mapping, NoMapping, Options, RangerSource, Service, answer, read,
};
use sqlsec::{Catalog, Gate, Principal, Request, SubmitCheck};

use crate::case::root;

const TABLES: &str = "
CREATE TABLE shop.public.orders (order_id INT, name STRING, amount DECIMAL(10, 2), margin INT, region STRING) WITH ('connector' = 'kafka', 'topic' = 'shop.orders', 'properties.bootstrap.servers' = 'kafka:9092', 'format' = 'json');
CREATE TABLE shop.public.users (name STRING, team STRING, phone STRING, birthday DATE, allergies STRING) WITH ('connector' = 'datagen');
CREATE TABLE shop.public.old_orders (order_id INT) WITH ('connector' = 'datagen');
CREATE TABLE shop.public.payroll (name STRING, salary INT) WITH ('connector' = 'datagen');
CREATE TABLE shop.public.report_day (name STRING, phone STRING) WITH ('connector' = 'kafka', 'topic' = 'report.day', 'properties.bootstrap.servers' = 'kafka:9092', 'format' = 'json');
";

fn fixture<T: serde::de::DeserializeOwned>(file: &str) -> T {
    let path = root().join("fixtures/ranger").join(file);
    read(&fs::read(path).expect("a fixture")).expect("a document of the download API")
}

pub fn documents() -> Documents {
    Documents {
        policies: fixture::<ServicePolicies>("policies.json"),
        roles: Some(fixture::<Roles>("roles.json")),
        tags: Some(fixture::<ServiceTags>("tags.json")),
        users: Some(fixture::<UserStore>("users.json")),
    }
}

/// 2026-02-01: before what expires, in carol's time.
fn early() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_769_904_000)
}

/// 2026-08-01: after both.
fn late() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_785_542_400)
}

struct Desk {
    gate: Gate,
    service: Arc<Service>,
    mapping: Mapping,
    now: SystemTime,
}

fn desk_of(documents: &Documents, mapping: Mapping, now: SystemTime) -> Desk {
    let service = Arc::new(Service::load(documents, Options::default()).expect("a service"));
    let mut mapping = mapping;
    mapping.defaults.unknown_connector = sqlsec::policy::DefaultDeny::Allow;
    let source = RangerSource::new(Arc::clone(&service), mapping.clone(), move || now);
    let mut catalog = Catalog::default();
    catalog.add_sql(TABLES, "tables").expect("tables");
    Desk {
        gate: Gate::new(Arc::new(source), Arc::new(catalog)),
        service,
        mapping,
        now,
    }
}

fn desk(now: SystemTime) -> Desk {
    desk_of(&documents(), Mapping::flink(), now)
}

impl Desk {
    fn request(user: &str, sql: &str) -> Request {
        let (user, group) = user.split_once('@').unwrap_or((user, ""));
        let groups = [group].into_iter().filter(|group| !group.is_empty());
        let who = Principal {
            user: user.to_owned(),
            groups: groups.map(str::to_owned).collect(),
            ..Principal::default()
        };
        Request::new(who, sql)
    }

    fn sql(&self, user: &str, sql: &str) -> String {
        let reply = self.gate.check(&Self::request(user, sql));
        let errors = format!("{:?}", reply.decision.errors());
        reply
            .decision
            .sql()
            .unwrap_or_else(|| panic!("{user}: {sql}: {errors}"))
            .to_owned()
    }

    fn denied(&self, user: &str, sql: &str) -> String {
        let reply = self.gate.check(&Self::request(user, sql));
        assert!(
            reply.decision.sql().is_none(),
            "{user}: {sql}: {:?}",
            reply.decision.sql()
        );
        reply
            .decision
            .errors()
            .iter()
            .map(|error| format!("{} ", error.code))
            .collect()
    }

    fn document(&self, user: &str, sql: &str) -> Document {
        let request = Self::request(user, sql);
        let question: Question = self.gate.question(&request);
        let at = self.now.try_into().expect("a time");
        answer(&self.service, &self.mapping, &question, at).0
    }
}

/// The descriptions of the rules that deny.
fn closings(document: &Document) -> Vec<String> {
    let rules = document.rules.iter().filter_map(|rule| match rule {
        RuleDecl::Access(rule) => rule.description.clone().filter(|text| text.contains(": ")),
        RuleDecl::RowFilter(_) | RuleDecl::ColumnMask(_) => None,
    });
    rules.collect()
}

#[test]
fn the_fixture_loads_without_a_note_that_nobody_expects() {
    let service = Service::load(&documents(), Options::default()).expect("a service");
    assert_eq!(service.notes(), []);
    assert_eq!(service.incomplete(), None);
    assert_eq!(
        (service.name(), service.kind(), service.edition()),
        ("shop_flink", "flink", 40 + 3 + 5 + 2 + 9)
    );
    let own: ServiceDef = fixture("servicedef-flink.json");
    assert_eq!(documents().policies.service_def, own);
}

#[test]
fn rows_and_columns_are_those_of_ranger() {
    let desk = desk(early());
    let orders = desk.sql("alice", "SELECT * FROM shop.public.orders");
    assert!(orders.contains("region = 'beijing'"), "{orders}");
    assert!(
        orders.contains("region <> 'beijing'"),
        "a mask's condition: {orders}"
    );
    let users = desk.sql("alice", "SELECT * FROM shop.public.users");
    assert!(users.contains("CONCAT(LEFT(`name`, 1), 'red')"), "{users}");
    assert!(
        users.contains("SHA256(") && users.contains("NULL"),
        "{users}"
    );
    let support = desk.sql("bob@support", "SELECT phone FROM shop.public.users");
    assert!(!support.contains("SHA256("), "{support}");
    assert_eq!(
        desk.sql("owner", "SELECT * FROM shop.public.orders"),
        "SELECT * FROM shop.public.orders"
    );
}

/// ATTACKS E2.
#[test]
fn what_an_attribute_holds_is_a_literal_and_nothing_else() {
    let desk = desk(early());
    let orders = desk.sql("bob", "SELECT order_id FROM shop.public.orders");
    assert!(orders.contains("region = 'x'' OR ''1''=''1'"), "{orders}");
    // What looks like a marker of a mask is text too.
    let users = desk.sql("bob", "SELECT name FROM shop.public.users");
    assert!(
        users.contains("CONCAT(LEFT(`name`, 1), '{col}')"),
        "{users}"
    );
}

/// ATTACKS E3.
#[test]
fn what_is_missing_or_not_understood_closes_the_table_and_says_why() {
    let desk = desk(early());
    // grace has no region and no team; her groups fill a list.
    let document = desk.document("grace@o'hara", "SELECT order_id FROM shop.public.orders");
    assert!(
        closings(&document)
            .iter()
            .any(|why| why.contains("`USER.region` has no value here")),
        "{document:?}"
    );
    let document = desk.document("grace@o'hara", "SELECT phone FROM shop.public.users");
    let filters: Vec<_> = document
        .rules
        .iter()
        .filter_map(|rule| match rule {
            RuleDecl::RowFilter(rule) => Some(rule.filter.as_str()),
            RuleDecl::ColumnMask(_) | RuleDecl::Access(_) => None,
        })
        .collect();
    assert_eq!(filters, ["team IN ('o''hara')"]);
    // mallory: a mask type of another engine, a filter that is no SQL; that the document calls her a super user changes nothing.
    let document = desk.document("mallory", "SELECT phone FROM shop.public.users");
    let closings = closings(&document).join("\n");
    assert!(
        closings.contains("mask type `SHUFFLE` is not known")
            && closings.contains("its SQL is not usable here (filter-syntax)"),
        "{closings}"
    );
    desk.denied("mallory", "SELECT team FROM shop.public.users");
}

#[test]
fn access_is_denied_where_no_policy_allows_it_and_where_one_denies_it() {
    let desk = desk(early());
    for (user, sql) in [
        ("stranger", "SELECT order_id FROM shop.public.orders"),
        ("alice", "SELECT name FROM shop.public.payroll"),
        (
            "alice",
            "INSERT INTO shop.public.users SELECT * FROM shop.public.users",
        ),
        ("alice", "DROP TABLE shop.public.users"),
        ("alice", "CREATE FUNCTION shop.public.f AS 'x.Y'"),
        ("alice", "SELECT x FROM other.public.t"),
    ] {
        desk.denied(user, sql);
    }
    desk.sql("owner", "SELECT name FROM shop.public.payroll");
    desk.sql(
        "alice",
        "INSERT INTO shop.public.report_day SELECT name, phone FROM shop.public.users",
    );
    // Ranger does not see a deny on a column when it is asked for the table: every column is asked for.
    desk.sql("eve", "SELECT order_id FROM shop.public.orders");
    for sql in [
        "SELECT margin FROM shop.public.orders",
        "SELECT * FROM shop.public.orders",
        "SELECT order_id FROM shop.public.orders WHERE margin > 3",
    ] {
        let codes = desk.denied("eve", sql);
        assert!(
            codes.split_whitespace().all(|code| code == "column-denied"),
            "{sql}: {codes}"
        );
    }
}

/// Bytes of a table of the site, read by a table of one's own: the name of its column says nothing of what is in it.
#[test]
fn a_declared_table_shows_no_column_that_may_not_be_read() {
    let mut documents = documents();
    // The topic is open to everybody.
    let topics = documents.policies.policies.iter_mut();
    let topic = topics
        .filter(|policy| policy.resources.contains_key("topic"))
        .find(|policy| {
            policy
                .policy_items
                .iter()
                .any(|item| !item.accesses.is_empty())
        })
        .expect("a policy on topics");
    for item in &mut topic.policy_items {
        item.groups = vec!["public".to_owned()];
    }
    // Masks close such a table by themselves.
    documents
        .policies
        .policies
        .retain(|policy| policy.policy_type.unwrap_or_default() == 0);
    documents.tags = Some(ServiceTags::default());
    for hidden in [
        HiddenColumns::Deny,
        HiddenColumns::Close,
        HiddenColumns::Null,
    ] {
        let mapping = Mapping {
            hidden,
            ..Mapping::flink()
        };
        let desk = desk_of(&documents, mapping, early());
        for (fields, format, read) in [
            ("line STRING", "raw", "line"),
            ("m INT, region STRING", "csv", "m"),
            ("order_id INT, margin INT, region STRING", "json", "margin"),
        ] {
            let script = format!(
                "CREATE TEMPORARY TABLE mine ({fields}) WITH ('connector' = 'kafka', 'topic' = 'shop.orders', 'properties.bootstrap.servers' = 'kafka:9092', 'format' = '{format}');\nSELECT {read} FROM mine"
            );
            let codes = desk.denied("eve", &script);
            println!("{hidden:?} {fields}: {codes}");
        }
    }
}

#[test]
fn a_table_with_a_column_that_may_not_be_read_is_closed_where_the_operator_says_so() {
    let mapping = Mapping {
        hidden: HiddenColumns::Close,
        ..Mapping::flink()
    };
    let desk = desk_of(&documents(), mapping, early());
    desk.denied("eve", "SELECT order_id FROM shop.public.orders");
    let document = desk.document("eve", "SELECT order_id FROM shop.public.orders");
    assert!(closings(&document)[0].contains("may not be read: column `margin`"));
}

#[test]
fn a_column_that_may_not_be_read_is_null_where_the_operator_says_so() {
    let mapping = Mapping {
        hidden: HiddenColumns::Null,
        ..Mapping::flink()
    };
    let desk = desk_of(&documents(), mapping, early());
    let orders = desk.sql("eve", "SELECT order_id, margin FROM shop.public.orders");
    assert!(orders.contains("CAST(NULL AS INT)"), "{orders}");
}

#[test]
fn schedules_and_tags_hold_by_the_clock() {
    let (early, late) = (desk(early()), desk(late()));
    early.sql("carol", "SELECT team FROM shop.public.users");
    late.denied("carol", "SELECT team FROM shop.public.users");
    early.sql("alice", "SELECT order_id FROM shop.public.old_orders");
    late.denied("alice", "SELECT order_id FROM shop.public.old_orders");
}

/// The submitter chooses the name, so the address decides; and what holds for the site's table over the same bytes is added.
#[test]
fn a_declared_table_is_judged_by_its_address() {
    let desk = desk(early());
    let declare = |name: &str, fields: &str| {
        format!(
            "CREATE TEMPORARY TABLE {name} ({fields}) WITH ('connector' = 'kafka', 'topic' = 'shop.orders', 'properties.bootstrap.servers' = 'kafka:9092', 'format' = 'json');\n"
        )
    };
    let fields = "order_id INT, name STRING, amount DECIMAL(10, 2), margin INT, region STRING";
    let script = declare("anything", fields) + "SELECT order_id, name FROM anything";
    let sql = desk.sql("alice", &script);
    assert!(
        sql.contains("region = 'beijing'") && sql.contains("REGEXP_REPLACE"),
        "{sql}"
    );
    desk.denied("stranger", &script);
    // The masked field under another name.
    desk.denied(
        "alice",
        &(declare("anything", &fields.replace("name", "n")) + "SELECT n FROM anything"),
    );
    let write = declare("sink", fields) + "INSERT INTO sink SELECT * FROM shop.public.orders";
    desk.denied("alice", &write);
}

#[test]
fn a_service_like_hives_is_about_one_catalog_that_is_named() {
    let mut documents = documents();
    let def = &mut documents.policies.service_def;
    def.resources
        .retain(|level| ["database", "table", "column"].contains(&level.name.as_str()));
    for level in &mut def.resources {
        level.parent = level.parent.replace("catalog", "");
    }
    for part in [&mut def.data_mask_def, &mut def.row_filter_def] {
        part.resources
            .retain(|level| ["database", "table", "column"].contains(&level.name.as_str()));
    }
    for policy in &mut documents.policies.policies {
        policy.resources.remove("catalog");
    }
    for tagged in &mut documents.tags.as_mut().expect("tags").service_resources {
        tagged.resource_elements.remove("catalog");
    }
    let service = Service::load(&documents, Options::default()).expect("a service");
    assert_eq!(
        Mapping::of(&service, None).err(),
        Some(NoMapping::WhichCatalog)
    );
    let mapping = Mapping::of(&service, Some("shop")).expect("a mapping");
    let desk = desk_of(&documents, mapping, early());
    assert!(
        desk.sql("alice", "SELECT * FROM shop.public.orders")
            .contains("region = 'beijing'")
    );
    let other = desk_of(&documents, Mapping::hive("elsewhere"), early());
    other.denied("alice", "SELECT order_id FROM shop.public.orders");
}

#[test]
fn policies_that_need_what_is_not_there_close_every_table() {
    for take in [
        |documents: &mut Documents| documents.roles = None,
        |documents: &mut Documents| documents.tags = None,
    ] {
        let mut documents = documents();
        take(&mut documents);
        let desk = desk_of(&documents, Mapping::flink(), early());
        desk.denied("owner", "SELECT order_id FROM shop.public.orders");
    }
}

#[test]
fn every_rule_names_its_policy() {
    let desk = desk(early());
    let document = desk.document(
        "alice",
        "INSERT INTO shop.public.report_day SELECT name, phone FROM shop.public.users",
    );
    assert!(document.rules.len() >= 5);
    for rule in &document.rules {
        let id = match rule {
            RuleDecl::RowFilter(rule) => &rule.id,
            RuleDecl::ColumnMask(rule) => &rule.id,
            RuleDecl::Access(rule) => &rule.id,
        };
        assert!(id.starts_with("ranger:"), "{id}");
    }
}

/// Ranger finds a tag's policies by what their values begin with, and does not compare the rest: `*_PII` is about every tag there. What is not about
/// this tag when it is compared must not open it here.
#[test]
fn a_tag_policy_that_is_about_another_tag_exempts_from_no_mask() {
    let mut documents = documents();
    let tagged = documents.policies.tag_policies.as_mut().expect("tags");
    let exempt = serde_json::json!({
        "id": 399, "name": "a first one", "policyType": 1, "policyPriority": 1, "resources": { "tag": { "values": ["*_PII"] } },
        "dataMaskPolicyItems": [{
            "accesses": [{ "type": "flink:select", "isAllowed": true }], "groups": ["public"],
            "dataMaskInfo": { "dataMaskType": "flink:MASK_NONE" },
        }],
        "version": 1, "isEnabled": true,
    });
    tagged
        .policies
        .push(serde_json::from_value(exempt).expect("a policy"));
    let desk = desk_of(&documents, Mapping::flink(), early());
    let reply = desk.gate.check(&Desk::request(
        "alice",
        "SELECT allergies FROM shop.public.users",
    ));
    let shown = reply.decision.sql().unwrap_or_default();
    assert!(
        shown.is_empty() || shown.contains("CAST(NULL AS STRING) AS `allergies`"),
        "{shown}"
    );
}
