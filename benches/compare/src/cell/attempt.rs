//! One run of a cell, phase by phase.

use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use workload::Workload;

use super::ending::{Ending, Outcome, Second, Wave};
use super::requests;
use super::spec::{CellSpec, Waves};
use super::stopped::are_unexpected;
use super::unweighed::{Unweighed, impossible};
use super::watched::{Stopped, Watched, unexpected};
use crate::meter::cgroup::Cgroups;
use protocol::{Drained, Event, Order};
use record::ServerProof;

/// What one run of a cell takes.
pub(super) struct Attempt<'a> {
    /// What starts its process.
    pub(super) command: &'a dyn Fn() -> Command,
    /// Where it gets a control group; `None` where none can be made.
    pub(super) cgroups: Option<&'a Cgroups>,
    /// How long it may be silent, beyond its waits.
    pub(super) patience: Duration,
    pub(super) spec: &'a CellSpec,
    pub(super) workload: &'a Workload,
    /// How many tasks are in flight when as many as possible are.
    pub(super) expected: u64,
    /// Whether they are weighed then.
    pub(super) is_weighed: bool,
    pub(super) stop: &'a AtomicBool,
}

impl Attempt<'_> {
    /// Runs the cell once.
    pub(super) fn run(&self) -> Ending {
        let Self { command, cgroups, patience, spec, workload, stop, .. } = *self;
        let has_server = workload.asks().is_some();
        match Watched::start(command, cgroups, spec.build, has_server, patience, stop) {
            Ok(process) => {
                if workload.one_core
                    && let Err(error) = process.child.keep_on_one_core()
                {
                    return Ending::NotStarted(format!("it cannot be kept on one core: {error}"));
                }
                Run { spec, workload, process }.phases(self.expected, self.is_weighed)
            }
            Err(ending) => *ending,
        }
    }
}

/// What a process of an older protocol does with waves.
const NO_WAVES: &str = "ended with exit code 0 before its waves were over; \
                        a program that does not know the order `waves` does that";

struct Run<'a> {
    spec: &'a CellSpec,
    workload: &'a Workload,
    process: Watched<'a>,
}

impl Run<'_> {
    fn phases(mut self, expected: u64, is_weighed: bool) -> Ending {
        if is_weighed {
            return self.weighed(expected);
        }
        match self.run_unweighed(expected) {
            Ok(unweighed) => Ending::Unweighed(Box::new(unweighed)),
            Err(Stopped::Ending(ending)) => *ending,
            Err(Stopped::Died) => match self.process.diagnose_exit() {
                Ending::Died { status, .. } if status.success() && self.spec.waves.is_some() => {
                    Ending::BrokeProtocol(NO_WAVES.into())
                }
                ending => ending,
            },
        }
    }

    /// Weighs one wave, and a second one if that was asked for.
    fn weighed(mut self, expected: u64) -> Ending {
        let mut outcome = match self.first_wave(expected) {
            Ok(outcome) => outcome,
            Err(Stopped::Ending(ending)) => return *ending,
            Err(Stopped::Died) => return self.process.diagnose_exit(),
        };
        if self.spec.second_wave {
            outcome.second = match self.wave(Order::Again, expected, outcome.first.server) {
                Ok(wave) => Second::Done(Box::new(wave)),
                Err(Stopped::Ending(ending)) => match *ending {
                    // The whole cell again, or not at all.
                    Ending::TooShort | Ending::Interrupted => return *ending,
                    ending => Second::Failed(Box::new(ending)),
                },
                Err(Stopped::Died) => match self.process.diagnose_exit() {
                    // It knows one wave only, as the protocol allows.
                    Ending::Died { status, .. } if status.success() => Second::None,
                    ending => Second::Failed(Box::new(ending)),
                },
            };
        } else {
            self.process.child.tell(Order::Go);
        }
        Ending::Done(Box::new(outcome))
    }

    /// Has the child start its runtime. Returns its heap without any task.
    fn begin(&mut self, unweighed: bool) -> Result<Option<u64>, Stopped> {
        match self.process.next("say who it is", Duration::ZERO)? {
            Event::Hello(hello) => {
                self.spec.contestant.recognize(&hello).map_err(Ending::BrokeProtocol)?;
            }
            said => return Err(unexpected("hello", &said)),
        }
        let CellSpec { contestant, pool_workers, .. } = *self.spec;
        self.process.child.tell(contestant.begin(self.workload, pool_workers, unweighed));
        match self.process.next("start its runtime", Duration::ZERO)? {
            Event::Idle { heap_bytes } => Ok(heap_bytes),
            said => Err(unexpected("idle", &said)),
        }
    }

    /// Runs the tasks, once or in waves, and looks at nothing but how long they took and how late they
    /// were.
    fn run_unweighed(&mut self, expected_in_flight: u64) -> Result<Unweighed, Stopped> {
        self.begin(true)?;
        let all = self.spec.waves.map_or(1, Waves::all);
        let gone = Instant::now();
        self.process.child.tell(match self.spec.waves {
            None => Order::Go,
            Some(_) => Order::Waves { count: all },
        });
        self.process.is_left_alone = self.spec.waves.is_some();
        let waits = self.workload.longest(expected_in_flight)
            + requests::work(self.workload, expected_in_flight);
        let mut drained = Vec::new();
        for _ in 0..all {
            let wave = self.drained(waits * all)?;
            let has_errors = are_unexpected(&wave.errors, self.workload);
            drained.push(wave);
            if has_errors {
                break;
            }
        }
        self.can_be(&drained, gone.elapsed(), expected_in_flight)?;
        let mut server = None;
        if let Some(http) = self.workload.asks() {
            requests::settle(
                &mut self.process,
                requests::of(self.workload) * drained.len() as u64,
                server.insert(ServerProof::default()),
                ServerProof::default(),
                http,
            )?;
        }
        self.process.child.tell(Order::Go);
        Ok(Unweighed { expected_in_flight, drained, server, last_seen: self.process.last_seen })
    }

    /// Whether so much time is enough for these waves, and not less than they say that they took.
    fn can_be(&self, waves: &[Drained], seen: Duration, expected: u64) -> Result<(), Stopped> {
        if waves.iter().any(|wave| !wave.errors.is_empty()) {
            return Ok(());
        }
        let wall = waves.iter().map(|wave| Duration::from_nanos(wave.wall_ns));
        let wall = wall.fold(Duration::ZERO, Duration::saturating_add);
        // A transfer's floor is kept by the server, to its own clock and its first bytes.
        let floor = (!self.workload.is_transfer()).then(|| self.workload.floor(expected));
        let least = floor.unwrap_or_default().saturating_mul(waves.len() as u32);
        match impossible(wall, seen, least) {
            Some(why) => Err(Ending::BrokeProtocol(why).into()),
            None => Ok(()),
        }
    }

    /// What the child says when all tasks are over.
    fn drained(&mut self, waits: Duration) -> Result<Drained, Stopped> {
        match self.process.next("end its tasks", waits)? {
            Event::Drained(drained) => Ok(drained),
            said => Err(unexpected("drained", &said)),
        }
    }

    /// What became of a wave that was over, or not all there, before it could be weighed.
    fn too_soon(&self, mut drained: Drained) -> Stopped {
        if !are_unexpected(&drained.errors, self.workload) {
            drained.errors.clear();
        }
        self.process.all_too_soon(drained)
    }

    fn first_wave(&mut self, expected: u64) -> Result<Outcome, Stopped> {
        let heap_bytes = self.begin(false)?;
        let idle = self.process.weigh(heap_bytes);
        let first = self.wave(Order::Go, expected, None)?;
        Ok(Outcome {
            expected_in_flight: expected,
            idle,
            first,
            second: Second::None,
            last_seen: self.process.last_seen,
        })
    }

    /// All tasks from their start to their end. `before` is what the server saw of an earlier wave.
    fn wave(
        &mut self,
        order: Order,
        expected: u64,
        before: Option<ServerProof>,
    ) -> Result<Wave, Stopped> {
        let exhausted_before = match self.workload.asks() {
            Some(http) => requests::ask(&mut self.process, http)?.exhausted,
            None => 0,
        };
        let gone = Instant::now();
        self.process.child.tell(order);
        let waits = self.workload.longest(expected) + requests::work(self.workload, expected);
        let waiting = match self.process.next("start its tasks", waits)? {
            Event::AllWaiting(waiting) => waiting,
            Event::Drained(drained) => return Err(self.too_soon(drained)),
            said => return Err(unexpected("parked", &said)),
        };
        let over = before.map_or(0, |before| before.served + before.broken);
        let mut server = None;
        if let Some(http) = self.workload.asks() {
            server = requests::wait_for_server(
                &mut self.process,
                self.workload,
                http,
                expected,
                over,
                gone,
                exhausted_before,
            )?;
            if server.is_none() {
                // The child may know why.
                self.process.child.tell(Order::Go);
                let drained = self.drained(waits)?;
                return Err(self.too_soon(drained));
            }
        }
        let waiting_weight = self.process.weigh_in_detail(waiting.heap_bytes);
        if let (Some(proof), Some(http)) = (&mut server, self.workload.asks()) {
            proof.open_after_weighing = requests::ask(&mut self.process, http)?.open;
        }

        self.process.child.tell(Order::Go);
        let drained = self.drained(waits)?;
        // No task may have left while the weighing went on.
        let left_early = drained.in_flight_after_weighing.unwrap_or(0) < expected
            || server.is_some_and(|proof| proof.open_after_weighing < expected);
        if left_early || are_unexpected(&drained.errors, self.workload) {
            return Err(self.too_soon(drained));
        }
        // Threads that left while they were weighed were too soon; these are not.
        if let Some(threads) = waiting_weight.threads
            && self.spec.contestant.takes_threads()
            && threads < waiting.in_flight
        {
            let why = format!("{} tasks in flight with {threads} threads", waiting.in_flight);
            return Err(Ending::BrokeProtocol(format!("says that it has {why}")).into());
        }
        self.can_be(std::slice::from_ref(&drained), gone.elapsed(), expected)?;
        if let (Some(proof), Some(http)) = (&mut server, self.workload.asks()) {
            requests::settle(
                &mut self.process,
                requests::of(self.workload),
                proof,
                before.unwrap_or_default(),
                http,
            )?;
        }
        let drained_weight = self.process.weigh_in_detail(drained.heap_bytes);
        if let Some(reason) = self.process.lost_group.take() {
            return Err(Ending::LostGroup(reason).into());
        }
        Ok(Wave { waiting_weight, drained_weight, waiting, drained, server })
    }
}
