//! The types that stock Atlas does not have for Flink; posted once to `/api/atlas/v2/types/typedefs`.

use serde_json::{Value, json};

/// The body for `POST /api/atlas/v2/types/typedefs`.
#[must_use]
pub fn typedefs() -> Value {
    json!({
        "enumDefs": [],
        "structDefs": [],
        "businessMetadataDefs": [],
        "classificationDefs": [{
            "name": "ENCRYPTED",
            "description": "A column that a rule masks; follows the data along lineage.",
            "superTypes": [],
            "entityTypes": ["DataSet"],
            "attributeDefs": [attribute("mask", "string", true, true), attribute("rule", "string", true, true)],
        }],
        "entityDefs": [
            entity("flink_table", "DataSet", &[
                attribute("connector", "string", true, true),
                attribute("physicalName", "string", true, true),
            ]),
            entity("flink_column", "DataSet", &[
                attribute("type", "string", false, true),
                attribute("position", "int", true, false),
                attribute("protectionState", "string", true, true),
            ]),
            entity("flink_column_lineage", "Process", &[
                attribute("dependencyType", "string", false, true),
                attribute("dependencies", "map<string,string>", true, false),
                attribute("expression", "string", true, false),
                attribute("masking", "boolean", true, true),
            ]),
        ],
        "relationshipDefs": [
            composition("flink_table_columns", ("flink_table", "columns"), ("flink_column", "table")),
            composition("flink_process_column_lineages", ("flink_process", "columnLineages"), ("flink_column_lineage", "process")),
        ],
    })
}

fn entity(name: &str, parent: &str, attributes: &[Value]) -> Value {
    json!({
        "name": name,
        "superTypes": [parent],
        "serviceType": "flink",
        "typeVersion": "1.0",
        "attributeDefs": attributes,
    })
}

fn attribute(name: &str, data_type: &str, optional: bool, indexed: bool) -> Value {
    json!({
        "name": name,
        "typeName": data_type,
        "isOptional": optional,
        "cardinality": "SINGLE",
        "isUnique": false,
        "isIndexable": indexed,
    })
}

fn composition(name: &str, whole: (&str, &str), part: (&str, &str)) -> Value {
    json!({
        "name": name,
        "serviceType": "flink",
        "typeVersion": "1.0",
        "relationshipCategory": "COMPOSITION",
        "propagateTags": "NONE",
        "endDef1": { "type": whole.0, "name": whole.1, "isContainer": true, "cardinality": "SET" },
        "endDef2": { "type": part.0, "name": part.1, "isContainer": false, "cardinality": "SINGLE" },
    })
}
