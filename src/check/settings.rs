//! Which session settings a submitter may `SET` or `RESET`: a list of what is harmless, with the reason of each. What is not on it is refused, and
//! for the keys people know the refusal says why.
//!
//! The keys are those of Flink 1.20 and 2.3, each by its whole name: a prefix would let the next version's keys in unread.

use std::collections::BTreeMap;

/// Settings that one reason holds for.
pub(super) struct Group {
    /// Why they pass, or do not.
    pub why: &'static str,
    /// Whole keys; among refused ones `x.*` stands for all below `x`.
    pub keys: &'static [&'static str],
}

/// What may be set to any value.
pub(super) const ALLOWED: &[Group] = &[
    Group {
        why: "how results are shown",
        keys: &[
            "sql-client.display.color-schema",
            "sql-client.display.max-column-width",
            "sql-client.display.print-time-cost",
            "sql-client.display.show-line-numbers",
            "sql-client.execution.max-table-result.rows",
            "sql-client.execution.result-mode",
            "sql-client.verbose",
            "table.display.max-column-width",
        ],
    },
    Group {
        why: "batch or streaming, and how a client waits: the statement is the same",
        keys: &[
            "execution.attached",
            "execution.runtime-mode",
            "table.dml-sync",
        ],
    },
    Group {
        why: "how many tasks run, and how they are cut and named",
        keys: &[
            "execution.batch.adaptive.auto-parallelism.avg-data-volume-per-task",
            "execution.batch.adaptive.auto-parallelism.default-source-parallelism",
            "execution.batch.adaptive.auto-parallelism.enabled",
            "execution.batch.adaptive.auto-parallelism.max-parallelism",
            "execution.batch.adaptive.auto-parallelism.min-parallelism",
            "parallelism.default",
            "pipeline.auto-watermark-interval",
            "pipeline.max-parallelism",
            "pipeline.name",
            "pipeline.object-reuse",
            "pipeline.operator-chaining",
            "pipeline.operator-chaining.enabled",
            "pipeline.vertex-description-mode",
            "pipeline.vertex-name-include-index-prefix",
            "table.exec.resource.default-parallelism",
            "table.exec.simplify-operator-name-enabled",
        ],
    },
    Group {
        why: "how often state is saved and kept, not where",
        keys: &[
            "execution.checkpointing.aligned-checkpoint-timeout",
            "execution.checkpointing.checkpoints-after-tasks-finish",
            "execution.checkpointing.checkpoints-after-tasks-finish.enabled",
            "execution.checkpointing.externalized-checkpoint-retention",
            "execution.checkpointing.incremental",
            "execution.checkpointing.interval",
            "execution.checkpointing.interval-during-backlog",
            "execution.checkpointing.max-concurrent-checkpoints",
            "execution.checkpointing.min-pause",
            "execution.checkpointing.mode",
            "execution.checkpointing.num-retained",
            "execution.checkpointing.snapshot-compression",
            "execution.checkpointing.timeout",
            "execution.checkpointing.tolerable-failed-checkpoints",
            "execution.checkpointing.unaligned",
            "execution.checkpointing.unaligned.enabled",
            "state.backend.incremental",
            "state.backend.rocksdb.block.blocksize",
            "state.backend.rocksdb.block.cache-size",
            "state.backend.rocksdb.checkpoint.transfer.thread.num",
            "state.backend.rocksdb.memory.fixed-per-slot",
            "state.backend.rocksdb.memory.high-prio-pool-ratio",
            "state.backend.rocksdb.memory.managed",
            "state.backend.rocksdb.memory.write-buffer-ratio",
            "state.backend.rocksdb.thread.num",
            "state.backend.rocksdb.use-bloom-filter",
            "state.backend.rocksdb.writebuffer.count",
            "state.backend.rocksdb.writebuffer.size",
            "table.exec.state.ttl",
        ],
    },
    Group {
        why: "how often a job is tried again",
        keys: &[
            "restart-strategy.exponential-delay.attempts-before-reset-backoff",
            "restart-strategy.exponential-delay.backoff-multiplier",
            "restart-strategy.exponential-delay.initial-backoff",
            "restart-strategy.exponential-delay.jitter-factor",
            "restart-strategy.exponential-delay.max-backoff",
            "restart-strategy.exponential-delay.reset-backoff-threshold",
            "restart-strategy.failure-rate.delay",
            "restart-strategy.failure-rate.failure-rate-interval",
            "restart-strategy.failure-rate.max-failures-per-interval",
            "restart-strategy.fixed-delay.attempts",
            "restart-strategy.fixed-delay.delay",
        ],
    },
    Group {
        why: "how operators buffer, retry and share work: the rows are the same",
        keys: &[
            "execution.batch-shuffle-mode",
            "execution.buffer-timeout",
            "execution.buffer-timeout.interval",
            "table.exec.async-lookup.buffer-capacity",
            "table.exec.async-lookup.key-ordered-enabled",
            "table.exec.async-lookup.output-mode",
            "table.exec.async-lookup.timeout",
            "table.exec.async-scalar.buffer-capacity",
            "table.exec.async-scalar.max-attempts",
            "table.exec.async-scalar.max-concurrent-operations",
            "table.exec.async-scalar.retry-delay",
            "table.exec.async-scalar.retry-strategy",
            "table.exec.async-scalar.timeout",
            "table.exec.async-state.enabled",
            "table.exec.deduplicate.insert-update-after-sensitive-enabled",
            "table.exec.deduplicate.mini-batch.compact-changes-enabled",
            "table.exec.interval-join.min-cleanup-interval",
            "table.exec.local-hash-agg.adaptive.distinct-value-rate-threshold",
            "table.exec.local-hash-agg.adaptive.enabled",
            "table.exec.local-hash-agg.adaptive.sampling-threshold",
            "table.exec.mini-batch.allow-latency",
            "table.exec.mini-batch.enabled",
            "table.exec.mini-batch.size",
            "table.exec.operator-fusion-codegen.enabled",
            "table.exec.rank.topn-cache-size",
            "table.exec.resource.external-buffer-memory",
            "table.exec.resource.hash-agg.memory",
            "table.exec.resource.hash-join.memory",
            "table.exec.resource.sort.memory",
            "table.exec.sort.async-merge-enabled",
            "table.exec.sort.max-num-file-handles",
            "table.exec.spill-compression.block-size",
            "table.exec.spill-compression.enabled",
            "table.exec.window-agg.buffer-size-limit",
            "taskmanager.memory.managed.consumer-weights",
        ],
    },
    Group {
        why: "how sources wait and sinks take rows: what is written was protected before",
        keys: &[
            "table.exec.sink.keyed-shuffle",
            "table.exec.sink.not-null-enforcer",
            "table.exec.sink.require-on-conflict",
            "table.exec.sink.rowtime-inserter",
            "table.exec.sink.type-length-enforcer",
            "table.exec.sink.upsert-materialize",
            "table.exec.source.cdc-events-duplicate",
            "table.exec.source.idle-timeout",
        ],
    },
    Group {
        why: "which plan is chosen among those of one meaning",
        keys: &[
            "table.optimizer.adaptive-broadcast-join.strategy",
            "table.optimizer.bushy-join-reorder-threshold",
            "table.optimizer.delta-join.strategy",
            "table.optimizer.distinct-agg.split.bucket-num",
            "table.optimizer.distinct-agg.split.enabled",
            "table.optimizer.dynamic-filtering.enabled",
            "table.optimizer.incremental-agg-enabled",
            "table.optimizer.join-reorder-enabled",
            "table.optimizer.join.broadcast-threshold",
            "table.optimizer.multi-join.enabled",
            "table.optimizer.multiple-input-enabled",
            "table.optimizer.non-deterministic-update.strategy",
            "table.optimizer.reuse-optimize-block-with-digest-enabled",
            "table.optimizer.reuse-sink-enabled",
            "table.optimizer.reuse-source-enabled",
            "table.optimizer.reuse-sub-plan-enabled",
            "table.optimizer.runtime-filter.enabled",
            "table.optimizer.runtime-filter.max-build-data-size",
            "table.optimizer.runtime-filter.min-filter-ratio",
            "table.optimizer.runtime-filter.min-probe-data-size",
            "table.optimizer.skewed-join-optimization.skewed-factor",
            "table.optimizer.skewed-join-optimization.skewed-threshold",
            "table.optimizer.skewed-join-optimization.strategy",
            "table.optimizer.source.report-statistics-enabled",
            "table.optimizer.union-all-as-breakpoint-enabled",
        ],
    },
    Group {
        why: "the zone in which times are shown and days begin (docs/limits.md says what that does to a filter with CURRENT_DATE)",
        keys: &["table.local-time-zone"],
    },
];

/// What may be set to these values only.
pub(super) const VALUES: &[(&str, &[&str], &str)] = &[
    (
        "restart-strategy.type",
        &[
            "none",
            "off",
            "disable",
            "fixed-delay",
            "failure-rate",
            "exponential-delay",
        ],
        "another value is the name of a class",
    ),
    (
        "table.sql-dialect",
        &["default"],
        "another dialect reads the text by other rules",
    ),
    (
        "table.dynamic-table-options.enabled",
        &["true"],
        "hints are checked as Flink reads them by default",
    ),
];

/// What people may look for here, and why it is not allowed.
pub(super) const REFUSED: &[Group] = &[
    Group {
        why: "it changes how later text is read, or what a name in it means",
        keys: &[
            "table.builtin-catalog-name",
            "table.builtin-database-name",
            "table.catalog-store.*",
            "table.column-expansion-strategy",
            "table.exec.legacy-cast-behaviour",
            "table.legacy-nested-row-nullability",
            "table.plan.*",
        ],
    },
    Group {
        why: "it brings code into the job or the cluster",
        keys: &[
            "classloader.*",
            "env.*",
            "execution.job-listeners",
            "execution.job-status-changed-listeners",
            "pipeline.cached-files",
            "pipeline.classpaths",
            "pipeline.jars",
            "pipeline.serialization-config",
            "plugin.*",
            "python.*",
            "restart-strategy",
            "state.backend",
            "state.backend.rocksdb.options-factory",
            "state.backend.type",
            "table.catalog-modification.listeners",
            "table.resources.*",
        ],
    },
    Group {
        why: "it sends the job to another place, or to run as somebody else",
        keys: &[
            "client.*",
            "cluster.*",
            "execution.target",
            "high-availability.*",
            "jobmanager.*",
            "kubernetes.*",
            "rest.*",
            "security.*",
            "yarn.*",
        ],
    },
    Group {
        why: "it names a place that is read or written",
        keys: &[
            "execution.checkpointing.dir",
            "execution.checkpointing.local-backup.*",
            "execution.checkpointing.savepoint-dir",
            "execution.checkpointing.storage",
            "execution.savepoint.*",
            "execution.state-recovery.*",
            "fs.*",
            "io.*",
            "s3.*",
            "state.backend.fs.checkpointdir",
            "state.backend.local-recovery",
            "state.backend.rocksdb.localdir",
            "state.backend.rocksdb.log.dir",
            "state.checkpoints.*",
            "state.savepoints.*",
        ],
    },
    Group {
        why: "functions of the site may read it",
        keys: &["pipeline.global-job-parameters"],
    },
    Group {
        why: "the planner forgets a mask when it pushes a COUNT into the source: only the site may switch that (docs/limits.md)",
        keys: &[
            "table.optimizer.agg-phase-strategy",
            "table.optimizer.source.aggregate-pushdown-enabled",
            "table.optimizer.source.predicate-pushdown-enabled",
        ],
    },
];

/// Why a submitter may not `SET` this key to this value, or, without a value, `RESET` it; nothing when he may.
pub(super) fn setting_refused(key: &str, value: Option<&str>) -> Option<&'static str> {
    if ALLOWED.iter().any(|group| group.keys.contains(&key)) {
        return None;
    }
    if let Some((_, values, why)) = VALUES.iter().find(|(known, ..)| *known == key) {
        // What RESET brings back is the site's own word.
        let good = value.is_none_or(|value| values.iter().any(|v| v.eq_ignore_ascii_case(value)));
        return (!good).then_some(*why);
    }
    let about = |pattern: &str| match pattern.strip_suffix(".*") {
        Some(head) => key
            .strip_prefix(head)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
        None => pattern == key,
    };
    let known = REFUSED
        .iter()
        .find(|group| group.keys.iter().any(|k| about(k)));
    Some(known.map_or("nobody has said that it is harmless", |group| group.why))
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
    fn what_moves_text_code_or_place_is_refused_with_its_reason() {
        for group in REFUSED {
            for key in group.keys {
                let key = key.replace(".*", ".x");
                assert_eq!(setting_refused(&key, Some("v")), Some(group.why), "{key}");
                assert_eq!(setting_refused(&key, None), Some(group.why), "{key}");
            }
        }
        for key in [
            "made.up",
            "",
            "table.exec.state.ttl ",
            "Table.exec.state.ttl",
            "table.exec.state",
            "execution.checkpointing.local-backup.dirs",
            "state.backend.fs.checkpointdir",
            "state.backend.rocksdb.made-up",
            "table.optimizer.made-up",
        ] {
            assert!(setting_refused(key, Some("v")).is_some(), "{key}");
        }
    }

    #[test]
    fn what_is_harmless_passes_and_nothing_is_on_two_lists() {
        for key in ALLOWED.iter().flat_map(|group| group.keys) {
            assert_eq!(setting_refused(key, Some("v")), None);
            assert_eq!(setting_refused(key, None), None);
            let twice = ALLOWED.iter().flat_map(|g| g.keys).filter(|k| *k == key);
            assert_eq!(twice.count(), 1, "{key}");
            let refused = REFUSED.iter().flat_map(|g| g.keys).any(|k| {
                k == key
                    || k.strip_suffix('*')
                        .is_some_and(|head| key.starts_with(head))
            });
            assert!(!refused, "{key}");
        }
    }

    #[test]
    fn a_value_can_be_harmless_where_another_is_not() {
        assert_eq!(setting_refused("table.sql-dialect", Some("DEFAULT")), None);
        assert!(setting_refused("table.sql-dialect", Some("hive")).is_some());
        assert!(setting_refused("table.sql-dialect", Some(" default")).is_some());
        assert_eq!(setting_refused("table.sql-dialect", None), None);
        assert!(setting_refused("restart-strategy.type", Some("com.example.X")).is_some());
        assert!(setting_refused("table.dynamic-table-options.enabled", Some("false")).is_some());
    }

    /// The manual's page, as these lists say it.
    fn page() -> String {
        let mut text = String::from(
            "# Settings\n\nWhich settings a submitter may `SET` or `RESET`. What is not listed is refused with `setting-denied`; ask the site to set it. `RESET` without a key\nis refused: each is named. The page is made from `src/check/settings.rs`.\n\n## Allowed\n\n| keys | why |\n|---|---|\n",
        );
        let keys = |keys: &[&str]| {
            let quoted: Vec<String> = keys.iter().map(|k| format!("`{k}`")).collect();
            quoted.join(", ")
        };
        for group in ALLOWED {
            text += &format!("| {} | {} |\n", keys(group.keys), group.why);
        }
        text +=
            "\n## Allowed with some values\n\n| key | values | why not others |\n|---|---|---|\n";
        for (key, values, why) in VALUES {
            text += &format!("| `{key}` | {} | {why} |\n", keys(values));
        }
        text += "\n## Refused, and why\n\n| keys | why |\n|---|---|\n";
        for group in REFUSED {
            text += &format!("| {} | {} |\n", keys(group.keys), group.why);
        }
        text
    }

    #[test]
    #[allow(
        clippy::disallowed_methods,
        reason = "a test is told by the environment what to write"
    )]
    fn the_manual_lists_every_key_with_its_reason() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/settings.md");
        if std::env::var_os("SQLSEC_BLESS").is_some() {
            std::fs::write(path, page()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == page(),
            "docs/settings.md is old: run with SQLSEC_BLESS=1"
        );
    }
}
