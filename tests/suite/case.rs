//! The shared cases: `fixtures/{cases,attacks}/**/*.md` over `fixtures/worlds/*` (fixtures/README.md says what they are).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use serde_json::Value;
use sqlsec::policy::Principal;
use sqlsec::{Catalog, Engine, FlinkVersion, Policy, Request, Splitter, Style, SubmitCheck};

/// The root of the repository: a crate of the bindings reads this file too.
pub fn root() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = crate_folder
        .ancestors()
        .find(|folder| folder.join("fixtures/worlds").is_dir());
    root.expect("the fixtures are there").to_owned()
}

/// A case file.
#[derive(Debug)]
pub struct Case {
    /// Its path below `fixtures/cases`, or below `fixtures`, without `.md`.
    pub id: String,
    /// The file.
    pub path: PathBuf,
    /// Its settings.
    pub settings: Settings,
    /// The submitted script.
    pub submitted: String,
    /// The whole file, for blessing.
    pub text: String,
}

/// The `yaml case` block.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub world: String,
    pub policies: Vec<String>,
    #[serde(rename = "as")]
    pub who: Who,
    #[serde(default = "both_modes")]
    pub modes: Vec<Mode>,
    #[serde(default)]
    pub style: Styles,
    #[serde(default)]
    pub attack: OneOrMore,
    #[serde(default = "equal")]
    pub expect: String,
    #[serde(default = "rows")]
    pub compare: String,
    #[serde(default)]
    pub setup: Vec<String>,
    #[serde(default)]
    pub catalog: Vec<String>,
    #[serde(default)]
    pub config: BTreeMap<String, String>,
    #[serde(default)]
    pub flink: Vec<FlinkVersion>,
    #[serde(default)]
    pub earlier: Option<Earlier>,
    #[serde(default)]
    pub session: Option<Value>,
    #[serde(default)]
    pub strict: bool,
    pub splitter: Option<Splitter>,
    #[serde(default)]
    pub untold: Vec<String>,
    #[serde(default)]
    pub manual: Option<String>,
}

/// A request that came before on the same engine, or under another policy; the case gets the session it left.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    #[serde(rename = "as")]
    pub who: Who,
    pub sql: String,
    #[serde(default)]
    pub policy: Option<String>,
}

/// What a case expects.
#[derive(Debug, PartialEq, Eq)]
pub enum Expect<'c> {
    /// Allowed, and the rows are those of the secure view.
    Equal,
    /// Allowed, and both sides plan.
    Plan,
    /// Allowed and protected, over a connector that needs a server: shown by its rewrite.
    Rewritten,
    /// Denied with this code.
    Deny(&'c str),
    /// No SQL rewriter closes it: the case shows the limit that the manual names.
    Document,
}

impl Settings {
    pub fn expect(&self) -> Expect<'_> {
        match self.expect.as_str() {
            "equal" => Expect::Equal,
            "plan" => Expect::Plan,
            "rewritten" => Expect::Rewritten,
            "document" => Expect::Document,
            other => match other.strip_prefix("deny:") {
                Some(code) => Expect::Deny(code),
                None => panic!("expect: {other}"),
            },
        }
    }

    /// The request of a script, in the session that was there before it.
    pub fn request(&self, script: &str, style: Style, engine: &Engine, world: &World) -> Request {
        let mut request = Request::new(self.who.principal(), script);
        request.style = style;
        request.strict = self.strict;
        request.splitter = self.splitter;
        if let Some(session) = &self.session {
            request.session = serde_json::from_value(session.clone()).expect("a session");
        }
        if let Some(earlier) = &self.earlier {
            let first = Request::new(earlier.who.principal(), earlier.sql.as_str());
            let reply = match &earlier.policy {
                Some(policy) => world.engine(policy, &self.catalog).check(&first),
                None => engine.check(&first),
            };
            request.session = match reply.decision {
                sqlsec::check::Decision::Allow { session, .. } => session,
                sqlsec::check::Decision::Deny { errors } => {
                    panic!("the earlier request: {errors:?}")
                }
            };
        }
        request
    }
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Who {
    User(String),
    Principal(Principal),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Batch,
    Streaming,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Styles {
    #[default]
    Derived,
    Inline,
    Both,
}

#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore {
    #[default]
    None,
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub fn list(&self) -> Vec<&str> {
        match self {
            Self::None => Vec::new(),
            Self::One(one) => one.split(',').map(str::trim).collect(),
            Self::More(more) => more.iter().map(String::as_str).collect(),
        }
    }
}

fn both_modes() -> Vec<Mode> {
    vec![Mode::Batch, Mode::Streaming]
}

fn equal() -> String {
    "equal".to_owned()
}

fn rows() -> String {
    "rows".to_owned()
}

impl Mode {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Streaming => "streaming",
        }
    }
}

impl Styles {
    pub const fn list(self) -> &'static [(Style, &'static str)] {
        match self {
            Self::Derived => &[(Style::Derived, "derived")],
            Self::Inline => &[(Style::Inline, "inline")],
            Self::Both => &[(Style::Derived, "derived"), (Style::Inline, "inline")],
        }
    }
}

impl Who {
    pub fn principal(&self) -> Principal {
        match self {
            Self::User(user) => Principal {
                user: user.clone(),
                ..Principal::default()
            },
            Self::Principal(principal) => principal.clone(),
        }
    }
}

/// All cases, sorted by id.
pub fn cases() -> Vec<Case> {
    let fixtures = root().join("fixtures");
    let below = |folder: &str, base: &Path| -> Vec<Case> {
        let mut files = Vec::new();
        markdown(&fixtures.join(folder), &mut files);
        files.sort();
        files.iter().filter_map(|path| case(base, path)).collect()
    };
    let mut all = below("cases", &fixtures.join("cases"));
    all.append(&mut below("attacks", &fixtures));
    all
}

fn markdown(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            markdown(&path, files);
        } else if path.extension().is_some_and(|e| e == "md") {
            files.push(path);
        }
    }
}

/// A Markdown file without a `yaml case` block is prose.
fn case(folder: &Path, path: &Path) -> Option<Case> {
    let text = fs::read_to_string(path).expect("a readable case");
    let settings = block(&text, "yaml case")?;
    let id = path
        .strip_prefix(folder)
        .expect("below the folder")
        .with_extension("")
        .to_string_lossy()
        .replace('\\', "/");
    let settings: Settings =
        serde_saphyr::from_str(settings).unwrap_or_else(|e| panic!("{id}: {e}"));
    let submitted = block(&text, "sql submitted")
        .unwrap_or_else(|| panic!("{id}: no `sql submitted` block"))
        .to_owned();
    Some(Case {
        id,
        path: path.to_owned(),
        settings,
        submitted,
        text,
    })
}

/// The inside of the fenced block whose info string is `info`.
pub fn block<'t>(text: &'t str, info: &str) -> Option<&'t str> {
    let fence = format!("```{info}\n");
    let start = text.find(&fence)? + fence.len();
    let length = text[start..].find("\n```")?;
    Some(&text[start..start + length])
}

/// A world with its tables in one mode.
pub struct World {
    pub folder: PathBuf,
    pub tables: Vec<(String, String)>,
    pub data: BTreeMap<String, Value>,
    pub functions: BTreeMap<String, String>,
    /// Engines over these tables alone, by policy.
    engines: Mutex<BTreeMap<String, Arc<Engine>>>,
}

impl World {
    /// A world, read once. Batch cannot read changelogs: tables and data marked for it take the place of the others.
    pub fn load(name: &str, mode: Mode) -> Arc<Self> {
        static READ: Mutex<BTreeMap<(String, &str), Arc<World>>> = Mutex::new(BTreeMap::new());
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (name.to_owned(), mode.word());
        Arc::clone(
            read.entry(key)
                .or_insert_with(|| Arc::new(Self::read(name, mode))),
        )
    }

    fn read(name: &str, mode: Mode) -> Self {
        let folder = root().join("fixtures/worlds").join(name);
        let read = |file: &str| fs::read_to_string(folder.join(file)).ok();
        let mut tables =
            split_ddl(&read("tables.sql").unwrap_or_else(|| panic!("world {name} has tables")));
        let json = |file: &str| -> BTreeMap<String, Value> {
            read(file)
                .map(|t| serde_json::from_str(&t).unwrap_or_else(|e| panic!("{name}/{file}: {e}")))
                .unwrap_or_default()
        };
        let mut data = json("data.json");
        if mode == Mode::Batch {
            for (table, ddl) in split_ddl(&read("tables.batch.sql").unwrap_or_default()) {
                match tables.iter_mut().find(|(t, _)| *t == table) {
                    Some(known) => known.1 = ddl,
                    None => tables.push((table, ddl)),
                }
            }
            let batch: Vec<_> = data
                .iter()
                .filter_map(|(k, v)| Some((k.strip_suffix("@batch")?.to_owned(), v.clone())))
                .collect();
            data.extend(batch);
        }
        data.retain(|key, _| !key.ends_with("@batch"));
        let functions = json("functions.json")
            .into_iter()
            .map(|(k, v)| (k, v.as_str().expect("a class name").to_owned()))
            .collect();
        Self {
            folder,
            tables,
            data,
            functions,
            engines: Mutex::default(),
        }
    }

    pub fn policy_text(&self, name: &str) -> String {
        let path = self.policy_file(name);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    fn policy_file(&self, name: &str) -> PathBuf {
        self.folder.join("policies").join(format!("{name}.yaml"))
    }

    fn policy(&self, name: &str) -> Policy {
        let path = self.policy_file(name);
        Policy::load(&self.policy_text(name), &path.to_string_lossy())
            .unwrap_or_else(|e| panic!("{e}"))
    }

    /// The secure view of each table for a user, by table.
    pub fn secure(&self, policy: &str, user: &str) -> BTreeMap<String, Value> {
        let path = self
            .folder
            .join("policies")
            .join(format!("{policy}.secure.json"));
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let all: BTreeMap<String, BTreeMap<String, Value>> =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        all.get(user).cloned().unwrap_or_default()
    }

    /// An engine over this world's tables and what the case's catalog adds.
    pub fn engine(&self, policy: &str, catalog: &[String]) -> Arc<Engine> {
        if !catalog.is_empty() {
            return Arc::new(self.new_engine(policy, catalog));
        }
        let mut engines = self.engines.lock().unwrap_or_else(PoisonError::into_inner);
        let known = engines.entry(policy.to_owned());
        Arc::clone(known.or_insert_with(|| Arc::new(self.new_engine(policy, catalog))))
    }

    fn new_engine(&self, policy: &str, catalog: &[String]) -> Engine {
        Engine::with_source(Arc::new(self.policy(policy)), self.catalog(catalog))
    }

    /// This world's tables and what the case's catalog adds.
    pub fn catalog(&self, catalog: &[String]) -> Arc<Catalog> {
        let mut all: Vec<String> = self.tables.iter().map(|(_, ddl)| ddl.clone()).collect();
        all.extend(catalog.iter().cloned());
        let mut snapshot = Catalog::default();
        // Statement by statement: catalog statements build on one another.
        snapshot
            .add_sql(&all.join(";\n"), "tables.sql")
            .unwrap_or_else(|e| panic!("{e}"));
        Arc::new(snapshot)
    }
}

/// `CREATE` statements by table name, comments kept with the statement after them.
fn split_ddl(text: &str) -> Vec<(String, String)> {
    let script = sqlsec::syntax::Script::parse(
        text,
        FlinkVersion::default(),
        &sqlsec::syntax::Limits::default(),
    )
    .unwrap_or_else(|e| panic!("{e} at {:?}", e.span.position(text)));
    script
        .statements
        .iter()
        .map(|statement| {
            use sqlsec::syntax::ast::StatementKind;
            let name = match &statement.kind {
                StatementKind::CreateTable(create) => &create.name,
                StatementKind::CreateView(create) => &create.name,
                other => panic!("a world holds tables and views, not {other:?}"),
            };
            (
                name.parts.last().expect("a name").value.clone(),
                statement.span.text(text).to_owned(),
            )
        })
        .collect()
}

/// The statements of a script as texts.
pub fn statements(script: &str) -> Vec<String> {
    let parsed = sqlsec::syntax::Script::parse(
        script,
        FlinkVersion::default(),
        &sqlsec::syntax::Limits::default(),
    );
    match parsed {
        Ok(parsed) => parsed
            .statements
            .iter()
            .map(|s| s.span.text(script).to_owned())
            .collect(),
        Err(_) => vec![script.to_owned()],
    }
}
