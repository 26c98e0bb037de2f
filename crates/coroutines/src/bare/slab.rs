//! The futures of an executor, in chunks that do not move.
//!
//! A future must not move once it has been polled. A vector would move its futures when it grows,
//! and a box for each would cost an allocation and a pointer a task. A slab of chunks does neither.

use std::mem::MaybeUninit;
use std::pin::Pin;

use workload::contain;

/// The size that a chunk is made to have, in bytes, as far as its futures allow.
const CHUNK_BYTES: usize = 64 * 1024;

/// Futures, or other things that must not move, each under a key.
///
/// Which places are taken is kept beside them, in a bit each. A place that could say so itself
/// would be larger by a whole word, because a coroutine has no value to spare that could stand for
/// "none".
pub struct Slab<T> {
    chunks: Vec<Box<[MaybeUninit<T>]>>,
    /// Of each place that was ever taken, whether there is something now.
    occupied: Bits,
    /// The places that were taken and are free again.
    vacant: Vec<u32>,
}

impl<T> Slab<T> {
    const CHUNK: usize = {
        let bytes = if size_of::<T>() == 0 { 1 } else { size_of::<T>() };
        let fitting = CHUNK_BYTES / bytes;
        // A power of two, so that a key is taken apart without a division.
        if fitting == 0 { 1 } else { 1 << fitting.ilog2() }
    };

    /// Puts `value` in, where it stays until it is removed, and returns its key.
    ///
    /// # Panics
    /// If there are more than `u32::MAX` places.
    pub fn insert(&mut self, value: T) -> u32 {
        let key = self.vacant.pop().unwrap_or_else(|| self.grow());
        self.place(key).write(value);
        self.occupied.set(key, true);
        key
    }

    /// What is under this key, if there is anything.
    pub fn get_pin_mut(&mut self, key: u32) -> Option<Pin<&mut T>> {
        if !self.occupied.get(key) {
            return None;
        }
        // SAFETY: at an occupied place is what `insert` wrote before it set the bit; `remove`
        // clears the bit before it drops that.
        let value = unsafe { self.place(key).assume_init_mut() };
        // SAFETY: what is at a place is not moved before it is dropped. A chunk's memory stays
        // where it is until the slab is dropped; `insert` writes only to places without anything;
        // `remove` drops the value in place, and so does the slab's own drop, by `remove`; nothing
        // else hands out a `&mut T`.
        Some(unsafe { Pin::new_unchecked(value) })
    }

    /// Drops what is under this key, in place. Says whether there was anything.
    pub fn remove(&mut self, key: u32) -> bool {
        if !self.occupied.get(key) {
            return false;
        }
        // Before the drop, which may panic: then it is gone all the same.
        self.occupied.set(key, false);
        self.vacant.push(key);
        // SAFETY: the place was occupied, so there is what `insert` wrote; now it is not, so
        // nothing else else uses or drops that.
        unsafe { self.place(key).assume_init_drop() };
        true
    }

    /// How many are in the slab.
    pub fn len(&self) -> usize {
        self.occupied.len - self.vacant.len()
    }

    /// Whether none is in the slab.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn place(&mut self, key: u32) -> &mut MaybeUninit<T> {
        let key = key as usize;
        &mut self.chunks[key / Self::CHUNK][key % Self::CHUNK]
    }

    /// The key of a place that was never taken.
    fn grow(&mut self) -> u32 {
        let place = self.occupied.len;
        let key = u32::try_from(place).expect("a slab has at most u32::MAX places");
        if place == self.chunks.len() * Self::CHUNK {
            self.chunks.push(Box::new_uninit_slice(Self::CHUNK));
        }
        self.occupied.push();
        key
    }
}

impl<T> Drop for Slab<T> {
    fn drop(&mut self) {
        if self.is_empty() {
            return;
        }
        for key in 0..self.occupied.len {
            // What is pinned must be dropped before its memory is given back, also after the drop of
            // another has panicked.
            #[allow(clippy::cast_possible_truncation, reason = "keys have 32 bits")]
            contain(|| self.remove(key as u32));
        }
    }
}

/// So many bits.
#[derive(Default)]
struct Bits {
    words: Vec<u64>,
    len: usize,
}

impl Bits {
    fn get(&self, index: u32) -> bool {
        let (word, bit) = place_of(index);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }

    fn set(&mut self, index: u32, to: bool) {
        let (word, bit) = place_of(index);
        if to {
            self.words[word] |= bit;
        } else {
            self.words[word] &= !bit;
        }
    }

    /// One more, which is not set.
    fn push(&mut self) {
        if self.len.is_multiple_of(64) {
            self.words.push(0);
        }
        self.len += 1;
    }
}

fn place_of(bit: u32) -> (usize, u64) {
    ((bit / 64) as usize, 1 << (bit % 64))
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), occupied: Bits::default(), vacant: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::rc::Rc;

    use super::*;

    #[test]
    fn what_goes_in_is_found_under_its_key_and_does_not_move() {
        let mut slab = Slab::default();
        let keys: Vec<_> = (0..20_000u64).map(|value| slab.insert(value)).collect();
        let place = |slab: &mut Slab<u64>, key| {
            let value = slab.get_pin_mut(key).unwrap();
            (*value, std::ptr::from_ref(&*value).addr())
        };
        let first = place(&mut slab, keys[0]);
        for value in 0..20_000 {
            slab.insert(value);
        }
        assert_eq!(place(&mut slab, keys[0]), first);
        for (value, key) in keys.into_iter().enumerate() {
            assert_eq!(place(&mut slab, key).0, value as u64);
        }
        assert_eq!(slab.len(), 40_000);
        let places: usize = slab.chunks.iter().map(|chunk| size_of_val(&**chunk)).sum();
        assert!(
            places < 40_000 * size_of::<u64>() + CHUNK_BYTES,
            "a place is no larger than what is in it"
        );
    }

    #[test]
    fn removing_drops_in_place_and_frees_the_place() {
        let counted = Rc::new(());
        let mut slab = Slab::default();
        let first = slab.insert(counted.clone());
        let second = slab.insert(counted.clone());
        assert!(slab.remove(first));
        assert!(!slab.remove(first), "it is gone");
        assert_eq!(Rc::strong_count(&counted), 2);
        assert!(slab.get_pin_mut(first).is_none());
        assert_eq!(slab.insert(counted.clone()), first, "the place is used again");
        assert!(slab.get_pin_mut(second).is_some());
        drop(slab);
        assert_eq!(Rc::strong_count(&counted), 1);
    }

    #[test]
    fn what_is_left_is_dropped_with_the_slab_also_when_some_panic() {
        struct Counted {
            panics: bool,
            _counted: Rc<()>,
        }
        impl Drop for Counted {
            fn drop(&mut self) {
                assert!(!self.panics, "planted");
            }
        }
        let counted = Rc::new(());
        let mut slab = Slab::default();
        let keys = [true, false, false, true]
            .map(|panics| slab.insert(Counted { panics, _counted: counted.clone() }));
        assert!(slab.remove(keys[2]));
        assert_eq!(Rc::strong_count(&counted), 4);
        drop(slab);
        assert_eq!(Rc::strong_count(&counted), 1);
    }

    #[test]
    fn a_place_is_used_again_after_a_drop_that_panicked() {
        struct Panics;
        impl Drop for Panics {
            fn drop(&mut self) {
                panic!("planted");
            }
        }
        let mut slab = Slab::default();
        let key = slab.insert(Some(Panics));
        assert!(catch_unwind(AssertUnwindSafe(|| slab.remove(key))).is_err());
        assert!(slab.is_empty());
        assert!(!slab.remove(key), "it is gone");
        assert_eq!(slab.insert(None), key);
    }

    #[test]
    fn things_without_a_size_have_their_keys() {
        let mut slab = Slab::default();
        assert_eq!([(), ()].map(|()| slab.insert(())), [0, 1]);
        assert!(slab.remove(0));
        assert!(slab.get_pin_mut(1).is_some());
    }

    #[test]
    fn a_key_that_was_never_handed_out_is_empty() {
        let mut slab = Slab::<String>::default();
        assert!(slab.get_pin_mut(0).is_none());
        assert!(!slab.remove(u32::MAX));
        assert!(slab.is_empty());
    }

    #[test]
    fn things_larger_than_a_chunk_have_their_place_too() {
        let mut slab = Slab::default();
        let keys = [1u8, 2, 3].map(|byte| slab.insert([byte; CHUNK_BYTES * 2]));
        for (key, byte) in keys.into_iter().zip([1, 2, 3]) {
            assert_eq!(slab.get_pin_mut(key).unwrap()[CHUNK_BYTES], byte);
        }
    }
}
