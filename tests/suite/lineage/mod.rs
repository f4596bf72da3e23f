//! Lineage: where written columns come from, and what protection follows.

mod export;
mod picture;
mod sample;
