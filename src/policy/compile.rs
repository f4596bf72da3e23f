//! A document becomes rules that can be decided on. Everything that is wrong is found in one go, each with its place.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::condition::{self, Condition, Problem};
use super::decode::{decode, decode_without};
use super::document::{
    API_VERSION, AccessDecl, ColumnMaskDecl, Defaults, MaskDecl, MaskRef, RoleDecl, RowFilterDecl,
    Subjects, TaggedDecl, Valid,
};
use super::place::{self, PlaceKind};
use super::rule::{MaskRule, Rule, RuleKind, Target};
use super::subject::{PUBLIC, Roles, cyclic};
use super::validity::Validity;
use super::yaml::{self, Node, Value};
use super::{Finding, RuleId};
use crate::mask::{MaskSpec, Nulls, Template};
use crate::syntax::Position;

/// What a document says, compiled.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    pub version: u64,
    pub defaults: Defaults,
    pub roles: Roles,
    pub rules: Vec<Rule>,
}

/// Compiles a document as far as it goes.
pub(super) fn compile(text: &str) -> (Compiled, Vec<Finding>) {
    let mut compiler = Compiler::default();
    match yaml::parse(text) {
        Ok(root) => compiler.document(&root),
        Err(finding) => compiler.findings.push(finding),
    }
    compiler
        .findings
        .sort_by_key(|finding| (finding.line, finding.column));
    (compiler.compiled, compiler.findings)
}

#[derive(Default)]
struct Compiler {
    compiled: Compiled,
    findings: Vec<Finding>,
    role_names: HashSet<String>,
    masks: HashMap<String, MaskSpec>,
    tags: HashMap<String, Vec<Target>>,
    ids: HashSet<String>,
}

/// What all kinds of rules have.
struct Common<'d> {
    id: &'d str,
    to: &'d Subjects,
    except: &'d Subjects,
    on: &'d super::document::Target,
    valid: &'d Valid,
    priority: i32,
}

impl Compiler {
    fn error(&mut self, at: Position, code: &'static str, message: impl Into<String>) {
        self.findings.push(Finding::error(at, code, message));
    }

    fn keep<T>(&mut self, read: Result<T, Finding>) -> Option<T> {
        read.map_err(|finding| self.findings.push(finding)).ok()
    }

    fn document(&mut self, root: &Node) {
        if !matches!(root.value, Value::Map(_)) {
            return self.error(root.at, "document-shape", "a policy document is a mapping");
        }
        const FIELDS: [&str; 7] = [
            "apiVersion",
            "version",
            "defaults",
            "roles",
            "masks",
            "tags",
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
        self.roles(root.get("roles"));
        self.masks(root.get("masks"));
        self.tags(root.get("tags"));
        for node in self.list(root.get("rules")) {
            self.rule(node);
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
            let template = self.template(&key.text, &mask.expression, mask.nulls.into(), at, None);
            // An unusable mask stays known, so that its rules do not draw a second finding.
            self.masks
                .insert(key.text.clone(), template.unwrap_or(MaskSpec::Null));
        }
    }

    fn template(
        &mut self,
        name: &str,
        text: &str,
        nulls: Nulls,
        at: Position,
        rule: Option<&RuleId>,
    ) -> Option<MaskSpec> {
        let template = Template::new(name, text, nulls)
            .map_err(|error| condition::syntax(&error))
            .and_then(|template| {
                condition::check_mask(template.expression())?;
                Ok(template)
            });
        match template {
            Ok(template) => Some(MaskSpec::Template(Arc::new(template))),
            Err(problem) => {
                self.problem(problem, text, at, rule, "mask");
                None
            }
        }
    }

    fn problem(
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
                let target = place::target(node, &on, PlaceKind::Tagged);
                targets.extend(self.keep(target));
            }
            self.tags.insert(key.text.clone(), targets);
        }
    }

    fn rule(&mut self, node: &Node) {
        let Some(kind) = node.get("type") else {
            return self.error(
                node.at,
                "document-shape",
                "`type` is missing: row_filter, column_mask or access",
            );
        };
        let rule = match kind.text() {
            Some("row_filter") => {
                let decl = self.keep(decode_without::<RowFilterDecl>(node, "type"));
                decl.and_then(|decl| self.row_filter(node, &decl))
            }
            Some("column_mask") => {
                let decl = self.keep(decode_without::<ColumnMaskDecl>(node, "type"));
                decl.and_then(|decl| self.column_mask(node, &decl))
            }
            Some("access") => {
                let decl = self.keep(decode_without::<AccessDecl>(node, "type"));
                decl.and_then(|decl| self.access(node, &decl))
            }
            _ => {
                return self.error(
                    kind.at,
                    "document-shape",
                    "`type` is row_filter, column_mask or access",
                );
            }
        };
        self.compiled.rules.extend(rule);
    }

    fn row_filter(&mut self, node: &Node, decl: &RowFilterDecl) -> Option<Rule> {
        let common = Common {
            id: &decl.id,
            to: &decl.to,
            except: &decl.except,
            on: &decl.on,
            valid: &decl.valid,
            priority: 0,
        };
        let id = self.id(node, &common);
        let filter = self.condition(node, "filter", &decl.filter, &id);
        let targets = self.targets(node, &common, PlaceKind::Rows, &id);
        let kind = RuleKind::Filter(decl.mode, filter?);
        self.finish(node, &common, id, targets?, kind)
    }

    fn column_mask(&mut self, node: &Node, decl: &ColumnMaskDecl) -> Option<Rule> {
        let common = Common {
            id: &decl.id,
            to: &decl.to,
            except: &decl.except,
            on: &decl.on,
            valid: &decl.valid,
            priority: decl.priority,
        };
        let id = self.id(node, &common);
        let mask = self.mask(node, &decl.mask, &id);
        let when = match &decl.when {
            Some(text) => Some(self.condition(node, "when", text, &id)?),
            None => None,
        };
        let targets = self.targets(node, &common, PlaceKind::Columns, &id);
        let kind = RuleKind::Mask(MaskRule {
            mask: mask?,
            when,
            inherit: decl.inherit,
            aggregate: decl.aggregate,
        });
        self.finish(node, &common, id, targets?, kind)
    }

    fn access(&mut self, node: &Node, decl: &AccessDecl) -> Option<Rule> {
        let common = Common {
            id: &decl.id,
            to: &decl.to,
            except: &decl.except,
            on: &decl.on,
            valid: &decl.valid,
            priority: decl.priority,
        };
        let id = self.id(node, &common);
        if decl.privileges.is_empty() {
            let finding = Finding::error(
                node.place(&["privileges"]),
                "no-privilege",
                "names no privilege",
            );
            self.findings.push(finding.of_rule(&id));
        }
        if decl.on.object.is_none()
            && let Some(privilege) = decl.privileges.iter().find(|p| p.is_code())
        {
            let message = format!(
                "`{}` is no privilege on tables: write `on: {{ object: … }}`",
                format!("{privilege:?}").to_lowercase()
            );
            let finding = Finding::error(node.place(&["privileges"]), "privilege-target", message);
            self.findings.push(finding.of_rule(&id));
        }
        let targets = self.targets(node, &common, PlaceKind::Access, &id);
        let kind = RuleKind::Access(decl.effect, decl.privileges.clone());
        self.finish(node, &common, id, targets?, kind)
    }

    fn id(&mut self, node: &Node, common: &Common<'_>) -> RuleId {
        let id: RuleId = common.id.into();
        let at = node.place(&["id"]);
        if common.id.is_empty() || common.id.chars().any(char::is_control) {
            self.error(at, "rule-id", "an id is a line of text");
        }
        if !self.ids.insert(common.id.to_owned()) {
            let message = format!("a rule `{}` exists already", common.id);
            self.findings
                .push(Finding::error(at, "duplicate-id", message).of_rule(&id));
        }
        id
    }

    fn condition(
        &mut self,
        node: &Node,
        field: &str,
        text: &str,
        rule: &RuleId,
    ) -> Option<Condition> {
        let at = node.place(&[field]);
        match Condition::compile(text) {
            Ok(condition) => Some(condition),
            Err(problem) => {
                self.problem(problem, text, at, Some(rule), field);
                None
            }
        }
    }

    fn mask(&mut self, node: &Node, mask: &MaskRef, rule: &RuleId) -> Option<MaskSpec> {
        let at = node.place(&["mask"]);
        match mask {
            MaskRef::Custom { expression } => {
                let at = node.place(&["mask", "expression"]);
                self.template(CUSTOM, expression, Nulls::Auto, at, Some(rule))
            }
            MaskRef::Name(name) => {
                let found = MaskSpec::from_ranger(name).or_else(|| self.masks.get(name).cloned());
                if found.is_none() {
                    let message = if name == CUSTOM {
                        "write `mask: { expression: \"…\" }` for a mask of the rule's own".into()
                    } else {
                        format!("mask `{name}` is neither built in nor among `masks`")
                    };
                    self.findings
                        .push(Finding::error(at, "unknown-mask", message).of_rule(rule));
                }
                found
            }
        }
    }

    fn targets(
        &mut self,
        node: &Node,
        common: &Common<'_>,
        kind: PlaceKind,
        rule: &RuleId,
    ) -> Option<Vec<Target>> {
        let on = node.get("on").unwrap_or(node);
        let read = place::targets(on, common.on, kind, &self.tags);
        self.keep(read.map_err(|finding| finding.of_rule(rule)))
    }

    /// Checks what is common, and makes the rule.
    fn finish(
        &mut self,
        node: &Node,
        common: &Common<'_>,
        id: RuleId,
        targets: Vec<Target>,
        kind: RuleKind,
    ) -> Option<Rule> {
        self.subjects(node, &["to"], common.to, Some(&id));
        self.subjects(node, &["except"], common.except, Some(&id));
        if *common.to == Subjects::default() {
            let finding = Finding::error(node.place(&["to"]), "no-subject", "is for nobody");
            self.findings.push(finding.of_rule(&id));
        }
        let valid = match Validity::compile(common.valid) {
            Ok(valid) => valid,
            Err(bad) => {
                let at = node.place(&["valid", bad.field]);
                self.findings
                    .push(Finding::error(at, "bad-time", bad.message).of_rule(&id));
                return None;
            }
        };
        let what = match &kind {
            RuleKind::Filter(..) => "filter",
            RuleKind::Mask(_) => "mask",
            RuleKind::Access(..) => "effect",
        };
        Some(Rule {
            id,
            on_at: node.place(&["on"]),
            what_at: node.place(&[what]),
            to: common.to.clone(),
            except: common.except.clone(),
            targets,
            priority: common.priority,
            valid,
            kind,
        })
    }

    /// Names of users, groups and roles compare exactly, so a wildcard among them is a mistake; a role nobody declared is one too, unless it
    /// stands where it can only fail to exempt.
    fn subjects(&mut self, node: &Node, path: &[&str], subjects: &Subjects, rule: Option<&RuleId>) {
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

const CUSTOM: &str = "CUSTOM";
