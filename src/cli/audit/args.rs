//! The arguments of `audit`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::args::{Flink, SplitterArg, Who};
use crate::cli::catalog_reply::Reply;
use crate::policy::Principal;

#[derive(Debug, Args)]
pub(in crate::cli) struct Audit {
    /// What holds the jobs: a folder (all .sql and .zip below it), a script, a .zip of scripts, or an export: .csv, .json, .jsonl.
    #[arg(required_unless_present = "dumps", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// A dump of StreamPark's or Dinky's database in SQL, by mysqldump, mariadb-dump, Navicat or pg_dump: each row of t_flink_sql or dinky_task is a job.
    /// May be given several times. No other file is taken for a dump.
    #[arg(id = "dumps", long = "dump", value_name = "FILE")]
    pub dumps: Vec<PathBuf>,
    #[command(flatten)]
    pub rules: Rules,
    /// The site's tables and views: Flink DDL (.sql) or JSON (.json).
    #[arg(long, value_name = "FILE")]
    pub catalog: Vec<PathBuf>,
    /// Whose a job is: `path` (the first folder below PATH), `header-comment` (`-- owner: ann`, `-- groups: ops, dev`), `column` (of the export), or a
    /// CSV file with the columns job, owner and perhaps groups.
    #[arg(long, value_name = "HOW", value_parser = owner_from)]
    pub owner_from: Option<OwnerFrom>,
    /// Judge each job for this principal, with the groups after the user; may be given several times. Without --owner-from instead of the owner, else as well.
    #[arg(id = "as", long = "as", value_name = "USER[,GROUP]", value_parser = crate::cli::lineage_view::viewer)]
    pub others: Vec<Principal>,
    /// Values of `${name}`: a JSON object, or lines `name=value`.
    #[arg(long, value_name = "FILE")]
    pub variables: Option<PathBuf>,
    /// The Flink that runs the jobs [default: 2.3].
    #[arg(long, value_name = "VERSION", value_enum)]
    pub flink: Option<Flink>,
    /// The program that cuts the scripts into statements.
    #[arg(long, value_enum)]
    pub splitter: Option<SplitterArg>,
    /// The state of the session before each job, as JSON.
    #[arg(long, value_name = "FILE")]
    pub session: Option<PathBuf>,
    /// The lineage of all jobs as submitters keep it, in place of that which the jobs themselves tell. It is read only.
    #[arg(long, value_name = "FILE", conflicts_with = "without_lineage")]
    pub lineage: Option<PathBuf>,
    /// Do not gather what the jobs write before they are judged: no masks are inherited from one job to another. Half the time.
    #[arg(long)]
    pub without_lineage: bool,
    /// Compare with former checks: audit records, one a line, or a former report as JSON.
    #[arg(long, value_name = "FILE")]
    pub against: Option<PathBuf>,
    /// How to write the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
    /// Where to write it [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// End with status 1 where there are such entries; may be given several times, or with commas.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub fail_on: Vec<FailOn>,
    /// How many jobs are judged at the same time [default: as many as there are cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
}

/// Where the rules come from.
#[derive(Debug, Args)]
pub(in crate::cli) struct Rules {
    /// The policy document (YAML or JSON).
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    #[command(flatten)]
    pub ranger: crate::cli::ranger::Ranger,
    #[cfg(feature = "service")]
    #[command(flatten)]
    pub service: crate::cli::service::Service,
    /// Refuse what may fail or act above a filtered table, also where the policy does not ask for it.
    #[arg(long)]
    pub strict: bool,
}

impl Rules {
    /// Their name for people.
    pub fn title(&self) -> String {
        #[cfg(feature = "service")]
        if let Some(url) = &self.service.url {
            return url.clone();
        }
        let policy = self.policy.as_ref().map(|p| p.display().to_string());
        policy
            .or_else(|| self.ranger.ranger.clone())
            .unwrap_or_default()
    }

    /// As the other commands take them: of nobody.
    pub fn who(self) -> Who {
        Who {
            user: None,
            group: Vec::new(),
            role: Vec::new(),
            attr: Vec::new(),
            policy: self.policy,
            ranger: self.ranger,
            reply: Reply {
                iceberg: None,
                paimon: None,
                table: None,
            },
            #[cfg(feature = "service")]
            service: self.service,
            audit: None,
            strict: self.strict,
        }
    }
}

/// Whose a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum OwnerFrom {
    Path,
    HeaderComment,
    Column,
    Manifest(PathBuf),
}

fn owner_from(text: &str) -> Result<OwnerFrom, String> {
    match text {
        "path" => Ok(OwnerFrom::Path),
        "header-comment" => Ok(OwnerFrom::HeaderComment),
        "column" => Ok(OwnerFrom::Column),
        file if file.to_ascii_lowercase().ends_with(".csv") => Ok(OwnerFrom::Manifest(file.into())),
        _ => Err("write path, header-comment, column, or the name of a .csv file".to_owned()),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(in crate::cli) enum ReportFormat {
    /// A table for people.
    #[default]
    Text,
    /// All that is known; schema/report.json.
    Json,
    /// A row a job, for spreadsheets.
    Csv,
    /// SARIF 2.1.0, for code hosts.
    Sarif,
    /// JUnit XML, for CI servers.
    Junit,
    /// One page with everything in it. It shows the scripts, submitted and protected: for people who may read the policy.
    Html,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FailOn {
    /// The rules stand against a job.
    Denied,
    /// A job cannot be judged.
    Unjudged,
    /// A job is not protected as it was, or its script is another one, or it is gone.
    Drift,
}
