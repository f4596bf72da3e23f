//! The secure-view equation on random cases: the rewritten query on all data is the submitted query on what the policy leaves of it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rusqlite::Connection;
use sqlsec::policy::Attribute;
use sqlsec::syntax::{FlinkVersion, Limits, Script, quote};
use sqlsec::{Catalog, Decision, Engine, Policy, Principal, Request, Style, SubmitCheck};

use super::choices::Choices;
use super::on_random_cases;
use super::policy::{self, Policy as RandomPolicy};
use super::predicate::ATTRIBUTE;
use super::query::{Generator, Output, Source};
use super::sqlite::{database, run};
use super::world::{Cell, Kind, Table, tables};

/// The numbers that a case is made of: for the world, the policy, the statement.
type Numbers = (Vec<u16>, Vec<u16>, Vec<u16>);

fn numbers() -> impl Strategy<Value = Numbers> {
    let list = |least: usize, most: usize| proptest::collection::vec(any::<u16>(), least..most);
    (list(40, 200), list(20, 120), list(20, 240))
}

/// A view of the site's catalog, and the rows of it that alice sees.
#[derive(Debug)]
struct View {
    name: String,
    text: String,
    filter: Option<String>,
}

impl View {
    fn ddl(&self, schema: &str) -> String {
        format!("CREATE VIEW {schema}{} AS {}", quote(&self.name), self.text)
    }

    /// The view that takes its place where the policy is held physically.
    fn secure_ddl(&self, schema: &str) -> String {
        match &self.filter {
            None => self.ddl(schema),
            Some(filter) => format!(
                "CREATE VIEW {schema}{} AS SELECT * FROM ({}) AS `z` WHERE {filter}",
                quote(&self.name),
                self.text
            ),
        }
    }
}

/// A random case.
struct Case {
    tables: Vec<Table>,
    policy: RandomPolicy,
    /// Views of the site's catalog.
    views: Vec<View>,
    /// The submitted script.
    statements: Vec<String>,
    /// The columns of the sink, when the script ends in an INSERT.
    sink: Option<usize>,
    reads: BTreeSet<usize>,
    features: BTreeSet<&'static str>,
}

impl Case {
    fn new((world, rules, statement): &Numbers) -> Self {
        let tables = tables(&mut Choices::new(world));
        let policy = policy::policy(&mut Choices::new(rules), &tables);
        let mut choices = Choices::new(statement);
        let mut sources: Vec<Source> = tables
            .iter()
            .enumerate()
            .map(|(i, t)| Source::table(i, t))
            .collect();
        let mut views = Vec::new();
        let mut features = BTreeSet::new();
        for i in 0..[0, 1, 0, 2][choices.below(4)] {
            let mut generator = Generator::new(&mut choices, &sources);
            let (text, columns) = generator.query(1, false);
            let reads = generator.reads;
            let name = format!("view {i}");
            let filter = choices.percent(35).then(|| {
                let column: Output = choices.pick(&columns);
                let test = match column.kind {
                    Kind::Int => "> 1",
                    Kind::Text => "<> 'a'",
                    Kind::Flag => "IS NOT TRUE",
                    Kind::Amount => "IS NOT NULL",
                };
                format!("{} {test}", quote(&column.name))
            });
            let view = Source {
                name: name.clone(),
                columns,
                has_database: true,
                reads,
            };
            views.push(View { name, text, filter });
            sources.push(view);
        }
        let mut statements = Vec::new();
        if choices.percent(15) {
            let mut generator = Generator::new(&mut choices, &sources);
            let (text, columns) = generator.query(1, false);
            statements.push(format!("CREATE TEMPORARY VIEW `mine` AS {text}"));
            let reads = generator.reads;
            sources.push(Source {
                name: "mine".to_owned(),
                columns,
                has_database: false,
                reads,
            });
        }
        let insert = choices.percent(10);
        let mut generator = Generator::new(&mut choices, &sources);
        let (text, columns) = generator.query(2, !insert);
        let mut reads = generator.reads;
        features.extend(generator.features);
        let read = |name: &str| text.contains(&quote(name));
        if views.iter().any(|v| read(&v.name)) {
            features.insert("catalog view");
        }
        if views.iter().any(|v| v.filter.is_some() && read(&v.name)) {
            features.insert("filtered view");
        }
        if read("mine") {
            features.insert("session view");
        }
        if insert {
            features.insert("insert");
            statements.push(format!("INSERT INTO `sink` {text}"));
        } else {
            statements.push(text);
        }
        // A script with a statement that is denied is denied.
        reads.extend(
            sources
                .iter()
                .filter(|s| s.name == "mine")
                .flat_map(|s| &s.reads),
        );
        Self {
            tables,
            policy,
            views,
            statements,
            sink: insert.then_some(columns.len()),
            reads,
            features,
        }
    }

    fn sink_ddl(&self, schema: &str) -> Option<String> {
        let columns = self.sink?;
        let columns: Vec<_> = (0..columns)
            .map(|i| format!("`o{i}` VARCHAR(80)"))
            .collect();
        Some(format!(
            "CREATE TABLE {schema}`sink` ({})",
            columns.join(", ")
        ))
    }

    fn engine(&self) -> Engine {
        let mut catalog = Catalog::default();
        let tables = self.tables.iter().map(|t| t.ddl(""));
        let views = self.views.iter().map(|v| v.ddl(""));
        let ddl: Vec<String> = tables.chain(self.sink_ddl("")).chain(views).collect();
        catalog
            .add_sql(&ddl.join(";\n"), "case")
            .unwrap_or_else(|e| panic!("{e}\n{}", ddl.join("\n")));
        let document = self.document();
        Engine::new(
            Policy::load(&document, "case").unwrap_or_else(|e| panic!("{e}\n{document}")),
            catalog,
        )
    }

    fn document(&self) -> String {
        let views = self.views.iter();
        let filters = views.filter_map(|v| v.filter.as_deref().map(|f| (v.name.as_str(), f)));
        self.policy.document(&self.tables, filters)
    }

    /// A database whose tables hold `rows`, with the views over them.
    fn database(&self, rows: &[Vec<Vec<Cell>>], secure: bool) -> Result<Connection, String> {
        let views = self.views.iter().map(|view| match secure {
            true => view.secure_ddl("default_database."),
            false => view.ddl("default_database."),
        });
        // In SQLite a column without type keeps every value as it is.
        let sink = self.sink_ddl("default_database.");
        let sink = sink.map(|ddl| ddl.replace(" VARCHAR(80)", ""));
        let others: Vec<String> = views.chain(sink).collect();
        database(&self.tables, rows, &others)
    }
}

/// What the cases came to.
#[derive(Debug, Default)]
struct Tally {
    cases: usize,
    denied: usize,
    /// SQLite could not run what was submitted.
    not_run: BTreeMap<String, usize>,
    allowed: usize,
    with_rows: usize,
    /// The policy changes the answer; of these, a table that is read lost rows, or has other values.
    effective: usize,
    filtered: usize,
    masked: usize,
    /// The inline style gives another text; of these, the policy changes the answer.
    inlined: usize,
    inlined_effective: usize,
    /// Of those in which the policy changes the answer.
    features: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.denied += other.denied;
        self.allowed += other.allowed;
        self.with_rows += other.with_rows;
        self.effective += other.effective;
        self.filtered += other.filtered;
        self.masked += other.masked;
        self.inlined += other.inlined;
        self.inlined_effective += other.inlined_effective;
        for (why, n) in other.not_run {
            *self.not_run.entry(why).or_default() += n;
        }
        for (feature, n) in other.features {
            *self.features.entry(feature).or_default() += n;
        }
    }

    fn not_run(&mut self, why: &str) -> Result<(), String> {
        let why = why.split(':').next().unwrap_or_default().to_owned();
        *self.not_run.entry(why).or_default() += 1;
        Ok(())
    }
}

fn check(numbers: &Numbers, tally: &mut Tally) -> Result<(), String> {
    let case = Case::new(numbers);
    tally.cases += 1;
    let engine = case.engine();
    let views: Vec<_> = (0..case.tables.len())
        .map(|of| case.policy.view(&case.tables, of))
        .collect();
    let closed = case.reads.iter().any(|of| views[*of].is_none());
    let script = case.statements.join(";\n");
    let user = Principal {
        user: "alice".to_owned(),
        attributes: BTreeMap::from([("n".to_owned(), Attribute::Integer(ATTRIBUTE))]),
        ..Principal::default()
    };
    let mut texts: Vec<String> = Vec::new();
    for style in [Style::Derived, Style::Inline] {
        let reply = engine.check(&Request {
            style,
            at: Some(0),
            ..Request::new(user.clone(), script.clone())
        });
        match &reply.decision {
            Decision::Allow { sql, .. } if closed => {
                return Err(format!("a closed table is read:\n{script}\n{sql:?}"));
            }
            Decision::Allow { sql, .. } => texts.push(sql.as_str().to_owned()),
            Decision::Deny { errors } => {
                // A view that is not made is not there for the next statement.
                let mut codes = errors.as_slice().iter().map(|e| e.code.as_str());
                let first = codes.next();
                let follow = ["no-matching-filter", "table-unknown"];
                if closed
                    && first == Some("no-matching-filter")
                    && codes.all(|c| follow.contains(&c))
                {
                    tally.denied += 1;
                    return Ok(());
                }
                return Err(format!("denied: {errors:?}\n{script}"));
            }
        }
    }
    let raw: Vec<_> = case.tables.iter().map(|t| t.rows.clone()).collect();
    let secure: Vec<_> = views.into_iter().map(Option::unwrap_or_default).collect();
    let run = |database: &Connection, statements: &[String]| {
        run(database, statements, case.sink.is_some())
    };
    let of_secure = case.database(&secure, true);
    let wanted = match of_secure.and_then(|database| run(&database, &case.statements)) {
        Ok(wanted) => wanted,
        Err(why) => return tally.not_run(&why),
    };
    let database = case.database(&raw, false)?;
    for text in &texts {
        let found = run(&database, &statements(text))
            .map_err(|e| format!("the rewritten script does not run: {e}\nsubmitted: {script}"))?;
        if found != wanted {
            return Err(format!(
                "unequal\nsubmitted: {script}\nrewritten: {text}\nviews: {:?}\nraw: {raw:?}\nsecure: {secure:?}\nwanted: {wanted:?}\nfound: {found:?}\npolicy: {}",
                case.views,
                case.document(),
            ));
        }
    }
    let effective = run(&database, &case.statements).is_ok_and(|answer| answer != wanted);
    let inlined = texts[0] != texts[1];
    let read = |holds: &dyn Fn(usize) -> bool| {
        usize::from(effective && case.reads.iter().any(|of| holds(*of)))
    };
    tally.allowed += 1;
    tally.with_rows += usize::from(!wanted.rows.is_empty());
    tally.effective += usize::from(effective);
    tally.filtered += read(&|of| secure[of].len() < raw[of].len());
    tally.masked += read(&|of| secure[of].iter().any(|row| !raw[of].contains(row)));
    tally.inlined += usize::from(inlined);
    tally.inlined_effective += usize::from(effective && inlined);
    for feature in case.features.iter().filter(|_| effective) {
        *tally.features.entry(feature).or_default() += 1;
    }
    Ok(())
}

/// The statements of an allowed script, for an engine without catalogs.
fn statements(sql: &str) -> Vec<String> {
    let limits = Limits {
        nesting: 1_000,
        ..Limits::default()
    };
    let script =
        Script::parse(sql, FlinkVersion::default(), &limits).expect("what is allowed parses");
    let texts = script.statements.iter().map(|s| s.span.text(sql));
    texts
        .map(|text| text.replace("`default_catalog`.", ""))
        .collect()
}

#[test]
fn the_equation_holds_on_random_cases() {
    let mut tally = Tally::default();
    for part in on_random_cases(1_000, 1_000, numbers, check) {
        tally.add(part);
    }
    println!("equation on SQLite: {tally:#?}");
    let share = |part: usize, least: usize| {
        assert!(
            part * 100 >= tally.cases * least,
            "less than {least} % of {tally:#?}"
        )
    };
    share(tally.allowed, 70);
    share(tally.with_rows, 40);
    share(tally.effective, 40);
    share(tally.filtered, 25);
    share(tally.masked, 25);
    share(tally.inlined_effective, 15);
    assert!(
        tally.denied * 1_000 >= tally.cases * 3,
        "closed tables: {tally:#?}"
    );
    let features = [
        "JOIN",
        "LEFT JOIN",
        "RIGHT JOIN",
        "FULL JOIN",
        "INNER JOIN",
        "cross join",
        "natural join",
        "using",
        "comma",
        "derived table",
        "exists",
        "in subquery",
        "scalar subquery",
        "correlated",
        "common table expression",
        "hidden table",
        "set operation",
        "groups",
        "filtered aggregate",
        "window",
        "distinct",
        "star",
        "order and limit",
        "catalog view",
        "filtered view",
        "session view",
        "insert",
        "name with its database",
        "column with its database",
    ];
    for feature in features {
        let met = tally.features.get(feature).copied().unwrap_or_default();
        assert!(
            met * 1_000 >= tally.cases * 5,
            "{feature}: {met} cases in which the policy changes the answer"
        );
    }
}
