//! Doors: roads to protected rows that stood open once. Each test fails when the check that closes its door is taken out.

mod addresses;
mod catalogs;
mod drops;
mod names;
mod options;
mod own_schema;
mod patterns;
mod rewrites;
mod splitters;
mod strict;
mod views;

use sqlsec::catalog::Session;
use sqlsec::policy::Principal;
use sqlsec::{Catalog, Code, Decision, Engine, Policy, Request, Splitter, SubmitCheck};

/// Ann sees the northern orders, without phone numbers: by the topic, whatever a table over it is called, and in three catalogs by name.
pub const POLICY: &str = "\
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow, unknown_connector: deny, no_matching_filter: deny, unknown_lineage: allow }
rules:
  - { id: topic, type: row_filter, to: { users: [ann] }, on: { physical: 'kafka://*/orders' }, filter: \"region = 'north'\" }
  - { id: phone, type: column_mask, to: { users: [ann] }, on: { physical: 'kafka://*/orders', columns: [phone] }, mask: MASK_NULL }
  - { id: lake, type: row_filter, to: { users: [ann] }, on: { table: 'lake.*.orders' }, filter: \"region = 'north'\" }
";

/// Options of a table over the protected topic.
pub const ORDERS: &str = "'connector' = 'kafka', 'properties.bootstrap.servers' = 'k:9092', 'topic' = 'orders', 'format' = 'json'";

/// Columns that say what the protected data hold.
pub const COLUMNS: &str = "id INT, region STRING, phone STRING";

/// A person at work in one session: statements go in one after the other.
pub struct Desk {
    pub engine: Engine,
    pub session: Session,
    pub at: Option<i64>,
    pub splitter: Option<Splitter>,
    pub strict: bool,
}

impl Desk {
    pub fn new(policy: &str, catalog: &str) -> Self {
        let mut site = Catalog::default();
        site.add_sql(catalog, "catalog.sql")
            .unwrap_or_else(|e| panic!("{e}"));
        Self::with(policy, site)
    }

    pub fn with(policy: &str, site: Catalog) -> Self {
        let policy = Policy::load(policy, "policy.yaml").unwrap_or_else(|e| panic!("{e}"));
        Self {
            engine: Engine::new(policy, site),
            session: Session::default(),
            at: None,
            splitter: None,
            strict: false,
        }
    }

    /// Under [`POLICY`], with an empty catalog.
    pub fn empty() -> Self {
        Self::new(POLICY, "")
    }

    fn submit(&mut self, sql: &str) -> Result<String, Vec<(Code, String)>> {
        let who = Principal {
            user: "ann".to_owned(),
            ..Principal::default()
        };
        let reply = self.engine.check(&Request {
            session: self.session.clone(),
            at: self.at,
            splitter: self.splitter,
            strict: self.strict,
            ..Request::new(who, sql)
        });
        match reply.decision {
            Decision::Allow { sql, session } => {
                self.session = session;
                Ok(sql.as_str().to_owned())
            }
            Decision::Deny { errors } => {
                let errors = errors
                    .as_slice()
                    .iter()
                    .map(|e| (e.code, e.message.clone()));
                Err(errors.collect())
            }
        }
    }

    /// Submits what must be allowed; its text after.
    #[track_caller]
    pub fn allowed(&mut self, sql: &str) -> String {
        self.submit(sql).unwrap_or_else(|e| panic!("{sql}: {e:?}"))
    }

    /// Submits what must be refused with this code alone.
    #[track_caller]
    pub fn denied(&mut self, code: Code, sql: &str) {
        match self.submit(sql) {
            Ok(sql) => panic!("allowed: {sql}"),
            Err(errors) => assert!(
                errors.iter().all(|(c, _)| *c == code),
                "{sql}: {errors:?}, not {code}"
            ),
        }
    }

    /// Submits a query that must come back with the filter of `orders`.
    #[track_caller]
    pub fn filtered(&mut self, sql: &str) {
        let text = self.allowed(sql);
        assert!(text.contains("region = 'north'"), "{sql}: {text}");
    }
}
