//! A catalog's answer that lies in a file, as a permission service: for one user and one table.
//!
//! Whoever asks for somebody else gets no answer; what is asked about another table or an object is not covered (`policy-incomplete`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::foreign::{ForeignTable, Translated};
use super::{Answer, PolicySource, Question, Scope, SourceError, SourceProblem, iceberg, paimon};
use crate::catalog::TableName;
use crate::policy::Policy;

/// Which catalog gave an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatalogKind {
    /// Iceberg's REST catalog: the reply of `loadTable`.
    Iceberg,
    /// Paimon's REST catalog: the reply of `/auth`.
    Paimon,
}

/// A catalog's answer, kept.
#[derive(Debug, Clone)]
pub struct CatalogReply {
    /// Whose it is.
    pub kind: CatalogKind,
    /// The user that it was given to.
    pub user: String,
    /// The table that it is about.
    pub table: TableName,
    /// Its text.
    pub reply: String,
    /// What it is called in errors: a file, an address without credentials.
    pub origin: String,
}

impl CatalogReply {
    fn unusable(&self, why: impl Into<String>) -> SourceError {
        SourceError {
            service: self.origin.clone(),
            problem: SourceProblem::Unusable(why.into()),
        }
    }

    fn translated(&self, question: &Question) -> Translated {
        let met = question.scope().tables.get(&self.table);
        let columns = met
            .into_iter()
            .flatten()
            .find_map(|asked| asked.columns.as_deref());
        let table = ForeignTable {
            name: &self.table,
            columns,
        };
        match self.kind {
            CatalogKind::Iceberg => iceberg::translate(&self.reply, &question.principal, &table),
            CatalogKind::Paimon => paimon::translate(&self.reply, &question.principal, &table),
        }
    }
}

impl PolicySource for CatalogReply {
    fn answer(&self, question: &Question) -> Result<Answer, SourceError> {
        if question.principal.user != self.user {
            return Err(self.unusable("it was given to another user"));
        }
        let translated = self.translated(question);
        let text = serde_json::to_string(&translated.document)
            .map_err(|error| self.unusable(error.to_string()))?;
        let policy = Policy::load_answer(&text, &self.origin)
            .map_err(|error| self.unusable(error.to_string()))?;
        let asked = question.scope().tables.get_key_value(&self.table);
        let tables = asked.map(|(name, met)| (name.clone(), met.clone()));
        let scope = Scope {
            tables: tables.into_iter().collect(),
            objects: BTreeMap::new(),
        };
        let covered = Question::new(question.principal.clone(), scope);
        Ok(Answer::to(Arc::new(covered), Arc::new(policy)))
    }
}
