//! Makes an estate to measure `sqlsec audit` on: jobs by owner, a catalog, a policy. The same numbers make the same files.
//!
//! `cargo run --release --example estate FOLDER [JOBS] [STATEMENTS]`, then
//! `sqlsec audit FOLDER/jobs --policy FOLDER/policy.yaml --catalog FOLDER/tables.sql --owner-from path --format html -o FOLDER/report.html`

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    missing_docs,
    reason = "a measuring program prints, and stops where it stands"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const OWNERS: usize = 40;
const SOURCES: usize = 60;
const SINKS: usize = 50;
const COLUMNS: &str = "id BIGINT, region STRING, name STRING, phone STRING, mail STRING, age INT, amount DECIMAL(12, 2), ts TIMESTAMP(3)";

fn table(name: &str) -> String {
    format!(
        "CREATE TABLE {name} ({COLUMNS}) WITH ('connector' = 'kafka', 'topic' = '{name}', 'properties.bootstrap.servers' = 'kafka:9092', 'format' = 'json');\n"
    )
}

/// Every second job has a table of its own, which others read.
fn written_by(job: usize) -> String {
    if job.is_multiple_of(2) {
        format!("made_{job}")
    } else {
        format!("sink_{}", job % SINKS)
    }
}

/// What a job reads beside sources: tables of some jobs before it, so that chains are as long as people make them.
fn read_by(job: usize, statement: usize) -> String {
    let earlier = job.saturating_sub(2 * (statement % 5 + 1) + job % 7 * 2) / 2 * 2;
    if job.is_multiple_of(3) && statement.is_multiple_of(4) && earlier >= 2 && job % 11 < 4 {
        return format!("made_{earlier}");
    }
    format!("source_{}", (job * 7 + statement * 3) % SOURCES)
}

fn statement(job: usize, at: usize) -> String {
    let (from, into) = (read_by(job, at), written_by(job));
    let other = format!("source_{}", (job + at) % SOURCES);
    match at % 5 {
        0 => format!(
            "INSERT INTO {into}\nSELECT a.id, a.region, UPPER(a.name), a.phone, a.mail, a.age, a.amount, a.ts\nFROM {from} AS a\nWHERE a.amount > {at} AND a.region <> 'r{job}';\n"
        ),
        1 => format!(
            "-- what customers of one region bought\nINSERT INTO {into}\nSELECT o.id, o.region, c.name, c.phone, o.mail, c.age, o.amount, o.ts\nFROM {from} AS o\nJOIN {other} AS c ON o.id = c.id\nWHERE c.age >= 18;\n"
        ),
        2 => format!(
            "INSERT INTO {into} (id, region, amount)\nSELECT MAX(id), region, SUM(amount)\nFROM {from}\nGROUP BY region;\n"
        ),
        3 => format!(
            "CREATE TEMPORARY VIEW v_{at} AS\nSELECT id, region, CONCAT(name, ' ', mail) AS who, phone\nFROM {from};\n"
        ),
        _ => format!(
            "INSERT INTO {into} (id, region, name, phone)\nSELECT id, region, who, phone FROM v_{};\n",
            at - 1
        ),
    }
}

fn script(job: usize, statements: usize) -> String {
    let mut text = format!("-- job {job} of the estate\n");
    for at in 0..statements {
        text.push_str(&statement(job, at));
    }
    match job % 50 {
        // Some jobs are wrong in one way or the other.
        17 => text.push_str("INSERT INTO sink_0 SELECT id, region, name, phone, mail, age, amount, ts FROM secret;\n"),
        23 => text.push_str("SELECT id FROM ${env}_orders;\n"),
        31 => text.push_str("SELECT id, FROM source_1;\n"),
        _ => {}
    }
    text
}

fn policy() -> String {
    let mut text = "apiVersion: sqlsec/v1\nversion: 42\ndefaults: { access: allow, unknown_connector: allow, no_matching_filter: deny, unknown_lineage: allow }\nrules:\n\
                    \x20 - { id: secret, type: access, effect: deny, to: { groups: [public] }, on: { table: '*.*.secret' }, privileges: [select] }\n"
        .to_owned();
    // For every second owner: what the others write is masked for these where it is read again.
    let masked: Vec<String> = (0..OWNERS)
        .skip(1)
        .step_by(2)
        .map(|n| format!("owner_{n:02}"))
        .collect();
    for source in (0..SOURCES).step_by(3) {
        let _ = writeln!(
            text,
            "  - {{ id: phone-{source}, type: column_mask, to: {{ users: [{}] }}, on: {{ table: '*.*.source_{source}', columns: [phone] }}, mask: MASK_HASH }}",
            masked.join(", ")
        );
    }
    for source in (0..SOURCES).step_by(4) {
        let _ = writeln!(
            text,
            "  - {{ id: region-{source}, type: row_filter, to: {{ groups: [public] }}, on: {{ table: '*.*.source_{source}' }}, filter: \"region = 'north'\" }}"
        );
    }
    text
}

fn write(path: PathBuf, text: &str) {
    fs::write(path, text).expect("a writable folder");
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("FOLDER [JOBS] [STATEMENTS]");
    let mut number = |usual: usize| {
        let given = arguments.next().map(|n| n.parse().expect("a number"));
        given.unwrap_or(usual)
    };
    let (jobs, statements) = (number(500), number(20));
    let folder = Path::new(&folder);
    for owner in 0..OWNERS {
        fs::create_dir_all(folder.join(format!("jobs/owner_{owner:02}"))).expect("a folder");
    }
    let mut tables: String = (0..SOURCES)
        .map(|n| table(&format!("source_{n}")))
        .chain((0..SINKS).map(|n| table(&format!("sink_{n}"))))
        .collect();
    tables.push_str(&table("secret"));
    let mut bytes = 0;
    for job in 0..jobs {
        if job.is_multiple_of(2) {
            tables.push_str(&table(&format!("made_{job}")));
        }
        let text = script(job, statements);
        bytes += text.len();
        write(
            folder.join(format!("jobs/owner_{:02}/job_{job:05}.sql", job % OWNERS)),
            &text,
        );
    }
    write(folder.join("tables.sql"), &tables);
    write(folder.join("policy.yaml"), &policy());
    println!("{jobs} jobs of {statements} statements, {bytes} bytes");
}
