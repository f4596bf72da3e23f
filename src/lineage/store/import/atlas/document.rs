//! Atlas' JSON as processes between columns and tables.
//!
//! In: a reply of the lineage API (`guidEntityMap`, `relations`); entities as they are exported and posted (`entities` or `entity`, with
//! `referredEntities`); a message of the topic `ATLAS_HOOK` with such entities. Out: [`Process`]es whose ends are datasets of ours.
//! What has been deleted in Atlas counts: its data were made all the same.
//! Invariant: an end that cannot be found, or whose type means nothing here, is an error with its place. Between processes there is a dataset: a type that
//! nobody knows cannot pass for either.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::{DERIVED, relationship_of};
use super::AtlasNames;
use crate::catalog::TableName;
use crate::catalog::identity::{folder, scheme};
use crate::lineage::{Dataset, Direct, Relationship, SourceColumn};
use crate::policy::table_name;

/// The members by which a document is told to be Atlas'.
pub(super) const FORMS: [&str; 4] = ["guidEntityMap", "entities", "entity", "message"];

/// Something that reads and writes.
#[derive(Debug)]
pub(super) struct Process {
    pub type_name: String,
    pub qualified: String,
    /// Whether a reply of the lineage API has it: of a job's columns such a reply need not have all.
    pub is_drawn: bool,
    /// The qualified name of the process that this one tells the columns of.
    pub parent: Option<String>,
    pub user: Option<String>,
    /// In seconds since 1970.
    pub at: Option<i64>,
    pub inputs: Vec<(SourceColumn, Vec<Relationship>)>,
    pub outputs: Vec<SourceColumn>,
}

impl Process {
    /// Whether it tells of single columns.
    pub fn is_of_columns(&self) -> bool {
        self.parent.is_some()
            || self.type_name.ends_with("_column_lineage")
            || self.outputs.iter().any(|output| output.column.is_some())
    }
}

/// The processes of a document.
pub(super) fn processes(document: &Value, names: &AtlasNames) -> Result<Vec<Process>, String> {
    if let Some(message) = document.get("message") {
        let kind = message.get("type").and_then(Value::as_str);
        let entities = message.get("entities");
        return match (kind, entities) {
            (Some("ENTITY_CREATE_V2" | "ENTITY_FULL_UPDATE_V2"), Some(entities)) => {
                let read = processes(entities, names);
                read.map_err(|why| format!("message.entities: {why}"))
            }
            _ => Err(
                "message: only ENTITY_CREATE_V2 and ENTITY_FULL_UPDATE_V2 bring lineage".to_owned(),
            ),
        };
    }
    let reader = Reader::over(document, names)?;
    if document.get("guidEntityMap").is_some() {
        reader.drawn(document)
    } else {
        reader.posted()
    }
}

/// An entity, or its header.
#[derive(Clone, Copy)]
struct Entity<'d> {
    type_name: &'d str,
    qualified: &'d str,
    value: Option<&'d Value>,
}

impl<'d> Entity<'d> {
    fn of(value: &'d Value) -> Result<Self, String> {
        let type_name = value.get("typeName").and_then(Value::as_str);
        let qualified = value
            .pointer("/attributes/qualifiedName")
            .and_then(Value::as_str);
        Ok(Self {
            type_name: type_name.ok_or("an entity without `typeName`")?,
            // Not everything that Atlas holds has one; what takes part in lineage must.
            qualified: qualified.unwrap_or_default(),
            value: Some(value),
        })
    }

    /// An attribute that says something.
    fn attribute(&self, name: &str) -> Option<&'d Value> {
        let found = self.value?.get("attributes")?.get(name);
        found.filter(|value| !value.is_null())
    }

    fn related(&self, name: &str) -> Option<&'d Value> {
        let found = self.value?.get("relationshipAttributes")?.get(name);
        found.filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Option<&'d str> {
        self.attribute(name).and_then(Value::as_str)
    }

    fn is_process(&self) -> bool {
        let ends = ["_process", "_lineage", "Process"];
        ends.iter().any(|end| self.type_name.ends_with(end))
    }

    fn is_column(&self) -> bool {
        self.type_name.ends_with("_column")
    }
}

struct Reader<'d> {
    names: &'d AtlasNames,
    /// With their places.
    entities: Vec<(String, Entity<'d>)>,
    by_guid: BTreeMap<&'d str, usize>,
    by_name: BTreeMap<(&'d str, &'d str), usize>,
}

impl<'d> Reader<'d> {
    fn over(document: &'d Value, names: &'d AtlasNames) -> Result<Self, String> {
        let mut reader = Self {
            names,
            entities: Vec::new(),
            by_guid: BTreeMap::new(),
            by_name: BTreeMap::new(),
        };
        if let Some(list) = document.get("entities") {
            let list = list.as_array().ok_or("`entities` is no list")?;
            for (at, entity) in list.iter().enumerate() {
                reader.take(format!("entities[{at}]"), None, entity)?;
            }
        }
        if let Some(entity) = document.get("entity") {
            reader.take("entity".to_owned(), None, entity)?;
        }
        for field in ["referredEntities", "guidEntityMap"] {
            let Some(map) = document.get(field).filter(|map| !map.is_null()) else {
                continue;
            };
            let map = map
                .as_object()
                .ok_or_else(|| format!("`{field}` is no object"))?;
            for (guid, entity) in map {
                reader.take(format!("{field}.{guid}"), Some(guid), entity)?;
            }
        }
        Ok(reader)
    }

    fn take(
        &mut self,
        place: String,
        guid: Option<&'d str>,
        value: &'d Value,
    ) -> Result<(), String> {
        let entity = Entity::of(value).map_err(|why| format!("{place}: {why}"))?;
        let at = self.entities.len();
        let own = value.get("guid").and_then(Value::as_str);
        for guid in [guid, own].into_iter().flatten() {
            self.by_guid.entry(guid).or_insert(at);
        }
        if !entity.qualified.is_empty() {
            let name = (entity.type_name, entity.qualified);
            self.by_name.entry(name).or_insert(at);
        }
        self.entities.push((place, entity));
        Ok(())
    }

    /// Entities that say themselves what they read and write.
    fn posted(&self) -> Result<Vec<Process>, String> {
        let mut found = Vec::new();
        for (place, entity) in &self.entities {
            let says = |end| entity.attribute(end).or(entity.related(end)).is_some();
            if !(says("inputs") || says("outputs")) {
                if entity.type_name.ends_with("_column_lineage") {
                    return Err(format!("{place}: it has no `outputs`"));
                }
                continue;
            }
            let at = |why: String| format!("{place}: {why}");
            let mut process = self.process(entity).map_err(at)?;
            for input in self.ends(entity, "inputs").map_err(at)? {
                let kinds = kinds(entity, &input);
                let source = self.column(&input).map_err(at)?;
                process.inputs.push((source, kinds));
            }
            for (input, kinds) in self.beside(entity).map_err(at)? {
                let source = self.column(&input).map_err(at)?;
                if process.inputs.iter().all(|(known, _)| *known != source) {
                    process.inputs.push((source, kinds));
                }
            }
            for output in self.ends(entity, "outputs").map_err(at)? {
                process.outputs.push(self.column(&output).map_err(at)?);
            }
            found.push(process);
        }
        Ok(found)
    }

    /// A reply of the lineage API: who stands at either end of each relation.
    fn drawn(&self, document: &'d Value) -> Result<Vec<Process>, String> {
        let relations = document.get("relations").and_then(Value::as_array);
        let relations = relations.ok_or("`relations` is no list")?;
        self.is_whole(document)?;
        let mut found: BTreeMap<(&str, &str), Process> = BTreeMap::new();
        for (at, relation) in relations.iter().enumerate() {
            let place = format!("relations[{at}]");
            let end = |field: &str| {
                let guid = relation.get(field).and_then(Value::as_str);
                let index = guid.and_then(|guid| self.by_guid.get(guid));
                let found = index.and_then(|index| self.entities.get(*index));
                let (_, entity) =
                    found.ok_or_else(|| format!("{place}: `{field}` is no entity of the reply"))?;
                Ok::<_, String>(*entity)
            };
            let told = |why: String| format!("{place}: {why}");
            let (from, to) = (end("fromEntityId")?, end("toEntityId")?);
            match (self.is_dataset(&from), self.is_dataset(&to)) {
                (true, false) => {
                    let source = self.column(&from).map_err(told)?;
                    let process = self.noted(&mut found, &to).map_err(told)?;
                    process.inputs.push((source, kinds(&to, &from)));
                }
                (false, true) => {
                    let target = self.column(&to).map_err(told)?;
                    let process = self.noted(&mut found, &from).map_err(told)?;
                    process.outputs.push(target);
                }
                // The reply leaves processes out: something between the two.
                (true, true) => {
                    let (source, target) = (self.column(&from), self.column(&to));
                    let target = target.map_err(told)?;
                    let between = found.entry((to.type_name, to.qualified));
                    let between = between.or_insert_with(|| Process {
                        type_name: String::new(),
                        qualified: format!("atlas:{}", to.qualified),
                        is_drawn: true,
                        parent: None,
                        user: None,
                        at: None,
                        inputs: Vec::new(),
                        outputs: vec![target],
                    });
                    between.inputs.push((source.map_err(told)?, vec![DERIVED]));
                }
                (false, false) => {
                    let (from, to) = (from.type_name, to.type_name);
                    return Err(told(format!(
                        "neither `{from}` nor `{to}` is a dataset that is known: say what it means by --atlas-name TYPE=PATTERN"
                    )));
                }
            }
        }
        Ok(found.into_values().collect())
    }

    /// A reply that was cut off knows that there is more.
    fn is_whole(&self, document: &Value) -> Result<(), String> {
        let parts = document.get("relationsOnDemand").and_then(Value::as_object);
        for (guid, part) in parts.into_iter().flatten() {
            let more = |field| part.get(field).and_then(Value::as_bool) == Some(true);
            if more("hasMoreInputs") || more("hasMoreOutputs") {
                return Err(format!(
                    "relationsOnDemand.{guid}: the reply is cut off: ask for more relations"
                ));
            }
        }
        Ok(())
    }

    fn noted<'f>(
        &self,
        found: &'f mut BTreeMap<(&'d str, &'d str), Process>,
        entity: &Entity<'d>,
    ) -> Result<&'f mut Process, String> {
        let process = Process {
            is_drawn: true,
            ..self.process(entity)?
        };
        let key = (entity.type_name, entity.qualified);
        Ok(found.entry(key).or_insert(process))
    }

    fn process(&self, entity: &Entity<'d>) -> Result<Process, String> {
        if entity.qualified.is_empty() {
            return Err("a process without `qualifiedName`".to_owned());
        }
        let parents = ["process", "query"].into_iter();
        let parents = parents.flat_map(|name| [entity.related(name), entity.attribute(name)]);
        let parent = parents
            .flatten()
            .filter(|value| value.is_object())
            .find_map(|value| self.pointed(value).ok());
        let ms = ["endTime", "startTime"]
            .into_iter()
            .find_map(|name| entity.attribute(name)?.as_i64())
            .filter(|ms| *ms > 0);
        let user = ["userName", "owner", "user"]
            .into_iter()
            .find_map(|name| entity.text(name));
        Ok(Process {
            type_name: entity.type_name.to_owned(),
            qualified: entity.qualified.to_owned(),
            is_drawn: false,
            parent: parent.map(|parent| parent.qualified.to_owned()),
            user: user.map(str::to_owned),
            at: ms.map(|ms| ms / 1000),
            inputs: Vec::new(),
            outputs: Vec::new(),
        })
    }

    /// The ends of a process, by attributes and by relationships; Atlas writes both.
    fn ends(&self, entity: &Entity<'d>, field: &str) -> Result<Vec<Entity<'d>>, String> {
        let mut ends: Vec<Entity<'d>> = Vec::new();
        for list in [entity.attribute(field), entity.related(field)]
            .into_iter()
            .flatten()
        {
            let list = list
                .as_array()
                .ok_or_else(|| format!("its `{field}` are no list"))?;
            for (at, end) in list.iter().enumerate() {
                let end = self
                    .pointed(end)
                    .map_err(|why| format!("{field}[{at}]: {why}"))?;
                let same =
                    |e: &&Entity| (e.type_name, e.qualified) == (end.type_name, end.qualified);
                if !ends.iter().any(|known| same(&known)) {
                    ends.push(end);
                }
            }
        }
        Ok(ends)
    }

    /// What our own export tells beside the inputs: columns over which no classification is to travel.
    fn beside(&self, entity: &Entity<'d>) -> Result<Vec<(Entity<'d>, Vec<Relationship>)>, String> {
        let Some(told) = own_kinds(entity) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for (source, kinds) in told {
            let (type_name, qualified) = source
                .split_once(':')
                .ok_or_else(|| format!("dependencies: `{source}` is no type and name"))?;
            found.push((self.named(type_name, qualified), listed(kinds)));
        }
        Ok(found)
    }

    fn named(&self, type_name: &'d str, qualified: &'d str) -> Entity<'d> {
        let index = self.by_name.get(&(type_name, qualified));
        let found = index.and_then(|index| self.entities.get(*index));
        found.map_or(
            Entity {
                type_name,
                qualified,
                value: None,
            },
            |(_, entity)| *entity,
        )
    }

    /// The entity that an object id means.
    fn pointed(&self, id: &'d Value) -> Result<Entity<'d>, String> {
        let text = |pointer: &str| id.pointer(pointer).and_then(Value::as_str);
        let guid = text("/guid");
        let index = guid.and_then(|guid| self.by_guid.get(guid));
        if let Some((_, entity)) = index.and_then(|index| self.entities.get(*index)) {
            return Ok(*entity);
        }
        match (text("/typeName"), text("/uniqueAttributes/qualifiedName")) {
            (Some(type_name), Some(qualified)) => Ok(self.named(type_name, qualified)),
            _ => Err(format!(
                "`{}` is no entity of the document, and has no qualified name",
                guid.unwrap_or_default()
            )),
        }
    }

    fn is_dataset(&self, entity: &Entity) -> bool {
        let ends = ["_column", "_table", "_topic", "_view", "_path"];
        let by_name = ends.iter().any(|end| entity.type_name.ends_with(end));
        let by_place = !entity.is_process() && entity.qualified.contains("://");
        by_name || by_place || self.names.contains_key(entity.type_name)
    }

    /// The column that an entity is; without one it is a table, of which any column may be meant.
    fn column(&self, entity: &Entity<'d>) -> Result<SourceColumn, String> {
        if entity.qualified.is_empty() {
            let what = entity.type_name;
            return Err(format!("a `{what}` without `qualifiedName`"));
        }
        if !entity.is_column() {
            return Ok(SourceColumn {
                dataset: self.dataset(entity)?,
                column: None,
            });
        }
        let (own, cluster) = at_cluster(entity.qualified);
        let known = entity.text("name");
        let table = entity.related("table").or(entity.attribute("table"));
        let table = table.and_then(|table| self.pointed(table).ok());
        let dotted = match known {
            Some(name) => own
                .strip_suffix(name)
                .and_then(|head| head.strip_suffix('.'))
                .map(|head| (head, name)),
            None => own.rsplit_once('.'),
        };
        let (dataset, name) = match (table, dotted, known) {
            (Some(table), _, Some(name)) => (self.dataset(&table)?, name),
            (Some(table), Some((_, name)), None) => (self.dataset(&table)?, name),
            (None, Some((head, name)), _) => {
                let type_name = entity.type_name.trim_end_matches("_column").to_owned() + "_table";
                let qualified = match cluster {
                    Some(cluster) => format!("{head}@{cluster}"),
                    None => head.to_owned(),
                };
                let table = self.by_name.get(&(type_name.as_str(), qualified.as_str()));
                let table = table.and_then(|index| self.entities.get(*index));
                let dataset = match table {
                    Some((_, table)) => self.dataset(table)?,
                    None => self.dataset(&Entity {
                        type_name: &type_name,
                        qualified: &qualified,
                        value: None,
                    })?,
                };
                (dataset, name)
            }
            (_, None, _) => {
                let name = entity.qualified;
                return Err(format!(
                    "`{name}` does not say which column of which table it is"
                ));
            }
        };
        Ok(SourceColumn {
            dataset,
            column: (name != "*").then(|| name.to_owned()),
        })
    }

    fn dataset(&self, entity: &Entity) -> Result<Dataset, String> {
        let (own, cluster) = at_cluster(entity.qualified);
        let foreign = || TableName::new("atlas", entity.type_name, entity.qualified);
        if let Some(pattern) = self.names.get(entity.type_name) {
            let meant = filled(pattern, own, cluster.unwrap_or_default());
            return if meant.contains("://") {
                Ok(Dataset {
                    name: foreign(),
                    physical: vec![canonical(&meant)?],
                })
            } else {
                let name = table_name(&meant);
                let name = name.ok_or_else(|| format!("`{meant}` is no catalog.database.table"))?;
                Ok(Dataset {
                    name,
                    physical: Vec::new(),
                })
            };
        }
        if entity.type_name == "flink_table" {
            return Ok(ours(entity, own).unwrap_or_else(|| Dataset {
                name: foreign(),
                physical: Vec::new(),
            }));
        }
        if own.contains("://") && !entity.is_process() {
            return Ok(Dataset {
                name: foreign(),
                physical: vec![canonical(own)?],
            });
        }
        let what = entity.type_name;
        Err(format!(
            "what the names of `{what}` mean is not known: say it by --atlas-name '{what}=scheme://host/{{name}}' or '{what}=catalog.{{name}}'"
        ))
    }
}

/// A table of our own export. Its qualified name is its physical one, with one of several servers, or ends in its logical one.
fn ours(entity: &Entity, own: &str) -> Option<Dataset> {
    let (parent, last) = own.rsplit_once('/').unwrap_or(("", own));
    let place = match own.strip_prefix("file/") {
        Some(path) => Some(format!("file:///{}", path.trim_start_matches('/'))),
        None => own.contains("://").then(|| own.to_owned()),
    };
    let place = place.map(|place| place.trim_end_matches('/').to_owned());
    let physical = entity.text("physicalName").map(str::to_owned);
    let has_said = entity
        .value
        .is_some_and(|value| value.pointer("/attributes/physicalName").is_some());
    let physical = if has_said { physical } else { place };
    // Who is asked for by name must be found, whatever the namespace of tables without a place looks like.
    let logical = entity.text("name").and_then(table_name);
    let logical = logical.or_else(|| table_name(last));
    let name = match (&logical, &physical) {
        (Some(name), _) => name.clone(),
        (None, Some(_)) => TableName::new("atlas", parent, last),
        (None, None) => return None,
    };
    Some(Dataset {
        name,
        physical: physical.into_iter().collect(),
    })
}

/// A path as the check names it, or else the name of a table as it is.
fn canonical(place: &str) -> Result<String, String> {
    let scheme = place.split_once("://").and_then(|(name, _)| scheme(name));
    if !scheme.is_some_and(|scheme| scheme.folder) {
        return Ok(place.trim_end_matches('/').to_owned());
    }
    let names = folder(place).map_err(|why| format!("`{place}`: {why}"))?;
    let name = names.into_iter().next();
    name.ok_or_else(|| format!("`{place}` is no path"))
}

/// `name@cluster`; an `@` before a slash is one of an address.
fn at_cluster(qualified: &str) -> (&str, Option<&str>) {
    match qualified.rsplit_once('@') {
        Some((name, cluster)) if !cluster.contains('/') => (name, Some(cluster)),
        Some(_) | None => (qualified, None),
    }
}

fn filled(pattern: &str, name: &str, cluster: &str) -> String {
    let parts = pattern.split("{name}");
    let parts: Vec<String> = parts
        .map(|part| part.replace("{cluster}", cluster))
        .collect();
    parts.join(name)
}

/// How a process is made of one of its inputs.
fn kinds(process: &Entity, input: &Entity) -> Vec<Relationship> {
    if let Some(mut told) = own_kinds(process) {
        let found = told
            .find(|(source, _)| source.split_once(':') == Some((input.type_name, input.qualified)));
        return found.map_or(vec![DERIVED], |(_, kinds)| listed(kinds));
    }
    let simple = process.type_name == "hive_column_lineage"
        && ["depenendencyType", "dependencyType"]
            .into_iter()
            .any(|name| process.text(name) == Some("SIMPLE"));
    if simple {
        return vec![Relationship::Direct(Direct::SAME)];
    }
    vec![DERIVED]
}

/// The attribute `dependencies` of our own export: kinds by type and qualified name of the source.
fn own_kinds<'d>(process: &Entity<'d>) -> Option<impl Iterator<Item = (&'d str, &'d str)>> {
    if process.type_name != "flink_column_lineage" {
        return None;
    }
    let told = process.attribute("dependencies")?.as_object()?;
    Some(
        told.iter()
            .map(|(source, kinds)| (source.as_str(), kinds.as_str().unwrap_or_default())),
    )
}

fn listed(kinds: &str) -> Vec<Relationship> {
    kinds.split(',').map(relationship_of).collect()
}
