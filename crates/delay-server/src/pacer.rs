//! The bandwidth that all answers share: a token bucket, a token a byte.
//!
//! An answer with bytes to send takes a small grant at a time and queues for the next one behind all
//! others, so bodies that are open together progress alike. The queue is tokio's semaphore, which
//! is first come, first served, and from which a waiter may go away. One task fills the bucket
//! while an answer waits, by the time that has passed, so that a late wake-up costs no bandwidth.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;

/// The largest grant: what a connection gets before it is the next one's turn.
pub const LARGEST_GRANT_BYTES: u64 = 16 * 1024;

/// How much unused bandwidth is kept for later. Not more: the first answer would have a whole body of
/// it before the others are there.
const BURST: Duration = Duration::from_millis(2);

/// How often the bucket is filled while an answer waits.
const TICK: Duration = Duration::from_millis(5);

/// Caps how many bytes are sent in a second, by all answers together.
///
/// In any time from its beginning on, at most the burst plus rate × time is granted.
#[derive(Debug)]
pub struct Pacer {
    bytes_per_second: NonZeroU64,
    tokens: Semaphore,
    filled: Mutex<Filled>,
    waiting: AtomicUsize,
    demand: Notify,
}

impl Pacer {
    /// A cap of so many bytes a second. Nothing beyond the first burst is granted until
    /// [`refill`](Self::refill) runs.
    pub fn new(bytes_per_second: NonZeroU64) -> Self {
        let pacer = Self {
            bytes_per_second,
            tokens: Semaphore::new(0),
            filled: Mutex::new(Filled { until: Instant::now(), rest: 0 }),
            waiting: AtomicUsize::new(0),
            demand: Notify::new(),
        };
        pacer.tokens.add_permits(pacer.burst_bytes());
        pacer
    }

    /// How many bytes can be granted at once after none were wanted: what 2 ms bring, and at
    /// least one.
    pub fn burst_bytes(&self) -> usize {
        let burst = u128::from(self.bytes_per_second.get()) * BURST.as_nanos() / NS_PER_SECOND;
        usize::try_from(burst).unwrap_or(usize::MAX).clamp(1, MOST_TOKENS)
    }

    /// Waits for its turn and takes a grant: at most `wanted` bytes, at most a burst, and at most
    /// [`LARGEST_GRANT_BYTES`].
    pub async fn take(&self, wanted: u64) -> u64 {
        let most = LARGEST_GRANT_BYTES.min(self.burst_bytes() as u64);
        #[allow(clippy::cast_possible_truncation, reason = "16 KiB at most")]
        let grant = wanted.min(most) as u32;
        let _waiting = Waiting::with(self);
        match self.tokens.acquire_many(grant).await {
            Ok(taken) => taken.forget(),
            Err(_) => unreachable!("the semaphore is never closed"),
        }
        u64::from(grant)
    }

    /// Fills the bucket for the answers that wait, for ever. Sleeps while none does.
    pub async fn refill(self: Arc<Self>) {
        loop {
            if self.waiting.load(Ordering::SeqCst) == 0 {
                self.demand.notified().await;
            } else {
                tokio::time::sleep(TICK).await;
                self.fill();
            }
        }
    }

    /// Puts in what came since the last time.
    fn fill(&self) {
        let mut filled = self.filled.lock().unwrap_or_else(PoisonError::into_inner);
        let came = filled.since_last_time(self.bytes_per_second);
        // While answers wait, all that comes is theirs. Otherwise a burst of it is kept.
        let most =
            if self.waiting.load(Ordering::SeqCst) == 0 { self.burst_bytes() } else { MOST_TOKENS };
        // Tokens are added under the lock only, so there cannot be too many.
        self.tokens.add_permits(came.min(most.saturating_sub(self.tokens.available_permits())));
    }
}

/// Far from what the semaphore can hold, which also gets back what a waiter leaves that goes away.
const MOST_TOKENS: usize = Semaphore::MAX_PERMITS / 2;

const NS_PER_SECOND: u128 = 1_000_000_000;

/// Until when the bucket was filled.
#[derive(Debug)]
struct Filled {
    until: Instant,
    /// What did not make a whole byte, in bytes × nanoseconds a second.
    rest: u128,
}

impl Filled {
    fn since_last_time(&mut self, bytes_per_second: NonZeroU64) -> usize {
        let now = Instant::now();
        let passed = now.duration_since(self.until).as_nanos();
        let came = passed * u128::from(bytes_per_second.get()) + self.rest;
        self.until = now;
        self.rest = came % NS_PER_SECOND;
        usize::try_from(came / NS_PER_SECOND).unwrap_or(usize::MAX)
    }
}

/// An answer that waits, and may go away.
struct Waiting<'a>(&'a Pacer);

impl<'a> Waiting<'a> {
    fn with(pacer: &'a Pacer) -> Self {
        if pacer.waiting.load(Ordering::SeqCst) == 0 {
            // What came while none waited.
            pacer.fill();
        }
        if pacer.waiting.fetch_add(1, Ordering::SeqCst) == 0 {
            pacer.demand.notify_one();
        }
        Self(pacer)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs with a clock that jumps to the next timer whenever there is nothing else to do.
    fn in_paused_time(test: impl Future<Output = ()>) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().start_paused(true).build().unwrap().block_on(test);
    }

    fn pacer(bytes_per_second: u64) -> Arc<Pacer> {
        let pacer = Arc::new(Pacer::new(NonZeroU64::new(bytes_per_second).unwrap()));
        tokio::spawn(pacer.clone().refill());
        pacer
    }

    async fn take_all(pacer: &Pacer, bytes: u64) {
        let mut left = bytes;
        while left > 0 {
            left -= pacer.take(left).await;
        }
    }

    fn expect_rate(bytes: u64, pacer: &Pacer, took: Duration) {
        let rate = pacer.bytes_per_second.get() as f64;
        let least = (bytes as f64 - pacer.burst_bytes() as f64) / rate;
        let took = took.as_secs_f64();
        // The last tick brings more than the last grant needs.
        let most = bytes as f64 / rate * 1.01 + TICK.as_secs_f64() * 2.0;
        assert!(took >= least - 1e-6, "{bytes} bytes at {rate} took {took} s, at least {least}");
        assert!(took <= most, "{bytes} bytes at {rate} took {took} s, at most {most}");
    }

    #[test]
    fn one_body_takes_bytes_by_rate() {
        in_paused_time(async {
            for rate in [1, 100, 10_000, 512 * 1024, 10 * 1024 * 1024, 3_000_000_000] {
                let pacer = pacer(rate);
                let started = Instant::now();
                take_all(&pacer, rate * 10).await;
                expect_rate(rate * 10, &pacer, started.elapsed());
            }
        });
    }

    #[test]
    fn many_bodies_together_take_bytes_by_rate_and_progress_alike() {
        in_paused_time(async {
            let pacer = pacer(1024 * 1024);
            // The first body would have the burst before the others come.
            let started = Instant::now();
            take_all(&pacer, pacer.burst_bytes() as u64).await;
            let bodies: Vec<_> = (0..50)
                .map(|_| {
                    let pacer = pacer.clone();
                    tokio::spawn(async move {
                        take_all(&pacer, 128 * 1024).await;
                        started.elapsed()
                    })
                })
                .collect();
            let mut ends = Vec::new();
            for body in bodies {
                ends.push(body.await.unwrap());
            }
            let (first, last) = (*ends.iter().min().unwrap(), *ends.iter().max().unwrap());
            expect_rate(50 * 128 * 1024, &pacer, last);
            // They differ by the last grant of each.
            let a_round = Duration::from_secs_f64(50.0 * 16.0 / 1024.0);
            assert!(last - first <= a_round + TICK, "{first:?} to {last:?}");
        });
    }

    #[test]
    fn a_body_that_goes_away_gives_back_what_it_had_not_taken() {
        in_paused_time(async {
            let pacer = pacer(100_000);
            let started = Instant::now();
            take_all(&pacer, 2_000).await;
            let leavers: Vec<_> = (0..20)
                .map(|_| {
                    let pacer = pacer.clone();
                    tokio::spawn(async move { take_all(&pacer, u64::MAX).await })
                })
                .collect();
            // Before the first tick: nothing has been granted.
            tokio::time::sleep(Duration::from_millis(1)).await;
            leavers.iter().for_each(tokio::task::JoinHandle::abort);
            for leaver in leavers {
                assert!(leaver.await.unwrap_err().is_cancelled());
            }
            assert_eq!(pacer.waiting.load(Ordering::SeqCst), 0);
            take_all(&pacer, 498_000).await;
            expect_rate(500_000, &pacer, started.elapsed());
        });
    }

    #[test]
    fn what_nobody_used_is_kept_for_a_burst_only() {
        in_paused_time(async {
            let pacer = pacer(1_000_000);
            take_all(&pacer, 100_000).await;
            tokio::time::sleep(Duration::from_secs(3600)).await;
            let started = Instant::now();
            take_all(&pacer, 1_000_000).await;
            expect_rate(1_000_000, &pacer, started.elapsed());
        });
    }

    #[test]
    fn a_small_body_need_not_wait_for_a_whole_grant() {
        in_paused_time(async {
            let pacer = pacer(1_000_000);
            take_all(&pacer, 20_000).await;
            let started = Instant::now();
            take_all(&pacer, 100).await;
            assert!(started.elapsed() <= 2 * TICK, "{:?}", started.elapsed());
        });
    }
}
