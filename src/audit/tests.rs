//! What is recorded, where it goes, and what happens when it does not.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::*;
use crate::check::{Code, SubmitCheck};
use crate::{Catalog, Engine, Policy, Principal, Request};

const POLICY: &str = "
apiVersion: sqlsec/v1
version: 7
rules:
  - { id: region, type: row_filter, to: { users: [alice] }, on: { table: '*.*.orders' }, filter: \"region = 'a secret place'\" }
  - { id: phone, type: column_mask, to: { users: [alice] }, on: { table: '*.*.orders', columns: [phone] }, mask: MASK_HASH }
";

fn engine() -> Engine {
    let mut catalog = Catalog::default();
    let table = "CREATE TABLE orders (id INT, phone STRING, region STRING) WITH ('connector' = 'kafka', 'topic' = 'orders', 'properties.bootstrap.servers' = 'b:9092', 'properties.sasl.jaas.config' = 'a secret password');
                 CREATE TABLE sink (id INT, phone STRING) WITH ('connector' = 'print')";
    catalog.add_sql(table, "test").unwrap();
    Engine::new(Policy::load(POLICY, "test").unwrap(), catalog)
}

fn request(sql: &str) -> Request {
    let attributes = [(
        "card".to_owned(),
        crate::policy::Attribute::Text("a secret number".to_owned()),
    )];
    let principal = Principal {
        user: "alice".to_owned(),
        groups: ["ops".to_owned()].into(),
        attributes: attributes.into(),
        ..Principal::default()
    };
    Request {
        job: Some("nightly".to_owned()),
        ..Request::new(principal, sql)
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target/tmp/audit")
        .join(format!("{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn lines(path: &Path) -> Vec<AuditRecord> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

#[test]
fn a_record_says_what_happened_and_no_secret() {
    let said = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&said);
    let sink = AuditCallback::new(move |line| {
        heard.lock().unwrap().push(line.to_owned());
        Ok(())
    });
    let check = Audited::new(engine(), Audit::new(Arc::new(sink)));
    let sql = "INSERT INTO sink SELECT id, phone FROM orders WHERE phone <> 'a secret literal'";
    let reply = check.check(&request(sql));
    assert!(reply.decision.sql().is_some(), "{reply:?}");
    let denied = check.check(&request(
        "INSERT INTO sink SELECT id, 'a secret literal' FROM `a\nb`.`c`.`d`",
    ));
    assert!(denied.decision.sql().is_none());

    let said = said.lock().unwrap();
    assert_eq!(said.len(), 2);
    assert!(
        said.iter()
            .all(|line| !line.contains("secret") && !line.contains('\n')),
        "{said:?}"
    );
    let allowed: AuditRecord = serde_json::from_str(&said[0]).unwrap();
    assert_eq!(allowed.principal.user, "alice");
    assert!(allowed.principal.attributes.contains("card"));
    assert_eq!(allowed.job.as_deref(), Some("nightly"));
    assert_eq!(allowed.policy.version, 7);
    assert_eq!(allowed.sql_bytes, sql.len());
    assert_eq!(allowed.sql_sha256, crate::syntax::sha256(sql));
    let protected = crate::syntax::sha256(reply.decision.sql().unwrap());
    assert_eq!(
        allowed.decision,
        AuditDecision::Allow {
            protected_sha256: protected
        }
    );
    let [statement] = allowed.statements.as_slice() else {
        panic!("{allowed:?}")
    };
    assert_eq!(statement.inputs[0].physical, ["kafka://b:9092/orders"]);
    assert_eq!(statement.outputs[0].name.table, "sink");
    assert_eq!(statement.applied[0].row_filter, ["region"]);
    assert_eq!(statement.applied[0].masks[0].rule, "phone");
    let lineage = allowed.lineage.unwrap();
    assert_eq!(lineage.job.as_deref(), Some("nightly"));
    assert_eq!(lineage.sha256.map(|hash| hash.len()), Some(64));
    let denied: AuditRecord = serde_json::from_str(&said[1]).unwrap();
    let AuditDecision::Deny { errors } = denied.decision else {
        panic!("{denied:?}")
    };
    assert!(!errors.is_empty() && denied.lineage.is_none());
}

#[test]
fn what_cannot_be_recorded_is_not_allowed_unless_the_site_says_so() {
    type Keep = fn(&str) -> Result<(), String>;
    let broken: [Keep; 2] = [|_| Err("full".to_owned()), |_| panic!("asked for")];
    for sink in broken {
        let told = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&told);
        let audit = Audit::new(Arc::new(AuditCallback::new(sink)))
            .telling(move |_| *counted.lock().unwrap() += 1);
        let check = Audited::new(engine(), audit.clone());
        let reply = check.check(&request("SELECT id FROM orders"));
        let [error] = reply.decision.errors() else {
            panic!("{reply:?}")
        };
        assert_eq!(error.code, Code::AuditUnavailable);
        assert!(reply.statements.is_empty() && reply.lineage.is_none());
        // A refusal stays the refusal that it was.
        let refused = check.check(&request("SELECT nothing FROM orders"));
        assert_eq!(refused.decision.errors()[0].code, Code::ColumnUnknown);
        let going_on = Audited::new(engine(), audit.on_failure(OnFailure::Continue));
        assert!(
            going_on
                .check(&request("SELECT id FROM orders"))
                .decision
                .sql()
                .is_some()
        );
        assert_eq!(*told.lock().unwrap(), 3);
    }
}

#[test]
fn a_file_takes_turns_and_keeps_as_many_as_it_should() {
    let folder = folder("rotation");
    let path = folder.join("audit.jsonl");
    let one = {
        let file = AuditFile::open(&path, Rotation::default()).unwrap();
        let check = Audited::new(engine(), Audit::new(Arc::new(file)));
        check.check(&request("SELECT id FROM orders"));
        fs::metadata(&path).unwrap().len()
    };
    fs::remove_file(&path).unwrap();
    // Two records fit, three do not; a record's length changes by some digits of its time.
    let rotation = Rotation {
        max_bytes: 2 * one + one / 2,
        keep: 2,
    };
    let file = AuditFile::open(&path, rotation).unwrap();
    let check = Audited::new(engine(), Audit::new(Arc::new(file)));
    for _ in 0..7 {
        assert!(
            check
                .check(&request("SELECT id FROM orders"))
                .decision
                .sql()
                .is_some()
        );
    }
    let counts = [
        "audit.jsonl",
        "audit.jsonl.1",
        "audit.jsonl.2",
        "audit.jsonl.3",
    ]
    .map(|name| lines(&folder.join(name)).len());
    assert_eq!(counts, [1, 2, 2, 0]);
}

#[test]
fn half_a_line_of_a_process_that_was_killed_stays_alone() {
    let path = folder("torn").join("audit.jsonl");
    fs::write(&path, "{\"time\": \"20").unwrap();
    let file = AuditFile::open(&path, Rotation::default()).unwrap();
    let check = Audited::new(engine(), Audit::new(Arc::new(file)));
    check.check(&request("SELECT id FROM orders"));
    let text = fs::read_to_string(&path).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("{\"time\": \"20"));
    assert!(serde_json::from_str::<AuditRecord>(lines.next().unwrap()).is_ok());
}

#[test]
fn many_writers_lose_no_record() {
    let folder = folder("many");
    let path = folder.join("audit.jsonl");
    let rotation = Rotation {
        max_bytes: 20_000,
        keep: 1_000,
    };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let path = &path;
            scope.spawn(move || {
                // Each with a file of its own, as processes have.
                let file = AuditFile::open(path, rotation).unwrap();
                let check = Audited::new(engine(), Audit::new(Arc::new(file)));
                for _ in 0..50 {
                    assert!(
                        check
                            .check(&request("SELECT id FROM orders"))
                            .decision
                            .sql()
                            .is_some()
                    );
                }
            });
        }
    });
    let files = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let logs = files.filter(|file| file.extension().is_none_or(|extension| extension != "lock"));
    assert_eq!(logs.map(|file| lines(&file).len()).sum::<usize>(), 400);
}

#[test]
fn a_file_that_cannot_be_written_is_known_at_the_start() {
    let error =
        AuditFile::open(Path::new("/nowhere/audit.jsonl"), Rotation::default()).unwrap_err();
    assert!(
        error.to_string().contains("/nowhere/audit.jsonl"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn a_new_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let path = folder("mode").join("audit.jsonl");
    AuditFile::open(&path, Rotation::default()).unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn a_record_of_an_earlier_version_is_still_read() {
    let line = r#"{"time":"2026-11-28T09:30:00.123Z","principal":{"user":"alice","groups":["ops"],"attributes":["dept"]},"flink":"2.3","sql_sha256":"9f","sql_bytes":4,"decision":"allow","protected_sha256":"41","statements":[],"policy":{"version":7,"hash":"c3"},"micros":143}"#;
    let record: AuditRecord = serde_json::from_str(line).unwrap();
    assert!(record.principal.stated.is_empty() && record.principal.claimed.is_empty());
    assert_eq!(serde_json::to_string(&record).unwrap(), line);
}
