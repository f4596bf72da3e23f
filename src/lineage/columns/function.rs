//! What functions do to their arguments, by name: closed lists of Flink's built-in ones; of any other an argument is DIRECT, `Derived`.

use sqlparser::ast::{Function, FunctionArguments, ObjectNamePart};

use super::super::{Form, Reduction};
use crate::syntax::last_part;

/// What a call makes of its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// An aggregate.
    Aggregate(Form, Reduction),
    /// Hands the value of another row on.
    Picked,
    /// Hides the value, if the policy says so.
    Hashed,
    /// `IF`: the first argument is a condition.
    If,
    /// `NULLIF`: the second one is.
    NullIf,
    /// `MATCH_ROWTIME()`: the time attribute of the pattern's input.
    RowTime,
    /// `FINAL` and `RUNNING` of MEASURES: say which rows, not what is done.
    Transparent,
    /// An aggregate of a user, as only an aggregate takes these clauses.
    UserAggregate,
    /// Any other.
    Other,
}

/// Row D: a single value comes through as it is.
const PICKED: &[&str] = &[
    "ANY_VALUE",
    "FIRST_VALUE",
    "LAST_VALUE",
    "MAX",
    "MIN",
    "MODE",
    "NTH_VALUE",
    "PERCENTILE_DISC",
    "SINGLE_VALUE",
];

/// Row D too: single values come through, in something that is made of them.
const GATHERED: &[&str] = &[
    "ARRAY_AGG",
    "BITMAP_AND_AGG",
    "BITMAP_BUILD_AGG",
    "BITMAP_OR_AGG",
    "BITMAP_XOR_AGG",
    "COLLECT",
    "FUSION",
    "INTERSECTION",
    "JSON_ARRAYAGG",
    "JSON_ARRAYAGG_ABSENT_ON_NULL",
    "JSON_ARRAYAGG_NULL_ON_NULL",
    "JSON_OBJECTAGG",
    "JSON_OBJECTAGG_ABSENT_ON_NULL",
    "JSON_OBJECTAGG_NULL_ON_NULL",
    "LISTAGG",
    "PERCENTILE",
    "PERCENTILE_CONT",
    "STRING_AGG",
];

/// Row E: values are mixed.
const COMBINED: &[&str] = &[
    "AVG",
    "BIT_AND",
    "BIT_OR",
    "BIT_XOR",
    "CORR",
    "COVAR_POP",
    "COVAR_SAMP",
    "EVERY",
    // Counts the pairs without NULL: which of two makes it none, one may choose.
    "REGR_COUNT",
    "REGR_SXX",
    "REGR_SXY",
    "REGR_SYY",
    "STDDEV",
    "STDDEV_POP",
    "STDDEV_SAMP",
    "SUM",
    "SUM0",
    "VARIANCE",
    "VAR_POP",
    "VAR_SAMP",
];

/// Row F: values are counted.
const COUNTED: &[&str] = &["APPROX_COUNT_DISTINCT", "COUNT"];

/// Row J.
const HASHED: &[&str] = &[
    "MD5", "SHA1", "SHA2", "SHA224", "SHA256", "SHA384", "SHA512",
];

/// The names of which the class lets less be inherited than an unknown function would: nobody may give another function one of them.
pub(crate) fn trusted() -> impl Iterator<Item = &'static str> {
    let alone = ["IF", "LAG", "LEAD", "NULLIF"];
    let lists = [PICKED, COMBINED, COUNTED, HASHED];
    lists.into_iter().flatten().copied().chain(alone)
}

/// The class of a call; `pattern` says whether it stands in MATCH_RECOGNIZE, where some names mean what they mean nowhere else.
pub(super) fn class(function: &Function, pattern: bool) -> Class {
    // The built-in functions have names of one part.
    let name = match function.name.0.as_slice() {
        [ObjectNamePart::Identifier(_)] => last_part(&function.name).to_ascii_uppercase(),
        _ => String::new(),
    };
    let is = |list: &[&str]| list.contains(&name.as_str());
    match name.as_str() {
        "LAG" | "LEAD" => Class::Picked,
        "FIRST" | "LAST" | "PREV" | "NEXT" if pattern => Class::Picked,
        "FINAL" | "RUNNING" if pattern => Class::Transparent,
        "MATCH_ROWTIME" => Class::RowTime,
        "IF" => Class::If,
        "NULLIF" => Class::NullIf,
        _ if is(PICKED) => Class::Aggregate(Form::Same, Reduction::Picked),
        _ if is(GATHERED) => Class::Aggregate(Form::Derived, Reduction::Picked),
        _ if is(COMBINED) => Class::Aggregate(Form::Derived, Reduction::Combined),
        _ if is(COUNTED) => Class::Aggregate(Form::Derived, Reduction::Counted),
        _ if is(HASHED) => Class::Hashed,
        _ if aggregates(function) => Class::UserAggregate,
        _ => Class::Other,
    }
}

/// Whether its order keys are the values that the function answers: `PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY x)`.
pub(super) fn answers_order(function: &Function) -> bool {
    let name = last_part(&function.name);
    ["PERCENTILE_CONT", "PERCENTILE_DISC", "MODE"]
        .iter()
        .any(|n| n.eq_ignore_ascii_case(name))
}

fn aggregates(function: &Function) -> bool {
    let distinct = |arguments: &FunctionArguments| match arguments {
        FunctionArguments::List(list) => list.duplicate_treatment.is_some(),
        FunctionArguments::None | FunctionArguments::Subquery(_) => false,
    };
    function.over.is_some()
        || function.filter.is_some()
        || !function.within_group.is_empty()
        || distinct(&function.args)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_function_is_on_two_lists() {
        let mut all: Vec<&str> = [PICKED, GATHERED, COMBINED, COUNTED, HASHED].concat();
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
