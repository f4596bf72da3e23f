//! `splitter`: whether a submitter cuts a script where Flink's grammar does (ATTACKS B6).
//!
//! In: the script as it will be submitted, and which program cuts it. Out: nothing, or the first statement that it reads otherwise. Each file
//! does what one program does with a script, mistakes included: where it cuts, what it strips. The pieces must hold, token for token, the
//! statements that were checked. Stays out: decisions about statements.

mod dinky;
mod flink;
mod line;
mod streampark;

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::syntax::{FlinkVersion, Limits, Script, Span, TokenKind, tokens};

/// A program that cuts a script into statements before Flink sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Splitter {
    /// Flink's own script executor (SQL gateway, `deployScript`).
    Flink,
    /// Apache StreamPark.
    Streampark,
    /// Dinky, with its default separator.
    Dinky,
    /// A program that ends a statement where a line ends in `;`, as the SQL runner of the Kubernetes operator's examples.
    Line,
}

impl Splitter {
    /// The name, as in requests.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flink => "flink",
            Self::Streampark => "streampark",
            Self::Dinky => "dinky",
            Self::Line => "line",
        }
    }

    /// The statements as Flink gets them from this program; nothing when their order is not certain.
    fn pieces(self, script: &str) -> Option<Vec<String>> {
        match self {
            Self::Flink => Some(flink::pieces(script)),
            Self::Streampark => streampark::pieces(script),
            Self::Dinky => Some(dinky::pieces(script)),
            Self::Line => Some(line::pieces(script)),
        }
    }

    /// Whether this program, too, makes exactly these statements of a script.
    ///
    /// # Errors
    /// The number of the first statement that is cut or cleaned otherwise.
    pub fn agrees(self, script: &str, version: FlinkVersion) -> Result<(), usize> {
        let limits = Limits {
            script_bytes: usize::MAX,
            operators: usize::MAX,
            nesting: 1_000,
            set_operations: usize::MAX,
        };
        let parsed = Script::parse(script, version, &limits).map_err(|_| 0usize)?;
        let statements: Vec<&str> = parsed
            .statements
            .iter()
            .map(|s| s.span.text(script))
            .collect();
        let pieces = self.pieces(script).ok_or(0usize)?;
        let whole = |text: &str| read(text, version, &limits);
        for (number, statement) in statements.iter().enumerate() {
            let same = pieces.get(number).and_then(|piece| whole(piece));
            if same.is_none() || same != whole(statement) || self.sets_otherwise(statement) {
                return Err(number);
            }
        }
        if pieces.len() == statements.len() {
            Ok(())
        } else {
            Err(statements.len().saturating_sub(1))
        }
    }

    /// Whether this program reads a SET by an expression of its own, and this one otherwise than Flink: it looks for the last `=` and takes
    /// the quotes off at both ends.
    fn sets_otherwise(self, statement: &str) -> bool {
        let own = matches!(self, Self::Streampark | Self::Line);
        let set = statement
            .get(..3)
            .is_some_and(|word| word.eq_ignore_ascii_case("set"));
        let odd = statement.matches('=').count() > 1
            || statement.contains("''")
            || !statement.matches('\'').count().is_multiple_of(4);
        own && set && odd
    }
}

/// The tokens of one statement, without the `;` behind it: what it says, whatever lies between.
fn read(text: &str, version: FlinkVersion, limits: &Limits) -> Option<Vec<(TokenKind, String)>> {
    let list = tokens(text, version, limits).ok()?;
    let of = |span: Span| span.text(text).to_owned();
    let mut said: Vec<_> = list.iter().map(|t| (t.kind, of(t.span))).collect();
    while said
        .last()
        .is_some_and(|(kind, _)| *kind == TokenKind::Semicolon)
    {
        said.pop();
    }
    Some(said)
}
