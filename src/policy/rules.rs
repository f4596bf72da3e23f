//! Rules of a document become rules that can be decided on.

use super::compile::{CUSTOM, Compiler};
use super::condition::Condition;
use super::decode::decode_without;
use super::document::{
    self, AccessDecl, ColumnMaskDecl, MaskRef, Privilege, RowFilterDecl, Subjects, Valid,
};
use super::physical::Physical;
use super::place::{self, PlaceKind};
use super::rule::{MaskRule, Rule, RuleKind, Target};
use super::validity::Validity;
use super::yaml::Node;
use super::{Finding, RuleId};
use crate::mask::{MaskSpec, Nulls};

/// What all kinds of rules have.
struct Common<'d> {
    id: &'d str,
    to: &'d Subjects,
    except: &'d Subjects,
    on: &'d document::Target,
    valid: &'d Valid,
    priority: i32,
}

impl Common<'_> {
    fn rule(
        &self,
        node: &Node,
        id: RuleId,
        targets: Vec<Target>,
        valid: Validity,
        kind: RuleKind,
    ) -> Rule {
        let what = match &kind {
            RuleKind::Filter(..) => "filter",
            RuleKind::Mask(_) => "mask",
            RuleKind::Access(..) | RuleKind::Columns(_) => "effect",
        };
        Rule {
            id,
            on_at: node.place(&["on"]),
            valid_at: node.place(&["valid"]),
            what_at: node.place(&[what]),
            to: self.to.clone(),
            except: self.except.clone(),
            targets,
            priority: self.priority,
            valid,
            kind,
        }
    }
}

impl Compiler {
    /// Compiles one rule, or says what is wrong with it.
    pub(super) fn rule(&mut self, node: &Node) {
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
        let valid = self.scope(node, &common, &id);
        let filter = self.condition(node, "filter", &decl.filter, &id);
        let targets = self.targets(node, &common, PlaceKind::Rows, &id);
        let kind = RuleKind::Filter(decl.mode, filter?);
        Some(common.rule(node, id, targets?, valid?, kind))
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
        let valid = self.scope(node, &common, &id);
        let mask = self.mask(node, &decl.mask, &id);
        let when = decl.when.as_ref();
        let when = when.map(|text| self.condition(node, "when", text, &id));
        let targets = self.targets(node, &common, PlaceKind::Columns, &id);
        // A `when` that cannot be read is not a mask without `when`.
        let when = match when {
            Some(when) => Some(when?),
            None => None,
        };
        let kind = RuleKind::Mask(MaskRule {
            mask: mask?,
            when,
            inherit: decl.inherit,
            aggregate: decl.aggregate,
        });
        Some(common.rule(node, id, targets?, valid?, kind))
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
        let valid = self.scope(node, &common, &id);
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
        let kind = if decl.on.columns.is_empty() {
            RuleKind::Access(decl.effect, decl.privileges.clone())
        } else {
            self.whole_columns(node, decl, &id, targets.as_deref().unwrap_or_default());
            RuleKind::Columns(decl.effect)
        };
        Some(common.rule(node, id, targets?, valid?, kind))
    }

    /// An access rule with columns is about reading them, each as a whole.
    fn whole_columns(&mut self, node: &Node, decl: &AccessDecl, id: &RuleId, targets: &[Target]) {
        let at = node.place(&["privileges"]);
        if decl.privileges.iter().any(|p| *p != Privilege::Select) {
            let message = "columns are read: `select` alone is a privilege on them";
            let finding = Finding::error(at, "privilege-target", message);
            self.findings.push(finding.of_rule(id));
        }
        let mut patterns = targets.iter().flat_map(|target| &target.columns);
        if patterns.any(|pattern| pattern.0.len() > 1) {
            let at = node.place(&["on", "columns"]);
            let message = "an access rule is about whole columns: a field is hidden by a mask";
            let finding = Finding::error(at, "bad-target", message);
            self.findings.push(finding.of_rule(id));
        }
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
            Ok(condition) => {
                let functions = condition.functions.iter().cloned();
                self.compiled.functions.extend(functions);
                Some(condition)
            }
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
                self.template(CUSTOM, expression, (Nulls::Auto, None), at, Some(rule))
            }
            MaskRef::Name(name) => {
                let found = MaskSpec::from_ranger(name).or_else(|| self.masks.get(name).cloned());
                if found.is_none() {
                    let message = if name == CUSTOM {
                        "write `mask: { expression: \"…\" }` for a mask of the rule's own".into()
                    } else {
                        format!(
                            "mask `{name}` is neither among `masks` nor built in ({})",
                            MaskSpec::BUILT_IN.join(", ")
                        )
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
        if let Some(doubt) = common.on.physical.as_deref().and_then(Physical::doubt) {
            let finding = Finding::warning(on.place(&["physical"]), "physical-pattern", doubt);
            self.findings.push(finding.of_rule(rule));
        }
        if let Some(text) = &common.on.physical
            && self.compiled.servers.is_empty()
            && Physical::names_a_server(text)
        {
            let message = "holds for a server under this name only: list all its names in `servers`, or write `*` for the host";
            let finding = Finding::warning(on.place(&["physical"]), "server-by-name", message);
            self.findings.push(finding.of_rule(rule));
        }
        let read = place::targets(on, common.on, kind, &self.tags, &self.compiled.servers);
        self.keep(read.map_err(|finding| finding.of_rule(rule)))
    }

    /// Checks whom a rule is for and when.
    fn scope(&mut self, node: &Node, common: &Common<'_>, id: &RuleId) -> Option<Validity> {
        self.subjects(node, &["to"], common.to, Some(id));
        self.subjects(node, &["except"], common.except, Some(id));
        if *common.to == Subjects::default() {
            let finding = Finding::error(node.place(&["to"]), "no-subject", "is for nobody");
            self.findings.push(finding.of_rule(id));
        }
        match Validity::compile(common.valid) {
            Ok(valid) => Some(valid),
            Err(bad) => {
                let at = node.place(&["valid", bad.field]);
                self.findings
                    .push(Finding::error(at, "bad-time", bad.message).of_rule(id));
                None
            }
        }
    }
}
