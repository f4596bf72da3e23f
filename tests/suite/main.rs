//! One test binary: every file beside this one is a subject.

mod masks;
