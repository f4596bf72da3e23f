//! What an engine keeps of lineage from check to check changes no answer: beside a new engine for each check, whatever happens in between.

use std::sync::Arc;

use sqlsec::catalog::TableName;
use sqlsec::lineage::store::{Cut, CutAt, Event, LineageSource, LineageStore, MemoryStore};
use sqlsec::lineage::{Dataset, SourceColumn};
use sqlsec::{Catalog, Engine, Policy, Principal, Reply, Request, SubmitCheck};

const TABLES: &str = "\
CREATE TABLE lake.d.a (id BIGINT, name STRING, age INT) WITH ('connector' = 'filesystem', 'path' = 's3://lake/a', 'format' = 'json');
CREATE TABLE lake.d.b (id BIGINT, name STRING, age INT) WITH ('connector' = 'filesystem', 'path' = 's3://lake/b', 'format' = 'json');
CREATE TABLE lake.d.c (id BIGINT, name STRING, age INT) WITH ('connector' = 'filesystem', 'path' = 's3://lake/c', 'format' = 'json');
CREATE VIEW lake.d.v AS SELECT name, age FROM lake.d.c;
";

/// Rules that hold for a time, by role and by attribute.
const POLICY: &str = "\
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow, unknown_connector: deny, no_matching_filter: deny, unknown_lineage: allow }
roles:
  - { name: junior, users: [cid] }
rules:
  - { id: make, type: access, effect: allow, to: { groups: [public] }, on: { object: '**' }, privileges: [create, drop, truncate] }
  - { id: ages, type: column_mask, to: { users: [ann, bob] }, on: { table: lake.d.a, columns: [age] }, mask: MASK_NULL, valid: { from: '2026-01-02', until: '2026-01-03' } }
  - { id: names, type: column_mask, to: { roles: [junior] }, on: { table: lake.d.a, columns: [name] }, mask: MASK_HASH }
  - { id: rows, type: row_filter, to: { users: [bob] }, on: { table: lake.d.c }, filter: 'age > 1' }
";

/// 2026-01-01, in seconds since 1970.
const DAY: i64 = 1_767_225_600;

struct Dice(u64);

impl Dice {
    fn roll<T: Copy>(&mut self, of: &[T]) -> T {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        of[(self.0 % of.len() as u64) as usize]
    }
}

fn policy() -> Policy {
    Policy::load(POLICY, "policy").expect("a policy")
}

fn catalog() -> Catalog {
    let mut catalog = Catalog::default();
    catalog.add_sql(TABLES, "tables.sql").expect("a catalog");
    catalog
}

fn told(reply: &Reply) -> String {
    serde_json::to_string(reply).expect("JSON")
}

fn cut(until: i64) -> Cut {
    let dataset = Dataset {
        name: TableName::new("lake", "d", "c"),
        physical: vec!["s3://lake/c".to_owned()],
    };
    Cut {
        cut: CutAt::Column(SourceColumn::new(&dataset, "age")),
        why: "published".to_owned(),
        who: "officer".to_owned(),
        at: DAY,
        until: Some(until),
    }
}

const SCRIPTS: [&str; 10] = [
    "SELECT * FROM lake.d.c",
    "SELECT age FROM lake.d.b",
    "SELECT * FROM lake.d.v",
    "SELECT * FROM lake.d.c /*+ OPTIONS('path' = 's3://lake/b') */",
    "INSERT INTO lake.d.b SELECT * FROM lake.d.a; SELECT * FROM lake.d.b",
    "INSERT INTO lake.d.c SELECT * FROM lake.d.b; SELECT * FROM lake.d.c",
    "CREATE TEMPORARY TABLE lake.d.c (age INT) WITH ('connector' = 'filesystem', 'path' = 's3://lake/c', 'format' = 'json'); SELECT * FROM lake.d.c",
    "CREATE TEMPORARY VIEW w AS SELECT age FROM lake.d.c; SELECT * FROM w, lake.d.b",
    "DROP CATALOG lake; SELECT * FROM lake.d.c",
    "TRUNCATE TABLE lake.d.c; SELECT * FROM lake.d.c",
];

#[test]
fn what_is_kept_changes_no_answer() {
    let (mut masked, mut equal) = (0, 0);
    for seed in 1..=6_u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let store: Arc<MemoryStore> = Arc::default();
        let source = || Arc::clone(&store) as Arc<dyn LineageSource>;
        let long = Engine::new(policy(), catalog()).lineage(source());
        for _ in 0..60 {
            let principal = Principal {
                user: dice.roll(&["ann", "bob", "etl"]).to_owned(),
                roles: dice
                    .roll(&[&[][..], &["junior"]])
                    .iter()
                    .map(|r| (*r).to_owned())
                    .collect(),
                ..Principal::default()
            };
            // Some scripts at some times: what was found out for one of them is kept when the next one comes.
            let mut last = None;
            for _ in 0..4 {
                let mut request = Request::new(principal.clone(), dice.roll(&SCRIPTS));
                request.job = Some("job".to_owned());
                let second = dice.roll(&[0, 86_399, 86_400, 100_000, 172_799, 172_800]);
                request.at = Some(DAY + second);
                let kept = long.check(&request);
                let new = Engine::new(policy(), catalog()).lineage(source());
                let new = new.check(&request);
                assert_eq!(told(&kept), told(&new), "seed {seed}: {request:?}");
                equal += 1;
                masked += usize::from(told(&kept).contains("\"inherited\""));
                last = kept.lineage;
            }
            if let Some(record) = last {
                let id = store.pending(&record).expect("a record");
                match dice.roll(&[true, true, false]) {
                    true => store.commit(id).expect("a pending record"),
                    false => store.abort(id).expect("a pending record"),
                };
            }
            if dice.roll(&[true, false, false, false, false, false, false, false]) {
                let until = DAY + dice.roll(&[86_400, 100_000, 172_800]);
                let event = Event::Declassify(cut(until));
                store.append(event, None).expect("a cut");
            }
        }
    }
    assert!(masked > equal / 10, "{masked} of {equal} inherit something");
}
