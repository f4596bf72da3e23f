//! The entities of some jobs, and the relationships that are sent after them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Settings;
use crate::lineage::Kind;
use crate::lineage::export::naming::{self, Name};
use crate::lineage::export::words;
use crate::lineage::graph::{Column, ColumnAt, Graph, Job, Link, Protection, Table};

/// How an entity is pointed at.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Reference {
    type_name: String,
    qualified: String,
}

impl Reference {
    /// By its unique attribute: for what Atlas has already.
    fn end(&self) -> Value {
        json!({
            "typeName": self.type_name,
            "uniqueAttributes": { "qualifiedName": self.qualified },
        })
    }
}

/// One column of one output, and what it is made of.
#[derive(Default)]
struct Made<'g> {
    carrying: BTreeSet<Reference>,
    blocked: BTreeSet<Reference>,
    /// The kinds of each source, whether a classification travels from it or not: what an import reads.
    kinds: BTreeMap<Reference, BTreeSet<&'static str>>,
    links: Vec<&'g Link>,
}

/// A request in the making.
pub(super) struct Request<'g> {
    graph: &'g Graph,
    settings: &'g Settings,
    jobs: &'g [usize],
    entities: Vec<Value>,
    /// The ids of the entities of this request: within one, Atlas finds them by nothing else.
    guids: BTreeMap<Reference, String>,
    blocked: Vec<Value>,
}

impl<'g> Request<'g> {
    pub fn new(graph: &'g Graph, settings: &'g Settings, jobs: &'g [usize]) -> Self {
        let mut request = Self {
            graph,
            settings,
            jobs,
            entities: Vec::new(),
            guids: BTreeMap::new(),
            blocked: Vec::new(),
        };
        for table in request.tables() {
            request.table(table);
        }
        for at in jobs {
            if let Some(job) = graph.jobs.get(*at) {
                request.job(*at, job);
            }
        }
        request
    }

    pub fn body(self) -> Value {
        json!({ "referredEntities": {}, "entities": self.entities })
    }

    pub fn blocked(self) -> Vec<Value> {
        self.blocked
    }

    /// The tables that the jobs read or write.
    fn tables(&self) -> BTreeSet<usize> {
        let links = self
            .graph
            .links
            .iter()
            .filter(|l| self.jobs.contains(&l.by.job));
        let read = links.map(|l| l.from.table);
        let jobs = self.jobs.iter().filter_map(|at| self.graph.jobs.get(*at));
        let written = jobs
            .flat_map(|j| &j.writes)
            .flat_map(|w| w.tables.iter().copied());
        read.chain(written).collect()
    }

    fn names(&self, table: usize) -> Vec<(Name, Option<&'g str>)> {
        let Some(table) = self.graph.table(table) else {
            return Vec::new();
        };
        let names = naming::names(table, &self.settings.dataset_namespace);
        let mut physical = table.physical.iter().map(String::as_str);
        names
            .into_iter()
            .map(|name| (name, physical.next()))
            .collect()
    }

    fn table_reference(&self, table: &Table, name: &Name) -> Reference {
        let existing = table.scheme().and_then(|s| self.settings.existing.get(s));
        let (type_name, pattern) = existing.map_or(("flink_table", "{table}@{cluster}"), |e| {
            (e.table.0.as_str(), e.table.1.as_str())
        });
        Reference {
            type_name: type_name.to_owned(),
            qualified: self.filled(pattern, name, ""),
        }
    }

    fn column_reference(&self, table: &Table, name: &Name, column: &str) -> Reference {
        let existing = table.scheme().and_then(|s| self.settings.existing.get(s));
        let (type_name, pattern) = match existing.map(|e| &e.column) {
            Some(None) => return self.table_reference(table, name),
            Some(Some((type_name, pattern))) => (type_name.as_str(), pattern.as_str()),
            None => ("flink_column", "{table}.{column}@{cluster}"),
        };
        Reference {
            type_name: type_name.to_owned(),
            qualified: self.filled(pattern, name, column),
        }
    }

    /// Puts the parts into a pattern in one go, so that a name with braces is only a name.
    fn filled(&self, pattern: &str, name: &Name, column: &str) -> String {
        let host = name
            .namespace
            .split_once("://")
            .map_or("", |(_, host)| host);
        let mut out = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let Some((part, then)) = after.split_once('}') else {
                out.push('{');
                rest = after;
                continue;
            };
            match part {
                "table" => out.push_str(&name.joined()),
                "namespace" => out.push_str(&name.namespace),
                "host" => out.push_str(host),
                "name" => out.push_str(&name.name),
                "cluster" => out.push_str(&self.settings.cluster),
                "column" => out.push_str(column),
                other => out.push_str(&format!("{{{other}}}")),
            }
            rest = then;
        }
        out.push_str(rest);
        out
    }

    /// As the end of a relationship: by its id where it is of this request.
    fn to(&self, reference: &Reference, relationship: &str) -> Value {
        let mut value = reference.end();
        if let Some(fields) = value.as_object_mut() {
            if let Some(guid) = self.guids.get(reference) {
                fields.remove("uniqueAttributes");
                fields.insert("guid".to_owned(), json!(guid));
            }
            fields.insert("relationshipType".to_owned(), json!(relationship));
        }
        value
    }

    /// An entity with the next of the request's own ids. One that is there already is not made twice.
    fn push(
        &mut self,
        reference: Reference,
        attributes: Value,
        related: Value,
        classifications: Vec<Value>,
    ) {
        if self.guids.contains_key(&reference) {
            return;
        }
        let guid = format!("-{}", self.entities.len() + 1);
        let mut entity = json!({
            "typeName": reference.type_name,
            "guid": guid,
            "attributes": attributes,
        });
        if let Some(fields) = entity.as_object_mut() {
            if related.as_object().is_some_and(|r| !r.is_empty()) {
                fields.insert("relationshipAttributes".to_owned(), related);
            }
            if !classifications.is_empty() {
                fields.insert("classifications".to_owned(), Value::Array(classifications));
            }
        }
        self.entities.push(entity);
        self.guids.insert(reference, guid);
    }

    fn table(&mut self, at: usize) {
        let Some(table) = self.graph.table(at) else {
            return;
        };
        for (name, physical) in self.names(at) {
            // What the site has already is not made again.
            let known = table
                .scheme()
                .is_some_and(|s| self.settings.existing.contains_key(s));
            if known {
                continue;
            }
            let reference = self.table_reference(table, &name);
            let mut attributes = Map::new();
            attributes.insert("qualifiedName".to_owned(), json!(reference.qualified));
            attributes.insert("name".to_owned(), json!(table.title()));
            attributes.insert("connector".to_owned(), json!(table.scheme()));
            attributes.insert("physicalName".to_owned(), json!(physical));
            self.push(reference, Value::Object(attributes), json!({}), Vec::new());
            for (position, column) in table.columns.iter().enumerate() {
                self.column(table, &name, position, column);
            }
        }
    }

    fn column(&mut self, table: &Table, name: &Name, position: usize, column: &Column) {
        let reference = self.column_reference(table, name, column.title());
        let seen = self
            .settings
            .principal
            .and_then(|p| column.protection.get(p));
        let data_type = column.data_type.as_ref().map(ToString::to_string);
        let attributes = json!({
            "qualifiedName": reference.qualified,
            "name": column.title(),
            "type": data_type.unwrap_or_else(|| "UNKNOWN".to_owned()),
            "position": position,
            "protectionState": seen.map(|p| p.state().to_uppercase()),
        });
        let table = self.to(&self.table_reference(table, name), "flink_table_columns");
        let classifications = seen.and_then(classification).into_iter().collect();
        self.push(
            reference,
            attributes,
            json!({ "table": table }),
            classifications,
        );
    }

    fn job(&mut self, at: usize, job: &Job) {
        let cluster = &self.settings.cluster;
        let process = format!("{}/{}@{cluster}", self.settings.job_namespace, job.name);
        let mut conf = Map::new();
        conf.insert("user".to_owned(), json!(job.user));
        if self.settings.texts {
            for write in &job.writes {
                if let Some(text) = &write.text {
                    conf.insert(format!("statement.{}", write.statement + 1), json!(text));
                }
            }
        }
        let attributes = json!({
            "qualifiedName": process,
            "name": job.name,
            "id": process,
            "owner": job.user,
            "startTime": job.at.saturating_mul(1000),
            "conf": conf,
        });
        let read = self
            .graph
            .links
            .iter()
            .filter(|l| l.by.job == at)
            .map(|l| l.from.table);
        let inputs = self.references(read.collect(), "dataset_process_inputs");
        let written = job.writes.iter().flat_map(|w| w.tables.iter().copied());
        let outputs = self.references(written.collect(), "process_dataset_outputs");
        let process = Reference {
            type_name: "flink_process".to_owned(),
            qualified: process,
        };
        let related = json!({ "inputs": inputs, "outputs": outputs });
        self.push(process.clone(), attributes, related, Vec::new());
        let mut made: BTreeMap<ColumnAt, Made<'g>> = BTreeMap::new();
        for link in self.graph.links.iter().filter(|l| l.by.job == at) {
            let Some(column) = link.column else { continue };
            let target = ColumnAt {
                table: link.table,
                column,
            };
            let made = made.entry(target).or_default();
            made.links.push(link);
            for source in self.sources(link) {
                let kinds = made.kinds.entry(source.clone()).or_default();
                kinds.insert(link.relationship.kind().name());
                let side = if carries(link) {
                    &mut made.carrying
                } else {
                    &mut made.blocked
                };
                side.insert(source);
            }
        }
        for (target, made) in made {
            self.lineage(&process, target, made);
        }
    }

    fn references(&self, tables: BTreeSet<usize>, relationship: &str) -> Vec<Value> {
        let all = tables.into_iter().flat_map(|at| {
            let names = self.names(at).into_iter();
            names.filter_map(move |(name, _)| {
                Some(self.table_reference(self.graph.table(at)?, &name))
            })
        });
        let all: BTreeSet<Reference> = all.collect();
        all.iter().map(|r| self.to(r, relationship)).collect()
    }

    fn sources(&self, link: &Link) -> Vec<Reference> {
        self.columns(link.from)
            .into_iter()
            .map(|(r, _)| r)
            .collect()
    }

    /// A column by each of its table's names, with that name.
    fn columns(&self, at: ColumnAt) -> Vec<(Reference, Name)> {
        let found = self.graph.table(at.table).zip(self.graph.column(at));
        let Some((table, column)) = found else {
            return Vec::new();
        };
        let names = self.names(at.table).into_iter();
        names
            .map(|(name, _)| (self.column_reference(table, &name, column.title()), name))
            .collect()
    }

    fn lineage(&mut self, process: &Reference, target: ColumnAt, mut made: Made<'g>) {
        let title = self
            .graph
            .column(target)
            .map(|c| c.title().to_owned())
            .unwrap_or_default();
        // A source that is used both ways carries.
        made.blocked.retain(|r| !made.carrying.contains(r));
        let kinds: BTreeSet<&str> = made
            .links
            .iter()
            .map(|l| l.relationship.kind().name())
            .collect();
        let texts: BTreeSet<&str> = made
            .links
            .iter()
            .filter_map(|l| l.text.as_deref())
            .collect();
        let texts = texts.into_iter().filter(|_| self.settings.texts);
        let texts: Vec<&str> = texts.collect();
        let dependencies: BTreeMap<String, String> = made
            .kinds
            .iter()
            .map(|(source, kinds)| {
                let kinds: Vec<&str> = kinds.iter().copied().collect();
                let source = format!("{}:{}", source.type_name, source.qualified);
                (source, kinds.join(","))
            })
            .collect();
        let masking = made
            .links
            .iter()
            .any(|l| l.masked.is_some() || l.relationship.is_masking());
        for (output, name) in self.columns(target) {
            let qualified = format!("{}:{}.{title}", process.qualified, name.joined());
            let attributes = json!({
                "qualifiedName": qualified,
                "name": qualified,
                "dependencyType": kinds.iter().copied().collect::<Vec<_>>().join(","),
                "dependencies": &dependencies,
                "expression": (!texts.is_empty()).then(|| texts.join("; ")),
                "masking": masking,
            });
            let lineage = Reference {
                type_name: "flink_column_lineage".to_owned(),
                qualified,
            };
            let inputs = made
                .carrying
                .iter()
                .map(|r| self.to(r, "dataset_process_inputs"));
            let related = json!({
                "process": self.to(process, "flink_process_column_lineages"),
                "inputs": inputs.collect::<Vec<_>>(),
                "outputs": [self.to(&output, "process_dataset_outputs")],
            });
            self.push(lineage.clone(), attributes, related, Vec::new());
            for source in &made.blocked {
                self.blocked.push(json!({
                    "typeName": "dataset_process_inputs",
                    "end1": lineage.end(),
                    "end2": source.end(),
                    "propagateTags": "NONE",
                }));
            }
        }
    }
}

/// Whether a mask is inherited over this edge by default (LINEAGE.md §1): a value, unless it is only counted, and a condition of one column. What
/// was read masked is masked already, and what was cut is meant to be seen.
fn carries(link: &Link) -> bool {
    let kind = link.relationship.kind();
    let inherits =
        (kind.is_direct() && !words::is_count(link.relationship)) || kind == Kind::Conditional;
    inherits && link.masked.is_none() && link.cut.is_none()
}

/// A mask of a rule's own; inherited ones come along the edges.
fn classification(protection: &Protection) -> Option<Value> {
    let Protection::Masked { mask, rule } = protection else {
        return None;
    };
    Some(json!({
        "typeName": "ENCRYPTED",
        "attributes": { "mask": mask, "rule": rule },
        "propagate": true,
        "removePropagationsOnEntityDelete": false,
    }))
}
