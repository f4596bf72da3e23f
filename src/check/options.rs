//! Which table options a hint may set: how a table is read or written, never which one. What is not on the list is refused.

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

/// Whether an OPTIONS hint may set this key.
pub(super) fn option_allowed(key: &str) -> bool {
    OPTIONS.contains(&key) || OPTION_PREFIXES.iter().any(|p| key.starts_with(p))
}

#[cfg(test)]
mod tests {
    use super::*;

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
