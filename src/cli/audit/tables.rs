//! Exports of a database's table: CSV with a head, a JSON array, or JSON objects one a line. Rows are read one after the other.
//!
//! Stays out: what a row means (`report::export`).

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::estate::{Visit, unreadable};
use crate::report::export::{Row, holds_scripts, job};
use crate::report::{Job, Obstacle, ObstacleCode};

/// A line or a cell that is longer ends the reading: base64 of a script of the longest kind, and some more.
const LINE_BYTES: u64 = 64 << 20;

/// How a table was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Csv,
    Json,
    Lines,
}

/// The jobs of an export.
pub(super) fn read(path: &Path, shape: Shape, visit: &mut Visit<'_>) {
    let read = File::open(path)
        .map_err(|e| unreadable(&e))
        .and_then(|file| {
            let input = BufReader::with_capacity(1 << 16, file);
            let mut rows = Rows::new(path, visit);
            match shape {
                Shape::Csv => csv(input, &mut rows),
                Shape::Json => json(input, &mut rows),
                Shape::Lines => lines(input, &mut rows),
            }?;
            match rows.count() {
                0 => Err(broken(&"it has no rows")),
                _ => Ok(()),
            }
        });
    if let Err(obstacle) = read {
        visit.broken(path, None, "", obstacle);
    }
}

/// The jobs that rows become, in the order of a file.
pub(super) struct Rows<'r, 'v> {
    file: String,
    number: u64,
    visit: &'r mut Visit<'v>,
}

impl<'r, 'v> Rows<'r, 'v> {
    /// Of a file, before its first row.
    pub fn new(file: &Path, visit: &'r mut Visit<'v>) -> Self {
        Self {
            file: file.display().to_string(),
            number: 0,
            visit,
        }
    }

    /// So many there were.
    pub const fn count(&self) -> u64 {
        self.number
    }

    /// Takes a row; whether more are wanted.
    pub fn take(&mut self, row: &Row) -> bool {
        self.give(|file, number| job(row, file, number))
    }

    /// Takes the job of a row, which is made of the file's name and the row's number; whether more are wanted.
    pub fn give(&mut self, job: impl FnOnce(&str, u64) -> Job) -> bool {
        self.number += 1;
        self.visit.row(job(&self.file, self.number));
        self.visit.is_open()
    }

    /// A row that cannot be read, when the next ones can; whether more are wanted.
    pub fn unread(&mut self, obstacle: Obstacle) -> bool {
        self.number += 1;
        let part = format!("row {}", self.number);
        let name = format!("row-{}", self.number);
        self.visit
            .broken(Path::new(&self.file), Some(part), &name, obstacle);
        self.visit.is_open()
    }

    /// The same, of an export.
    fn broken(&mut self, message: String) -> bool {
        self.unread(Obstacle::new(ObstacleCode::Broken, message))
    }
}

fn broken(error: &dyn fmt::Display) -> Obstacle {
    Obstacle::new(ObstacleCode::Broken, error.to_string())
}

fn csv(input: impl Read, rows: &mut Rows<'_, '_>) -> Result<(), Obstacle> {
    let limited = Limited {
        input,
        left: LINE_BYTES,
        in_quotes: false,
    };
    // A row with more cells than the head, or fewer, is not read: a comma in one without quotes would leave another script.
    let mut reader = csv::ReaderBuilder::new().from_reader(limited);
    let head = reader.headers().map_err(|e| broken(&e))?.clone();
    let names: Vec<String> = head
        .iter()
        .map(|h| h.trim_start_matches('\u{feff}').trim().to_ascii_lowercase())
        .collect();
    if !holds_scripts(names.iter().map(String::as_str)) {
        return Err(broken(
            &"none of its columns is called sql, statement or script",
        ));
    }
    let mut record = csv::StringRecord::new();
    loop {
        reader.get_mut().left = LINE_BYTES;
        match reader.read_record(&mut record) {
            Ok(false) if reader.get_ref().in_quotes => {
                return Err(broken(&"it ends within quotes: what stands there was cut"));
            }
            Ok(false) => return Ok(()),
            Ok(true) => {
                let cells = names.iter().cloned().zip(record.iter().map(str::to_owned));
                if !rows.take(&cells.collect()) {
                    return Ok(());
                }
            }
            Err(error) if matches!(error.kind(), csv::ErrorKind::Io(_)) => {
                return Err(broken(&error));
            }
            Err(error) => {
                if !rows.broken(error.to_string()) {
                    return Ok(());
                }
            }
        }
    }
}

/// A reader that fails where one row is longer than it may be: a quote that never ends would take the rest of the file into memory.
struct Limited<R> {
    input: R,
    left: u64,
    /// Whether a quote is open: each that stands for itself is doubled.
    in_quotes: bool,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other("a row is too long"));
        }
        let read = self.input.read(buffer)?;
        self.left = self.left.saturating_sub(read as u64);
        let quotes = buffer.iter().take(read).filter(|byte| **byte == b'"');
        self.in_quotes ^= quotes.count() % 2 == 1;
        Ok(read)
    }
}

fn lines(mut input: impl BufRead, rows: &mut Rows<'_, '_>) -> Result<(), Obstacle> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = input.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line);
        match read.map_err(|e| unreadable(&e))? as u64 {
            0 => return Ok(()),
            LINE_BYTES => return Err(Obstacle::new(ObstacleCode::TooLarge, "a line is too long")),
            _ => {}
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice(&line) {
            Ok(object) => {
                if !rows.take(&row(object)) {
                    return Ok(());
                }
            }
            Err(error) => {
                if !rows.broken(error.to_string()) {
                    return Ok(());
                }
            }
        }
    }
}

fn json(input: impl Read, rows: &mut Rows<'_, '_>) -> Result<(), Obstacle> {
    let mut reader = serde_json::Deserializer::from_reader(input);
    let read = Array(rows).deserialize(&mut reader);
    // What stands behind the array would not be read.
    read.and_then(|()| reader.end()).map_err(|e| broken(&e))
}

/// Column names in lower case; numbers and truths as text.
fn row(object: Map<String, Value>) -> Row {
    let text = |value: Value| match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let cells = object.into_iter();
    cells
        .map(|(name, value)| (name.to_ascii_lowercase(), text(value)))
        .collect()
}

/// An array of objects, one after the other; or an object with such an array in it, as some tools write it.
struct Array<'a, 'r, 'v>(&'a mut Rows<'r, 'v>);

impl<'de> DeserializeSeed<'de> for Array<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Array<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        while let Some(object) = array.next_element::<Value>()? {
            match object {
                Value::Object(object) => {
                    // The rest of the array has to be read, for it is one value.
                    self.0.take(&row(object));
                }
                _ => {
                    self.0.broken("it is no object".to_owned());
                }
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while object.next_key::<String>()?.is_some() {
            object.next_value_seed(Array(&mut *self.0))?;
        }
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
