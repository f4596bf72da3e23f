//! `rewrite --watch`: every script below a folder in its protected form in another folder, for as long as the rules and the script are what they were
//! (docs/watch.md, docs/decisions/0032).
//!
//! Files are looked at every half a second (`settled`), and all is done again from time to time: rules have times, and a service tells nobody that its
//! rules have changed. Stays out: decisions.
//! Invariant (fail closed): a script that is denied, unreadable or gone has no output, and while the rules cannot be used no script has one.

mod folder;
mod outputs;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::Args;

use folder::{Listing, list};
use outputs::Outputs;

use super::args::{Format, Rewrite};
use super::failure::{Failure, Status};
use super::render::{Message, printable};
use super::streams::Streams;
use super::{input, submit};
use crate::check::{Request, SubmitCheck};
use crate::rewrite::Style;
use crate::settled::{LOOK, Mark, Seen, Watched, look};

/// A folder in place of a script.
#[derive(Debug, Args)]
pub(super) struct Watch {
    /// Rewrite every .sql file below this folder, and again when it or the rules change. What is denied has no output.
    #[arg(
        long,
        value_name = "DIR",
        requires = "output",
        conflicts_with_all = ["file", "diff", "session_out", "lineage", "job"]
    )]
    pub watch: Option<PathBuf>,
    /// With --watch: the folder of the protected scripts, under their names. It must be empty, or have been written by --watch before.
    #[arg(short, long, value_name = "DIR", requires = "watch")]
    pub output: Option<PathBuf>,
    /// With --watch: end when all are rewritten.
    #[arg(long, requires = "watch")]
    pub once: bool,
    /// With --watch: do all again after so many seconds, for what no file tells: times in rules, the rules of a service.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub every: u64,
}

pub(super) fn run(args: &Rewrite, streams: &mut Streams) -> Result<Status, Failure> {
    let (Some(scripts), Some(output)) = (&args.watch.watch, &args.watch.output) else {
        return Err(Failure::usage("--watch needs --output DIR"));
    };
    if args.common.format == Some(Format::Json) {
        return Err(Failure::usage(
            "--watch writes SQL: leave out --format json",
        ));
    }
    if args.kept.lineage.is_some() {
        let message = "--watch keeps no lineage: nobody would say which outputs were submitted";
        return Err(Failure::usage(message));
    }
    let real = fs::canonicalize(scripts)
        .map_err(|e| Failure::usage(format!("--watch `{}`: {e}", scripts.display())))?;
    if !real.is_dir() {
        return Err(Failure::usage(format!(
            "--watch `{}`: it is no folder",
            scripts.display()
        )));
    }
    let outputs = Outputs::open(output, &real)?;
    let mut watching = Watching {
        args,
        scripts,
        outputs,
        rules: Watched::new(Vec::new()),
        judge: None,
        known: BTreeMap::new(),
        broken: BTreeMap::new(),
        streams,
    };
    let first = watching.load();
    if let Err(failure) = first {
        watching.close(&failure);
        if args.watch.once {
            return Ok(failure.status);
        }
    }
    let every = Duration::from_secs(args.watch.every);
    loop {
        let began = Instant::now();
        let status = watching.all()?;
        if args.watch.once {
            return Ok(status);
        }
        while began.elapsed() < every {
            sleep(LOOK);
            watching.look()?;
        }
    }
}

/// One script, as it was judged last.
#[derive(Default)]
struct Known {
    /// The file that was judged.
    judged: Mark,
    /// The file at the last look.
    last: Mark,
    status: Option<Status>,
    /// What was said against it.
    said: Vec<String>,
}

struct Watching<'w> {
    args: &'w Rewrite,
    scripts: &'w Path,
    outputs: Outputs,
    rules: Watched,
    /// Nobody, while the rules cannot be used.
    judge: Option<Box<dyn SubmitCheck>>,
    known: BTreeMap<PathBuf, Known>,
    /// What cannot be listed, and why: said already.
    broken: BTreeMap<PathBuf, String>,
    streams: &'w mut Streams,
}

impl Watching<'_> {
    /// Takes the rules and the catalog as they are now.
    fn load(&mut self) -> Result<(), Failure> {
        let seen: Vec<Seen> = self.files().iter().map(|file| look(file)).collect();
        let who = &self.args.who;
        let catalog = input::catalog(&self.args.common.catalog);
        let judge = catalog.and_then(|catalog| {
            // Whatever is asked of every script must be right too.
            submit::request(&self.args.common, Some(who), "")?;
            submit::recorded(input::judge(who, catalog, None)?, who)
        });
        match judge {
            Ok(judge) => {
                self.rules = Watched::new(seen);
                self.judge = Some(judge);
                Ok(())
            }
            Err(failure) => {
                self.judge = None;
                // What changed since the first look is due at the next one.
                if self.rules.is_empty() {
                    self.rules = Watched::new(seen);
                }
                Err(failure)
            }
        }
    }

    /// The files that say what applies.
    fn files(&self) -> Vec<PathBuf> {
        let (common, who) = (&self.args.common, &self.args.who);
        let ranger = &who.ranger;
        let policies = ranger.ranger.as_ref().map(PathBuf::from);
        let one = [
            who.policy.clone(),
            common.session.clone(),
            policies.filter(|_| ranger.url().is_none()),
            ranger.ranger_roles.clone(),
            ranger.ranger_tags.clone(),
            ranger.ranger_users.clone(),
            who.reply.iceberg.clone(),
            who.reply.paimon.clone(),
        ];
        let catalog = common.catalog.iter().cloned();
        one.into_iter().flatten().chain(catalog).collect()
    }

    /// Without rules there is no protected script.
    fn close(&mut self, failure: &Failure) {
        let why = failure.messages.first().map(Message::text);
        if self.rules.failed(&why.unwrap_or_default()) {
            self.streams.messages(failure.messages.iter());
            let note = "no script has an output while the rules cannot be used";
            self.streams
                .messages([Message::note("watch-closed", note)].iter());
        }
        self.known.clear();
        self.sweep(&BTreeSet::new());
    }

    /// One look: what has changed and stands still is done again.
    fn look(&mut self) -> Result<(), Failure> {
        if self.rules.is_due() {
            match self.load() {
                Ok(()) => return self.all().map(drop),
                Err(failure) => self.close(&failure),
            }
        }
        let found = self.list();
        self.forget(&found)?;
        if self.judge.is_none() {
            return Ok(());
        }
        for (name, mark) in found.scripts {
            let known = self.known.entry(name.clone()).or_default();
            let still = known.last == mark && known.status.is_some();
            // What nobody has seen before is judged at once: while it is being written it is another one at the next look.
            let is_new = known.status.is_none();
            known.last = mark;
            if is_new || (still && known.judged != mark) {
                self.script(&name, mark)?;
            }
        }
        Ok(())
    }

    /// Everything, whatever was done before. Answers the worst that was found.
    fn all(&mut self) -> Result<Status, Failure> {
        let found = self.list();
        self.forget(&found)?;
        if self.judge.is_none() {
            return Ok(Status::Policy);
        }
        // First: what was a folder may be a script now, and the other way round.
        self.sweep(&found.scripts.keys().map(PathBuf::as_path).collect());
        let mut worst = if found.broken.is_empty() {
            Status::Allowed
        } else {
            Status::Usage
        };
        for (name, mark) in found.scripts {
            self.known.entry(name.clone()).or_default().last = mark;
            let status = self.script(&name, mark)?;
            if status as u8 > worst as u8 {
                worst = status;
            }
        }
        Ok(worst)
    }

    fn list(&mut self) -> Listing {
        let real = |file: &PathBuf| fs::canonicalize(file).ok();
        let except: BTreeSet<PathBuf> = self.files().iter().filter_map(real).collect();
        let found = list(self.scripts, &except);
        for (name, why) in &found.broken {
            if self.broken.get(name) != Some(why) {
                let text = format!("cannot read `{}`: {why}", self.scripts.join(name).display());
                self.streams
                    .messages([Message::error("input-unreadable", text)].iter());
            }
        }
        self.broken.clone_from(&found.broken);
        found
    }

    /// Scripts that are gone, or cannot be listed any more, have no output.
    fn forget(&mut self, found: &Listing) -> Result<(), Failure> {
        let gone = |name: &&PathBuf| !found.scripts.contains_key(*name);
        let gone: Vec<PathBuf> = self.known.keys().filter(gone).cloned().collect();
        for name in gone {
            self.known.remove(&name);
            self.remove(&name)?;
        }
        Ok(())
    }

    /// Judges one script, and writes or removes its output. `mark` is the file before it is read.
    fn script(&mut self, name: &Path, mark: Mark) -> Result<Status, Failure> {
        let judged = self.judged(name);
        let (status, text, messages) = match judged {
            Ok((text, messages, status)) => (status, text, messages),
            Err(failure) => (failure.status, None, failure.messages),
        };
        match text {
            Some(text) => self.write(name, &text)?,
            None => self.remove(name)?,
        }
        let said: Vec<String> = messages.iter().map(|m| m.render(false)).collect();
        let known = self.known.entry(name.to_owned()).or_default();
        let news = known.said != said || known.judged != mark;
        *known = Known {
            judged: mark,
            last: known.last,
            status: Some(status),
            said,
        };
        if news {
            self.streams.messages(messages.iter());
        }
        Ok(status)
    }

    /// The protected text of a script, or what stands against it.
    fn judged(&self, name: &Path) -> Result<(Option<String>, Vec<Message>, Status), Failure> {
        let Some(judge) = &self.judge else {
            return Err(Failure::internal(&"there are no rules"));
        };
        let args = self.args;
        let script = input::script(Some(&self.scripts.join(name)))?;
        let request = Request {
            style: args.style.map_or(Style::Derived, Style::from),
            job: Some(name.with_extension("").to_string_lossy().into_owned()),
            ..submit::request(&args.common, Some(&args.who), &script.text)?
        };
        let reply = judge.check(&request);
        let noted = submit::noted(args, &reply)?;
        let sql = noted.as_ref().map(crate::RewrittenSql::as_str);
        let sql = sql.or_else(|| reply.decision.sql());
        let errors = reply.decision.errors();
        let messages = errors
            .iter()
            .map(|e| Message::denial(e, &script.origin, &script.text));
        let messages = messages.collect();
        Ok((
            sql.map(submit::with_line_end),
            messages,
            submit::status(errors),
        ))
    }

    fn write(&mut self, name: &Path, text: &str) -> Result<(), Failure> {
        match self.outputs.write(name, text) {
            Ok(true) => self.say("wrote", name),
            Ok(false) => Ok(()),
            Err(error) => {
                let why = format!("cannot write `{}`: {error}", name.display());
                self.streams
                    .messages([Message::error("output-unwritable", why)].iter());
                // What is there is of another script, or of other rules.
                self.remove(name)
            }
        }
    }

    fn remove(&mut self, name: &Path) -> Result<(), Failure> {
        match self.outputs.remove(name) {
            Ok(true) => self.say("removed", name),
            Ok(false) => Ok(()),
            Err(error) => Err(stays(name, &error)),
        }
    }

    /// Removes what is called as none of these scripts.
    fn sweep(&mut self, keep: &BTreeSet<&Path>) {
        for (name, done) in self.outputs.sweep(keep) {
            match done {
                Ok(()) => {
                    let _ = self.say("removed", &name);
                }
                Err(error) => self.streams.messages(stays(&name, &error).messages.iter()),
            }
        }
    }

    fn say(&mut self, what: &str, name: &Path) -> Result<(), Failure> {
        let name = name.display().to_string();
        self.streams.out(&format!("{what} {}\n", printable(&name)))
    }
}

/// An output that should not be there is: nobody must go on as if it were not.
fn stays(name: &Path, error: &std::io::Error) -> Failure {
    let message = format!("cannot remove `{}`: {error}", name.display());
    Failure::new(Status::Usage, "output-stays", message)
}
