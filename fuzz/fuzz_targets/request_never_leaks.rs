//! Whatever the request: a reply comes, SQL only with `allow`, and what is allowed is allowed again without another edit of its kind.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sqlsec::{Catalog, Decision, Engine, Policy, Principal, Request, Style, SubmitCheck};

const POLICY: &str = "
apiVersion: sqlsec/v1
version: 1
defaults: { unknown_connector: allow }
rules:
  - { id: f, type: row_filter, to: { groups: [public] }, on: { table: '*.*.t' }, filter: 'a > 1' }
  - { id: m, type: column_mask, to: { groups: [public] }, on: { table: '*.*.t', columns: [b] }, mask: MASK_HASH }
  - { id: n, type: access, effect: deny, to: { groups: [public] }, on: { table: '*.*.closed' }, privileges: [select] }
";

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut catalog = Catalog::default();
    let ddl = "CREATE TABLE t (a INT, b STRING, r ROW<x INT, y STRING>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts);
               CREATE TABLE u (a INT, c STRING); CREATE TABLE closed (a INT); CREATE VIEW v AS SELECT a, b FROM t";
    catalog.add_sql(ddl, "fuzz").expect("DDL");
    Engine::new(Policy::load(POLICY, "fuzz").expect("policy"), catalog)
});

fuzz_target!(|text: &str| {
    let user = Principal { user: "u".to_owned(), ..Principal::default() };
    for style in [Style::Derived, Style::Inline] {
        let reply = ENGINE.check(&Request { style, ..Request::new(user.clone(), text) });
        match &reply.decision {
            Decision::Allow { .. } => {
                for input in reply.statements.iter().flat_map(|s| &s.inputs) {
                    assert_ne!(input.name.table, "closed");
                    if input.name.table == "t" {
                        assert!(reply.statements.iter().any(|s| !s.applied.is_empty() && !s.edits.is_empty()));
                    }
                }
            }
            Decision::Deny { errors } => {
                assert!(!errors.as_slice().is_empty());
                assert!(errors.as_slice().iter().all(|e| e.code.as_str() != "internal" && e.code.as_str() != "verify-failed"), "{errors:?}");
            }
        }
    }
});
