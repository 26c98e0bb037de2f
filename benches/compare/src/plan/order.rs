//! The order of the cells.

/// Puts the cells in a random order that follows from the seed (Fisher and Yates).
pub fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut random = oorandom::Rand64::new(u128::from(seed));
    for last in (1..items.len()).rev() {
        #[allow(clippy::cast_possible_truncation, reason = "an index of `items` is a usize")]
        let other = random.rand_range(0..last as u64 + 1) as usize;
        items.swap(last, other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_random_and_follows_from_the_seed() {
        let shuffled = |seed| {
            let mut items: Vec<_> = (0..100).collect();
            shuffle(&mut items, seed);
            items
        };
        assert_eq!(shuffled(1), shuffled(1));
        assert_ne!(shuffled(1), shuffled(2));
        let mut sorted = shuffled(3);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<_>>());
        shuffle::<u8>(&mut [], 1);
    }
}
