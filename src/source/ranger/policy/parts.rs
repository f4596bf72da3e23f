//! Parts of policies that are written alike are made once: large documents are made of few of them.
//!
//! In: levels and items as written. Out: the same as if each had been made by itself. Lives as long as the policies of one document are compiled.

use std::collections::HashMap;
use std::sync::Arc;

use super::item::Item;
use crate::source::ranger::chain::Chain;
use crate::source::ranger::definition::{Kind, Levels, Shape};
use crate::source::ranger::document::{self, Resource, Resources};
use crate::source::ranger::hasher::Fast;
use crate::source::ranger::level::Level;

/// An item, and what was noted of it.
type Made = (Arc<Item>, Vec<String>);

/// What was made so far.
#[derive(Default)]
pub(super) struct Parts<'w> {
    /// By the kind of policy and the position, which have options of their own.
    levels: HashMap<(Kind, usize, &'w Resource), Arc<Level>, Fast>,
    items: HashMap<(Kind, &'w document::Item), Made, Fast>,
}

impl<'w> Parts<'w> {
    /// As [`Chain::compile`].
    pub fn chain(
        &mut self,
        shape: &Shape,
        levels: &Levels,
        kind: Kind,
        written: &'w Resources,
    ) -> Option<Chain> {
        Chain::compile_with(shape, levels, written, |position, options, resource| {
            let own = self.levels.entry((kind, position, resource));
            let own = own.or_insert_with(|| Level::compile(options, resource).into());
            Arc::clone(own)
        })
    }

    pub fn item(&self, kind: Kind, written: &'w document::Item) -> Option<&Made> {
        self.items.get(&(kind, written))
    }

    pub fn keep(
        &mut self,
        kind: Kind,
        written: &'w document::Item,
        item: Arc<Item>,
        notes: Vec<String>,
    ) {
        self.items.insert((kind, written), (item, notes));
    }
}
