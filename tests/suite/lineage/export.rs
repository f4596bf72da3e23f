//! Exports, judged by others where they are there: OpenLineage's schemas, Atlas' type registry, Graphviz.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use sqlsec::lineage::export::{atlas, dot, mermaid, openlineage};

use super::registry::Registry;
use super::sample::{HOSTILE, Sample, hostile, sample};
use crate::case::root;

fn desk(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn events(sample: &Sample, run: bool) -> Vec<Value> {
    let event = if run {
        openlineage::Event::Run(openlineage::Moment::Start, None)
    } else {
        openlineage::Event::Job
    };
    let settings = openlineage::Settings {
        event,
        engine: Some("2.3.0".to_owned()),
        principal: Some(0),
        ..openlineage::Settings::default()
    };
    openlineage::events(&sample.graph(), &settings)
}

/// Whether OpenLineage's own schemas and ours accept them; says so where nobody can tell.
fn validated(name: &str, events: &[Value]) -> Option<Result<(), String>> {
    let shared = root().join("../shared");
    let validator = shared.join("tools/validate_openlineage.py");
    let able = Command::new("python3")
        .args(["-c", "import jsonschema, referencing"])
        .output();
    if !validator.is_file() || !able.is_ok_and(|o| o.status.success()) {
        println!("skipped: OpenLineage's schemas, or python3 with jsonschema, are not here");
        return None;
    }
    let file = desk("openlineage").join(name);
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    fs::write(&file, lines.join("\n")).unwrap();
    let schemas = format!(
        "{}:{}",
        shared.join("openlineage").display(),
        root().join("schema/openlineage").display()
    );
    let ran = Command::new("python3")
        .arg(validator)
        .arg(schemas)
        .arg(file)
        .output()
        .unwrap();
    let said = [ran.stdout, ran.stderr]
        .map(|s| String::from_utf8_lossy(&s).into_owned())
        .concat();
    Some(
        if ran.status.success() && said.matches(" valid").count() == events.len() {
            Ok(())
        } else {
            Err(said)
        },
    )
}

#[test]
fn events_are_valid_openlineage() {
    for (name, sample) in [("sample", sample()), ("hostile", hostile())] {
        for run in [false, true] {
            let events = events(&sample, run);
            assert_eq!(events.len(), sample.records.len());
            if let Some(result) = validated(&format!("{name}-{run}.jsonl"), &events) {
                result.unwrap_or_else(|said| panic!("{name}: {said}"));
            }
        }
    }
}

/// The validator is only worth something while it also says no.
#[test]
fn a_damaged_facet_is_no_valid_openlineage() {
    for (path, value) in [
        (
            "/outputs/0/facets/sqlsec_protection/fields/age/state",
            json!("OPEN"),
        ),
        (
            "/outputs/0/facets/columnLineage/fields/age/inputFields/0/transformations/0/subtype",
            json!("COPY"),
        ),
        ("/job/facets/sqlsec_submission/user", json!(7)),
    ] {
        let mut events = events(&sample(), true);
        *events[0].pointer_mut(path).expect(path) = value;
        if let Some(result) = validated("damaged.jsonl", &events) {
            assert!(result.is_err(), "{path}");
        }
    }
}

#[test]
fn column_lineage_says_what_the_record_says() {
    let event = &events(&sample(), false)[0];
    let lineage = &event["outputs"][0]["facets"]["columnLineage"];
    let users = "kafka://broker1:9092";
    assert_eq!(
        lineage["fields"]["age"]["inputFields"],
        json!([{ "namespace": users, "name": "users", "field": "age",
                 "transformations": [{ "type": "DIRECT", "subtype": "IDENTITY", "description": "A.age", "masking": false }] }])
    );
    let segment = lineage["fields"]["segment"]["inputFields"]
        .as_array()
        .unwrap();
    let kinds: Vec<_> = segment
        .iter()
        .map(|i| i["transformations"][0]["subtype"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["CONDITIONAL", "TRANSFORMATION"],
        "a condition stands at its field"
    );
    let whole = lineage["dataset"].as_array().unwrap();
    let joined: Vec<_> = whole
        .iter()
        .map(|i| (i["name"].as_str().unwrap(), i["field"].as_str().unwrap()))
        .collect();
    assert_eq!(
        joined,
        [("users", "id"), ("shop.orders", "aid")],
        "joins stand once"
    );
    assert_eq!(
        event["inputs"][0]["facets"]["symlinks"]["identifiers"][0]["name"],
        "shop.core.A"
    );
    assert_eq!(
        event["inputs"][0]["facets"]["symlinks"]["identifiers"][1]["namespace"],
        "kafka://broker2:9092"
    );
    let report = &events(&sample(), false)[2]["outputs"][0];
    assert_eq!(
        (report["namespace"].as_str(), report["name"].as_str()),
        (Some("flink"), Some("shop.core.report"))
    );
}

#[test]
fn masking_is_said_of_masked_reads_hashes_and_counts() {
    let all = events(&sample(), false);
    let masking = |event: usize, field: &str| {
        let path = format!(
            "/outputs/0/facets/columnLineage/fields/{field}/inputFields/0/transformations/0/masking"
        );
        all[event].pointer(&path).unwrap().as_bool().unwrap()
    };
    assert!(masking(1, "contact_hash"), "read masked, and hashed");
    assert!(masking(2, "people"), "counted");
    assert!(!masking(1, "age") && !masking(2, "mean_age"));
}

#[test]
fn protection_goes_along_as_a_facet() {
    let event = &events(&sample(), false)[0];
    let facet = &event["outputs"][0]["facets"]["sqlsec_protection"];
    assert_eq!(facet["principal"], "ann (group sales)");
    assert_eq!(
        facet["fields"]["contact"],
        json!({ "state": "INHERITED", "mask": "redact", "rule": "phone-enc",
                "from": [{ "namespace": "kafka://broker1:9092", "name": "users", "field": "phone" }] })
    );
}

#[test]
fn a_submission_has_one_run_id() {
    let id = |sample: &Sample| {
        events(sample, true)[0]["run"]["runId"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (one, mut other) = (sample(), sample());
    assert_eq!(id(&one), id(&sample()));
    other.records[0].at += 1;
    assert_ne!(id(&one), id(&other));
    assert!(openlineage::RunId::parse(&id(&one)).is_some());
    assert!(openlineage::RunId::parse("x").is_none());
}

#[test]
fn atlas_blocks_what_is_not_inherited() {
    let graph = sample().graph();
    let settings = atlas::Settings {
        cluster: "prod".to_owned(),
        principal: Some(0),
        ..atlas::Settings::default()
    };
    let blocked = atlas::relationships(&graph, &settings);
    let ends: Vec<_> = blocked
        .iter()
        .map(|r| {
            let end = |n: &str| {
                r[n]["uniqueAttributes"]["qualifiedName"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            };
            assert_eq!(
                (r["propagateTags"].as_str(), r["typeName"].as_str()),
                (Some("NONE"), Some("dataset_process_inputs"))
            );
            (end("end1"), end("end2"))
        })
        .collect();
    let c = |column: &str| format!("kafka://broker1:9092/c.{column}@prod");
    let job = |name: &str, out: &str| format!("flink/{name}@prod:{out}");
    assert_eq!(
        ends,
        [
            (
                job("copy_to_lake", "s3://lake/warehouse/d.contact_hash"),
                c("contact")
            ),
            (
                job("daily_report", "flink/shop.core.report.people"),
                c("contact")
            ),
            (
                job("daily_report", "flink/shop.core.report.mean_age"),
                c("age")
            ),
        ],
        "read masked, counted, cut"
    );
    let bulk = atlas::entities(&graph, &settings);
    let entities = bulk["entities"].as_array().unwrap();
    let lineage = |name: &str| {
        let of = |e: &&Value| {
            e["attributes"]["qualifiedName"]
                .as_str()
                .is_some_and(|q| q.ends_with(name))
        };
        entities.iter().find(of).unwrap()
    };
    let inputs = |name: &str| {
        lineage(name)["relationshipAttributes"]["inputs"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(
        (
            inputs(":kafka://broker1:9092/c.segment"),
            inputs(".contact_hash"),
            inputs(".people")
        ),
        (2, 0, 0)
    );
    let age = lineage("users.age@prod");
    assert_eq!(
        age["classifications"][0]["attributes"],
        json!({ "mask": "encrypt", "rule": "age-enc" })
    );
}

#[test]
fn a_sites_own_entities_are_pointed_at_and_not_made() {
    let settings = atlas::Settings {
        existing: [
            (
                "kafka".to_owned(),
                atlas::Existing {
                    table: ("kafka_topic".to_owned(), "{name}@{cluster}".to_owned()),
                    column: None,
                },
            ),
            (
                "mysql".to_owned(),
                atlas::Existing {
                    table: (
                        "rdbms_table".to_owned(),
                        "{host}/{name}@{cluster}".to_owned(),
                    ),
                    column: Some((
                        "rdbms_column".to_owned(),
                        "{host}/{name}.{column}@{cluster}".to_owned(),
                    )),
                },
            ),
        ]
        .into(),
        ..atlas::Settings::default()
    };
    let body = atlas::entities(&sample().graph(), &settings);
    let made = body["entities"].as_array().unwrap().iter();
    let made: Vec<_> = made
        .filter(|e| e["typeName"] == "flink_table" || e["typeName"] == "flink_column")
        .map(|e| e["attributes"]["qualifiedName"].as_str().unwrap())
        .collect();
    assert!(
        made.iter().any(|name| name.starts_with("s3://")),
        "{made:?}"
    );
    for system in ["kafka://", "mysql://"] {
        assert!(
            !made.iter().any(|name| name.starts_with(system)),
            "{made:?}"
        );
    }
    let text = body.to_string();
    for reference in [
        r#""uniqueAttributes":{"qualifiedName":"users@default"}"#,
        r#""uniqueAttributes":{"qualifiedName":"db1:3306/shop.orders.city@default"}"#,
    ] {
        assert!(text.contains(reference), "{reference}: {text}");
    }
}

#[test]
fn entities_are_what_atlas_types_ask_for() {
    let Some(registry) = Registry::with(&atlas::typedefs()) else {
        return;
    };
    let settings = atlas::Settings {
        principal: Some(0),
        ..atlas::Settings::default()
    };
    for sample in [sample(), hostile()] {
        let graph = sample.graph();
        let messages = atlas::hook_messages(&graph, &settings);
        let hooks = messages
            .into_iter()
            .map(|m| m["message"]["entities"].clone());
        for body in [atlas::entities(&graph, &settings)]
            .into_iter()
            .chain(hooks)
        {
            assert!(!body["entities"].as_array().unwrap().is_empty());
            assert_eq!(registry.complaints(&body), Vec::<String>::new());
        }
    }
    // It is only worth something while it also says no.
    let body = atlas::entities(&sample().graph(), &settings);
    for (path, value) in [
        ("/entities/1/attributes/type", Value::Null),
        ("/entities/1/attributes/colour", json!("red")),
        (
            "/entities/1/relationshipAttributes/table/guid",
            json!("-999"),
        ),
        ("/entities/1/typeName", json!("flink_thing")),
    ] {
        let mut damaged = body.clone();
        let (parent, name) = path.rsplit_once('/').unwrap();
        damaged.pointer_mut(parent).unwrap()[name] = value;
        assert!(!registry.complaints(&damaged).is_empty(), "{path}");
    }
}

/// Atlas' own type registry (`shared/tools/atlas-check`, Maven, 43 MB the first time): run with `SQLSEC_ATLAS=1`.
#[test]
fn atlas_accepts_types_and_entities() {
    let tool = root().join("../shared/tools/atlas-check/run.sh");
    if std::env::var_os("SQLSEC_ATLAS").is_none() || !tool.is_file() {
        println!(
            "skipped: Atlas' type registry is asked with SQLSEC_ATLAS=1, where shared/tools/atlas-check is"
        );
        return;
    }
    let folder = desk("atlas");
    let types = folder.join("typedefs.json");
    fs::write(&types, atlas::typedefs().to_string()).unwrap();
    for (name, sample) in [("sample", sample()), ("hostile", hostile())] {
        let settings = atlas::Settings {
            principal: Some(0),
            ..atlas::Settings::default()
        };
        let graph = sample.graph();
        let messages = atlas::hook_messages(&graph, &settings);
        let hooks = messages
            .into_iter()
            .map(|m| m["message"]["entities"].clone());
        for (at, body) in [atlas::entities(&graph, &settings)]
            .into_iter()
            .chain(hooks)
            .enumerate()
        {
            let bulk = folder.join(format!("{name}-{at}.json"));
            fs::write(&bulk, body.to_string()).unwrap();
            let ran = Command::new("bash")
                .arg(&tool)
                .arg(&types)
                .arg(&bulk)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&ran.stdout).into_owned();
            assert!(
                ran.status.success(),
                "{name}: {said}{}",
                String::from_utf8_lossy(&ran.stderr)
            );
            let made = body["entities"].as_array().unwrap().len();
            assert_eq!(said.matches("\nvalid ").count(), made, "{said}");
        }
    }
}

#[test]
fn dot_is_read_by_graphviz() {
    for (name, sample) in [("sample", sample()), ("hostile", hostile())] {
        let text = dot::text(&sample.graph(), Some(0));
        assert!(text.contains("style=dotted") && text.contains("style=solid"));
        let file = desk("dot").join(format!("{name}.dot"));
        fs::write(&file, &text).unwrap();
        match Command::new("dot").arg("-Tsvg").arg(&file).output() {
            Ok(ran) => {
                let said = String::from_utf8_lossy(&ran.stderr);
                assert!(ran.status.success() && said.is_empty(), "{said}");
                let nodes = String::from_utf8_lossy(&ran.stdout)
                    .matches("class=\"node\"")
                    .count();
                assert_eq!(nodes, sample.graph().tables.len());
            }
            Err(_) => println!("skipped: Graphviz is not installed"),
        }
    }
}

#[test]
fn mermaid_holds_no_sign_that_could_end_a_text() {
    let text = mermaid::text(&hostile().graph(), Some(0));
    for line in text.lines().filter(|l| l.contains('"')) {
        let parts: Vec<&str> = line.split('"').collect();
        assert_eq!(parts.len(), 3, "{line}");
        let bare = parts[1].replace("<br>", "");
        assert!(
            bare.chars()
                .all(|c| c.is_alphanumeric() || " ,#;".contains(c)),
            "{line}"
        );
    }
    assert_eq!(text.matches("subgraph").count(), 2);
    assert_eq!(text.matches("-->").count(), HOSTILE.len());
    assert_eq!(text.matches("-.->").count(), 1);
}

#[test]
fn datasets_are_told_apart_by_their_bytes() {
    use super::sample::{column, dataset};
    let mut sample = sample();
    // One reads the topics a and b as one table, another writes b alone.
    let both = dataset("both", &["kafka://k/a", "kafka://k/b"]);
    let alone = dataset("other_name", &["kafka://k/b"]);
    let record = &mut sample.records[0].statements[0].lineage.outputs[0];
    record.columns[0].edges[0].source = column(&both, "id");
    let copy = &mut sample.records[1].statements[0].lineage.outputs[0];
    copy.target = Some(alone);
    let graph = sample.graph();
    let physical: Vec<_> = graph
        .tables
        .iter()
        .filter(|t| t.physical.iter().any(|p| p.starts_with("kafka://k/")))
        .collect();
    assert_eq!(physical.len(), 2, "a and b are two tables");
    let from = graph
        .links
        .iter()
        .filter(|l| graph.tables[l.from.table].physical[..] == ["kafka://k/b"])
        .count();
    assert_eq!(from, 1, "and the first leads from both");
}

/// The command line's forms, of a script with a password in it.
#[test]
fn the_command_line_writes_each_form_and_no_password() {
    let folder = desk("lineage-cli");
    fs::write(
        folder.join("tables.sql"),
        "CREATE TABLE a (id BIGINT, phone STRING) WITH ('connector' = 'jdbc', 'url' = 'jdbc:mysql://db1:3306/shop', 'table-name' = 'a');",
    )
    .unwrap();
    fs::write(
        folder.join("job.sql"),
        "CREATE TABLE c WITH ('connector' = 'jdbc', 'url' = 'jdbc:mysql://db1:3306/shop', 'table-name' = 'c', 'password' = 'hunter2') -- hunter2\nAS SELECT id, \
         UPPER(phone) AS phone FROM a;",
    )
    .unwrap();
    let run = |arguments: &[&str]| {
        let binary = env!("CARGO_BIN_EXE_sqlsec");
        let ran = Command::new(binary)
            .current_dir(&folder)
            .args(["lineage", "--catalog", "tables.sql"])
            .args(arguments)
            .output();
        let ran = ran.unwrap();
        assert!(
            ran.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&ran.stderr)
        );
        let text = String::from_utf8(ran.stdout).unwrap();
        assert!(!text.contains("hunter2"), "{arguments:?}: {text}");
        text
    };
    for (format, holds) in [
        ("openlineage", "UPPER(phone)"),
        ("atlas", "flink_column_lineage"),
        ("atlas-types", "entityDefs"),
        ("atlas-hook", "ENTITY_CREATE_V2"),
        ("dot", "mysql:"),
        ("mermaid", "flowchart LR"),
        ("html", "<!DOCTYPE html>"),
    ] {
        let text = run(&["--format", format, "job.sql"]);
        assert!(text.contains(holds), "{format}: {text}");
    }
    let event: Value = serde_json::from_str(&run(&[
        "--format",
        "openlineage",
        "--user",
        "ann",
        "--run",
        "start",
        "job.sql",
    ]))
    .unwrap();
    assert_eq!(
        (event["eventType"].as_str(), event["job"]["name"].as_str()),
        (Some("START"), Some("job"))
    );
    assert_eq!(event["job"]["facets"]["sqlsec_submission"]["user"], "ann");
    assert_eq!(event["outputs"][0]["name"], "shop.c");
    assert!(!run(&["--format", "html", "--no-text", "job.sql"]).contains("UPPER"));
    assert_eq!(run(&["--format", "html", "-o", "out.html", "job.sql"]), "");
    assert!(
        fs::read_to_string(folder.join("out.html"))
            .unwrap()
            .contains("UPPER")
    );
    let told = json!({ "viewpoints": [{ "principal": "ann", "columns": [[
        { "dataset": { "name": ["default_catalog", "default_database", "a"], "physical": ["mysql://db1:3306/shop.a"] }, "column": "phone" },
        { "state": "masked", "mask": "MASK_HASH", "rule": "r1" },
    ]] }] });
    fs::write(folder.join("told.json"), told.to_string()).unwrap();
    let told = run(&["--format", "html", "--protection", "told.json", "job.sql"]);
    assert!(
        told.contains("<td>masked: MASK_HASH by rule r1</td>"),
        "{told}"
    );
}

#[cfg(feature = "service")]
mod endpoint {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::mpsc;
    use std::time::Duration;

    use sqlsec::lineage::export::endpoint::{Endpoint, EndpointError};
    use sqlsec::source::SourceProblem;
    use sqlsec::source::remote::{Auth, Patience, Secret, Settings};

    use super::{events, sample};

    /// A server that answers each connection with the next of these; what it was asked comes over the channel.
    fn server(replies: Vec<&'static str>) -> (String, mpsc::Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (tell, heard) = mpsc::channel();
        std::thread::spawn(move || {
            for reply in replies {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = Vec::new();
                let mut buffer = [0; 65536];
                loop {
                    let read = stream.read(&mut buffer).unwrap();
                    request.extend(&buffer[..read]);
                    let text = String::from_utf8_lossy(&request).into_owned();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else {
                        continue;
                    };
                    let length = head.to_lowercase();
                    let length = length
                        .split("content-length: ")
                        .nth(1)
                        .unwrap()
                        .lines()
                        .next()
                        .unwrap();
                    if body.len() >= length.parse().unwrap() {
                        tell.send(text).unwrap();
                        break;
                    }
                }
                if !reply.is_empty() {
                    write!(
                        stream,
                        "HTTP/1.1 {reply}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                    )
                    .unwrap();
                } else {
                    std::thread::sleep(Duration::from_secs(2));
                }
            }
        });
        (url, heard)
    }

    fn send(url: &str) -> Result<usize, EndpointError> {
        let settings = Settings {
            auth: Auth::Bearer {
                token: Secret::new("t0k3n"),
            },
            patience: Patience {
                total: Duration::from_millis(700),
                ..Patience::default()
            },
            ..Settings::new(url)
        };
        Endpoint::new(&settings)
            .unwrap()
            .send(&events(&sample(), true))
    }

    #[test]
    fn events_arrive_in_order_with_the_token() {
        let (url, heard) = server(vec![
            "201 Created",
            "200 OK",
            "202 Accepted",
            "204 No Content",
        ]);
        assert_eq!(send(&format!("{url}/marquez/api/v1/lineage")).unwrap(), 4);
        let seen: Vec<String> = heard.iter().take(4).collect();
        for (request, event) in seen.iter().zip(events(&sample(), true)) {
            let (head, body) = request.split_once("\r\n\r\n").unwrap();
            assert!(
                head.starts_with("POST /marquez/api/v1/lineage HTTP/1.1\r\n"),
                "{head}"
            );
            assert!(
                head.contains("authorization: Bearer t0k3n")
                    && head.contains("content-type: application/json"),
                "{head}"
            );
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(body).unwrap(),
                event
            );
        }
    }

    #[test]
    fn the_first_refusal_ends_it_and_says_what_to_do() {
        let cases = [
            ("401 Unauthorized", "credentials"),
            ("404 Not Found", "/api/v1/lineage"),
            ("422 Unprocessable", "does not take the event"),
            ("503 Busy", "its log"),
            ("302 Found", "no answer to an event"),
        ];
        for (reply, hint) in cases {
            let (url, heard) = server(vec!["201 Created", reply]);
            let error = send(&url).unwrap_err();
            assert_eq!((error.sent, error.of), (1, 4), "{reply}");
            let said = error.to_string();
            assert!(said.contains(hint) && !said.contains("t0k3n"), "{said}");
            assert_eq!(heard.iter().count(), 2, "{reply}");
        }
    }

    #[test]
    fn silence_and_absence_end_in_time() {
        let (url, _heard) = server(vec![""]);
        assert!(matches!(
            send(&url).unwrap_err().problem,
            SourceProblem::Slow(_)
        ));
        let gone = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        assert!(matches!(
            send(&format!("http://{gone}")).unwrap_err().problem,
            SourceProblem::Unreachable(_)
        ));
    }
}
