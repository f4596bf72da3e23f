//! The order in which Java walks over a hash table of texts: Ranger asks in it where its own order does not say what comes first.

/// Of a table that was made without saying how large it will be.
pub(super) const CAPACITY: usize = 16;

/// Puts what was inserted in this order, each once, into the order of a table made for `capacity`. `None` is Java's `null`.
pub(super) fn sort<'t, T>(
    inserted: &mut [T],
    capacity: usize,
    text: impl Fn(&T) -> Option<&'t str>,
) {
    let places = places(capacity, inserted.len());
    // What shares a place stays in the order in which it was inserted.
    inserted.sort_by_key(|one| text(one).map_or(0, hashed) & (places - 1));
}

/// The size of a table that was made for `capacity` and has grown to so many entries.
fn places(capacity: usize, entries: usize) -> u32 {
    let bounded = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).min(1 << 30);
    let mut places = bounded(capacity).max(1).next_power_of_two();
    while bounded(entries) > places / 4 * 3 + places % 4 * 3 / 4 && places < 1 << 30 {
        places *= 2;
    }
    places
}

/// As Java's hash tables hash a text.
fn hashed(text: &str) -> u32 {
    let units = text.encode_utf16();
    let hash = units.fold(0_u32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(u32::from(unit))
    });
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_table_has_another_order_than_a_large_one() {
        let order = |capacity: usize| {
            let mut zones = [Some("z1"), None, Some("z2")];
            sort(&mut zones, capacity, |zone| *zone);
            zones
        };
        assert_eq!(order(2), [None, Some("z2"), Some("z1")]);
        assert_eq!(order(5), [None, Some("z2"), Some("z1")]);
        assert_eq!(order(CAPACITY), [None, Some("z1"), Some("z2")]);
    }

    #[test]
    fn a_table_doubles_when_three_quarters_are_full() {
        let sizes = [(1, 1), (1, 2), (2, 2), (4, 3), (4, 4), (16, 12), (16, 13)];
        let sizes = sizes.map(|(capacity, entries)| places(capacity, entries));
        assert_eq!(sizes, [2, 4, 4, 4, 8, 16, 32]);
    }
}
