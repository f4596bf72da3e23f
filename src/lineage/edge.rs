//! How a target depends on a source column: OpenLineage's kinds, and the finer ones that inheritance needs (LINEAGE.md §1, rows A to L).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SourceColumn;
use crate::syntax::Span;

/// One dependency on one source column.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Edge {
    /// The column of a base table: views, CTEs, derived tables and computed columns are seen through; a nested field counts as its column.
    pub source: SourceColumn,
    /// How.
    pub relationship: Relationship,
    /// Where in the submitted text: the select item or clause that makes the dependency; inside a view of the site, the view's name.
    pub span: Span,
}

/// Direct or indirect.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Relationship {
    /// The value is made of the source's value.
    Direct(Direct),
    /// The source decides whether, where or how often the value stands there.
    Indirect(Indirect),
}

/// A direct dependency. Two hops one after the other compose by the greater of each part, so that no hop can take a part back.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Direct {
    /// What was done to the value row by row.
    pub form: Form,
    /// Which aggregate it went through.
    pub reduction: Reduction,
}

/// What was done to a value row by row. Ordered: what follows hides more of the value's form.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Nothing: row A.
    Same,
    /// Handed on by a row-wise function that does not change the value, as LAG, LEAD, and FIRST or LAST in MEASURES: row D without aggregate.
    Picked,
    /// Another type, nothing else: row A'.
    Cast,
    /// A function whose result the policy may take as masked already, as MD5 or SHA256: row J.
    Hashed,
    /// Any other expression: row B.
    Derived,
}

/// Which aggregate a value went through. Ordered: what follows shows less of a single value.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
    /// None.
    None,
    /// One that hands single values on: MAX, MIN, FIRST_VALUE, LISTAGG, COLLECT, …: row D.
    Picked,
    /// One that mixes them, as SUM, AVG, and every aggregate that is not known: row E.
    Combined,
    /// One that counts them: row F. Nothing is inherited through it.
    Counted,
}

/// An indirect dependency (OpenLineage's subtypes).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Indirect {
    /// A condition of CASE, IF, NULLIF, an aggregate's FILTER, the correlation of a scalar subquery. Belongs to one column.
    Conditional,
    /// PARTITION BY and ORDER BY of OVER. Belongs to one column.
    Window,
    /// ON, USING, NATURAL, the time of a temporal join. Belongs to the whole output, as do those below.
    Join,
    /// WHERE, HAVING, IN, EXISTS, right of EXCEPT, DEFINE of MATCH_RECOGNIZE.
    Filter,
    /// Grouping keys, DISTINCT.
    GroupBy,
    /// ORDER BY of the query, of MATCH_RECOGNIZE.
    Sort,
}

/// The kind by its standard name, for exports and people.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// The same value.
    Identity,
    /// Computed row by row.
    Transformation,
    /// Through an aggregate.
    Aggregation,
    /// See [`Indirect::Conditional`].
    Conditional,
    /// See [`Indirect::Window`].
    Window,
    /// See [`Indirect::Join`].
    Join,
    /// See [`Indirect::Filter`].
    Filter,
    /// See [`Indirect::GroupBy`].
    GroupBy,
    /// See [`Indirect::Sort`].
    Sort,
}

impl Direct {
    /// The value itself.
    pub const SAME: Self = Self {
        form: Form::Same,
        reduction: Reduction::None,
    };

    /// This dependency, then `next` on its result.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        Self {
            form: self.form.max(next.form),
            reduction: self.reduction.max(next.reduction),
        }
    }
}

impl Relationship {
    /// OpenLineage's name for it.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Direct(Direct { form, reduction }) => match (form, reduction) {
                (_, Reduction::Picked | Reduction::Combined | Reduction::Counted) => {
                    Kind::Aggregation
                }
                (Form::Same, Reduction::None) => Kind::Identity,
                (Form::Picked | Form::Cast | Form::Hashed | Form::Derived, Reduction::None) => {
                    Kind::Transformation
                }
            },
            Self::Indirect(indirect) => match indirect {
                Indirect::Conditional => Kind::Conditional,
                Indirect::Window => Kind::Window,
                Indirect::Join => Kind::Join,
                Indirect::Filter => Kind::Filter,
                Indirect::GroupBy => Kind::GroupBy,
                Indirect::Sort => Kind::Sort,
            },
        }
    }

    /// Whether OpenLineage calls the step masking: counting and hashing hide the value, whatever a policy says of it.
    #[must_use]
    pub const fn is_masking(self) -> bool {
        matches!(
            self,
            Self::Direct(
                Direct {
                    reduction: Reduction::Counted,
                    ..
                } | Direct {
                    form: Form::Hashed,
                    ..
                }
            )
        )
    }
}

impl Kind {
    /// As OpenLineage writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "IDENTITY",
            Self::Transformation => "TRANSFORMATION",
            Self::Aggregation => "AGGREGATION",
            Self::Conditional => "CONDITIONAL",
            Self::Window => "WINDOW",
            Self::Join => "JOIN",
            Self::Filter => "FILTER",
            Self::GroupBy => "GROUP_BY",
            Self::Sort => "SORT",
        }
    }

    /// Whether the value is made of the source's value.
    #[must_use]
    pub const fn is_direct(self) -> bool {
        matches!(
            self,
            Self::Identity | Self::Transformation | Self::Aggregation
        )
    }
}
