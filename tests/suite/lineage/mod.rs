//! Lineage: where written columns come from, and what protection follows.

mod browser;
mod export;
mod picture;
mod sample;
