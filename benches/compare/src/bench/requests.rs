//! The waves of requests that the bench target `throughput` times.
//!
//! They are not criterion's, which takes no fewer than ten samples of each: a wave of 10,000
//! connections takes as long as a hundred waves of timers. And they are run in rounds, each
//! contestant once in a round, in an order that follows from the seed: a rate depends on the server
//! and on what else the machine does, both of which drift, and so it falls on all alike.

use std::num::NonZeroU8;
use std::time::Duration;

use workload::{Contestant, Instance, Settings};

use super::Invocation;
use super::throughput::Combination;
use crate::plan::{self, UNKNOWN_SERVER};
use crate::servers::Servers;
use protocol::ServerLine;
use record::Extent;

/// Waves of one kind: so many requests at once, to a server that waits so long before it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waves {
    /// How many requests.
    pub tasks: u32,
    /// How long the server waits.
    pub delay: Duration,
    /// How many waves of each contestant are timed, after one to warm up.
    pub samples: usize,
}

const fn waves_of(tasks: u32, delay_ms: u64, samples: usize) -> Waves {
    Waves { tasks, delay: Duration::from_millis(delay_ms), samples }
}

const FULL: &[Waves] =
    &[waves_of(100, 0, 10), waves_of(100, 50, 5), waves_of(10_000, 0, 3), waves_of(10_000, 50, 3)];

const THOROUGH: &[Waves] = &[
    waves_of(100, 0, 40),
    waves_of(100, 50, 20),
    waves_of(10_000, 0, 10),
    waves_of(10_000, 50, 8),
];

const QUICK: &[Waves] = &[waves_of(100, 0, 3), waves_of(1_000, 0, 3)];

/// To see whether the target works.
const CHECK: &[Waves] = &[waves_of(20, 0, 1)];

/// Which waves are timed in such an invocation.
pub fn waves(invocation: &Invocation) -> &'static [Waves] {
    match (invocation.is_bench(), invocation.sizes()) {
        (false, _) => CHECK,
        (true, Extent::Quick) => QUICK,
        (true, Extent::Thorough) => THOROUGH,
        (true, Extent::Full | Extent::Partial) => FULL,
    }
}

/// The names of all combinations that such an invocation times.
pub fn names(
    invocation: &Invocation,
    contestants: &[Box<dyn Contestant>],
) -> impl Iterator<Item = String> {
    waves(invocation).iter().flat_map(move |waves| {
        contestants
            .iter()
            .map(|contestant| waves.name(contestant.as_ref()))
            .filter(|name| invocation.wants(name))
    })
}

/// One contestant in these waves.
struct Entrant {
    combination: Combination,
    instance: Option<Box<dyn Instance>>,
}

impl Waves {
    /// Times all contestants that run requests, in rounds whose order follows from the seed. Without
    /// a server, each of them has failed.
    pub fn time(
        &self,
        invocation: &Invocation,
        contestants: &[Box<dyn Contestant>],
        servers: &mut Servers,
        seed: u64,
    ) -> Vec<Combination> {
        let mut entrants = Vec::new();
        for contestant in contestants {
            if invocation.wants(&self.name(contestant.as_ref())) {
                entrants.extend(self.enter(contestant.as_ref(), servers));
            }
        }
        for round in 0..=self.samples {
            let mut order: Vec<&mut Entrant> = entrants.iter_mut().collect();
            plan::shuffle(&mut order, seed.wrapping_add(round as u64));
            for Entrant { combination, instance } in order {
                if let Some(instance) = instance
                    && combination.can_run()
                {
                    combination.wave(instance.as_mut());
                }
            }
        }
        entrants.into_iter().map(|entrant| entrant.combination).collect()
    }

    /// A contestant with a started instance; `None` if it does not run requests.
    fn enter(&self, contestant: &dyn Contestant, servers: &mut Servers) -> Option<Entrant> {
        let nowhere = ServerLine { address: UNKNOWN_SERVER, addresses: NonZeroU8::MIN, group: 0 };
        let server = servers.get(None);
        let line = *server.as_ref().unwrap_or(&nowhere);
        let mut combination = Combination::requests(contestant, self.tasks, self.delay, line);
        if contestant.unsupported(combination.workload()).is_some() {
            return None;
        }
        let started = server.map_err(|error| error.to_string()).and_then(|_| {
            contestant.start(&Settings::default()).map_err(|refusal| refusal.to_string())
        });
        let instance = started.map_err(|why| combination.fail(why)).ok();
        Some(Entrant { combination, instance })
    }

    fn name(&self, contestant: &dyn Contestant) -> String {
        format!("http-{}ms/{}/{}", self.delay.as_millis(), contestant.id(), self.tasks)
    }
}
