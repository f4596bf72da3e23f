//! `export`: a [`Graph`](super::graph::Graph) in the forms that other programs and people read. Pure, but for `endpoint`.
//!
//! `openlineage` and `atlas` are JSON for catalogues, `dot` and `mermaid` pictures for other tools, `html` our own picture; `naming` makes physical
//! names into OpenLineage's. `endpoint` (feature `service`) sends events.
//! Invariant: names are data: whatever stands in them, they cannot become syntax of the format.

mod naming;
mod words;

pub mod atlas;
pub mod dot;
#[cfg(feature = "service")]
pub mod endpoint;
pub mod html;
pub mod mermaid;
pub mod openlineage;
