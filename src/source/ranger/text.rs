//! Text as Ranger compares it: as it stands, or without regard to case.

/// Folds one character as Java's `equalsIgnoreCase` does: to upper case and then to lower case, each only where it is one character.
pub(super) fn fold_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let upper = one_or(c.to_uppercase(), c);
    one_or(upper.to_lowercase(), upper)
}

fn one_or(mut chars: impl Iterator<Item = char>, otherwise: char) -> char {
    match (chars.next(), chars.next()) {
        (Some(c), None) => c,
        _ => otherwise,
    }
}

/// Without regard to case.
pub(super) fn fold(text: &str) -> String {
    text.chars().map(fold_char).collect()
}

/// A value in both spellings, with what an index looks up: a value is asked for many times, so its sums are made once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    /// As written.
    pub exact: Box<str>,
    /// Without regard to case.
    pub folded: Box<str>,
    /// Of what the folded text begins with, by length in bytes.
    beginnings: Box<[u64]>,
    /// The hashes of what it ends with, read backwards.
    endings: Box<[u32]>,
    /// How many bytes there are before the first that is no ASCII.
    ascii: usize,
}

impl Text {
    pub fn new(text: &str) -> Self {
        let folded = fold(text);
        let bytes = folded.as_bytes();
        Self {
            exact: text.into(),
            beginnings: sums(bytes.iter()).collect(),
            endings: sums(bytes.iter().rev()).map(finish).collect(),
            ascii: bytes.iter().take_while(|byte| byte.is_ascii()).count(),
            folded: folded.into(),
        }
    }

    /// The hash of the whole.
    pub fn hash(&self) -> u32 {
        finish(self.beginnings.last().copied().unwrap_or_default())
    }

    /// The hash of the first so many bytes; `None` where there are fewer.
    pub fn prefix(&self, length: usize) -> Option<u32> {
        self.beginnings.get(length).copied().map(finish)
    }

    /// The hash of the last so many bytes, read backwards; `None` where there are fewer.
    pub fn suffix(&self, length: usize) -> Option<u32> {
        self.endings.get(length).copied()
    }

    /// The hash of the first so many bytes without those at the places of `open`; `None` where there are fewer.
    pub fn prefix_without(&self, length: usize, open: u64) -> Option<u32> {
        let mut sum = *self.beginnings.get(length)?;
        let bytes = self.folded.as_bytes();
        let mut open = open;
        while open != 0 {
            let at = open.trailing_zeros();
            let byte = bytes.get(usize::try_from(at).ok()?)?;
            sum = sum.wrapping_sub(term(*byte, BASE.wrapping_pow(at)));
            open &= open - 1;
        }
        Some(finish(sum))
    }

    /// The hashes of all so many bytes that follow each other, as [`hash`] makes them.
    pub fn infixes(&self, length: usize) -> impl Iterator<Item = u32> {
        let ends = self.beginnings.iter().skip(length);
        let mut shift = 1_u64;
        self.beginnings.iter().zip(ends).map(move |(begin, end)| {
            let sum = end.wrapping_sub(*begin).wrapping_mul(shift);
            shift = shift.wrapping_mul(INVERSE);
            finish(sum)
        })
    }

    /// Whether the first so many bytes are ASCII.
    pub fn begins_with_ascii(&self, length: usize) -> bool {
        self.ascii >= length
    }

    /// The spelling to compare by.
    pub fn by_case(&self, sensitive: bool) -> &str {
        if sensitive { &self.exact } else { &self.folded }
    }
}

/// The hash of some bytes, as those of a [`Text`]; `None` is a byte that is left out.
pub(super) fn hash(bytes: impl Iterator<Item = Option<u8>>) -> u32 {
    let sum = bytes.fold((0_u64, 1_u64), |(sum, power), byte| {
        let own = byte.map_or(0, |byte| term(byte, power));
        (sum.wrapping_add(own), power.wrapping_mul(BASE))
    });
    finish(sum.0)
}

/// The sum of a text is that of its bytes, each by its place: so a byte can be taken out of it.
fn sums<'a>(bytes: impl Iterator<Item = &'a u8>) -> impl Iterator<Item = u64> {
    let mut power = 1_u64;
    let sums = bytes.scan(0_u64, move |sum, byte| {
        *sum = sum.wrapping_add(term(*byte, power));
        power = power.wrapping_mul(BASE);
        Some(*sum)
    });
    std::iter::once(0).chain(sums)
}

const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// Takes a place away: what stands later in a text comes to the hash that it would have at its beginning.
const INVERSE: u64 = inverse(BASE);

/// By Newton's way: each round doubles the bits that are right, and of an odd number three are from the start.
const fn inverse(odd: u64) -> u64 {
    let mut found = odd;
    let mut round = 0;
    while round < 5 {
        found = found.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(found)));
        round += 1;
    }
    found
}

fn term(byte: u8, power: u64) -> u64 {
    (u64::from(byte) + 1).wrapping_mul(power)
}

/// Brings the high bits into what is kept.
fn finish(sum: u64) -> u32 {
    let mixed = (sum ^ (sum >> 32)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    // The upper half: the lower one depends on few bits.
    u32::try_from(mixed >> 32).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_text_has_the_hash_that_it_has_by_itself() {
        let text = Text::new("Web_log_17é");
        let folded = "web_log_17é".as_bytes();
        let of = |bytes: &[u8]| hash(bytes.iter().copied().map(Some));
        assert_eq!(text.hash(), of(folded));
        for length in 0..=folded.len() {
            assert_eq!(text.prefix(length), Some(of(&folded[..length])));
            let backwards = folded[folded.len() - length..].iter().rev();
            assert_eq!(
                text.suffix(length),
                Some(hash(backwards.copied().map(Some)))
            );
            let parts: Vec<_> = folded.windows(length.max(1)).map(of).collect();
            assert_eq!(text.infixes(length.max(1)).collect::<Vec<_>>(), parts);
        }
        let open = [Some(b'w'), None, Some(b'b'), None];
        assert_eq!(text.prefix_without(4, 0b1010), Some(hash(open.into_iter())));
        assert_eq!(text.prefix(folded.len() + 1), None);
    }
}
