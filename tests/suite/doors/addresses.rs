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
        "jdbc:mysql://[::1]/shop",
        "jdbc:made-up://db/shop",
        "jdbc:postgresql:shop",
        "jdbc:postgresql://db/shop?currentSchema=other",
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
        ("shop", "orders|x", ""),
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
