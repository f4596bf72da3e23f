//! What other tables of a database say of a job: its name, its owner, their team. An export of one table lacks them, a dump has them.
//!
//! In: rows of the tables known here, first those beside, then those with scripts. Out: [`Job`]s.
//! Known are StreamPark's tables (`t_flink_sql`, `t_flink_app`, `t_user`, `t_team`) and Dinky's (`dinky_task`, `dinky_user`), by INTEGRATION.md 1 and
//! their published schemas. Stays out: how rows are written.
//! Invariant: of a table only the columns named here are read: never a password.
//! Invariant: the owner is a user whose name is known, in a team whose name is known; whatever is missing there, nobody is the owner.

use std::collections::BTreeMap;

use super::export::{self, Row};
use super::job::Job;
use crate::policy::Principal;

/// What a table of a dump is to an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableRole {
    /// Its rows are jobs.
    Scripts,
    /// Its rows say something of jobs.
    Beside,
}

/// A table that says something of jobs.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// In lower case, without a schema.
    pub name: &'static str,
    /// What its rows are.
    pub role: TableRole,
    /// The columns that are read: nobody reads the others.
    pub columns: &'static [&'static str],
    /// Those of them without which its rows say nothing.
    pub needed: &'static [&'static str],
}

const fn scripts(
    name: &'static str,
    columns: &'static [&'static str],
    needed: &'static [&'static str],
) -> Table {
    let role = TableRole::Scripts;
    Table {
        name,
        role,
        columns,
        needed,
    }
}

const fn beside(
    name: &'static str,
    columns: &'static [&'static str],
    needed: &'static [&'static str],
) -> Table {
    let role = TableRole::Beside;
    Table {
        name,
        role,
        columns,
        needed,
    }
}

static TABLES: [Table; 6] = [
    scripts(
        "t_flink_sql",
        &["id", "app_id", "sql", "version"],
        &["app_id", "sql"],
    ),
    scripts(
        "dinky_task",
        &["id", "name", "dialect", "statement", "creator"],
        &["statement"],
    ),
    beside(
        "t_flink_app",
        &["id", "job_name", "user_id", "team_id"],
        &["id"],
    ),
    beside("t_user", &["user_id", "username"], &["user_id", "username"]),
    beside("t_team", &["id", "team_name"], &["id", "team_name"]),
    beside("dinky_user", &["id", "username"], &["id", "username"]),
];

impl Table {
    /// By its name without a schema, in any case; `None`: it has nothing to do with jobs.
    #[must_use]
    pub fn of(name: &[u8]) -> Option<&'static Self> {
        let mut tables = TABLES.iter();
        tables.find(|table| table.name.as_bytes().eq_ignore_ascii_case(name))
    }
}

/// What is known of jobs.
#[derive(Debug, Default)]
pub struct Beside {
    applications: BTreeMap<String, Application>,
    users: BTreeMap<String, String>,
    teams: BTreeMap<String, String>,
    dinky_users: BTreeMap<String, String>,
}

#[derive(Debug, PartialEq, Eq)]
struct Application {
    name: String,
    user: String,
    team: String,
}

impl Beside {
    /// Keeps what a row of this table says.
    ///
    /// # Errors
    /// One line that quotes nothing of the row: it has no number, or the number had another meaning before.
    pub fn learn(&mut self, table: &Table, row: &Row) -> Result<(), &'static str> {
        let cell = |name: &str| row.get(name).cloned().unwrap_or_default();
        match table.name {
            "t_flink_app" => {
                let application = Application {
                    name: cell("job_name"),
                    user: cell("user_id"),
                    team: cell("team_id"),
                };
                keep(&mut self.applications, cell("id"), application)
            }
            "t_user" => keep(&mut self.users, cell("user_id"), cell("username")),
            "t_team" => keep(&mut self.teams, cell("id"), cell("team_name")),
            "dinky_user" => keep(&mut self.dinky_users, cell("id"), cell("username")),
            _ => Err("it says nothing of jobs"),
        }
    }

    /// The job of a row with a script, the `number`th of its file, from 1. An application's name is not its own alone: its number stands behind it.
    #[must_use]
    pub fn job(&self, table: &Table, mut row: Row, file: &str, number: u64) -> Job {
        let owner = if table.name == "dinky_task" {
            let creator = row.remove("creator");
            creator.and_then(|id| Some(principal(known(&self.dinky_users, &id)?, None)))
        } else {
            let app = row.get("app_id").cloned().unwrap_or_default();
            let application = self.applications.get(&app);
            if let Some(named) = application.filter(|a| !a.name.trim().is_empty()) {
                let name = format!("{} (app-{app})", named.name.trim());
                row.insert("job_name".to_owned(), name);
            }
            application.and_then(|application| self.owner(application))
        };
        Job {
            owner,
            ..export::job(&row, file, number)
        }
    }

    fn owner(&self, application: &Application) -> Option<Principal> {
        let user = known(&self.users, &application.user)?;
        // Before there were teams an application had none. A team that is not known could be one that rules are about.
        let team = match application.team.as_str() {
            "" => None,
            id => Some(known(&self.teams, id)?),
        };
        Some(principal(user, team))
    }
}

/// The name behind a number.
fn known<'n>(names: &'n BTreeMap<String, String>, id: &str) -> Option<&'n str> {
    let name = names.get(id)?;
    (!name.trim().is_empty()).then_some(name)
}

/// A team is one group, whatever signs its name has.
fn principal(user: &str, team: Option<&str>) -> Principal {
    Principal {
        user: user.to_owned(),
        groups: team.into_iter().map(str::to_owned).collect(),
        ..Principal::default()
    }
}

fn keep<V: PartialEq>(
    known: &mut BTreeMap<String, V>,
    id: String,
    value: V,
) -> Result<(), &'static str> {
    if id.is_empty() {
        return Err("a row has no number");
    }
    if let Some(other) = known.get(&id) {
        return if *other == value {
            Ok(())
        } else {
            Err("two rows have the same number: take a dump of one database at a time")
        };
    }
    known.insert(id, value);
    Ok(())
}
