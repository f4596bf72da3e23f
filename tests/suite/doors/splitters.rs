//! A program that cuts the protected script elsewhere makes statements that nobody has checked (ATTACKS B6).

use sqlsec::{Code, Splitter};

use super::{COLUMNS, Desk, ORDERS};

fn desk(splitter: Splitter) -> Desk {
    let catalog = format!("CREATE TABLE orders ({COLUMNS}) WITH ({ORDERS})");
    let mut desk = Desk::new(super::POLICY, &catalog);
    desk.splitter = Some(splitter);
    desk
}

const ALL: [Splitter; 4] = [
    Splitter::Flink,
    Splitter::Streampark,
    Splitter::Dinky,
    Splitter::Line,
];

#[test]
fn a_plain_script_passes_every_splitter() {
    for splitter in ALL {
        desk(splitter).filtered(
            "CREATE TEMPORARY TABLE s (id INT) WITH ('connector' = 'blackhole');\nINSERT INTO s\nSELECT id FROM orders;\n",
        );
    }
}

#[test]
fn a_raw_read_behind_a_name_or_a_comment_is_refused() {
    // The piece behind the `;` would read the raw table.
    let hidden = [
        (
            Splitter::Streampark,
            "SELECT id AS `a; SELECT * FROM orders` FROM orders",
        ),
        (
            Splitter::Streampark,
            "SELECT 1 AS `it's`;\nSELECT '; SELECT * FROM orders; --' AS x",
        ),
        (Splitter::Dinky, "SELECT ';\nSELECT * FROM orders;\n' AS x"),
        (Splitter::Line, "SELECT ';\nSELECT * FROM orders;\n' AS x"),
        (Splitter::Flink, "SELECT 1 /*/ ; SELECT * FROM orders ; /*/"),
        (
            Splitter::Flink,
            "SELECT E'a\\'; SELECT * FROM orders; --' AS x",
        ),
    ];
    for (splitter, script) in hidden {
        desk(splitter).denied(Code::SplitterMismatch, script);
    }
}

#[test]
fn without_a_splitter_statements_go_one_by_one() {
    let mut desk = desk(Splitter::Flink);
    desk.splitter = None;
    desk.allowed("SELECT 1 /*/ ; x /*/; SELECT 2");
}
