//! Who made which record of lineage: nobody else says what became of it.
//!
//! In: numbers of records, as replies give them out, with the client who got the reply. Out: whether a client may tell of a record. A file keeps them, so that
//! they are known after a restart. Stays out: what is told, and what the store makes of it.
//! Invariant: a record whose maker is not known is nobody's: it protects until an operator ends it.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::http::Client;
use crate::lineage::store::RecordId;

/// How many are known at once, the newest: 1,000,000 take some 50 MB.
const MOST: usize = 1_000_000;

/// Whose the records are.
#[derive(Debug)]
pub(super) enum Makers {
    /// There is one client, whose they all are.
    One,
    /// Each client has its own.
    Each(Each),
}

/// The records of several clients.
#[derive(Debug)]
pub(super) struct Each(Mutex<Kept>);

#[derive(Debug)]
struct Kept {
    by_number: BTreeMap<u64, Client>,
    file: File,
}

impl Makers {
    /// Whether a client may tell what became of a record.
    pub fn may_tell(&self, client: &Client, id: RecordId) -> bool {
        match self {
            Self::One => true,
            Self::Each(each) => each.lock().by_number.get(&id.0) == Some(client),
        }
    }

    /// A client gets the reply that has this number.
    ///
    /// # Errors
    /// It is not in the file, and will not be known after a restart.
    pub fn made(&self, client: &Client, id: RecordId) -> io::Result<()> {
        match self {
            Self::One => Ok(()),
            Self::Each(each) => each.lock().made(client, id),
        }
    }
}

impl Each {
    /// Reads the file, and makes it where there is none. `store`: the one whose numbers these are.
    ///
    /// # Errors
    /// A file that cannot be read or written, is in use, or is about another store: a number means another record there.
    pub fn open(path: &Path, store: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        let mut file = options.open(path)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::Error(error) => error,
            TryLockError::WouldBlock => io::Error::other("another service has it"),
        })?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        // Half a line of a process that was killed could name another client.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        file.set_len(whole as u64)?;
        file.seek(SeekFrom::End(0))?;
        text.truncate(whole);
        let head = format!("records of {}", store.display());
        let mut lines = text.lines();
        match lines.next() {
            None => writeln!(file, "{head}")?,
            Some(own) if own == head => {}
            Some(_) => return Err(io::Error::other("it is about another lineage store")),
        }
        let mut kept = Kept {
            by_number: BTreeMap::new(),
            file,
        };
        for line in lines {
            let read = line.split_once(' ');
            let read = read.and_then(|(number, name)| Some((number.parse().ok()?, name)));
            let Some((number, name)) = read else {
                return Err(io::Error::other("it is no list of records"));
            };
            kept.keep(number, Client::named(name));
        }
        Ok(Self(Mutex::new(kept)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn made(&mut self, client: &Client, id: RecordId) -> io::Result<()> {
        self.keep(id.0, client.clone());
        let name = client.name().unwrap_or_default();
        self.file.write_all(format!("{} {name}\n", id.0).as_bytes())
    }

    fn keep(&mut self, number: u64, client: Client) {
        self.by_number.insert(number, client);
        if self.by_number.len() > MOST {
            self.by_number.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(test: &str) -> std::path::PathBuf {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tmp/makers");
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("{test}-{}", std::process::id()));
        let _ = std::fs::remove_file(&file);
        file
    }

    #[test]
    fn a_record_is_its_makers_also_after_a_restart() {
        let (file, store) = (file("restart"), Path::new("lineage.db"));
        let (a, b) = (Client::named("a"), Client::named("b"));
        let open = || Makers::Each(Each::open(&file, store).unwrap());
        let makers = open();
        makers.made(&a, RecordId(1)).unwrap();
        makers.made(&b, RecordId(2)).unwrap();
        let holds = |makers: &Makers| {
            assert!(makers.may_tell(&a, RecordId(1)) && !makers.may_tell(&b, RecordId(1)));
            assert!(makers.may_tell(&b, RecordId(2)) && !makers.may_tell(&a, RecordId(2)));
            for id in [0, 3] {
                assert!(!makers.may_tell(&a, RecordId(id)), "nobody made {id}");
            }
            assert!(!makers.may_tell(&Client::anybody(), RecordId(1)));
        };
        holds(&makers);
        assert!(Each::open(&file, store).is_err(), "it is in use");
        drop(makers);
        holds(&open());
        let other = Each::open(&file, Path::new("other.db")).unwrap_err();
        assert!(other.to_string().contains("another lineage store"));
        // Half a line could name somebody else.
        let mut text = std::fs::read_to_string(&file).unwrap();
        text.push_str("3 a");
        std::fs::write(&file, &text).unwrap();
        holds(&open());
        std::fs::write(&file, format!("{text}\nnonsense\n")).unwrap();
        assert!(Each::open(&file, store).is_err());
    }
}
