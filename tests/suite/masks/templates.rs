//! A site's own masks, on real Flink.

use std::sync::Arc;

use serde_json::{Value, json};
use sqlsec::mask::{MaskSpec, MaskedColumn, Nulls, Template};
use sqlsec::syntax::TypeKind;

use super::subjects::{STRING, Subject, person};
use super::{both, job, seen};
use crate::flink::Flink;

/// A template on a type, and what it makes of one sample and of NULL.
struct Case {
    kind: TypeKind,
    template: &'static str,
    nulls: Nulls,
    sample: &'static str,
    shown: Option<&'static str>,
    null_shown: Option<&'static str>,
}

fn case(kind: TypeKind, template: &'static str, sample: &'static str, shown: &'static str) -> Case {
    Case {
        kind,
        template,
        nulls: Nulls::Auto,
        sample,
        shown: Some(shown),
        null_shown: None,
    }
}

fn cases() -> Vec<Case> {
    use TypeKind as T;
    vec![
        case(STRING, "Encryption_function({col})", "'Ada'", "enc(adA)"),
        case(STRING, "'***'", "'Ada'", "***"),
        case(T::Char(6), "'***'", "'Ada'", "***   "),
        // A text that is longer than the column is cut, as every CAST of Flink's does.
        case(
            T::Varchar(5),
            "Encryption_function({col})",
            "'Ada'",
            "enc(a",
        ),
        case(
            T::Varchar(20),
            "REGEXP_EXTRACT({col}, '^(.)', 1) || '**'",
            "'张三丰'",
            "张**",
        ),
        case(T::Int, "{col} / 10 * 10", "47", "40"),
        case(T::Decimal(10, 2), "0", "12.34", "0.00"),
        case(
            T::Timestamp(3),
            "CAST(SUBSTRING(CAST({col} AS STRING), 1, 7) || '-01' AS {type})",
            "'1969-12-31 23:59:59.999'",
            "1969-12-01 00:00:00.000",
        ),
        Case {
            shown: None,
            ..case(
                person(),
                "CAST(NULL AS {colType})",
                "ROW(1, 'Ada', ROW(DATE '2024-02-29', ARRAY['a']))",
                "",
            )
        },
        Case {
            nulls: Nulls::Pass,
            null_shown: Some("-"),
            ..case(
                STRING,
                "COALESCE(MD5({col}), '-')",
                "''",
                "d41d8cd98f00b204e9800998ecf8427e",
            )
        },
        Case {
            nulls: Nulls::Keep,
            ..case(STRING, "Encryption_function({col})", "'Ada'", "enc(adA)")
        },
    ]
}

#[test]
fn a_template_gives_the_columns_type_and_keeps_null() {
    let mut flink = match Flink::shared() {
        Ok(flink) => flink,
        Err(why) => return println!("masks on Flink skipped: {why}"),
    };
    let cases = cases();
    let masked: Vec<[MaskedColumn; 2]> = cases
        .iter()
        .map(|case| {
            let template = Template::new("site", case.template, case.nulls).expect("a template");
            both(&case.kind, &MaskSpec::Template(Arc::new(template))).expect("a mask that fits")
        })
        .collect();
    let jobs: Vec<Value> = cases
        .iter()
        .zip(&masked)
        .map(|(case, columns)| {
            let subject = Subject {
                kind: case.kind.clone(),
                samples: vec![format!("CAST({} AS {})", case.sample, case.kind)],
            };
            let mut job = job(case.template, "streaming", &subject, columns);
            job["functions"] =
                json!({"Encryption_function": "sqlsec.flink.udf.EncryptionFunction"});
            job
        })
        .collect();
    let answers = flink.ask(&jobs);
    drop(flink);
    for (case, answer) in cases.iter().zip(&answers) {
        let seen = seen(answer, 2);
        for (side, found) in seen.columns.iter().enumerate() {
            let what = format!("{} on {}", case.template, case.kind);
            assert_eq!(
                found.data_type.trim_end_matches(" NOT NULL"),
                seen.raw_types[0],
                "{what}"
            );
            let last = if side == 0 {
                case.null_shown
            } else {
                case.shown
            };
            let values: Vec<Option<&str>> = found.values.iter().map(Option::as_deref).collect();
            assert_eq!(values, [case.shown, last], "{what}");
        }
    }
}
