//! A policy document.

use std::collections::BTreeMap;

use sqlsec::policy::{Attribute, Severity, lint};
use sqlsec::syntax::{FlinkVersion, Limits, Script, with_stack};
use sqlsec::{Engine, Policy, Principal, Request, Style, SubmitCheck};

use super::request::reasons;
use super::world::CATALOG;

const STATEMENTS: [&str; 5] = [
    "SELECT * FROM t AS x JOIN u ON x.a = u.a",
    "SELECT a, b FROM t WHERE a > 1",
    "INSERT INTO s SELECT a, b FROM t",
    "SELECT u.c, d.lvl FROM u LEFT JOIN d FOR SYSTEM_TIME AS OF u.proc ON u.a = d.k",
    "SELECT * FROM v",
];

/// A document is read or refused with its places; lint finds what `load` refuses; what is loaded decides about any statement.
pub fn policy_document(text: &str) {
    super::on_a_small_stack(|| with_stack(text.len(), || judge(text)));
}

fn judge(text: &str) {
    let findings = lint(text, Some(&*CATALOG));
    for finding in &findings {
        super::place_in(text, finding.line, finding.column);
        assert!(!finding.message.is_empty() && !finding.code.is_empty());
    }
    let policy = match Policy::load(text, "fuzz") {
        Ok(policy) => policy,
        Err(refused) => {
            assert!(!refused.to_string().is_empty());
            assert!(
                findings.iter().any(|f| f.severity == Severity::Error),
                "lint passes what load refuses: {refused}"
            );
            return;
        }
    };
    assert_eq!(
        policy.hash(),
        Policy::load(text, "again")
            .expect("it loaded before")
            .hash()
    );
    let engine = Engine::new(policy, CATALOG.clone());
    let attributes = BTreeMap::from([
        ("dept".to_owned(), Attribute::Text("x'y".to_owned())),
        ("n".to_owned(), Attribute::Integer(-1)),
    ]);
    for (user, attributes) in [("alice", attributes), ("bob", BTreeMap::new())] {
        let principal = Principal {
            user: user.to_owned(),
            attributes,
            ..Principal::default()
        };
        for sql in STATEMENTS {
            for style in [Style::Derived, Style::Inline] {
                let reply = engine.check(&Request {
                    style,
                    at: Some(1_800_000_000),
                    ..Request::new(principal.clone(), sql)
                });
                match reply.decision.sql() {
                    Some(output) => {
                        let limits = Limits {
                            nesting: 1_000,
                            ..Limits::default()
                        };
                        let again = Script::parse(output, FlinkVersion::default(), &limits)
                            .expect("what is allowed parses");
                        assert_eq!(again.statements.len(), 1);
                    }
                    None => reasons(sql, reply.decision.errors()),
                }
            }
        }
    }
}
