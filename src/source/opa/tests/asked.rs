//! What is asked.

use serde_json::json;

use super::*;
use crate::policy::Attribute;

#[test]
fn a_table_is_asked_about_in_trinos_shape() {
    let asked = asks(&about_one(), &Paths::trino("p"));
    let paths: Vec<&str> = asked.iter().map(|ask| ask.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/v1/data/p/allow",
            "/v1/data/p/rowFilters",
            "/v1/data/p/batchColumnMasks"
        ]
    );
    let bodies: Vec<Value> = asked.iter().map(|ask| ask.body.clone()).collect();
    let context = json!({
        "identity": { "user": "ann", "groups": ["ops"] },
        "softwareStack": { "sqlsecVersion": env!("CARGO_PKG_VERSION") },
    });
    let table = json!({ "table": {
        "catalogName": "c", "schemaName": "d", "tableName": "t", "physicalNames": [],
        "columns": ["id", "phone"],
        "columnTypes": [
            { "columnName": "id", "columnType": "INT" }, { "columnName": "phone", "columnType": "STRING" },
        ],
    } });
    let column = |name: &str, data_type: &str| {
        json!({ "column": {
            "catalogName": "c", "schemaName": "d", "tableName": "t", "physicalNames": [],
            "columnName": name, "columnType": data_type,
        } })
    };
    let input = |action: Value| json!({ "input": { "context": context, "action": action } });
    assert_eq!(
        bodies,
        [
            input(json!({ "operation": "SelectFromColumns", "resource": table })),
            input(json!({ "operation": "GetRowFilters", "resource": table })),
            input(json!({
                "operation": "GetColumnMask",
                "filterResources": [column("id", "INT"), column("phone", "STRING")],
            })),
        ]
    );
    let asked = asks(&about_one(), &each());
    let masks: Vec<&Value> = asked.iter().skip(2).map(|ask| &ask.body).collect();
    let one = |column| input(json!({ "operation": "GetColumnMask", "resource": column }));
    assert_eq!(
        masks,
        [&one(column("id", "INT")), &one(column("phone", "STRING"))]
    );
}

#[test]
fn a_declared_table_is_no_table_of_the_site() {
    let physical = ["kafka://b:9092/t".to_owned()];
    let also = [TableName::new("shop", "web", "Orders")];
    let question = about(|resource| Resource {
        physical: Vec::leak(physical.to_vec()),
        also: Vec::leak(also.to_vec()),
        user_named: true,
        ..resource
    });
    let asked = asks(&question, &Paths::trino("p"));
    let resources: Vec<&Value> = asked
        .iter()
        .filter_map(|ask| ask.body["input"]["action"].get("resource"))
        .collect();
    let [own, _, site, filters] = resources.as_slice() else {
        panic!("{resources:?}")
    };
    assert_eq!(own.as_object().unwrap().len(), 1);
    let own = &own["declaredTable"];
    assert_eq!(own["tableName"], "t");
    assert_eq!(own["physicalNames"], json!(["kafka://b:9092/t"]));
    assert_eq!(
        own["alsoKnownAs"],
        json!([{ "catalogName": "shop", "schemaName": "web", "tableName": "Orders" }])
    );
    // The site's own name of the bytes is asked about as what it is.
    assert_eq!(site["table"]["tableName"], "Orders");
    assert_eq!(filters["table"]["catalogName"], "shop");
    let masks = asked.iter().filter_map(|ask| {
        let masked = ask.body["input"]["action"].get("filterResources")?;
        Some(masked[1].as_object()?.keys().next()?.clone())
    });
    assert_eq!(masks.collect::<Vec<_>>(), ["declaredColumn", "column"]);
}

#[test]
fn what_trino_does_not_ask_is_asked_of_another_rule() {
    let name = TableName::new("c", "d", "t");
    let physical = ["kafka://b:9092/t".to_owned()];
    let site = Resource::named(&name);
    let own = Resource {
        physical: &physical,
        user_named: true,
        ..site
    };
    let mut scope = Scope::default();
    for privilege in [Privilege::Insert, Privilege::Alter] {
        scope.about(&site, Some(privilege));
        scope.about(&own, Some(privilege));
    }
    scope.about_object("c.d", Privilege::Drop);
    scope.about_object("c.d.p", Privilege::Execute);
    let question = Question::new(ann(), scope);
    let asked = |paths: &Paths| {
        let asked = asks(&question, paths);
        let operation = |ask: &Ask| ask.body["input"]["action"]["operation"].clone();
        let said = asked
            .iter()
            .map(|ask| format!("{} {}", ask.path, operation(ask)));
        said.collect::<Vec<_>>()
    };
    let whole = [
        r#"/v1/data/p/allow "InsertIntoTable""#,
        r#"/v1/data/p/allowFlink "AlterTable""#,
        r#"/v1/data/p/allowFlink "InsertIntoTable""#,
        r#"/v1/data/p/allowFlink "AlterTable""#,
        r#"/v1/data/p/allow "DropSchema""#,
        r#"/v1/data/p/allowFlink "ExecuteProcedure""#,
    ];
    assert_eq!(asked(&Paths::trino("p")), whole);
    let mut paths = Paths::trino("p");
    if let Paths::Trino { flink, .. } = &mut paths {
        *flink = None;
    }
    // Where there is no such rule, nothing is asked, and nothing granted.
    let left: Vec<&str> = whole
        .into_iter()
        .filter(|ask| ask.contains("/allow "))
        .collect();
    assert_eq!(asked(&paths), left);
    let replies = vec![json!({ "result": true }); left.len()];
    let document = document(&asks(&question, &paths), &replies).unwrap();
    let text = serde_json::to_string(&document).unwrap();
    let policy = Policy::load_answer(&text, "OPA").unwrap();
    let now = SystemTime::now();
    let may = |resource, privilege| policy.access(&ann(), resource, privilege, now).is_ok();
    // The submitter's table has the name of the site's: its denial closes both.
    assert!(!may(&own, Privilege::Insert) && !may(&site, Privilege::Alter));
    let object = |name, privilege| policy.access_object(&ann(), name, privilege, now).is_ok();
    assert!(object("c.d", Privilege::Drop) && !object("c.d.p", Privilege::Execute));
}

#[test]
fn making_a_name_is_no_business_of_the_bytes_other_names() {
    let name = TableName::new("c", "d", "t");
    let also = [TableName::new("shop", "web", "orders")];
    let physical = ["kafka://b:9092/t".to_owned()];
    let resource = Resource {
        physical: &physical,
        also: &also,
        user_named: true,
        ..Resource::named(&name)
    };
    let mut scope = Scope::default();
    scope.about(&resource, Some(Privilege::Create));
    scope.about(&resource, Some(Privilege::Insert));
    let asked = asks(&Question::new(ann(), scope), &Paths::trino("p"));
    let operations: Vec<String> = asked
        .iter()
        .map(|ask| {
            let action = &ask.body["input"]["action"];
            let kind = action["resource"]
                .as_object()
                .unwrap()
                .keys()
                .next()
                .unwrap()
                .clone();
            format!("{} {kind}", action["operation"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        operations,
        [
            "InsertIntoTable declaredTable",
            "CreateTable declaredTable",
            "InsertIntoTable table"
        ]
    );
}

#[test]
fn where_letter_case_does_not_count_a_policy_sees_one_spelling() {
    let physical = ["mysql://db:3306/Shop.T".to_owned()];
    let question = about(|resource| Resource {
        name: Box::leak(Box::new(TableName::new("Hive", "D", "T"))),
        physical: Vec::leak(physical.to_vec()),
        columns: Some(Vec::leak(vec![column("Phone", "STRING")])),
        ignore_case: true,
        ..resource
    });
    let asked = asks(&question, &Paths::trino("p"));
    let table = &asked.iter().next().unwrap().body["input"]["action"]["resource"]["table"];
    // Catalogs of Flink are found by their exact names.
    assert_eq!(table["catalogName"], "Hive");
    assert_eq!(table["schemaName"], "d");
    assert_eq!(table["tableName"], "t");
    assert_eq!(table["columns"], json!(["phone"]));
    assert_eq!(
        table["physicalNames"],
        json!(["mysql://db:3306/Shop.T", "mysql://db:3306/shop.t"])
    );
}

#[test]
fn objects_are_asked_about_by_the_names_that_rules_know() {
    let mut scope = Scope::default();
    scope.about_object("c.d", Privilege::Create);
    scope.about_object("c.d.f", Privilege::Function);
    scope.about_object("c.d.p", Privilege::Execute);
    scope.about_object("hdfs://x/y.jar", Privilege::Jar);
    let asked = asks(&Question::new(ann(), scope), &Paths::trino("p"));
    let actions: Vec<&Value> = asked
        .iter()
        .map(|ask| &ask.body["input"]["action"])
        .collect();
    let function = json!({ "catalogName": "c", "schemaName": "d", "functionName": "p" });
    assert_eq!(
        actions,
        [
            &json!({ "operation": "CreateSchema", "resource": {
                "object": { "name": "c.d" }, "schema": { "catalogName": "c", "schemaName": "d" } } }),
            // Trino's CreateFunction is no code that the submitter brings along.
            &json!({ "operation": "ManageFunction", "resource": { "object": { "name": "c.d.f" } } }),
            &json!({ "operation": "ExecuteProcedure", "resource": {
                "object": { "name": "c.d.p" }, "function": function } }),
            &json!({ "operation": "LoadJar", "resource": { "object": { "name": "hdfs://x/y.jar" } } }),
        ]
    );
}

#[test]
fn the_combined_question_is_whole() {
    let mut scope = about_one().scope().clone();
    scope.about_object("c.d.f", Privilege::Function);
    let who = Principal {
        roles: ["boss".to_owned()].into(),
        attributes: [("dept".to_owned(), Attribute::Integer(7))].into(),
        ..ann()
    };
    let asked = asks(&Question::new(who, scope), &Paths::combined("corp/flink"));
    let asked: Vec<&Ask> = asked.iter().collect();
    let [ask] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert_eq!(ask.path, "/v1/data/corp/flink/document");
    assert_eq!(
        ask.body["input"]["context"]["identity"],
        json!({ "user": "ann", "groups": ["ops"], "roles": ["boss"], "attributes": { "dept": 7 } })
    );
    assert_eq!(
        ask.body["input"]["tables"],
        json!([{
            "catalogName": "c", "schemaName": "d", "tableName": "t", "physicalNames": [], "alsoKnownAs": [],
            "userNamed": false, "ignoreCase": false, "privileges": ["select"],
            "columns": [
                { "columnName": "id", "columnType": "INT" }, { "columnName": "phone", "columnType": "STRING" },
            ],
        }])
    );
    assert_eq!(
        ask.body["input"]["objects"],
        json!([{ "name": "c.d.f", "privileges": ["function"] }])
    );
}

#[test]
fn settings_are_read_strictly() {
    let read = |text: &str| serde_json::from_str::<Paths>(text);
    let trino =
        r#"{ "dialect": "trino", "access": "/a", "row_filters": "/f", "masks": { "each": "/m" } }"#;
    assert!(matches!(read(trino), Ok(Paths::Trino { flink: None, .. })));
    assert!(read(r#"{ "dialect": "combined", "document": "/d" }"#).is_ok());
    // No masks is a matter of the policy, not of a setting that was forgotten.
    assert!(read(r#"{ "dialect": "trino", "access": "/a", "row_filters": "/f" }"#).is_err());
    assert!(read(r#"{ "dialect": "combined", "document": "/d", "masks": "/m" }"#).is_err());
}

#[test]
fn a_question_about_nothing_needs_no_request() {
    let question = Question::new(ann(), Scope::default());
    let asked = asks(&question, &Paths::trino("p"));
    assert!(asked.is_empty());
    let made = document(&asked, &[]).unwrap();
    assert!(made.rules.is_empty());
    assert_eq!(asks(&question, &Paths::combined("p")).len(), 1);
}

#[test]
fn the_manual_has_every_operation() {
    use super::super::operation::{on_object, on_table};
    const ALL: [Privilege; 16] = [
        Privilege::Select,
        Privilege::Insert,
        Privilege::Update,
        Privilege::Delete,
        Privilege::Create,
        Privilege::Alter,
        Privilege::Drop,
        Privilege::Truncate,
        Privilege::Execute,
        Privilege::Use,
        Privilege::Describe,
        Privilege::Function,
        Privilege::Jar,
        Privilege::Module,
        Privilege::Catalog,
        Privilege::Config,
    ];
    let manual = include_str!("../../../../docs/opa.md");
    for operation in ALL.into_iter().flat_map(|p| [on_table(p), on_object(p)]) {
        for operation in operation {
            // What is not asked of Trino's rule has a star.
            let star = if operation.is_trinos { "" } else { " *" };
            let row = format!("`{}`{star}", operation.name);
            assert!(manual.contains(&row), "{row}");
        }
    }
}
