//! What Apache Atlas tells of other systems' jobs: our own export comes back as it went, replies of its lineage API become edges, and what cannot be
//! understood takes nothing in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sqlsec::lineage::export::atlas;
use sqlsec::lineage::graph::{Beside, Graph};
use sqlsec::lineage::store::{AtlasNames, records_of_atlas};
use sqlsec::lineage::{Direct, Form, Indirect, Record, Reduction, Relationship};

use super::command::{BASICS, desk, store};
use super::sample::{direct, hostile, sample};

const NOW: i64 = 1_800_000_000;

fn names() -> AtlasNames {
    [("hive_table", "hive://ms:9083/{name}")]
        .map(|(name, meant)| (name.to_owned(), meant.to_owned()))
        .into()
}

fn read(document: &Value) -> Result<Vec<Record>, String> {
    records_of_atlas(&[document], &names(), NOW)
}

/// Source, target, kind of each edge into one column, by physical names or else logical ones.
fn edges(graph: &Graph) -> BTreeSet<(String, String, &'static str)> {
    let mut found = BTreeSet::new();
    for link in &graph.links {
        let Some(column) = link.column else { continue };
        let ends = |table: usize, column: usize| {
            let table = &graph.tables[table];
            let column = table.columns[column].title();
            let places: Vec<String> = match table.physical.is_empty() {
                true => vec![table.title()],
                false => table.physical.clone(),
            };
            let place = |place: String| format!("{place}.{column}");
            places.into_iter().map(place).collect::<Vec<_>>()
        };
        if graph.tables[link.table].answer.is_some() {
            continue;
        }
        for from in ends(link.from.table, link.from.column) {
            for to in ends(link.table, column) {
                found.insert((from.clone(), to, link.relationship.kind().name()));
            }
        }
    }
    found
}

#[test]
fn our_own_export_comes_back_with_the_same_edges() {
    for sample in [sample(), hostile()] {
        let graph = sample.graph();
        let body = atlas::entities(&graph, &atlas::Settings::default());
        let back = read(&body).unwrap();
        let (sent, came) = (edges(&graph), edges(&Graph::new(&back, &Beside::default())));
        assert!(!sent.is_empty());
        assert_eq!(came, sent);
        let jobs = |records: &[Record]| records.iter().map(|r| r.at).collect::<BTreeSet<_>>();
        let at: BTreeSet<i64> = graph.jobs.iter().map(|job| job.at).collect();
        assert!(jobs(&back).is_subset(&at));
        // The messages of the topic bring the same.
        let messages = atlas::hook_messages(&graph, &atlas::Settings::default());
        let messages: Vec<&Value> = messages.iter().collect();
        let back = records_of_atlas(&messages, &names(), NOW).unwrap();
        assert_eq!(edges(&Graph::new(&back, &Beside::default())), sent);
    }
}

fn header(guid: &str, type_name: &str, qualified: &str, more: Value) -> (String, Value) {
    let mut attributes = json!({ "qualifiedName": qualified });
    for (name, value) in more.as_object().unwrap() {
        attributes[name] = value.clone();
    }
    let header = json!({ "typeName": type_name, "guid": guid, "status": "ACTIVE", "attributes": attributes });
    (guid.to_owned(), header)
}

/// A reply of the lineage API about a column that Hive made of two others, and another system of that one.
fn hive() -> Value {
    let entities: BTreeMap<String, Value> = [
        header(
            "g1",
            "hive_column",
            "raw.people.age@cm",
            json!({ "name": "age" }),
        ),
        header(
            "g2",
            "hive_column",
            "raw.people.name@cm",
            json!({ "name": "name" }),
        ),
        header(
            "g3",
            "hive_column",
            "mart.c.age@cm",
            json!({ "name": "age" }),
        ),
        header("g4", "hive_column", "mart.c.label@cm", json!({})),
        header(
            "g5",
            "hive_column_lineage",
            "mart.c@cm:1769846400000:age",
            json!({ "depenendencyType": "SIMPLE" }),
        ),
        header(
            "g6",
            "hive_column_lineage",
            "mart.c@cm:1769846400000:label",
            json!({ "depenendencyType": "EXPRESSION" }),
        ),
        header("g7", "acme_copy", "nightly copy", json!({ "owner": "etl" })),
        header("g8", "hive_column", "mart.d.age@cm", json!({})),
    ]
    .into();
    let relation = |from: &str, to: &str| json!({ "fromEntityId": from, "toEntityId": to, "relationshipId": "r" });
    json!({
        "baseEntityGuid": "g3", "lineageDirection": "BOTH", "lineageDepth": 3,
        "guidEntityMap": entities,
        "relations": [
            relation("g1", "g5"), relation("g5", "g3"),
            relation("g1", "g6"), relation("g2", "g6"), relation("g6", "g4"),
            relation("g3", "g7"), relation("g7", "g8"),
        ],
    })
}

#[test]
fn a_reply_about_columns_of_hive_becomes_edges() {
    let records = read(&hive()).unwrap();
    let told: Vec<_> = records
        .iter()
        .map(|record| (record.job.as_str(), record.user.as_str(), record.at))
        .collect();
    assert_eq!(
        told,
        [
            ("mart.c@cm:1769846400000", "atlas", NOW),
            ("nightly copy", "etl", NOW)
        ]
    );
    let came: Vec<(String, String, Relationship)> = records
        .iter()
        .flat_map(|record| &record.statements[0].lineage.outputs)
        .flat_map(|output| {
            let target = output.target.clone().unwrap().physical.join(",");
            output.columns.iter().flat_map(move |column| {
                let target = format!("{target}.{}", column.name);
                column.edges.iter().map(move |edge| {
                    let source = edge.source.dataset.physical.join(",");
                    let name = edge.source.column.clone().unwrap();
                    (
                        format!("{source}.{name}"),
                        target.clone(),
                        edge.relationship,
                    )
                })
            })
        })
        .collect();
    let derived = direct(Form::Derived, Reduction::None);
    let hive = |name: &str| format!("hive://ms:9083/{name}");
    assert_eq!(
        came,
        [
            (
                hive("raw.people.age"),
                hive("mart.c.age"),
                Relationship::Direct(Direct::SAME)
            ),
            (hive("raw.people.age"), hive("mart.c.label"), derived),
            (hive("raw.people.name"), hive("mart.c.label"), derived),
            (hive("mart.c.age"), hive("mart.d.age"), derived),
        ]
    );
    // Atlas has no predicates: any column of what was read may have decided which rows there are.
    let whole = &records[0].statements[0].lineage.outputs[0].whole;
    assert_eq!(whole.len(), 1);
    assert_eq!(whole[0].source.column, None);
    assert_eq!(
        whole[0].relationship,
        Relationship::Indirect(Indirect::Filter)
    );
}

/// A job of which only the tables are told, and one of which Atlas knows the columns besides.
fn posted(with_columns: bool) -> Value {
    let table = |name: &str| json!({ "typeName": "hive_table", "uniqueAttributes": { "qualifiedName": name } });
    let mut entities = vec![json!({
        "typeName": "hive_process", "guid": "p",
        "attributes": { "qualifiedName": "mart.c@cm:1", "query": "insert …", "userName": "etl", "endTime": 1_769_846_400_000_i64,
            "inputs": [table("raw.a@cm"), table("raw.b@cm")], "outputs": [table("mart.c@cm")] },
    })];
    if with_columns {
        let column = |name: &str| json!({ "typeName": "hive_column", "uniqueAttributes": { "qualifiedName": name } });
        entities.push(json!({
            "typeName": "hive_column_lineage", "guid": "l",
            "attributes": { "qualifiedName": "mart.c@cm:1:age", "depenendencyType": "SIMPLE",
                "query": { "typeName": "hive_process", "guid": "p" },
                "inputs": [column("raw.a.age@cm")], "outputs": [column("mart.c.age@cm")] },
        }));
    }
    json!({ "entities": entities, "referredEntities": {} })
}

#[test]
fn where_only_tables_are_told_every_column_is_made_of_any() {
    let records = read(&posted(false)).unwrap();
    let [record] = records.as_slice() else {
        panic!("{records:?}")
    };
    assert_eq!((record.user.as_str(), record.at), ("etl", 1_769_846_400));
    let [output] = record.statements[0].lineage.outputs.as_slice() else {
        panic!("{record:?}")
    };
    assert!(output.columns.is_empty());
    let derived = direct(Form::Derived, Reduction::None);
    let whole: Vec<_> = output
        .whole
        .iter()
        .map(|edge| {
            (
                edge.source.dataset.physical[0].as_str(),
                edge.source.column.as_deref(),
                edge.relationship,
            )
        })
        .collect();
    assert_eq!(
        whole,
        [
            ("hive://ms:9083/raw.a", None, derived),
            ("hive://ms:9083/raw.b", None, derived)
        ]
    );
    // What is told of the columns says more.
    let records = read(&posted(true)).unwrap();
    let output = &records[0].statements[0].lineage.outputs[0];
    assert_eq!((records.len(), output.columns.len()), (1, 1));
    let rows = Relationship::Indirect(Indirect::Filter);
    assert!(
        output.whole.iter().all(|edge| edge.relationship == rows),
        "{output:?}"
    );
    assert_eq!(output.whole.len(), 2);
}

#[test]
fn a_part_of_the_columns_does_not_take_the_place_of_the_tables() {
    // Somebody has asked for the lineage of one column, and for that of the table.
    let mut reply = hive();
    let column = "mart.c@cm:1:age";
    reply["guidEntityMap"]["g5"]["attributes"]["qualifiedName"] = json!(column);
    let tables = posted(false);
    let records = records_of_atlas(&[&reply, &tables], &names(), NOW).unwrap();
    let job = records.iter().find(|record| record.job == "mart.c@cm:1");
    let output = &job.unwrap().statements[0].lineage.outputs[0];
    assert_eq!(output.columns.len(), 1);
    let derived = direct(Form::Derived, Reduction::None);
    let any = output.whole.iter().filter(|e| e.relationship == derived);
    assert_eq!(
        any.count(),
        2,
        "the other columns are made of something too"
    );
}

#[test]
fn what_cannot_be_understood_is_an_error_with_its_place() {
    let with = |document: Value, path: &str, value: Value| {
        let mut document = document;
        *document.pointer_mut(path).expect(path) = value;
        document
    };
    let age = "/entities/1/attributes/inputs/0/uniqueAttributes/qualifiedName";
    let cases = [
        (
            with(hive(), "/relations/2/toEntityId", json!("g99")),
            "relations[2]: `toEntityId` is no entity of the reply",
        ),
        (
            with(hive(), "/relations", json!({})),
            "`relations` is no list",
        ),
        (
            with(hive(), "/guidEntityMap/g3/typeName", json!("acme_field")),
            "relations[1]: neither `hive_column_lineage` nor `acme_field`",
        ),
        (
            with(hive(), "/guidEntityMap/g1/typeName", json!("rdbms_column")),
            "relations[0]: what the names of `rdbms_table` mean",
        ),
        (
            with(hive(), "/guidEntityMap/g1/typeName", Value::Null),
            "guidEntityMap.g1: an entity without `typeName`",
        ),
        (
            with(hive(), "/guidEntityMap/g1/attributes/name", json!("height")),
            "relations[0]: `raw.people.age@cm` does not say",
        ),
        (
            with(
                hive(),
                "/guidEntityMap/g5/attributes/qualifiedName",
                Value::Null,
            ),
            "relations[0]: a process without `qualifiedName`",
        ),
        (
            with(posted(true), age, Value::Null),
            "entities[1]: inputs[0]: `` is no entity of the document",
        ),
        (
            with(posted(true), age, json!("age")),
            "entities[1]: `age` does not say",
        ),
        (
            with(posted(true), "/entities/1/attributes/inputs", json!("a")),
            "entities[1]: its `inputs` are no list",
        ),
        (
            with(posted(true), "/entities", json!(7)),
            "`entities` is no list",
        ),
        (
            json!({ "message": { "type": "ENTITY_DELETE_V2", "entities": [] } }),
            "message: only",
        ),
    ];
    for (document, said) in cases {
        let why = read(&document).expect_err(said);
        assert!(why.starts_with(said), "{why}\n{said}");
    }
    let mut cut = hive();
    cut["relationsOnDemand"] = json!({ "g3": { "hasMoreInputs": true } });
    assert!(read(&cut).unwrap_err().contains("cut off"));
}

#[test]
fn who_reads_what_the_catalogue_says_was_made_of_a_masked_column_gets_the_mask() {
    let desk = desk("atlas");
    let mut reply = hive();
    for (guid, name) in [
        ("g1", "a.age@cm"),
        ("g3", "c.age@cm"),
        ("g5", "c@cm:1:age"),
        ("g6", "c@cm:1:label"),
    ] {
        reply["guidEntityMap"][guid]["attributes"]["qualifiedName"] = json!(name);
    }
    desk.write("reply.json", serde_json::to_string_pretty(&reply).unwrap());
    let read = ["rewrite", "--user", "ann", "read.sql"];
    let reads = || desk.run(&[&read[..], &BASICS].concat()).out;
    // One of two documents cannot be understood: nothing of either is taken in.
    desk.write(
        "broken.json",
        r#"{ "guidEntityMap": {}, "relations": [{}] }"#,
    );
    let name = ["--atlas-name", "hive_table=s3://lake/{name}"];
    let ran = desk.run(&store(
        &[&["import", "reply.json", "broken.json"][..], &name].concat(),
    ));
    assert_eq!(ran.status, 2, "{}", ran.out);
    assert!(ran.err.contains("document 2: relations[0]"), "{}", ran.err);
    let ran = desk.run(&store(&["import", "reply.json"]));
    assert_eq!(ran.status, 2, "{}", ran.out);
    assert!(ran.err.contains("--atlas-name"), "{}", ran.err);
    assert!(!reads().contains("encrypt"), "{}", reads());
    let ran = desk.run(&store(&[&["import", "reply.json"][..], &name].concat()));
    assert_eq!(
        (ran.status, ran.out.as_str()),
        (0, "2 jobs imported\n"),
        "{}",
        ran.err
    );
    assert!(reads().contains("encrypt(`age`)"), "{}", reads());
}
