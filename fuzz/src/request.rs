//! A request, as JSON or as bare SQL.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use sqlsec::catalog::Origin;
use sqlsec::policy::Resource;
use sqlsec::resolve::{Place, Relation, Resolution, resolve};
use sqlsec::syntax::ast::Statement;
use sqlsec::syntax::{Limits, Position, Script, Span, with_stack};
use sqlsec::verify::attest;
use sqlsec::{Decision, Denial, Principal, Reply, Request, Session, Style, SubmitCheck};

use super::world::{CATALOG, CLOSED, ENGINE, PROTECTED, Protected, SECRET};

/// A reply comes, the same each time; SQL only with `allow`; what is allowed parses again, reads protected tables through their rewrite alone, and
/// passes the second look; a script is the sum of its statements; a denial tells nothing of the policy.
pub fn request(text: &str) {
    let requests = if text.starts_with('{') {
        let Ok(request) = serde_json::from_str::<Request>(text) else {
            return;
        };
        vec![request]
    } else {
        let user = Principal {
            user: "u".to_owned(),
            ..Principal::default()
        };
        let request = Request::new(user, text);
        let inline = Request {
            style: Style::Inline,
            ..request.clone()
        };
        vec![request, inline]
    };
    super::on_a_small_stack(move || {
        for mut request in requests {
            request.at.get_or_insert(0);
            let reply = ENGINE.check(&request);
            assert_eq!(
                json(&reply),
                json(&ENGINE.check(&request)),
                "two answers to one request"
            );
            match &reply.decision {
                Decision::Allow { sql, session } => {
                    allowed(&request, &reply, sql.as_str(), session)
                }
                Decision::Deny { errors } => denied(&request, &reply, errors.as_slice()),
            }
        }
    });
}

/// Whether bare SQL is allowed: a test that would deny everything shows nothing.
pub fn is_allowed(sql: &str) -> bool {
    let user = Principal {
        user: "u".to_owned(),
        ..Principal::default()
    };
    ENGINE
        .check(&Request::new(user, sql))
        .decision
        .sql()
        .is_some()
}

/// As every front end sends it.
pub(crate) fn json(reply: &Reply) -> String {
    serde_json::to_string(reply).expect("a reply is JSON")
}

/// What holds for the reasons of any denial of `sql`.
pub(crate) fn reasons(sql: &str, errors: &[Denial]) {
    assert!(!errors.is_empty());
    for error in errors {
        let Denial {
            code,
            message,
            line,
            column,
            span,
            ..
        } = error;
        assert!(
            !["internal", "verify-failed"].contains(&code.as_str()),
            "{error:?}\n{sql}"
        );
        assert!(!message.is_empty() && !message.contains('\n'), "{error:?}");
        assert!(
            span.start <= span.end
                && span.end as usize <= sql.len()
                && sql.is_char_boundary(span.start as usize),
            "{error:?}"
        );
        assert_eq!(
            Position {
                line: *line,
                column: *column
            },
            Position::of(sql, span.start)
        );
    }
}

fn denied(request: &Request, reply: &Reply, errors: &[Denial]) {
    reasons(&request.sql, errors);
    assert!(
        reply.statements.iter().all(|s| s.edits.is_empty()),
        "a denied reply holds policy text"
    );
    let said = json(reply);
    assert!(
        !said.contains("\"sql\":"),
        "a denied reply holds SQL: {said}"
    );
    let asked = serde_json::to_string(request).expect("a request is JSON");
    assert!(
        !said.contains(SECRET) || asked.contains(SECRET),
        "a denied reply holds a literal of a filter: {said}"
    );
}

/// Reads the output statement by statement, each in the session that those before it have left.
fn allowed(request: &Request, reply: &Reply, sql: &str, after: &Session) {
    let mut session = request.session.clone();
    let mut whole = String::new();
    let mut end = 0;
    with_stack(request.sql.len(), || {
        let script = Script::parse(&request.sql, request.flink, &Limits::default())
            .expect("an allowed script parses");
        assert_eq!(script.statements.len(), reply.statements.len());
        for (statement, report) in script.statements.iter().zip(&reply.statements) {
            assert!(
                report.inputs.iter().all(|i| i.name.table != CLOSED),
                "a closed table is read"
            );
            let alone = Request {
                sql: statement.span.text(&request.sql).to_owned(),
                session: session.clone(),
                ..request.clone()
            };
            let answer = ENGINE.check(&alone);
            let Decision::Allow { sql, session: next } = &answer.decision else {
                panic!(
                    "a statement of an allowed script is denied alone: {}",
                    json(&answer)
                );
            };
            read_again(&alone, sql.as_str());
            whole.push_str(Span::new(end, statement.span.start).text(&request.sql));
            whole.push_str(sql.as_str());
            end = statement.span.end;
            session = next.clone();
        }
        whole.push_str(&request.sql[end as usize..]);
    });
    assert_eq!(whole, sql, "a script is not the sum of its statements");
    assert_eq!(session, *after);
}

/// One statement of the output: parsed, resolved and judged once more.
fn read_again(request: &Request, sql: &str) {
    // What was added may be longer than what people may submit.
    let limits = Limits {
        script_bytes: usize::MAX,
        nesting: 1_000,
        operators: usize::MAX,
        set_operations: usize::MAX,
    };
    with_stack(sql.len(), || {
        let script = Script::parse(sql, request.flink, &limits).expect("what is allowed parses");
        let [statement] = script.statements.as_slice() else {
            panic!("it became {} statements: {sql}", script.statements.len())
        };
        let resolution =
            resolve(statement, &request.session, &*CATALOG).expect("what is allowed resolves");
        for (id, relation) in resolution.relations.iter().enumerate() {
            let name = &relation.found.name.table;
            assert_ne!(name, CLOSED, "a closed table is read: {sql}");
            assert!(
                name != "v" || !matches!(relation.found.origin, Origin::Catalog),
                "a view over protected tables stays: {sql}"
            );
            if let Some(protected) = PROTECTED.iter().find(|p| p.table == name) {
                assert!(
                    guarded(protected, sql, &resolution, id, relation),
                    "`{name}` is read as it is: {sql}"
                );
            }
        }
        second_look_agrees(request, sql, statement);
    });
}

/// Whether a table is read in a block of its own, under its filter, and its masked column only under the mask.
fn guarded(
    protected: &Protected,
    sql: &str,
    resolution: &Resolution,
    id: usize,
    relation: &Relation,
) -> bool {
    let Place::From(place) = &relation.place else {
        return false;
    };
    let Some(block) = relation.block.and_then(|id| resolution.blocks.get(id)) else {
        return false;
    };
    let condition = block.condition.map(|c| c.text(sql));
    let filter = protected.filters.iter().find_map(|filter| match condition {
        Some(text) if text == *filter || text.starts_with(&format!("({filter}) AND (")) => {
            block.condition
        }
        Some(_) => None,
        // A lookup table: the filter rides along as a column.
        None => {
            let column = block.items.iter().find(|i| {
                i.span
                    .text(sql)
                    .starts_with(&format!("(({filter}) IS TRUE) AS `row_ok"))
            });
            column.map(|item| item.span)
        }
    });
    let Some(filter) = filter else { return false };
    place.alone
        && protected.masked.is_none_or(|(column, before)| {
            let mut uses = resolution
                .uses
                .iter()
                .filter(|u| u.relation == id && u.column == column);
            uses.all(|u| filter.contains(u.span) || sql[..u.span.start as usize].ends_with(before))
        })
}

/// `attest`, asked from outside the engine, for statements whose relations have no address of their own.
fn second_look_agrees(request: &Request, sql: &str, output: &Statement) {
    let original =
        Script::parse(&request.sql, request.flink, &Limits::default()).expect("it parsed before");
    let policy = ENGINE.policy();
    let at = UNIX_EPOCH
        + Duration::from_secs(
            request
                .at
                .and_then(|at| u64::try_from(at).ok())
                .unwrap_or_default(),
        );
    let decide = |relation: &Relation| {
        let resource = Resource {
            columns: relation.columns(),
            user_named: matches!(relation.found.origin, Origin::Session(_)),
            ..Resource::named(&relation.found.name)
        };
        let decided = policy.obligations(&request.principal, &resource, at);
        decided.ok().map(Arc::new)
    };
    let resolution = resolve(output, &request.session, &*CATALOG).expect("it resolved before");
    let origins: BTreeSet<_> = resolution
        .relations
        .iter()
        .map(|r| r.found.origin)
        .collect();
    if origins
        .iter()
        .all(|o| matches!(o, Origin::Catalog | Origin::Unlisted))
    {
        attest(
            sql.to_owned(),
            &original.statements[0],
            request.flink,
            &request.session,
            &*CATALOG,
            &decide,
        )
        .expect("the second look agrees");
    }
}
