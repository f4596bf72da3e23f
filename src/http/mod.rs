//! `http`: what a service of ours is before it says anything: a thread, a socket, connections with bounds, TLS, tokens, an end. Feature `server`.
//!
//! In: a router, and what a service takes at once ([`Terms`]). Out: [`Running`]. Stays out: addresses and what is answered there (`sidecar`, `serve`), and how
//! much a request may hold, which only its handler knows.
//!
//! The times of a connection ([`Terms`]), with two requests:
//!
//! ```text
//! connected          head read          answered           head read     answered        closed
//!    |------ head ------|----- answer -----|------ head ------|---- answer ----|-- head ----|
//!    |----------------------------------- life -------------------------------------|- last -|
//! ```
//!
//! `head` is for a TLS handshake too, and anew for each request; `answer` ends in another answer. When `life` has passed a request that is in work has `last`. A
//! stop may come at any place: what is in work has `grace` from there, and who is in a handshake or between two requests is let go at once.
//!
//! Invariant: every wait for a client ends, and the number of clients that are waited for is bounded.
//! Invariant: after a stop no connection is taken, and what was taken before has its time and no more.

mod connections;
mod running;
mod tls;
mod token;

pub(crate) use connections::{Terms, WhenFull};
pub use running::{Fallen, Running};
pub(crate) use running::{Service, Stopping};
pub(crate) use tls::Certificates;
pub use tls::TlsFiles;
pub(crate) use token::{Client, Clients, challenge};

#[cfg(test)]
mod tests;
