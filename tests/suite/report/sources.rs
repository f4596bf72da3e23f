//! Folders, archives, exports: every job comes out, and nothing that is broken stops the rest.

use std::fs;
use std::io::Write;

use base64::Engine as _;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::command::{audit, desk, report, said};
use crate::cli::Desk;

const FINE: &str = "SELECT id FROM people";

fn ask(desk: &Desk, paths: &[&str], more: &[&str]) -> Vec<String> {
    let ran = audit(desk, paths, &[&["--format", "json"], more].concat());
    assert_eq!(ran.status, 0, "{}", ran.err);
    said(&report(&ran))
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn members_of_an_archive_are_jobs_and_their_names_labels() {
    let desk = desk("zip");
    let bomb = vec![b' '; 17 << 20];
    let members: [(&str, &[u8]); 6] = [
        ("b/two.sql", b"SELECT id FROM people"),
        ("a/one.sql", b"SELECT id FROM people"),
        ("../../etc/up.SQL", b"SELECT id FROM people"),
        ("readme.md", b"no job"),
        ("bomb.sql", &bomb),
        ("latin.sql", b"SELECT '\xe9'"),
    ];
    let archive = zip(&members);
    desk.write("jobs.zip", &archive);
    let expected = [
        "etc/up bob allowed",
        "a/one bob allowed",
        "b/two bob allowed",
        "bomb bob unjudged source-too-large",
        "latin bob unjudged input-not-utf8",
    ];
    // An obstacle has no principal where the job has no owner.
    let found: Vec<String> = ask(&desk, &["jobs.zip"], &["--as", "bob"])
        .iter()
        .map(|l| l.replace(" ? ", " bob "))
        .collect();
    assert_eq!(found, expected);
    desk.write("cut.zip", &archive[..archive.len() / 2]);
    assert_eq!(
        ask(&desk, &["cut.zip"], &["--as", "bob"]),
        ["cut.zip ? unjudged source-invalid"]
    );
    // Below a folder it is one of its folders.
    fs::create_dir_all(desk.path("all/ann")).unwrap();
    desk.write(
        "all/ann/jobs.zip",
        zip(&[("x.sql", b"SELECT id FROM people")]),
    );
    assert_eq!(
        ask(&desk, &["all"], &["--owner-from", "path"]),
        ["ann/jobs.zip/x ann allowed"]
    );
}

#[test]
fn exports_of_streampark_and_dinky_are_read_in_every_form() {
    let desk = desk("exports");
    let mut deflated = ZlibEncoder::new(Vec::new(), Compression::best());
    deflated.write_all(FINE.as_bytes()).unwrap();
    let coded = base64::engine::general_purpose::STANDARD.encode(deflated.finish().unwrap());
    desk.write(
        "t_flink_sql.csv",
        format!("id,app_id,sql,team_resource,dependency,version,candidate,create_time\n1,100,\"{coded}\",,,1,0,2026-01-01\n2,100,AAAA,,,2,1,2026-01-01\n"),
    );
    let expected = [
        "app-100/v1 bob allowed",
        "app-100/v2 ? unjudged script-undecodable",
    ];
    assert_eq!(ask(&desk, &["t_flink_sql.csv"], &["--as", "bob"]), expected);
    desk.write(
        "owners.csv",
        "job,owner,groups\napp-100/v1,bob,ops;dev\napp-100/v2,bob,\n",
    );
    let expected = [
        "app-100/v1 bob allowed",
        "app-100/v2 bob unjudged script-undecodable",
    ];
    assert_eq!(
        ask(&desk, &["t_flink_sql.csv"], &["--owner-from", "owners.csv"]),
        expected
    );
    let rows = "{\"id\": 1, \"name\": \"nightly\", \"dialect\": \"FlinkSql\", \"statement\": \"SELECT id FROM people\", \"creator\": \"bob\"}\nno json\n{\"name\": \"java\", \"dialect\": \"FlinkJar\", \"statement\": \"x\"}\n";
    desk.write("dinky.jsonl", rows);
    let expected = [
        "nightly bob allowed",
        "row-2 ? unjudged source-invalid",
        "java ? unjudged not-sql",
    ];
    assert_eq!(
        ask(&desk, &["dinky.jsonl"], &["--owner-from", "column"]),
        expected
    );
    let array: Vec<&str> = rows.lines().filter(|l| l.starts_with('{')).collect();
    desk.write(
        "dinky.json",
        format!("{{\"RECORDS\": [{}]}}", array.join(",")),
    );
    let expected = ["nightly bob allowed", "java ? unjudged not-sql"];
    assert_eq!(
        ask(&desk, &["dinky.json"], &["--owner-from", "column"]),
        expected
    );
    desk.write("cut.json", format!("[{}, {{\"name\": ", array[0]));
    let expected = ["nightly bob allowed", "cut.json ? unjudged source-invalid"];
    assert_eq!(
        ask(&desk, &["cut.json"], &["--owner-from", "column"]),
        expected
    );
    desk.write("one.json", "{\"statement\": \"SELECT 1\"}");
    assert_eq!(
        ask(&desk, &["one.json"], &["--as", "bob"]),
        ["one.json ? unjudged source-invalid"]
    );
    desk.write("other.csv", "a,b\n1,2\n");
    assert_eq!(
        ask(&desk, &["other.csv"], &["--as", "bob"]),
        ["other.csv ? unjudged source-invalid"]
    );
}

#[test]
fn an_export_that_was_cut_or_whose_cells_are_shifted_says_so() {
    let desk = desk("exports-cut");
    for (name, text, expected) in [
        // A comma in a cell without quotes: what stands before it is another script.
        (
            "shifted.csv",
            "name,statement,creator\na,SELECT id FROM people,bob\nb,SELECT id, FROM people,bob\nc,SELECT id FROM people\nd,SELECT id FROM people,bob\n",
            &[
                "a bob allowed",
                "row-2 ? unjudged source-invalid",
                "row-3 ? unjudged source-invalid",
                "d bob allowed",
            ][..],
        ),
        (
            "cut.csv",
            "creator,name,statement\nbob,a,\"SELECT id FROM \"\"people\"\"\"\nbob,b,\"SELECT id FROM people",
            &[
                "a bob unjudged syntax-error",
                "b bob allowed",
                "cut.csv ? unjudged source-invalid",
            ],
        ),
        (
            "two.json",
            "[{\"creator\": \"bob\", \"name\": \"a\", \"statement\": \"SELECT id FROM people\"}]\n[{\"name\": \"b\"}]",
            &["a bob allowed", "two.json ? unjudged source-invalid"],
        ),
    ] {
        desk.write(name, text);
        let found = ask(&desk, &[name], &["--owner-from", "column"]);
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn folders_are_read_in_order_hidden_ones_not_and_catalogs_are_no_jobs() {
    let desk = desk("folders");
    for folder in ["tree/b", "tree/a/deep", "tree/.git"] {
        fs::create_dir_all(desk.path(folder)).unwrap();
    }
    for file in [
        "tree/b/one.sql",
        "tree/a/deep/two.sql",
        "tree/.git/no.sql",
        "tree/c.SQL",
        "tree/notes.txt",
        "tree/data.csv",
    ] {
        desk.write(file, FINE);
    }
    fs::copy(desk.path("tables.sql"), desk.path("tree/tables.sql")).unwrap();
    let ran = desk.run(&[
        "audit",
        "tree",
        "--policy",
        "policy.yaml",
        "--catalog",
        "tree/tables.sql",
        "--as",
        "bob",
        "--format",
        "json",
    ]);
    let expected = [
        "a/deep/two bob allowed",
        "b/one bob allowed",
        "c bob allowed",
    ];
    assert_eq!(said(&report(&ran)), expected);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(desk.path("tree"), desk.path("tree/a/loop")).unwrap();
        std::os::unix::fs::symlink(desk.path("nowhere.sql"), desk.path("tree/dangling.sql"))
            .unwrap();
        let ran = desk.run(&[
            "audit",
            "tree",
            "--policy",
            "policy.yaml",
            "--catalog",
            "tree/tables.sql",
            "--as",
            "bob",
            "--format",
            "json",
        ]);
        let expected = [
            "a/deep/two bob allowed",
            "b/one bob allowed",
            "c bob allowed",
            "dangling ? unjudged source-unreadable",
        ];
        assert_eq!(said(&report(&ran)), expected);
    }
}
