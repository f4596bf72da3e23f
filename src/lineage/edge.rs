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

/// A direct dependency. Two hops one after the other compose by the greater of each part, so that no hop can take a part back. But counting what is
/// no more than made of the value is not counting the value: `COUNT(NULLIF(age, 25))` of a group of one says whether it is 25.
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
    /// For inheritance alone, of the whole output: decides how many rows there are without a clause that says so. What UNION, INTERSECT and EXCEPT
    /// without ALL compare; the operands of UNNEST and of table functions.
    Rows,
    /// For inheritance alone, of one column: the same where the value is made by counting those rows.
    Count,
    /// For inheritance alone, of one column: the side of USING and NATURAL that the column is equal to, and is not taken from.
    Twin,
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
        let reduction = match (self.reduction, next.reduction) {
            (Reduction::Counted, _) => Reduction::Counted,
            (_, Reduction::Counted) if self.form > Form::Cast => Reduction::Combined,
            (first, next) => first.max(next),
        };
        Self {
            form: self.form.max(next.form),
            reduction,
        }
    }
}

impl Indirect {
    /// See [`Relationship::is_told`].
    #[must_use]
    pub const fn is_told(self) -> bool {
        match self {
            Self::Conditional
            | Self::Window
            | Self::Join
            | Self::Filter
            | Self::GroupBy
            | Self::Sort => true,
            Self::Rows | Self::Count | Self::Twin => false,
        }
    }
}

/// The edges of `list` that are told, each (source, relationship) at its first place. `list` is sorted.
pub(super) fn told(list: &[Edge]) -> impl Iterator<Item = &Edge> {
    let alike = |a: &Edge, b: &Edge| a.source == b.source && a.relationship == b.relationship;
    let each = list.chunk_by(alike).filter_map(<[Edge]>::first);
    each.filter(|edge| edge.relationship.is_told())
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
                Indirect::Rows => Kind::Filter,
                Indirect::Count => Kind::Conditional,
                Indirect::Twin => Kind::Identity,
            },
        }
    }

    /// Whether it is one of those that are told. The others are for inheritance alone: by OpenLineage's rules there is no edge.
    #[must_use]
    pub const fn is_told(self) -> bool {
        match self {
            Self::Direct(_) => true,
            Self::Indirect(indirect) => indirect.is_told(),
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
