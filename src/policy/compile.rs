//! A document becomes rules that can be decided on. Everything that is wrong is found in one go, each with its place.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::condition::{self, Problem};
use super::decode::decode;
use super::document::{
    API_VERSION, Defaults, ExcerptDecl, Inheritance, MaskDecl, RoleDecl, Subjects, TaggedDecl,
};
use super::physical::Servers;
use super::place::{self, PlaceKind};
use super::rule::{Rule, Target};
use super::stated::PrincipalDecl;
use super::subject::{PUBLIC, Roles, cyclic};
use super::yaml::{self, Node, Value};
use super::{Finding, RuleId};
use crate::mask::{Hides, MaskSpec, Nulls, Template};
use crate::syntax::Position;

/// What a document says, compiled.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    pub version: u64,
    pub defaults: Defaults,
    pub roles: Roles,
    pub rules: Vec<Rule>,
    /// The servers that the site lists, with all their names.
    pub servers: Servers,
    /// How masks follow data.
    pub inheritance: Inheritance,
    /// The functions that strict mode lets pass, in upper case.
    pub strict_functions: BTreeSet<String>,
    /// The functions that masks, filters and `when` call.
    pub functions: BTreeSet<Vec<String>>,
    /// What an excerpt says of its whole.
    pub excerpt: Option<ExcerptDecl>,
    /// Whom an answer is about, as its service knows them.
    pub principal: Option<Arc<PrincipalDecl>>,
}

/// Where a document comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Somebody wrote it: it is the whole policy.
    Written,
    /// A service gave it as the answer to a question: nothing of weight may be left to what holds where nothing is written.
    Answered,
}

/// Compiles a document as far as it goes.
pub(super) fn compile(text: &str, origin: Origin) -> (Compiled, Vec<Finding>) {
    let mut compiler = Compiler::default();
    match yaml::parse(text) {
        Ok(root) => {
            compiler.document(&root);
            compiler.excerpt(&root, origin);
        }
        Err(finding) => compiler.findings.push(finding),
    }
    compiler
        .findings
        .sort_by_key(|finding| (finding.line, finding.column));
    (compiler.compiled, compiler.findings)
}

/// What is known of a document so far.
#[derive(Default)]
pub(super) struct Compiler {
    pub compiled: Compiled,
    pub findings: Vec<Finding>,
    role_names: HashSet<String>,
    pub masks: HashMap<String, MaskSpec>,
    pub tags: HashMap<String, Vec<Target>>,
    pub ids: HashSet<String>,
}

impl Compiler {
    pub(super) fn error(&mut self, at: Position, code: &'static str, message: impl Into<String>) {
        self.findings.push(Finding::error(at, code, message));
    }

    pub(super) fn keep<T>(&mut self, read: Result<T, Finding>) -> Option<T> {
        read.map_err(|finding| self.findings.push(finding)).ok()
    }

    fn document(&mut self, root: &Node) {
        if !matches!(root.value, Value::Map(_)) {
            return self.error(root.at, "document-shape", "a policy document is a mapping");
        }
        const FIELDS: [&str; 12] = [
            "apiVersion",
            "version",
            "defaults",
            "servers",
            "roles",
            "masks",
            "tags",
            "inheritance",
            "strict_functions",
            "excerpt",
            "principal",
            "rules",
        ];
        for (key, _) in root.entries() {
            if !FIELDS.contains(&key.text.as_str()) {
                let known = FIELDS.join(", ");
                let message = format!("unknown field `{}`, expected one of {known}", key.text);
                self.error(key.at, "document-shape", message);
            }
        }
        match root.get("apiVersion").map(|node| (node.at, node.text())) {
            Some((_, Some(API_VERSION))) => {}
            Some((at, _)) => self.error(
                at,
                "api-version",
                format!("this program reads `apiVersion: {API_VERSION}`"),
            ),
            None => self.error(
                root.at,
                "api-version",
                format!("`apiVersion: {API_VERSION}` is missing"),
            ),
        }
        if let Some(node) = root.get("version") {
            self.compiled.version = self.keep(decode(node)).unwrap_or_default();
        }
        match root.get("defaults") {
            Some(node) => self.compiled.defaults = self.keep(decode(node)).unwrap_or_default(),
            None => self.findings.push(Finding::warning(
                root.at,
                "defaults-implicit",
                "`defaults` is not written: tables without an access rule are allowed",
            )),
        }
        self.servers(root.get("servers"));
        self.roles(root.get("roles"));
        self.masks(root.get("masks"));
        self.tags(root.get("tags"));
        if let Some(node) = root.get("inheritance") {
            self.compiled.inheritance = self.keep(decode(node)).unwrap_or_default();
            // Whoever may put another function in the place of one of these could declassify anything.
            let listed = self.compiled.inheritance.declassifying.iter();
            let parts = listed.map(|name| name.split('.').map(str::to_owned).collect());
            self.compiled
                .functions
                .extend(parts.collect::<Vec<Vec<String>>>());
        }
        if let Some(node) = root.get("strict_functions") {
            let names: Vec<String> = self.keep(decode(node)).unwrap_or_default();
            self.compiled.strict_functions = names.iter().map(|n| n.to_ascii_uppercase()).collect();
        }
        for node in self.list(root.get("rules")) {
            self.rule(node);
        }
    }

    fn excerpt(&mut self, root: &Node, origin: Origin) {
        let (excerpt, principal) = (root.get("excerpt"), root.get("principal"));
        match (origin, excerpt.or(principal)) {
            (Origin::Written, Some(node)) => self.error(
                node.at,
                "excerpt",
                "this document answers one question of one user: it is no policy",
            ),
            (Origin::Written, None) => {}
            (Origin::Answered, _) => {
                let stated = principal.and_then(|node| self.keep(decode(node)));
                self.compiled.principal = stated.map(Arc::new);
                self.compiled.excerpt = excerpt.and_then(|node| self.keep(decode(node)));
                for path in [
                    &["version"][..],
                    &["defaults"],
                    &["defaults", "access"],
                    &["rules"],
                ] {
                    let mut at = Some(root);
                    for part in path {
                        at = at.and_then(|node| node.get(part));
                    }
                    if at.is_none() {
                        let field = path.join(".");
                        let message = format!("`{field}` is missing: an answer says what holds");
                        self.error(root.at, "answer-incomplete", message);
                    }
                }
            }
        }
    }

    /// The items of a field that is a list.
    fn list<'n>(&mut self, node: Option<&'n Node>) -> &'n [Node] {
        if let Some(node) = node
            && !matches!(node.value, Value::List(_))
        {
            self.error(node.at, "document-shape", "a list is due here");
        }
        node.map(Node::items).unwrap_or_default()
    }

    /// The entries of a field that is a mapping.
    fn map<'n>(&mut self, node: Option<&'n Node>) -> &'n [(yaml::Key, Node)] {
        if let Some(node) = node
            && !matches!(node.value, Value::Map(_))
        {
            self.error(node.at, "document-shape", "a mapping is due here");
        }
        node.map(Node::entries).unwrap_or_default()
    }

    fn servers(&mut self, node: Option<&Node>) {
        for node in self.list(node) {
            let Some(names) = self.keep(decode::<Vec<String>>(node)) else {
                continue;
            };
            if let Err(message) = self.compiled.servers.add(&names) {
                self.error(node.at, "bad-server", message);
            }
        }
    }

    fn roles(&mut self, node: Option<&Node>) {
        let mut roles: Vec<(&Node, RoleDecl)> = Vec::new();
        for node in self.list(node) {
            let Some(role) = self.keep(decode::<RoleDecl>(node)) else {
                continue;
            };
            if !self.role_names.insert(role.name.clone()) {
                let message = format!("role `{}` is declared twice", role.name);
                self.error(node.place(&["name"]), "duplicate-role", message);
            }
            roles.push((node, role));
        }
        for (node, role) in &roles {
            let members = Subjects {
                users: role.users.clone(),
                groups: role.groups.clone(),
                roles: role.roles.clone(),
            };
            self.subjects(node, &[], &members, None);
        }
        let (nodes, roles): (Vec<&Node>, Vec<RoleDecl>) = roles.into_iter().unzip();
        for index in cyclic(&roles) {
            if let (Some(node), Some(role)) = (nodes.get(index), roles.get(index)) {
                let message = format!("role `{}` contains itself", role.name);
                self.error(node.place(&["roles"]), "cyclic-role", message);
            }
        }
        self.compiled.roles = Roles::compile(&roles);
    }

    fn masks(&mut self, node: Option<&Node>) {
        for (key, node) in self.map(node) {
            let Some(mask) = self.keep(decode::<MaskDecl>(node)) else {
                continue;
            };
            if MaskSpec::from_ranger(&key.text).is_some() || key.text == CUSTOM {
                let message = format!("`{}` is the name of a built-in mask", key.text);
                self.error(key.at, "reserved-mask", message);
            }
            let at = node.place(&["expression"]);
            let forms = (mask.nulls.into(), mask.hides.said());
            let template = self.template(&key.text, &mask.expression, forms, at, None);
            // An unusable mask stays known, so that its rules do not draw a second finding.
            self.masks
                .insert(key.text.clone(), template.unwrap_or(MaskSpec::Null));
        }
    }

    pub(super) fn template(
        &mut self,
        name: &str,
        text: &str,
        (nulls, hides): (Nulls, Option<Hides>),
        at: Position,
        rule: Option<&RuleId>,
    ) -> Option<MaskSpec> {
        let template = Template::new(name, text, nulls)
            .map_err(|error| condition::syntax(&error))
            .map(|template| match hides {
                Some(hides) => template.hiding(hides),
                None => template,
            })
            .and_then(|template| {
                let functions = condition::check_mask(template.expression())?;
                Ok((template, functions))
            });
        match template {
            Ok((template, functions)) => {
                self.compiled.functions.extend(functions);
                Some(MaskSpec::Template(Arc::new(template)))
            }
            Err(problem) => {
                self.problem(problem, text, at, rule, "mask");
                None
            }
        }
    }

    pub(super) fn problem(
        &mut self,
        problem: Problem,
        text: &str,
        at: Position,
        rule: Option<&RuleId>,
        field: &str,
    ) {
        let place = match problem.at {
            Some(byte) => {
                let before = text.char_indices().take_while(|(index, _)| *index < byte);
                format!(
                    " (character {} of `{field}`)",
                    before.count().saturating_add(1)
                )
            }
            None => String::new(),
        };
        let finding = Finding::error(at, problem.code, format!("{}{place}", problem.message));
        self.findings.push(match rule {
            Some(rule) => finding.of_rule(rule),
            None => finding,
        });
    }

    fn tags(&mut self, node: Option<&Node>) {
        for (key, node) in self.map(node) {
            let mut targets = Vec::new();
            for node in self.list(Some(node)) {
                let Some(tagged) = self.keep(decode::<TaggedDecl>(node)) else {
                    continue;
                };
                let on = super::document::Target {
                    table: tagged.table,
                    physical: tagged.physical,
                    columns: tagged.columns,
                    ..Default::default()
                };
                let target = place::target(node, &on, PlaceKind::Tagged, &self.compiled.servers);
                targets.extend(self.keep(target));
            }
            self.tags.insert(key.text.clone(), targets);
        }
    }

    /// Names of users, groups and roles compare exactly, so a wildcard among them is a mistake; a role nobody declared is one too, unless it
    /// stands where it can only fail to exempt.
    pub(super) fn subjects(
        &mut self,
        node: &Node,
        path: &[&str],
        subjects: &Subjects,
        rule: Option<&RuleId>,
    ) {
        let exception = path == ["except"];
        let lists = [
            ("users", &subjects.users),
            ("groups", &subjects.groups),
            ("roles", &subjects.roles),
        ];
        for (kind, names) in lists {
            for (index, name) in names.iter().enumerate() {
                let at = node.place(&[path, &[kind, &index.to_string()]].concat());
                let finding = if name.is_empty() || name.contains(['*', '?']) {
                    let message = format!(
                        "`{name}` names nobody: wildcards do not work here, everyone is the group `{PUBLIC}`"
                    );
                    Finding::error(at, "subject-name", message)
                } else if kind == "roles" && !self.role_names.contains(name) {
                    let message = format!(
                        "role `{name}` is not declared: a role that only the submitter knows is declared without members"
                    );
                    if exception {
                        Finding::warning(at, "unknown-role", message)
                    } else {
                        Finding::error(at, "unknown-role", message)
                    }
                } else {
                    continue;
                };
                self.findings.push(match rule {
                    Some(rule) => finding.of_rule(rule),
                    None => finding,
                });
            }
        }
    }
}

pub(super) const CUSTOM: &str = "CUSTOM";
