//! An engine behind a door that closes for good after a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::config::text;
use super::{Config, HostCode, HostError, Opened, Settle, lineage};
use crate::audit::{Audit, AuditFile};
use crate::check::{Code, PolicyStamp, Reply, Request, SubmitCheck, UNFINISHED};
use crate::lineage::store::{LineageStore, RecordId};

/// An engine or a gate as a host holds it.
///
/// INVARIANT (closed after a panic): once a check has not finished, nothing is decided here any more. An engine is immutable and could go on, but a host
/// cannot know what a panic has left in it, its caches and its sources; whoever wants to go on opens a new one.
pub struct Guarded {
    judge: Box<dyn SubmitCheck>,
    lineage: Option<Arc<dyn LineageStore>>,
    audit: Option<Audit>,
    broken: AtomicBool,
}

/// A reply as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether it holds SQL that may be submitted.
    pub allowed: bool,
    /// The document (`schema/reply.json`).
    pub json: Vec<u8>,
}

impl Guarded {
    /// An open door.
    #[must_use]
    pub fn new(judge: Box<dyn SubmitCheck>) -> Self {
        Self {
            judge,
            lineage: None,
            audit: None,
            broken: AtomicBool::new(false),
        }
    }

    /// The same door, whose allowed checks leave a pending record in this store, which must be the one that the judge reads.
    #[must_use]
    pub fn keeping(mut self, store: Arc<dyn LineageStore>) -> Self {
        self.lineage = Some(store);
        self
    }

    /// The same door, of which every answer is recorded: also those that it gives while it is closed.
    #[must_use]
    pub fn audited(mut self, audit: Audit) -> Self {
        self.audit = Some(audit);
        self
    }

    /// An open door with what a configuration says of it.
    ///
    /// # Errors
    /// `audit-unwritable`.
    pub fn configured(opened: Opened, config: &Config) -> Result<Self, HostError> {
        let door = Self {
            lineage: opened.lineage,
            ..Self::new(opened.judge)
        };
        let Some(part) = &config.audit else {
            return Ok(door);
        };
        let file = AuditFile::open(&part.file, part.rotation)
            .map_err(|error| HostError::new(HostCode::Audit, error))?;
        Ok(door.audited(Audit::new(Arc::new(file)).on_failure(part.on_failure)))
    }

    /// Whether it has closed.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Acquire)
    }

    /// Takes what became of the submission of a script whose reply has this `lineage_id`. Saying the same again is no mistake. What is never said leaves the
    /// record pending, where it protects.
    ///
    /// # Errors
    /// `record-unknown`, `record-unfit`, `lineage-unavailable`; `internal` once the engine has panicked: another one over the same store takes it.
    pub fn settle(&self, id: RecordId, settle: Settle) -> Result<(), HostError> {
        if self.is_broken() {
            let message = "internal error: this engine has failed, and takes nothing any more";
            return Err(HostError::new(HostCode::Internal, message));
        }
        let Some(store) = &self.lineage else {
            return Err(lineage::unknown(id));
        };
        let told = catch_unwind(AssertUnwindSafe(|| lineage::settle(&**store, id, settle)));
        told.unwrap_or_else(|_| {
            self.broken.store(true, Ordering::Release);
            Err(HostError::internal())
        })
    }

    /// The number of the newest event of the lineage store: no record has a higher one. Nothing was written, nor will be, where there is no store.
    ///
    /// # Errors
    /// `lineage-unavailable`.
    #[cfg(feature = "server")]
    pub(crate) fn newest(&self) -> Result<u64, HostError> {
        let Some(store) = &self.lineage else {
            return Ok(0);
        };
        let known = store.snapshot();
        known
            .map(|known| known.version())
            .map_err(|error| lineage::unavailable(&error))
    }

    /// Decides about a request document: JSON in UTF-8 (`schema/request.json`).
    ///
    /// # Errors
    /// `input-not-utf8`, `request-invalid`: it is no request, and nothing was decided.
    pub fn check_json(&self, request: &[u8]) -> Result<Answer, HostError> {
        let (reply, json) = self.check_document(request)?;
        Ok(Answer {
            allowed: reply.decision.sql().is_some(),
            json,
        })
    }

    /// The same, with the reply itself beside its document.
    ///
    /// # Errors
    /// As for [`Self::check_json`].
    pub fn check_document(&self, request: &[u8]) -> Result<(Reply, Vec<u8>), HostError> {
        let text = text(request, "request")?;
        let request: Request = serde_json::from_str(text)
            .map_err(|error| HostError::json(HostCode::Request, "request", text, &error))?;
        let reply = self.check(&request);
        let json = serde_json::to_vec(&reply).map_err(|_| HostError::internal())?;
        Ok((reply, json))
    }

    fn close(&self) -> Reply {
        self.broken.store(true, Ordering::Release);
        Self::closed()
    }

    /// What a closed door says. It asks nobody any more: of the user it knows what is claimed.
    fn closed() -> Reply {
        let message = "internal error: this engine has failed, and decides nothing any more";
        Reply::denied(Code::Internal, message, PolicyStamp::default())
    }
}

impl SubmitCheck for Guarded {
    fn check(&self, request: &Request) -> Reply {
        let Some(audit) = &self.audit else {
            return self.decide(request);
        };
        let mut left = None;
        let reply = audit.around(request, || {
            let reply = self.decide(request);
            left = reply.lineage_id;
            reply
        });
        // What could not be recorded is denied: it is not going to be submitted.
        if reply.lineage_id.is_none() {
            self.withdraw(left);
        }
        reply
    }
}

impl Guarded {
    fn decide(&self, request: &Request) -> Reply {
        if self.is_broken() {
            return Self::closed();
        }
        let reply = catch_unwind(AssertUnwindSafe(|| match &self.lineage {
            Some(store) => lineage::check(&*self.judge, &**store, request),
            None => self.judge.check(request),
        }));
        let Ok(reply) = reply else {
            return self.close();
        };
        // The engine has caught it itself: what it answers then is known by its words.
        let errors = reply.decision.errors();
        if errors
            .iter()
            .any(|e| e.code == Code::Internal && e.message == UNFINISHED)
        {
            return self.close().in_place_of(&reply);
        }
        // It may have closed while this check ran beside the one that failed.
        if self.is_broken() {
            self.withdraw(reply.lineage_id);
            Self::closed().in_place_of(&reply)
        } else {
            reply
        }
    }

    /// Takes back the record of a reply that nobody gets. Where that fails it stays pending, and protects.
    fn withdraw(&self, left: Option<RecordId>) {
        if let (Some(store), Some(id)) = (&self.lineage, left) {
            let _ = catch_unwind(AssertUnwindSafe(|| store.abort(id)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::audit::{AuditDecision, AuditRecord};
    use crate::{Catalog, Engine, Policy, Principal};

    struct Panics(Engine);

    impl SubmitCheck for Panics {
        fn check(&self, request: &Request) -> Reply {
            assert!(request.sql != "panic", "asked for");
            self.0.check(request)
        }
    }

    fn engine() -> Engine {
        let policy = "apiVersion: sqlsec/v1\nversion: 1\nrules: []";
        Engine::new(Policy::load(policy, "test").unwrap(), Catalog::default())
    }

    fn judged(judge: Box<dyn SubmitCheck>) -> Opened {
        Opened {
            judge,
            lineage: None,
            version: None,
        }
    }

    fn answer(door: &Guarded, sql: &str) -> Answer {
        let request = serde_json::to_vec(&Request::new(Principal::default(), sql)).unwrap();
        door.check_json(&request).unwrap()
    }

    #[test]
    fn an_engine_that_panicked_denies_from_then_on() {
        let door = Guarded::new(Box::new(Panics(engine())));
        let before = answer(&door, "VALUES 1");
        assert!(before.allowed);
        for sql in ["panic", "VALUES 1", "panic"] {
            let after = answer(&door, sql);
            let text = String::from_utf8(after.json).unwrap();
            assert!(!after.allowed && door.is_broken(), "{text}");
            assert!(text.contains("\"code\":\"internal\""), "{text}");
            assert!(!text.contains("\"sql\""), "{text}");
        }
    }

    #[test]
    fn what_the_engine_says_of_its_own_panic_closes_it_too() {
        struct Broken;
        impl SubmitCheck for Broken {
            fn check(&self, _: &Request) -> Reply {
                let mut reply = Reply::denied(Code::Internal, UNFINISHED, PolicyStamp::default());
                reply.stated = Some(Arc::new(crate::policy::PrincipalDecl {
                    user: "ann".to_owned(),
                    ..Default::default()
                }));
                reply
            }
        }
        let door = Guarded::new(Box::new(Broken));
        let request = Request::new(Principal::default(), "VALUES 1");
        let first = door.check(&request);
        assert!(first.decision.sql().is_none() && door.is_broken());
        assert_eq!(first.stated.unwrap().user, "ann");
        // Nobody is asked any more.
        assert!(door.check(&request).stated.is_none());
    }

    #[test]
    fn a_closed_door_is_on_record_too() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tmp/guarded");
        std::fs::create_dir_all(&folder).unwrap();
        let file = format!("audit-{}.jsonl", std::process::id());
        let config = format!(
            r#"{{"folder": {folder:?}, "audit": {{"file": "{file}", "rotation": {{"max-bytes": 0}}}}}}"#
        );
        let config = Config::parse(config.as_bytes()).unwrap();
        let door = Guarded::configured(judged(Box::new(Panics(engine()))), &config).unwrap();
        for sql in ["VALUES 1", "panic", "VALUES 1"] {
            answer(&door, sql);
        }
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let lines: Vec<AuditRecord> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 3);
        assert!(matches!(lines[0].decision, AuditDecision::Allow { .. }));
        for line in &lines[1..] {
            let AuditDecision::Deny { errors } = &line.decision else {
                panic!("{line:?}")
            };
            assert_eq!(errors[0].code, Code::Internal);
        }
        let nowhere = r#"{"audit": {"file": "/nowhere/audit.jsonl"}}"#;
        let config = Config::parse(nowhere.as_bytes()).unwrap();
        let error = Guarded::configured(judged(Box::new(engine())), &config)
            .err()
            .unwrap();
        assert_eq!(error.code, HostCode::Audit);
    }

    #[test]
    fn what_is_no_request_is_an_error_with_a_place() {
        let door = Guarded::new(Box::new(engine()));
        let error = door
            .check_json(b"{\"sql\": \"VALUES 1\",\n  \"sqk\": 1}")
            .unwrap_err();
        assert_eq!((error.code, error.line), (HostCode::Request, 2));
        assert_eq!(error.origin, "request");
        let error = door.check_json(b"{\"sql\": \"\xff\"}").unwrap_err();
        assert_eq!(error.code, HostCode::NotUtf8);
        assert!(!door.is_broken());
    }
}
