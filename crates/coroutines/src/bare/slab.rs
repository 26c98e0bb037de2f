//! The futures of an executor, in chunks that do not move.
//!
//! A future must not move once it has been polled. A vector would move its futures when it grows,
//! and a box for each would cost an allocation and a pointer a task. A slab of chunks does neither.

use std::fmt;
use std::pin::Pin;

/// The size that a chunk is made to have, in bytes, as far as its futures allow.
const CHUNK_BYTES: usize = 64 * 1024;

/// Futures, or other things that must not move, each under a key.
pub struct Slab<T> {
    chunks: Vec<Box<[Slot<T>]>>,
    first_vacant: Option<u32>,
    len: u32,
}

enum Slot<T> {
    Vacant { next: Option<u32> },
    Occupied(T),
}

impl<T> Slab<T> {
    const CHUNK: usize = {
        let fitting = CHUNK_BYTES / size_of::<Slot<T>>();
        if fitting == 0 { 1 } else { fitting }
    };

    /// An empty slab.
    pub fn new() -> Self {
        Self { chunks: Vec::new(), first_vacant: None, len: 0 }
    }

    /// Puts `value` in, where it stays until it is removed, and returns its key.
    ///
    /// # Panics
    /// If there are more than `u32::MAX` places.
    pub fn insert(&mut self, value: T) -> u32 {
        let key = match self.first_vacant {
            Some(key) => key,
            None => self.grow(),
        };
        let slot = self.slot_mut(key).expect("a vacant place is in the slab");
        if let Slot::Vacant { next } = std::mem::replace(slot, Slot::Occupied(value)) {
            self.first_vacant = next;
        }
        self.len += 1;
        key
    }

    /// What is under this key, if there is anything.
    pub fn get_pin_mut(&mut self, key: u32) -> Option<Pin<&mut T>> {
        match self.slot_mut(key)? {
            Slot::Vacant { .. } => None,
            // SAFETY: what is in a slot is not moved before it is dropped. A chunk's memory stays
            // where it is until the slab is dropped; `insert` writes only to vacant slots; `remove`
            // and the slab's own drop drop the value in place; nothing else hands out a `&mut T`.
            Slot::Occupied(value) => Some(unsafe { Pin::new_unchecked(value) }),
        }
    }

    /// Drops what is under this key, in place. Says whether there was anything.
    pub fn remove(&mut self, key: u32) -> bool {
        let next = self.first_vacant;
        match self.slot_mut(key) {
            Some(slot @ Slot::Occupied(_)) => {
                *slot = Slot::Vacant { next };
                self.first_vacant = Some(key);
                self.len -= 1;
                true
            }
            _ => false,
        }
    }

    /// How many are in the slab.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether none is in the slab.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn slot_mut(&mut self, key: u32) -> Option<&mut Slot<T>> {
        let key = key as usize;
        self.chunks.get_mut(key / Self::CHUNK)?.get_mut(key % Self::CHUNK)
    }

    /// Adds a chunk of vacant slots and returns the first of them.
    fn grow(&mut self) -> u32 {
        let start = self.chunks.len() * Self::CHUNK;
        let end = start + Self::CHUNK;
        u32::try_from(end).expect("a slab has at most u32::MAX places");
        #[allow(clippy::cast_possible_truncation, reason = "`end` was found to fit")]
        let chunk = (start + 1..=end)
            .map(|next| Slot::Vacant { next: (next < end).then_some(next as u32) })
            .collect();
        self.chunks.push(chunk);
        #[allow(clippy::cast_possible_truncation, reason = "`start` is less than `end`")]
        let first = start as u32;
        first
    }
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Slab<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slab").field("len", &self.len).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    #[test]
    fn what_goes_in_is_found_under_its_key_and_does_not_move() {
        let mut slab = Slab::new();
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
    }

    #[test]
    fn removing_drops_in_place_and_frees_the_place() {
        let counted = Rc::new(());
        let mut slab = Slab::new();
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
    fn a_key_that_was_never_handed_out_is_empty() {
        let mut slab = Slab::<String>::new();
        assert!(slab.get_pin_mut(0).is_none());
        assert!(!slab.remove(u32::MAX));
        assert!(slab.is_empty());
    }

    #[test]
    fn things_larger_than_a_chunk_have_their_place_too() {
        let mut slab = Slab::new();
        let keys = [1u8, 2, 3].map(|byte| slab.insert([byte; CHUNK_BYTES * 2]));
        for (key, byte) in keys.into_iter().zip([1, 2, 3]) {
            assert_eq!(slab.get_pin_mut(key).unwrap()[CHUNK_BYTES], byte);
        }
    }
}
