//! A fast hash for tables inside a service.
//!
//! It has no secret: who writes the policies could choose texts of one hash, and make their own service slow to load. That is all there is to win.

use std::hash::{BuildHasherDefault, Hasher};

/// For `HashMap`.
pub(super) type Fast = BuildHasherDefault<Words>;

/// Takes eight bytes at a time.
#[derive(Debug, Default)]
pub(super) struct Words(u64);

const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for Words {
    fn finish(&self) -> u64 {
        // A table takes bits from both ends.
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(FACTOR);
        mixed ^ (mixed >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let word = rest
                .iter()
                .fold(0, |word, byte| word << 8 | u64::from(*byte));
            self.write_u64(word);
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(byte.into());
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(word.into());
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    }

    fn write_usize(&mut self, word: usize) {
        self.write(&word.to_le_bytes());
    }
}
