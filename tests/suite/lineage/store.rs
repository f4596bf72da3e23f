//! What the store keeps.
