//! How late tasks wake: a task's own wake time minus its deadline.

use super::sync::{Mutex, lock};

/// Lateness is kept to two significant decimal digits: 1 % of the value.
const SIGNIFICANT_DIGITS: u8 = 2;

/// The largest lateness told apart, one hour; a larger one counts as this.
const LARGEST_NS: u64 = 3_600_000_000_000;

/// The distribution of lateness over all wakes of a wave, in nanoseconds, to 1 % of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lateness {
    /// How many wakes there were.
    pub wakes: u64,
    /// Half of the wakes were at most this late.
    pub p50_ns: u64,
    /// 90 %.
    pub p90_ns: u64,
    /// 99 %.
    pub p99_ns: u64,
    /// 99.9 %.
    pub p999_ns: u64,
    /// All of them.
    pub max_ns: u64,
}

/// One shard's lateness.
#[derive(Debug)]
pub(super) struct Histogram(Mutex<hdrhistogram::Histogram<u32>>);

impl Default for Histogram {
    fn default() -> Self {
        Self(Mutex::new(empty()))
    }
}

impl Histogram {
    pub(super) fn record(&self, late_ns: u64) {
        lock(&self.0).saturating_record(late_ns);
    }

    pub(super) fn reset(&self) {
        let mut histogram = lock(&self.0);
        // Clearing writes every bucket. One that was never written must not become resident.
        if !histogram.is_empty() {
            histogram.reset();
        }
    }
}

/// The distribution over all shards; `None` if no task woke.
pub(super) fn merge<'a>(shards: impl Iterator<Item = &'a Histogram>) -> Option<Lateness> {
    let mut all = empty();
    for shard in shards {
        all.add(&*lock(&shard.0)).expect("all histograms have the same bounds");
    }
    (!all.is_empty()).then(|| Lateness {
        wakes: all.len(),
        p50_ns: all.value_at_quantile(0.5),
        p90_ns: all.value_at_quantile(0.9),
        p99_ns: all.value_at_quantile(0.99),
        p999_ns: all.value_at_quantile(0.999),
        max_ns: all.max(),
    })
}

fn empty() -> hdrhistogram::Histogram<u32> {
    hdrhistogram::Histogram::new_with_bounds(1, LARGEST_NS, SIGNIFICANT_DIGITS)
        .expect("the bounds are constants that hdrhistogram accepts")
}
