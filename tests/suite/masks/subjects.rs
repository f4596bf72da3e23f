//! The types that masks meet, with values at their edges.

use sqlsec::syntax::{DataType, MAX_LENGTH, RowField, TypeKind, quote_literal};

/// A type and values of it.
pub struct Subject {
    pub kind: TypeKind,
    /// SQL expressions of the type.
    pub samples: Vec<String>,
}

pub const STRING: TypeKind = TypeKind::Varchar(MAX_LENGTH);

/// Samples are SQL expressions that can be cast to the type.
fn subject(kind: TypeKind, samples: &[&str]) -> Subject {
    let samples = samples
        .iter()
        .map(|sample| format!("CAST({sample} AS {kind})"))
        .collect();
    Subject { kind, samples }
}

/// Samples are texts that can be cast to the type.
fn texts(kind: TypeKind, samples: &[&str]) -> Subject {
    let literals: Vec<String> = samples.iter().map(|text| quote_literal(text)).collect();
    subject(
        kind,
        &literals.iter().map(String::as_str).collect::<Vec<_>>(),
    )
}

pub fn field(name: &str, data_type: DataType) -> RowField {
    RowField {
        name: name.to_owned(),
        data_type,
    }
}

pub fn not_null(kind: TypeKind) -> DataType {
    DataType {
        kind,
        nullable: false,
    }
}

fn boxed(kind: TypeKind) -> Box<DataType> {
    Box::new(DataType::nullable(kind))
}

/// A row with a NOT NULL field at each level, a name with a space, and a row inside.
pub fn person() -> TypeKind {
    TypeKind::Row(vec![
        field("id", not_null(TypeKind::Int)),
        field("full name", DataType::nullable(STRING)),
        field(
            "home",
            DataType::nullable(TypeKind::Row(vec![
                field("since", not_null(TypeKind::Date)),
                field("tags", not_null(TypeKind::Array(boxed(STRING)))),
            ])),
        ),
    ])
}

/// All types that Flink SQL can write, but those of which a mask knows only the name: Flink 2.3 takes a `VARIANT` or `BITMAP` through no CASE and
/// no UNION, so no column of the test could be made of them.
#[rustfmt::skip]
pub fn subjects() -> Vec<Subject> {
    use TypeKind as T;
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
        texts(T::TinyInt, &["0", "7", "127", "-128"]),
        texts(T::SmallInt, &["0", "-42", "32767", "-32768"]),
        texts(T::Int, &["0", "-42", "1234567", "2147483647", "-2147483648"]),
        texts(T::BigInt, &["0", "13800001111", "9223372036854775807", "-9223372036854775808"]),
        texts(T::Decimal(10, 2), &["0", "-0.05", "7.30", "99999999.99", "-12345.67"]),
        subject(T::Decimal(4, 4), &["0", "0.9999", "-0.1200"]),
        texts(T::Decimal(18, 18), &[".999999999999999999"]),
        texts(T::Decimal(38, 0), &["0", "99999999999999999999999999999999999999"]),
        texts(T::Decimal(38, 18), &["0", "-99999999999999999999.999999999999999999", "12.5"]),
        texts(T::Decimal(38, 38), &["0", "0.99999999999999999999999999999999999999"]),
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
        subject(person(), &["ROW(1234567, 'Ada L.', ROW(DATE '2024-02-29', ARRAY['a']))", "ROW(0, CAST(NULL AS STRING), CAST(NULL AS ROW<since DATE, tags ARRAY<STRING>>))"]),
    ]
}
