//! sqlsec stands between a person who submits Flink SQL and Flink.
//!
//! ```text
//!             principal ────────────────┐
//! text ─▶ syntax ─▶ resolve ─▶ policy ─▶ lineage ─▶ rewrite ─▶ verify ─▶ reply
//!         lexer,    names to   decision  inherited  edits to   independent
//!         parser,   tables,    for each  masks      the source second look
//!         script    views,DDL  table                text
//! ```
//!
//! Enter at [`Engine`]: it takes a [`Request`] and answers a [`Reply`]: `Allow` with SQL of which every protected table is replaced by its
//! filtered and masked view, or `Deny` with reasons. Everything from text to reply is a pure function of request, catalog and policy.
//! The library never prints, never reads the environment, never ends the process.

pub mod audit;
pub mod author;
pub mod catalog;
pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod host;
#[cfg(feature = "server")]
mod http;
pub mod lineage;
pub mod mask;
pub mod policy;
#[cfg(feature = "report")]
pub mod report;
pub mod resolve;
pub mod rewrite;
#[cfg(feature = "server")]
pub mod serve;
#[cfg(any(feature = "cli", feature = "server"))]
mod settled;
#[cfg(feature = "server")]
pub mod sidecar;
pub mod source;
pub mod splitter;
pub mod syntax;
pub mod verify;

pub use catalog::{Catalog, CatalogSource, Session};
pub use check::{Code, Decision, Denial, Engine, Gate, Reply, Request, SubmitCheck};
pub use policy::{Policy, Principal};
pub use rewrite::Style;
pub use splitter::Splitter;
pub use syntax::FlinkVersion;
pub use verify::RewrittenSql;
