//! Real Flink: one JVM for the whole suite, fed with JSON lines (tests/flink/README.md has the protocol).

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::Value;

/// The running JVM.
pub struct Flink {
    child: Child,
    answers: BufReader<ChildStdout>,
}

static SHARED: OnceLock<Result<Mutex<Flink>, String>> = OnceLock::new();

/// One `mvn` and one start at a time.
static STARTS: Mutex<()> = Mutex::new(());

/// One JVM works at a time: two share two cores badly, and each job has a limit.
static WORKING: Mutex<()> = Mutex::new(());

impl Flink {
    /// The JVM, started at the first call.
    ///
    /// # Errors
    /// Why there is none: tests that need it say so and skip.
    pub fn shared() -> Result<MutexGuard<'static, Self>, String> {
        let shared = SHARED.get_or_init(|| Self::start(&[], "target").map(Mutex::new));
        shared
            .as_ref()
            .map(|m| m.lock().unwrap_or_else(PoisonError::into_inner))
            .map_err(Clone::clone)
    }

    /// A JVM with Flink 1.20 for the caller alone: it ends with its jobs.
    ///
    /// # Errors
    /// Why there is none.
    pub fn old() -> Result<Box<Self>, String> {
        Self::start(&["-P", "flink-1.20"], "target-1.20").map(Box::new)
    }

    fn start(profile: &[&str], target: &str) -> Result<Self, String> {
        let _one_at_a_time = STARTS.lock().unwrap_or_else(PoisonError::into_inner);
        if std::env::var("SQLSEC_NO_FLINK").is_ok() {
            return Err("SQLSEC_NO_FLINK is set".to_owned());
        }
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/flink");
        for tool in ["java", "mvn"] {
            let found = Command::new(tool)
                .arg("-version")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            if !found.is_ok_and(|s| s.success()) {
                return Err(format!("`{tool}` is not installed"));
            }
        }
        // Maven compiles only what is newer than its classes.
        let build = Command::new("mvn")
            .args(["-q", "-B", "package"])
            .args(profile)
            .current_dir(&folder)
            .output()
            .map_err(|e| e.to_string())?;
        assert!(
            build.status.success(),
            "tests/flink does not build:\n{}",
            String::from_utf8_lossy(&build.stdout)
        );
        let mut child = Command::new("java")
            .args([
                "@jvm.options",
                "-cp",
                &format!("{target}/sqlsec-flink-tests.jar:{target}/lib/*"),
                "sqlsec.flink.Runner",
            ])
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| e.to_string())?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        Ok(Self {
            child,
            answers: BufReader::new(stdout),
        })
    }

    /// One answer a job, in the order of the jobs.
    pub fn ask(&mut self, jobs: &[Value]) -> Vec<Value> {
        let _alone = WORKING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stdin = self.child.stdin.take().expect("the JVM takes jobs");
        let lines: Vec<String> = jobs.iter().map(|job| format!("{job}\n")).collect();
        // Written from a thread of its own: with both pipes full, each side would wait for the other.
        let writer = std::thread::spawn(move || {
            for line in lines {
                stdin
                    .write_all(line.as_bytes())
                    .expect("the JVM reads jobs");
            }
            stdin.flush().expect("the JVM reads jobs");
            stdin
        });
        let mut answers = Vec::with_capacity(jobs.len());
        for job in jobs {
            let mut line = String::new();
            let read = self
                .answers
                .read_line(&mut line)
                .expect("an answer in UTF-8");
            assert!(read > 0, "the JVM ended before it answered {}", job["id"]);
            answers.push(
                serde_json::from_str(&line)
                    .unwrap_or_else(|e| panic!("{}: {e}: {line}", job["id"])),
            );
        }
        self.child.stdin = Some(writer.join().expect("jobs written"));
        answers
    }
}
