//! Which session settings and table options a submitter may set: lists of what is harmless. What is not on them is refused.

use std::collections::BTreeMap;

/// Prefixes of `SET` keys that change how fast or how long a job runs, or what the client prints; never what text means, which code runs, or
/// where it runs.
const SETTING_PREFIXES: [&str; 11] = [
    "execution.checkpointing.",
    "restart-strategy.",
    "sql-client.",
    "state.backend.",
    "table.exec.async-lookup.",
    "table.exec.mini-batch.",
    "table.exec.source.",
    "table.exec.state.",
    "table.optimizer.",
    "taskmanager.memory.",
    "table.exec.window-agg.",
];

/// `SET` keys, likewise.
const SETTINGS: [&str; 12] = [
    "execution.runtime-mode",
    "parallelism.default",
    "pipeline.max-parallelism",
    "pipeline.name",
    "pipeline.object-reuse",
    "pipeline.operator-chaining",
    "table.dml-sync",
    "table.exec.resource.default-parallelism",
    "table.exec.sink.not-null-enforcer",
    "table.exec.sink.upsert-materialize",
    "table.exec.sink.require-on-conflict",
    "table.local-time-zone",
];

/// Below an allowed prefix, the keys that name a place or a class after all.
const SETTING_EXCEPTIONS: [&str; 10] = [
    "storage",
    "dir",
    "localdir",
    "class",
    "factory",
    "type",
    "savepoint",
    "path",
    // The planner forgets a mask when it pushes a COUNT into the source (docs/limits.md): only the site may switch that.
    "pushdown",
    "phase",
];

/// Prefixes of table options that a hint may set: how a table is read or written, not which one. `scan.` and its like hold where to begin,
/// how often to look, how much to buffer. Format options are not here: another delimiter cuts the rows anew, below filter and mask.
const OPTION_PREFIXES: [&str; 8] = [
    "scan.startup.",
    "scan.bounded.",
    "scan.watermark.",
    "lookup.",
    "sink.parallelism",
    "sink.buffer-flush.",
    "sink.delivery-guarantee",
    "source.monitor-interval",
];

/// Table options that a hint may set, likewise.
const OPTIONS: [&str; 6] = [
    "scan.parallelism",
    "scan.fetch-size",
    "scan.auto-commit",
    "number-of-rows",
    "rows-per-second",
    "streaming",
];

/// Whether a submitter may `SET` or `RESET` this key.
pub(super) fn setting_allowed(key: &str) -> bool {
    let listed = SETTINGS.contains(&key) || SETTING_PREFIXES.iter().any(|p| key.starts_with(p));
    listed
        && !key
            .split(['.', '-'])
            .any(|part| SETTING_EXCEPTIONS.contains(&part))
}

/// Whether an OPTIONS hint may set this key.
pub(super) fn option_allowed(key: &str) -> bool {
    OPTIONS.contains(&key) || OPTION_PREFIXES.iter().any(|p| key.starts_with(p))
}

/// The dialect of a session that a host hands over, when it is not Flink's own.
pub(super) fn foreign_dialect(settings: &BTreeMap<String, String>) -> Option<&str> {
    settings
        .get("table.sql-dialect")
        .map(String::as_str)
        .filter(|dialect| !dialect.eq_ignore_ascii_case("default"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_text_code_or_place_is_not_on_the_list() {
        for key in [
            "table.sql-dialect",
            "table.dynamic-table-options.enabled",
            "pipeline.jars",
            "pipeline.classpaths",
            "execution.target",
            "rest.address",
            "table.catalog-store.kind",
            "table.builtin-catalog-name",
            "execution.checkpointing.dir",
            "execution.checkpointing.storage",
            "state.backend.rocksdb.localdir.dir",
            "state.backend.type",
            "table.optimizer.source.aggregate-pushdown-enabled",
            "table.optimizer.agg-phase-strategy",
            "made.up",
            "",
        ] {
            assert!(!setting_allowed(key), "{key}");
        }
        assert!(setting_allowed("table.exec.state.ttl"));
        assert!(setting_allowed("execution.checkpointing.interval"));
    }

    #[test]
    fn an_option_that_moves_a_table_is_not_on_the_list() {
        for key in [
            "connector",
            "topic",
            "path",
            "url",
            "table-name",
            "properties.bootstrap.servers",
            "data-id",
            "hostname",
            "csv.field-delimiter",
            "json.ignore-parse-errors",
            "scan.filter",
        ] {
            assert!(!option_allowed(key), "{key}");
        }
        assert!(option_allowed("scan.startup.mode"));
    }
}
