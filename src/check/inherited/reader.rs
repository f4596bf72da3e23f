//! Whoever reads, as the walk over lineage asks: what the rules say of a source, who wrote it, what is cut.
//!
//! Invariant: a source that cannot be judged is closed, or a refusal; it is never "no rule".

use std::sync::Arc;

use super::dataset;
use super::source::{Source, said, spoken_of};
use crate::catalog::{Lookup, Table, TableName, locate};
use crate::check::Code;
use crate::check::datasets::{Datasets, Refused};
use crate::lineage::inherit::{Own, OwnColumn, Settings, Sources};
use crate::lineage::store::Entry;
use crate::lineage::{Dataset, Edge, SourceColumn};
use crate::policy::{Obligations, Privilege, Refusal, Resource};
use crate::syntax::Span;

/// Whoever reads, as the walk asks.
pub(super) struct Reader<'r, 'd> {
    pub datasets: &'r Datasets<'d>,
    /// The place of the name that is read.
    pub at: Span,
    /// The table that is read.
    pub reading: &'r TableName,
}

impl Sources for Reader<'_, '_> {
    type Error = Refused;

    fn own(&self, column: &SourceColumn) -> Result<OwnColumn, Refused> {
        let mut strictest = self.said(column)?;
        let lineage = &self.datasets.lineage;
        let (known, overlay) = (Arc::clone(&lineage.known), Arc::clone(&lineage.overlay));
        let name = &column.dataset.name;
        // The site's table of that name may have moved to another address, or have got another name.
        let at_another = self.is_the_sites(name) && self.table(name, &column.dataset.physical).1;
        let elsewhere = at_another.then(|| dataset(name, &[]));
        let mut moved: Vec<Dataset> = elsewhere.into_iter().collect();
        for known in [&known, &overlay] {
            moved.extend(known.moved(&column.dataset).into_iter().cloned());
        }
        for dataset in moved {
            let said = self.said(&SourceColumn {
                dataset,
                column: column.column.clone(),
            })?;
            let data_type = strictest.data_type.clone().or(said.data_type.clone());
            if self.rank(&said.own) > self.rank(&strictest.own) {
                strictest = said;
            }
            strictest.data_type = data_type;
        }
        Ok(strictest)
    }

    fn writers(&self, dataset: &Dataset) -> Vec<Arc<Entry>> {
        let lineage = &self.datasets.lineage;
        if let Some(found) = lineage.writers.borrow().get(dataset) {
            return found.clone();
        }
        let shares = self.datasets.shares();
        let mut found = lineage.known.distinct_writers(dataset, &shares);
        found.extend(lineage.overlay.distinct_writers(dataset, &shares));
        if !self.table(&dataset.name, &dataset.physical).1 {
            let named = lineage.known.named(&dataset.name).into_iter();
            for entry in named.chain(lineage.overlay.named(&dataset.name)) {
                if !found.iter().any(|kept| kept.says_the_same(&entry)) {
                    found.push(entry);
                }
            }
        }
        let mut kept = lineage.writers.borrow_mut();
        kept.insert(dataset.clone(), found.clone());
        found
    }

    fn is_cut(&self, entry: &Entry, column: &str, edge: &Edge) -> bool {
        let known = &self.datasets.lineage.known;
        let now = self.datasets.seconds();
        known.is_cut(entry, column, edge, &self.datasets.shares(), now)
    }

    fn is_declassified(&self, column: &SourceColumn) -> bool {
        let known = &self.datasets.lineage.known;
        known.is_declassified(column, &self.datasets.shares(), self.datasets.seconds())
    }
}

impl Reader<'_, '_> {
    fn said(&self, column: &SourceColumn) -> Result<OwnColumn, Refused> {
        let source = self.source(column)?;
        Ok(said(&source, column.column.as_deref()))
    }

    fn is_the_sites(&self, name: &TableName) -> bool {
        matches!(
            self.datasets.engine.catalog().find(name),
            Ok(Lookup::Table(_))
        )
    }

    /// Of what is said of one table under two names the stricter holds.
    fn rank(&self, own: &Own) -> u8 {
        let settings = Settings::from(self.datasets.engine.policy().inheritance());
        match own {
            Own::Closed if !settings.show_closed => 5,
            Own::Masked(_) => 4,
            Own::Closed => 3,
            Own::Shown => 2,
            Own::Silent => 1,
            Own::Unnamed => 0,
        }
    }

    /// What the rules say of the dataset of a column. Of one whose columns nobody has listed it is asked column by column.
    fn source(&self, column: &SourceColumn) -> Result<Arc<Source>, Refused> {
        let kept = &self.datasets.lineage.sources;
        if let Some(source) = kept.borrow().get(&column.dataset) {
            return Ok(Arc::clone(source));
        }
        let source = Arc::new(self.look(column)?);
        let whole = match &*source {
            Source::Closed => true,
            Source::Open { described, .. } => *described,
        };
        if whole {
            let source = Arc::clone(&source);
            kept.borrow_mut().insert(column.dataset.clone(), source);
        }
        Ok(source)
    }

    fn look(&self, column: &SourceColumn) -> Result<Source, Refused> {
        let datasets = self.datasets;
        let policy = datasets.engine.policy();
        let Dataset { name, physical } = &column.dataset;
        let (table, user_named) = self.table(name, physical);
        let also = datasets.also(user_named, physical);
        let catalog = datasets.engine.catalog();
        let folds = datasets.session.ignores_case(&name.catalog, catalog);
        let mut resource = Resource {
            physical,
            also: &also,
            user_named,
            ignore_case: folds,
            ..Resource::named(name)
        };
        let listed = table.as_ref().and_then(|t| t.columns.clone());
        let described = listed.is_some();
        // Of a table that nobody has described the names are the site's where its own name is.
        let clear = described || !user_named;
        let columns = listed.unwrap_or_else(|| {
            let named = policy.named_columns(&resource, datasets.at);
            spoken_of(named, column.column.as_deref(), folds)
        });
        resource.columns = Some(&columns);
        let named = policy.names(&resource, datasets.at);
        let access = policy.access(
            datasets.principal,
            &resource,
            Privilege::Select,
            datasets.at,
        );
        if let Err(refusal) = access {
            self.unless_incomplete(&refusal)?;
            // A table on the way that no rule has ever spoken of is closed by default alone: what its own sources are is known.
            let on_the_way = !named && !self.writers(&column.dataset).is_empty();
            return Ok(if on_the_way {
                Source::Open {
                    obligations: Obligations::none(),
                    columns,
                    described,
                    clear,
                    named,
                    ignore_case: folds,
                }
            } else {
                Source::Closed
            });
        }
        match policy.obligations(datasets.principal, &resource, datasets.at) {
            Ok(obligations) => Ok(Source::Open {
                obligations,
                columns,
                described,
                clear,
                named,
                ignore_case: folds,
            }),
            Err(refusal) => {
                self.unless_incomplete(&refusal)?;
                Ok(Source::Closed)
            }
        }
    }

    /// A permission service that was not asked about the source must be asked.
    fn unless_incomplete(&self, refusal: &Refusal) -> Result<(), Refused> {
        if Code::of(refusal.code) != Code::PolicyIncomplete {
            return Ok(());
        }
        let message = format!("`{}`: {}", self.reading, refusal.message);
        Err(Refused::new(Code::PolicyIncomplete, message, self.at))
    }

    /// What the site says of a dataset, and whether its logical name was chosen by whoever wrote it: one that the site has for other bytes.
    fn table(&self, name: &TableName, physical: &[String]) -> (Option<Arc<Table>>, bool) {
        let datasets = self.datasets;
        let catalog = datasets.engine.catalog();
        let Ok(Lookup::Table(table)) = catalog.find(name) else {
            let found = self.datasets.engine.tables_over(physical);
            let described = datasets.described(&found);
            let only = <[Arc<Table>; 1]>::try_from(described).ok();
            return (only.map(|[table]| table), !physical.is_empty());
        };
        let options = catalog.options(&name.catalog);
        let own = locate(name, Some(&table.options), options.as_ref().map(|c| &c.0)).names();
        let shares = datasets.shares();
        let same = own.is_empty()
            || physical.is_empty()
            || own.iter().any(|a| physical.iter().any(|b| shares(a, b)));
        if same {
            (Some(table), false)
        } else {
            (None, true)
        }
    }
}
