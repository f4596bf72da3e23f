//! No raw value gets through.
