//! A real OPA server with the policy of `fixtures/opa`: found, or compiled once into the user's cache folder, and started on a free port.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

use sqlsec::source::PolicySource;
use sqlsec::source::opa::Paths;
use sqlsec::source::remote::{Bounds, Patience, Remote, Settings, Speaks};

use crate::case::root;

/// The version that is compiled where none is at hand.
const VERSION: &str = "v1.22.2";

/// The program, or why there is none. Tests that need it say so and skip.
pub fn program() -> Result<&'static Path, String> {
    static FOUND: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let found = FOUND.get_or_init(find);
    found.as_deref().map_err(Clone::clone)
}

fn find() -> Result<PathBuf, String> {
    if env::var_os("SQLSEC_NO_OPA").is_some() {
        return Err("SQLSEC_NO_OPA is set".to_owned());
    }
    let cache = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cache")))
        .ok_or("no folder for a cache")?;
    let folder = cache.join("sqlsec").join(format!("opa-{VERSION}"));
    let pinned = folder.join("opa");
    if speaks_rego_1(pinned.as_os_str()) {
        return Ok(pinned);
    }
    if speaks_rego_1(OsStr::new("opa")) {
        return Ok(PathBuf::from("opa"));
    }
    // Two minutes, once. With one compiler at a time it stays within the memory of a small machine.
    println!("compiling OPA {VERSION} into {}", folder.display());
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let built = Command::new("go")
        .args([
            "install",
            &format!("github.com/open-policy-agent/opa@{VERSION}"),
        ])
        .env("GOBIN", &folder)
        .env("GOFLAGS", "-p=1")
        .output()
        .map_err(|_| "neither `opa` nor `go` is installed".to_owned())?;
    if built.status.success() {
        Ok(pinned)
    } else {
        let said = String::from_utf8_lossy(&built.stderr);
        Err(format!(
            "`go install` of OPA failed: {}",
            said.lines().last().unwrap_or_default()
        ))
    }
}

fn speaks_rego_1(program: &OsStr) -> bool {
    let said = Command::new(program).arg("version").output();
    said.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains("Version: 1."))
}

/// The folder of the sample policy.
pub fn policy() -> PathBuf {
    root().join("fixtures/opa")
}

/// A running server. Ends when it is dropped.
pub struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts OPA with the sample policy, and waits until it answers.
    pub fn start(program: &Path) -> Self {
        // The port is free again for the moment until OPA takes it; another taker makes another try.
        for _ in 0..5 {
            let free = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
            let address = free.local_addr().expect("an address");
            drop(free);
            let process = Command::new(program)
                .args(["run", "--server", "--disable-telemetry", "--log-level"])
                .args(["error", "--addr", &address.to_string()])
                .arg(policy())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("OPA starts");
            let mut server = Self { process, address };
            if server.is_ready() {
                return server;
            }
        }
        panic!("OPA does not come up");
    }

    fn is_ready(&mut self) -> bool {
        let end = Instant::now() + Duration::from_secs(30);
        while Instant::now() < end && matches!(self.process.try_wait(), Ok(None)) {
            if matches!(self.send("GET", "/health", ""), Ok((200, _))) {
                return true;
            }
            sleep(Duration::from_millis(50));
        }
        false
    }

    /// Sends a request; HTTP/1.0, so that the answer ends with the connection.
    fn send(&self, method: &str, path: &str, body: &str) -> std::io::Result<(u16, String)> {
        let mut stream = TcpStream::connect_timeout(&self.address, Duration::from_secs(5))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split_whitespace().nth(1).and_then(|s| s.parse().ok());
        Ok((status.unwrap_or_default(), body.to_owned()))
    }

    /// Adds a policy.
    pub fn put(&self, path: &str, rego: &str) {
        let (status, said) = self.send("PUT", path, rego).expect("an answer");
        assert_eq!(status, 200, "{said}");
    }

    /// The base address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A permission service in one of OPA's dialects.
    pub fn source(&self, paths: Paths) -> Arc<dyn PolicySource> {
        let settings = Settings {
            contract: Speaks::Opa { paths },
            patience: Patience {
                total: Duration::from_secs(60),
                ..Patience::default()
            },
            ..Settings::new(self.url())
        };
        Arc::new(Remote::new(&settings, Bounds::default()).expect("settings"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
