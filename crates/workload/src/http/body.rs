//! The bytes of an answer's body.
//!
//! They follow from the task's numbers and their position, so the client can check every one of
//! them without keeping any, and an answer that belongs to another task is found out.

use crate::task::{Task, mix};

/// Bytes that are made at once.
const WORD: usize = 8;

/// Fills `buffer` with the body of this task's answer, from the byte at `position` on.
pub fn fill(task: Task, position: u64, buffer: &mut [u8]) {
    for_each_word(task, position, buffer.len(), |range, word| {
        buffer[range].copy_from_slice(word);
    });
}

/// Whether `bytes` is the body of this task's answer, from the byte at `position` on.
pub fn is_right(task: Task, position: u64, bytes: &[u8]) -> bool {
    let mut is_right = true;
    for_each_word(task, position, bytes.len(), |range, word| {
        is_right &= bytes[range] == *word;
    });
    is_right
}

/// Hands out the `length` bytes from `position` on, a word or a part of one at a time, with their
/// place from `position` on.
fn for_each_word(
    task: Task,
    position: u64,
    length: usize,
    mut use_word: impl FnMut(std::ops::Range<usize>, &[u8]),
) {
    let seed = mix(u64::from(task.a) << 32 | u64::from(task.b));
    let word = |number: u64| mix(seed ^ number).to_le_bytes();
    let mut number = position / WORD as u64;
    let mut done = 0;
    #[allow(clippy::cast_possible_truncation, reason = "less than a word")]
    let within = (position % WORD as u64) as usize;
    if within > 0 {
        done = (WORD - within).min(length);
        use_word(0..done, &word(number)[within..within + done]);
        number += 1;
    }
    // Apart from the parts at either end, so that the compiler knows how long a word is: it is what
    // most of a body is made of.
    while length - done >= WORD {
        use_word(done..done + WORD, &word(number));
        done += WORD;
        number += 1;
    }
    if done < length {
        use_word(done..length, &word(number)[..length - done]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_body_in_parts_is_the_same_as_in_one(
            index in any::<u32>(),
            length in 0_usize..200,
            cuts in proptest::collection::vec(0_usize..200, 0..6),
        ) {
            let task = Task::nth(index);
            let mut whole = vec![0; length];
            fill(task, 0, &mut whole);
            let mut cuts: Vec<_> = cuts.into_iter().filter(|cut| *cut <= length).collect();
            cuts.extend([0, length]);
            cuts.sort_unstable();
            for part in cuts.windows(2) {
                let position = part[0] as u64;
                let mut own = vec![0; part[1] - part[0]];
                fill(task, position, &mut own);
                prop_assert_eq!(&own, &whole[part[0]..part[1]]);
                prop_assert!(is_right(task, position, &own));
            }
        }

        #[test]
        fn every_wrong_byte_is_seen(index in any::<u32>(), at in 0_usize..100, flip in 1_u8..) {
            let task = Task::nth(index);
            let mut body = vec![0; 100];
            fill(task, 3, &mut body);
            body[at] ^= flip;
            prop_assert!(!is_right(task, 3, &body));
        }
    }

    #[test]
    fn tasks_have_different_bodies() {
        let mut body = [0; 16];
        fill(Task::nth(1), 0, &mut body);
        assert!(!is_right(Task::nth(2), 0, &body));
        assert!(!is_right(Task::nth(1), 8, &body));
    }
}
