//! The lineage store of a host: the shared steps of `fixtures/hosts/inheritance.txt`, and what a store does that cannot be used.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use sqlsec::audit::{Audit, AuditCallback, OnFailure};
use sqlsec::host::{Config, Guarded, HostCode, HostError, Settle, open};
use sqlsec::lineage::Record;
use sqlsec::lineage::store::{
    Event, Fate, Known, LineageError, LineageSource, LineageStore, MemoryStore, RecordId,
};
use sqlsec::{Catalog, Engine, Policy, Reply, Request, SubmitCheck};

use crate::case::root;

/// An engine as one front end shows it.
pub trait Front {
    /// `allow` or `deny`, and the reply.
    fn check(&self, request: &str) -> (String, String);
    /// `ok`, or the code of what is wrong.
    fn settle(&self, settle: Settle, id: u64) -> String;
}

/// Runs the shared steps over engines that are opened by a configuration document.
pub fn shared_steps(folder: &Path, open: &dyn Fn(&str) -> Box<dyn Front>) {
    let text = fs::read_to_string(root().join("fixtures/hosts/inheritance.txt")).unwrap();
    let (mut config, mut front) = (String::new(), None);
    let mut ids: BTreeMap<&str, u64> = BTreeMap::new();
    let mut done = 0;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(" | ").collect();
        match fields[..] {
            ["config", document] => {
                config = document.replace("@FOLDER@", &folder.display().to_string());
            }
            ["open"] => front = Some(open(&config)),
            ["close"] => front = None,
            ["check", name, outcome, request, ref claims @ ..] => {
                let (said, reply) = front.as_ref().unwrap().check(request);
                assert_eq!(said, outcome, "{line}: {reply}");
                for claim in claims {
                    let (verb, text) = claim.split_once(' ').unwrap();
                    assert_eq!(reply.contains(text), verb == "holds", "{line}: {reply}");
                }
                let value: Value = serde_json::from_str(&reply).unwrap();
                if let Some(id) = value["lineage_id"].as_u64() {
                    ids.insert(name, id);
                }
            }
            [verb, name, outcome] => {
                let settle = [Settle::Commit, Settle::Abort, Settle::Ended];
                let settle = settle.into_iter().find(|s| s.word() == verb).expect(verb);
                let id = ids.get(name).copied();
                let id = id.unwrap_or_else(|| name.parse().unwrap());
                assert_eq!(
                    front.as_ref().unwrap().settle(settle, id),
                    outcome,
                    "{line}"
                );
            }
            _ => panic!("{line}"),
        }
        done += 1;
    }
    assert!(done > 25, "only {done} steps");
}

/// An empty folder.
pub fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("hosts-{test}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

impl Front for Guarded {
    fn check(&self, request: &str) -> (String, String) {
        let answer = self.check_json(request.as_bytes()).unwrap();
        let word = if answer.allowed { "allow" } else { "deny" };
        (word.to_owned(), String::from_utf8(answer.json).unwrap())
    }

    fn settle(&self, settle: Settle, id: u64) -> String {
        let told = Guarded::settle(self, RecordId(id), settle);
        told.map_or_else(|error| error.code.to_string(), |()| "ok".to_owned())
    }
}

fn opened(config: &str) -> Result<Guarded, HostError> {
    let config = Config::parse(config.as_bytes())?;
    Guarded::configured(open(&config)?, &config)
}

#[cfg(feature = "store")]
#[test]
fn masks_follow_the_data_from_job_to_job() {
    shared_steps(&folder("rust"), &|config| Box::new(opened(config).unwrap()));
}

const POLICY: &str = "\
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow }
rules:
  - { id: ages, type: column_mask, to: { users: [ann] }, on: { table: '*.*.a', columns: [age] }, mask: MASK_NULL }
";

const TABLES: &str =
    "CREATE TABLE a (age INT); CREATE TABLE b (age INT); CREATE TABLE c (age INT);";

fn request(user: &str, sql: &str) -> Vec<u8> {
    json!({ "principal": { "user": user }, "sql": sql })
        .to_string()
        .into_bytes()
}

fn engine(store: &Arc<impl LineageStore + 'static>) -> Engine {
    let mut catalog = Catalog::default();
    catalog.add_sql(TABLES, "test").unwrap();
    let store = Arc::clone(store) as Arc<dyn LineageSource>;
    Engine::new(Policy::load(POLICY, "test").unwrap(), catalog).lineage(store)
}

fn door(store: &Arc<impl LineageStore + 'static>) -> Guarded {
    let kept = Arc::clone(store) as Arc<dyn LineageStore>;
    Guarded::new(Box::new(engine(store))).keeping(kept)
}

/// The code of a denial, which holds no SQL and names no record.
fn denied(door: &Guarded, sql: &str) -> String {
    let (reply, json) = door.check_document(&request("bob", sql)).unwrap();
    assert!(reply.decision.sql().is_none() && reply.lineage_id.is_none());
    let value: Value = serde_json::from_slice(&json).unwrap();
    assert!(value.get("sql").is_none() && value.get("lineage_id").is_none());
    value["errors"][0]["code"].as_str().unwrap().to_owned()
}

const COPY: &str = "INSERT INTO b SELECT age FROM a";

#[cfg(feature = "store")]
#[test]
fn a_store_that_cannot_be_opened_is_an_error() {
    let folder = folder("unusable");
    let config = |lineage: Value| {
        let policy = json!({ "text": POLICY });
        json!({ "folder": folder, "policy": policy, "lineage": lineage }).to_string()
    };
    let code = |lineage: Value| opened(&config(lineage)).err().unwrap().code;
    fs::write(
        folder.join("text.db"),
        "no database at all, but a text of some length",
    )
    .unwrap();
    fs::write(folder.join("empty.db"), "").unwrap();
    for store in ["absent.db", "text.db", "empty.db", "no/folder.db", "."] {
        assert_eq!(
            code(json!({ "store": store })),
            HostCode::Lineage,
            "{store}"
        );
    }
    assert!(!folder.join("absent.db").exists());
    assert!(fs::read(folder.join("empty.db")).unwrap().is_empty());
    for store in ["text.db", "no/folder.db", "."] {
        let made = json!({ "store": store, "create": true });
        assert_eq!(code(made), HostCode::Lineage, "{store}");
    }
    for part in [
        json!({}),
        json!({ "file": "a.db" }),
        json!({ "store": "a.db", "creat": true }),
        json!({ "store": "a.db", "create": true, "password-file": "p" }),
        json!("a.db"),
    ] {
        assert_eq!(code(part), HostCode::Config);
    }
    assert!(opened(&config(json!({ "store": "new.db", "create": true }))).is_ok());
    assert!(opened(&config(json!({ "store": "new.db" }))).is_ok());
}

/// A process that does not let its lock go.
#[cfg(feature = "store")]
#[test]
#[ignore = "waits for a lock as long as a store does: two minutes"]
fn a_store_that_another_holds_is_an_error() {
    let folder = folder("held");
    let file = folder.join("lineage.db");
    let config = json!({
        "policy": { "text": POLICY },
        "catalog": [{ "sql": TABLES }],
        "lineage": { "store": file, "create": true },
    });
    let door = opened(&config.to_string()).unwrap();
    let (first, _) = door.check_document(&request("bob", COPY)).unwrap();
    let id = first.lineage_id.unwrap();
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(denied(&door, COPY), "lineage-unavailable");
    let error = Guarded::settle(&door, id, Settle::Commit).unwrap_err();
    assert_eq!(error.code, HostCode::Lineage);
    drop((door, other));
    let other = rusqlite::Connection::open(&file).unwrap();
    let lock = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE event SET stands = 0;";
    other.execute_batch(lock).unwrap();
    let error = opened(&config.to_string()).err().unwrap();
    assert_eq!(error.code, HostCode::Lineage, "{error}");
    drop(other);
    let door = opened(&config.to_string()).unwrap();
    assert!(Guarded::settle(&door, id, Settle::Commit).is_ok());
}

#[cfg(feature = "postgres")]
#[test]
fn no_error_tells_a_password() {
    let folder = folder("secrets");
    fs::write(folder.join("password"), "geheim\n").unwrap();
    let config = |store: &str, file: &str| {
        let lineage = json!({ "store": store, "password-file": file });
        json!({ "folder": folder, "policy": { "text": POLICY }, "lineage": lineage }).to_string()
    };
    for (store, file, code) in [
        ("postgres://u@127.0.0.1:1/d", "password", HostCode::Lineage),
        (
            "postgres://u:geheim@127.0.0.1:1/d",
            "password",
            HostCode::Lineage,
        ),
        (
            "postgres://u@127.0.0.1:1/d?geheim=1",
            "password",
            HostCode::Lineage,
        ),
        ("postgres://u@127.0.0.1:1/d", "absent", HostCode::Unreadable),
    ] {
        let error = opened(&config(store, file)).err().unwrap();
        assert_eq!(error.code, code, "{error}");
        assert!(!format!("{error:?}").contains("geheim"), "{error:?}");
    }
}

/// A store that answers and then does not.
struct Fails {
    inner: MemoryStore,
    error: fn() -> LineageError,
}

impl LineageSource for Fails {
    fn snapshot(&self) -> Result<Arc<Known>, LineageError> {
        self.inner.snapshot()
    }
}

impl LineageStore for Fails {
    fn append(&self, _: Event, _: Option<u64>) -> Result<u64, LineageError> {
        Err((self.error)())
    }

    fn events(&self) -> Result<Vec<(u64, Event)>, LineageError> {
        self.inner.events()
    }
}

fn failing(error: fn() -> LineageError) -> Arc<Fails> {
    let inner = MemoryStore::default();
    Arc::new(Fails { inner, error })
}

#[test]
fn what_cannot_be_kept_is_not_allowed() {
    let gone = failing(|| LineageError::Unavailable("the disk is full".to_owned()));
    let door = door(&gone);
    assert_eq!(denied(&door, COPY), "lineage-unavailable");
    // What writes nothing leaves nothing.
    let reads = door
        .check_json(&request("bob", "SELECT age FROM b"))
        .unwrap();
    assert!(reads.allowed && !door.is_broken());
    for settle in [Settle::Commit, Settle::Abort, Settle::Ended] {
        let error = Guarded::settle(&door, RecordId(1), settle).unwrap_err();
        assert_eq!(error.code, HostCode::Lineage);
    }
    let busy = failing(|| LineageError::Stale);
    assert_eq!(denied(&self::door(&busy), COPY), "lineage-stale");
}

#[test]
fn what_is_written_meanwhile_is_judged_anew() {
    /// Before the first check is kept, somebody writes its source.
    struct Meanwhile(MemoryStore, std::sync::Mutex<Option<Record>>);
    impl LineageSource for Meanwhile {
        fn snapshot(&self) -> Result<Arc<Known>, LineageError> {
            self.0.snapshot()
        }
    }
    impl LineageStore for Meanwhile {
        fn append(&self, event: Event, since: Option<u64>) -> Result<u64, LineageError> {
            if let Some(record) = self.1.lock().unwrap().take() {
                self.0.append(Event::Pending(record), None)?;
            }
            self.0.append(event, since)
        }
        fn events(&self) -> Result<Vec<(u64, Event)>, LineageError> {
            self.0.events()
        }
    }
    let memory = Arc::new(MemoryStore::default());
    let before =
        engine(&memory).check(&serde_json::from_slice::<Request>(&request("bob", COPY)).unwrap());
    let store = Arc::new(Meanwhile(
        MemoryStore::default(),
        std::sync::Mutex::new(before.lineage),
    ));
    let door = door(&store);
    let sql = "INSERT INTO c SELECT age FROM b";
    let (reply, _) = door.check_document(&request("ann", sql)).unwrap();
    // Judged without the other's record, ann would write raw ages.
    assert!(reply.decision.sql().unwrap().contains("NULL"), "{reply:?}");
    assert_eq!(reply.lineage_id, Some(RecordId(2)));
}

#[test]
fn without_a_store_nothing_is_kept() {
    let store = Arc::new(MemoryStore::default());
    let door = Guarded::new(Box::new(engine(&store)));
    let (reply, _) = door.check_document(&request("bob", COPY)).unwrap();
    assert!(reply.lineage.is_some() && reply.lineage_id.is_none());
    let error = Guarded::settle(&door, RecordId(1), Settle::Commit).unwrap_err();
    assert_eq!(error.code, HostCode::RecordUnknown);
}

#[test]
fn an_engine_that_has_panicked_takes_nothing() {
    struct Panics(Engine);
    impl SubmitCheck for Panics {
        fn check(&self, request: &Request) -> Reply {
            assert!(request.sql != "panic", "asked for");
            self.0.check(request)
        }
    }
    let store = Arc::new(MemoryStore::default());
    let kept = Arc::clone(&store) as Arc<dyn LineageStore>;
    let broken = Guarded::new(Box::new(Panics(engine(&store)))).keeping(kept);
    let (reply, _) = broken.check_document(&request("bob", COPY)).unwrap();
    let id = reply.lineage_id.unwrap();
    assert_eq!(denied(&broken, "panic"), "internal");
    assert_eq!(denied(&broken, COPY), "internal");
    for settle in [Settle::Commit, Settle::Abort] {
        let error = Guarded::settle(&broken, id, settle).unwrap_err();
        assert_eq!(error.code, HostCode::Internal);
    }
    assert_eq!(store.fate(id), Ok(Some(Fate::Pending)), "it protects");
    assert!(Guarded::settle(&door(&store), id, Settle::Commit).is_ok());
}

#[test]
fn a_store_that_panics_closes_the_engine() {
    let store = failing(|| panic!("asked for"));
    let door = door(&store);
    assert_eq!(denied(&door, COPY), "internal");
    assert!(door.is_broken());
    let other = self::door(&store);
    let error = Guarded::settle(&other, RecordId(1), Settle::Commit).unwrap_err();
    assert_eq!(error.code, HostCode::Internal);
    assert!(other.is_broken());
}

#[test]
fn what_the_audit_does_not_take_leaves_nothing_in_the_store() {
    let audit = || Audit::new(Arc::new(AuditCallback::new(|_| Err("full".to_owned()))));
    let store = Arc::new(MemoryStore::default());
    let strict = door(&store).audited(audit());
    assert_eq!(denied(&strict, COPY), "audit-unavailable");
    assert_eq!(store.fate(RecordId(1)), Ok(Some(Fate::Aborted)));
    let lenient = door(&store).audited(audit().on_failure(OnFailure::Continue));
    let (reply, json) = lenient.check_document(&request("bob", COPY)).unwrap();
    assert!(reply.decision.sql().is_some() && reply.unrecorded);
    assert!(
        String::from_utf8(json)
            .unwrap()
            .contains("\"unrecorded\":true")
    );
    assert_eq!(
        store.fate(reply.lineage_id.unwrap()),
        Ok(Some(Fate::Pending))
    );
}

#[test]
fn the_audit_names_the_record() {
    let lines = Arc::new(std::sync::Mutex::new(Vec::new()));
    let heard = Arc::clone(&lines);
    let audit = AuditCallback::new(move |line| {
        heard.lock().unwrap().push(line.to_owned());
        Ok(())
    });
    let store = Arc::new(MemoryStore::default());
    let door = door(&store).audited(Audit::new(Arc::new(audit)));
    let (reply, _) = door.check_document(&request("bob", COPY)).unwrap();
    assert!(!reply.unrecorded);
    let line: Value = serde_json::from_str(&lines.lock().unwrap()[0]).unwrap();
    assert_eq!(line["lineage"]["record"], reply.lineage_id.unwrap().0);
}
