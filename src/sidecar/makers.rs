//! Who made which record of lineage: nobody else says what became of it.
//!
//! In: numbers of records, as replies give them out, with the client who got the reply. Out: whether a client may tell of a record. A file keeps them, so that
//! they are known after a restart. Stays out: what is told, and what the store makes of it.
//! Invariant: a record whose maker is not known is nobody's: it protects until an operator ends it.

use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::records::{ByNumber, Records, keep};
use crate::http::Client;
use crate::lineage::store::RecordId;

/// How many are known at once, the newest: 1,000,000 take 48 MB, and each name once.
const MOST: usize = 1_000_000;

/// Whose the records are.
#[derive(Debug)]
pub(super) enum Makers {
    /// Whoever may ask may tell: there is one client, or there is no store and so no number.
    Anybody,
    /// Each client has its own.
    Each(Each),
}

/// The records of several clients.
///
/// Two locks, since a disk may hang: who may tell is known without the file. Whoever holds the file may take the other for a moment, and never the other way round.
#[derive(Debug)]
pub(super) struct Each {
    by_number: Mutex<ByNumber>,
    file: Mutex<Records>,
    most: usize,
}

impl Makers {
    /// Whether a client may tell what became of a record.
    pub fn may_tell(&self, client: &Client, id: RecordId) -> bool {
        match self {
            Self::Anybody => true,
            Self::Each(each) => lock(&each.by_number).get(&id.0) == Some(client),
        }
    }

    /// A client gets the reply that has this number. Waits for the disk.
    ///
    /// # Errors
    /// It is not in the file, and will not be known after a restart; or the file cannot be shortened. The error says which.
    pub fn made(&self, client: &Client, id: RecordId) -> io::Result<()> {
        match self {
            Self::Anybody => Ok(()),
            Self::Each(each) => each.made(client, id),
        }
    }
}

impl Each {
    /// Reads the file, and makes it where there is none. `store`: the one whose numbers these are; `newest`: the highest that it has given out.
    ///
    /// # Errors
    /// A file that cannot be read or written, is in use, or is about another store: a number means another record there. A store that does not answer.
    pub fn open(
        path: &Path,
        store: &Path,
        newest: impl FnOnce() -> io::Result<u64>,
    ) -> io::Result<Self> {
        Self::with(path, store, newest, MOST)
    }

    fn with(
        path: &Path,
        store: &Path,
        newest: impl FnOnce() -> io::Result<u64>,
        most: usize,
    ) -> io::Result<Self> {
        let (file, by_number) = Records::open(path, store, newest, most)?;
        Ok(Self {
            by_number: Mutex::new(by_number),
            file: Mutex::new(file),
            most,
        })
    }

    fn made(&self, client: &Client, id: RecordId) -> io::Result<()> {
        keep(&mut lock(&self.by_number), id.0, client.clone(), self.most);
        let mut file = lock(&self.file);
        file.add(id.0, client).map_err(|error| {
            io::Error::other(format!(
                "who made record {id} will not be known after a restart: {error}"
            ))
        })?;
        // Where it cannot be shortened that is tried again when it has grown by as much, not at each record.
        let grown = file.count() >= self.most.saturating_mul(2);
        if grown && file.count().is_multiple_of(self.most) {
            let text = file.text(&lock(&self.by_number));
            file.rewrite(&text).map_err(|error| {
                io::Error::other(format!("the file of records cannot be shortened: {error}"))
            })?;
        }
        Ok(())
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
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

    fn open(file: &Path, store: &str, newest: u64) -> io::Result<Each> {
        Each::open(file, Path::new(store), || Ok(newest))
    }

    #[test]
    fn a_record_is_its_makers_also_after_a_restart() {
        let file = file("restart");
        let (a, b) = (Client::named("a"), Client::named("b"));
        let again = || open(&file, "lineage.db", 9);
        let makers = Makers::Each(again().unwrap());
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
        assert!(again().is_err(), "it is in use");
        drop(makers);
        holds(&Makers::Each(again().unwrap()));
        let other = open(&file, "other.db", 9).unwrap_err();
        assert!(other.to_string().contains("another lineage store"));
        // Half a line could name somebody else.
        let mut text = std::fs::read_to_string(&file).unwrap();
        text.push_str("3 a");
        std::fs::write(&file, &text).unwrap();
        holds(&Makers::Each(again().unwrap()));
        std::fs::write(&file, format!("{text}\nnonsense\n")).unwrap();
        assert!(again().is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_in_use_by_whatever_link_it_is_named() {
        let (first, link) = (file("links"), file("links-other"));
        let makers = open(&first, "lineage.db", 9).unwrap();
        std::os::unix::fs::symlink(&first, &link).unwrap();
        let error = open(&link, "lineage.db", 9).unwrap_err();
        assert!(error.to_string().contains("another service"), "{error}");
        drop(makers);
        open(&link, "lineage.db", 9).unwrap();
    }

    #[test]
    fn a_number_that_the_store_will_give_out_again_is_nobodys() {
        let file = file("restored");
        let a = Client::named("a");
        let makers = Makers::Each(open(&file, "lineage.db", 0).unwrap());
        for id in 1..=5 {
            makers.made(&a, RecordId(id)).unwrap();
        }
        drop(makers);
        let restored = || Makers::Each(open(&file, "lineage.db", 3).unwrap());
        let may = |makers: &Makers| {
            (1..=6)
                .filter(|id| makers.may_tell(&a, RecordId(*id)))
                .count()
        };
        assert_eq!(may(&restored()), 3);
        // Nor later, when somebody else has made them.
        assert_eq!(may(&Makers::Each(open(&file, "lineage.db", 6).unwrap())), 3);
        let fails = || Err(io::Error::other("it is away"));
        assert!(Each::open(&file, Path::new("lineage.db"), fails).is_err());
    }

    #[test]
    fn the_file_has_the_newest_and_little_more() {
        let file = file("most");
        let clients = [Client::named("a"), Client::named("b")];
        let with =
            || Makers::Each(Each::with(&file, Path::new("lineage.db"), || Ok(999), 10).unwrap());
        let lines = || std::fs::read_to_string(&file).unwrap().lines().count();
        let makers = with();
        for (id, client) in (1..=95).zip(clients.iter().cycle()) {
            makers.made(client, RecordId(id)).unwrap();
            assert!(lines() <= 20, "{}", lines());
        }
        drop(makers);
        let makers = with();
        assert_eq!(lines(), 11);
        assert!(with_fails(&file), "it is in use still");
        for (id, client) in (1..=95).zip(clients.iter().cycle()) {
            assert_eq!(makers.may_tell(client, RecordId(id)), id > 85, "{id}");
        }
        makers.made(&clients[0], RecordId(96)).unwrap();
        drop(makers);
        assert!(with().may_tell(&clients[0], RecordId(96)));
    }

    fn with_fails(file: &Path) -> bool {
        open(file, "lineage.db", 999).is_err()
    }

    #[test]
    fn who_may_tell_is_known_while_the_disk_hangs() {
        let file = file("hangs");
        let a = Client::named("a");
        let makers = Makers::Each(open(&file, "lineage.db", 9).unwrap());
        makers.made(&a, RecordId(1)).unwrap();
        let Makers::Each(each) = &makers else {
            unreachable!()
        };
        let held = lock(&each.file);
        std::thread::scope(|scope| {
            let writes = scope.spawn(|| makers.made(&a, RecordId(2)));
            let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
            while !makers.may_tell(&a, RecordId(2)) {
                assert!(std::time::Instant::now() < until);
                std::thread::yield_now();
            }
            assert!(!writes.is_finished() && makers.may_tell(&a, RecordId(1)));
            drop(held);
            writes.join().unwrap().unwrap();
        });
    }
}
