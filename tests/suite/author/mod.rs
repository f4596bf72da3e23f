//! For the people who write rules: cases, accounts and differences, by the library and by the command line.

mod cases;
mod diff;
mod explain;
mod import;
mod manual;
mod on_flink;
