//! What is wrong with a policy document, and where: the answer of `load` and `lint`.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::RuleId;
use crate::syntax::Position;

/// One thing that is wrong, or doubtful, in a policy document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// 1-based line in the document.
    pub line: u32,
    /// 1-based column in characters.
    pub column: u32,
    /// Whether the document is refused for it.
    pub severity: Severity,
    /// A stable word for it, such as `unknown-mask`.
    pub code: &'static str,
    /// The rule it is about, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleId>,
    /// One line for the author of the policy: may quote the policy.
    pub message: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The document is refused, or a table is closed.
    Error,
    /// Accepted, and probably not what was meant.
    Warning,
    /// Accepted, and good to know.
    Note,
}

impl Finding {
    pub(crate) fn error(at: Position, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            line: at.line,
            column: at.column,
            severity: Severity::Error,
            code,
            rule: None,
            message: message.into(),
        }
    }

    pub(super) fn warning(at: Position, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(at, code, message)
        }
    }

    pub(super) fn note(at: Position, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Note,
            ..Self::error(at, code, message)
        }
    }

    pub(super) fn of_rule(self, rule: &RuleId) -> Self {
        Self {
            rule: Some(rule.clone()),
            ..self
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        write!(
            f,
            "{}:{}: {severity}[{}]: ",
            self.line, self.column, self.code
        )?;
        if let Some(rule) = &self.rule {
            write!(f, "rule `{rule}`: ")?;
        }
        f.write_str(&self.message)
    }
}

/// A document that was refused: everything that is wrong with it, in the order of the text.
///
/// For the operator, not for submitters: its text quotes the policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PolicyError {
    /// What the document was called when it was loaded: a path, an address.
    pub origin: String,
    /// Never empty; warnings are among them.
    pub findings: Vec<Finding>,
}

/// One line a finding.
impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.findings.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}{}:{finding}", self.origin)?;
        }
        Ok(())
    }
}
