//! The task: two numbers in, a wait, their sum out.
//!
//! It is the example of the post whose claims are tested here: `add(a, b)` waits a second and
//! returns `a + b`.

/// The two numbers that a task adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// The first number; it is also the task's index, so sums of different tasks differ.
    pub a: u32,
    /// The second number, spread over the whole range.
    pub b: u32,
}

impl Task {
    /// The task with this index. Every contestant gets the same numbers for the same index.
    #[inline]
    pub fn nth(index: u32) -> Self {
        #[allow(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
        let b = mix(u64::from(index)) as u32;
        Self { a: index, b }
    }

    /// What the task must return.
    #[inline]
    pub fn sum(self) -> u64 {
        u64::from(self.a) + u64::from(self.b)
    }
}

/// What one task's sum adds to a checksum.
///
/// The sums are mixed before they are added up, so that two wrong sums do not cancel out, while the
/// order in which tasks end does not matter.
pub fn checksum_of(sum: u64) -> u64 {
    mix(sum)
}

/// The checksum of these tasks.
pub fn checksum_of_tasks(indices: impl Iterator<Item = u32>) -> u64 {
    indices.fold(0, |total, index| total.wrapping_add(checksum_of(Task::nth(index).sum())))
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014): a bijection on 64 bits whose output bits all depend on all input bits.
pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(tasks: u32) -> u64 {
        checksum_of_tasks(0..tasks)
    }

    #[test]
    fn the_sum_does_not_overflow() {
        let task = Task { a: u32::MAX, b: u32::MAX };
        assert_eq!(task.sum(), 2 * u64::from(u32::MAX));
    }

    #[test]
    fn the_checksum_sees_a_swapped_a_missing_and_a_doubled_task() {
        let sums: Vec<u64> = (0..10).map(|i| Task::nth(i).sum()).collect();
        let total = |sums: &[u64]| sums.iter().fold(0u64, |t, s| t.wrapping_add(checksum_of(*s)));
        assert_eq!(total(&sums), expected(10));

        let mut shifted = sums.clone();
        shifted[2] += 1;
        shifted[3] -= 1;
        assert_ne!(total(&shifted), expected(10), "errors must not cancel out");
        assert_ne!(total(&sums[1..]), expected(10));
        let mut doubled = sums.clone();
        doubled[4] = doubled[5];
        assert_ne!(total(&doubled), expected(10));
    }
}
