//! Deadlines that are mostly called off before they come.
//!
//! A wait for an answer is limited, and nearly always the answer comes before the limit. So
//! a timeout must go as exactly as it came. This is a binary heap that knows where in it each entry
//! is, which makes taking out as cheap as putting in; [`Timers`](crate::Timers) cannot take out,
//! and needs less memory for that.
//!
//! The memory follows the most timeouts that there were at once, not how many there were in all.

use std::num::NonZeroU32;

use workload::Moment;

/// Items with deadlines, each of which can be taken out before its deadline comes.
pub struct Timeouts<T> {
    /// No deadline is earlier than the one at half its place, so the earliest is the first.
    heap: Vec<Due>,
    entries: Vec<Entry<T>>,
    /// The first of a list of entries without an item; [`NOWHERE`] if there is none.
    vacant: u32,
}

/// A timeout's name. No other will have it, also after the timeout is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeoutId {
    entry: u32,
    generation: NonZeroU32,
}

impl<T> Timeouts<T> {
    /// Lets `item` wait for `deadline`.
    ///
    /// # Panics
    /// If `u32::MAX` items wait already.
    pub fn insert(&mut self, deadline: Moment, item: T) -> TimeoutId {
        let index = self.vacant_entry();
        let place = self.heap.len();
        self.heap.push(Due { deadline, entry: index });
        let entry = &mut self.entries[index as usize];
        entry.item = Some(item);
        let generation = entry.generation;
        self.rise(place);
        TimeoutId { entry: index, generation }
    }

    /// Takes out the item with this name, and its deadline, if it still waits.
    pub fn remove(&mut self, id: TimeoutId) -> Option<(Moment, T)> {
        self.get_mut(id)?;
        self.take_out(id.entry)
    }

    /// The item with this name, if it still waits.
    pub fn get_mut(&mut self, id: TimeoutId) -> Option<&mut T> {
        let entry = self.entries.get_mut(id.entry as usize)?;
        if entry.generation == id.generation { entry.item.as_mut() } else { None }
    }

    /// The earliest deadline.
    pub fn next_deadline(&self) -> Option<Moment> {
        self.heap.first().map(|due| due.deadline)
    }

    /// Takes out the item with the earliest deadline, if that is not after `now`.
    pub fn pop_due(&mut self, now: Moment) -> Option<T> {
        let first = self.heap.first()?;
        if first.deadline > now {
            return None;
        }
        let index = first.entry;
        self.take_out(index).map(|(_, item)| item)
    }

    /// An entry without an item, which is no longer in the list of those.
    fn vacant_entry(&mut self) -> u32 {
        if self.vacant == NOWHERE {
            let index = u32::try_from(self.entries.len()).expect("at most u32::MAX timeouts");
            assert!(index != NOWHERE, "at most u32::MAX timeouts");
            self.entries.push(Entry { generation: NonZeroU32::MIN, place: NOWHERE, item: None });
            return index;
        }
        let index = self.vacant;
        self.vacant = self.entries[index as usize].place;
        index
    }

    /// Takes an entry's item, and the entry out of the heap.
    fn take_out(&mut self, index: u32) -> Option<(Moment, T)> {
        let entry = &mut self.entries[index as usize];
        let item = entry.item.take();
        entry.generation = entry.generation.checked_add(1).unwrap_or(NonZeroU32::MIN);
        let place = std::mem::replace(&mut entry.place, self.vacant) as usize;
        self.vacant = index;
        let Due { deadline, .. } = self.heap.swap_remove(place);
        if place < self.heap.len() {
            // What was last stands here now, and may be too low or too high.
            let place = self.rise(place);
            self.sink(place);
        }
        item.map(|item| (deadline, item))
    }

    /// Moves what is at `place` up until what is above it is not later. Says where it is then.
    fn rise(&mut self, mut place: usize) -> usize {
        while place > 0 {
            let above = (place - 1) / 2;
            if self.heap[above].deadline <= self.heap[place].deadline {
                break;
            }
            self.heap.swap(above, place);
            self.note_place(place);
            place = above;
        }
        self.note_place(place);
        place
    }

    /// Moves what is at `place` down until what is below it is not earlier.
    fn sink(&mut self, mut place: usize) {
        loop {
            let (left, right) = (2 * place + 1, 2 * place + 2);
            let Some(below) = self.heap.get(left) else {
                break;
            };
            let is_right = self.heap.get(right).is_some_and(|due| due.deadline < below.deadline);
            let below = if is_right { right } else { left };
            if self.heap[place].deadline <= self.heap[below].deadline {
                break;
            }
            self.heap.swap(place, below);
            self.note_place(place);
            place = below;
        }
        self.note_place(place);
    }

    fn note_place(&mut self, place: usize) {
        let entry = self.heap[place].entry as usize;
        #[allow(clippy::cast_possible_truncation, reason = "there are no more places than entries")]
        let place = place as u32;
        self.entries[entry].place = place;
    }
}

impl<T> Default for Timeouts<T> {
    fn default() -> Self {
        Self { heap: Vec::new(), entries: Vec::new(), vacant: NOWHERE }
    }
}

const NOWHERE: u32 = u32::MAX;

struct Due {
    deadline: Moment,
    entry: u32,
}

struct Entry<T> {
    /// Which of the timeouts that have this entry one after another it is.
    generation: NonZeroU32,
    /// Where in the heap it is; without an item, the next in the list of those.
    place: u32,
    item: Option<T>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Insert { delay: u64 },
        Remove { nth: usize },
        PopDue { delay: u64 },
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (0u64..50).prop_map(|delay| Step::Insert { delay }),
            2 => any::<usize>().prop_map(|nth| Step::Remove { nth }),
            1 => (0u64..60).prop_map(|delay| Step::PopDue { delay }),
        ]
    }

    proptest! {
        /// The model is a sorted map from the deadline and the number of the insertion.
        #[test]
        fn it_does_what_a_sorted_map_does(steps in proptest::collection::vec(step(), 0..300)) {
            let start = Moment::now();
            let at = |delay| start + Duration::from_nanos(delay);
            let mut timeouts = Timeouts::default();
            let mut model = BTreeMap::new();
            let mut ids = Vec::new();
            let mut most = 0;
            for step in steps {
                match step {
                    Step::Insert { delay } => {
                        let number = ids.len();
                        ids.push((timeouts.insert(at(delay), number), at(delay)));
                        model.insert((at(delay), number), ());
                    }
                    Step::Remove { nth } if !ids.is_empty() => {
                        let number = nth % ids.len();
                        let (id, deadline) = ids[number];
                        let expected = model.remove(&(deadline, number)).map(|()| number);
                        prop_assert_eq!(timeouts.get_mut(id).copied(), expected);
                        let expected = expected.map(|number| (deadline, number));
                        prop_assert_eq!(timeouts.remove(id), expected);
                    }
                    Step::Remove { .. } => {}
                    Step::PopDue { delay } => {
                        match timeouts.pop_due(at(delay)) {
                            // Equal deadlines come in any order.
                            Some(number) => {
                                let deadline = ids[number].1;
                                prop_assert!(deadline <= at(delay));
                                prop_assert_eq!(model.keys().next().unwrap().0, deadline);
                                prop_assert!(model.remove(&(deadline, number)).is_some());
                            }
                            None => prop_assert!(model.keys().all(|key| key.0 > at(delay))),
                        }
                    }
                }
                most = most.max(model.len());
                prop_assert_eq!(timeouts.heap.len(), model.len());
                prop_assert_eq!(timeouts.next_deadline(), model.keys().next().map(|key| key.0));
                prop_assert!(timeouts.entries.len() <= most, "entries are used again");
            }
        }
    }

    #[test]
    fn what_is_called_off_leaves_nothing() {
        let mut timeouts = Timeouts::default();
        for _ in 0..10_000 {
            let deadline = Moment::now() + Duration::from_secs(30);
            let id = timeouts.insert(deadline, ());
            assert_eq!(timeouts.remove(id), Some((deadline, ())));
            assert_eq!(timeouts.remove(id), None, "it is gone");
        }
        assert!(timeouts.heap.is_empty());
        assert_eq!(timeouts.entries.len(), 1);
    }

    #[test]
    fn a_timeout_is_small() {
        assert_eq!(size_of::<TimeoutId>(), 8);
        assert_eq!(size_of::<Option<TimeoutId>>(), 8);
        assert_eq!(size_of::<Due>() + size_of::<Entry<u32>>(), 16 + 16);
    }
}
