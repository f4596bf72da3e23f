//! The constructs that Flink's parser knows and sqlsec refuses: a closed list, each with its reason (docs/refused.md is made from it).

use std::fmt;

macro_rules! constructs {
    ($($variant:ident = $name:literal, $reason:literal;)+) => {
        /// A construct that is refused by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Construct {
            $(#[doc = $reason] $variant,)+
        }

        impl Construct {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// In the words of Flink's documentation.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Why it is refused.
            #[must_use]
            pub const fn reason(self) -> &'static str {
                match self { $(Self::$variant => $reason,)+ }
            }
        }
    };
}

constructs! {
    Merge = "MERGE", "Flink parses it and cannot run it: the validator refuses the kind";
    AlterSystem = "ALTER SYSTEM", "Calcite's statement, which Flink cannot run; settings have SET";
    ExecutePlan = "EXECUTE PLAN", "the plan in the file was made from a statement that nobody has checked";
    CompileAndExecutePlan = "COMPILE AND EXECUTE PLAN", "where the file is there already, Flink runs the plan in it: one that nobody has checked";
    StopJob = "STOP JOB", "stops the job of anybody on the cluster";
    DescribeStatement = "DESCRIBE of a statement", "Calcite's form of EXPLAIN, which Flink cannot run: write EXPLAIN";
    DescribeTableKeyword = "DESCRIBE TABLE", "Calcite's form, which Flink cannot run: leave TABLE out";
    CreateModelAs = "CREATE MODEL … AS", "Flink parses it and cannot run it";
    NestedColumn = "a nested column in CREATE TABLE", "Flink refuses it after parsing: declare the column with its ROW type";
    Extend = "EXTEND", "columns that a table does not declare; the validator refuses it";
    Pivot = "PIVOT", "Flink parses it and fails in the planner";
    Apply = "CROSS APPLY", "Flink fails on it: write CROSS JOIN LATERAL";
    OuterApply = "OUTER APPLY", "Flink fails on it: write LEFT JOIN LATERAL … ON TRUE";
    SemiJoin = "SEMI JOIN", "Flink's parser refuses it: write IN or EXISTS";
    AntiJoin = "ANTI JOIN", "Flink's parser refuses it: write NOT EXISTS";
    Minus = "MINUS", "Flink's parser refuses it: write EXCEPT";
    WithRecursive = "WITH RECURSIVE", "Flink's planner refuses it";
    StarAlias = "an alias of *", "the validator refuses it";
    ChainedEscape = "ESCAPE behind several patterns", "which of them it belongs to is read from the right: write parentheses";
    StringParts = "parts of a string on one line", "Flink refuses them after parsing: write one string";
    StarInName = "a star inside a name", "the validator refuses it";
    OperatorInBetween = "an operator between BETWEEN and AND", "which AND belongs to which is easily misread: write parentheses";
    ExistsOfValue = "EXISTS without a query", "the validator refuses it";
    NextValue = "NEXT VALUE FOR", "Flink has no sequences";
    CurrentValue = "CURRENT VALUE FOR", "Flink has no sequences";
    New = "NEW", "the validator refuses it";
    Unique = "UNIQUE", "the planner refuses it";
    MethodCall = "a method call", "the validator refuses it";
    OdbcEscape = "{…} escape of ODBC", "the validator refuses it; a second spelling of every call";
    SafeCast = "SAFE_CAST", "the validator knows no such function: write TRY_CAST";
    DifferenceUnit = "(a - b) with a unit", "the validator refuses it: write TIMESTAMPDIFF";
    WithinDistinct = "WITHIN DISTINCT", "the planner refuses it";
    ModelArgument = "MODEL argument", "a model stands in FROM, not in an expression";
    TableValue = "(TABLE t) where no query may stand", "of one that is protected there is no form, as no query may stand there: read it in FROM";
    ArgumentPartition = "PARTITION BY of an argument in an expression", "a table argument stands in FROM, not in an expression";
    FieldAccess = "field access", "no node that the grammar makes: a mistake of sqlsec";
    ArraySlice = "array slice", "no node that the grammar makes: a mistake of sqlsec";
    LiteralForm = "literal", "no node that the grammar makes: a mistake of sqlsec";
    InForm = "IN", "no node that the grammar makes: a mistake of sqlsec";
    ExpressionForm = "expression", "no node that the grammar makes: a mistake of sqlsec";
    FunctionArgument = "function argument", "no node that the grammar makes: a mistake of sqlsec";
    WrittenOn = "a quote in what Flink writes on", "of a materialized table: the partition of REFRESH, the options of RESUME and the formats of partitions are put into a statement of Flink's own as they are, where a quote ends the literal";
    QueryInMask = "a query in a mask", "of a policy document: a mask reads one column of one row";
}

impl fmt::Display for Construct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
