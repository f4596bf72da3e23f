//! probe
use sqlsec::syntax::ast::*;
use sqlsec::syntax::tables::tables;
use sqlsec::syntax::*;
use std::io::BufRead;
fn text_of(name: &Name) -> String {
    let plain = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    name.parts
        .iter()
        .map(|p| {
            if plain(&p.value) {
                p.value.clone()
            } else {
                format!("`{}`", p.value.replace('`', "``"))
            }
        })
        .collect::<Vec<_>>()
        .join(".")
}
fn main() {
    let v = if std::env::args().any(|a| a == "120") {
        FlinkVersion::V1_20
    } else {
        FlinkVersion::V2_3
    };
    for line in std::io::stdin().lock().lines() {
        let sql: String = serde_json::from_str(&line.unwrap()).unwrap();
        let out = with_stack(sql.len(), || {
            match Script::parse(&sql, v, &Limits::default()) {
                Err(e) => {
                    serde_json::json!({"ok": false, "unsupported": matches!(e.kind, SyntaxErrorKind::Unsupported(_)), "err": e.to_string(), "at": e.span.start})
                }
                Ok(s) => {
                    let refused = s
                        .statements
                        .iter()
                        .any(|s| matches!(s.kind, StatementKind::Refused(_)));
                    let mut reads: Vec<String> = Vec::new();
                    for st in &s.statements {
                        reads.extend(tables(st).unwrap().reads.into_iter().map(text_of));
                    }
                    serde_json::json!({"ok": true, "n": s.statements.len(), "refused": refused, "reads": reads})
                }
            }
        });
        println!("{out}");
    }
}
