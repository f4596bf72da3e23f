//! `catalog`: which tables and views a name can mean, and what their columns are.

mod table;

pub use crate::syntax::{DataType, RowField, TypeKind};
pub use table::{Column, ColumnKind, Table, TableName, View};
