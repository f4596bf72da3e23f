//! Rows come out of a dump as they were written into it, and hostile text stays text.

use std::fmt::Write as _;
use std::io::{self, Read};

use proptest::prelude::*;
use proptest::sample::select;

use super::bytes::ROW_BYTES;
use super::rows::Take;
use super::{Dump, scanned};
use crate::report::export::Row;
use crate::report::{Obstacle, TableRole};

/// What `dinky_task` is here: the columns in an order of its own, some that nobody reads.
const COLUMNS: [&str; 5] = ["secret", "statement", "id", "name", "other"];

/// Pieces of texts that would end something, if they were not within quotes.
const PIECES: [&str; 30] = [
    "'",
    "''",
    "\"",
    "`",
    "\\",
    "\\'",
    "\n",
    "\r\n",
    "\t",
    ";",
    ";\n",
    "-- ",
    "--\n",
    "#",
    "/*",
    "*/",
    "/*!",
    "),(",
    ")",
    "(",
    ",",
    "\\.",
    "\n\\.\n",
    "$$",
    "$x$",
    "\nCOPY t_user (user_id, username) FROM stdin;\n",
    "\nINSERT INTO `t_user` VALUES (1,'x');\n",
    "订单",
    "\u{1}\u{8}\u{b}\u{c}",
    "\\N",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => select(&PIECES[..]).prop_map(str::to_owned),
        1 => "[ -~]{0,6}",
        1 => any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// A row: its cells, `None` for NULL.
fn cells() -> impl Strategy<Value = Vec<Option<String>>> {
    proptest::collection::vec(proptest::option::weighted(0.9, text()), COLUMNS.len())
}

/// As `mysqldump` writes a string.
fn mysql_string(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        match c {
            '\0' => out.push_str("\\0"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\u{1a}' => out.push_str("\\Z"),
            '\\' | '\'' | '"' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

fn mysql(rows: &[Vec<Option<String>>], style: u8) -> String {
    let mut out = String::from("CREATE TABLE `dinky_task` (");
    for column in COLUMNS {
        let _ = write!(
            out,
            "`{column}` text COMMENT 'a ''`;,' CHECK (`x` in (1,2)),"
        );
    }
    out.push_str("PRIMARY KEY (`id`)) COMMENT=';';");
    for (number, row) in rows.iter().enumerate() {
        let cells = row.iter().map(|cell| match (cell, style) {
            (None, _) => "NULL".to_owned(),
            // Quotes may be doubled as well, and line ends stand as they are.
            (Some(text), 1) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''")),
            (Some(text), 2) => format!(
                "_utf8mb4 /* '; */ \"{}\"",
                text.replace('\\', "\\\\").replace('"', "\"\"")
            ),
            (Some(text), _) => mysql_string(text),
        });
        let cells = cells.collect::<Vec<_>>().join(",");
        match (style, number) {
            (0, 0) => drop(write!(out, "INSERT INTO `dinky_task` VALUES ({cells})")),
            (0, _) => drop(write!(out, ",\n({cells})")),
            _ => drop(writeln!(
                out,
                "replace into dinky_task values ({cells}); -- '"
            )),
        }
    }
    out + if style == 0 { ";\n" } else { "" }
}

fn postgres(rows: &[Vec<Option<String>>], noise: &str) -> String {
    let quoted = noise.replace('\'', "''");
    let escaped = noise.replace('\\', "\\\\").replace('\'', "\\'");
    let name = noise.replace('"', "\"\"");
    let tagged = noise.replace("$sqlsec$", "");
    let mut out = format!(
        "COMMENT ON TABLE public.dinky_task IS '{quoted}';\nCOMMENT ON COLUMN \"{name}\" IS E'{escaped}';\n\
         CREATE FUNCTION f() AS $sqlsec${tagged}$sqlsec$;\n/* /* ' */ COPY t_user (id) FROM stdin;\n*/\n\
         COPY public.other (a) FROM stdin;\nCOPY t_user (user_id) FROM stdin;\n' $$ /* \\N\n\\.\n\
         COPY public.dinky_task ({}) FROM stdin;\n",
        COLUMNS.join(", ")
    );
    for row in rows {
        let cells = row.iter().map(|cell| {
            let Some(text) = cell else {
                return "\\N".to_owned();
            };
            let mut out = String::new();
            for c in text.chars() {
                match c {
                    '\\' => out.push_str("\\\\"),
                    '\n' => out.push_str("\\n"),
                    '\r' => out.push_str("\\r"),
                    '\t' => out.push_str("\\t"),
                    '\u{8}' => out.push_str("\\b"),
                    '\u{b}' => out.push_str("\\v"),
                    '\u{c}' => out.push_str("\\f"),
                    c => out.push(c),
                }
            }
            out
        });
        out += &cells.collect::<Vec<_>>().join("\t");
        out.push('\n');
    }
    out + "\\.\n"
}

/// Rows of tables with scripts.
fn read(dump: Dump, text: &[u8]) -> Result<Vec<Row>, Obstacle> {
    let mut rows = Vec::new();
    scanned(dump, &mut &*text, &mut |table, row| {
        assert_eq!((table.name, table.role), ("dinky_task", TableRole::Scripts));
        rows.push(row?);
        Ok(true)
    })?;
    Ok(rows)
}

fn expected(rows: &[Vec<Option<String>>]) -> Vec<Row> {
    let read = |row: &Vec<Option<String>>| {
        let cells = COLUMNS.iter().zip(row);
        cells
            .filter(|(name, _)| !["secret", "other"].contains(name))
            .map(|(name, cell)| ((*name).to_owned(), cell.clone().unwrap_or_default()))
            .collect()
    };
    rows.iter().map(read).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_come_out_as_they_were_written(
        rows in proptest::collection::vec(cells(), 1..5),
        noise in text().prop_filter("no server keeps it", |t| !t.contains('\0')),
    ) {
        for style in 0..3 {
            let text = mysql(&rows, style);
            prop_assert_eq!(read(Dump::Mysql, text.as_bytes()).unwrap(), expected(&rows), "{}", text);
        }
        let text = postgres(&rows, &noise);
        prop_assert_eq!(read(Dump::Postgres, text.as_bytes()).unwrap(), expected(&rows), "{}", text);
    }

    #[test]
    fn no_bytes_are_too_strange(pieces in proptest::collection::vec(select(&PIECES[..]), 0..40)) {
        for dump in [Dump::Mysql, Dump::Postgres] {
            let mut nothing = |_: &_, _| Ok(true);
            if let Err(obstacle) = scanned(dump, &mut pieces.concat().as_bytes(), &mut nothing) {
                prop_assert!(!obstacle.message.is_empty());
            }
        }
    }
}

/// A source that counts what is taken out of it and has no end.
struct Endless<'e> {
    head: &'e [u8],
    again: &'e [u8],
    taken: u64,
}

impl Read for Endless<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.head.is_empty() {
            self.head = self.again;
        }
        let read = self.head.read(buffer)?;
        self.taken += read as u64;
        Ok(read)
    }
}

fn endless(
    dump: Dump,
    head: &str,
    again: &str,
    take: &mut Take<'_>,
) -> (u64, Result<bool, Obstacle>) {
    let mut input = Endless {
        head: head.as_bytes(),
        again: again.as_bytes(),
        taken: 0,
    };
    let read = scanned(dump, &mut input, take);
    (input.taken, read)
}

#[test]
fn reading_stops_where_no_more_rows_are_wanted() {
    let mysql = "INSERT INTO dinky_task (statement) VALUES ('x')";
    let postgres = "COPY dinky_task (statement) FROM stdin;\n";
    for (dump, head, again) in [
        (Dump::Mysql, mysql, ",('x')"),
        (Dump::Postgres, postgres, "x\n"),
    ] {
        let mut count = 0;
        let (taken, read) = endless(dump, head, again, &mut |_, _| {
            count += 1;
            Ok(count < 3)
        });
        assert!(read.is_ok() && count == 3 && taken < 1 << 18, "{taken}");
    }
}

#[test]
fn a_row_without_an_end_is_not_read_for_ever() {
    for (dump, head) in [
        (Dump::Mysql, "INSERT INTO dinky_task (statement) VALUES ('"),
        (Dump::Mysql, "CREATE TABLE `dinky_task` (`"),
        (Dump::Postgres, "COPY dinky_task (statement) FROM stdin;\n"),
    ] {
        let (taken, read) = endless(dump, head, "0123456789", &mut |_, _| Ok(true));
        let code = read.unwrap_err().code.as_str();
        assert_eq!(code, "source-too-large", "{head}");
        assert!(taken < 2 * ROW_BYTES, "{taken}");
    }
}

#[test]
fn who_wrote_a_dump_is_said_by_its_first_comment() {
    let navicat = "/*\n Navicat Premium Data Transfer\n\n Source Server Type    : ";
    for (head, expected) in [
        ("-- MySQL dump 10.13  Distrib 8.0.41\r\n", Some(Dump::Mysql)),
        ("\u{feff}-- MariaDB dump 10.19\n", Some(Dump::Mysql)),
        (
            "--\n-- PostgreSQL database cluster dump\n--\n",
            Some(Dump::Postgres),
        ),
        (&format!("{navicat}MariaDB\n"), Some(Dump::Mysql)),
        (&format!("{navicat}PostgreSQL\n"), None),
        ("/*\nNavicat MySQL Data Transfer\n", Some(Dump::Mysql)),
        (UNCOMMENTED, Some(Dump::Mysql)),
        ("PGDMP\u{1}", None),
        ("CREATE TABLE `t_flink_sql` (`id` int);", None),
    ] {
        assert_eq!(Dump::of(head.as_bytes()), expected, "{head}");
    }
}

/// As `mysqldump` begins a dump, with comments and without.
const UNCOMMENTED: &str = "
/*!50503 SET NAMES utf8mb4 */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
";

/// A table with jobs, between what a tool writes before the first table and behind the last one.
fn mysql_of(head: &str, end: &str) -> String {
    format!(
        "{head}CREATE TABLE `dinky_task` (`id` int, `statement` text COMMENT 'set foreign_key_checks = 1');
INSERT INTO `dinky_task` VALUES (1,'-- Dump completed\n');
/*!40000 ALTER TABLE `dinky_task` ENABLE KEYS */;
DELIMITER ;;
/*!50003 CREATE*/ /*!50003 TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN
SET FOREIGN_KEY_CHECKS=1;
END */;;
-- Dump completed
DELIMITER ;
INSERT INTO `dinky_task` VALUES (2,'x');
{end}"
    )
}

fn postgres_of(head: &str, end: &str) -> String {
    format!(
        "{head}COMMENT ON TABLE public.dinky_task IS '
-- PostgreSQL database dump complete
';
COPY public.dinky_task (id, statement) FROM stdin;
1\t-- PostgreSQL database dump complete
\\.
{end}"
    )
}

/// Dumps that say that they are whole, and how many rows they have.
fn whole() -> [(Dump, String, usize); 8] {
    let commented = |head: &str| format!("-- {head} dump 10.13  Distrib 8.0.41\n{UNCOMMENTED}");
    let checked = "/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;\n/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;\n";
    let completed = format!("{checked}\n-- Dump completed on 2026-11-29 13:00:00\n");
    let navicat =
        "/*\n Navicat Premium Data Transfer\n*/\nSET NAMES utf8mb4;\nSET FOREIGN_KEY_CHECKS = 0;\n";
    let mysql = mysql_of(&commented("MySQL"), &completed);
    let two = format!("{}{}", mysql, mysql.replace("dinky_task", "t_other"));
    let head = "--\n-- PostgreSQL database dump\n--\n\\restrict x\n";
    let end = "--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict x\n";
    let cluster = "--\n-- PostgreSQL database cluster dump\n--\n\\connect a\n";
    let clusters = "-- PostgreSQL database cluster dump complete\r\n";
    [
        (Dump::Mysql, mysql, 2),
        (Dump::Mysql, two, 2),
        (
            Dump::Mysql,
            mysql_of(&commented("MariaDB"), &completed.replace('\n', "\r\n")),
            2,
        ),
        (Dump::Mysql, mysql_of(UNCOMMENTED, checked), 2),
        (
            Dump::Mysql,
            mysql_of(navicat, "SET FOREIGN_KEY_CHECKS = 1;\n"),
            2,
        ),
        (
            Dump::Mysql,
            mysql_of("-- MySQL dump 10.13\n", "-- Dump completed\n"),
            2,
        ),
        (Dump::Postgres, postgres_of(head, end), 1),
        (
            Dump::Postgres,
            postgres_of(&format!("{cluster}{head}"), &format!("{end}{clusters}")),
            1,
        ),
    ]
}

fn is_whole(dump: Dump, text: &[u8]) -> Result<(bool, usize), Obstacle> {
    let mut rows = 0;
    let whole = scanned(dump, &mut &*text, &mut |_, row| {
        row?;
        rows += 1;
        Ok(true)
    })?;
    Ok((whole, rows))
}

#[test]
fn a_dump_that_was_cut_says_nowhere_that_it_is_whole() {
    for (dump, text, count) in whole() {
        assert_eq!(
            is_whole(dump, text.as_bytes()).unwrap(),
            (true, count),
            "{text}"
        );
        let (mut unnoticed, mut cut) = (0, 0);
        for length in 0..text.len() {
            let part = &text.as_bytes()[..length];
            match is_whole(dump, part) {
                // Only the last words are missing: when it was, and settings that end with the dump.
                Ok((true, rows)) => assert_eq!(rows, count, "{}", String::from_utf8_lossy(part)),
                Ok((false, rows)) => unnoticed += usize::from(rows < count),
                Err(_) => cut += 1,
            }
        }
        // Without that line they would have passed.
        assert!(unnoticed > 20 && cut > 100, "{unnoticed} {cut}: {text}");
    }
}

#[test]
fn what_was_begun_again_before_it_had_ended_was_cut() {
    let [(dump, whole, _), ..] = whole();
    let (first, _) = whole.split_once("INSERT").unwrap();
    let first = first.replace("dinky_task", "t_other");
    assert!(
        !is_whole(dump, format!("{first}{whole}").as_bytes())
            .unwrap()
            .0
    );
    for text in [
        // Nobody has begun it, older versions of Navicat never end it, and routines go on to its end.
        mysql_of("", ""),
        mysql_of("", "-- Dump completed\n"),
        mysql_of("SET FOREIGN_KEY_CHECKS=0;\n", ""),
        format!("{whole}DELIMITER ;;\n"),
    ] {
        assert_eq!(
            is_whole(dump, text.as_bytes()).unwrap(),
            (false, 2),
            "{text}"
        );
    }
}
