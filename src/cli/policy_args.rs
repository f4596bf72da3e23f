//! The arguments of `policy …`, with their help.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::args::Format;

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Print everything that is wrong or doubtful in a policy document, with line and column.
    #[command(after_help = "\
Examples:
  sqlsec policy lint policy.yaml
  sqlsec policy lint policy.yaml --catalog tables.sql    also checks names and types
  sqlsec policy lint policy.yaml --deny-warnings         for CI: a doubt is a failure

docs/policy-tools.md lists the kinds of findings. A note is never a failure.
Exit status: 0 no errors (warnings may be printed), 3 errors, 2 unreadable input.")]
    Lint(Lint),
    /// Try a policy with cases: who asks, about which table or script, and what must come of it.
    #[command(after_help = "\
Examples:
  sqlsec policy test fixtures/quickstart/cases.yaml
  sqlsec policy test cases.yaml --policy next.yaml       the same cases under another policy
  sqlsec policy test *.yaml --junit target/policy.xml    for CI

A file of cases:
  policy: policy.yaml                # beside this file
  catalog: [tables.sql]
  cases:
    - name: userA sees Beijing
      as: { user: userA, groups: [ops] }
      table: shop.core.orders
      expect: { access: allow, filter: \"region = 'beijing'\", masks: { phone: MASK_HASH } }
    - name: nobody writes the raw topic
      as: { user: userA }
      sql: INSERT INTO orders SELECT * FROM orders
      expect: { decision: deny, codes: [access-denied] }

Exit status: 0 all as expected, 1 some not, 2 a file of cases that cannot be read, 3 policy unusable.")]
    Test(Test),
    /// Say who sees more and who sees less under a new policy than under an old one.
    #[command(after_help = "\
Examples:
  sqlsec policy diff policy.yaml next.yaml --catalog tables.sql
  git show HEAD:policy.yaml > /tmp/old.yaml && sqlsec policy diff /tmp/old.yaml policy.yaml --catalog tables.sql
  sqlsec policy diff policy.yaml next.yaml --catalog tables.sql --format json | jq '.[] | select(.sees == \"more\")'

Compared are each user, group and role that one of the two names, by itself, and anyone else, on each table of the catalog.
Exit status: 0 no differences, 1 differences, 2 unreadable input, 3 a policy that is unusable.")]
    Diff(Diff),
    /// Print what a catalog's own answer about one table means, as a policy document.
    #[command(after_help = "\
Examples:
  sqlsec policy import iceberg load-table.json --user ann --table lake.sales.orders --catalog tables.sql > ann.json
  sqlsec policy import paimon auth.json --user ann --table lake.sales.orders --catalog tables.sql > ann.json
  sqlsec rewrite --user ann --policy ann.json --catalog tables.sql job.sql

An answer holds for the user that the catalog gave it to, and is about reading this table: the document denies all else.
docs/iceberg-paimon.md says what is translated. What cannot be said exactly closes the table.
Exit status: 0 translated, 1 the table is closed (the document, which says so, is printed), 2 unreadable input.")]
    Import(Import),
}

#[derive(Debug, Args)]
pub(super) struct Lint {
    /// The policy document (YAML or JSON).
    pub file: PathBuf,
    /// Tables to check names and types against: Flink DDL (.sql) or JSON (.json).
    #[arg(long, value_name = "FILE")]
    pub catalog: Vec<PathBuf>,
    /// Print notes too: what is right, and good to know.
    #[arg(long)]
    pub notes: bool,
    /// Fail for warnings too.
    #[arg(long)]
    pub deny_warnings: bool,
    /// How to print.
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Diff {
    /// The policy as it was (YAML or JSON).
    pub old: PathBuf,
    /// The policy as it is to be.
    pub new: PathBuf,
    /// The tables to compare on: Flink DDL (.sql) or JSON (.json).
    #[arg(long, value_name = "FILE", required = true)]
    pub catalog: Vec<PathBuf>,
    /// The time, for rules that hold for a time: `2026-01-31`, `2026-01-31T08:00:00Z` [default: now].
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// How to print.
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// Whose answer it is.
    #[arg(value_enum)]
    pub from: Catalogs,
    /// The answer: the reply of Iceberg's `loadTable`, or of Paimon's `/auth`.
    pub reply: PathBuf,
    /// The user that it was given to.
    #[arg(long)]
    pub user: String,
    /// The table that it is about: `catalog.database.table`.
    #[arg(long)]
    pub table: String,
    /// The site's tables, for the columns of this one: Flink DDL (.sql) or JSON (.json).
    #[arg(long, value_name = "FILE")]
    pub catalog: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Catalogs {
    /// The reply of an Iceberg REST catalog's `loadTable`.
    Iceberg,
    /// The reply of a Paimon REST catalog's `/auth`.
    Paimon,
}

#[derive(Debug, Args)]
pub(super) struct Test {
    /// Files of cases (YAML or JSON).
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// The policy document, in place of the one that the files name.
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// The site's tables and views, in place of those that the files name: Flink DDL (.sql) or JSON (.json).
    #[arg(long, value_name = "FILE")]
    pub catalog: Vec<PathBuf>,
    /// Where to write the results as JUnit XML.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// How to print.
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}
