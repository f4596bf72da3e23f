//! What holds the jobs: folders, scripts, archives, exports, dumps. Read in one fixed order, as often as it is asked for.
//!
//! Invariant: what is below a named path and could be a job comes out as one; what cannot be read comes out as a job with the reason.
//! Hidden files and folders (`.git`) are left out. A folder that links lead back to is read once.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::args::OwnerFrom;
use super::pipeline::Push;
use super::{dump, packed, tables};
use crate::policy::Principal;
use crate::report::{
    Job, Manifest, Obstacle, ObstacleCode, Place, SCRIPT_BYTES, Variables, header_owner, path_owner,
};

/// Where jobs are, and what is known of them beside.
pub(super) struct Estate {
    pub paths: Vec<PathBuf>,
    /// Dumps of databases, because the user says so.
    pub dumps: Vec<PathBuf>,
    /// Files that are no jobs although they are called so: the catalog's, and dumps.
    pub except: BTreeSet<PathBuf>,
    pub variables: Variables,
    pub owners: Owners,
}

/// Whose a job is.
pub(super) enum Owners {
    Nobody,
    Path,
    HeaderComment,
    Column,
    Manifest(Manifest),
}

impl Owners {
    /// By the argument and, where it names one, the list that was read.
    pub fn of(from: Option<&OwnerFrom>, manifest: Option<Manifest>) -> Self {
        match (from, manifest) {
            (None, _) => Self::Nobody,
            (Some(OwnerFrom::Path), _) => Self::Path,
            (Some(OwnerFrom::HeaderComment), _) => Self::HeaderComment,
            (Some(OwnerFrom::Column), _) => Self::Column,
            (Some(OwnerFrom::Manifest(_)), manifest) => {
                Self::Manifest(manifest.unwrap_or_default())
            }
        }
    }
}

impl Estate {
    /// Gives every job to `push`, until that wants no more.
    pub fn visit(&self, push: Push<'_, Job>) {
        let mut visit = Visit {
            estate: self,
            seen: BTreeSet::new(),
            open: true,
            push,
        };
        for path in &self.paths {
            if visit.open {
                visit.named(path);
            }
        }
        for dump in &self.dumps {
            if visit.open {
                dump::read(dump, &mut visit);
            }
        }
    }

    /// The whole of a file that is no longer than a script may be.
    pub fn script(mut input: impl Read) -> Result<String, Obstacle> {
        let mut bytes = Vec::new();
        let read = input
            .by_ref()
            .take(SCRIPT_BYTES as u64 + 1)
            .read_to_end(&mut bytes);
        read.map_err(|e| unreadable(&e))?;
        if bytes.len() > SCRIPT_BYTES {
            let message = format!("the script has more than {SCRIPT_BYTES} bytes");
            return Err(Obstacle::new(ObstacleCode::TooLarge, message));
        }
        String::from_utf8(bytes)
            .map_err(|_| Obstacle::new(ObstacleCode::NotUtf8, "the script is not UTF-8"))
    }
}

/// What the system says of a file.
pub(super) fn unreadable(error: &dyn std::fmt::Display) -> Obstacle {
    Obstacle::new(ObstacleCode::Unreadable, error.to_string())
}

/// The form of a file, by the end of its name.
enum Kind {
    Script,
    Archive,
    Export(tables::Shape),
    Other,
}

fn kind(path: &Path) -> Kind {
    let end = path
        .extension()
        .map(|e| e.to_string_lossy().to_ascii_lowercase());
    match end.as_deref() {
        Some("sql") => Kind::Script,
        Some("zip") => Kind::Archive,
        Some("csv") => Kind::Export(tables::Shape::Csv),
        Some("json") => Kind::Export(tables::Shape::Json),
        Some("jsonl" | "ndjson") => Kind::Export(tables::Shape::Lines),
        _ => Kind::Other,
    }
}

/// One reading of an estate.
pub(super) struct Visit<'v> {
    estate: &'v Estate,
    /// Folders that were read, by what they really are.
    seen: BTreeSet<PathBuf>,
    open: bool,
    push: Push<'v, Job>,
}

impl Visit<'_> {
    /// Whether more jobs are wanted.
    pub const fn is_open(&self) -> bool {
        self.open
    }

    fn named(&mut self, path: &Path) {
        if path.is_dir() {
            return self.folder(path, "");
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match kind(path) {
            Kind::Archive => packed::read(path, "", self),
            Kind::Export(shape) => tables::read(path, shape, self),
            // Who names a file says that it is a script, whatever it is called and whatever its comments say.
            Kind::Script | Kind::Other => self.script(path, &name),
        }
    }

    /// All jobs below a folder; `below` is its path below the one that was named, with `/` behind it.
    fn folder(&mut self, path: &Path, below: &str) {
        let real = match fs::canonicalize(path) {
            Ok(real) => real,
            Err(error) => return self.broken(path, None, below, unreadable(&error)),
        };
        if !self.seen.insert(real) {
            return;
        }
        let listed = fs::read_dir(path).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
        let mut entries = match listed {
            Ok(entries) => entries,
            Err(error) => return self.broken(path, None, below, unreadable(&error)),
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') || !self.open {
                continue;
            }
            let (path, below) = (entry.path(), format!("{below}{name}"));
            if path.is_dir() {
                self.folder(&path, &format!("{below}/"));
                continue;
            }
            match kind(&path) {
                Kind::Script if self.is_excepted(&path) => {}
                Kind::Script => self.script(&path, &below),
                Kind::Archive => packed::read(&path, &format!("{below}/"), self),
                // What else lies in a folder may be anything.
                Kind::Export(_) | Kind::Other => {}
            }
        }
    }

    fn is_excepted(&self, path: &Path) -> bool {
        let except = &self.estate.except;
        !except.is_empty() && fs::canonicalize(path).is_ok_and(|real| except.contains(&real))
    }

    fn script(&mut self, path: &Path, below: &str) {
        let text = File::open(path)
            .map_err(|e| unreadable(&e))
            .and_then(Estate::script);
        let place = Place {
            file: path.display().to_string(),
            part: None,
        };
        self.found(below, place, text);
    }

    /// A script of a file or a member of an archive; `below` is its path below the one that was named.
    pub fn found(&mut self, below: &str, place: Place, text: Result<String, Obstacle>) {
        let name = below
            .strip_suffix(".sql")
            .or(below.strip_suffix(".SQL"))
            .unwrap_or(below);
        let owner = match &self.estate.owners {
            Owners::Nobody | Owners::Column | Owners::Manifest(_) => None,
            Owners::Path => path_owner(below),
            Owners::HeaderComment => text.as_deref().ok().and_then(header_owner),
        };
        self.job(name.to_owned(), place, owner, text);
    }

    /// A job of an export, with the owner that its columns name.
    pub fn row(&mut self, job: Job) {
        let owner = match &self.estate.owners {
            Owners::Nobody | Owners::Path | Owners::Manifest(_) => None,
            Owners::Column => job.owner,
            Owners::HeaderComment => job.text.as_deref().ok().and_then(header_owner),
        };
        self.job(job.name, job.place, owner, job.text);
    }

    fn job(
        &mut self,
        name: String,
        place: Place,
        owner: Option<Principal>,
        text: Result<String, Obstacle>,
    ) {
        let owner = match &self.estate.owners {
            Owners::Manifest(manifest) => manifest.owner(&name),
            Owners::Nobody | Owners::Path | Owners::HeaderComment | Owners::Column => owner,
        };
        if self.open {
            let text = text.and_then(|text| self.estate.variables.expand(text));
            self.open = (self.push)(Job {
                name,
                place,
                owner,
                text,
            });
        }
    }

    /// Something that could hold jobs and cannot be read.
    pub fn broken(&mut self, path: &Path, part: Option<String>, below: &str, obstacle: Obstacle) {
        let file = path.display().to_string();
        let name = below.trim_end_matches('/');
        let name = if name.is_empty() {
            file.clone()
        } else {
            name.to_owned()
        };
        self.job(name, Place { file, part }, None, Err(obstacle));
    }
}
