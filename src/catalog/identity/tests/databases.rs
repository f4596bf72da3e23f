//! Databases: JDBC URLs as drivers read them, and change data capture.

use super::*;

#[test]
fn jdbc_addresses_have_one_spelling() {
    let cases: [(&[&str], &str, &[&str]); 9] = [
        (
            &[
                "jdbc:mysql://DB/s",
                "jdbc:mysql://u:p@db:3306/s?useSSL=false",
                "jdbc:mysql:loadbalance://db,db/s",
            ],
            "t",
            &["mysql://db:3306/s.t"],
        ),
        (
            &[
                "jdbc:mysql://b,a/s",
                "jdbc:mysql:replication://a:3306,u@b/s",
            ],
            "t",
            &["mysql://a:3306,b:3306/s.t"],
        ),
        (&["jdbc:oceanbase://h/s"], "t", &["oceanbase://h:2881/s.t"]),
        (
            &[
                "jdbc:postgresql://h/s",
                "jdbc:postgresql://h:5432/s?sslmode=x",
            ],
            "T",
            &["postgres://h:5432/s.public.t"],
        ),
        (
            &[
                "jdbc:oracle:thin:@//H:1521/Orcl",
                "jdbc:oracle:thin:@h/orcl",
                "jdbc:oracle:thin:u/p@h:1521:ORCL",
            ],
            "hr.emp",
            &["oracle://h:1521/orcl.HR.EMP"],
        ),
        (
            &[
                "jdbc:sqlserver://h;databaseName=d",
                "jdbc:sqlserver://h:1433;encrypt=true;DATABASE=d;",
            ],
            "dbo.t",
            &["mssql://h:1433/d.dbo.t"],
        ),
        (
            &["jdbc:clickhouse://h:8123/d", "jdbc:ch:http://h/d"],
            "t",
            &["clickhouse://h:8123/d.t"],
        ),
        (
            &["jdbc:ch://h", "jdbc:ch://h/", "jdbc:ch://h/other"],
            "default.t",
            &["clickhouse://h:8123/default.t"],
        ),
        (
            &["jdbc:db2://h/D", "jdbc:db2://h:50000/d:user=x;"],
            "s.t",
            &["db2://h:50000/d.S.T"],
        ),
    ];
    for (urls, table, names) in cases {
        for url in urls {
            let names = names.iter().map(|n| (*n).to_owned()).collect();
            assert_eq!(
                jdbc_names(url, table, None),
                Identity::Known(names),
                "{url}"
            );
        }
    }
}

#[test]
fn a_schema_that_is_not_written_is_the_users_or_the_default() {
    let names = |url, table, user| jdbc_names(url, table, user).names();
    let pg = "jdbc:postgresql://h/s";
    assert_eq!(
        names(pg, "t", Some("bob")),
        ["postgres://h:5432/s.bob.t", "postgres://h:5432/s.public.t"]
    );
    assert_eq!(
        names("jdbc:postgresql://h/s?user=bob", "t", None),
        ["postgres://h:5432/s.bob.t", "postgres://h:5432/s.public.t"]
    );
    assert_eq!(
        names("jdbc:postgresql://h/s?currentSchema=x", "t", Some("bob")),
        ["postgres://h:5432/s.x.t"]
    );
    assert_eq!(names(pg, "X.t", Some("bob")), ["postgres://h:5432/s.x.t"]);
    assert_eq!(names(pg, "\"X\".\"T\"", None), ["postgres://h:5432/s.X.T"]);
    assert_eq!(
        names("jdbc:oracle:thin:@h/o", "t", Some("hr")),
        ["oracle://h:1521/o.HR.T"]
    );
    assert_eq!(
        names("jdbc:sqlserver://h;database=d", "[x].[t]", None),
        ["mssql://h:1433/d.x.t"]
    );
    assert_eq!(
        names("jdbc:sqlserver://h;database=d", "e.x.t", None),
        ["mssql://h:1433/e.x.t"]
    );
    assert_eq!(
        names("jdbc:db2://h/d:currentSchema=x;", "t", Some("bob")),
        ["db2://h:50000/d.X.T"]
    );
}

#[test]
fn what_a_driver_may_read_otherwise_is_not_understood() {
    for url in [
        "jdbc:mysql://db/sh%6Fp",
        "jdbc:mysql://db/s?socksProxyHost=x",
        "jdbc:mysql://address=(host=db)/s",
        "jdbc:mysql:aws://db/s",
        "jdbc:mysql+srv://db/s",
        "jdbc:mysql:///s",
        "jdbc:mysql://db",
        "jdbc:mysql://db/",
        "jdbc:mysql://db/s;x=y",
        "mysql://db/s",
        "jdbc:mariadb://db/s",
        "jdbc:postgresql:s",
        "jdbc:postgresql://h/s?options=-c",
        "jdbc:postgresql://h/s?currentSchema=a,b",
        "jdbc:oracle:oci:@x",
        "jdbc:oracle:thin:@(DESCRIPTION=x)",
        "jdbc:oracle:thin:@ldap://x",
        "jdbc:oracle:thin:@tns",
        "jdbc:sqlserver://h\\inst;database=d",
        "jdbc:sqlserver://;serverName=h;database=d",
        "jdbc:sqlserver://h;database=d;portNumber=1",
        "jdbc:sqlserver://h",
        "jdbc:sqlserver://h;password={a;database=d;b}",
        "jdbc:clickhouse:grpc://h/d",
        "jdbc:ch://h/d?database=e",
        "jdbc:db2://h/d:x=y;",
        "jdbc:trino://h/c/s",
        "jdbc:derby:x",
        "jdbc:",
        "",
        "jdbc:mysql://db/s?useSSL=false&useConfigs=x",
        " jdbc:mysql://db/s",
        "jdbc:mysql://db/s ",
    ] {
        assert!(
            matches!(jdbc_names(url, "a.t", None), Identity::Unclear(_)),
            "{url}"
        );
        assert!(
            matches!(jdbc_names(url, "t", None), Identity::Unclear(_)),
            "{url}"
        );
    }
    let pg = "jdbc:postgresql://h/s";
    for table in [
        "",
        "orders--x",
        "orders x",
        "(SELECT 1)",
        "a.b.c.d",
        "other.public.t",
        "orders;",
        "`t`",
        "[t]",
        "a..b",
        "\"a",
        "\"a\"\"b\"",
        "t@link",
        "1t",
    ] {
        assert!(
            matches!(jdbc_names(pg, table, None), Identity::Unclear(_)),
            "{table}"
        );
    }
    for table in ["", "other.orders", "a`.`b", "a b", "a%b"] {
        assert!(
            matches!(
                jdbc_names("jdbc:mysql://h/s", table, None),
                Identity::Unclear(_)
            ),
            "{table}"
        );
    }
}

#[test]
fn change_data_capture_names_the_table_that_it_reads() {
    let base = [
        ("connector", "mysql-cdc"),
        ("hostname", "DB"),
        ("database-name", "s"),
        ("table-name", "t"),
    ];
    let with = |more: &[(&'static str, &'static str)]| of(&[&base[..], more].concat());
    let known = Identity::Known(vec!["mysql://db:3306/s.t".to_owned()]);
    assert_eq!(with(&[]), known);
    assert_eq!(
        with(&[
            ("port", "3306"),
            ("debezium.snapshot.mode", "never"),
            ("jdbc.properties.useSSL", "x")
        ]),
        known
    );
    assert_eq!(
        with(&[("table-name", "a|b")]).names(),
        ["mysql://db:3306/s.a", "mysql://db:3306/s.b"]
    );
    for more in [
        ("table-name", "t.*"),
        ("database-name", "s.t"),
        ("table-name", "a,b"),
        ("debezium.table.include.list", "x"),
        ("debezium.snapshot.select.statement.overrides.s.t", "x"),
        ("jdbc.properties.socksProxyHost", "x"),
        ("port", "x"),
        ("hostname", "a:1"),
    ] {
        assert!(matches!(with(&[more]), Identity::Unclear(_)), "{more:?}");
    }
    is(
        &[
            ("connector", "postgres-cdc"),
            ("hostname", "h"),
            ("database-name", "d"),
            ("schema-name", "s"),
            ("table-name", "t"),
        ],
        &["postgres://h:5432/d.s.t"],
    );
    is(
        &[
            ("connector", "oracle-cdc"),
            ("hostname", "h"),
            ("database-name", "ORCL"),
            ("schema-name", "hr"),
            ("table-name", "emp"),
        ],
        &["oracle://h:1521/orcl.HR.EMP"],
    );
    is(
        &[
            ("connector", "sqlserver-cdc"),
            ("hostname", "h"),
            ("database-name", "d"),
            ("table-name", "dbo.t"),
        ],
        &["mssql://h:1433/d.dbo.t"],
    );
    is(
        &[
            ("connector", "db2-cdc"),
            ("hostname", "h"),
            ("database-name", "D"),
            ("table-name", "s.t"),
        ],
        &["db2://h:50000/d.S.T"],
    );
    is(
        &[
            ("connector", "oceanbase-cdc"),
            ("hostname", "h"),
            ("database-name", "d"),
            ("table-name", "t"),
        ],
        &["oceanbase://h:2881/d.t"],
    );
    is(
        &[
            ("connector", "mongodb-cdc"),
            ("hosts", "b,a:27017"),
            ("database", "d"),
            ("collection", "c"),
        ],
        &["mongodb://a:27017,b:27017/d.c"],
    );
    is(
        &[
            ("connector", "tidb-cdc"),
            ("pd-addresses", "h:2379"),
            ("database-name", "d"),
            ("table-name", "t"),
        ],
        &["tidb://h:2379/d.t"],
    );
    is(
        &[
            ("connector", "vitess-cdc"),
            ("hostname", "h"),
            ("keyspace", "k"),
            ("table-name", "t"),
        ],
        &["vitess://h:15991/k.t"],
    );
    unclear(&[
        ("connector", "mongodb-cdc"),
        ("hosts", "a"),
        ("database", "d"),
        ("collection", "c"),
        ("copy.existing.pipeline", "[]"),
    ]);
    unclear(&[
        ("connector", "oracle-cdc"),
        ("url", "jdbc:x"),
        ("hostname", "h"),
        ("database-name", "d"),
        ("schema-name", "s"),
        ("table-name", "t"),
    ]);
}
