//! The arguments, with their help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;

use super::attribute::named;
use super::lineage_store::Kept;
use super::policy_args::PolicyCommand;
use crate::policy::Attribute;
use crate::rewrite::Style;
use crate::splitter::Splitter;
use crate::syntax::FlinkVersion;

/// Protects Flink SQL: row filters and column masks before it is submitted.
#[derive(Debug, Parser)]
#[command(
    name = "sqlsec",
    version,
    about,
    after_help = "\
Exit status: 0 allowed, 1 denied, 2 usage or unreadable input, 3 policy unusable or its service without an answer, 4 internal error.
SQL goes to standard output, and only when all of the script is allowed; errors go to standard error.

Example:
  sqlsec rewrite --user userA --policy policy.yaml job.sql"
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print the protected form of a script, or the reasons for a refusal.
    #[command(after_help = "\
Examples:
  sqlsec rewrite --user userA --policy policy.yaml job.sql
  sqlsec rewrite --user userA --policy policy.yaml --catalog tables.sql --style inline < job.sql
  sqlsec rewrite --user userA --group ops --attr dept=HR --policy policy.yaml --diff job.sql
  sqlsec rewrite --user userA --policy policy.yaml --explain job.sql
  sqlsec rewrite --user userA --policy policy.yaml --format json job.sql | jq .statements
  sqlsec rewrite --user userA --ranger policies.json --ranger-roles roles.json job.sql
  sqlsec rewrite --config sqlsec.toml --session s.json --session-out s.json next.sql
  sqlsec rewrite --user userA --policy policy.yaml --lineage lineage.db --job nightly job.sql
  sqlsec rewrite --user userA --policy policy.yaml --watch jobs/ --output protected/

A sqlsec.toml (paths are relative to it):
  policy = \"policy.yaml\"
  catalog = [\"tables.sql\"]
  style = \"inline\"
  group = [\"ops\"]
  attr = { dept = \"HR\", level = 3 }")]
    Rewrite(Rewrite),
    /// Say whether a script is allowed and what applies to it, without printing SQL.
    #[command(after_help = "\
Examples:
  sqlsec check --user userA --policy policy.yaml job.sql
  sqlsec check --user userA --policy policy.yaml --catalog tables.sql --format json job.sql")]
    Check(Check),
    /// Say why: for each table of a script which rule decided, which ones lost, and why.
    #[command(after_help = "\
Examples:
  sqlsec explain --user userA --policy policy.yaml job.sql
  sqlsec explain --user userA --policy policy.yaml --catalog tables.sql --format json job.sql
  echo 'SELECT * FROM shop.core.orders' | sqlsec explain --user userB --policy policy.yaml --catalog tables.sql
  sqlsec explain --user userA --service https://rules.corp/sqlsec job.sql
  sqlsec explain --user userA --policy policy.yaml --lineage lineage.db job.sql

For people who write rules: the account quotes the policy.
Exit status: 0 the script is allowed, 1 denied; the account is printed in both cases.")]
    Explain(Explain),
    /// List the tables that a script reads and writes. Needs no policy.
    #[command(after_help = "\
Examples:
  sqlsec tables job.sql
  sqlsec tables --catalog tables.sql --format json job.sql")]
    Tables(Tables),
    /// Print where each written column comes from. Needs no policy.
    #[command(after_help = "\
Examples:
  sqlsec lineage job.sql
  sqlsec lineage --catalog tables.sql first.sql second.sql
  sqlsec lineage --catalog tables.sql --format json job.sql | jq '.[].statements[].lineage.outputs[]'
  sqlsec lineage --catalog tables.sql --format html -o lineage.html first.sql second.sql
  sqlsec lineage --policy policy.yaml --as userA --as userB,analysts --format html -o lineage.html job.sql
  sqlsec lineage --catalog tables.sql --format openlineage --run start job.sql")]
    Lineage(super::lineage::Lineage),
    /// Report on hundreds of jobs: who reads and writes what, what the policy does to it, what has changed, what cannot be judged.
    #[command(after_help = "\
Examples:
  sqlsec audit jobs/ --policy policy.yaml --catalog tables.sql --owner-from path
  sqlsec audit jobs.zip --policy policy.yaml --owner-from header-comment --format html -o report.html
  sqlsec audit t_flink_sql.csv --policy policy.yaml --owner-from owners.csv --variables team.properties --splitter streampark
  sqlsec audit --dump streampark.sql --policy policy.yaml --catalog tables.sql --owner-from column --splitter streampark
  sqlsec audit jobs/ --policy policy.yaml --owner-from path --against audit.jsonl --fail-on drift
  sqlsec audit jobs/ --policy policy.yaml --as userA,ops --as userB --format csv -o jobs.csv

The HTML page shows the scripts, submitted and protected: it is for people who may read the policy. The other forms hold no SQL.
Exit status: 0 the report is written, 1 the same and --fail-on has found something, 2 usage or unreadable input, 3 policy unusable.")]
    Audit(Box<super::audit::Audit>),
    /// Work on policy documents.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Answer checks over HTTP: for submitters that load no native code.
    #[cfg(feature = "server")]
    #[command(after_help = "\
Examples:
  sqlsec serve --config engine.json
  sqlsec serve --config engine.json --listen 0.0.0.0:8182 --token-file token --tls-cert cert.pem --tls-key key.pem
  curl -s http://127.0.0.1:8182/v1/check -d '{\"principal\": {\"user\": \"userA\"}, \"sql\": \"SELECT * FROM orders\"}'

An engine.json (paths are relative to it):
  { \"policy\": { \"file\": \"policy.yaml\" }, \"catalog\": [ { \"file\": \"tables.sql\" } ], \"audit\": { \"file\": \"audit.jsonl\" } }

Whoever shows the token vouches for the principal in its requests. schema/check.openapi.yaml describes the addresses.
Exit status: 0 it was told to end and has answered what it had taken.")]
    Serve(super::serve::Serve),
    /// Serve a policy document to `--service` of other processes: a small permission service.
    #[cfg(feature = "server")]
    #[command(after_help = "\
Examples:
  sqlsec serve-policies --policy policy.yaml
  sqlsec serve-policies --policy policy.yaml --users users.yaml
  sqlsec serve-policies --policy policy.yaml --listen 0.0.0.0:8181 --token-file token --stale-if-error 600
  sqlsec rewrite --user userA --service http://127.0.0.1:8181 job.sql

It speaks plain HTTP: for TLS put a proxy before it. schema/policies.openapi.yaml describes what it answers.")]
    ServePolicies(super::serve_policies::ServePolicies),
    /// Print a completion script.
    #[command(after_help = "\
Example:
  sqlsec completions bash > ~/.local/share/bash-completion/completions/sqlsec")]
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
    /// Write the manual pages, one for each command.
    #[command(after_help = "\
Example:
  sqlsec man ~/.local/share/man/man1 && man sqlsec-rewrite")]
    Man(super::man::ManPages),
}

#[derive(Debug, Args)]
pub(super) struct Rewrite {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub who: Who,
    #[command(flatten)]
    pub kept: Kept,
    /// Where filters and masks are put [default: derived].
    #[arg(long, value_enum)]
    pub style: Option<StyleArg>,
    /// Print the difference to the submitted text instead of the SQL.
    #[arg(long)]
    pub diff: bool,
    /// Write a comment before each statement for every filter and mask: `-- sqlsec: …`.
    #[arg(long)]
    pub explain: bool,
    #[command(flatten)]
    pub watch: super::watch::Watch,
}

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub who: Who,
    #[command(flatten)]
    pub kept: Kept,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub who: Who,
    /// What earlier jobs wrote, which is read only: a file, or `postgres://user@host/database` (password: PGPASSWORD).
    #[arg(long, value_name = "STORE")]
    pub lineage: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Tables {
    #[command(flatten)]
    pub common: Common,
}

/// What all commands on scripts take.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// The script; standard input when absent or `-`.
    pub file: Option<PathBuf>,
    /// The site's tables and views: Flink DDL (.sql) or JSON (.json).
    #[arg(long, value_name = "FILE")]
    pub catalog: Vec<PathBuf>,
    /// The Flink that will run the script [default: 2.3].
    #[arg(long, value_name = "VERSION", value_enum)]
    pub flink: Option<Flink>,
    /// The program that cuts the script into statements afterwards; where it would read it otherwise than Flink, the script is refused.
    #[arg(long, value_enum)]
    pub splitter: Option<SplitterArg>,
    /// How to print [default: text].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// The state of the session before the script, as JSON.
    #[arg(long, value_name = "FILE")]
    pub session: Option<PathBuf>,
    /// Where to write the state of the session after it.
    #[arg(long, value_name = "FILE")]
    pub session_out: Option<PathBuf>,
    /// Defaults for the options, as TOML: keys are the long names, `attr` is a table.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Who submits, and under which policy.
#[derive(Debug, Args)]
pub(super) struct Who {
    /// The user who submits.
    #[arg(long)]
    pub user: Option<String>,
    /// A group of the user; may be given several times.
    #[arg(long)]
    pub group: Vec<String>,
    /// A role the submitter vouches for; may be given several times.
    #[arg(long)]
    pub role: Vec<String>,
    /// An attribute of the user: `dept=HR`, `level=3`, `senior=true`, `regions=[north,south]`, `code='42'` for text that looks otherwise; may be
    /// given several times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = named)]
    pub attr: Vec<(String, Attribute)>,
    /// The policy document (YAML or JSON).
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    #[command(flatten)]
    pub ranger: super::ranger::Ranger,
    #[command(flatten)]
    pub reply: super::catalog_reply::Reply,
    #[cfg(feature = "service")]
    #[command(flatten)]
    pub service: super::service::Service,
    /// Append a record of the check to this file, one JSON document a line (docs/audit.md); what cannot be recorded is denied.
    #[arg(long, value_name = "FILE")]
    pub audit: Option<PathBuf>,
    /// Refuse what may fail or act above a filtered table, also where the policy does not ask for it.
    #[arg(long)]
    pub strict: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs; the JSON Schemas are in `schema/`.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum StyleArg {
    /// Each protected table becomes a derived table.
    Derived,
    /// Into WHERE and the select list where nothing can tell the difference.
    Inline,
}

impl From<StyleArg> for Style {
    fn from(style: StyleArg) -> Self {
        match style {
            StyleArg::Derived => Self::Derived,
            StyleArg::Inline => Self::Inline,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SplitterArg {
    /// Flink's own script executor.
    Flink,
    /// Apache StreamPark.
    Streampark,
    /// Dinky.
    Dinky,
    /// Statements that end where a line ends in `;`.
    Line,
}

impl From<SplitterArg> for Splitter {
    fn from(splitter: SplitterArg) -> Self {
        match splitter {
            SplitterArg::Flink => Self::Flink,
            SplitterArg::Streampark => Self::Streampark,
            SplitterArg::Dinky => Self::Dinky,
            SplitterArg::Line => Self::Line,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
pub(super) enum Flink {
    #[value(name = "1.20")]
    #[serde(rename = "1.20")]
    V1_20,
    #[value(name = "2.3")]
    #[serde(rename = "2.3")]
    V2_3,
}

impl From<Flink> for FlinkVersion {
    fn from(version: Flink) -> Self {
        match version {
            Flink::V1_20 => Self::V1_20,
            Flink::V2_3 => Self::V2_3,
        }
    }
}
