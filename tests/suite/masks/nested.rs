//! Masks on fields inside a `ROW`, on real Flink.

use serde_json::Value;
use sqlsec::mask::{FieldMask, MaskSpec, MaskedColumn, mask_column};
use sqlsec::syntax::{DataType, TypeKind};

use super::subjects::{STRING, Subject, field, not_null, person};
use super::{job, seen};
use crate::flink::Flink;

/// A case: masks by path, and what the rows of its subject become.
struct Case {
    title: &'static str,
    masks: &'static [(&'static [&'static str], MaskSpec, Option<&'static str>)],
    shown: &'static [Option<&'static str>],
}

const PEOPLE: [&str; 3] = [
    "ROW(1234567, 'Ada L.', ROW(DATE '1969-12-31', ARRAY['a']))",
    "ROW(2, 'Bo', CAST(NULL AS ROW<since DATE NOT NULL, tags ARRAY<STRING> NOT NULL>))",
    "ROW(3, CAST(NULL AS STRING), ROW(DATE '2024-02-29', ARRAY['b', 'c']))",
];

const CASES: &[Case] = &[
    Case {
        title: "fields at several levels",
        masks: &[
            (&["id"], MaskSpec::ShowLast4, None),
            (&["full name"], MaskSpec::Mask, None),
            (&["home", "since"], MaskSpec::DateShowYear, None),
        ],
        shown: &[
            Some("(1114567, Xxx X., (1969-01-01, [a]))"),
            Some("(2, Xx, NULL)"),
            Some("(3, NULL, (2024-01-01, [b, c]))"),
            None,
        ],
    },
    Case {
        title: "a NOT NULL field that becomes NULL",
        masks: &[(&["home", "tags"], MaskSpec::Mask, None)],
        shown: &[
            Some("(1234567, Ada L., (1969-12-31, NULL))"),
            Some("(2, Bo, NULL)"),
            Some("(3, NULL, (2024-02-29, NULL))"),
            None,
        ],
    },
    Case {
        title: "a ROW inside as a whole",
        masks: &[
            (&["home"], MaskSpec::Hash, None),
            (&["id"], MaskSpec::None, None),
        ],
        shown: &[
            Some("(1234567, Ada L., NULL)"),
            Some("(2, Bo, NULL)"),
            Some("(3, NULL, NULL)"),
            None,
        ],
    },
    Case {
        title: "a field under a condition: FALSE shows it, NULL does not",
        masks: &[(&["id"], MaskSpec::Mask, Some("v.c.`full name` <> 'Bo'"))],
        shown: &[
            Some("(1111111, Ada L., (1969-12-31, [a]))"),
            Some("(2, Bo, NULL)"),
            Some("(1, NULL, (2024-02-29, [b, c]))"),
            None,
        ],
    },
    Case {
        title: "the whole column under a condition, though its type changes",
        masks: &[(&[], MaskSpec::Mask, Some("v.c.id > 2"))],
        shown: &[
            Some("(1111111, Xxx X., (0001-01-01, NULL))"),
            Some("(2, Bo, NULL)"),
            Some("(1, NULL, (0001-01-01, NULL))"),
            None,
        ],
    },
    Case {
        title: "nothing but MASK_NONE",
        masks: &[(&["home", "since"], MaskSpec::None, None)],
        shown: &[
            Some("(1234567, Ada L., (1969-12-31, [a]))"),
            Some("(2, Bo, NULL)"),
            Some("(3, NULL, (2024-02-29, [b, c]))"),
            None,
        ],
    },
];

fn masked(operand: &str, data_type: &DataType, case: &Case) -> MaskedColumn {
    let paths: Vec<Vec<String>> = case
        .masks
        .iter()
        .map(|(path, ..)| path.iter().map(|part| (*part).to_owned()).collect())
        .collect();
    let masks: Vec<FieldMask<'_>> = case
        .masks
        .iter()
        .zip(&paths)
        .map(|((_, spec, when), path)| FieldMask {
            path,
            spec,
            when: when.map(|w| w.replace("v.c", operand)),
        })
        .collect();
    mask_column(operand, data_type, &masks).expect("masks that fit")
}

#[test]
fn fields_of_rows_are_masked_and_their_rows_stay() {
    let mut flink = match Flink::shared() {
        Ok(flink) => flink,
        Err(why) => return println!("masks on Flink skipped: {why}"),
    };
    let subject = Subject {
        kind: person(),
        samples: PEOPLE
            .iter()
            .map(|sample| format!("CAST({sample} AS {})", person()))
            .collect(),
    };
    let columns: Vec<MaskedColumn> = CASES
        .iter()
        .flat_map(|case| {
            [
                masked("v.c", &DataType::nullable(person()), case),
                masked("v.n", &not_null(person()), case),
            ]
        })
        .collect();
    let deep = deep();
    let deep_masked = [deep_mask("v.c", true), deep_mask("v.n", false)];
    let jobs: Vec<Value> = ["batch", "streaming"]
        .iter()
        .flat_map(|mode| {
            [
                job("people", mode, &subject, &columns),
                job("deep", mode, &deep, &deep_masked),
            ]
        })
        .collect();
    let answers = flink.ask(&jobs);
    drop(flink);
    for answers in answers.chunks(2) {
        let people = seen(&answers[0], columns.len());
        for (at, (column, found)) in columns.iter().zip(&people.columns).enumerate() {
            let case = &CASES[at / 2];
            let suffix = if column.data_type.nullable {
                ""
            } else {
                " NOT NULL"
            };
            assert_eq!(
                found.data_type,
                format!("{}{suffix}", found.claimed),
                "{}",
                case.title
            );
            assert_eq!(
                column.data_type.nullable,
                at % 2 == 0,
                "{}: a row of fields is never NULL",
                case.title
            );
            let mut wanted: Vec<Option<&str>> = case.shown.to_vec();
            if at % 2 == 1 {
                wanted[3] = wanted[0];
            }
            let values: Vec<Option<&str>> = found.values.iter().map(Option::as_deref).collect();
            assert_eq!(values, wanted, "{}", case.title);
        }
        let deep = seen(&answers[1], 2);
        assert_eq!(
            deep.columns[0].values,
            [
                Some("((((xx))))".to_owned()),
                Some("(NULL)".to_owned()),
                None
            ]
        );
        assert_eq!(deep.columns[1].data_type, deep.raw_types[1]);
    }
}

/// `ROW<a ROW<a ROW<a ROW<a STRING>>>>`, with NULL at a level in between.
fn deep() -> Subject {
    let kind = (0..4).fold(STRING, |kind, _| {
        TypeKind::Row(vec![field("a", DataType::nullable(kind))])
    });
    let samples = [
        "ROW(ROW(ROW(ROW('张三'))))",
        "ROW(CAST(NULL AS ROW<a ROW<a ROW<a STRING>>>))",
    ];
    Subject {
        samples: samples
            .iter()
            .map(|sample| format!("CAST({sample} AS {kind})"))
            .collect(),
        kind,
    }
}

fn deep_mask(operand: &str, nullable: bool) -> MaskedColumn {
    let path = vec!["a".to_owned(); 4];
    let mask = FieldMask {
        path: &path,
        spec: &MaskSpec::Mask,
        when: None,
    };
    mask_column(
        operand,
        &DataType {
            kind: deep().kind,
            nullable,
        },
        &[mask],
    )
    .expect("a mask that fits")
}
