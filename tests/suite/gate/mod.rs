//! The gate: rules from a permission service decide as the same rules do at home.
//!
//! The service here is a part of the same process that sees no more than a real one: a question goes in, the text of a document comes out.

use std::sync::{Arc, Mutex};

use sqlsec::catalog::{CatalogSource, Lookup, TableName};
use sqlsec::check::{Code, Decision, ScriptAccount, explain};
use sqlsec::policy::Effect;
use sqlsec::source::{Answer, PolicySource, Question, Scope, SourceError, SourceProblem, Whole};
use sqlsec::{Catalog, Gate, Policy, Principal, Request, SubmitCheck};

use crate::case::{World, cases};

/// A service that keeps a whole policy and answers with excerpts of it.
pub struct Service {
    whole: Whole,
    /// What it was asked, in order.
    pub asked: Mutex<Vec<Question>>,
}

impl Service {
    pub fn new(policy: &str) -> Self {
        Self {
            whole: Whole::load(policy, "service").expect("a policy"),
            asked: Mutex::default(),
        }
    }
}

impl PolicySource for Service {
    fn answer(&self, question: &Question) -> Result<Answer, SourceError> {
        self.asked.lock().unwrap().push(question.clone());
        let excerpt = self.whole.excerpt(&question.principal, question.scope());
        let text = serde_json::to_string(&excerpt).expect("JSON");
        let policy = Policy::load_answer(&text, "answer").map_err(|error| {
            SourceError::new("service", SourceProblem::Unusable(error.to_string()))
        })?;
        Ok(Answer::to(Arc::new(question.clone()), Arc::new(policy)))
    }
}

/// What a reply says, but for the policy's stamp and the stamps in the session, which name an edition.
fn said(reply: &sqlsec::Reply) -> (Option<String>, String, String) {
    let errors = format!("{:?}", reply.decision.errors());
    let reports = serde_json::to_string(&reply.statements).expect("JSON");
    (reply.decision.sql().map(str::to_owned), errors, reports)
}

/// An account as JSON, without the rules that only the whole policy has: those whose `exclude` leaves a table out.
fn told(account: &ScriptAccount) -> serde_json::Value {
    let mut value = serde_json::to_value(&account.statements).expect("JSON");
    let statements = value.as_array_mut().into_iter().flatten();
    for table in statements.flat_map(|s| s["tables"].as_array_mut().into_iter().flatten()) {
        let aside = table["aside"].as_array_mut().expect("a list");
        aside.retain(|rule| rule["why"] != "excluded");
    }
    value
}

#[test]
fn an_excerpt_decides_as_the_whole_policy_does() {
    let (mut compared, mut accounts) = (0, 0);
    for case in cases() {
        let Some(mode) = case.settings.modes.first() else {
            continue;
        };
        let world = World::load(&case.settings.world, *mode);
        for policy in &case.settings.policies {
            let engine = world.engine(policy, &case.settings.catalog);
            let service = Arc::new(Service::new(&world.policy_text(policy)));
            let gate = Gate::new(service, world.catalog(&case.settings.catalog));
            for (style, _) in case.settings.style.list() {
                let mut request = case
                    .settings
                    .request(&case.submitted, *style, &engine, &world);
                if let Some(version) = case.settings.flink.first() {
                    request.flink = *version;
                }
                let whole = engine.check(&request);
                if let Some(earlier) = &case.settings.earlier
                    && earlier.policy.is_none()
                {
                    let first = Request::new(earlier.who.principal(), earlier.sql.as_str());
                    let Decision::Allow { session, .. } = gate.check(&first).decision else {
                        panic!("{}: the earlier request", case.id);
                    };
                    request.session = session;
                }
                let mut excerpt = gate.check(&request);
                // An error of the policy's own is found before the service answers.
                assert_eq!(said(&excerpt), said(&whole), "{} under {policy}", case.id);
                // A second time the question is known.
                excerpt = gate.check(&request);
                assert_eq!(said(&excerpt), said(&whole), "{} again", case.id);
                if compared % 8 == 0 {
                    let policy =
                        Policy::load(&world.policy_text(policy), "whole").expect("a policy");
                    let catalog = world.catalog(&case.settings.catalog);
                    let home = explain(&Arc::new(policy), catalog, &request);
                    let away = gate.explain(&request);
                    assert_eq!(told(&away), told(&home), "the account of {}", case.id);
                    accounts += 1;
                }
                compared += 1;
            }
        }
    }
    println!(
        "{compared} requests decided by excerpts as by the whole policy, {accounts} accounts the same"
    );
    assert!(accounts >= 60, "only {accounts} accounts");
    assert!(compared >= 500, "only {compared} compared");
}

const POLICY: &str = "
apiVersion: sqlsec/v1
version: 7
defaults: { access: allow }
roles:
  - { name: analyst, users: [ann, bob] }
  - { name: boss, roles: [analyst], users: [eve] }
rules:
  - { id: a-region, type: row_filter, to: { roles: [analyst] }, on: { table: '*.*.a' }, filter: \"region = 'north'\" }
  - { id: b-phone, type: column_mask, to: { roles: [analyst] }, on: { table: '*.*.b', columns: [phone] }, mask: MASK_NULL }
";

const TABLES: &str = "
CREATE TABLE a (id BIGINT, region STRING) WITH ('connector' = 'datagen');
CREATE TABLE b (id BIGINT, phone STRING) WITH ('connector' = 'datagen');
";

fn catalog() -> Arc<Catalog> {
    let mut catalog = Catalog::default();
    catalog.add_sql(TABLES, "test").expect("the tables");
    Arc::new(catalog)
}

fn request(user: &str, sql: &str) -> Request {
    let user = Principal {
        user: user.to_owned(),
        ..Principal::default()
    };
    Request::new(user, sql)
}

/// The tables of a scope.
fn tables(scope: &Scope) -> Vec<String> {
    scope.tables.keys().map(ToString::to_string).collect()
}

#[test]
fn a_service_is_asked_once_about_all_tables_of_a_script() {
    let service = Arc::new(Service::new(POLICY));
    let gate = Gate::new(Arc::clone(&service) as Arc<dyn PolicySource>, catalog());
    let script = "CREATE TEMPORARY VIEW v AS SELECT * FROM a; SELECT v.id, b.phone FROM v JOIN b ON v.id = b.id";
    let reply = gate.check(&request("ann", script));
    let sql = reply.decision.sql().expect("allowed");
    assert!(
        sql.contains("region = 'north'") && sql.contains("NULL"),
        "{sql}"
    );
    assert_eq!(reply.policy.version, 7);
    let asked = service.asked.lock().unwrap();
    assert_eq!(asked.len(), 1);
    let names = tables(asked[0].scope());
    let all = ["a", "b", "v"].map(|name| format!("default_catalog.default_database.{name}"));
    assert_eq!(names, all);
    assert_eq!(asked[0].principal.user, "ann");
}

#[test]
fn one_script_of_two_people_is_two_questions() {
    let service = Arc::new(Service::new(POLICY));
    let gate = Gate::new(Arc::clone(&service) as Arc<dyn PolicySource>, catalog());
    let ann = gate.check(&request("ann", "SELECT id FROM a"));
    let sam = gate.check(&request("sam", "SELECT id FROM a"));
    assert!(ann.decision.sql().expect("allowed").contains("region"));
    assert_eq!(sam.decision.errors()[0].code, Code::NoMatchingFilter);
    assert_eq!(service.asked.lock().unwrap().len(), 2);
}

/// A service that answers about something else than it was asked.
struct Narrow(Service, Scope);

impl PolicySource for Narrow {
    fn answer(&self, question: &Question) -> Result<Answer, SourceError> {
        let other = Question::new(question.principal.clone(), self.1.clone());
        self.0.asked.lock().unwrap().push(question.clone());
        let excerpt = self.0.whole.excerpt(&other.principal, other.scope());
        let text = serde_json::to_string(&excerpt).expect("JSON");
        let policy = Policy::load_answer(&text, "answer").expect("a policy");
        Ok(Answer::to(Arc::new(other), Arc::new(policy)))
    }
}

#[test]
fn silence_about_a_table_is_no_leave_to_read_it() {
    let service = Arc::new(Narrow(Service::new(POLICY), Scope::default()));
    let gate = Gate::new(Arc::clone(&service) as Arc<dyn PolicySource>, catalog());
    for sql in [
        "SELECT id FROM a",
        "SELECT id FROM b",
        "INSERT INTO a SELECT * FROM b",
        "DROP TABLE a",
    ] {
        let reply = gate.check(&request("ann", sql));
        let codes: Vec<Code> = reply.decision.errors().iter().map(|e| e.code).collect();
        assert!(codes.contains(&Code::PolicyIncomplete), "{sql}: {codes:?}");
    }
    // It was asked again, and not for ever.
    assert!(service.0.asked.lock().unwrap().len() <= 16);
}

#[test]
fn the_account_of_what_was_not_answered_says_so() {
    let gate = Gate::new(Arc::new(Service::new(POLICY)), catalog());
    let asked = gate.question(&request("ann", "SELECT id FROM a"));
    let scope = asked.scope().clone();
    let gate = Gate::new(Arc::new(Narrow(Service::new(POLICY), scope)), catalog());
    let account = gate.explain(&request(
        "ann",
        "SELECT a.id FROM a, b; CREATE FUNCTION f AS 'x.Y'",
    ));
    let tables: Vec<_> = account.statements[0]
        .tables
        .iter()
        .map(|table| {
            let closed = table.account.closed.as_ref().map(|closed| closed.code);
            (
                table.name.table.as_str(),
                table.account.access[0].effect,
                closed,
            )
        })
        .collect();
    assert_eq!(
        tables,
        [
            ("a", Effect::Allow, None),
            ("b", Effect::Deny, Some("policy-incomplete"))
        ]
    );
    let object = &account.statements[1].objects[0].account;
    assert_eq!(
        (object.access[0].effect, object.access[0].by.len()),
        (Effect::Deny, 0)
    );
}

/// A service that is down.
struct Down;

impl PolicySource for Down {
    fn answer(&self, _: &Question) -> Result<Answer, SourceError> {
        let problem = SourceProblem::Unreachable("connection refused".to_owned());
        Err(SourceError::new("https://rules.example", problem))
    }
}

#[test]
fn without_an_answer_nothing_is_allowed() {
    let gate = Gate::new(Arc::new(Down), catalog());
    for sql in [
        "SELECT id FROM a",
        "SELECT 1",
        "SHOW TABLES",
        "",
        "no SQL at all",
    ] {
        let reply = gate.check(&request("ann", sql));
        let [error] = reply.decision.errors() else {
            panic!("{sql}: {reply:?}")
        };
        assert_eq!(error.code, Code::PolicyUnavailable, "{sql}");
        assert!(error.message.contains("https://rules.example"), "{error:?}");
        assert!(reply.statements.is_empty());
    }
}

#[test]
fn an_excerpt_is_no_policy() {
    let whole = Whole::load(POLICY, "policy").expect("a policy");
    let excerpt = whole.excerpt(&Principal::default(), &Scope::default());
    let text = serde_json::to_string(&excerpt).expect("JSON");
    let error = Policy::load(&text, "excerpt.json").expect_err("refused");
    assert!(error.to_string().contains("error[excerpt]"), "{error}");
    // Nor is a document that leaves its version or defaults unsaid an answer.
    let error = Policy::load_answer("{ apiVersion: sqlsec/v1 }", "answer").expect_err("refused");
    let text = error.to_string();
    for field in ["version", "defaults", "defaults.access", "rules"] {
        assert!(text.contains(&format!("`{field}` is missing")), "{text}");
    }
}

#[test]
fn nobody_makes_a_function_that_a_mask_elsewhere_calls() {
    let policy = format!(
        "{POLICY}  - {{ id: code, type: access, to: {{ groups: [public] }}, on: {{ object: '**' }}, privileges: [function], effect: allow }}
  - {{ id: other, type: column_mask, to: {{ groups: [public] }}, on: {{ table: '*.*.c', columns: [x] }}, mask: {{ expression: 'scramble({{col}})' }} }}
"
    );
    let gate = Gate::new(Arc::new(Service::new(&policy)), catalog());
    let make = |name: &str| {
        let sql = format!("CREATE TEMPORARY FUNCTION {name} AS 'com.corp.F'");
        let reply = gate.check(&request("ann", &sql));
        reply.decision.errors().first().map(|error| error.code)
    };
    assert_eq!(make("scramble"), Some(Code::PolicyFunctionShadowed));
    assert_eq!(make("other"), None);
}

/// A service that answers for somebody else.
struct Mixed(Service);

impl PolicySource for Mixed {
    fn answer(&self, question: &Question) -> Result<Answer, SourceError> {
        let eve = Principal {
            user: "eve".to_owned(),
            ..Principal::default()
        };
        self.0.answer(&question.of(eve))
    }
}

#[test]
fn the_answer_for_somebody_else_is_none() {
    let gate = Gate::new(Arc::new(Mixed(Service::new(POLICY))), catalog());
    let reply = gate.check(&request("sam", "SELECT id FROM a"));
    assert_eq!(reply.decision.errors()[0].code, Code::PolicyIncomplete);
}

#[test]
fn what_is_excluded_by_one_reading_of_letter_case_is_not_left_out() {
    let policy = "
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow }
rules:
  - { id: f, type: row_filter, to: { groups: [public] }, on: { table: '*.*.*', exclude: ['*.*.A'] }, filter: 'id > 1' }
";
    let gate = Gate::new(Arc::new(Service::new(policy)), catalog());
    let reply = gate.check(&request("ann", "SELECT id FROM a"));
    let sql = reply.decision.sql().expect("allowed");
    assert!(sql.contains("WHERE id > 1"), "{sql}");
}

/// A catalog whose tables change.
struct Changing(Mutex<Catalog>);

impl CatalogSource for Changing {
    fn find(&self, name: &TableName) -> Result<Lookup, String> {
        self.0.lock().unwrap().find(name)
    }
}

#[test]
fn a_question_that_no_longer_fits_is_asked_anew() {
    let with = |columns: &str| {
        let mut catalog = Catalog::default();
        let table = format!("CREATE TABLE b ({columns}) WITH ('connector' = 'datagen')");
        catalog.add_sql(&table, "test").expect("a table");
        catalog
    };
    let site = Arc::new(Changing(Mutex::new(with("id BIGINT, phone STRING"))));
    let service = Arc::new(Service::new(POLICY));
    let gate = Gate::new(Arc::clone(&service) as _, Arc::clone(&site) as _);
    let columns = || {
        let asked = service.asked.lock().unwrap();
        let last = asked.last().expect("a question");
        let met: Vec<_> = last.scope().tables.values().flatten().collect();
        assert_eq!(met.len(), 1, "{met:?}");
        met[0].columns.as_ref().expect("columns").len()
    };
    assert!(
        gate.check(&request("ann", "SELECT id FROM b"))
            .decision
            .sql()
            .is_some()
    );
    assert_eq!(columns(), 2);
    *site.0.lock().unwrap() = with("id BIGINT, phone STRING, mail STRING");
    assert!(
        gate.check(&request("ann", "SELECT id FROM b"))
            .decision
            .sql()
            .is_some()
    );
    assert_eq!(columns(), 3);
}
