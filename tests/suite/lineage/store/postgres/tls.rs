//! A PostgreSQL behind TLS: whose certificate is believed, and what goes without. And how fast it is; that is printed, and not held to.
//!
//! The program is run by itself, with a system's certificates of its own (`SSL_CERT_FILE`).

use std::net::TcpListener;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::*;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

impl Server {
    /// Starts it anew on a port of this machine; answers the port.
    fn listen(&mut self, settings: &[&str]) -> u16 {
        let port = TcpListener::bind("127.0.0.1:0").expect("a port");
        let number = port.local_addr().expect("an address").port();
        drop(port);
        self.kill();
        let own = ["listen_addresses=127.0.0.1", &format!("port={number}")];
        let all = own.iter().chain(settings);
        self.settings = all.map(ToString::to_string).collect();
        self.port = number;
        self.run();
        number
    }

    /// A file that only the server may read.
    fn secret(&self, name: &str, text: &str) -> String {
        let path = self.folder.join(name);
        std::fs::write(&path, text).expect("a file");
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&path, mode).expect("a mode");
        if is_root() {
            std::os::unix::fs::chown(&path, Some(65_534), Some(65_534)).expect("an owner");
        }
        path.to_str().expect("text").to_owned()
    }
}

#[test]
fn beyond_this_machine_a_server_shows_a_certificate_that_the_system_trusts() {
    let Some(mut server) = Server::start("tls") else {
        return;
    };
    let (trusted, stranger) = (authority(), authority());
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["db.test".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &trusted).unwrap();
    let chain = server.secret("server.pem", &certificate.pem());
    let key = server.secret("server.key", &key.serialize_pem());
    let roots = |name: &str, authority: &Authority| {
        let path = server.folder.join(name);
        std::fs::write(&path, authority.pem()).expect("a file");
        path
    };
    let (right, wrong) = (roots("right.pem", &trusted), roots("wrong.pem", &stranger));
    let event = server.folder.join("event.json");
    let text = r#"{ "eventTime": "2026-01-31T08:00:00Z", "job": { "namespace": "n", "name": "j" }, "outputs": [{ "namespace": "s3://lake", "name": "c" }] }"#;
    std::fs::write(&event, text).expect("a file");
    let ask = |address: &str, roots: &Path| {
        let ran = Command::new(env!("CARGO_BIN_EXE_sqlsec"))
            .args(["lineage", "import", "--lineage", address])
            .arg(&event)
            .env("SSL_CERT_FILE", roots)
            .env_remove("SSL_CERT_DIR")
            .output()
            .expect("the program");
        (
            ran.status.code(),
            String::from_utf8_lossy(&ran.stderr).into_owned(),
        )
    };
    let address = |host: &str, port: u16, more: &str| {
        format!("postgres://tester@{host}:{port}/postgres?hostaddr=127.0.0.1{more}")
    };
    let refused = |(status, err): (Option<i32>, String), what: &str| {
        assert_eq!(status, Some(3), "{what}: {err}");
        assert!(err.contains("lineage-unavailable"), "{what}: {err}");
        err
    };

    // A server without TLS: nothing is sent to it unless the address says so.
    let port = server.listen(&[]);
    refused(ask(&address("db.test", port, ""), &right), "no TLS");
    let preferred = address("db.test", port, "&sslmode=prefer");
    refused(ask(&preferred, &right), "TLS is no wish");
    let plain = address("db.test", port, "&sslmode=disable");
    assert_eq!(ask(&plain, &right).0, Some(0), "by word");

    let files = [
        "ssl=on".to_owned(),
        format!("ssl_cert_file={chain}"),
        format!("ssl_key_file={key}"),
    ];
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let port = server.listen(&files);
    let (status, err) = ask(&address("db.test", port, ""), &right);
    assert_eq!(status, Some(0), "{err}");
    let err = refused(
        ask(&address("db.test", port, ""), &wrong),
        "another authority",
    );
    assert!(err.contains("certificate"), "{err}");
    let err = refused(
        ask(&address("other.test", port, ""), &right),
        "another name",
    );
    assert!(err.contains("certificate"), "{err}");
    // It was TLS that the good one spoke: the server takes nothing else any more.
    let hba = server.secret(
        "hba.conf",
        "local all all trust\nhostssl all all 127.0.0.1/32 trust\n",
    );
    let mut only = files.clone();
    let hba = format!("hba_file={hba}");
    only.push(&hba);
    let port = server.listen(&only);
    let plain = address("db.test", port, "&sslmode=disable");
    refused(ask(&plain, &right), "without TLS");
    let (status, err) = ask(&address("db.test", port, ""), &right);
    assert_eq!(status, Some(0), "{err}");
}

#[test]
fn its_speed_is_told() {
    let Some(server) = Server::start("speed") else {
        return;
    };
    let address = server.database();
    let store = waiting(&address, 10_000);
    let started = Instant::now();
    let many = 500;
    for n in 0..many {
        let record = copy(
            "j",
            &format!("s3://l/{n}"),
            &format!("s3://l/{}", n + 1),
            false,
        );
        store.pending(&record).expect("a record");
    }
    let each = started.elapsed() / many;
    drop(store);
    let started = Instant::now();
    let store = waiting(&address, 10_000);
    let opened = started.elapsed();
    let started = Instant::now();
    assert_eq!(ever(&store, "s3://l/250"), 1);
    let first = started.elapsed();
    let started = Instant::now();
    assert_eq!(ever(&store, "s3://l/250"), 1);
    let again = started.elapsed();
    println!(
        "PostgreSQL, {many} records: {each:?} an append, {opened:?} to open, {first:?} for the first question, {again:?} for the same again"
    );
}
