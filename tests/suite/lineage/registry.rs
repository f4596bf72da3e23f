//! What Atlas' type registry asks of an entity, as far as our exports use it: a check that needs no JVM. Atlas' own is asked with `SQLSEC_ATLAS=1`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::case::root;

/// Types by their name.
pub struct Registry {
    entities: BTreeMap<String, Value>,
    relationships: BTreeMap<String, Value>,
    classifications: BTreeSet<String>,
}

fn list(value: &Value, name: &str) -> Vec<Value> {
    value[name].as_array().cloned().unwrap_or_default()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

impl Registry {
    /// Atlas' base and Flink models, which are not ours to keep, and these types.
    pub fn with(types: &Value) -> Option<Self> {
        let models = root().join("../shared/tools/atlas-check/models");
        let files = [
            "0000-Area0/0010-base_model.json",
            "1000-Hadoop/1110-flink_model.json",
        ];
        let mut documents = vec![types.clone()];
        for file in files {
            let Ok(model) = fs::read_to_string(models.join(file)) else {
                println!("skipped: Atlas' models are not here");
                return None;
            };
            documents.push(serde_json::from_str(&model).expect("a model"));
        }
        let named = |kind: &str| {
            let defs = documents.iter().flat_map(|d| list(d, kind));
            defs.map(|d| (text(&d, "name").to_owned(), d))
                .collect::<BTreeMap<_, _>>()
        };
        Some(Self {
            entities: named("entityDefs"),
            relationships: named("relationshipDefs"),
            classifications: named("classificationDefs").into_keys().collect(),
        })
    }

    /// A type and all that it comes from.
    fn line(&self, name: &str) -> BTreeSet<String> {
        let mut line = BTreeSet::from([name.to_owned()]);
        let parents = self
            .entities
            .get(name)
            .map(|d| list(d, "superTypes"))
            .unwrap_or_default();
        for parent in parents {
            line.extend(self.line(parent.as_str().unwrap_or_default()));
        }
        line
    }

    /// What is wrong with the entities of a bulk request.
    pub fn complaints(&self, bulk: &Value) -> Vec<String> {
        let entities = list(bulk, "entities");
        let guids: BTreeMap<String, String> = entities
            .iter()
            .map(|e| (text(e, "guid").to_owned(), text(e, "typeName").to_owned()))
            .collect();
        let mut wrong = Vec::new();
        if guids.len() != entities.len() {
            wrong.push("two entities have one guid".to_owned());
        }
        for entity in &entities {
            let name = text(entity, "typeName");
            let mut say = |what: String| wrong.push(format!("{name}: {what}"));
            if !self.entities.contains_key(name) {
                say("unknown type".to_owned());
                continue;
            }
            let line = self.line(name);
            let defs: Vec<Value> = line
                .iter()
                .filter_map(|t| self.entities.get(t))
                .flat_map(|d| list(d, "attributeDefs"))
                .collect();
            let attributes = entity["attributes"].as_object().expect("attributes");
            for def in &defs {
                let value = attributes.get(text(def, "name")).unwrap_or(&Value::Null);
                let fits = match text(def, "typeName") {
                    "string" => value.is_string(),
                    "int" | "date" => value.is_i64(),
                    "boolean" => value.is_boolean(),
                    "map<string,string>" => value
                        .as_object()
                        .is_some_and(|m| m.values().all(Value::is_string)),
                    _ => value.is_null(),
                };
                let optional = def["isOptional"].as_bool() == Some(true);
                let absent = value.is_null() && optional;
                if !(fits || absent) {
                    say(format!("{} is {value}", text(def, "name")));
                }
            }
            for attribute in attributes.keys() {
                if !defs.iter().any(|d| text(d, "name") == attribute) {
                    say(format!("{attribute} is not its attribute"));
                }
            }
            for classification in list(entity, "classifications") {
                if !self
                    .classifications
                    .contains(text(&classification, "typeName"))
                {
                    say("unknown classification".to_owned());
                }
            }
            for (attribute, ends) in entity["relationshipAttributes"]
                .as_object()
                .into_iter()
                .flatten()
            {
                let ends = ends
                    .as_array()
                    .cloned()
                    .unwrap_or_else(|| vec![ends.clone()]);
                for end in ends {
                    let Some(relationship) = self.relationships.get(text(&end, "relationshipType"))
                    else {
                        say(format!("{attribute}: unknown relationship"));
                        continue;
                    };
                    let own = |def: &Value| {
                        text(def, "name") == attribute && line.contains(text(def, "type"))
                    };
                    let (one, two) = (&relationship["endDef1"], &relationship["endDef2"]);
                    let other = if own(one) {
                        two
                    } else if own(two) {
                        one
                    } else {
                        say(format!("{attribute} is no end of its relationship"));
                        continue;
                    };
                    let target = text(&end, "typeName");
                    if self.entities.contains_key(target)
                        && !self.line(target).contains(text(other, "type"))
                    {
                        say(format!("{attribute} leads to a {target}"));
                    }
                    let known = end.get("guid").map(|g| {
                        guids
                            .get(g.as_str().unwrap_or_default())
                            .map(String::as_str)
                    });
                    if known.is_some_and(|t| t != Some(target)) {
                        say(format!("{attribute}: its guid is nowhere in the request"));
                    }
                    if known.is_none() && text(&end["uniqueAttributes"], "qualifiedName").is_empty()
                    {
                        say(format!("{attribute} names nothing"));
                    }
                }
            }
        }
        wrong
    }
}
