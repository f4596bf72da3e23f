//! Packed lineage beside the fold of the same records: random estates, files that go away, bytes that are damaged, room.

use std::collections::BTreeSet;
use std::fs::File;

use super::*;
use crate::lineage::store::{Event, Fold, Known, RecordId};
use crate::lineage::{
    ColumnLineage, Declared, Direct, Edge, Fingerprint, Form, Indirect, ItemText, Reduction,
    Relationship, SourceColumn, StatementLineage, StatementRecord, Written,
};
use crate::syntax::{Span, parse_data_type};

/// Numbers that look random, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn one<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

fn datasets() -> Vec<Dataset> {
    let named = |table: &str, physical: &[&str]| Dataset {
        name: TableName::new("c", "d", table),
        physical: physical.iter().map(|p| (*p).to_owned()).collect(),
    };
    vec![
        named("orders", &["kafka://k:9092/orders"]),
        named("Orders", &["kafka://k:9092/orders"]),
        named("sink", &["kafka://k:9092/a"]),
        named("sink", &["kafka://k:9092/b"]),
        named("sink", &[]),
        named("SINK", &[]),
        named("folder", &["s3://lake/a"]),
        named("file", &["s3://lake/a/b", "s3://lake/c"]),
        named("other", &["kafka://other:9092/orders"]),
    ]
}

const COLUMNS: [&str; 4] = ["id", "phone", "Phone", "größe"];
const TYPES: [&str; 5] = [
    "STRING",
    "VARCHAR(3) NOT NULL",
    "DECIMAL(12, 2)",
    "ROW<`a b` INT, c ARRAY<STRING NOT NULL>>",
    "RAW('org.x', 'AA==')",
];

fn edge(dice: &mut Dice, texts: &mut std::collections::BTreeMap<Span, ItemText>) -> Edge {
    let column = dice.one(&[Some("id"), Some("phone"), None]);
    let relationship = match dice.below(3) {
        0 => Relationship::Indirect(dice.one(&[Indirect::Join, Indirect::Rows, Indirect::Twin])),
        _ => Relationship::Direct(Direct {
            form: dice.one(&[Form::Same, Form::Hashed, Form::Derived]),
            reduction: dice.one(&[Reduction::None, Reduction::Counted]),
        }),
    };
    let span = Span::new(dice.below(5) as u32, 9);
    if dice.below(2) == 0 {
        let function = dice.one(&[None, Some("SHA256"), Some("MY.F")]);
        texts.entry(span).or_insert_with(|| ItemText {
            hash: format!("{}", dice.below(3)),
            function: function.map(str::to_owned),
            bare: dice.below(2) == 0,
        });
    }
    Edge {
        source: SourceColumn {
            dataset: dice.one(&datasets()),
            column: column.map(str::to_owned),
        },
        relationship,
        span,
    }
}

fn statement(dice: &mut Dice, changing: bool) -> StatementRecord {
    let mut texts = std::collections::BTreeMap::new();
    let mut edges = |dice: &mut Dice| {
        let count = dice.below(5);
        let mut edges: Vec<Edge> = (0..count).map(|_| edge(dice, &mut texts)).collect();
        edges.sort();
        edges.dedup();
        edges
    };
    let mut outputs = Vec::new();
    for _ in 0..dice.below(3) {
        let mut columns = Vec::new();
        for _ in 0..dice.below(4) {
            let data_type = dice.one(&TYPES);
            columns.push(ColumnLineage {
                name: dice.one(&COLUMNS).to_owned(),
                data_type: (dice.below(3) > 0).then(|| parse_data_type(data_type).unwrap()),
                edges: edges(dice),
            });
        }
        outputs.push(Written {
            target: (dice.below(9) > 0).then(|| dice.one(&datasets())),
            replaces: false,
            columns,
            whole: edges(dice),
            span: Span::new(1, 2),
        });
    }
    let mut changes = Vec::new();
    if changing && dice.below(3) == 0 {
        let (from, to) = (dice.one(&datasets()), dice.one(&datasets()));
        changes.push(match dice.below(3) {
            0 => Change::Renamed { from, to },
            1 => Change::Emptied(from),
            _ => Change::RenamedColumn {
                dataset: from,
                from: dice.one(&COLUMNS).to_owned(),
                to: dice.one(&["phone", "new"]).to_owned(),
            },
        });
    }
    let mut record = StatementRecord {
        lineage: StatementLineage { outputs },
        texts,
        changes,
        ..StatementRecord::default()
    };
    for _ in 0..dice.below(3) {
        let source = SourceColumn {
            dataset: dice.one(&datasets()),
            column: Some("phone".to_owned()),
        };
        let print = Fingerprint(format!("redacted:{}:text", dice.below(2)));
        record.masked.insert(source, print);
        record.tables.insert(
            dice.one(&datasets()),
            Declared {
                columns: vec!["id".to_owned(), dice.one(&COLUMNS).to_owned()],
                metadata: Vec::new(),
                by_position: dice.below(3) == 0,
                by_user: dice.below(3) == 0,
            },
        );
    }
    record
}

fn records(seed: u64) -> Vec<Record> {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let jobs = 1 + dice.below(8);
    let one = |number: usize| {
        let changing = dice.below(3) == 0;
        let count = dice.below(5);
        let statements = (0..count).map(|_| statement(&mut dice, changing));
        Record {
            statements: statements.collect(),
            job: format!("job-{number}"),
            user: "ann".to_owned(),
            at: -7 + number as i64,
        }
    };
    (0..jobs).map(one).collect()
}

/// The reference: what a store knows that has the same records.
fn folded(records: &[Record]) -> Known {
    let mut fold = Fold::default();
    for record in records {
        let number = fold.version() + 1;
        let pending = Event::Pending(record.clone());
        fold.apply(number, &pending).unwrap();
        let id = RecordId(number);
        fold.apply(number + 1, &Event::Commit(id)).unwrap();
    }
    Known::from(fold)
}

fn packed(records: &[Record], memory: usize) -> Known {
    let mut packing = Packing::new(memory, Box::new(tempfile::tempfile));
    for record in records {
        packing.add(PackedJob::from(record)).unwrap();
    }
    Known::from(packing.finish().unwrap())
}

/// All that inheritance asks of an edge, each answer once.
fn edges(entry: &Entry, edges: &[Edge]) -> Vec<String> {
    let mut said = Vec::new();
    for edge in edges {
        let text = entry.text(edge);
        let call = text.and_then(|text| Some((text.function.clone()?, text.bare)));
        let (source, under) = (entry.source(edge), entry.read_under(&edge.source));
        let one = format!("{source:?} {:?} {under:?} {call:?}", edge.relationship);
        if !said.contains(&one) {
            said.push(one);
        }
    }
    said
}

/// All that inheritance asks of an entry.
fn said(entry: &Arc<Entry>) -> String {
    let column = |column: &ColumnLineage| {
        let of = edges(entry, &column.edges);
        format!("{} {:?} {of:?}", column.name, column.data_type)
    };
    let written = entry.written();
    let all: Vec<String> = written.columns.iter().map(column).collect();
    let names = [None, Some("id"), Some("PHONE"), Some("phone"), Some("new")];
    let held = names.map(|name| {
        let (columns, anywhere) = entry.holding(name);
        let columns: Vec<String> = columns.into_iter().map(column).collect();
        (columns, anywhere)
    });
    format!(
        "{} {} {} {:?} {:?} {:?} {all:?} {held:?} {:?}",
        entry.job,
        entry.user,
        entry.at,
        (entry.superseded, entry.unknown, entry.is_unreadable()),
        written.target,
        entry.declared(),
        edges(entry, &written.whole),
    )
}

#[test]
fn packed_lineage_says_what_the_fold_of_the_same_records_says() {
    let (mut entries, mut renamed) = (0, 0);
    for seed in 0..120 {
        let records = records(seed);
        let folded = folded(&records);
        for memory in [usize::MAX, 700, 0] {
            let packed = packed(&records, memory);
            assert_eq!(packed.is_empty(), folded.is_empty(), "{seed}");
            let anything = |_: &str, _: &str| true;
            let same = |a: &str, b: &str| a == b;
            for dataset in datasets() {
                let say = |kept: Vec<Arc<Entry>>| kept.iter().map(said).collect::<Vec<String>>();
                let wanted = say(folded.writers(&dataset, &same));
                entries += wanted.len();
                renamed += usize::from(!folded.moved(&dataset).is_empty());
                assert_eq!(
                    say(packed.writers(&dataset, &same)),
                    wanted,
                    "{seed} {dataset:?}"
                );
                // Once more: now it is unpacked.
                assert_eq!(say(packed.writers(&dataset, &same)), wanted);
                assert_eq!(
                    say(packed.writers(&dataset, &anything)),
                    say(folded.writers(&dataset, &anything))
                );
                assert_eq!(
                    say(packed.named(&dataset.name)),
                    say(folded.named(&dataset.name))
                );
                assert_eq!(packed.moved(&dataset), folded.moved(&dataset));
                let exact = |known: &Known| {
                    let found = known.entries_of(None, dataset.physical.first().map(|p| &**p));
                    let found = found.unwrap().into_iter();
                    found.map(|(d, kept)| (d, say(kept))).collect::<Vec<_>>()
                };
                assert_eq!(exact(&packed), exact(&folded));
            }
            assert_eq!(packed.failure(), None);
        }
    }
    assert!(entries > 1_500 && renamed > 50, "{entries} {renamed}");
}

#[test]
fn what_cannot_be_read_hides_everything_from_then_on() {
    let records: Vec<Record> = (0..40).flat_map(records).collect();
    let file: Arc<Mutex<Option<File>>> = Arc::default();
    let other = Arc::clone(&file);
    let open = move || {
        let own = tempfile::tempfile()?;
        *other.lock().unwrap() = Some(own.try_clone()?);
        Ok(own)
    };
    let mut packing = Packing::new(0, Box::new(open));
    for record in &records {
        packing.add(PackedJob::from(record)).unwrap();
    }
    let known = Known::from(packing.finish().unwrap());
    let same = |a: &str, b: &str| a == b;
    let [first, second, ..] = &datasets()[..] else {
        panic!("there are more")
    };
    assert!(
        known
            .writers(first, &same)
            .iter()
            .all(|e| !e.is_unreadable())
    );
    file.lock().unwrap().as_ref().unwrap().set_len(10).unwrap();
    let sink = &datasets()[2];
    let nobody = Dataset {
        name: TableName::new("c", "d", "nobody"),
        physical: Vec::new(),
    };
    for dataset in [sink, second, first, &nobody] {
        let entries = known.writers(dataset, &same);
        assert_eq!(entries.len(), 1, "{dataset:?}");
        assert!(entries.iter().all(|entry| entry.is_unreadable()));
        assert!(known.named(&dataset.name)[0].is_unreadable());
    }
    assert!(matches!(
        known.failure(),
        Some(LineageError::Unavailable(_))
    ));
    assert!(known.entries_of(Some(&sink.name), None).is_err());
}

#[test]
fn damaged_bytes_are_refused_or_are_entries() {
    let mut refused = 0;
    for record in (0..15).flat_map(records) {
        for step in PackedJob::from(&record).0 {
            let Some(part) = step.part else { continue };
            for target in 0..part.targets.len() {
                assert!(unpack(&part.bytes, target).is_ok());
                for end in 0..part.bytes.len() {
                    assert!(unpack(&part.bytes[..end], target).is_err(), "{end}");
                }
            }
            assert!(unpack(&part.bytes, part.targets.len()).is_err());
            for at in 0..part.bytes.len() {
                let mut bytes = part.bytes.clone();
                bytes[at] ^= 0x55;
                refused += usize::from(unpack(&bytes, 0).is_err());
            }
        }
    }
    assert!(refused > 300, "{refused}");
}

/// A job that writes 40 columns of a table of its own, made of the table of the job before it.
fn link(number: usize) -> Record {
    let dataset = |number: usize| Dataset {
        name: TableName::new("default_catalog", "default_database", format!("t_{number}")),
        physical: vec![format!("kafka://kafka:9092/t_{number}")],
    };
    let columns = (0..40).map(|column| ColumnLineage {
        name: format!("column_{column}"),
        data_type: Some(parse_data_type("STRING").unwrap()),
        edges: vec![Edge {
            source: SourceColumn {
                dataset: dataset(number),
                column: Some(format!("column_{column}")),
            },
            relationship: Relationship::Direct(Direct::SAME),
            span: Span::new(column, column + 8),
        }],
    });
    let written = Written {
        target: Some(dataset(number + 1)),
        replaces: false,
        columns: columns.collect(),
        whole: Vec::new(),
        span: Span::default(),
    };
    let statement = StatementRecord {
        lineage: StatementLineage {
            outputs: vec![written],
        },
        ..StatementRecord::default()
    };
    Record {
        job: format!("job-{number}"),
        user: "ann".to_owned(),
        at: 0,
        statements: vec![statement],
    }
}

#[test]
fn memory_stays_below_its_bounds_however_many_jobs_there_are() {
    const MEMORY: usize = 50_000;
    let mut sizes = Vec::new();
    for jobs in [500, 1500] {
        let mut packing = Packing::new(MEMORY, Box::new(tempfile::tempfile));
        for number in 0..jobs {
            packing.add(PackedJob::from(&link(number))).unwrap();
        }
        let packed = packing.finish().unwrap();
        let all: BTreeSet<Arc<Dataset>> = packed.items.keys().cloned().collect();
        assert_eq!(all.len(), jobs);
        let mut most = 0;
        for dataset in &all {
            assert_eq!(packed.entries(dataset).len(), 1);
            most = most.max(packed.unpacked());
        }
        let (kept, written) = packed.sizes();
        assert!(kept <= MEMORY as u64 && written > 0);
        assert!(most <= UNPACKED, "{most}");
        sizes.push((kept + written) / jobs as u64);
        // 40 columns and 40 edges.
        assert!(sizes[0] < 1_200, "{sizes:?}");
    }
    assert!(sizes[1].abs_diff(sizes[0]) < 50, "{sizes:?}");
}
