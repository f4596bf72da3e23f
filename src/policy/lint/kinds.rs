//! The kinds of findings: their stable names, how bad they are at most, and what each says. `docs/policy-tools.md` explains them.

use super::super::Severity;

/// A kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Its name: [`super::super::Finding::code`].
    pub code: &'static str,
    /// How bad it is, at most.
    pub severity: Severity,
    /// What it says, in one line.
    pub says: &'static str,
}

/// All kinds: first what `load` refuses, then what closes a table of the catalog, then what is doubtful.
pub const KINDS: &[Kind] = &[
    error(
        "document-syntax",
        "the text is no YAML or JSON, or uses what hides meaning: anchors, aliases, tags, merge keys",
    ),
    error(
        "document-shape",
        "an unknown or missing field, or a value of the wrong type",
    ),
    error("duplicate-key", "a key is given twice"),
    error("api-version", "`apiVersion` is missing or another one"),
    error(
        "excerpt",
        "the document answers one question of one user, and is no policy",
    ),
    error(
        "bad-server",
        "an entry of `servers` that is no list of hosts, or a host in two of them",
    ),
    error("duplicate-role", "a role is declared twice"),
    error("cyclic-role", "a role contains itself"),
    error(
        "unknown-role",
        "a role that is not declared (in `except`: a warning)",
    ),
    error(
        "subject-name",
        "an empty name or a wildcard among users, groups and roles",
    ),
    error("no-subject", "`to` names nobody"),
    error(
        "reserved-mask",
        "a mask of the site has the name of a built-in one",
    ),
    error(
        "unknown-mask",
        "a mask that is neither built in nor declared",
    ),
    error("unknown-tag", "a tag that is not declared"),
    error("rule-id", "an empty id, or one with control characters"),
    error("duplicate-id", "an id is given twice"),
    error(
        "bad-target",
        "`on` names nothing, two things, or something that this kind of rule is not about",
    ),
    error("bad-pattern", "a pattern that cannot be read"),
    error(
        "bad-time",
        "a time or zone that cannot be read, or `until` before `from`",
    ),
    error("no-privilege", "an access rule without privileges"),
    error(
        "privilege-target",
        "a privilege on code in a rule on tables",
    ),
    error("filter-syntax", "an expression that is no Flink SQL"),
    error(
        "unsupported-in-policy",
        "an expression that is Flink SQL, and not read in a policy",
    ),
    error("aggregate-in-filter", "an aggregate outside of a subquery"),
    error("window-in-filter", "a window function"),
    error(
        "reserved-word",
        "`USER` and the like, which mean the user of Flink's own session",
    ),
    error(
        "unknown-variable",
        "`${…}` or `{…}` that stands for nothing here",
    ),
    error(
        "attribute-in-quotes",
        "`${…}` in quotes or in a comment, where it is not replaced",
    ),
    error("column-in-mask", "a mask reads another column than its own"),
    error(
        "subquery-table",
        "a table in a subquery is not named by catalog, database and table",
    ),
    error(
        "column-unknown",
        "a rule names a column that a table of the catalog does not have",
    ),
    error(
        "mask-unfit",
        "a mask has no safe expression of a column's type",
    ),
    error(
        "recursive-filter",
        "a filter's subquery reads the table that it filters",
    ),
    warning("defaults-implicit", "`defaults` is not written"),
    warning(
        "physical-pattern",
        "a physical pattern that reaches less than it seems",
    ),
    warning(
        "server-by-name",
        "a rule on one name of a server, and `servers` does not say which other names it has",
    ),
    warning("subquery-in-filter", "a filter or `when` with a subquery"),
    warning("attribute-in-pattern", "an attribute as pattern of LIKE"),
    warning(
        "never-applies",
        "a rule that can never speak: all its people are exceptions, all its places are left out, or nothing carries its tags",
    ),
    warning("expired", "`until` is in the past"),
    note(
        "role-without-members",
        "a rule for roles only, and the document gives none of them to anybody",
    ),
    warning(
        "opens-code",
        "a rule that allows code of the submitter's choice (a note where it names people and objects one by one)",
    ),
    warning(
        "shadowed-rule",
        "another rule always outranks this one, or says the same",
    ),
    warning(
        "mask-tie",
        "two masks of one priority that differ: the column is closed to whom both are for",
    ),
    warning(
        "broader-wins",
        "a rule about more outranks a rule about less where both speak",
    ),
    warning(
        "broader-adds",
        "a permissive filter about more shows its rows besides those of a filter about less",
    ),
    warning("unknown-table", "a rule is about no table of the catalog"),
    warning("unknown-columns", "a pattern of columns that matches none"),
    warning(
        "filter-unknown",
        "a filter is UNKNOWN for rows with a NULL, which hides them (a note where the filter does not read as if it showed them)",
    ),
];

const fn error(code: &'static str, says: &'static str) -> Kind {
    Kind {
        code,
        severity: Severity::Error,
        says,
    }
}

const fn warning(code: &'static str, says: &'static str) -> Kind {
    Kind {
        code,
        severity: Severity::Warning,
        says,
    }
}

const fn note(code: &'static str, says: &'static str) -> Kind {
    Kind {
        code,
        severity: Severity::Note,
        says,
    }
}
