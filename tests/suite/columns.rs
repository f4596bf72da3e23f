//! A table that may be read, and a column of it that may not: every place in which a statement can read it is refused there, and what reads others is not.

use sqlsec::check::{Code, Decision, Reply};
use sqlsec::{Catalog, Engine, Policy, Principal, Request, SubmitCheck};

const POLICY: &str = "
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow }
rules:
  - { id: no-phone, type: access, effect: deny, to: { groups: [public] }, except: { groups: [care] }, on: { table: 'c.d.orders', columns: [phone] }, privileges: [select] }
  - { id: few, type: access, effect: deny, to: { groups: [public] }, on: { table: 'c.d.people', columns: ['*'] }, privileges: [select] }
  - { id: given, type: access, effect: allow, to: { groups: [public] }, on: { table: 'c.d.people', columns: [id, 'n*'] }, privileges: [select], priority: 1 }
  - { id: not-the-number, type: access, effect: deny, to: { users: [ann] }, on: { table: 'c.d.people', columns: [number] }, privileges: [select], priority: 1 }
  - { id: mask, type: column_mask, to: { groups: [public] }, on: { table: 'c.d.orders', columns: [phone] }, mask: MASK_HASH, priority: 9 }
";

const TABLES: &str = "
CREATE TABLE c.d.orders (id BIGINT, phone STRING, region STRING, ts TIMESTAMP(3), loud AS UPPER(phone), WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka', 'topic' = 'o', 'properties.bootstrap.servers' = 'k:9092', 'format' = 'json');
CREATE TABLE c.d.other (id BIGINT, phone STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka', 'topic' = 'p', 'properties.bootstrap.servers' = 'k:9092', 'format' = 'json');
CREATE TABLE c.d.people (id BIGINT, name STRING, number STRING, pay INT) WITH ('connector' = 'kafka', 'topic' = 'q', 'properties.bootstrap.servers' = 'k:9092', 'format' = 'json');
CREATE VIEW c.d.everything AS SELECT * FROM c.d.orders;
CREATE VIEW c.d.regions AS SELECT id, region FROM c.d.orders;
";

fn catalog() -> Catalog {
    let mut catalog = Catalog::default();
    catalog.add_sql(TABLES, "tables.sql").expect("tables");
    catalog
}

fn reply(groups: &[&str], sql: &str) -> Reply {
    let engine = Engine::new(Policy::load(POLICY, "policy").expect("a policy"), catalog());
    let who = Principal {
        user: "ann".to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        ..Principal::default()
    };
    let mut request = Request::new(who, sql);
    let used = engine.check(&Request::new(
        request.principal.clone(),
        "USE CATALOG c; USE d",
    ));
    let Decision::Allow { session, .. } = used.decision else {
        panic!("{used:?}")
    };
    request.session = session;
    engine.check(&request)
}

/// What is refused of `sql`, with the text at its place.
fn refused(sql: &str) -> Vec<(Code, String)> {
    let reply = reply(&[], sql);
    let errors = reply.decision.errors().iter();
    errors
        .map(|error| (error.code, error.span.text(sql).to_owned()))
        .collect()
}

#[test]
fn every_place_that_reads_the_column_is_refused_where_it_is() {
    for (sql, place) in [
        ("SELECT phone FROM orders", "phone"),
        ("SELECT `phone` FROM orders", "`phone`"),
        ("SELECT o.phone FROM orders AS o", "o.phone"),
        ("SELECT c.d.orders.phone FROM orders", "c.d.orders.phone"),
        ("SELECT * FROM orders", "*"),
        ("SELECT o.* FROM orders AS o", "o.*"),
        ("SELECT id FROM (SELECT * FROM orders)", "*"),
        ("SELECT CAST(phone AS BINARY(3)) FROM orders", "phone"),
        (
            "SELECT CASE WHEN id > 1 THEN phone END FROM orders",
            "phone",
        ),
        ("SELECT id FROM orders WHERE phone = 'x'", "phone"),
        ("SELECT id FROM orders WHERE phone IS NULL", "phone"),
        ("SELECT COUNT(phone) FROM orders", "phone"),
        (
            "SELECT COUNT(*) FILTER (WHERE phone = 'x') FROM orders",
            "phone",
        ),
        ("SELECT id FROM orders GROUP BY id, phone", "phone"),
        (
            "SELECT id FROM orders GROUP BY GROUPING SETS ((id), (phone))",
            "phone",
        ),
        (
            "SELECT id FROM orders GROUP BY id HAVING MAX(phone) > 'a'",
            "phone",
        ),
        ("SELECT id FROM orders ORDER BY phone", "phone"),
        (
            "SELECT id, ROW_NUMBER() OVER (PARTITION BY phone ORDER BY id) FROM orders",
            "phone",
        ),
        (
            "SELECT SUM(id) OVER w FROM orders WINDOW w AS (ORDER BY phone)",
            "phone",
        ),
        (
            "SELECT o.id FROM orders AS o JOIN other AS p ON o.phone = p.phone",
            "o.phone",
        ),
        (
            "SELECT p.id FROM other AS p LEFT JOIN orders AS o USING (phone)",
            "LEFT JOIN orders AS o USING (phone)",
        ),
        (
            "SELECT 1 FROM orders NATURAL JOIN other",
            "NATURAL JOIN other",
        ),
        (
            "SELECT id FROM other WHERE phone IN (SELECT phone FROM orders)",
            "phone",
        ),
        (
            "SELECT id FROM other AS p WHERE EXISTS (SELECT 1 FROM orders AS o WHERE o.phone = p.phone)",
            "o.phone",
        ),
        ("SELECT (SELECT MAX(phone) FROM orders) FROM other", "phone"),
        (
            "WITH w AS (SELECT phone FROM orders) SELECT 1 FROM w",
            "phone",
        ),
        ("WITH w AS (SELECT * FROM orders) SELECT id FROM w", "*"),
        (
            "SELECT id FROM other UNION ALL SELECT id FROM orders WHERE phone <> ''",
            "phone",
        ),
        (
            "SELECT id FROM orders, LATERAL TABLE(c.d.f(phone)) AS t(x)",
            "phone",
        ),
        (
            "SELECT id FROM orders CROSS JOIN UNNEST(ARRAY[phone]) AS t(x)",
            "phone",
        ),
        (
            "INSERT INTO other SELECT id, phone, ts FROM orders",
            "phone",
        ),
        (
            "CREATE TEMPORARY VIEW v AS SELECT phone FROM orders",
            "phone",
        ),
        ("CREATE TEMPORARY VIEW v AS SELECT * FROM orders", "*"),
        ("EXPLAIN SELECT phone FROM orders", "phone"),
        (
            "EXECUTE STATEMENT SET BEGIN INSERT INTO other SELECT id, phone, ts FROM orders; END",
            "phone",
        ),
        ("SELECT id FROM everything", "everything"),
        (
            "SELECT id FROM orders /*+ OPTIONS('scan.startup.mode' = 'earliest-offset') */ WHERE phone = 'x'",
            "phone",
        ),
        (
            "SELECT p.id FROM other AS p JOIN orders FOR SYSTEM_TIME AS OF p.ts AS o ON p.phone = o.phone",
            "o.phone",
        ),
        (
            "SELECT window_start FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' HOUR)) WHERE phone = 'x'",
            "phone",
        ),
        (
            "SELECT x FROM orders MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS x PATTERN (A) DEFINE A AS A.phone = 'x') AS m",
            "A.phone",
        ),
        (
            "SELECT x FROM orders MATCH_RECOGNIZE (PARTITION BY phone ORDER BY ts MEASURES A.id AS x PATTERN (A) DEFINE A AS A.id > 1) AS m",
            "phone",
        ),
        (
            "SELECT t.window_start FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' HOUR)) AS t JOIN other USING (phone)",
            "JOIN other USING (phone)",
        ),
        (
            "SELECT * FROM TABLE(HOP(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '2' HOUR))",
            "*",
        ),
        (
            "SELECT a FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' HOUR)) AS t (a, b, c, d, e, f, g, h)",
            "AS t (a, b, c, d, e, f, g, h)",
        ),
        (
            "SELECT window_start FROM TABLE(SESSION(TABLE orders PARTITION BY phone, DESCRIPTOR(ts), INTERVAL '1' HOUR))",
            "phone",
        ),
        ("SELECT 1 FROM c.d.f(TABLE orders)", "TABLE orders"),
        ("TABLE orders", "TABLE orders"),
        (
            "SELECT id FROM other UNION ALL TABLE orders",
            "TABLE orders",
        ),
        (
            "SELECT id FROM orders MATCH_RECOGNIZE (ORDER BY ts ALL ROWS PER MATCH PATTERN (A) DEFINE A AS A.id > 1) AS m",
            "MATCH_RECOGNIZE (ORDER BY ts ALL ROWS PER MATCH PATTERN (A) DEFINE A AS A.id > 1)",
        ),
    ] {
        let found = refused(sql);
        assert!(
            found.contains(&(Code::ColumnDenied, place.to_owned())),
            "{sql}: {found:?}"
        );
    }
}

#[test]
fn what_reads_other_columns_is_not_refused_and_shows_nothing_of_it() {
    for sql in [
        "SELECT id FROM orders",
        "SELECT COUNT(*) FROM orders",
        "SELECT o.id, o.region FROM orders AS o WHERE o.region = 'x' ORDER BY o.id",
        "SELECT id, region FROM regions",
        "SELECT * FROM regions",
        "SELECT o.id FROM orders AS o JOIN other AS p ON o.id = p.id WHERE p.phone = 'x'",
        "INSERT INTO orders SELECT id, phone, 'x', ts FROM other",
        "SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start",
        "CREATE TEMPORARY VIEW v AS SELECT id FROM orders; SELECT * FROM v",
        "DESCRIBE other",
    ] {
        let reply = reply(&[], sql);
        assert!(
            reply.decision.sql().is_some(),
            "{sql}: {:?}",
            reply.decision.errors()
        );
    }
    // What is computed of it is NULL.
    let loud = reply(&[], "SELECT loud FROM orders");
    let sql = loud.decision.sql().expect("allowed");
    assert!(
        sql.contains("UPPER((CAST(NULL AS STRING))) AS `loud`"),
        "{sql}"
    );
    // Whoever is an exception has the mask, as before.
    let hashed = reply(&["care"], "SELECT phone FROM orders");
    let sql = hashed.decision.sql().expect("allowed");
    assert!(sql.contains("SHA256"), "{sql}");
}

#[test]
fn a_table_with_a_column_that_may_not_be_read_is_protected_otherwise_too() {
    for (sql, code) in [
        ("UPDATE orders SET region = phone", Code::ChangeProtected),
        (
            "DELETE FROM orders WHERE phone = 'x'",
            Code::ChangeProtected,
        ),
        (
            "ANALYZE TABLE orders COMPUTE STATISTICS FOR COLUMNS phone",
            Code::ChangeProtected,
        ),
        (
            "CREATE TEMPORARY TABLE mine LIKE orders",
            Code::LikeProtected,
        ),
        ("SHOW CREATE TABLE orders", Code::ChangeProtected),
        // The same bytes under names of the submitter's own choice.
        (
            "CREATE TEMPORARY TABLE mine (line STRING) WITH ('connector' = 'kafka', 'topic' = 'o', 'properties.bootstrap.servers' = 'k:9092', 'format' = 'raw'); SELECT line FROM mine",
            Code::ColumnUnknown,
        ),
        (
            "CREATE TEMPORARY TABLE mine (phone STRING, line STRING) WITH ('connector' = 'kafka', 'topic' = 'o', 'properties.bootstrap.servers' = 'k:9092', 'format' = 'csv'); SELECT line FROM mine",
            Code::SchemaUntrusted,
        ),
        (
            "CREATE TEMPORARY TABLE mine (id BIGINT, phone STRING) WITH ('connector' = 'kafka', 'topic' = 'o', 'properties.bootstrap.servers' = 'k:9092', 'format' = 'json'); SELECT phone FROM mine",
            Code::ColumnDenied,
        ),
        (
            "CREATE TEMPORARY TABLE mine (id STRING, number STRING) WITH ('connector' = 'kafka', 'topic' = 'q', 'properties.bootstrap.servers' = 'k:9092', 'format' = 'csv'); SELECT id FROM mine",
            Code::SchemaUntrusted,
        ),
    ] {
        let found = refused(sql);
        let codes: Vec<Code> = found.iter().map(|(code, _)| *code).collect();
        assert!(codes.contains(&code), "{sql}: {found:?}");
    }
}

#[test]
fn what_a_rule_of_higher_priority_gives_back_may_be_read_and_no_more() {
    for (sql, place) in [
        ("SELECT id, name FROM people", None),
        ("SELECT name, pay FROM people", Some("pay")),
        // Denied at the priority at which it is given.
        ("SELECT number FROM people", Some("number")),
    ] {
        let found = refused(sql);
        let expected: Vec<_> = place
            .into_iter()
            .map(|place| (Code::ColumnDenied, place.to_owned()))
            .collect();
        assert_eq!(found, expected, "{sql}");
    }
    let message = reply(&[], "SELECT pay FROM people");
    assert_eq!(
        message.decision.errors()[0].message,
        "`c.d.people`: column `pay` may not be read"
    );
    let both = refused("SELECT * FROM people");
    assert_eq!(both, vec![(Code::ColumnDenied, "*".to_owned()); 2]);
}

#[test]
fn a_rule_on_columns_opens_no_table() {
    let policy = "
apiVersion: sqlsec/v1
defaults: { access: deny }
rules: [ { id: given, type: access, effect: allow, to: { users: [ann] }, on: { table: 'c.d.people', columns: ['*'] }, privileges: [select], priority: 99 } ]";
    let engine = Engine::new(Policy::load(policy, "policy").expect("a policy"), catalog());
    let who = Principal {
        user: "ann".to_owned(),
        ..Principal::default()
    };
    let reply = engine.check(&Request::new(who, "SELECT id FROM c.d.people"));
    assert_eq!(reply.decision.errors()[0].code, Code::AccessDenied);
}

#[test]
fn without_the_columns_nothing_is_read() {
    let engine = Engine::new(
        Policy::load(POLICY, "policy").expect("a policy"),
        Catalog::default(),
    );
    let reply = engine.check(&Request::new(
        Principal::default(),
        "SELECT id FROM c.d.orders",
    ));
    assert_eq!(reply.decision.errors()[0].code, Code::SchemaUnknown);
}

const MINE: &str = "WITH ('connector' = 'kafka', 'topic' = 'o', 'properties.bootstrap.servers' = 'k:9092', 'format' = 'json')";

#[test]
fn the_watermark_of_an_own_table_reads_nothing_hidden() {
    for (columns, open) in [
        // It is worked out of raw values, and CURRENT_WATERMARK shows it.
        (
            "phone STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS TIMESTAMPADD(SECOND, CAST(phone AS INT), ts)",
            false,
        ),
        (
            "phone STRING, ts TIMESTAMP(3), x AS CHAR_LENGTH(phone), WATERMARK FOR ts AS TIMESTAMPADD(SECOND, x, ts)",
            false,
        ),
        (
            "phone STRING, ts AS TO_TIMESTAMP(phone), WATERMARK FOR ts AS ts",
            false,
        ),
        (
            "phone STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND",
            true,
        ),
        (
            "phone STRING, d1 STRING, h1 STRING, ts AS TO_TIMESTAMP(d1 || h1), WATERMARK FOR ts AS ts",
            true,
        ),
    ] {
        for made in [
            format!("CREATE TEMPORARY TABLE mine ({columns}) {MINE}"),
            format!(
                "CREATE TEMPORARY TABLE base ({columns}) WITH ('connector' = 'datagen'); CREATE TEMPORARY TABLE mine {MINE} LIKE base (EXCLUDING OPTIONS)"
            ),
        ] {
            let sql = format!("{made}; SELECT CURRENT_WATERMARK(ts) FROM mine");
            let found: Vec<Code> = refused(&sql).into_iter().map(|(code, _)| code).collect();
            let expected: &[Code] = if open {
                &[]
            } else {
                &[Code::MaskedTimeAttribute]
            };
            assert_eq!(found, expected, "{sql}");
        }
    }
    let altered = format!(
        "CREATE TABLE base (phone STRING, ts TIMESTAMP(3)) WITH ('connector' = 'datagen'); ALTER TABLE base ADD WATERMARK FOR ts AS TIMESTAMPADD(SECOND, CAST(phone AS INT), ts); CREATE TEMPORARY TABLE mine {MINE} LIKE base (EXCLUDING OPTIONS); SELECT ts FROM mine"
    );
    let codes: Vec<Code> = refused(&altered)
        .into_iter()
        .map(|(code, _)| code)
        .collect();
    assert_eq!(codes, [Code::MaskedTimeAttribute]);
}

#[test]
fn where_rows_are_hidden_a_watermark_picks_no_value_of_one_by_another() {
    let policy = "
apiVersion: sqlsec/v1
rules: [ { id: north, type: row_filter, to: { groups: [public] }, on: { table: 'c.d.orders' }, filter: \"region = 'north'\" } ]";
    let engine = Engine::new(Policy::load(policy, "policy").expect("a policy"), catalog());
    for (watermark, open) in [
        ("ts - INTERVAL '5' SECOND", true),
        (
            "CASE WHEN region = 'south' THEN TIMESTAMPADD(SECOND, CAST(id AS INT), ts) END",
            false,
        ),
    ] {
        let sql = format!(
            "CREATE TEMPORARY TABLE c.d.mine (id BIGINT, region STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS {watermark}) {MINE}; SELECT CURRENT_WATERMARK(ts) FROM c.d.mine"
        );
        let reply = engine.check(&Request::new(Principal::default(), sql.clone()));
        let codes: Vec<Code> = reply.decision.errors().iter().map(|e| e.code).collect();
        let expected: &[Code] = if open {
            &[]
        } else {
            &[Code::MaskedTimeAttribute]
        };
        assert_eq!(codes, expected, "{sql}");
    }
}

#[test]
fn a_system_table_is_closed_by_a_pattern_of_columns_of_its_base() {
    let tables = "
CREATE TABLE p.d.cards (id BIGINT, phone STRING) WITH ('connector' = 'paimon', 'path' = 'hdfs://n/p/cards');
CREATE TABLE p.d.`cards$files` (file_path STRING, min_value_stats STRING) WITH ('connector' = 'paimon', 'path' = 'hdfs://n/p/cards');
CREATE TABLE p.d.days (id BIGINT) WITH ('connector' = 'paimon', 'path' = 'hdfs://n/p/days');
CREATE TABLE p.d.`days$files` (file_path STRING) WITH ('connector' = 'paimon', 'path' = 'hdfs://n/p/days');
CREATE TABLE p.d.`a$b` (c STRING) WITH ('connector' = 'paimon', 'path' = 'hdfs://n/p/ab');
";
    let mut catalog = Catalog::default();
    catalog.add_sql(tables, "tables.sql").expect("tables");
    for rule in [
        "type: access, effect: deny, privileges: [select]",
        "type: column_mask, mask: MASK_HASH",
    ] {
        let policy = format!(
            "{{ apiVersion: sqlsec/v1, rules: [ {{ id: r, {rule}, to: {{ groups: [public] }}, on: {{ table: 'p.d.*', columns: ['ph*'] }} }} ] }}"
        );
        let policy = Policy::load(&policy, "policy").expect("a policy");
        let engine = Engine::new(policy, catalog.clone());
        for (table, expected) in [
            ("cards$files", &[Code::AccessDenied][..]),
            ("days$files", &[]),
            ("a$b", &[]),
        ] {
            let sql = format!("SELECT * FROM p.d.`{table}`");
            let reply = engine.check(&Request::new(Principal::default(), sql.clone()));
            let codes: Vec<Code> = reply.decision.errors().iter().map(|e| e.code).collect();
            assert_eq!(codes, expected, "{rule}: {sql}");
        }
    }
}
