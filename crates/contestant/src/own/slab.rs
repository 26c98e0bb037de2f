//! The futures of a wave, side by side in one piece of memory.
//!
//! A future must not move once it has been polled. A vector of boxes would have the allocator's
//! rounding in what each future weighs; here a future takes its size and nothing else.

use std::mem::MaybeUninit;
use std::pin::Pin;

use workload::contain;

/// Things that must not move, each at its place.
pub(super) struct Slab<T> {
    places: Box<[MaybeUninit<T>]>,
    /// Of each place that was ever taken, whether there is something now.
    is_taken: Vec<bool>,
}

impl<T> Slab<T> {
    /// Room for so many.
    pub(super) fn new(places: usize) -> Self {
        Self { places: Box::new_uninit_slice(places), is_taken: Vec::with_capacity(places) }
    }

    /// Puts `value` at the next place.
    ///
    /// # Panics
    /// If there is no more room.
    pub(super) fn push(&mut self, value: T) {
        self.places[self.is_taken.len()].write(value);
        self.is_taken.push(true);
    }

    /// Takes the next place with nothing.
    pub(super) fn push_nothing(&mut self) {
        self.is_taken.push(false);
    }

    /// What is at this place, if there is anything.
    pub(super) fn get(&mut self, place: usize) -> Option<Pin<&mut T>> {
        self.is_taken.get(place).filter(|is_taken| **is_taken)?;
        // SAFETY: at a taken place is what `push` wrote before it said so; `remove` says that it is not
        // taken before it drops that.
        let value = unsafe { self.places[place].assume_init_mut() };
        // SAFETY: what is at a place is not moved before it is dropped: the memory stays where it is
        // until the slab is dropped; `push` writes only to places that were never taken; `remove` drops
        // in place, and so does the slab's own drop, by `remove`; nothing else hands out a `&mut T`.
        Some(unsafe { Pin::new_unchecked(value) })
    }

    /// Drops what is at this place, where it is.
    pub(super) fn remove(&mut self, place: usize) {
        // Before the drop, which may panic: then it is gone all the same.
        if std::mem::take(&mut self.is_taken[place]) {
            // SAFETY: the place was taken, so there is what `push` wrote; now it is not, so nothing else
            // uses or drops that.
            contain(|| unsafe { self.places[place].assume_init_drop() });
        }
    }
}

impl<T> Drop for Slab<T> {
    fn drop(&mut self) {
        for place in 0..self.is_taken.len() {
            self.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::task::{Context, Waker};

    use super::*;

    struct Counted {
        panics: bool,
        _counted: Rc<()>,
    }

    impl Drop for Counted {
        fn drop(&mut self) {
            assert!(!self.panics, "planted");
        }
    }

    #[test]
    fn what_is_in_it_is_side_by_side_and_does_not_move() {
        let mut slab = Slab::new(3);
        let address = |slab: &mut Slab<[u8; 9]>, place| {
            slab.get(place).map(|value| (value[0], value.as_ptr().addr()))
        };
        slab.push([1; 9]);
        let (first, at) = address(&mut slab, 0).unwrap();
        slab.push([2; 9]);
        slab.push_nothing();
        assert_eq!(address(&mut slab, 0), Some((first, at)));
        assert_eq!(address(&mut slab, 1), Some((2, at + 9)));
        assert_eq!(address(&mut slab, 2), None);
        assert_eq!(address(&mut slab, 3), None);
    }

    #[test]
    fn a_future_may_refer_to_itself() {
        let mut slab = Slab::new(2);
        for byte in [1, 2] {
            slab.push(async move {
                let mut held = [byte; 300];
                let last = &mut held[299];
                std::future::pending::<()>().await;
                *last += 1;
            });
        }
        for place in [0, 1, 0] {
            let future = slab.get(place).unwrap();
            assert!(future.poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        slab.remove(0);
        assert!(slab.get(0).is_none());
    }

    #[test]
    fn everything_is_dropped_once_also_when_some_panic() {
        let counted = Rc::new(());
        let mut slab = Slab::new(5);
        for panics in [true, false, true, false] {
            slab.push(Counted { panics, _counted: counted.clone() });
        }
        slab.remove(1);
        slab.remove(1);
        slab.remove(2);
        assert!(slab.get(1).is_none() && slab.get(2).is_none() && slab.get(3).is_some());
        assert_eq!(Rc::strong_count(&counted), 3);
        drop(slab);
        assert_eq!(Rc::strong_count(&counted), 1);
    }

    #[test]
    fn things_without_a_size_have_their_places() {
        let mut slab = Slab::new(2);
        slab.push(());
        slab.push(());
        slab.remove(0);
        assert!(slab.get(0).is_none() && slab.get(1).is_some());
    }

    #[test]
    #[should_panic(expected = "index out of bounds")]
    fn there_is_no_more_room_than_was_made() {
        let mut slab = Slab::new(1);
        slab.push(1);
        slab.push(2);
    }
}
