//! `source`: where rules come from when they do not come from a native document.

pub mod ranger;
