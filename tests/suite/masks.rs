//! Every mask on every type, asked of real Flink: exact types, NULL, what is hidden; and the table `docs/masks.md`, which is that answer.

use serde_json::{Value, json};
use sqlsec::mask::{FieldMask, MaskError, MaskSpec, MaskedColumn, mask_column};
use sqlsec::syntax::{DataType, MAX_LENGTH, RowField, TypeKind};

/// A type and values of it. A sample is a SQL expression that can be cast to the type.
pub struct Subject {
    kind: TypeKind,
    samples: Vec<String>,
}

fn subject(kind: TypeKind, samples: &[&str]) -> Subject {
    let samples = samples.iter().map(|text| (*text).to_owned()).collect();
    Subject { kind, samples }
}

/// As `subject`, where a sample is a text.
fn texts(kind: TypeKind, samples: &[&str]) -> Subject {
    let samples = samples
        .iter()
        .map(|text| sqlsec::syntax::quote_literal(text))
        .collect();
    Subject { kind, samples }
}

fn field(name: &str, data_type: DataType) -> RowField {
    RowField {
        name: name.to_owned(),
        data_type,
    }
}

fn not_null(kind: TypeKind) -> DataType {
    DataType {
        kind,
        nullable: false,
    }
}

fn boxed(kind: TypeKind) -> Box<DataType> {
    Box::new(DataType::nullable(kind))
}

const STRING: TypeKind = TypeKind::Varchar(MAX_LENGTH);

/// All types that Flink SQL can write.
#[rustfmt::skip]
pub fn subjects() -> Vec<Subject> {
    use TypeKind as T;
    let row = T::Row(vec![
        field("id", not_null(T::Int)),
        field("full name", DataType::nullable(STRING)),
        field("inner", DataType::nullable(T::Row(vec![field("day", not_null(T::Date)), field("tags", not_null(T::Array(boxed(STRING))))]))),
    ]);
    vec![
        texts(STRING, &["", "a", "abcd", "Ab1-xyz", "13800001111", "张三", "李四光王五", "a😀bcd😀Z", "e\u{301}xyz\u{301}ab", "ß½٣Ⅷ_É", "x\ny z1\\d", "it's `x`"]),
        texts(T::Varchar(10), &["", "abc", "Abcdefgh12", "李四光王五1234567890"]),
        texts(T::Varchar(64), &["", "Ab1", "李四光王五"]),
        texts(T::Char(6), &["", "Ab1", "李四光王五六", "😀12345"]),
        texts(T::Char(70), &["Ab1"]),
        subject(T::Boolean, &["TRUE", "FALSE"]),
        subject(T::Binary(4), &["X''", "X'01FF0041'"]),
        subject(T::Varbinary(8), &["X''", "X'01FF0041'"]),
        subject(T::Varbinary(MAX_LENGTH), &["X''", "X'01FF0041'"]),
        texts(T::Decimal(10, 2), &["0", "-0.05", "7.30", "99999999.99", "-12345.67"]),
        texts(T::Decimal(38, 0), &["0", "99999999999999999999999999999999999999"]),
        texts(T::Decimal(38, 18), &["0", "-99999999999999999999.999999999999999999", "12.5"]),
        subject(T::Decimal(4, 4), &["0", "0.9999", "-0.1200"]),
        texts(T::Decimal(18, 18), &[".999999999999999999"]),
        texts(T::Decimal(38, 38), &["0", "0.99999999999999999999999999999999999999"]),
        texts(T::TinyInt, &["0", "7", "127", "-128"]),
        texts(T::SmallInt, &["0", "-42", "32767", "-32768"]),
        texts(T::Int, &["0", "-42", "1234567", "2147483647", "-2147483648"]),
        texts(T::BigInt, &["0", "13800001111", "9223372036854775807", "-9223372036854775808"]),
        texts(T::Float, &["0", "-1.5", "12345.678", "3.4028235E38", "1.4E-45"]),
        texts(T::Double, &["0", "-1.5", "12345.678", "1.7976931348623157E308", "9.999E307", "4.9E-324", "NaN", "-Infinity"]),
        texts(T::Date, &["2024-02-29", "1969-12-31", "0001-01-01", "9999-12-31"]),
        texts(T::Time(0), &["00:00:00", "23:59:59"]),
        texts(T::Time(3), &["23:59:59.999"]),
        texts(T::Timestamp(0), &["2024-02-29 12:34:56", "1969-12-31 23:59:59"]),
        texts(T::Timestamp(3), &["2024-02-29 12:34:56.789", "1969-12-31 23:59:59.999", "1900-06-01 01:02:03", "0001-01-01 00:00:00", "9999-12-31 23:59:59.999"]),
        texts(T::Timestamp(9), &["2024-02-29 12:34:56.123456789", "1969-12-31 23:59:59.999999999"]),
        texts(T::TimestampLtz(0), &["2024-02-29 12:34:56", "1969-12-31 23:59:59"]),
        texts(T::TimestampLtz(3), &["2024-02-29 12:34:56.789", "1969-12-31 23:59:59.999", "1900-06-01 01:02:03", "0001-01-02 00:00:00"]),
        texts(T::TimestampLtz(9), &["2024-02-29 12:34:56.123456789"]),
        subject(T::Interval("DAY TO SECOND(3)".to_owned()), &["INTERVAL '1 02:03:04.005' DAY TO SECOND(3)"]),
        subject(T::Interval("YEAR TO MONTH".to_owned()), &["INTERVAL '1-2' YEAR TO MONTH"]),
        subject(T::Array(boxed(STRING)), &["ARRAY['a', CAST(NULL AS STRING)]"]),
        subject(T::Array(Box::new(not_null(T::Int))), &["ARRAY[1, 2]"]),
        subject(T::Map(Box::new(not_null(STRING)), boxed(T::Int)), &["MAP['a', 1]"]),
        subject(row, &["ROW(1234567, 'Ada L.', ROW(DATE '2024-02-29', ARRAY['a']))", "ROW(0, CAST(NULL AS STRING), CAST(NULL AS ROW<`day` DATE, tags ARRAY<STRING>>))"]),
        subject(T::Other("VARIANT".to_owned()), &["PARSE_JSON('{\"a\":1}')"]),
    ]
}

pub fn native_masks() -> [MaskSpec; 7] {
    [
        MaskSpec::Mask,
        MaskSpec::ShowLast4,
        MaskSpec::ShowFirst4,
        MaskSpec::Hash,
        MaskSpec::DateShowYear,
        MaskSpec::Null,
        MaskSpec::None,
    ]
}

fn mask(spec: &MaskSpec, data_type: &DataType) -> Result<MaskedColumn, MaskError> {
    let mask = FieldMask {
        path: &[],
        spec,
        when: None,
    };
    mask_column("`v`.`c`", data_type, &[mask])
}

#[test]
fn dump() {
    let mut lines = String::new();
    for (n, s) in subjects().iter().enumerate() {
        for nullable in [true, false] {
            let dt = DataType {
                kind: s.kind.clone(),
                nullable,
            };
            let mut branches = String::new();
            let mut rows = vec![];
            for (i, sample) in s.samples.iter().enumerate() {
                rows.push(format!("({i})"));
                if i + 1 < s.samples.len() || nullable {
                    branches += &format!(" WHEN {i} THEN CAST({sample} AS {})", s.kind);
                } else {
                    branches += &format!(" ELSE CAST({sample} AS {})", s.kind);
                }
            }
            if nullable {
                rows.push(format!("({})", rows.len()));
                branches += &format!(" ELSE CAST(NULL AS {})", s.kind);
            }
            let c = if s.samples.len() == 1 && !nullable {
                format!("CAST({} AS {})", s.samples[0], s.kind)
            } else {
                format!("CASE i{branches} END")
            };
            let view = format!(
                "CREATE TEMPORARY VIEW v AS SELECT i, {c} AS c FROM (VALUES {}) AS x(i)",
                rows.join(", ")
            );
            let mut columns = vec!["i".to_owned(), format!("CAST(c AS {}) AS c", s.kind)];
            let mut strings = vec!["CAST(c AS STRING)".to_owned()];
            let mut names = vec![];
            for spec in native_masks() {
                if let Ok(m) = mask(&spec, &dt) {
                    columns.push(format!("{} AS {}", m.sql, spec.name()));
                    strings.push(format!("CAST({} AS STRING)", m.sql));
                    names.push(json!([spec.name(), m.data_type.to_string(), m.sql]));
                }
            }
            let id = format!("{n}-{dt}");
            lines += &json!({"id": id, "op":"execute","mode":"streaming","names":names,"setup":[view],"sql":format!("SELECT {} FROM v", columns.join(", "))}).to_string();
            lines.push('\n');
            lines += &json!({"id": id, "op":"execute","mode":"streaming","setup":[view],"sql":format!("SELECT JSON_ARRAY(i, {} NULL ON NULL) FROM v", strings.join(", "))}).to_string();
            lines.push('\n');
        }
    }
    std::fs::write(
        concat!(env!("CARGO_MANIFEST_DIR"), "/target/masks.jsonl"),
        lines,
    )
    .unwrap();
}
