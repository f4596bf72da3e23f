//! The file in which it is kept who made which record of lineage: a head that says which store its numbers are of, then a line `NUMBER NAME` for each record.
//!
//! In: numbers with the clients who made them. Out: the newest of them, at the next start. Stays out: who may tell of a record.
//! Invariant: a line is whole or not there: half a number before another one would be a third. One service at a time has the file.
//! Invariant: no line is older than the store: a number that the store has not given out yet will be somebody else's.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use crate::http::Client;

/// The longest line. What is longer was not written here.
const LINE: u64 = 64 << 10;

/// The records, by their numbers.
pub(super) type ByNumber = BTreeMap<u64, Client>;

/// The file of a service that runs.
#[derive(Debug)]
pub(super) struct Records {
    path: PathBuf,
    head: String,
    lines: Lines<File>,
    /// Records in it, those included whose place a newer line has taken.
    count: usize,
    /// Of a file of its own: this one is replaced when it is shortened.
    _lock: File,
}

impl Records {
    /// Reads the file, and makes it where there is none. `store`: the one whose numbers these are; `newest`: the highest that it has given out; `most`: how many
    /// records are kept, the newest.
    ///
    /// # Errors
    /// A file that cannot be read or written, is in use, or is about another store; a store that does not say its newest number.
    pub fn open(
        path: &Path,
        store: &Path,
        newest: impl FnOnce() -> io::Result<u64>,
        most: usize,
    ) -> io::Result<(Self, ByNumber)> {
        let mut options = OpenOptions::new();
        let options = options.read(true).append(true).create(true);
        drop(options.open(path)?);
        // By whatever link it is named, one service has it; and a link stays one when the file is replaced.
        let path = std::fs::canonicalize(path)?;
        let lock = lock(&path)?;
        // Another service may have replaced it before.
        let file = options.open(&path)?;
        let head = format!("records of {}", store.display());
        // Asked under the lock: what another service has written before is not newer.
        let read = read(&file, &head, newest()?, most)?;
        let mut records = Self {
            lines: Lines::after(file, read.length),
            count: read.count,
            path,
            head,
            _lock: lock,
        };
        if read.length == 0 || read.count > read.by_number.len() {
            records.rewrite(&records.text(&read.by_number))?;
            records.count = read.by_number.len();
        } else {
            // Half a line of a process that was killed.
            records.lines.cut()?;
        }
        Ok((records, read.by_number))
    }

    /// Adds a record.
    ///
    /// # Errors
    /// It is not in the file.
    pub fn add(&mut self, number: u64, client: &Client) -> io::Result<()> {
        self.lines.add(&line(number, client))?;
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    /// How many records it has.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// What a file with just these would hold.
    pub fn text(&self, by_number: &ByNumber) -> String {
        let lines = by_number.iter();
        let lines = lines.map(|(number, client)| line(*number, client));
        std::iter::once(format!("{}\n", self.head))
            .chain(lines)
            .collect()
    }

    /// Puts another file in its place. Where that fails it stays as it is.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn rewrite(&mut self, text: &str) -> io::Result<()> {
        let next = beside(&self.path, ".new");
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .open(&next)?;
        file.set_permissions(std::fs::metadata(&self.path)?.permissions())?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        let file = OpenOptions::new().append(true).open(&next)?;
        std::fs::rename(&next, &self.path)?;
        self.lines = Lines::after(file, text.len() as u64);
        self.count = text.lines().count().saturating_sub(1);
        Ok(())
    }
}

fn lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(false);
    let lock = options.open(beside(path, ".lock"))?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::Error(error) => error,
        TryLockError::WouldBlock => io::Error::other("another service has it"),
    })?;
    Ok(lock)
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or(OsStr::new("records")).to_owned();
    name.push(end);
    path.with_file_name(name)
}

fn line(number: u64, client: &Client) -> String {
    format!("{number} {}\n", client.name().unwrap_or_default())
}

/// What was in a file.
struct Stored {
    by_number: ByNumber,
    /// Records in it, whether they were taken or not.
    count: usize,
    /// Bytes up to the end of the last whole line.
    length: u64,
}

fn read(file: &File, head: &str, newest: u64, most: usize) -> io::Result<Stored> {
    let mut stored = Stored {
        by_number: BTreeMap::new(),
        count: 0,
        length: 0,
    };
    let mut names: HashMap<String, Client> = HashMap::new();
    let (mut from, mut bytes) = (BufReader::new(file), Vec::new());
    loop {
        bytes.clear();
        (&mut from).take(LINE).read_until(b'\n', &mut bytes)?;
        let Some(line) = bytes.strip_suffix(b"\n") else {
            // Half a line could name another client, or another number.
            return match bytes.len() as u64 == LINE {
                true => Err(no_list()),
                false => Ok(stored),
            };
        };
        let line = std::str::from_utf8(line).map_err(|_| no_list())?;
        if stored.length == 0 {
            if line != head {
                return Err(io::Error::other("it is about another lineage store"));
            }
        } else {
            let (number, name) = line.split_once(' ').ok_or_else(no_list)?;
            let number = number.parse().map_err(|_| no_list())?;
            stored.count = stored.count.saturating_add(1);
            // Of a store that was restored since, or made anew.
            if number <= newest {
                let known = names.get(name).cloned();
                let client = known.unwrap_or_else(|| {
                    let client = Client::named(name);
                    names.insert(name.to_owned(), client.clone());
                    client
                });
                keep(&mut stored.by_number, number, client, most);
            }
        }
        stored.length = stored.length.saturating_add(bytes.len() as u64);
    }
}

fn no_list() -> io::Error {
    io::Error::other("it is no list of records")
}

/// Adds a record to those that are known.
pub(super) fn keep(by_number: &mut ByNumber, number: u64, client: Client, most: usize) {
    by_number.insert(number, client);
    if by_number.len() > most {
        by_number.pop_first();
    }
}

/// What lines are written to.
trait Tail: Write {
    /// Takes away what is behind this many bytes.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

impl Tail for File {
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

/// Lines at the end of a file.
#[derive(Debug)]
struct Lines<F> {
    file: F,
    /// Bytes up to the end of the last whole line.
    length: u64,
    /// Whether something may be behind that.
    torn: bool,
}

impl<F: Tail> Lines<F> {
    const fn after(file: F, length: u64) -> Self {
        Self {
            file,
            length,
            torn: true,
        }
    }

    /// Takes half a line away.
    fn cut(&mut self) -> io::Result<()> {
        if self.torn {
            self.file.cut(self.length)?;
            self.torn = false;
        }
        Ok(())
    }

    fn add(&mut self, line: &str) -> io::Result<()> {
        self.cut()?;
        self.torn = true;
        let written = self.file.write_all(line.as_bytes());
        if let Err(error) = written {
            // Where that fails too, it is tried before the next line.
            let _ = self.cut();
            return Err(error);
        }
        self.torn = false;
        self.length = self.length.saturating_add(line.len() as u64);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with room for so many bytes, which may not even shorten a file.
    #[derive(Default)]
    struct Full {
        text: Vec<u8>,
        room: usize,
        stuck: bool,
    }

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let fits = bytes.len().min(self.room.saturating_sub(self.text.len()));
            self.text.extend(&bytes[..fits]);
            match fits {
                0 => Err(io::ErrorKind::StorageFull.into()),
                _ => Ok(fits),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Tail for Full {
        fn cut(&mut self, length: u64) -> io::Result<()> {
            if self.stuck {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.text.truncate(usize::try_from(length).unwrap());
            Ok(())
        }
    }

    #[test]
    fn half_a_line_is_never_the_beginning_of_another() {
        for stuck in [false, true] {
            let mut lines = Lines::after(Full::default(), 0);
            lines.file.room = 11;
            lines.add("112 bar\n").unwrap();
            lines.file.stuck = stuck;
            lines.add("113 bar\n").unwrap_err();
            assert_eq!(
                lines.file.text,
                if stuck {
                    &b"112 bar\n113"[..]
                } else {
                    b"112 bar\n"
                }
            );
            lines.file.room = 100;
            if stuck {
                lines.add("114 bar\n").unwrap_err();
                lines.file.stuck = false;
            }
            lines.add("1135 bar\n").unwrap();
            assert_eq!(lines.file.text, b"112 bar\n1135 bar\n");
        }
    }
}
