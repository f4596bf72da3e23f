//! What the officer's page shows of a script: the submitted and the protected text in one row of parts, and why they differ.
//!
//! Invariant: the parts in order, with their old texts, are the submitted script; with their new ones they are the protected script. Where that does
//! not hold there is no protected side.
//! This holds SQL and messages: it goes to the HTML page alone.

use serde::Serialize;

use super::reason::Obstacle;
use crate::check::{Applied, AppliedMask, Decision, Replacement, Reply, StatementReport};
use crate::lineage::Record;
use crate::syntax::Span;

/// One script for the page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Script {
    /// The texts.
    pub parts: Vec<Part>,
    /// Whether the parts make a protected script.
    pub protected: bool,
    /// What the parts' `why` names by index: one line each.
    pub notes: Vec<String>,
    /// The messages of the reasons of the entry, in their order.
    pub messages: Vec<String>,
    /// What the job writes, where it is allowed: for the picture.
    #[serde(skip)]
    pub lineage: Option<Record>,
}

/// A part of both texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Part {
    /// The same in both.
    Same(String),
    /// Another text.
    Edit {
        /// The submitted one.
        old: String,
        /// The protected one.
        new: String,
        /// Indices of notes.
        why: Vec<usize>,
    },
    /// A place that a reason names.
    Fault {
        /// The submitted text.
        fault: String,
        /// The index of the reason.
        reason: usize,
    },
}

impl Script {
    /// What is shown of a job that was not judged: its text, if there is one, and why.
    #[must_use]
    pub fn unread(text: Option<&str>, obstacle: &Obstacle) -> Self {
        Self {
            parts: text.map(|t| Part::Same(t.to_owned())).into_iter().collect(),
            messages: vec![obstacle.message.clone()],
            ..Self::default()
        }
    }

    /// What is shown of a reply.
    #[must_use]
    pub fn of(submitted: &str, reply: &Reply) -> Self {
        match &reply.decision {
            Decision::Allow { sql, .. } => Self {
                lineage: reply.lineage.clone(),
                ..Self::allowed(submitted, sql.as_str(), reply)
            },
            Decision::Deny { .. } => Self::denied(submitted, reply),
        }
    }

    fn allowed(submitted: &str, protected: &str, reply: &Reply) -> Self {
        let mut script = Self {
            protected: true,
            ..Self::default()
        };
        let mut at = 0;
        for statement in &reply.statements {
            for edit in &statement.edits {
                script.same(submitted, &mut at, edit.span);
                let why = script.why(statement, edit);
                script.parts.push(Part::Edit {
                    old: edit.span.text(submitted).to_owned(),
                    new: edit.text.clone(),
                    why,
                });
            }
        }
        script.rest(submitted, at);
        if script.side(true) != submitted || script.side(false) != protected {
            // Two whole texts say less, and never something else than what is submitted.
            script.notes.clear();
            script.parts = vec![Part::Edit {
                old: submitted.to_owned(),
                new: protected.to_owned(),
                why: Vec::new(),
            }];
        }
        script
    }

    fn denied(submitted: &str, reply: &Reply) -> Self {
        let errors = reply.decision.errors();
        let mut script = Self {
            messages: errors.iter().map(|e| e.message.clone()).collect(),
            ..Self::default()
        };
        let mut places: Vec<(Span, usize)> = (0..)
            .zip(errors)
            .filter(|(_, e)| !e.span.is_empty())
            .map(|(index, e)| (e.span, index))
            .collect();
        places.sort_unstable();
        let mut at = 0;
        for (span, reason) in places {
            // Of places that overlap the first is marked.
            if span.start >= at {
                script.same(submitted, &mut at, span);
                script.parts.push(Part::Fault {
                    fault: span.text(submitted).to_owned(),
                    reason,
                });
            }
        }
        script.rest(submitted, at);
        script
    }

    /// Adds what lies before a span.
    fn same(&mut self, submitted: &str, at: &mut u32, span: Span) {
        let before = Span::new(*at, span.start).text(submitted);
        if !before.is_empty() {
            self.parts.push(Part::Same(before.to_owned()));
        }
        *at = span.end;
    }

    fn rest(&mut self, submitted: &str, at: u32) {
        let end = u32::try_from(submitted.len()).unwrap_or(u32::MAX);
        self.same(submitted, &mut { at }, Span::at(end));
    }

    /// One side of the parts.
    fn side(&self, old: bool) -> String {
        let text = |part: &Part| match part {
            Part::Same(text) => text.clone(),
            Part::Edit { old: text, .. } if old => text.clone(),
            Part::Edit { new, .. } => new.clone(),
            Part::Fault { fault, .. } => fault.clone(),
        };
        self.parts.iter().map(text).collect()
    }

    /// The notes of an edit: what applies to the tables that it lies at, else to all tables of its statement.
    fn why(&mut self, statement: &StatementReport, edit: &Replacement) -> Vec<usize> {
        let meets = |span: Span| span.start <= edit.span.end && edit.span.start <= span.end;
        let inputs = statement.inputs.iter().filter(|input| meets(input.span));
        let met: Vec<_> = inputs.map(|input| &input.name).collect();
        let mut applied: Vec<&Applied> = statement.applied.iter().collect();
        if applied.iter().any(|a| met.contains(&&a.table)) {
            applied.retain(|a| met.contains(&&a.table));
        }
        let notes = applied.into_iter().flat_map(notes);
        notes.map(|note| self.note(note)).collect()
    }

    fn note(&mut self, note: String) -> usize {
        let known = self.notes.iter().position(|n| *n == note);
        known.unwrap_or_else(|| {
            self.notes.push(note);
            self.notes.len().saturating_sub(1)
        })
    }
}

/// What applies to a table, a line each.
fn notes(applied: &Applied) -> Vec<String> {
    let table = &applied.table;
    if applied.row_filter.is_empty() && applied.masks.is_empty() {
        return vec![format!("{table}: no rows")];
    }
    let rows = (!applied.row_filter.is_empty())
        .then(|| format!("{table}: rows by rule {}", applied.row_filter.join(", ")));
    let masks = applied.masks.iter().map(|mask| {
        let column = mask.column.join(".");
        format!(
            "{table}.{column}: mask {} by rule {}{}",
            mask.mask,
            mask.rule,
            inherited(mask)
        )
    });
    rows.into_iter().chain(masks).collect()
}

/// Where a mask comes from that no rule has put there.
fn inherited(mask: &AppliedMask) -> String {
    let Some(inherited) = &mask.inherited else {
        return String::new();
    };
    let jobs = inherited.jobs.join(", ");
    match &inherited.from {
        None => format!(", inherited by way of {jobs}"),
        Some(from) => {
            let column = from.column.as_deref().unwrap_or("*");
            let name = &from.dataset.name;
            format!(", inherited from {name}.{column} by way of {jobs}")
        }
    }
}
