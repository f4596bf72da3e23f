//! What other tables of a database say of a job: its name, its owner, their team. An export of one table lacks them, a dump has them.
//!
//! In: rows of any table, then rows with scripts. Out: the latter, with `job_name`, `username` and `team_name` beside what they have.
//! Known are StreamPark's tables (`t_flink_app`, `t_user`, `t_team`) and Dinky's (`dinky_user`), by INTEGRATION.md 1 and their published schemas.
//! Invariant: nothing that a row says itself is replaced, but for Dinky's `creator`, which is the number of a user.

use std::collections::BTreeMap;

use super::export::Row;

/// Tables whose rows are jobs.
const SCRIPTS: [&str; 2] = ["t_flink_sql", "dinky_task"];
/// Tables that say something of them.
const BESIDE: [&str; 4] = ["t_flink_app", "t_user", "t_team", "dinky_user"];

/// What a table of a dump is to an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableRole {
    /// Its rows are jobs.
    Scripts,
    /// Its rows say something of jobs.
    Beside,
}

impl TableRole {
    /// Of a table, by its name without a schema; `None`: it has nothing to do with jobs.
    #[must_use]
    pub fn of(table: &str) -> Option<Self> {
        if SCRIPTS.contains(&table) {
            return Some(Self::Scripts);
        }
        BESIDE.contains(&table).then_some(Self::Beside)
    }
}

/// What is known of jobs.
#[derive(Debug, Default)]
pub struct Beside {
    applications: BTreeMap<String, Application>,
    users: BTreeMap<String, String>,
    teams: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Application {
    name: String,
    user: String,
    team: String,
}

impl Beside {
    /// Keeps what a row of this table says.
    pub fn learn(&mut self, table: &str, row: &Row) {
        let cell = |name: &str| row.get(name).cloned().unwrap_or_default();
        match table {
            "t_flink_app" => {
                let application = Application {
                    name: cell("job_name"),
                    user: cell("user_id"),
                    team: cell("team_id"),
                };
                self.applications.insert(cell("id"), application);
            }
            "t_user" => drop(self.users.insert(cell("user_id"), cell("username"))),
            "dinky_user" => drop(self.users.insert(cell("id"), cell("username"))),
            "t_team" => drop(self.teams.insert(cell("id"), cell("team_name"))),
            // Of other tables nothing is known.
            _ => {}
        }
    }

    /// Adds to a row with a script what is known of it.
    pub fn complete(&self, table: &str, row: &mut Row) {
        if table == "dinky_task" {
            let creator = row.get("creator").and_then(|user| self.users.get(user));
            put(row, "creator", creator.cloned());
            return;
        }
        let found = row.get("app_id").and_then(|id| self.applications.get(id));
        let Some(application) = found else { return };
        let user = self.users.get(&application.user);
        let team = self.teams.get(&application.team);
        for (name, value) in [
            ("job_name", Some(&application.name)),
            ("username", user),
            ("team_name", team),
        ] {
            if row.get(name).is_none_or(String::is_empty) {
                put(row, name, value.cloned());
            }
        }
    }
}

fn put(row: &mut Row, name: &str, value: Option<String>) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        row.insert(name.to_owned(), value);
    }
}
