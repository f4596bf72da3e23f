//! Ranger's own engine in a JVM of its own, fed with JSON lines (tests/ranger/README.md has their form).

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::case::root;

/// One `mvn` at a time.
static STARTS: Mutex<()> = Mutex::new(());

/// The running JVM.
pub struct Oracle {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Oracle {
    /// # Errors
    /// Why there is none: what needs it says so and skips.
    pub fn start() -> Result<Self, String> {
        let _one_at_a_time = STARTS.lock().unwrap_or_else(PoisonError::into_inner);
        if std::env::var("SQLSEC_NO_RANGER").is_ok() {
            return Err("SQLSEC_NO_RANGER is set".to_owned());
        }
        let folder = root().join("tests/ranger");
        for tool in ["java", "mvn"] {
            let mut found = Command::new(tool);
            let found = found
                .arg("-version")
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            if !found.status().is_ok_and(|status| status.success()) {
                return Err(format!("`{tool}` is not installed"));
            }
        }
        // Maven compiles only what is newer than its classes. Libraries are fetched only for somebody who asks for the comparison.
        let asked = std::env::var_os("SQLSEC_RANGER_CASES").is_some();
        let offline: &[&str] = if asked { &[] } else { &["-o"] };
        let build = Command::new("mvn")
            .args(["-q", "-B", "package"])
            .args(offline)
            .current_dir(&folder)
            .output()
            .map_err(|error| error.to_string())?;
        if !build.status.success() {
            let said = String::from_utf8_lossy(&build.stdout);
            assert!(!asked, "tests/ranger does not build:\n{said}");
            return Err("tests/ranger does not build offline: `mvn package` there fetches Ranger's libraries".to_owned());
        }
        let mut child = Command::new("java")
            .args([
                "@jvm.options",
                "-cp",
                "target/sqlsec-ranger-tests.jar:target/lib/*",
                "sqlsec.ranger.Runner",
            ])
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        Ok(Self {
            child,
            answers: BufReader::new(stdout),
        })
    }

    /// One answer a job, in the order of the jobs.
    pub fn ask(&mut self, jobs: &[Value]) -> Vec<Value> {
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
        let answers = jobs.iter().map(|_| {
            let mut line = String::new();
            let read = self
                .answers
                .read_line(&mut line)
                .expect("an answer in UTF-8");
            assert!(read > 0, "the JVM ended before it answered");
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
        });
        let answers = answers.collect();
        self.child.stdin = Some(writer.join().expect("jobs written"));
        answers
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // It ends with its jobs; then nothing is left of it.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
