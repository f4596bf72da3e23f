//! Variables of the submitter: `${name}` becomes its value before anything is judged, as it does before anything is submitted.
//!
//! Invariant: what is not known is not left for others to fill in: the job is not judged.

use std::collections::BTreeMap;

use super::reason::{Obstacle, ReasonCode};
use crate::check::Code;
use crate::syntax::Position;

/// Names and values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Reads a JSON object, or lines `name=value`; lines that are empty or begin with `#` say nothing.
    ///
    /// # Errors
    /// One line that says what is wrong.
    pub fn read(text: &str) -> Result<Self, String> {
        if text.trim_start().starts_with('{') {
            return serde_json::from_str(text)
                .map(Self)
                .map_err(|e| e.to_string());
        }
        let lines = (1..).zip(text.lines().map(str::trim));
        let said = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let pairs = said.map(|(number, line)| match line.split_once('=') {
            Some((name, value)) => Ok((name.trim().to_owned(), value.trim().to_owned())),
            None => Err(format!("line {number} is no `name=value`")),
        });
        pairs.collect::<Result<_, _>>().map(Self)
    }

    /// The text with its variables expanded, once: what a value holds is not looked at again.
    ///
    /// # Errors
    /// A `${name}` that is left, with its place in the expanded text; also in a literal or a comment, for the submitter's program looks there too.
    pub fn expand(&self, text: String) -> Result<String, Obstacle> {
        if !text.contains("${") {
            return Ok(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let found = after.split_once('}');
            match found.and_then(|(name, then)| Some((self.0.get(name.trim())?, then))) {
                Some((value, then)) => {
                    out.push_str(value);
                    rest = then;
                }
                None => {
                    out.push_str("${");
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        match out.find("${") {
            None => Ok(out),
            Some(at) => {
                let at = u32::try_from(at).unwrap_or(u32::MAX);
                let code = ReasonCode::Check(Code::UnexpandedVariable);
                Err(Obstacle {
                    code,
                    at: Some(Position::of(&out, at)),
                    message: code.meaning().to_owned(),
                })
            }
        }
    }
}
