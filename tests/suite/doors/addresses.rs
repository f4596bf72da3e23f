//! A script's own table over protected bytes, by another spelling of their address.

use sqlsec::Code;

use super::Desk;

const POLICY: &str = "\
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow, unknown_connector: deny, no_matching_filter: deny, unknown_lineage: allow }
rules:
  - { id: my, type: row_filter, to: { users: [ann] }, on: { physical: 'mysql://db:3306/shop.orders' }, filter: \"region = 'north'\" }
  - { id: pg, type: row_filter, to: { users: [ann] }, on: { physical: 'postgres://db:5432/shop.public.orders' }, filter: \"region = 'north'\" }
  - { id: file, type: row_filter, to: { users: [ann] }, on: { physical: 'file:///data/orders' }, filter: \"region = 'north'\" }
";

fn with_table(options: &str) -> Desk {
    let mut desk = Desk::new(POLICY, "");
    desk.allowed(&format!(
        "CREATE TEMPORARY TABLE t (id INT, region STRING) WITH ({options})"
    ));
    desk
}

#[test]
fn every_spelling_of_a_database_has_its_rules() {
    for url in [
        "jdbc:mysql://db:3306/shop",
        "jdbc:mysql://db/shop",
        "jdbc:mysql://DB/shop",
        "jdbc:mysql://u:p@db/shop?useSSL=false&user=x",
        "jdbc:postgresql://db/shop",
        "jdbc:postgresql://db.:5432/shop?sslmode=disable",
    ] {
        let options = format!("'connector' = 'jdbc', 'url' = '{url}', 'table-name' = 'orders'");
        with_table(&options).filtered("SELECT * FROM t");
    }
    let cdc = "'connector' = 'mysql-cdc', 'hostname' = 'DB', 'database-name' = 'shop', 'table-name' = 'orders'";
    with_table(cdc).filtered("SELECT * FROM t");
    with_table(&format!("{cdc}, 'port' = '3306'")).filtered("SELECT * FROM t");
    with_table(&cdc.replace("'orders'", "'orders|x'")).filtered("SELECT * FROM t");
    // Names that a database may fold, ports that may be another door.
    for options in [
        cdc.replace("'orders'", "'ORDERS'"),
        format!("{cdc}, 'port' = '33060'"),
        "'connector' = 'jdbc', 'url' = 'jdbc:postgresql://db/shop', 'table-name' = 'PUBLIC.Orders'".to_owned(),
        "'connector' = 'jdbc', 'url' = 'jdbc:oceanbase://db:3306/shop', 'table-name' = 'orders'".to_owned(),
        "'connector' = 'starrocks', 'jdbc-url' = 'jdbc:mysql://db:9030', 'database-name' = 'shop', 'table-name' = 'orders'".to_owned(),
    ] {
        with_table(&options).filtered("SELECT * FROM t");
    }
}

#[test]
fn a_folder_has_the_rules_of_those_above_and_below_it() {
    let options =
        |path: &str| format!("'connector' = 'filesystem', 'path' = '{path}', 'format' = 'json'");
    for path in [
        "file:///data/orders",
        "file:/data//orders/",
        "file:///data/x/../orders",
        "file://localhost/data/orders/2026/part-0",
        "file:///data",
        "file:///",
    ] {
        with_table(&options(path)).filtered("SELECT * FROM t");
    }
    let text = with_table(&options("file:///data/orders2")).allowed("SELECT * FROM t");
    assert_eq!(text, "SELECT * FROM t");
    for path in [
        "/data/orders",
        "file:///data/ord*",
        "file:///data/%6frders",
        "file:../data/orders",
    ] {
        with_table(&options(path)).denied(Code::ConnectorUnknown, "SELECT * FROM t");
    }
    // Below a partition the column of that partition is lost.
    let below = options("file:///data/orders/region=south");
    with_table(&below).denied(Code::SchemaUntrusted, "SELECT * FROM t");
    let lake = "'connector' = 'paimon', 'path' = 'file:///data/orders'";
    with_table(lake).filtered("SELECT * FROM t");
}

#[test]
fn a_column_is_not_a_road_through_the_sql_that_a_connector_sends() {
    let mut desk = Desk::new(POLICY, "");
    desk.allowed(
        "CREATE TEMPORARY TABLE t (id INT, `(SELECT max(phone) FROM orders)` STRING) WITH ('connector' = 'jdbc',
         'url' = 'jdbc:postgresql://db/shop', 'table-name' = 'harmless')",
    );
    desk.denied(Code::ConnectorUnknown, "SELECT * FROM t");
}

#[test]
fn an_address_that_is_not_understood_is_closed_where_rules_are_about_addresses() {
    let open = POLICY.replace("unknown_connector: deny", "unknown_connector: allow");
    let table = |connector: &str| {
        format!(
            "CREATE TEMPORARY TABLE t (id INT, region STRING) WITH ('connector' = '{connector}', 'topic-pattern' = 'o.*', 'properties.bootstrap.servers' = 'k')"
        )
    };
    let mut desk = Desk::new(&open, "");
    desk.allowed(&table("kafka"));
    desk.denied(Code::ConnectorUnknown, "SELECT * FROM t");
    let mut desk = Desk::new(&open, "");
    desk.allowed(&table("made-up"));
    desk.allowed("SELECT * FROM t");
}

#[test]
fn servers_have_all_names_that_the_policy_lists_and_others_are_refused() {
    let policy = POLICY.replace(
        "rules:",
        "servers: [[db, 10.0.0.5], ['other:3306']]\nrules:",
    );
    let with = |policy: &str, host: &str| {
        let mut desk = Desk::new(policy, "");
        desk.allowed(&format!(
            "CREATE TEMPORARY TABLE t (id INT, region STRING) WITH ('connector' = 'jdbc', 'url' = 'jdbc:mysql://{host}/shop', 'table-name' = 'orders')"
        ));
        desk
    };
    with(&policy, "10.0.0.5").filtered("SELECT * FROM t");
    with(&policy, "10.0.0.5:3307").filtered("SELECT * FROM t");
    assert_eq!(
        with(&policy, "other").allowed("SELECT * FROM t"),
        "SELECT * FROM t"
    );
    for host in ["other:3307", "db.corp", "10.0.0.6"] {
        with(&policy, host).denied(Code::ConnectorUnknown, "SELECT * FROM t");
    }
    let open = policy.replace(
        "no_matching_filter: deny",
        "no_matching_filter: deny, unknown_server: allow",
    );
    with(&open, "db.corp").allowed("SELECT * FROM t");
}

#[test]
fn a_spelling_that_a_driver_may_read_otherwise_is_refused() {
    for url in [
        "jdbc:mysql://db/sh%6Fp",
        "jdbc:mysql://db/shop?socksProxyHost=x",
        "jdbc:mysql://address=(host=db)(port=3306)/shop",
        "jdbc:mysql://(host=db,port=3306)/shop",
        "jdbc:mysql:aws://db/shop",
        "jdbc:mysql:///shop",
        "jdbc:postgresql:shop",
        "jdbc:postgresql://db/shop?options=x",
    ] {
        let options = format!("'connector' = 'jdbc', 'url' = '{url}', 'table-name' = 'orders'");
        with_table(&options).denied(Code::ConnectorUnknown, "SELECT * FROM t");
    }
    for table in [
        "or%ders",
        "(SELECT * FROM orders) x",
        "orders x",
        "`orders`",
    ] {
        let options = format!(
            "'connector' = 'jdbc', 'url' = 'jdbc:mysql://db/shop', 'table-name' = '{table}'"
        );
        with_table(&options).denied(Code::ConnectorUnknown, "SELECT * FROM t");
    }
    for (database, table, more) in [
        ("shop", "ord.*", ""),
        ("sh.p", "orders", ""),
        ("shop", "orders|x.*", ""),
        (
            "shop",
            "x",
            ", 'debezium.table.include.list' = 'shop.orders'",
        ),
    ] {
        let options = format!(
            "'connector' = 'mysql-cdc', 'hostname' = 'db', 'database-name' = '{database}', 'table-name' = '{table}'{more}"
        );
        with_table(&options).denied(Code::ConnectorUnknown, "SELECT * FROM t");
    }
}

#[test]
fn a_table_over_the_bytes_of_a_site_table_has_the_rules_of_its_name() {
    let policy = "\
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow, unknown_connector: deny, no_matching_filter: deny, unknown_lineage: allow }
rules:
  - { id: name, type: row_filter, to: { users: [ann] }, on: { table: '*.*.orders' }, filter: \"region = 'north'\" }
  - { id: sink, type: access, effect: deny, to: { users: [ann] }, on: { table: '*.*.orders' }, privileges: [insert] }
";
    let catalog = "CREATE TABLE shop.d.orders (id INT, region STRING) WITH ('connector' = 'kafka', 'topic' = 'o', 'properties.bootstrap.servers' = 'k1,k2', 'format' = 'json');
        CREATE TABLE shop.d.files (id INT, region STRING) WITH ('connector' = 'filesystem', 'path' = 's3://lake/f', 'format' = 'json')";
    for (servers, topic, protected) in [
        ("k2:9092", "o", true),
        ("k2", "o;x", true),
        ("k3", "o", false),
        ("k1", "x", false),
    ] {
        let mut desk = Desk::new(policy, catalog);
        desk.allowed(&format!(
            "CREATE TEMPORARY TABLE t (id INT, region STRING) WITH ('connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{servers}', 'format' = 'json')"
        ));
        if protected {
            desk.filtered("SELECT * FROM t");
            desk.denied(Code::AccessDenied, "INSERT INTO t SELECT 1, 'x'");
        } else {
            assert_eq!(desk.allowed("SELECT * FROM t"), "SELECT * FROM t");
        }
    }
}

#[test]
fn a_catalog_service_of_the_submitters_is_not_believed() {
    let table = |uri: &str| {
        format!(
            "'connector' = 'iceberg', 'uri' = 'thrift://{uri}', 'catalog-database' = 'd', 'catalog-table' = 'x', 'warehouse' = 's3://own'"
        )
    };
    with_table(&table("own")).denied(Code::ConnectorUnknown, "SELECT * FROM t");
    let policy = POLICY.replace("rules:", "servers: [[metastore]]\nrules:");
    for (uri, allowed) in [("metastore", true), ("own", false)] {
        let mut desk = Desk::new(&policy, "");
        desk.allowed(&format!(
            "CREATE TEMPORARY TABLE t (id INT) WITH ({})",
            table(uri)
        ));
        if allowed {
            // The bucket has no server of its own.
            desk.allowed("SELECT * FROM t");
        } else {
            desk.denied(Code::ConnectorUnknown, "SELECT * FROM t");
        }
    }
}

#[test]
fn create_as_does_not_write_where_insert_would_not() {
    let mut desk = Desk::new(POLICY, "");
    desk.denied(
        Code::ConnectorUnknown,
        "CREATE TABLE x WITH ('connector' = 'made-up') AS SELECT 1 AS id",
    );
    desk.denied(
        Code::ConnectorUnknown,
        "CREATE TABLE x WITH ('connector' = 'filesystem', 'path' = '/x') AS SELECT 1 AS id",
    );
    desk.allowed("CREATE TABLE x WITH ('connector' = 'print') AS SELECT 1 AS id");
}

/// What stands in the options of a table and goes into the connector's SQL, or names code: no table is made of it, whoever may read what.
#[test]
fn an_option_is_no_road_through_the_sql_or_the_client_of_a_connector() {
    let open = POLICY.replace("unknown_connector: deny", "unknown_connector: allow");
    for option in [
        "'scan.partition.column' = 'id` BETWEEN 0 AND 0) UNION ALL SELECT phone FROM (`orders'",
        "'properties.user' = 'hr'",
        "'io-impl' = 'a.B'",
        "'jdbc.properties.queryInterceptors' = 'a.B'",
    ] {
        let mut desk = Desk::new(&open, "");
        desk.denied(
            Code::OptionDenied,
            &format!(
                "CREATE TEMPORARY TABLE t (id INT) WITH ('connector' = 'jdbc', 'url' = 'jdbc:mysql://db/shop', 'table-name' = 'harmless', {option})"
            ),
        );
    }
    for url in [
        "jdbc:h2:mem:x;INIT=RUNSCRIPT FROM ''x''",
        "jdbc:made-up://db/shop",
        "jdbc:postgresql://db/shop?socketFactory=a.B",
    ] {
        let mut desk = Desk::new(&open, "");
        desk.denied(
            Code::OptionDenied,
            &format!(
                "CREATE TEMPORARY TABLE t (id INT) WITH ('connector' = 'jdbc', 'url' = '{url}', 'table-name' = 'harmless')"
            ),
        );
    }
}

/// Without a schema SQL Server looks in that of the login, which only the server knows.
#[test]
fn a_table_of_sql_server_has_its_schema_written() {
    let options = |table: &str| {
        format!(
            "'connector' = 'jdbc', 'url' = 'jdbc:sqlserver://db;databaseName=shop', 'table-name' = '{table}'"
        )
    };
    with_table(&options("staff")).denied(Code::ConnectorUnknown, "SELECT * FROM t");
    with_table(&options("dbo.staff")).allowed("SELECT * FROM t");
}
