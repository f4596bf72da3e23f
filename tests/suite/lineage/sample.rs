//! Records made by hand, for exports and the picture.

use std::collections::BTreeMap;

use sqlsec::catalog::TableName;
use sqlsec::lineage::graph::{Beside, Cut, Declassified, Graph, Protection, Schema, Viewpoint};
use sqlsec::lineage::{
    ColumnLineage, Dataset, Direct, Edge, Fingerprint, Form, Indirect, Record, Reduction,
    Relationship, SourceColumn, StatementLineage, StatementRecord, Written,
};
use sqlsec::syntax::{DataType, Span, TypeKind};

/// 2026-01-02 03:04:05 UTC.
pub const THEN: i64 = 1_767_323_045;

pub fn dataset(table: &str, physical: &[&str]) -> Dataset {
    Dataset {
        name: TableName::new("shop", "core", table),
        physical: physical.iter().map(ToString::to_string).collect(),
    }
}

pub fn column(dataset: &Dataset, name: &str) -> SourceColumn {
    SourceColumn {
        dataset: dataset.clone(),
        column: Some(name.to_owned()),
    }
}

pub fn direct(form: Form, reduction: Reduction) -> Relationship {
    Relationship::Direct(Direct { form, reduction })
}

const SAME: Relationship = Relationship::Direct(Direct::SAME);

/// The place of `part` in `text`.
fn span(text: &str, part: &str) -> Span {
    let at = text.find(part).expect(part);
    Span::new(at as u32, (at + part.len()) as u32)
}

fn edge(source: SourceColumn, relationship: Relationship, text: &str, part: &str) -> Edge {
    Edge {
        source,
        relationship,
        span: span(text, part),
    }
}

fn data_type(kind: TypeKind) -> Option<DataType> {
    Some(DataType::nullable(kind))
}

fn string() -> TypeKind {
    TypeKind::Varchar(2_147_483_647)
}

fn written(name: &str, kind: TypeKind, edges: Vec<Edge>) -> ColumnLineage {
    ColumnLineage {
        name: name.to_owned(),
        data_type: data_type(kind),
        edges,
    }
}

fn record(job: &str, user: &str, outputs: Vec<Written>, masked: &[SourceColumn]) -> Record {
    let masked = masked.iter().cloned();
    Record {
        job: job.to_owned(),
        user: user.to_owned(),
        at: THEN,
        statements: vec![StatementRecord {
            statement: 0,
            lineage: StatementLineage { outputs },
            masked: masked
                .map(|c| (c, Fingerprint("encrypt:4f1d".into())))
                .collect(),
            ..StatementRecord::default()
        }],
    }
}

/// A JOIN B makes C, C makes D and a report; rules on A.phone and A.age, a cut at the report, an answer to a person.
pub struct Sample {
    pub records: Vec<Record>,
    pub beside: Beside,
}

impl Sample {
    pub fn graph(&self) -> Graph {
        Graph::new(&self.records, &self.beside)
    }
}

pub const JOIN: &str = "INSERT INTO C SELECT A.id, A.age, CONCAT(A.phone, '/', B.city) AS contact, CASE WHEN A.age > 65 THEN 'senior' ELSE B.tier END AS segment \
                        FROM A JOIN B ON A.id = B.aid";
pub const REPORT: &str = "INSERT OVERWRITE report SELECT segment, COUNT(contact) AS people, AVG(age) AS mean_age FROM C WHERE id > 100 GROUP BY segment";
pub const COPY: &str =
    "INSERT INTO D SELECT id, SHA256(contact) AS contact_hash, CAST(age AS STRING) AS age FROM C";
pub const ASK: &str = "SELECT contact_hash, age FROM D";

pub fn sample() -> Sample {
    let a = dataset("A", &["kafka://broker1:9092,broker2:9092/users"]);
    let b = dataset("B", &["mysql://db1:3306/shop.orders"]);
    let c = dataset("C", &["kafka://broker1:9092,broker2:9092/c"]);
    let d = dataset("D", &["s3://lake/warehouse/d"]);
    let report = dataset("report", &[]);
    let join = Written {
        target: Some(c.clone()),
        replaces: false,
        columns: vec![
            written(
                "id",
                TypeKind::BigInt,
                vec![edge(column(&a, "id"), SAME, JOIN, "A.id")],
            ),
            written(
                "age",
                TypeKind::Int,
                vec![edge(column(&a, "age"), SAME, JOIN, "A.age")],
            ),
            written(
                "contact",
                string(),
                ["phone", "city"]
                    .map(|name| {
                        let source = if name == "phone" { &a } else { &b };
                        edge(
                            column(source, name),
                            direct(Form::Derived, Reduction::None),
                            JOIN,
                            "CONCAT(A.phone, '/', B.city)",
                        )
                    })
                    .to_vec(),
            ),
            written(
                "segment",
                string(),
                vec![
                    edge(
                        column(&b, "tier"),
                        direct(Form::Derived, Reduction::None),
                        JOIN,
                        "B.tier",
                    ),
                    edge(
                        column(&a, "age"),
                        Relationship::Indirect(Indirect::Conditional),
                        JOIN,
                        "A.age > 65",
                    ),
                ],
            ),
        ],
        whole: vec![
            edge(
                column(&a, "id"),
                Relationship::Indirect(Indirect::Join),
                JOIN,
                "A.id = B.aid",
            ),
            edge(
                column(&b, "aid"),
                Relationship::Indirect(Indirect::Join),
                JOIN,
                "A.id = B.aid",
            ),
        ],
        span: Span::new(0, JOIN.len() as u32),
    };
    let copy = Written {
        target: Some(d.clone()),
        replaces: false,
        columns: vec![
            written(
                "id",
                TypeKind::BigInt,
                vec![edge(column(&c, "id"), SAME, COPY, "id")],
            ),
            written(
                "contact_hash",
                string(),
                vec![edge(
                    column(&c, "contact"),
                    direct(Form::Hashed, Reduction::None),
                    COPY,
                    "SHA256(contact)",
                )],
            ),
            written(
                "age",
                string(),
                vec![edge(
                    column(&c, "age"),
                    direct(Form::Cast, Reduction::None),
                    COPY,
                    "CAST(age AS STRING)",
                )],
            ),
        ],
        whole: vec![],
        span: Span::new(0, COPY.len() as u32),
    };
    let sums = Written {
        target: Some(report.clone()),
        replaces: true,
        columns: vec![
            written(
                "segment",
                string(),
                vec![edge(column(&c, "segment"), SAME, REPORT, "segment")],
            ),
            written(
                "people",
                TypeKind::BigInt,
                vec![edge(
                    column(&c, "contact"),
                    direct(Form::Same, Reduction::Counted),
                    REPORT,
                    "COUNT(contact)",
                )],
            ),
            written(
                "mean_age",
                TypeKind::Int,
                vec![edge(
                    column(&c, "age"),
                    direct(Form::Same, Reduction::Combined),
                    REPORT,
                    "AVG(age)",
                )],
            ),
        ],
        whole: vec![
            edge(
                column(&c, "id"),
                Relationship::Indirect(Indirect::Filter),
                REPORT,
                "id > 100",
            ),
            edge(
                column(&c, "segment"),
                Relationship::Indirect(Indirect::GroupBy),
                REPORT,
                "segment",
            ),
        ],
        span: Span::new(0, REPORT.len() as u32),
    };
    let ask = Written {
        target: None,
        replaces: false,
        columns: vec![
            written(
                "contact_hash",
                string(),
                vec![edge(column(&d, "contact_hash"), SAME, ASK, "contact_hash")],
            ),
            written(
                "age",
                string(),
                vec![edge(column(&d, "age"), SAME, ASK, "age")],
            ),
        ],
        whole: vec![],
        span: Span::new(0, ASK.len() as u32),
    };
    let records = vec![
        record("join_users_orders", "etl", vec![join], &[]),
        record("copy_to_lake", "ann", vec![copy], &[column(&c, "contact")]),
        record("daily_report", "etl", vec![sums], &[]),
        record("notebook", "ann", vec![ask], &[]),
    ];
    let audit = Declassified {
        by: "dpo".into(),
        why: "averages of groups of more than 50 only".into(),
        until: Some(THEN + 31_536_000),
    };
    let encrypt = "encrypt".to_owned();
    let rule = |name: &str| Some(name.to_owned());
    let inherited = |from: &str| Protection::Inherited {
        mask: encrypt.clone(),
        rule: rule(if from == "age" {
            "age-enc"
        } else {
            "phone-enc"
        }),
        from: vec![column(&a, from)],
    };
    let ann = [
        (column(&a, "id"), Protection::Raw),
        (
            column(&a, "age"),
            Protection::Masked {
                mask: encrypt.clone(),
                rule: rule("age-enc"),
            },
        ),
        (
            column(&a, "phone"),
            Protection::Masked {
                mask: encrypt.clone(),
                rule: rule("phone-enc"),
            },
        ),
        (
            column(&a, "seen_at"),
            Protection::Denied {
                rule: rule("no-times"),
            },
        ),
        (column(&b, "aid"), Protection::Raw),
        (column(&b, "city"), Protection::Raw),
        (column(&c, "id"), Protection::Raw),
        (column(&c, "age"), inherited("age")),
        (
            column(&c, "contact"),
            Protection::Inherited {
                mask: "redact".into(),
                rule: rule("phone-enc"),
                from: vec![column(&a, "phone")],
            },
        ),
        (
            column(&c, "segment"),
            Protection::Inherited {
                mask: "redact".into(),
                rule: rule("age-enc"),
                from: vec![column(&a, "age")],
            },
        ),
        (column(&d, "id"), Protection::Raw),
        (column(&d, "contact_hash"), inherited("phone")),
        (column(&d, "age"), inherited("age")),
        (column(&report, "segment"), inherited("age")),
        (column(&report, "people"), Protection::Raw),
        (
            column(&report, "mean_age"),
            Protection::Declassified(audit.clone()),
        ),
    ];
    let officer = ann.iter().map(|(c, _)| (c.clone(), Protection::Raw));
    let beside = Beside {
        schemas: vec![
            Schema {
                dataset: a.clone(),
                columns: vec![
                    ("id".into(), data_type(TypeKind::BigInt)),
                    ("age".into(), data_type(TypeKind::Int)),
                    ("phone".into(), data_type(string())),
                    ("seen_at".into(), data_type(TypeKind::TimestampLtz(3))),
                ],
            },
            Schema {
                dataset: b.clone(),
                columns: vec![
                    ("aid".into(), data_type(TypeKind::BigInt)),
                    ("city".into(), data_type(string())),
                ],
            },
        ],
        texts: [JOIN, COPY, REPORT, ASK]
            .map(|t| Some(t.to_owned()))
            .to_vec(),
        viewpoints: vec![
            Viewpoint {
                principal: "ann (group sales)".into(),
                columns: ann.iter().cloned().collect::<BTreeMap<_, _>>(),
            },
            Viewpoint {
                principal: "officer".into(),
                columns: officer.collect(),
            },
        ],
        cuts: vec![Cut {
            job: Some("daily_report".into()),
            source: column(&c, "age"),
            target: column(&report, "mean_age"),
            audit,
        }],
    };
    Sample { records, beside }
}

/// Names that would be markup, script or syntax somewhere.
pub const HOSTILE: [&str; 8] = [
    "</script><img src=x onerror=alert(1)>",
    "\"quoted\" & 'quoted'",
    "line\nbreak\r\n\ttab",
    "`tick` \\back\\slash",
    "]]> --> <!-- {{script}} #quot; <b>",
    "{record|<port>} [x] %% end",
    "表\u{2028}\u{202E}名",
    "",
];

/// Two tables, one made of the other, with such names everywhere.
pub fn hostile() -> Sample {
    let name = |n: usize| HOSTILE[n].to_owned();
    let from = Dataset {
        name: TableName::new(name(0), name(1), name(2)),
        physical: vec![format!("kafka://b:9092/{}", name(0))],
    };
    let to = Dataset {
        name: TableName::new(name(3), name(4), name(5)),
        physical: vec![],
    };
    let columns = HOSTILE.iter().map(|n| ColumnLineage {
        name: (*n).to_owned(),
        data_type: Some(DataType::nullable(TypeKind::Other((*n).to_owned()))),
        edges: vec![Edge {
            source: column(&from, n),
            relationship: SAME,
            span: Span::new(0, 0),
        }],
    });
    let output = Written {
        target: Some(to),
        replaces: false,
        columns: columns.collect(),
        whole: vec![Edge {
            source: column(&from, HOSTILE[0]),
            relationship: Relationship::Indirect(Indirect::Filter),
            span: Span::new(0, 0),
        }],
        span: Span::new(0, 0),
    };
    let mask = Protection::Masked {
        mask: name(4),
        rule: Some(name(0)),
    };
    Sample {
        records: vec![record(HOSTILE[0], HOSTILE[1], vec![output], &[])],
        beside: Beside {
            viewpoints: vec![Viewpoint {
                principal: name(0),
                columns: [(column(&from, HOSTILE[0]), mask)].into(),
            }],
            ..Beside::default()
        },
    }
}

/// A graph of so many tables in layers: each has 20 columns, each column three edges.
pub fn large(tables: usize, columns: usize, edges: usize) -> Sample {
    let mut seed = 42_u64;
    let mut random = move |below: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below.max(1)
    };
    let systems = [
        "kafka://broker1:9092/",
        "mysql://db1:3306/shop.",
        "s3://lake/",
        "postgres://pg:5432/dwh.public.",
    ];
    let names: Vec<Dataset> = (0..tables)
        .map(|t| {
            dataset(
                &format!("table_{t:02}"),
                &[&format!("{}table_{t:02}", systems[t % 4])],
            )
        })
        .collect();
    let each = columns.div_ceil(tables);
    let sources = tables / 6;
    let per_column = edges.div_ceil((tables - sources) * each);
    let mut left = edges;
    let mut known = BTreeMap::new();
    let mut records = Vec::new();
    for t in 0..tables {
        for c in 0..each {
            let protection = match random(10) {
                0 => Protection::Unknown,
                1 => Protection::Masked {
                    mask: "MASK_HASH".into(),
                    rule: Some(format!("r{c}")),
                },
                2 | 3 if t > 0 => Protection::Inherited {
                    mask: "encrypt".into(),
                    rule: Some("pii".into()),
                    from: vec![column(
                        &names[random(t)],
                        &format!("column_{:02}", random(each)),
                    )],
                },
                _ => Protection::Raw,
            };
            known.insert(column(&names[t], &format!("column_{c:02}")), protection);
        }
        if t < sources {
            continue;
        }
        let near = [
            random(t),
            t.saturating_sub(1 + random(8)),
            t.saturating_sub(1 + random(8)),
        ];
        let source = |random: &mut dyn FnMut(usize) -> usize| {
            column(
                &names[near[random(3)]],
                &format!("column_{:02}", random(each)),
            )
        };
        let columns = (0..each).map(|c| {
            let count = per_column.min(left);
            left -= count;
            let edges = (0..count).map(|_| Edge {
                relationship: match random(4) {
                    0 => direct(Form::Derived, Reduction::None),
                    1 => Relationship::Indirect(Indirect::Conditional),
                    _ => SAME,
                },
                source: source(&mut random),
                span: Span::default(),
            });
            written(&format!("column_{c:02}"), string(), edges.collect())
        });
        let columns = columns.collect();
        let output = Written {
            target: Some(names[t].clone()),
            replaces: false,
            columns,
            whole: vec![],
            span: Span::default(),
        };
        records.push(record(&format!("job_{t}"), "etl", vec![output], &[]));
    }
    let viewpoint = Viewpoint {
        principal: "ann".into(),
        columns: known,
    };
    let schemas = names.iter().map(|name| Schema {
        dataset: name.clone(),
        columns: (0..each)
            .map(|c| (format!("column_{c:02}"), data_type(string())))
            .collect(),
    });
    let schemas = schemas.collect();
    Sample {
        records,
        beside: Beside {
            schemas,
            viewpoints: vec![viewpoint],
            ..Beside::default()
        },
    }
}
