//! Strict mode's list of functions, on real Flink: none fails, whatever it is given.

use serde_json::{Value, json};

use crate::flink::Flink;

/// Function, and calls of it over the columns of `EDGES`; what stands behind the table in their query. `src/check/strict.rs` asks that each
/// function of its list is here.
const TRIED: &[(&str, &[(&str, &str)])] = &[
    (
        "",
        &[
            ("ABS", "ABS(i), ABS(d), ABS(x)"),
            ("ASCII", "ASCII(s)"),
            ("CARDINALITY", "CARDINALITY(a), CARDINALITY(m)"),
            ("CEIL", "CEIL(d), CEIL(x), CEIL(ts TO DAY)"),
            ("CHARACTER_LENGTH", "CHARACTER_LENGTH(s)"),
            ("CHAR_LENGTH", "CHAR_LENGTH(s)"),
            ("COALESCE", "COALESCE(s, 'x'), COALESCE(i, 0)"),
            ("CONCAT", "CONCAT(s, s, CAST(i AS STRING))"),
            ("CONCAT_WS", "CONCAT_WS(s, s, s)"),
            ("CURRENT_DATE", "CURRENT_DATE"),
            ("CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP"),
            ("FLOOR", "FLOOR(d), FLOOR(x), FLOOR(ts TO YEAR)"),
            ("GREATEST", "GREATEST(i, 5, i), GREATEST(s, 'x')"),
            ("IF", "IF(b, s, 'x'), IF(i > 0, i, 0)"),
            ("IFNULL", "IFNULL(s, 'x'), IFNULL(i, 0)"),
            ("INITCAP", "INITCAP(s)"),
            ("INSTR", "INSTR(s, s), INSTR(s, '')"),
            ("LEAST", "LEAST(i, 5, i), LEAST(s, 'x')"),
            ("LEFT", "LEFT(s, i), LEFT(s, -1)"),
            ("LOCALTIMESTAMP", "LOCALTIMESTAMP"),
            ("LOCATE", "LOCATE(s, s), LOCATE(s, s, i)"),
            ("LOWER", "LOWER(s)"),
            ("MD5", "MD5(s)"),
            ("NOW", "NOW()"),
            ("NULLIF", "NULLIF(s, 'x'), NULLIF(i, 0)"),
            ("PROCTIME", "PROCTIME()"),
            ("REPLACE", "REPLACE(s, s, s), REPLACE(s, '', 'x')"),
            ("REVERSE", "REVERSE(s)"),
            ("RIGHT", "RIGHT(s, i), RIGHT(s, -1)"),
            ("ROW", "ROW(i, s, a)"),
            ("SHA1", "SHA1(s)"),
            ("SHA224", "SHA224(s)"),
            ("SHA256", "SHA256(s)"),
            ("SHA384", "SHA384(s)"),
            ("SHA512", "SHA512(s)"),
            ("SIGN", "SIGN(i), SIGN(d), SIGN(x)"),
            ("SUBSTR", "SUBSTR(s, i), SUBSTR(s, i, i)"),
            (
                "SUBSTRING",
                "SUBSTRING(s, i), SUBSTRING(s FROM i FOR i), SUBSTRING(s, 0)",
            ),
            ("UPPER", "UPPER(s)"),
            (
                "operators",
                "i + i, i - i, i * i, -i, d + d, d * d, x * x, s || s, s LIKE s, s = s, i = i, i <> 2, i < 3, s < 'm', ts < TIMESTAMP '2024-01-01 00:00:00', i BETWEEN -1 AND i, s IN ('a', s), NOT b, b AND i > 0, i IS DISTINCT FROM 3, TRY_CAST(s AS INT), TRY_CAST(s AS TIMESTAMP(3)), TRY_CAST(x AS INT), CAST(i AS STRING), CAST(a AS STRING), CAST(bin AS STRING), CAST(ts AS VARCHAR(3)), a[1], a[7], m['k'], EXTRACT(YEAR FROM ts), POSITION(s IN s), TRIM(s), CASE WHEN b THEN i ELSE 0 END, ARRAY[i, i], MAP[s, i]",
            ),
        ],
    ),
    (
        "",
        &[
            ("ARRAY_AGG", "ARRAY_AGG(s)"),
            ("AVG", "AVG(i), AVG(x)"),
            ("COLLECT", "COLLECT(i)"),
            ("COUNT", "COUNT(*), COUNT(s), COUNT(DISTINCT s)"),
            ("FIRST_VALUE", "FIRST_VALUE(s)"),
            ("LAST_VALUE", "LAST_VALUE(s)"),
            ("LISTAGG", "LISTAGG(s), LISTAGG(s, '-')"),
            ("MAX", "MAX(s), MAX(i)"),
            ("MIN", "MIN(s), MIN(d)"),
            ("SUM", "SUM(i), SUM(d), SUM(x)"),
        ],
    ),
    (
        " GROUP BY GROUPING SETS ((b), (i), (b, i))",
        &[
            ("GROUPING", "GROUPING(b)"),
            ("GROUPING_ID", "GROUPING_ID(b, i)"),
        ],
    ),
    (
        "",
        &[
            ("CUME_DIST", "CUME_DIST() OVER (ORDER BY i)"),
            ("DENSE_RANK", "DENSE_RANK() OVER (ORDER BY i)"),
            ("LAG", "LAG(s, 1) OVER (ORDER BY i)"),
            ("LEAD", "LEAD(s, 100) OVER (ORDER BY i)"),
            ("PERCENT_RANK", "PERCENT_RANK() OVER (ORDER BY i)"),
            ("RANK", "RANK() OVER (ORDER BY i)"),
            ("ROW_NUMBER", "ROW_NUMBER() OVER (ORDER BY i)"),
        ],
    ),
    (
        " GROUP BY HOP(ts, INTERVAL '1' DAY, INTERVAL '2' DAY)",
        &[
            (
                "HOP_START",
                "HOP_START(ts, INTERVAL '1' DAY, INTERVAL '2' DAY)",
            ),
            ("HOP_END", "HOP_END(ts, INTERVAL '1' DAY, INTERVAL '2' DAY)"),
            (
                "HOP_ROWTIME",
                "HOP_ROWTIME(ts, INTERVAL '1' DAY, INTERVAL '2' DAY)",
            ),
        ],
    ),
    (
        " GROUP BY TUMBLE(ts, INTERVAL '1' DAY)",
        &[
            ("TUMBLE_START", "TUMBLE_START(ts, INTERVAL '1' DAY)"),
            ("TUMBLE_END", "TUMBLE_END(ts, INTERVAL '1' DAY)"),
            ("TUMBLE_ROWTIME", "TUMBLE_ROWTIME(ts, INTERVAL '1' DAY)"),
        ],
    ),
    (
        " GROUP BY SESSION(ts, INTERVAL '1' DAY)",
        &[
            ("SESSION_START", "SESSION_START(ts, INTERVAL '1' DAY)"),
            ("SESSION_END", "SESSION_END(ts, INTERVAL '1' DAY)"),
            ("SESSION_ROWTIME", "SESSION_ROWTIME(ts, INTERVAL '1' DAY)"),
        ],
    ),
];

const TABLE: &str = "CREATE TABLE edges (i INT, s STRING, d DECIMAL(10, 2), x DOUBLE, b BOOLEAN, ts TIMESTAMP(3), a ARRAY<INT>, m MAP<STRING, INT>, bin BYTES, WATERMARK FOR ts AS ts) WITH ('connector' = 'values', 'data-id' = '${edges}', 'bounded' = 'true')";

/// Values at the edges of their types: the least, the greatest, nothing, text that is no number.
fn edges(nulls: bool) -> Value {
    let mut edges = json!({
        "types": ["INT", "STRING", "DECIMAL(10, 2)", "DOUBLE", "BOOLEAN", "TIMESTAMP(3)", "ARRAY<INT>", "MAP<STRING, INT>", "BYTES"],
        "rows": [
            [0, "", "0.00", 0.0, true, "2024-01-01T00:00:00", [], {}, {"hex": "ff"}],
            [i32::MIN, "zz%_\\", "-99999999.99", -1e308, false, "0001-01-01T00:00:00", [1, null], {"k": 1}, {"hex": ""}],
            [i32::MAX, "(", "99999999.99", 1e308, true, "9999-12-31T23:59:59.999", [i32::MIN], {"": null}, {"hex": "00"}],
            [-1, "😀é", "0.01", 5e-324, false, "1969-12-31T23:59:59", [7, 8, 9], {"k": -1, "l": 2}, {"hex": "c328"}],
        ],
    });
    if nulls {
        let row = vec![Value::Null; 9];
        edges["rows"].as_array_mut().expect("rows").push(json!(row));
    }
    edges
}

#[test]
fn no_function_of_strict_modes_list_fails() {
    let mut flink = match Flink::shared() {
        Ok(flink) => flink,
        Err(why) => return println!("skipped: {why}"),
    };
    let mut jobs = Vec::new();
    for (tail, functions) in TRIED {
        for (name, calls) in *functions {
            let calls = calls.trim();
            let sql = format!("SELECT {calls} FROM edges{tail}");
            // Batch has no group windows of sessions, and no stream a time that is NULL.
            let batch = !tail.contains("SESSION");
            let mode = if batch { "batch" } else { "streaming" };
            jobs.push(json!({
                "op": "execute", "id": name, "mode": mode, "setup": [TABLE], "data": { "edges": edges(batch) }, "sql": sql,
            }));
        }
    }
    let answers = flink.ask(&jobs);
    let failed: Vec<String> = answers
        .iter()
        .filter(|a| a["ok"] != true)
        .map(|a| format!("{}: {}", a["id"], a["error"]))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    println!("strict mode: {} functions tried, none fails", answers.len());
}
