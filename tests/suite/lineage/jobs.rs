//! Jobs one after the other through the engine: what a reader sees of tables that others wrote.

use std::sync::Arc;

use sqlsec::check::{Code, Decision};
use sqlsec::lineage::store::{Known, LineageError, LineageSource, LineageStore, MemoryStore};
use sqlsec::{Catalog, Engine, Policy, Principal, Reply, Request, SubmitCheck};

const TABLES: &str = "\
CREATE TABLE lake.d.a (id BIGINT, name STRING, age INT, phone STRING, up AS UPPER(phone)) WITH ('connector' = 'filesystem', 'path' = 's3://lake/a', 'format' = 'json');
CREATE TABLE lake.d.b (id BIGINT, city STRING) WITH ('connector' = 'filesystem', 'path' = 's3://lake/b', 'format' = 'json');
CREATE TABLE lake.d.c (id BIGINT, age INT, city STRING) WITH ('connector' = 'filesystem', 'path' = 's3://lake/c', 'format' = 'json');
CREATE TABLE lake.d.e (id BIGINT, txt STRING) WITH ('connector' = 'filesystem', 'path' = 's3://lake/e', 'format' = 'json');
CREATE TABLE lake.d.k (id BIGINT, age INT, city STRING) WITH ('connector' = 'kafka', 'topic' = 'k', 'properties.bootstrap.servers' = 'b1:9092', 'format' = 'json');
CREATE VIEW lake.d.va AS SELECT id, age AS years, phone FROM lake.d.a;
";

const HEAD: &str = "\
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow, unknown_connector: deny, no_matching_filter: deny, unknown_lineage: allow }
masks:
  encrypt: { expression: 'encrypt({col})' }
rules:
  - { id: make, type: access, effect: allow, to: { groups: [public] }, on: { object: '**' }, privileges: [create, drop, truncate] }
";

const ENCRYPT: &str = "  - { id: ages, type: column_mask, to: { users: [masked] }, on: { table: lake.d.a, columns: [age] }, mask: encrypt }\n";

/// A site with a store.
struct Site {
    store: Arc<MemoryStore>,
    policy: String,
    catalog: Catalog,
}

impl Site {
    fn new(rules: &str) -> Self {
        let mut catalog = Catalog::default();
        catalog.add_sql(TABLES, "tables.sql").expect("a catalog");
        Self {
            store: Arc::default(),
            policy: format!("{HEAD}{rules}"),
            catalog,
        }
    }

    fn check(&self, user: &str, sql: &str) -> Reply {
        let policy = Policy::load(&self.policy, "policy").expect("a policy");
        let store = Arc::clone(&self.store) as Arc<dyn LineageSource>;
        let engine = Engine::new(policy, self.catalog.clone()).lineage(store);
        let principal = Principal {
            user: user.to_owned(),
            ..Principal::default()
        };
        let mut request = Request::new(principal, sql);
        request.job = Some(format!("job of {user}"));
        engine.check(&request)
    }

    /// Checks and submits.
    fn runs(&self, user: &str, sql: &str) -> String {
        let reply = self.check(user, sql);
        let Some(done) = reply.decision.sql() else {
            panic!("{:?}", reply.decision.errors())
        };
        if let Some(record) = &reply.lineage {
            let id = self.store.pending(record).expect("a record");
            self.store.commit(id).expect("a pending record");
            self.store.ended(id).expect("a committed record");
        }
        done.to_owned()
    }

    /// What somebody would submit to read.
    fn reads(&self, user: &str, sql: &str) -> String {
        let reply = self.check(user, sql);
        match &reply.decision {
            Decision::Allow { sql, .. } => sql.as_str().to_owned(),
            Decision::Deny { errors } => panic!("{errors:?}"),
        }
    }

    fn denied(&self, user: &str, sql: &str) -> Code {
        let reply = self.check(user, sql);
        let errors = reply.decision.errors();
        errors.first().map(|e| e.code).expect("a denial")
    }
}

const JOIN: &str = "INSERT INTO lake.d.c SELECT a.id, a.age, b.city FROM lake.d.a AS a JOIN lake.d.b AS b ON a.id = b.id";
const READ: &str = "SELECT age FROM lake.d.c";

#[test]
fn c_inherits_the_encryption_of_a_in_a_later_job() {
    let site = Site::new(ENCRYPT);
    assert_eq!(site.reads("masked", READ), READ, "nobody has written");
    site.runs("trusted", JOIN);
    assert_eq!(
        site.reads("masked", READ),
        "SELECT age FROM (SELECT `id`, CAST(encrypt(`age`) AS INT) AS `age`, `city` FROM lake.d.c) AS `c`"
    );
    assert_eq!(site.reads("trusted", READ), READ);
    let reply = site.check("masked", READ);
    let mask = &reply.statements[0].applied[0].masks[0];
    assert_eq!(
        (mask.column.as_slice(), mask.rule.as_str()),
        (&["age".to_owned()][..], "ages")
    );
    let from = mask.inherited.as_ref().expect("where it comes from");
    let source = from.from.as_ref().expect("a source");
    assert_eq!(source.column.as_deref(), Some("age"));
    assert_eq!(source.dataset.name.to_string(), "lake.d.a");
    assert_eq!(from.jobs, ["job of trusted"]);
}

#[test]
fn what_a_masked_person_has_written_is_not_encrypted_twice() {
    let site = Site::new(ENCRYPT);
    let written = site.runs("masked", JOIN);
    assert!(written.contains("encrypt(`age`)"), "{written}");
    assert_eq!(site.reads("masked", READ), READ);
    assert_eq!(site.reads("trusted", READ), READ);
}

#[test]
fn rows_of_both_are_redacted() {
    let site = Site::new(ENCRYPT);
    site.runs("masked", JOIN);
    site.runs("trusted", JOIN);
    let read = site.reads("masked", READ);
    assert!(read.contains("CAST(NULL AS INT) AS `age`"), "{read}");
}

#[test]
fn a_rule_that_is_written_later_protects_at_the_next_read() {
    let mut site = Site::new("");
    site.runs("trusted", JOIN);
    assert_eq!(site.reads("masked", READ), READ);
    site.policy.push_str(ENCRYPT);
    assert!(site.reads("masked", READ).contains("encrypt(`age`)"));
}

#[test]
fn a_rule_on_the_column_itself_wins() {
    let shown = "  - { id: shown, type: column_mask, to: { users: [masked] }, on: { table: lake.d.c, columns: [age] }, mask: MASK_NONE }\n";
    let site = Site::new(&format!("{ENCRYPT}{shown}"));
    site.runs("trusted", JOIN);
    assert_eq!(site.reads("masked", READ), READ);
    let null = "  - { id: none, type: column_mask, to: { users: [masked] }, on: { table: lake.d.c, columns: [age] }, mask: MASK_NULL }\n";
    let site = Site::new(&format!("{ENCRYPT}{null}"));
    site.runs("trusted", JOIN);
    let read = site.reads("masked", READ);
    assert!(
        !read.contains("encrypt") && read.contains("CAST(NULL AS INT)"),
        "{read}"
    );
}

#[test]
fn statements_of_one_script_protect_those_after_them() {
    let site = Site::new(ENCRYPT);
    for script in [
        // The submitter sees `a` under the mask, so what is written is masked already.
        ("masked", false),
        ("trusted", false),
    ] {
        let (user, masks) = script;
        let read = site.reads(user, &format!("{JOIN};\n{READ}"));
        assert_eq!(
            read.matches("encrypt(`age`)").count(),
            usize::from(user == "masked"),
            "{read}"
        );
        assert_eq!(read.ends_with(READ), !masks, "{read}");
    }
    // A column that no single mask of the source fits.
    let part = "  - { id: phones, type: column_mask, to: { users: [masked] }, on: { table: lake.d.a, columns: [phone] }, mask: MASK_SHOW_LAST_4, when: \"name <> 'me'\" }\n";
    let site = Site::new(part);
    let script = "INSERT INTO lake.d.e SELECT id, phone FROM lake.d.a;\nSELECT txt FROM lake.d.e";
    let read = site.reads("masked", script);
    let second = read.split(";\n").nth(1).expect("two statements");
    assert!(
        second.contains("REGEXP_REPLACE(`txt`"),
        "a mask with `when` counts as raw: {second}"
    );
}

#[test]
fn tables_of_the_session_hand_masks_on() {
    let part = "  - { id: phones, type: column_mask, to: { users: [masked] }, on: { table: lake.d.a, columns: [phone] }, mask: encrypt, when: \"name <> 'me'\" }\n";
    let site = Site::new(part);
    let script = "CREATE TEMPORARY TABLE t (id BIGINT, p STRING) WITH ('connector' = 'filesystem', 'path' = 's3://tmp/t', 'format' = 'json');
INSERT INTO t SELECT id, phone FROM lake.d.a;
INSERT INTO lake.d.e SELECT id, UPPER(p) FROM t;
SELECT txt FROM lake.d.e";
    let read = site.reads("masked", script);
    // A mask with `when` leaves raw rows in `t`: it is read under the whole mask, and what comes of it is masked.
    let [.., third, last] = read.split(";\n").collect::<Vec<_>>()[..] else {
        panic!("{read}")
    };
    assert!(
        third.contains("CAST(encrypt(`p`) AS STRING) AS `p`"),
        "{read}"
    );
    assert_eq!(last, "SELECT txt FROM lake.d.e");
}

#[test]
fn views_and_computed_columns_are_seen_through() {
    for (rule, sql) in [
        ("phone", "INSERT INTO lake.d.e SELECT id, up FROM lake.d.a"),
        (
            "phone",
            "INSERT INTO lake.d.e SELECT id, phone FROM lake.d.va",
        ),
        (
            "phone",
            "INSERT INTO lake.d.e WITH x AS (SELECT id, LOWER(phone) AS p FROM lake.d.va) SELECT id, p FROM x",
        ),
        (
            "phone",
            "INSERT INTO lake.d.e SELECT id, (SELECT MAX(phone) FROM lake.d.a) FROM lake.d.b",
        ),
    ] {
        let rules = format!(
            "  - {{ id: r, type: column_mask, to: {{ users: [masked] }}, on: {{ table: lake.d.a, columns: [{rule}] }}, mask: encrypt }}\n"
        );
        let site = Site::new(&rules);
        site.runs("trusted", sql);
        let read = site.reads("masked", "SELECT txt FROM lake.d.e");
        assert!(read.contains("encrypt(`txt`)"), "{sql}\n{read}");
    }
}

#[test]
fn a_table_that_a_script_declares_over_the_bytes_inherits_too() {
    let site = Site::new(ENCRYPT);
    site.runs("trusted", JOIN);
    let declared = |columns: &str, path: &str, format: &str| {
        format!(
            "CREATE TEMPORARY TABLE mine ({columns}) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = '{format}');\nSELECT * FROM mine"
        )
    };
    let read = site.reads(
        "masked",
        &declared("id BIGINT, age INT", "s3a://lake/c/", "json"),
    );
    assert!(read.contains("encrypt(`age`)"), "{read}");
    let read = site.reads(
        "masked",
        &declared("id BIGINT, age INT", "s3://lake/c/dt=1", "json"),
    );
    assert!(read.contains("encrypt(`age`)"), "{read}");
    // Formats that read by position: any column may be the age.
    for columns in ["id BIGINT, age INT", "x BIGINT, y INT", "id BIGINT"] {
        let code = site.denied("masked", &declared(columns, "s3://lake/c", "csv"));
        assert_eq!(code, Code::SchemaUntrusted, "{columns}");
    }
    let read = site.reads(
        "masked",
        &declared("id BIGINT, other INT", "s3://lake/c", "json"),
    );
    assert!(read.contains("CAST(NULL AS INT) AS `other`"), "{read}");
    let read = site.reads("masked", &declared("id BIGINT", "s3://lake/c", "json"));
    assert!(read.ends_with("SELECT * FROM mine"), "{read}");
}

#[test]
fn a_source_that_is_closed_to_the_reader_is_redacted_and_not_named() {
    let closed = "  - { id: closed, type: access, effect: deny, to: { users: [masked] }, on: { table: lake.d.a }, privileges: [select] }\n";
    let site = Site::new(closed);
    site.runs("trusted", JOIN);
    let read = site.reads("masked", "SELECT * FROM lake.d.c");
    assert!(
        read.contains("CAST(NULL AS INT) AS `age`")
            && read.contains("CAST(NULL AS BIGINT) AS `id`"),
        "{read}"
    );
    assert!(read.contains("`city` FROM"), "{read}");
    let reply = site.check("masked", "SELECT * FROM lake.d.c");
    let text = serde_json::to_string(&reply).expect("JSON");
    assert!(!text.contains("lake/a"), "{text}");
}

#[test]
fn row_filters_of_sources_do_not_travel() {
    let filter = "  - { id: rows, type: row_filter, to: { users: [masked] }, on: { table: lake.d.a }, filter: 'age > 18' }\n  - { id: all, type: row_filter, to: { users: [trusted] }, on: { table: lake.d.a }, filter: 'TRUE' }\n";
    let site = Site::new(filter);
    site.runs("trusted", JOIN);
    assert_eq!(site.reads("masked", READ), READ);
}

#[test]
fn an_explicit_overwrite_replaces_and_a_topic_only_grows() {
    let clean = |table: &str| format!("INSERT OVERWRITE lake.d.{table} SELECT 1, 2, 'x'");
    let site = Site::new(ENCRYPT);
    site.runs("trusted", JOIN);
    site.runs("trusted", &JOIN.replace("lake.d.c", "lake.d.k"));
    assert!(site.reads("masked", READ).contains("encrypt"));
    let reply = site.check("trusted", &clean("c"));
    let id = site
        .store
        .pending(reply.lineage.as_ref().expect("a record"))
        .expect("pending");
    assert!(
        site.reads("masked", READ).contains("encrypt"),
        "what is pending replaces nothing"
    );
    site.store.commit(id).expect("a commit");
    assert!(
        site.reads("masked", READ).contains("encrypt"),
        "what was submitted may not have replaced anything yet"
    );
    site.store.ended(id).expect("an end");
    assert_eq!(site.reads("masked", READ), READ);
    site.runs("trusted", &clean("k"));
    assert!(
        site.reads("masked", "SELECT age FROM lake.d.k")
            .contains("encrypt")
    );
}

/// Whoever is masked must not be able to wash a table.
#[test]
fn a_script_cannot_replace_what_it_has_declared_itself() {
    for washing in [
        "CREATE TABLE mine WITH ('connector' = 'filesystem', 'path' = 's3://lake/c', 'format' = 'json') AS SELECT 1 AS age",
        "CREATE TEMPORARY TABLE mine (id BIGINT, age INT, city STRING) WITH ('connector' = 'filesystem', 'path' = 's3://lake/c', 'format' = 'json');\nINSERT OVERWRITE mine SELECT 1, 2, 'x'",
        "CREATE TEMPORARY VIEW c AS SELECT 1 AS id, 2 AS age, 'x' AS city",
        "INSERT OVERWRITE lake.d.c PARTITION (city = 'x') SELECT 1, 2",
        "EXPLAIN INSERT OVERWRITE lake.d.c SELECT 1, 2, 'x'",
        "DROP TABLE lake.d.c",
    ] {
        let site = Site::new(ENCRYPT);
        site.runs("trusted", JOIN);
        site.runs("masked", washing);
        assert!(site.reads("masked", READ).contains("encrypt"), "{washing}");
    }
}

#[test]
fn a_pending_record_protects_and_an_aborted_one_does_not() {
    let site = Site::new(ENCRYPT);
    let reply = site.check("trusted", JOIN);
    let id = site
        .store
        .pending(reply.lineage.as_ref().expect("a record"))
        .expect("pending");
    assert!(site.reads("masked", READ).contains("encrypt"));
    site.store.abort(id).expect("an abort");
    assert_eq!(site.reads("masked", READ), READ);
    assert!(matches!(site.store.commit(id), Err(LineageError::Unfit(_))));
}

#[test]
fn a_check_that_others_have_overtaken_is_stale() {
    let site = Site::new(ENCRYPT);
    let copy = "INSERT INTO lake.d.k SELECT * FROM lake.d.c";
    let reply = site.check("masked", copy);
    let record = reply.lineage.as_ref().expect("a record");
    let version = reply.lineage_version.expect("a version");
    site.runs(
        "trusted",
        "INSERT INTO lake.d.b SELECT id, name FROM lake.d.a",
    );
    site.store
        .pending_since(record, version)
        .expect("nothing that it reads has changed");
    site.runs("trusted", JOIN);
    assert_eq!(
        site.store.pending_since(record, version),
        Err(LineageError::Stale)
    );
}

#[test]
fn a_permission_service_is_asked_about_the_sources() {
    use crate::gate::Service;
    let site = Site::new(ENCRYPT);
    site.runs("trusted", JOIN);
    let service = Arc::new(Service::new(&site.policy));
    let store = Arc::clone(&site.store) as Arc<dyn LineageSource>;
    let source = Arc::clone(&service) as Arc<dyn sqlsec::source::PolicySource>;
    let gate = sqlsec::Gate::new(source, Arc::new(site.catalog.clone())).lineage(store);
    let principal = Principal {
        user: "masked".to_owned(),
        ..Principal::default()
    };
    let reply = gate.check(&Request::new(principal, READ));
    assert_eq!(
        reply.decision.sql(),
        Some(site.reads("masked", READ).as_str())
    );
    let asked = service.asked.lock().expect("what it was asked");
    let last = asked.last().expect("a question");
    let tables: Vec<String> = last
        .scope()
        .tables
        .keys()
        .map(ToString::to_string)
        .collect();
    assert!(tables.contains(&"lake.d.a".to_owned()), "{tables:?}");
}

#[test]
fn a_system_table_of_a_table_that_inherits_is_closed() {
    let mut site = Site::new(ENCRYPT);
    let other = |sql: &str| sql.replace("lake.d.c", "wh.d.c");
    let catalog = r#"{ "catalogs": [{ "name": "wh", "options": { "type": "paimon", "warehouse": "s3://wh" } }] }"#;
    site.catalog
        .add_json(catalog, "catalogs.json")
        .expect("a catalog");
    site.policy = site
        .policy
        .replace("unknown_connector: deny", "unknown_connector: allow");
    site.reads("masked", "SELECT * FROM wh.d.`c$audit_log`");
    site.runs("trusted", &other(JOIN));
    assert_eq!(
        site.denied("masked", "SELECT * FROM wh.d.`c$audit_log`"),
        Code::AccessDenied
    );
    assert_eq!(
        site.denied("masked", &other(READ)),
        Code::SchemaUnknown,
        "nobody knows its columns"
    );
    site.reads("trusted", &other(READ));
}

struct Broken;

impl LineageSource for Broken {
    fn snapshot(&self) -> Result<Arc<Known>, LineageError> {
        Err(LineageError::Unavailable("gone".to_owned()))
    }
}

#[test]
fn a_store_that_does_not_answer_denies() {
    let policy = Policy::load(HEAD, "policy").expect("a policy");
    let engine = Engine::new(policy, Catalog::default()).lineage(Arc::new(Broken));
    let reply = engine.check(&Request::new(Principal::default(), "SELECT 1"));
    assert_eq!(reply.decision.errors()[0].code, Code::LineageUnavailable);
}

#[test]
fn of_what_nobody_has_told_the_policy_may_close_the_table() {
    let mut site = Site::new(ENCRYPT);
    site.policy = site
        .policy
        .replace("unknown_lineage: allow", "unknown_lineage: deny");
    // A rule speaks of `a`; nobody has ever thought of `c`.
    site.reads("masked", "SELECT id FROM lake.d.a");
    assert_eq!(site.denied("masked", READ), Code::LineageUnknown);
    site.runs(
        "trusted",
        "INSERT INTO lake.d.c SELECT id, age, name FROM lake.d.a",
    );
    assert!(site.reads("masked", READ).contains("encrypt"));
    site.reads("masked", "SELECT 1");
    site.reads(
        "masked",
        "CREATE TEMPORARY TABLE g (x INT) WITH ('connector' = 'datagen');\nSELECT * FROM g",
    );
}

#[test]
fn an_inherited_mask_on_a_time_attribute_is_refused() {
    let rules = "  - { id: r, type: column_mask, to: { users: [masked] }, on: { table: lake.d.s, columns: [ts] }, mask: MASK_NULL }\n";
    let mut site = Site::new(rules);
    let tables = "CREATE TABLE lake.d.s (ts TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = 's3://lake/s', 'format' = 'json');
CREATE TABLE lake.d.w (ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 's3://lake/w', 'format' = 'json');";
    site.catalog.add_sql(tables, "more.sql").expect("a catalog");
    site.runs("trusted", "INSERT INTO lake.d.w SELECT ts FROM lake.d.s");
    assert_eq!(
        site.denied("masked", "SELECT * FROM lake.d.w"),
        Code::MaskedTimeAttribute
    );
}

#[test]
fn what_inherits_a_mask_is_protected_like_any_masked_table() {
    let site = Site::new(ENCRYPT);
    site.runs("trusted", JOIN);
    assert_eq!(
        site.denied("masked", "TRUNCATE TABLE lake.d.c"),
        Code::ChangeProtected
    );
}
