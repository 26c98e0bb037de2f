//! What waits for a deadline.
//!
//! A binary heap of deadlines, each with what waits for it: 24 bytes for a boxed callback.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use workload::Moment;

/// Items that wait for their deadlines, which come out in the order of their deadlines.
pub struct Timers<T> {
    heap: BinaryHeap<Timer<T>>,
}

impl<T> Timers<T> {
    /// Lets `item` wait for `deadline`.
    pub fn insert(&mut self, deadline: Moment, item: T) {
        self.heap.push(Timer { deadline, item });
    }

    /// The earliest deadline.
    pub fn next_deadline(&self) -> Option<Moment> {
        self.heap.peek().map(|timer| timer.deadline)
    }

    /// Takes out the item with the earliest deadline, and that, if it is not after `now`.
    pub fn pop_due(&mut self, now: Moment) -> Option<(Moment, T)> {
        if self.next_deadline()? > now {
            return None;
        }
        self.heap.pop().map(|timer| (timer.deadline, timer.item))
    }
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new() }
    }
}

struct Timer<T> {
    deadline: Moment,
    item: T,
}

/// Earlier deadlines are greater: [`BinaryHeap`] hands out the greatest first.
impl<T> Ord for Timer<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.deadline.cmp(&self.deadline)
    }
}

impl<T> PartialOrd for Timer<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Timer<T> {
    fn eq(&self, other: &Self) -> bool {
        self.deadline == other.deadline
    }
}

impl<T> Eq for Timer<T> {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_comes_out_before_its_deadline() {
        let now = Moment::now();
        let mut timers = Timers::default();
        timers.insert(now + Duration::from_nanos(2), "later");
        timers.insert(now, "now");
        assert_eq!(timers.next_deadline(), Some(now));
        assert_eq!(timers.pop_due(now), Some((now, "now")));
        assert_eq!(timers.pop_due(now + Duration::from_nanos(1)), None);
        assert_eq!(timers.heap.len(), 1);
        let later = now + Duration::from_nanos(2);
        assert_eq!(timers.pop_due(later), Some((later, "later")));
        assert!(timers.heap.is_empty());
        assert_eq!(timers.next_deadline(), None);
    }

    proptest! {
        #[test]
        fn everything_comes_out_once_in_the_order_of_its_deadline(
            delays in proptest::collection::vec(0u64..1000, 0..200),
        ) {
            let start = Moment::now();
            let mut timers = Timers::default();
            for delay in &delays {
                timers.insert(start + Duration::from_nanos(*delay), *delay);
            }
            let end = start + Duration::from_nanos(1000);
            let out = std::iter::from_fn(|| timers.pop_due(end));
            let out: Vec<u64> = out.map(|(_, delay)| delay).collect();
            let mut sorted = delays;
            sorted.sort_unstable();
            prop_assert_eq!(out, sorted);
        }
    }
}
