//! Dumps of a submitter's database, in the forms that `mariadb-dump`, `mysqldump`, Navicat and `pg_dump` write: their scripts are jobs, with the names and owners
//! that other tables say.

use super::command::{audit, desk, report, said};
use crate::cli::{Desk, Ran};

/// `SELECT id FROM people`, as StreamPark keeps it.
pub const CODED: &str = "eNoLdvVxdQ5RyExRcAvy91UoSM0vyEkFAEPSBqc=";

pub fn ask(desk: &Desk, dump: &str, text: impl AsRef<[u8]>) -> Vec<String> {
    desk.write(dump, text);
    said(&report(&asked(desk, dump, "json")))
}

pub fn asked(desk: &Desk, dump: &str, format: &str) -> Ran {
    let ran = audit(
        desk,
        &["--dump", dump],
        &["--format", format, "--owner-from", "column"],
    );
    assert_eq!(ran.status, 0, "{}", ran.err);
    ran
}

pub fn mysql(inserts: &str) -> String {
    format!(
        "-- MySQL dump 10.13  Distrib 8.0.41, for Linux (x86_64)
--
-- Host: localhost    Database: streampark
USE `streampark`;
DROP TABLE IF EXISTS `t_flink_app`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
CREATE TABLE `t_flink_app` (
  `id` bigint NOT NULL AUTO_INCREMENT,
  `team_id` bigint NOT NULL,
  `job_name` varchar(255) COLLATE utf8mb4_general_ci DEFAULT NULL,
  `options` longtext,
  `user_id` bigint DEFAULT NULL,
  PRIMARY KEY (`id`) USING BTREE
) ENGINE=InnoDB AUTO_INCREMENT=100000 DEFAULT CHARSET=utf8mb4;
CREATE TABLE `t_flink_sql` (
  `id` bigint NOT NULL,
  `app_id` bigint DEFAULT NULL,
  `sql` text,
  `dependency` text,
  `version` int DEFAULT NULL,
  KEY `by_app` (`app_id`)
) ENGINE=InnoDB;
CREATE TABLE `t_team` (
  `id` bigint NOT NULL,
  `team_name` varchar(64) NOT NULL
);
CREATE TABLE `t_user` (
  `user_id` bigint NOT NULL,
  `username` varchar(64) NOT NULL,
  `password` varchar(64)
);
CREATE TABLE `dinky_user` (
  `id` int NOT NULL,
  `username` varchar(50)
);
CREATE TABLE `dinky_task` (
  `id` int NOT NULL,
  `name` varchar(255),
  `dialect` varchar(50),
  `statement` longtext,
  `creator` int
);
LOCK TABLES `t_flink_app` WRITE;
{inserts}
UNLOCK TABLES;
-- Dump completed
"
    )
}

#[test]
fn jobs_of_a_streampark_have_the_names_and_owners_of_its_other_tables() {
    let desk = desk("dump-mysql");
    let rows = format!(
        "INSERT INTO `t_flink_app` VALUES (100,5,'night; ly',NULL,7),(200,5,'订单\\'s\\n','{{\\\"a\\\": -1}}',8);
INSERT INTO `t_flink_sql` VALUES (1,100,'{CODED}','',1),(2,100,'AAAA','x\\\\',2),(3,200,'{CODED}',NULL,-1),(4,300,'{CODED}',NULL,1);
INSERT INTO `t_team` VALUES (5,'ops');
INSERT INTO `t_user` VALUES (7,'bob','secret'),(8,'ann',NULL);
INSERT INTO `t_setting` VALUES (_binary 0x41, 1 + 1;"
    );
    // What has nothing to do with jobs is not read.
    let expected = [
        "night; ly (app-100)/v1 bob allowed",
        "night; ly (app-100)/v2 bob unjudged script-undecodable",
        "订单's (app-200)/v-1 ann allowed",
        "app-300/v1 ? unjudged owner-unknown",
    ];
    assert_eq!(ask(&desk, "all.sql", mysql(&rows)), expected);
    // A statement a row, columns named, in another order; rows on lines of their own, as MariaDB writes them.
    let rows = format!(
        "INSERT INTO `t_flink_sql` (`app_id`, `version`, `sql`) VALUES (100,1,'{CODED}');
INSERT INTO `streampark`.`t_flink_sql` (`app_id`, `version`, `sql`) VALUES
(200,1,'{CODED}'),
(200,2,'{CODED}');
INSERT INTO `t_flink_app` VALUES (100,NULL,'a',NULL,7),(200,NULL,'b',NULL,8);
INSERT INTO `t_user` VALUES (7,'bob',NULL),(8,'ann',NULL);"
    );
    let expected = [
        "a (app-100)/v1 bob allowed",
        "b (app-200)/v1 ann allowed",
        "b (app-200)/v2 ann allowed",
    ];
    let maria = mysql(&rows).replace(
        "-- MySQL dump",
        "/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump",
    );
    assert_eq!(ask(&desk, "maria", &maria), expected);
    let head = "/*\n Navicat Premium Data Transfer\n\n Source Server : x\n*/\n\nSET NAMES utf8mb4;\nSET FOREIGN_KEY_CHECKS = 0;\n";
    let navicat = mysql(&rows)
        .replace("-- MySQL dump", &format!("{head}--"))
        .replace("-- Dump completed", "SET FOREIGN_KEY_CHECKS = 1;");
    assert_eq!(ask(&desk, "navicat.sql", &navicat), expected);
}

#[test]
fn tasks_of_a_dinky_are_their_creators() {
    let desk = desk("dump-dinky");
    let rows = "INSERT INTO `dinky_task` VALUES
(11,'direct','FlinkSql','SELECT id\\nFROM people -- it\\'s; fine\\\\\\n;\\tSELECT id FROM people',1),
(12,'java','FlinkJar',NULL,1),
(13,'gone','FlinkSql','SELECT id FROM people',9);
INSERT INTO `dinky_user` VALUES (1,'bob');";
    let expected = [
        "direct bob allowed",
        "java bob unjudged not-sql",
        // The number of a user who is not there.
        "gone ? unjudged owner-unknown",
    ];
    let found = ask(&desk, "dinky.sql", mysql(rows));
    assert_eq!(found, expected);
}

pub fn postgres(sql: &str) -> String {
    format!(
        "--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';
CREATE TABLE public.t_flink_sql (
    id bigint NOT NULL,
    sql text
);
COPY public.t_flink_app (id, team_id, job_name, options, user_id) FROM stdin;
100\t5\tnight; ly\t\\N\t7
200\t5\t订单's\t{{\"a\":\"\\\\t\"}}\t8
\\.
{sql}
COPY public.t_team (id, team_name) FROM stdin;
5\tops
\\.
COPY public.t_user (user_id, username, password) FROM stdin;
7\tbob\tx
8\tann\ty
\\.
--
-- PostgreSQL database dump complete
--
"
    )
}

#[test]
fn a_dump_of_postgresql_is_read_as_well() {
    let desk = desk("dump-pg");
    let rows = format!(
        "COPY public.t_flink_sql (id, app_id, \"sql\", dependency, version) FROM stdin;
1\t100\t{CODED}\t\t1
2\t100\tSELECT id\\nFROM people\t\\N\t2
3\t200
4\t200\t{CODED}\t\\N\t1
\\.
COPY public.dinky_user (id, username) FROM stdin;
1\tbob
\\.
COPY public.dinky_task (id, name, dialect, statement, creator) FROM stdin;
11\tdirect\tFlinkSql\tSELECT id\\nFROM people -- fine\\\\\\n;\\tSELECT id FROM people\t1
\\."
    );
    let expected = [
        "night; ly (app-100)/v1 bob allowed",
        "night; ly (app-100)/v2 bob allowed",
        "row-3 ? unjudged source-invalid",
        "订单's (app-200)/v1 ann allowed",
        "direct bob allowed",
    ];
    assert_eq!(ask(&desk, "pg.sql", postgres(&rows)), expected);
    let inserts = "INSERT INTO public.t_flink_sql VALUES (1, 100, 'x', NULL, 1);";
    assert_eq!(
        ask(&desk, "inserts.sql", postgres(inserts)),
        ["inserts.sql ? unjudged source-invalid"]
    );
}

#[test]
fn a_dump_that_does_not_say_that_it_is_whole_is_a_finding_beside_its_jobs() {
    let desk = desk("dump-unfinished");
    let rows = "INSERT INTO `dinky_user` VALUES (1,'bob');
INSERT INTO `dinky_task` VALUES (11,'job','FlinkSql','SELECT id FROM people',1);";
    let cut = |text: String| text.split_once("UNLOCK").unwrap().0.to_owned();
    let old = "/*\nNavicat MySQL Data Transfer\n*/\nSET FOREIGN_KEY_CHECKS=0;\n";
    let copies = "COPY public.dinky_user (id, username) FROM stdin;\n1\tbob\n\\.
COPY public.dinky_task (id, name, statement, creator) FROM stdin;\n11\tjob\tSELECT id FROM people\t1\n\\.";
    let postgres = postgres(copies);
    for (name, text) in [
        ("mysql.sql", cut(mysql(rows))),
        // A version that never says so: nobody can know.
        (
            "navicat.sql",
            cut(mysql(rows)).replace("-- MySQL dump", &format!("{old}--")),
        ),
        (
            "pg.sql",
            postgres.replace("-- PostgreSQL database dump complete", "--"),
        ),
    ] {
        let unfinished = format!("{name} ? unjudged source-unfinished");
        assert_eq!(ask(&desk, name, text), ["job bob allowed", &unfinished]);
    }
    let page = asked(&desk, "mysql.sql", "html").out;
    assert!(page.contains("jobs may be missing"), "{page}");
    let fails = |dump: &str| {
        let dump = ["--dump", dump, "--fail-on", "unjudged"];
        audit(
            &desk,
            &[],
            &[&dump[..], &["--owner-from", "column"]].concat(),
        )
    };
    let ran = fails("mysql.sql");
    assert_eq!(ran.status, 1, "{}", ran.err);
    assert!(ran.out.contains("why: source-unfinished 1"), "{}", ran.out);
    // Without comments it ends with what it has begun with.
    let checks =
        "/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;\n--";
    let uncommented = mysql(rows).replace("-- MySQL dump", checks).replace(
        "-- Dump completed",
        "/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;",
    );
    desk.write("whole.sql", uncommented);
    let ran = fails("whole.sql");
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn what_is_broken_in_a_dump_is_a_job_that_cannot_be_judged() {
    let desk = desk("dump-broken");
    for (name, rows, expected) in [
        (
            "none.sql",
            "INSERT INTO `t_other` VALUES (1);",
            vec!["none.sql ? unjudged source-invalid"],
        ),
        (
            "cut.sql",
            "INSERT INTO `t_flink_sql` VALUES\n(1,100,'SELECT id FROM people','',1),",
            vec!["cut.sql ? unjudged source-invalid"],
        ),
        (
            "rows.sql",
            "INSERT INTO `t_flink_sql` VALUES (1,100),(2,200,CONCAT('a','b'),'',1),(3,300,'SELECT id FROM people','',1);",
            vec![
                "row-1 ? unjudged source-invalid",
                "row-2 ? unjudged source-invalid",
                "app-300/v1 ? unjudged owner-unknown",
            ],
        ),
        (
            "garbage.sql",
            "INSERT INTO `t_flink_sql` VALUES (1,100,'SELECT id FROM people','',1) nonsense, );",
            vec!["garbage.sql ? unjudged source-invalid"],
        ),
    ] {
        assert_eq!(ask(&desk, name, mysql(rows)), expected, "{name}");
    }
}
