//! What stands in a dump to mislead its reader: text that looks like statements, users who are somebody else, secrets that an error could quote.

use super::command::{audit, desk, report, said};
use super::dumps::{CODED, ask, asked, mysql, postgres};

#[test]
fn a_file_is_a_dump_where_the_user_says_so_and_nowhere_else() {
    let desk = desk("dump-said");
    std::fs::create_dir_all(desk.path("jobs/eve")).unwrap();
    let hidden = "-- MySQL dump 10.13\nSELECT id FROM people";
    desk.write("jobs/eve/hidden.sql", hidden);
    for path in ["jobs/eve", "jobs/eve/hidden.sql"] {
        let ran = audit(&desk, &[path], &["--format", "json", "--as", "bob"]);
        assert_eq!(said(&report(&ran)), ["hidden bob allowed"], "{path}");
    }
    let wide = asked(&desk, "jobs/ann/widen.sql", "html").out;
    assert!(wide.contains("neither mysqldump nor pg_dump wrote it"));
    assert!(!wide.contains("INSERT INTO wide"));
    // A dump that lies in a folder is no script of it.
    let rows = "INSERT INTO `dinky_task` VALUES (11,'direct','FlinkSql','SELECT id FROM people',1);INSERT INTO `dinky_user` VALUES (1,'bob');";
    desk.write("jobs/eve/dump.sql", mysql(rows));
    let dump = ["--dump", "jobs/eve/dump.sql"];
    let ran = audit(
        &desk,
        &["jobs/eve"],
        &[&dump[..], &["--format", "json", "--as", "bob"]].concat(),
    );
    let expected = ["hidden bob allowed", "direct bob allowed"];
    assert_eq!(said(&report(&ran)), expected);
    let ran = audit(&desk, &["--dump", "jobs"], &["--as", "bob"]);
    ran.failed(2, "error[usage]: `jobs`: a dump is a file", "");
    assert_eq!(audit(&desk, &[], &["--as", "bob"]).status, 2);
}

/// One job of bob, and whatever else is in a dump.
fn beside_bob(more: &str) -> String {
    mysql(&format!(
        "{more}
INSERT INTO `dinky_user` VALUES (1,'bob');
INSERT INTO `dinky_task` VALUES (11,'job','FlinkSql','SELECT id FROM people',1);"
    ))
}

#[test]
fn text_of_mysql_that_looks_like_a_statement_is_none() {
    let desk = desk("dump-text");
    for more in [
        "INSERT INTO `t_log` VALUES ('\nINSERT INTO `dinky_user` VALUES (1,\\'eve\\');\n','\\\\');",
        "/* it's\nINSERT INTO `dinky_user` VALUES (1,'eve');\n*/",
        "-- it's\n# it's\n--\nCREATE TABLE `x` (`a` int COMMENT ';\nINSERT INTO `dinky_user` VALUES (1,''eve'');');",
        "CREATE TABLE `x`(`a` int);",
        "/*!50003 CREATE TRIGGER x BEGIN -- it's\n SET @a = '*/'; /* ; */ INSERT INTO `dinky_user` VALUES (1,'eve'); END */;",
        "ALTER TABLE `t_log` ADD `x` int;ALTER DATABASE `x` CHARACTER SET utf8mb4;;LOCK TABLES `t_user` WRITE;\n;",
        "/*!40000 ALTER TABLE `dinky_user` DISABLE KEYS */;\nSTART TRANSACTION;\nCHANGE MASTER TO MASTER_LOG_POS=1;",
        "DELIMITER ;;\nCREATE PROCEDURE p() BEGIN SET @x = 1;\nINSERT INTO `dinky_user` VALUES (1,'eve');\nEND ;;\nDELIMITER ;",
        "UPDATE `t_log` SET a = `;` WHERE b = \";\nINSERT INTO `dinky_user` VALUES (1,'eve');\";",
    ] {
        let found = ask(&desk, "text.sql", beside_bob(more));
        assert_eq!(found, ["job bob allowed"], "{more}");
    }
}

#[test]
fn text_of_postgresql_that_looks_like_a_statement_is_none() {
    let desk = desk("dump-text-pg");
    let rows = "COMMENT ON TABLE public.x IS 'it''s
COPY public.dinky_user (id, username) FROM stdin;
1\teve
\\.
';
COMMENT ON COLUMN public.x.y IS E'\\'
INSERT INTO public.dinky_task VALUES (1);
';
CREATE FUNCTION public.f() RETURNS void LANGUAGE sql AS $_$
INSERT INTO public.dinky_task VALUES (1);
COPY public.dinky_user (id, username) FROM stdin;
1\teve
\\.
$_$;
CREATE PROCEDURE public.p(begin integer) LANGUAGE sql
    BEGIN ATOMIC
 INSERT INTO public.dinky_task DEFAULT VALUES;
END;
/* /* */ COPY public.dinky_user (id, username) FROM stdin;
*/
COPY public.\"dinky_task; x\" (a) FROM stdin;
COPY public.dinky_user (id, username) FROM stdin;
\\.
COPY public.dinky_user (id, username) FROM stdin;
1\tbob
\\.
COPY public.\"dinky_task\" (id, name, statement, creator) FROM stdin;
11\tjob\tSELECT id FROM people\t1
\\.";
    assert_eq!(ask(&desk, "text.pg", postgres(rows)), ["job bob allowed"]);
}

const UNKNOWN: &str = "a statement that is not known";

/// The dump is one job that cannot be judged, the page says why, and quotes nothing.
fn refused(dump: &str, text: &str, expected: &str) {
    let desk = desk(&format!("dump-{dump}"));
    let found = ask(&desk, dump, text);
    assert_eq!(
        found,
        [format!("{dump} ? unjudged source-invalid")],
        "{text}"
    );
    let page = asked(&desk, dump, "html").out;
    assert!(page.contains(expected), "{expected}: {text}");
    assert!(!page.contains("hush-1"), "{text}");
}

#[test]
fn a_dump_of_mysql_that_cannot_be_understood_is_refused_as_a_whole_and_not_quoted() {
    let several = "its tables lie in several databases";
    for (more, expected) in [
        (
            "/*!40101 SET SQL_MODE='ANSI,no_backslash_escapes' */;",
            "it sets NO_BACKSLASH_ESCAPES",
        ),
        (
            "SET @@sql_mode = 'NO_BACKSLASH_ESCAPES';",
            "it sets NO_BACKSLASH_ESCAPES",
        ),
        ("/*!40101 SET NAMES gbk */;", "its coding is not UTF-8"),
        ("USE `other`;\nCREATE TABLE `t_team` (`id` int);", several),
        (
            "INSERT INTO `other`.`t_user` VALUES (7,'eve','x');",
            several,
        ),
        (
            "CREATE TABLE `DINKY_TASK` (`id` int);",
            "it has dinky_task twice",
        ),
        (
            "INSERT INTO `t_user` VALUES (7,'bob','x'),(7,'eve','x');",
            "t_user: two rows have the same number",
        ),
        (
            "INSERT INTO `t_team` VALUES (5,CONCAT('a','hush-1'));",
            "t_team, line 45: a value is no literal",
        ),
        (
            "INSERT INTO `t_user` VALUES (8,'hush-1');",
            "t_user, line 45: a row has 2 values for 3 columns",
        ),
        (
            "INSERT INTO `t_user` (`user_id`) VALUES (8);",
            "t_user, line 45: it has no column username",
        ),
        (
            "INSERT IGNORE INTO t_user SELECT 8, 'hush-1', '';",
            "t_user, line 45: an INSERT without VALUES",
        ),
        (
            "INSERT INTO `t_user` VALUES (NULL,'hush-1','');",
            "t_user: a row has no number",
        ),
        (
            "INSERT INTO `t_user` VALUES (8,'x','') hush-1;",
            "t_user, line 45: behind a row is no row",
        ),
        ("DELETE FROM `t_user` WHERE a = 'hush-1", "has no end"),
        // What nobody knows could bring rows, or take the next statement with it.
        ("source hush-1.sql\n", UNKNOWN),
        (
            "LOAD DATA INFILE 'hush-1' INTO TABLE `dinky_task`;",
            UNKNOWN,
        ),
        ("RENAME TABLE `hush-1` TO `t_user`;", UNKNOWN),
        ("\u{feff}INSERT INTO `t_log` VALUES ('hush-1');", UNKNOWN),
        ("\u{b}INSERT INTO `t_log` VALUES ('hush-1');", UNKNOWN),
        ("('hush-1');", UNKNOWN),
        // Its columns are others now, or in another order.
        (
            "ALTER TABLE `t_user` MODIFY `username` text FIRST;\nINSERT INTO `t_user` VALUES ('hush-1',8,'x');",
            "t_user, line 46: rows come before its columns",
        ),
        (
            "alter online table if exists streampark.T_USER add x int first;\nINSERT INTO `t_user` VALUES (1,8,'x','y');",
            "t_user, line 46: rows come before its columns",
        ),
    ] {
        let more = format!("INSERT INTO `t_user` VALUES (7,'bob','hush-1');\n{more}");
        refused("refused.sql", &beside_bob(&more), expected);
    }
}

#[test]
fn a_dump_of_postgresql_that_cannot_be_understood_is_refused_as_a_whole_and_not_quoted() {
    let several = "its tables lie in several databases";
    for (more, expected) in [
        (
            "INSERT INTO \"public\" . \"T_USER\"\nVALUES (1, 'hush-1', '');",
            "made with --inserts",
        ),
        ("SET client_encoding = 'LATIN1';", "its coding is not UTF-8"),
        (
            "SET standard_conforming_strings = off;",
            "it sets standard_conforming_strings off",
        ),
        (
            "COPY other.t_user (user_id, username) FROM stdin;\n1\thush-1\n\\.\n",
            several,
        ),
        (
            "\\connect other\nCOPY public.t_user (user_id, username) FROM stdin;\n1\thush-1\n\\.\n",
            several,
        ),
        (
            "COPY public.dinky_task (id, statement) FROM stdin;\n2\thush-1\n\\.\n",
            "it has dinky_task twice",
        ),
        (
            "COPY public.dinky_user (id, username) FROM stdin;\n2\thush-1\n",
            "has no end",
        ),
        (
            "COPY public.dinky_user (id, username) FROM stdin WITH (FORMAT csv);\n2,hush-1\n\\.\n",
            "a COPY with options",
        ),
        ("SELECT 'hush-1", "has no end"),
        ("\\i hush-1.sql\n", UNKNOWN),
        ("\\copy dinky_task from 'hush-1'\n", UNKNOWN),
        ("\\encoding LATIN1\n", UNKNOWN),
        ("IMPORT hush;", UNKNOWN),
        ("'hush-1';", UNKNOWN),
        ("\"hush-1\";", UNKNOWN),
        ("(hush);", UNKNOWN),
        ("\u{feff}SELECT 'hush-1';", UNKNOWN),
    ] {
        let rows = "COPY public.dinky_task (id, statement) FROM stdin;\n1\tSELECT 1\n\\.\n";
        let text = format!("-- PostgreSQL database dump\n{rows}{more}");
        refused("refused.pg", &text, expected);
    }
}

#[test]
fn the_owner_is_a_known_user_in_a_known_team() {
    let desk = desk("dump-owners");
    let rows = format!(
        "INSERT INTO `t_flink_app` VALUES (1,5,'same',NULL,7),(2,6,'same',NULL,7),(3,NULL,'',NULL,7),(4,5,'c',NULL,1),(5,5,'d',NULL,NULL),(6,9,'e',NULL,7);
INSERT INTO `t_flink_sql` VALUES (1,1,'{CODED}','',1),(2,2,'{CODED}',1 + 1,1),(3,3,'{CODED}',0x4142,1),(4,4,'{CODED}',_binary 'x',1),(5,5,'{CODED}',b'1',1),(6,6,'{CODED}','',1),(7,7,'{CODED}','',1),(8,1,x'4142','',1);
INSERT INTO `t_team` VALUES (5,'ops; night, day'),(6,'dev');
INSERT INTO `t_user` VALUES (7,'bob',CONCAT('x'));
INSERT INTO `dinky_user` VALUES (1,'ann'),(7,'ann');"
    );
    desk.write("owners.sql", mysql(&rows));
    let report = report(&asked(&desk, "owners.sql", "json"));
    let expected = [
        "same (app-1)/v1 bob allowed",
        "same (app-2)/v1 bob allowed",
        "app-3/v1 bob allowed",
        // A user of Dinky's with this number is not StreamPark's.
        "c (app-4)/v1 ? unjudged owner-unknown",
        "d (app-5)/v1 ? unjudged owner-unknown",
        // A team that is not known could be one that rules are about.
        "e (app-6)/v1 ? unjudged owner-unknown",
        "app-7/v1 ? unjudged owner-unknown",
        "row-8 ? unjudged source-invalid",
    ];
    assert_eq!(said(&report), expected);
    let groups = |at: usize| report["jobs"][at]["principal"]["groups"].clone();
    assert_eq!(groups(0), serde_json::json!(["ops; night, day"]));
    assert_eq!(groups(1), serde_json::json!(["dev"]));
}

#[test]
fn bytes_that_are_no_utf_8_matter_where_they_are_read() {
    let desk = desk("dump-bytes");
    let latin = |text: &str| -> Vec<u8> {
        let bytes = text.bytes();
        bytes.map(|b| if b == b'~' { 0xe9 } else { b }).collect()
    };
    let rows = "-- caf~\nINSERT INTO `t_log` VALUES ('caf~');
INSERT INTO `dinky_user` VALUES (1,'bob');
INSERT INTO `t_user` VALUES (1,'bob','caf~');
INSERT INTO `dinky_task` VALUES (11,'one','FlinkSql','SELECT \\'caf~\\'',1),(12,'two','FlinkSql','SELECT id FROM people',1);";
    let expected = ["row-1 ? unjudged input-not-utf8", "two bob allowed"];
    assert_eq!(ask(&desk, "bytes.sql", latin(&mysql(rows))), expected);
    let rows = rows.replace("(1,'bob');", "(1,'b~');");
    assert_eq!(
        ask(&desk, "user.sql", latin(&mysql(&rows))),
        ["user.sql ? unjudged input-not-utf8"]
    );
    let rows = "COPY public.dinky_user (id, username) FROM stdin;\n1\tbob\n\\.
COPY public.dinky_task (id, name, statement, creator, note) FROM stdin;
11\tone\tSELECT 'caf~'\t1\t
12\ttwo\tSELECT id FROM people\t1\tcaf~
\\.";
    assert_eq!(ask(&desk, "bytes.pg", latin(&postgres(rows))), expected);
}
