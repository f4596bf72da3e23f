//! Lineage: what is inherited, what the store keeps, and that nothing gets through.

mod inherit;
mod store;
mod taint;
