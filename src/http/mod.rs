//! `http`: what a service of ours is before it says anything: a thread, a socket, connections with bounds, TLS, tokens, an end. Feature `server`.
//!
//! In: a router, and what a service takes at once ([`Terms`]). Out: [`Running`]. Stays out: addresses and what is answered there (`sidecar`, `serve`), and how
//! much a request may hold, which only its handler knows.
//! Invariant: every wait for a client ends, and the number of clients that are waited for is bounded.
//! Invariant: after a stop no connection is taken, and what was taken before has its time and no more.

mod connections;
mod running;
mod tls;
mod token;

pub(crate) use connections::{Terms, WhenFull};
pub use running::Running;
pub(crate) use running::{Service, Stopping};
pub(crate) use tls::Certificates;
pub use tls::TlsFiles;
pub(crate) use token::{Client, Clients, challenge};

#[cfg(test)]
mod tests;
