//! `sqlsec audit`: where jobs come from, what is said of them, in which forms, and that one bad job stops no other.

mod command;
mod corpus;
mod dumps;
mod hostile_dumps;
mod page;
mod sarif;
mod sources;
mod sources_of_rules;
