//! A real PostgreSQL for the tests of the store: a server of its own in a folder below `target`, on a socket there.
//!
//! The programs `initdb` and `postgres` are looked for on the path and where distributions put them; without them the tests say that they skip.

mod tls;

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlsec::lineage::store::{PostgresOptions, PostgresStore};

use super::*;

/// A running server, or one that a test has ended.
pub struct Server {
    folder: PathBuf,
    programs: PathBuf,
    child: Option<Child>,
    /// Settings of its own.
    settings: Vec<String>,
    port: u16,
}

/// Where `initdb` and `postgres` are.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = Vec::new();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|v| v.path().join("bin")));
    }
    folders.sort();
    folders.reverse();
    folders.extend(std::env::split_paths(&path));
    let has = |folder: &PathBuf| {
        ["initdb", "postgres"]
            .iter()
            .all(|program| folder.join(program).is_file())
    };
    folders.into_iter().find(has)
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("`id`");
    id.stdout.trim_ascii() == b"0"
}

/// The server refuses to run as root: then it runs as somebody who can do nothing.
fn as_nobody(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
        .arg(program);
    command
}

impl Server {
    /// A fresh one; none where there is no PostgreSQL.
    pub fn start(name: &str) -> Option<Self> {
        let Some(programs) = programs() else {
            println!("skipped: no `initdb` and `postgres` on the path or in /usr/lib/postgresql");
            return None;
        };
        // A socket's path has to be short, and whoever the server runs as has to come to it.
        let folder = std::env::temp_dir().join(format!("sqlsec-pg-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        let mode = std::fs::Permissions::from_mode(0o777);
        std::fs::set_permissions(&folder, mode).expect("a mode");
        let made = as_nobody(&programs.join("initdb"))
            .current_dir(&folder)
            .arg("-D")
            .arg(folder.join("data"))
            .args([
                "-U",
                "tester",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "-N",
            ])
            .output()
            .expect("`initdb`");
        assert!(made.status.success(), "{made:?}");
        let mut server = Self {
            folder,
            programs,
            child: None,
            settings: vec!["listen_addresses=".to_owned()],
            port: 5432,
        };
        server.run();
        Some(server)
    }

    /// Starts it, and waits until it answers.
    pub fn run(&mut self) {
        let log = std::fs::File::create(self.folder.join("log")).expect("a log");
        let child = as_nobody(&self.programs.join("postgres"))
            .current_dir(&self.folder)
            .arg("-D")
            .arg(self.folder.join("data"))
            .arg("-k")
            .arg(&self.folder)
            .args(["-c", "max_connections=60"])
            .args(self.settings.iter().flat_map(|setting| ["-c", setting]))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("`postgres`");
        self.child = Some(child);
        let started = Instant::now();
        while self.client("postgres").is_err() {
            let mut log = String::new();
            let file = std::fs::File::open(self.folder.join("log"));
            file.expect("a log").read_to_string(&mut log).expect("text");
            assert!(started.elapsed().as_secs() < 60, "{log}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn client(&self, database: &str) -> Result<::postgres::Client, ::postgres::Error> {
        ::postgres::Client::connect(&self.address(database), ::postgres::NoTls)
    }

    pub fn address(&self, database: &str) -> String {
        let socket = self.folder.to_str().expect("text").replace('/', "%2F");
        format!("postgres://tester@{socket}:{}/{database}", self.port)
    }

    /// A new database.
    pub fn database(&self) -> String {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("d{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut client = self.client("postgres").expect("a connection");
        let create = format!("CREATE DATABASE {name}");
        client.batch_execute(&create).expect("a database");
        self.address(&name)
    }

    /// A signal to the process that all others of the server hang on.
    fn signal(&mut self, signal: &str) {
        let child = self.child.as_ref().expect("a server");
        let id = child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.expect("`kill`").success());
    }

    /// Ends it at once, as a machine that loses its power: all its processes go.
    pub fn kill(&mut self) {
        // SIGQUIT: no checkpoint is written, and no connection ended in order. The log of writes is all there is at the next start.
        self.signal("-QUIT");
        let mut child = self.child.take().expect("a server");
        child.wait().expect("an end");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.kill();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Stores of this address, which wait so long for statements.
fn waiting(address: &str, milliseconds: u64) -> PostgresStore {
    let options = PostgresOptions {
        statement_timeout: Duration::from_millis(milliseconds),
        ..PostgresOptions::default()
    };
    PostgresStore::open(address, &options).expect("a store")
}

#[test]
fn what_holds_of_every_store_holds_in_postgresql() {
    let Some(server) = Server::start("claims") else {
        return;
    };
    let server = std::rc::Rc::new(server);
    let databases = std::rc::Rc::clone(&server);
    let opener = std::rc::Rc::new(move || open_any(&databases.database()));
    on(opener, &|| {
        appends_add_and_outlive_their_sources();
        an_overwrite_that_has_ended_supersedes_what_had_ended_before_it_began();
        topics_only_grow_until_an_operator_ages_them_out();
        truncate_and_drop_empty_and_rename_carries_along();
        a_dataset_is_found_by_any_of_its_names();
        what_is_not_pending_is_neither_committed_nor_aborted();
        a_cut_holds_until_its_time_and_can_be_taken_back();
        what_was_written_since_a_check_is_stale();
    });
    is_the_same_after_it_was_closed(&server.database());
    many_see_one_history(&server.database());
    killed_in_the_middle(&server.database());
    random::some_histories(&|| server.database());
}

#[test]
fn a_schema_is_made_once_and_a_newer_one_is_refused() {
    let Some(server) = Server::start("schema") else {
        return;
    };
    let options = PostgresOptions::default();
    let address = server.database();
    assert!(matches!(
        PostgresStore::existing(&address, &options),
        Err(LineageError::Unavailable(_))
    ));
    let opened: Vec<_> = (0..8)
        .map(|number| {
            let address = address.clone();
            thread::spawn(move || {
                let store = open_any(&address);
                commit(
                    &*store,
                    &copy(&number.to_string(), "s3://l/a", "s3://l/c", false),
                );
            })
        })
        .collect();
    for thread in opened {
        thread.join().expect("a store");
    }
    let store = PostgresStore::existing(&address, &options).expect("a store");
    assert_eq!(written(&store, "s3://l/c").len(), 8);
    let before = written(&store, "s3://l/c");
    store.reindex().expect("an index");
    assert_eq!(written(&store, "s3://l/c"), before);
    let name = address.rsplit('/').next().expect("a name").to_owned();
    let mut client = server.client(&name).expect("a connection");
    let newer = "UPDATE sqlsec_lineage.version SET version = 99";
    client.batch_execute(newer).expect("a version");
    for opened in [
        PostgresStore::existing(&address, &options),
        PostgresStore::open(&address, &options),
    ] {
        assert!(matches!(opened, Err(LineageError::Unreadable(_))));
    }
}

#[test]
fn a_server_that_was_killed_is_no_empty_store_and_keeps_what_it_acknowledged() {
    let Some(mut server) = Server::start("killed") else {
        return;
    };
    let store = waiting(&server.database(), 2_000);
    for number in 0..5 {
        let to = format!("s3://l/c{number}");
        commit(&store, &copy("one", "s3://l/a", &to, false));
    }
    let pending = store.pending(&copy("two", "s3://l/a", "s3://l/c0", false));
    let pending = pending.expect("pending");
    let known = store.snapshot().expect("a snapshot");
    assert_eq!(jobs(&known, "s3://l/c1"), ["one"]);
    server.kill();
    // What was read is known, what was not is closed.
    assert_eq!(jobs(&known, "s3://l/c1"), ["one"]);
    let entries = known.writers(&dataset("s3://l/c2"), &|a, b| a == b);
    assert!(!entries.is_empty() && entries.iter().all(|e| e.is_unreadable()));
    assert!(matches!(
        known.failure(),
        Some(LineageError::Unavailable(_))
    ));
    let error = store.snapshot().expect_err("a server that is gone");
    assert!(
        matches!(&error, LineageError::Unavailable(why) if !why.is_empty()),
        "{error}"
    );
    assert!(matches!(
        store.commit(pending),
        Err(LineageError::Unavailable(_))
    ));
    assert!(store.events().is_err());
    server.run();
    assert_eq!(written(&store, "s3://l/c0"), ["one", "two"]);
    assert_eq!(written(&store, "s3://l/c2"), ["one"]);
    store.commit(pending).expect("a commit");
    assert_eq!(store.events().expect("events").len(), 12);
}

#[test]
fn a_server_that_is_slow_is_given_up() {
    let Some(server) = Server::start("slow") else {
        return;
    };
    let address = server.database();
    let name = address.rsplit('/').next().expect("a name").to_owned();
    let store = waiting(&address, 400);
    commit(&store, &copy("one", "s3://l/a", "s3://l/c", false));
    store.snapshot().expect("a snapshot");
    // Somebody holds the tables.
    let mut other = server.client(&name).expect("a connection");
    let mut lock = other.transaction().expect("a transaction");
    let held = "LOCK TABLE sqlsec_lineage.event IN ACCESS EXCLUSIVE MODE";
    lock.batch_execute(held).expect("a lock");
    let started = Instant::now();
    assert!(matches!(
        store.snapshot(),
        Err(LineageError::Unavailable(_))
    ));
    let two = copy("two", "s3://l/a", "s3://l/c", false);
    assert!(matches!(
        store.pending(&two),
        Err(LineageError::Unavailable(_))
    ));
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    lock.rollback().expect("an end");
    assert_eq!(written(&store, "s3://l/c"), ["one"]);
    // The processes behind the connections stand still: the server says nothing at all.
    let asked = "SELECT pid FROM pg_stat_activity WHERE application_name = 'sqlsec'";
    let rows = other.query(asked, &[]).expect("rows");
    let ids: Vec<String> = rows
        .iter()
        .map(|row| row.get::<_, i32>(0).to_string())
        .collect();
    assert!(!ids.is_empty());
    let signal = |signal: &str| {
        let sent = Command::new("kill").arg(signal).args(&ids).status();
        assert!(sent.expect("`kill`").success());
    };
    signal("-STOP");
    let started = Instant::now();
    let answer = store.pending(&two);
    println!(
        "a server that stands still is given up after {:?}: {answer:?}",
        started.elapsed()
    );
    assert!(started.elapsed().as_secs() < 10);
    signal("-CONT");
    // A new connection does not know of the old one's trouble.
    let id = match answer {
        Ok(id) => id,
        Err(_) => store.pending(&two).expect("pending"),
    };
    store.commit(id).expect("a commit");
    assert_eq!(written(&store, "s3://l/c"), ["one", "two"]);
}

/// The shared steps of all front ends, over this store; and a server that goes and comes again.
#[test]
fn a_host_keeps_lineage_in_it() {
    use sqlsec::host::{Config, Guarded, Settle, open};

    let Some(mut server) = Server::start("host") else {
        return;
    };
    let address = server.database();
    let opened = |config: &str| {
        let config = config.replace("\"lineage.db\"", &format!("{address:?}"));
        let config = Config::parse(config.as_bytes()).unwrap();
        Guarded::configured(open(&config).unwrap(), &config).unwrap()
    };
    let folder = crate::hosts::folder("postgres");
    crate::hosts::shared_steps(&folder, &|config| Box::new(opened(config)));

    let config = r#"{"policy": {"text": "apiVersion: sqlsec/v1\nversion: 1\nrules: []"}, "lineage": {"store": "lineage.db"}, "catalog": [{"sql": "CREATE TABLE a (x INT); CREATE TABLE b (x INT);"}]}"#;
    let door = opened(config);
    let request =
        br#"{"principal": {"user": "bob"}, "sql": "INSERT INTO b SELECT x FROM a", "at": 1}"#;
    let allowed = || door.check_document(request).unwrap().0;
    let id = allowed().lineage_id.unwrap();
    server.kill();
    assert!(allowed().decision.sql().is_none());
    let gone = door.settle(id, Settle::Commit).unwrap_err();
    assert_eq!(gone.code.as_str(), "lineage-unavailable");
    server.run();
    assert!(door.settle(id, Settle::Commit).is_ok() && door.settle(id, Settle::Commit).is_ok());
    assert!(allowed().lineage_id.unwrap() > id);
}
