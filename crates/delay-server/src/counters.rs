//! How many requests are open, were served and were broken: in all, and by group.
//!
//! A request is open from when its head was read until the last part of its answer is about to be
//! handed to the kernel. Not until after that: a client may have read the answer and sent its next
//! request before this process runs again, and would then seem to have had two open at once.
//!
//! One lock guards all counts, so that what is read was true at one moment. It is held for
//! some nanoseconds, twice a request.

use std::collections::HashMap;
use std::num::NonZeroU8;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use workload::http::Stats;

/// How many groups are kept. For a new one beyond that, the oldest goes that has nothing open.
pub const MOST_GROUPS: usize = 4096;

/// What was counted.
#[derive(Debug, Default)]
pub struct Counters {
    counted: Mutex<Counted>,
    exhausted: AtomicU64,
    addresses: u8,
}

#[derive(Debug, Default)]
struct Counted {
    total: Stats,
    groups: HashMap<u32, Group>,
    groups_made: u64,
}

#[derive(Debug)]
struct Group {
    stats: Stats,
    /// How many groups were made before this one.
    age: u64,
}

impl Counters {
    /// Nothing counted yet, of a server on so many addresses.
    pub fn of(addresses: NonZeroU8) -> Self {
        Self { addresses: addresses.get(), ..Self::default() }
    }

    /// What was counted in all, or of one group; zeros if it is not known.
    pub fn read(&self, group: Option<u32>) -> Stats {
        let counted = self.lock();
        let stats = match group {
            None => counted.total,
            Some(group) => counted.groups.get(&group).map(|group| group.stats).unwrap_or_default(),
        };
        let exhausted = self.exhausted.load(Ordering::Relaxed);
        Stats { exhausted, addresses: self.addresses, ..stats }
    }

    /// Notes that a connection could not be accepted for want of something.
    pub fn exhausted(&self) {
        self.exhausted.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a request of this group as open until the [`Open`] ends. `previous` is the group of
    /// the last request that came over the same connection, if there was one.
    pub fn open(self: &Arc<Self>, group: u32, previous: Option<u32>) -> Open {
        self.lock().change(group, |stats, is_total| {
            let is_new = if is_total { previous.is_none() } else { previous != Some(group) };
            stats.connections += u64::from(is_new);
            stats.open += 1;
            stats.high_water = stats.high_water.max(stats.open);
        });
        Open { counters: self.clone(), group, was_served: false, is_fault: false }
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    /// Changes the total and the group alike; `change` is told which of them it has.
    fn change(&mut self, group: u32, change: impl Fn(&mut Stats, bool)) {
        change(&mut self.total, true);
        if !self.groups.contains_key(&group) {
            self.make_room();
            let age = self.groups_made;
            self.groups_made += 1;
            self.groups.insert(group, Group { stats: Stats::default(), age });
        }
        if let Some(group) = self.groups.get_mut(&group) {
            change(&mut group.stats, false);
        }
    }

    /// Where every group has something open, there are more than [`MOST_GROUPS`] for a while.
    fn make_room(&mut self) {
        while self.groups.len() >= MOST_GROUPS {
            let closed = self.groups.iter().filter(|(_, group)| group.stats.open == 0);
            let Some((&oldest, _)) = closed.min_by_key(|(_, group)| group.age) else { return };
            self.groups.remove(&oldest);
        }
    }
}

/// A request that is open. If it is dropped before it is served, it was broken.
#[derive(Debug)]
#[must_use = "what is dropped was broken"]
pub struct Open {
    counters: Arc<Counters>,
    group: u32,
    was_served: bool,
    is_fault: bool,
}

impl Open {
    /// The same request, which cannot be served: it asked for a fault.
    pub fn as_a_fault(mut self) -> Self {
        self.is_fault = true;
        self
    }

    /// The answer is whole, as asked.
    pub fn served(mut self) {
        self.was_served = true;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let was_served = self.was_served && !self.is_fault;
        self.counters.lock().change(self.group, |stats, _| {
            stats.open -= 1;
            if was_served {
                stats.served += 1;
            } else {
                stats.broken += 1;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_in_all_and_by_group() {
        let counters = Arc::new(Counters::default());
        let one = counters.open(7, None);
        let two = counters.open(7, Some(7));
        let other = counters.open(8, Some(7));
        one.served();
        drop(two);
        let stats = |open, served, broken, high_water, connections| Stats {
            open,
            served,
            broken,
            high_water,
            connections,
            ..Stats::default()
        };
        let seven = stats(0, 1, 1, 2, 1);
        assert_eq!(counters.read(Some(7)), seven);
        let total = stats(1, 1, 1, 3, 1);
        assert_eq!(counters.read(None), total);
        other.as_a_fault().served();
        let eight = stats(0, 0, 1, 1, 1);
        assert_eq!(counters.read(Some(8)), eight);
        assert_eq!(counters.read(Some(9)), Stats::default());
    }

    #[test]
    fn the_oldest_group_with_nothing_open_makes_room() {
        let counters = Arc::new(Counters::default());
        let most = u32::try_from(MOST_GROUPS).unwrap();
        let open = counters.open(0, None);
        for group in 1..=most {
            counters.open(group, None).served();
        }
        assert_eq!(counters.lock().groups.len(), MOST_GROUPS);
        assert_eq!(counters.read(Some(0)).open, 1, "it has something open");
        assert_eq!(counters.read(Some(1)), Stats::default(), "it was the oldest otherwise");
        assert_eq!(counters.read(Some(2)).served, 1);
        open.served();
    }

    #[test]
    fn groups_that_are_all_open_are_all_kept() {
        let counters = Arc::new(Counters::default());
        let more = u32::try_from(MOST_GROUPS).unwrap() + 10;
        let open: Vec<_> = (0..more).map(|group| counters.open(group, None)).collect();
        assert!((0..more).all(|group| counters.read(Some(group)).open == 1));
        drop(open);
        counters.open(more, None).served();
        assert_eq!(counters.lock().groups.len(), MOST_GROUPS);
    }
}
