//! Which mask a rule asks for.

use std::sync::Arc;

use crate::syntax::Expression;

/// A column mask by name. The eight are Apache Ranger's; a site's named masks are templates.
#[derive(Debug, Clone)]
pub enum MaskSpec {
    /// `MASK`: letters become x and X, digits n (1 in numbers).
    Mask,
    /// `MASK_SHOW_LAST_4`.
    ShowLast4,
    /// `MASK_SHOW_FIRST_4`.
    ShowFirst4,
    /// `MASK_HASH`.
    Hash,
    /// `MASK_NULL`.
    Null,
    /// `MASK_NONE`: shown as it is, on purpose.
    None,
    /// `MASK_DATE_SHOW_YEAR`.
    DateShowYear,
    /// `CUSTOM`, or a mask the site has named.
    Template(Arc<Template>),
}

/// A mask written as an expression over `{col}` (the raw value) and `{type}` (the column's type as text).
#[derive(Debug)]
pub struct Template {
    /// The site's name for it, or `CUSTOM`.
    pub name: String,
    /// The expression. `{type}` stands in places where a type is written.
    pub expression: Expression,
}
