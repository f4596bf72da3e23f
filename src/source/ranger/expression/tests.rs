//! The little language by example.
