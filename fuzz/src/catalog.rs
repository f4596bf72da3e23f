//! A catalog file, as DDL or as JSON.

use sqlsec::syntax::{FlinkVersion, Limits, Script, quote, with_stack};
use sqlsec::{Catalog, Engine, Principal, Request, SubmitCheck};

use super::request::reasons;
use super::world::{CATALOG, policy};

/// So many tables and views of a file are read with a query each.
const READ: usize = 8;

/// A file is read or refused with its place, and then nothing of it is kept; whatever it declares can be asked for.
pub fn catalog_file(text: &str) {
    super::on_a_small_stack(|| with_stack(text.len(), || load(text)));
}

fn load(text: &str) {
    let mut catalog = CATALOG.clone();
    let loaded = if text.starts_with('{') {
        catalog.add_json(text, "fuzz")
    } else {
        catalog.add_sql(text, "fuzz")
    };
    if let Err(error) = loaded {
        super::place_in(text, error.position.line, error.position.column);
        assert!(!error.message.is_empty());
        assert_eq!(
            names(&catalog),
            names(&CATALOG),
            "a part of a refused file is kept"
        );
        return;
    }
    let all: Vec<_> = catalog
        .tables()
        .map(|(name, _)| name.clone())
        .chain(catalog.views().map(|(name, _)| name.clone()))
        .collect();
    let known = CATALOG
        .tables()
        .map(|(name, _)| name)
        .chain(CATALOG.views().map(|(name, _)| name))
        .collect::<Vec<_>>();
    let engine = Engine::new(policy(), catalog);
    for name in all
        .iter()
        .filter(|name| !known.contains(name))
        .take(READ)
        .chain(known.iter().copied())
    {
        let sql = format!(
            "SELECT * FROM {}.{}.{} AS x",
            quote(&name.catalog),
            quote(&name.database),
            quote(&name.table)
        );
        let user = Principal {
            user: "u".to_owned(),
            ..Principal::default()
        };
        let reply = engine.check(&Request {
            at: Some(0),
            ..Request::new(user, sql.clone())
        });
        match reply.decision.sql() {
            Some(output) => {
                let limits = Limits {
                    nesting: 1_000,
                    operators: usize::MAX,
                    set_operations: usize::MAX,
                    ..Limits::default()
                };
                let again = Script::parse(output, FlinkVersion::default(), &limits)
                    .expect("what is allowed parses");
                assert_eq!(again.statements.len(), 1);
            }
            None => reasons(&sql, reply.decision.errors()),
        }
    }
}

fn names(catalog: &Catalog) -> Vec<String> {
    let tables = catalog
        .tables()
        .map(|(name, table)| format!("{name} {table:?}"));
    tables
        .chain(
            catalog
                .views()
                .map(|(name, view)| format!("{name} {view:?}")),
        )
        .collect()
}
