//! Paths, lakes, stores, and the tables of catalogs.

use super::*;

#[test]
fn paths_have_one_spelling() {
    let name = |path| of(&[("connector", "filesystem"), ("path", path)]).names();
    let cases: [(&str, &[&str]); 9] = [
        (
            "file:///data/orders",
            &[
                "file:///data/orders",
                "file:/data/orders/",
                "file:////data//orders",
                "FILE:///data/./x/../orders",
                "file://localhost/data/orders",
                " file:///data/orders ",
            ],
        ),
        ("file://", &["file:///", "file:/", "file:///data/.."]),
        (
            "hdfs://nn:8020/d",
            &["hdfs://nn/d", "hdfs://NN:8020/d/", "webhdfs://nn:9870/d"],
        ),
        (
            "s3://b/d/e",
            &[
                "s3://b/d/e",
                "s3a://b/d//e/",
                "s3n://k:s@B/d/e",
                "s3p://b/d/x/../e",
            ],
        ),
        ("s3://b", &["s3://b", "s3://b/"]),
        ("oss://b/d", &["oss://b/d"]),
        ("gs://b/d", &["gs://b/d/"]),
        (
            "abfss://c@a.dfs.core.windows.net/d",
            &[
                "abfss://c@a.dfs.core.windows.net/d",
                "abfs://C@A.dfs.core.windows.net/d",
                "wasbs://c@a.blob.core.windows.net/d/",
            ],
        ),
        ("obs://b/d", &["obs://b/d"]),
    ];
    for (canonical, paths) in cases {
        for path in paths {
            assert_eq!(name(path), [canonical], "{path}");
        }
    }
    for path in [
        "/data/orders",
        "data",
        "file:data",
        "file:///../x",
        "file:///a/*",
        "file:///a/%62",
        "s3://",
        "s3:///a",
        "hdfs:///a",
        "ftp://h/a",
        "file://host/a",
        "s3://b:1/a",
        "file:///a?b",
        "file:///a/{b,c}",
        "file:///a\\b",
        "webhdfs://nn:1/a",
        "viewfs://x/a",
        "",
        "abfss://a.dfs.core.windows.net/d",
        "file:///a\nb",
    ] {
        assert!(name(path).is_empty(), "{path}");
    }
    unclear(&[("connector", "filesystem")]);
}

#[test]
fn stores_and_lakes_have_names() {
    unclear(&[
        ("connector", "hudi"),
        ("path", "s3://w/t"),
        ("hoodie.base.path", "s3://x"),
    ]);
    unclear(&[("connector", "redis"), ("host", "h"), ("nodes", "a:1")]);
    is(
        &[
            ("connector", "doris"),
            ("fenodes", "own"),
            ("jdbc-url", "jdbc:mysql://fe:9030"),
            ("table.identifier", "d.t"),
        ],
        &["doris://fe:9030,own:8030/d.t"],
    );
    is(
        &[("connector", "paimon"), ("path", "s3a://w/d.db/t/")],
        &["s3://w/d.db/t"],
    );
    unclear(&[("connector", "paimon"), ("path", "s3://w/d.db/t$audit_log")]);
    is(
        &[("connector", "hudi"), ("path", "hdfs://n/w/t")],
        &["hdfs://n:8020/w/t"],
    );
    is(
        &[
            ("connector", "iceberg"),
            ("catalog-type", "hadoop"),
            ("warehouse", "s3://w"),
            ("catalog-table", "x"),
        ],
        &["s3://w/d/x"],
    );
    is(
        &[
            ("connector", "iceberg"),
            ("uri", "thrift://M"),
            ("catalog-database", "D"),
            ("catalog-table", "X"),
            ("warehouse", "s3://w/"),
        ],
        &["hive://m:9083/d.x", "s3://w/D.db/X"],
    );
    is(
        &[
            ("connector", "iceberg"),
            ("catalog-type", "rest"),
            ("uri", "https://r/api?x"),
        ],
        &["iceberg://r:443/d.t"],
    );
    unclear(&[("connector", "iceberg"), ("catalog-type", "glue")]);
    is(
        &[("connector", "fluss"), ("bootstrap.servers", "h")],
        &["fluss://h:9123/d.t"],
    );
    is(
        &[
            ("connector", "hbase-2.2"),
            ("zookeeper.quorum", "b:2181,a"),
            ("table-name", "t"),
        ],
        &["hbase://a:2181,b:2181/default:t"],
    );
    unclear(&[
        ("connector", "hbase-2.2"),
        ("zookeeper.quorum", "a"),
        ("table-name", "t"),
        ("properties.hbase.zookeeper.quorum", "x"),
    ]);
    for connector in ["elasticsearch-6", "elasticsearch-7", "elasticsearch-8"] {
        is(
            &[
                ("connector", connector),
                ("hosts", "http://B:9200;https://a"),
                ("index", "i"),
            ],
            &["elasticsearch://a:9200,b:9200/i"],
        );
    }
    is(
        &[
            ("connector", "opensearch"),
            ("hosts", "https://u:p@a:1/"),
            ("index", "i.x"),
        ],
        &["opensearch://a:1/i.x"],
    );
    for index in ["i-{f}", "*", "a,b", ""] {
        unclear(&[
            ("connector", "opensearch"),
            ("hosts", "https://a"),
            ("index", index),
        ]);
    }
    is(
        &[
            ("connector", "mongodb"),
            ("uri", "mongodb://u:p@b,a:27017/x?replicaSet=r"),
            ("database", "d"),
            ("collection", "c"),
        ],
        &["mongodb://a:27017,b:27017/d.c"],
    );
    unclear(&[
        ("connector", "mongodb"),
        ("uri", "mongodb+srv://a"),
        ("database", "d"),
        ("collection", "c"),
    ]);
    is(
        &[("connector", "redis"), ("host", "H"), ("db-num", "2")],
        &["redis://h:6379/2"],
    );
    unclear(&[("connector", "redis"), ("cluster-nodes", "a:1,b:1")]);
    is(
        &[
            ("connector", "doris"),
            ("fenodes", "h:8030"),
            ("table.identifier", "d.t"),
        ],
        &["doris://h:8030/d.t"],
    );
    unclear(&[
        ("connector", "doris"),
        ("fenodes", "h"),
        ("table.identifier", "d.t"),
        ("doris.filter.query", "x=1"),
    ]);
    is(
        &[
            ("connector", "starrocks"),
            ("jdbc-url", "jdbc:mysql://h:9030?x=y"),
            ("load-url", "h:8030;i:8030"),
            ("database-name", "d"),
            ("table-name", "t"),
        ],
        &["starrocks://h:8030,h:9030,i:8030/d.t"],
    );
    is(
        &[
            ("connector", "clickhouse"),
            ("url", "clickhouse://h:8123"),
            ("database-name", "d"),
            ("table-name", "t"),
        ],
        &["clickhouse://h:8123/d.t"],
    );
}

#[test]
fn a_table_in_a_catalog_has_the_address_that_the_catalog_gives_it() {
    let at = |catalog: &[(&str, &str)], table: &str| {
        locate(
            &TableName::new("c", "d", table),
            None,
            Some(&options(catalog)),
        )
    };
    let lake = [("type", "paimon"), ("warehouse", "s3://w")];
    for table in ["t", "t$audit_log", "t$branch_x$snapshots"] {
        assert_eq!(at(&lake, table).names(), ["s3://w/d.db/t"], "{table}");
    }
    let hive = [
        ("type", "paimon"),
        ("metastore", "hive"),
        ("uri", "thrift://m:9083"),
        ("warehouse", "s3://w"),
    ];
    assert_eq!(
        at(&hive, "t").names(),
        ["hive://m:9083/d.t", "s3://w/d.db/t"]
    );
    let iceberg = [
        ("type", "iceberg"),
        ("catalog-type", "hadoop"),
        ("warehouse", "hdfs://n/w"),
    ];
    assert_eq!(at(&iceberg, "t").names(), ["hdfs://n:8020/w/d/t"]);
    let jdbc = [
        ("type", "jdbc"),
        ("base-url", "jdbc:postgresql://h/"),
        ("username", "bob"),
    ];
    assert_eq!(
        at(&jdbc, "t").names(),
        ["postgres://h:5432/d.bob.t", "postgres://h:5432/d.public.t"]
    );
    assert_eq!(at(&jdbc, "s.t").names(), ["postgres://h:5432/d.s.t"]);
    let hudi = [("type", "hudi"), ("catalog.path", "s3://w")];
    assert_eq!(at(&hudi, "t").names(), ["s3://w/d/t"]);
    assert_eq!(
        at(&[("type", "fluss"), ("bootstrap.servers", "h")], "t$x").names(),
        ["fluss://h:9123/d.t"]
    );
    assert_eq!(
        at(
            &[("type", "hive"), ("hive.metastore.uris", "thrift://m")],
            "T"
        )
        .names(),
        ["hive://m:9083/d.t"]
    );
    assert!(matches!(at(&[("type", "hive")], "t"), Identity::Unclear(_)));
    assert_eq!(at(&[("type", "generic_in_memory")], "t"), Identity::Unknown);
    // Data that the table keeps elsewhere.
    let name = TableName::new("c", "d", "t");
    let own = |key: &str| {
        locate(
            &name,
            Some(&options(&[(key, "s3://x/y")])),
            Some(&options(&lake)),
        )
    };
    assert_eq!(own("path").names(), ["s3://w/d.db/t", "s3://x/y"]);
    assert!(matches!(
        own("data-file.external-paths"),
        Identity::Unclear(_)
    ));
    // A connector of its own.
    let own = options(&[("connector", "datagen")]);
    assert_eq!(
        locate(&name, Some(&own), Some(&options(&lake))),
        Identity::Nothing
    );
}

#[test]
fn catalogs_over_what_folds_names_ignore_case() {
    for catalog in [
        &[("type", "hive")][..],
        &[("type", "jdbc")],
        &[("type", "iceberg")],
        &[("type", "paimon"), ("metastore", "hive")],
        &[("type", "hudi"), ("mode", "hms")],
    ] {
        assert!(ignores_case(&options(catalog)), "{catalog:?}");
    }
    for catalog in [
        &[("type", "paimon")][..],
        &[("type", "iceberg"), ("catalog-type", "hadoop")],
        &[("type", "generic_in_memory")],
        &[],
    ] {
        assert!(!ignores_case(&options(catalog)), "{catalog:?}");
    }
}
