//! The tables that a host hands over with one request, over those of the engine.
//!
//! In: a [`CatalogDocument`], as of now, and the source beneath it. Out: a source for that one request, which also tells which names it was asked for and
//! the document does not describe: a host whose catalog is too large to hand over as a whole describes these and asks again.
//! Stays out: where a host gets its tables from.
//! Invariant: what the document describes, or says is absent, the source beneath is not asked about.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::load::CatalogDocument;
use super::{Catalog, CatalogOptions, CatalogSource, Lookup, TableName};

/// A document over a source.
pub(crate) struct Live {
    own: Catalog,
    absent: BTreeSet<TableName>,
    beneath: Arc<dyn CatalogSource>,
    undescribed: Mutex<BTreeSet<TableName>>,
}

impl Live {
    pub(crate) fn new(document: &CatalogDocument, beneath: Arc<dyn CatalogSource>) -> Self {
        let mut own = Catalog::default();
        own.add_document(document.clone());
        Self {
            own,
            absent: document.absent.iter().cloned().collect(),
            beneath,
            undescribed: Mutex::default(),
        }
    }

    /// The names that were asked for and are not described, sorted.
    pub(crate) fn undescribed(&self) -> Vec<TableName> {
        let names = self.undescribed.lock();
        let names = names.unwrap_or_else(PoisonError::into_inner);
        names.iter().cloned().collect()
    }
}

impl CatalogSource for Live {
    fn find(&self, name: &TableName) -> Result<Lookup, String> {
        match self.own.find(name)? {
            found @ (Lookup::Table(_) | Lookup::View(_)) => Ok(found),
            // What else is in a database the document does not say.
            Lookup::Absent | Lookup::Unlisted if self.absent.contains(name) => Ok(Lookup::Absent),
            Lookup::Absent | Lookup::Unlisted => {
                let names = self.undescribed.lock();
                let mut names = names.unwrap_or_else(PoisonError::into_inner);
                names.insert(name.clone());
                self.beneath.find(name)
            }
        }
    }

    fn addresses(&self) -> Vec<(TableName, Vec<String>)> {
        self.beneath.addresses()
    }

    fn options(&self, catalog: &str) -> Option<Arc<CatalogOptions>> {
        let own = self.own.options(catalog);
        own.or_else(|| self.beneath.options(catalog))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(table: &str) -> TableName {
        TableName::new("c", "d", table)
    }

    fn live(document: &str) -> Live {
        let mut beneath = Catalog::default();
        let ddl = "CREATE TABLE c.d.kept (a INT); CREATE TABLE c.d.gone (a INT)";
        beneath.add_sql(ddl, "beneath").unwrap();
        Live::new(&serde_json::from_str(document).unwrap(), Arc::new(beneath))
    }

    #[test]
    fn what_the_document_says_stands_in_place_of_what_is_beneath() {
        let live = live(
            r#"{"tables": [{"name": ["c","d","kept"], "columns": [{"name": "b", "type": "STRING"}]}], "absent": [["c","d","gone"]]}"#,
        );
        let Lookup::Table(table) = live.find(&name("kept")).unwrap() else {
            panic!("no table")
        };
        assert_eq!(table.columns.as_ref().unwrap()[0].name, "b");
        assert!(matches!(live.find(&name("gone")), Ok(Lookup::Absent)));
        assert_eq!(live.undescribed(), []);
    }

    #[test]
    fn what_it_does_not_say_is_told_and_asked_beneath() {
        let live = live("{}");
        assert!(matches!(live.find(&name("kept")), Ok(Lookup::Table(_))));
        assert!(matches!(live.find(&name("new")), Ok(Lookup::Absent)));
        let elsewhere = TableName::new("x", "d", "t");
        assert!(matches!(live.find(&elsewhere), Ok(Lookup::Unlisted)));
        assert_eq!(live.undescribed(), [name("kept"), name("new"), elsewhere]);
    }
}
