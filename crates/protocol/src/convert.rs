//! Between the words of the record and those of the `workload` crate.

use std::fmt::Display;
use std::num::{NonZeroU16, NonZeroU64};
use std::time::Duration;

use workload::http::Timeouts;
use workload::ledger::{Event as Did, Failure, Noted};
use workload::{Ending, Http, Lateness, Medium, Moment, StateSize, Wait, Workload};

use crate::lines::{ErrorLine, HttpLine, LatenessLine, Step, TraceLine, WorkloadLine};
use crate::messages::ServerLine;

/// So many tasks are traced at most, and so many steps of theirs: a line of the protocol holds them.
pub const MOST_TRACED: u32 = 64;
/// See [`MOST_TRACED`].
pub const MOST_STEPS: usize = 512;

impl TraceLine {
    /// What these did, in the order in which they did it, since a wave that began then.
    pub fn all(noted: &[Noted], begun: Moment) -> Vec<Self> {
        let line = |Noted { event, at, thread }: &Noted| {
            let (task, step) = match *event {
                Did::In(task) => (task, Step::Started),
                Did::Waits(task, _) => (task, Step::Waits),
                Did::Returned(task) => (task, Step::Returned),
                Did::Woke(task, _) => (task, Step::Woke),
                Did::Out(task) => (task, Step::Ended),
                Did::Failed(task, _) | Did::Lost(task) => (task, Step::Lost),
            };
            Self { task, step, thread: *thread, at_ns: ns(at.since(begun)) }
        };
        noted.iter().take(MOST_STEPS).map(line).collect()
    }
}

impl WorkloadLine {
    /// The workload with so many tasks, that asks this server if it asks one.
    ///
    /// # Errors
    /// If a part of it is unknown here, or it wants a server and there is none.
    pub fn with_tasks(
        &self,
        tasks: u32,
        server: Option<&ServerLine>,
    ) -> Result<Workload, UnknownWorkload> {
        let unknown = |part: &'static str, value: &dyn Display| UnknownWorkload {
            part,
            value: value.to_string(),
        };
        let wait = match (self.wait.as_str(), &self.http, server) {
            ("timer" | "timeout", ..) => {
                Wait::Timer { duration: Duration::ZERO, spread: Duration::ZERO }
            }
            ("http" | "transfer", Some(http), Some(server)) => Wait::Http(http.asked_of(server)),
            ("http" | "transfer", ..) => return Err(unknown("server", &"none")),
            ("relay", ..) => Wait::Relay(Medium::Channel),
            ("relay-pipe", ..) => Wait::Relay(Medium::Pipe),
            _ => return Err(unknown("wait", &self.wait)),
        };
        let timeouts = self.cancelled_per_mille.filter(|of_1000| *of_1000 <= 1_000);
        if timeouts.is_some() != (self.wait == "timeout") {
            return Err(unknown("share of timeouts that are cancelled", &self.wait));
        }
        let arrival = self.arrival.parse().map_err(|_| unknown("arrival", &self.arrival))?;
        if self.synchronized_wakeup && (self.wait != "timer" || self.spread_ns != 0) {
            let of = format_args!("{}, spread by {} ns", self.wait, self.spread_ns);
            return Err(unknown("synchronized wake-up", &of));
        }
        let ending = self.ending.as_deref().map_or(Ok(Ending::Returns), str::parse);
        let ending =
            ending.map_err(|_| unknown("ending", &self.ending.as_deref().unwrap_or_default()))?;
        if self.trace && tasks > MOST_TRACED {
            return Err(unknown("trace of so many tasks", &tasks));
        }
        let state = StateSize::try_from(self.state_bytes)
            .map_err(|_| unknown("state", &self.state_bytes))?;
        let depth = u32::try_from(self.depth_bytes).ok();
        let depth = depth.filter(|depth| *depth <= Workload::MOST_DEPTH);
        let waits = u16::try_from(self.waits_per_task)
            .ok()
            .filter(|waits| *waits <= Workload::MOST_WAITS)
            .and_then(NonZeroU16::new)
            .ok_or_else(|| unknown("number of waits", &self.waits_per_task))?;
        Ok(Workload {
            wait,
            arrival,
            synchronized_wakeup: self.synchronized_wakeup,
            depth: depth.ok_or_else(|| unknown("depth", &self.depth_bytes))?,
            ending,
            job_rounds: self.job_rounds,
            rising: self.rising,
            trace: self.trace,
            one_core: self.one_core,
            timeouts,
            ..Workload::timer(tasks, Duration::ZERO)
        }
        .with_duration(Duration::from_nanos(self.duration_ns))
        .with_spread(Duration::from_nanos(self.spread_ns))
        .with_state(state)
        .with_waits(waits))
    }
}

impl From<&Workload> for WorkloadLine {
    fn from(workload: &Workload) -> Self {
        let wait = match &workload.wait {
            Wait::Timer { .. } if workload.timeouts.is_some() => "timeout",
            Wait::Timer { .. } => "timer",
            Wait::Relay(Medium::Channel) => "relay",
            Wait::Relay(Medium::Pipe) => "relay-pipe",
            Wait::Http(Http { rate_limit: None, .. }) => "http",
            Wait::Http(Http { rate_limit: Some(_), .. }) => "transfer",
        };
        Self {
            wait: wait.into(),
            duration_ns: ns(workload.duration()),
            spread_ns: ns(workload.spread()),
            state_bytes: workload.state.bytes(),
            depth_bytes: workload.depth.into(),
            waits_per_task: workload.waits_per_task.get().into(),
            arrival: workload.arrival.to_string(),
            synchronized_wakeup: workload.synchronized_wakeup,
            job_rounds: workload.job_rounds,
            ending: (workload.ending != Ending::Returns).then(|| workload.ending.to_string()),
            rising: workload.rising,
            trace: workload.trace,
            one_core: workload.one_core,
            cancelled_per_mille: workload.timeouts,
            http: workload.asks().map(Into::into),
        }
    }
}

impl HttpLine {
    /// The same asked of this server.
    fn asked_of(&self, server: &ServerLine) -> Http {
        Http {
            addresses: server.addresses,
            group: server.group,
            keep_alive: self.keep_alive,
            rate_limit: self.rate_limit.and_then(NonZeroU64::new),
            timeouts: Timeouts {
                connect: Duration::from_nanos(self.connect_timeout_ns),
                read: Duration::from_nanos(self.read_timeout_ns),
                total: Duration::from_nanos(self.total_timeout_ns),
            },
            ..Http::new(server.address, Duration::ZERO, self.bytes)
        }
    }
}

impl From<&Http> for HttpLine {
    fn from(http: &Http) -> Self {
        Self {
            bytes: http.bytes,
            keep_alive: http.keep_alive,
            rate_limit: http.rate_limit.map(NonZeroU64::get),
            connect_timeout_ns: ns(http.timeouts.connect),
            read_timeout_ns: ns(http.timeouts.read),
            total_timeout_ns: ns(http.timeouts.total),
        }
    }
}

impl From<&Http> for ServerLine {
    fn from(http: &Http) -> Self {
        Self { address: http.server, addresses: http.addresses, group: http.group }
    }
}

impl From<Failure> for ErrorLine {
    fn from(failure: Failure) -> Self {
        let Failure { kind, tasks, first } = failure;
        Self { kind: kind.name().to_owned(), tasks, first }
    }
}

/// A workload that this program does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {part} `{value}` of the workload is unknown here")]
pub struct UnknownWorkload {
    part: &'static str,
    value: String,
}

impl From<Lateness> for LatenessLine {
    fn from(lateness: Lateness) -> Self {
        Self {
            p50: lateness.p50_ns,
            p90: lateness.p90_ns,
            p99: lateness.p99_ns,
            p999: lateness.p999_ns,
            max: lateness.max_ns,
        }
    }
}

/// A duration in the record's unit; saturates after 584 years.
pub fn ns(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::num::{NonZeroU8, NonZeroU32};

    use workload::Arrival;

    use super::*;

    #[test]
    fn a_workload_survives_the_record() {
        let workload = Workload::timer(7, Duration::from_millis(3))
            .with_spread(Duration::from_secs(1))
            .with_state(StateSize::KiB8)
            .with_depth(Workload::MOST_DEPTH)
            .with_waits(NonZeroU16::new(4).unwrap());
        assert_eq!(WorkloadLine::from(&workload).with_tasks(7, None), Ok(workload));
        let per_second = NonZeroU32::new(5_000).unwrap();
        let paced = workload.with_arrival(Arrival::Rate { per_second });
        let line = WorkloadLine::from(&paced);
        assert_eq!(line.arrival, "rate:5000/s");
        assert_eq!(line.with_tasks(7, None), Ok(paced));
        let other = Workload { job_rounds: 9, rising: true, trace: true, ..workload };
        let other = other.with_ending(Ending::Cancelled);
        assert_eq!(WorkloadLine::from(&other).with_tasks(7, None), Ok(other));
        let synchronized = Workload::timer(7, Duration::from_millis(3)).with_synchronized_wakeup();
        let relay = Workload { one_core: true, ..Workload::relay(7, Medium::Channel) };
        let timeouts = Workload::timer(7, Duration::from_millis(1)).with_timeouts(990);
        for workload in [synchronized, relay, Workload::relay(7, Medium::Pipe), timeouts] {
            assert_eq!(WorkloadLine::from(&workload).with_tasks(7, None), Ok(workload));
        }
    }

    #[test]
    fn requests_survive_the_record_and_want_a_server() {
        let http = Http {
            addresses: NonZeroU8::new(3).unwrap(),
            group: 9,
            keep_alive: true,
            rate_limit: NonZeroU64::new(1 << 20),
            timeouts: Timeouts { read: Duration::from_secs(1), ..Timeouts::default() },
            ..Http::new("127.0.0.1:80".parse().unwrap(), Duration::from_millis(5), 77)
        };
        for http in [http, Http { rate_limit: None, ..http }] {
            let workload = Workload::http(7, http).with_spread(Duration::from_secs(1));
            let line = WorkloadLine::from(&workload);
            let server = ServerLine::from(&http);
            assert_eq!(line.with_tasks(7, Some(&server)), Ok(workload));
            let error = line.with_tasks(7, None).unwrap_err().to_string();
            assert_eq!(error, "the server `none` of the workload is unknown here");
        }
    }

    #[test]
    fn what_is_unknown_is_named() {
        let timer = WorkloadLine::from(&Workload::timer(1, Duration::ZERO));
        let unknown = |line: WorkloadLine| line.with_tasks(1, None).unwrap_err().to_string();
        assert_eq!(
            unknown(WorkloadLine { wait: "tide".into(), ..timer.clone() }),
            "the wait `tide` of the workload is unknown here"
        );
        assert_eq!(
            unknown(WorkloadLine { arrival: "rate:fast".into(), ..timer.clone() }),
            "the arrival `rate:fast` of the workload is unknown here"
        );
        assert_eq!(
            unknown(WorkloadLine { synchronized_wakeup: true, spread_ns: 1, ..timer.clone() }),
            "the synchronized wake-up `timer, spread by 1 ns` of the workload is unknown here"
        );
        assert_eq!(
            unknown(WorkloadLine { ending: Some("early".into()), ..timer.clone() }),
            "the ending `early` of the workload is unknown here"
        );
        let traced = WorkloadLine { trace: true, ..timer.clone() };
        assert_eq!(
            traced.with_tasks(65, None).unwrap_err().to_string(),
            "the trace of so many tasks `65` of the workload is unknown here"
        );
        assert_eq!(
            unknown(WorkloadLine { state_bytes: 3, ..timer.clone() }),
            "the state `3` of the workload is unknown here"
        );
        assert_eq!(
            unknown(WorkloadLine { depth_bytes: 65_537, ..timer.clone() }),
            "the depth `65537` of the workload is unknown here"
        );
        for (wait, share) in [("timer", Some(0)), ("timeout", None), ("timeout", Some(1_001))] {
            let line =
                WorkloadLine { wait: wait.into(), cancelled_per_mille: share, ..timer.clone() };
            let part = format!("the share of timeouts that are cancelled `{wait}` of the workload");
            assert!(unknown(line).starts_with(&part), "{wait}");
        }
        assert_eq!(
            unknown(WorkloadLine { waits_per_task: 0, ..timer }),
            "the number of waits `0` of the workload is unknown here"
        );
    }
}
