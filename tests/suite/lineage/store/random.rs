//! Random histories: whatever happens, a store that reads parts of its history answers as one that has all of it in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use sqlsec::lineage::Declared;
use sqlsec::lineage::store::Entry;

use super::*;
use crate::properties::on_random_cases;

/// What happens next: which event, and what it is about.
type Step = [u8; 8];

/// Tables that are one by name, by address, by a folder; several of one name; a table of two addresses; two without.
fn some_dataset(choice: u8) -> Dataset {
    let named = |table: &str, physical: &[&str]| Dataset {
        name: TableName::new("c", "d", table),
        physical: physical.iter().map(|name| (*name).to_owned()).collect(),
    };
    match choice % 13 {
        0 => named("a", &["s3://l/a"]),
        1 => named("b", &["s3://l/b"]),
        2 => named("c", &["s3://l/c"]),
        3 => named("sink", &["s3://l/b"]),
        4 => named("sink", &["s3://m/C"]),
        5 => named("sink", &["kafka://b1:9092/t"]),
        6 => named("SINK", &[]),
        7 => named("a", &[]),
        8 => named("folder", &["s3://l"]),
        9 => named("part", &["s3://l/b/x"]),
        10 => named("two", &["kafka://b1:9092/t", "kafka://b2:9092/t"]),
        11 => named("moved", &["s3://l/moved"]),
        _ => named("moved", &["s3://l/a"]),
    }
}

fn some_column(choice: u8) -> &'static str {
    ["x", "y", "X"][usize::from(choice) % 3]
}

fn some_statement([kind, from, to, column, other, more, ..]: Step) -> StatementRecord {
    let change = match kind % 11 {
        0 | 1 => Some(Change::Renamed {
            from: some_dataset(other),
            to: some_dataset(more),
        }),
        2 => Some(Change::RenamedColumn {
            dataset: some_dataset(other),
            from: some_column(column).to_owned(),
            to: some_column(more).to_owned(),
        }),
        3 => Some(Change::Emptied(some_dataset(other))),
        _ => None,
    };
    let mut record = copy("", "s3://l/a", "s3://l/a", kind % 3 == 0);
    let mut statement = record.statements.remove(0);
    let mut outputs = std::mem::take(&mut statement.lineage.outputs);
    if kind % 11 > 1 || kind % 2 == 0 {
        let output = &mut outputs[0];
        output.target = Some(some_dataset(to));
        output.columns[0].name = some_column(column).to_owned();
        output.columns[0].edges[0].source = SourceColumn::new(&some_dataset(from), "x");
        statement.lineage.outputs = outputs;
    }
    if more % 3 == 0 {
        let declared = Declared {
            columns: vec!["x".to_owned()],
            by_user: other % 2 == 0,
            ..Declared::default()
        };
        statement.tables.insert(some_dataset(to), declared);
    }
    statement.changes.extend(change);
    statement
}

fn some_event(step: Step, last: u64) -> (Event, bool) {
    let [what, about, third, fourth, ..] = step;
    // Mostly what was written lately: it may fit.
    let id = last.saturating_sub(u64::from(about % 8));
    let record = || {
        let mut statements = vec![some_statement(step)];
        if third % 3 == 0 {
            let mut second = step;
            second.rotate_left(3);
            statements.push(some_statement(second));
        }
        Record {
            job: format!("job {}", fourth % 4),
            user: "u".to_owned(),
            at: i64::from(third),
            statements,
        }
    };
    let (who, why) = ("officer".to_owned(), "because".to_owned());
    match what % 16 {
        0..=4 => (Event::Pending(record()), false),
        5 => (Event::Pending(record()), true),
        6 => (Event::Import(record()), false),
        7..=9 => (Event::Commit(RecordId(id)), false),
        10 => (Event::Abort(RecordId(id)), false),
        11..=12 => (Event::Ended(RecordId(id)), false),
        13 => {
            let forget = Forget {
                dataset: some_dataset(third),
                job: (fourth % 2 == 0).then(|| "job 1".to_owned()),
                before: (fourth % 3 == 0).then_some(100),
                who,
                at: 0,
                why,
            };
            (Event::Forget(forget), false)
        }
        14 => {
            let cut = Cut {
                cut: CutAt::Column(SourceColumn::new(&some_dataset(third), "x")),
                who,
                at: 0,
                why,
                until: None,
            };
            (Event::Declassify(cut), false)
        }
        _ => {
            let back = Event::Classify {
                cut: id,
                who,
                at: 0,
                why,
            };
            (back, false)
        }
    }
}

/// All that a reader can see of an entry.
fn seen(entry: &Entry) -> String {
    let holding: Vec<_> = ["x", "y", "X", "z"]
        .iter()
        .map(|name| entry.holding(Some(name)))
        .collect();
    format!(
        "{} {} {} {} {:?} {:?} {} {} {:?} {holding:?}",
        entry.record,
        entry.job,
        entry.user,
        entry.at,
        entry.settled,
        entry.ended,
        entry.superseded,
        entry.unknown,
        entry.written(),
    )
}

/// Whether two physical names may be of the same bytes.
type Shares<'s> = &'s dyn Fn(&str, &str) -> bool;

/// All that a snapshot answers.
fn answers(known: &Known) -> Vec<String> {
    let tail = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let shares: [Shares<'_>; 3] = [&|a, b| a == b, &|a, b| tail(a) == tail(b), &|a, b| {
        a.starts_with(b) || b.starts_with(a)
    }];
    let mut answers = vec![format!("{:?}", known.cuts().collect::<Vec<_>>())];
    for choice in 0..13 {
        let dataset = some_dataset(choice);
        for shares in shares {
            for entries in [
                known.writers(&dataset, shares),
                known.distinct_writers(&dataset, shares),
            ] {
                answers.push(entries.iter().map(|e| seen(e) + "\n").collect());
            }
            let column = SourceColumn::new(&dataset, "x");
            answers.push(known.is_declassified(&column, shares, 0).to_string());
        }
        // In which order tables of one name come says nothing.
        let named = known.named(&dataset.name);
        let mut named: Vec<String> = named.iter().map(|e| seen(e) + "\n").collect();
        named.sort();
        answers.push(named.concat());
        answers.push(format!("{:?}", known.moved(&dataset)));
    }
    assert_eq!(known.failure(), None);
    answers
}

/// Of two stores over one file, and of one in memory: each event is taken by all or refused by all for the same reason, and all answer alike, at
/// the time and later on.
fn alike(
    steps: &[Step],
    counts: &mut (usize, usize),
    open: &dyn Fn() -> Box<dyn LineageStore>,
) -> Result<(), String> {
    let files = [open(), open()];
    let memory = MemoryStore::default();
    let mut earlier: Vec<(Arc<Known>, Vec<String>)> = Vec::new();
    for (turn, step) in steps.iter().enumerate() {
        let last = memory.snapshot().expect("a snapshot").version();
        let (event, since) = some_event(*step, last);
        let since = since.then(|| last.saturating_sub(u64::from(step[1] % 3)));
        let due = memory.append(event.clone(), since);
        let done = files[turn % 2].append(event.clone(), since);
        if due != done {
            return Err(format!("{event:?}: {due:?} in memory, {done:?} in a file"));
        }
        if due.is_ok() {
            counts.0 += 1;
        } else {
            counts.1 += 1;
        }
        if step[7] % 4 == 0 || turn + 1 == steps.len() {
            let expected = answers(&memory.snapshot().expect("a snapshot"));
            for file in &files {
                let known = file.snapshot().expect("a snapshot");
                let said = answers(&known);
                let other = said.iter().zip(&expected).find(|(a, b)| a != b);
                if let Some((said, due)) = other {
                    let message = format!("after event {turn}:\n{said}\nand not\n{due}");
                    return Err(message);
                }
                earlier.push((known, expected.clone()));
            }
            // Snapshots that nobody has asked yet, and one that is asked again.
            if let Some((known, expected)) = earlier.get(usize::from(step[6]) % earlier.len())
                && answers(known) != *expected
            {
                return Err(format!("version {} has changed", known.version()));
            }
        }
    }
    Ok(())
}

/// The same over a file, whose index is made again at the end.
fn alike_in_a_file(steps: &[Step], counts: &mut (usize, usize)) -> Result<(), String> {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    // The disk is not what is tested here.
    let folder = Folder::new(&format!("random-{number}"));
    let file = match Path::new("/dev/shm").is_dir() {
        true => PathBuf::from(format!("/dev/shm/sqlsec-{}-{number}", std::process::id())),
        false => folder.file(),
    };
    let open = || file::open(&file);
    let ended = alike(steps, counts, &|| Box::new(open()));
    let store = open();
    let before = answers(&store.snapshot().expect("a snapshot"));
    store.reindex().expect("an index");
    let again = answers(&open().snapshot().expect("a snapshot"));
    drop(store);
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
    }
    ended?;
    if before != again {
        return Err("other answers after the index was made again".to_owned());
    }
    Ok(())
}

/// Some over databases, each of its own.
#[cfg(all(feature = "postgres", unix))]
pub fn some_histories(database: &dyn Fn() -> String) {
    let mut counts = (0, 0);
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    for _ in 0..6 {
        let steps: Vec<Step> = (0..25)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(99);
                (state ^ (state >> 29)).to_le_bytes()
            })
            .collect();
        let address = database();
        alike(&steps, &mut counts, &|| open_any(&address)).unwrap_or_else(|why| panic!("{why}"));
    }
    println!("{} events taken, {} refused", counts.0, counts.1);
    assert!(counts.0 > 40 && counts.1 > 10, "{counts:?}");
}

#[test]
fn a_store_answers_as_its_whole_history_does() {
    fn steps() -> impl Strategy<Value = Vec<Step>> {
        vec(any::<Step>(), 1..40)
    }
    let counts: Vec<(usize, usize)> = on_random_cases(40, 50, steps, |s, c| alike_in_a_file(s, c));
    let taken: usize = counts.iter().map(|(taken, _)| taken).sum();
    let refused: usize = counts.iter().map(|(_, refused)| refused).sum();
    println!("{taken} events taken, {refused} refused");
    assert!(taken > 100 && refused > 50);
}
