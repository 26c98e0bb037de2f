//! How a run of a cell can end, and what that makes of the cell.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use workload::Workload;

use super::spec::CellSpec;
use super::stopped::{
    after_saying, are_unexpected, failed_with, legible, stopped_at, wall_or_failure, without_flaw,
};
use super::unweighed::{Unweighed, proof};
use crate::limits::{LastSeen, Limits};
use protocol::{AllWaiting, Drained};
use record::{
    Build, Cell, ErrorLine, Memory, ProofLine, SecondProof, ServerProof, Status, Time, Weight,
};

/// How a run of a cell ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// It went through all phases.
    Done(Box<Outcome>),
    /// It went through all phases of a cell that is not weighed.
    Unweighed(Box<Unweighed>),
    /// Tasks ended with errors before all of them were in flight.
    Errors { errors: Vec<ErrorLine>, last_seen: LastSeen },
    /// The server had no descriptor left for a connection.
    ServerFull { last_seen: LastSeen },
    /// The first task was over before the last one had been weighed.
    TooShort,
    /// The operating system refused something to it, and it said so.
    Refused {
        reason: String,
        /// What it last wrote to its standard error, if it died before it was looked at.
        last_words: String,
        last_seen: LastSeen,
    },
    /// It died.
    Died {
        status: ExitStatus,
        /// What it last wrote to its standard error.
        last_words: String,
        /// Whether the kernel killed it for its memory.
        was_oom_killed: bool,
        /// What it used when it was last looked at.
        last_seen: LastSeen,
    },
    /// It did not do what it was asked to in time, and was killed.
    Hung { reason: String, last_seen: LastSeen },
    /// It said something that is not of the protocol.
    BrokeProtocol(String),
    /// Its control group was taken from it, so that its weight is unknown.
    LostGroup(String),
    /// It could not be started.
    NotStarted(String),
    /// The harness was told to stop.
    Interrupted,
}

/// What a run of a cell brought.
#[derive(Debug)]
pub(super) struct Outcome {
    /// How many tasks the contestant's ceiling allows in flight.
    pub(super) expected_in_flight: u64,
    /// The weight before the first task.
    pub(super) idle: Weight,
    pub(super) first: Wave,
    pub(super) second: Second,
    pub(super) last_seen: LastSeen,
}

/// All tasks from their start to their end.
#[derive(Clone, Debug)]
pub(super) struct Wave {
    /// The weight with all tasks in flight.
    pub(super) waiting_weight: Weight,
    /// The weight after the last task.
    pub(super) drained_weight: Weight,
    /// What the child said when all were in flight.
    pub(super) waiting: AllWaiting,
    /// What it said when all were over.
    pub(super) drained: Drained,
    /// What the server saw, where there is one.
    pub(super) server: Option<ServerProof>,
}

/// What became of the second wave.
#[derive(Debug)]
pub(super) enum Second {
    /// None was asked for, or the process knows one wave only.
    None,
    /// It went as it should.
    Done(Box<Wave>),
    /// It ended in this way.
    Failed(Box<Ending>),
}

impl Wave {
    fn proof(&self, expected_in_flight: u64, workload: &Workload) -> ProofLine {
        ProofLine {
            before_weighing: self.waiting.in_flight,
            after_weighing: self.drained.in_flight_after_weighing.unwrap_or(0),
            unweighed: false,
            ..proof(&self.drained, expected_in_flight, workload)
        }
    }
}

impl Ending {
    /// Whether its process found no room for its own threads, which it may in a moment.
    pub(super) fn may_be_the_moments(&self) -> bool {
        matches!(self, Self::Died { status, .. } if status.code() == Some(contestant::TRY_AGAIN.into()))
    }

    /// The cell that the record gets.
    pub(super) fn into_cell(self, spec: &CellSpec, workload: &Workload, limits: &Limits) -> Cell {
        let cell = self.judge(spec, workload, limits);
        Cell { reason: cell.reason.as_deref().map(legible), ..cell }
    }

    fn judge(self, spec: &CellSpec, workload: &Workload, limits: &Limits) -> Cell {
        let failed = |reason: String| spec.cell(workload, Status::Failed, Some(reason));
        match self {
            Self::Done(outcome) => outcome.into_cell(spec, workload, limits),
            Self::Unweighed(unweighed) => unweighed.into_cell(spec, workload, limits),
            Self::Errors { errors, last_seen } => {
                let cell = spec.cell(workload, Status::Failed, None);
                failed_with(errors, cell, limits, &last_seen)
            }
            Self::ServerFull { last_seen } => {
                let reason = "the server has no descriptor left for another connection".into();
                stopped_at(limits.descriptors(&last_seen), failed(reason))
            }
            Self::Refused { reason, last_words, last_seen } => {
                let said = format!("{reason}\n{last_words}");
                wall_or_failure(failed(reason), &said, limits, &last_seen)
            }
            Self::Died { status, last_words, was_oom_killed, last_seen } => {
                let mut reason = format!("died: {status}{}", after_saying(&last_words));
                if was_oom_killed {
                    reason =
                        format!("{reason}; the kernel's OOM killer ended it for want of memory");
                }
                if is_from_outside(status) && !was_oom_killed {
                    return failed(reason);
                }
                wall_or_failure(failed(reason), &last_words, limits, &last_seen)
            }
            // Nothing was refused to it that anybody knows of.
            Self::Hung { mut reason, last_seen } => {
                if let Some(limit) = limits.nearest(&last_seen) {
                    reason = format!("{reason}; it was near a limit: {limit}");
                }
                failed(reason)
            }
            Self::BrokeProtocol(reason) | Self::LostGroup(reason) | Self::NotStarted(reason) => {
                failed(reason)
            }
            // The runner runs the cell again, or not at all.
            Self::TooShort => failed("its wait was too short".into()),
            Self::Interrupted => failed("interrupted".into()),
        }
    }
}

impl Outcome {
    fn into_cell(self, spec: &CellSpec, workload: &Workload, limits: &Limits) -> Cell {
        let Self { expected_in_flight, idle, first, second, last_seen } = self;
        let proof = first.proof(expected_in_flight, workload);
        let Wave { waiting_weight, drained_weight, waiting, drained, server } = first;
        let is_timed = spec.build == Build::Timed;
        let mut cell = Cell {
            proof: Some(proof),
            server,
            memory: Memory {
                idle: Some(idle),
                waiting: Some(waiting_weight),
                drained: Some(drained_weight),
                second_waiting: None,
                second_drained: None,
            },
            time: is_timed.then(|| Time::of(&drained, waiting.start_ns, waiting.start_cpu_ns)),
            lateness_ns: drained.lateness_ns.filter(|_| is_timed),
            ..spec.cell(workload, Status::Ok, None)
        };
        if are_unexpected(&drained.errors, workload) {
            return failed_with(drained.errors, cell, limits, &last_seen);
        }
        cell.errors = drained.errors;
        match second {
            Second::None => {}
            Second::Done(wave) if !are_unexpected(&wave.drained.errors, workload) => {
                let proof = wave.proof(expected_in_flight, workload);
                cell.second = Some(SecondProof { proof, server: wave.server });
                cell.memory.second_waiting = Some(wave.waiting_weight);
                cell.memory.second_drained = Some(wave.drained_weight);
            }
            Second::Done(wave) => {
                let failed = failed_with(wave.drained.errors, cell.clone(), limits, &last_seen);
                return in_second_wave(cell, failed);
            }
            Second::Failed(ending) => {
                return in_second_wave(cell, ending.into_cell(spec, workload, limits));
            }
        }
        without_flaw(cell)
    }
}

/// Whether a process was ended by somebody else: by a signal that the system sends to no process for what it
/// does itself.
fn is_from_outside(status: ExitStatus) -> bool {
    use nix::sys::signal::Signal::{SIGABRT, SIGBUS, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
    let own = [SIGABRT, SIGBUS, SIGILL, SIGSEGV, SIGSYS, SIGTRAP];
    status.signal().is_some_and(|signal| own.iter().all(|own| *own as i32 != signal))
}

/// The cell that went wrong in its second wave, as this one did.
fn in_second_wave(cell: Cell, failed: Cell) -> Cell {
    let reason = failed.reason.unwrap_or_else(|| "failed".into());
    let reason = Some(format!("second wave: {reason}"));
    Cell { status: Status::Failed, reason, errors: failed.errors, ..cell }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::registry;

    use super::*;
    use record::LimitValue;

    const ABORTED: i32 = 6;

    fn cell(ending: Ending) -> Cell {
        let workload = Workload::timer(40_000, Duration::from_secs(1));
        let spec = CellSpec {
            contestant: registry::find("threads/per-task").unwrap(),
            workload,
            wait_is_given: false,
            pool_workers: 64,
            is_pool: false,
            repeat: 0,
            build: Build::Timed,
            second_wave: false,
            waves: None,
        };
        let by_name = [("max_map_count".to_owned(), LimitValue::Number(65_530))].into();
        let limits = Limits { by_name, ..Limits::default() };
        ending.into_cell(&spec, &workload, &limits)
    }

    fn died(mappings: u64, was_oom_killed: bool) -> Ending {
        Ending::Died {
            status: ExitStatus::from_raw(ABORTED),
            last_words: "failed to allocate\nnote: run with more\n\n".into(),
            was_oom_killed,
            last_seen: LastSeen {
                threads: Some(mappings / 4),
                mappings: Some(mappings),
                ..LastSeen::default()
            },
        }
    }

    #[test]
    fn a_death_near_a_limit_is_a_wall_that_names_it() {
        let cell = cell(died(64_000, false));
        assert_eq!(cell.status, Status::Wall);
        let limit = cell.limit.unwrap();
        assert_eq!((limit.name.as_str(), limit.value), ("max_map_count", 65_530));
        let reason = cell.reason.unwrap();
        assert!(reason.contains("SIGABRT") && reason.contains("`failed to allocate`"), "{reason}");
    }

    /// Between two looks a process makes thousands of threads; the unwinder needs memory for a panic.
    #[test]
    fn a_panic_that_found_no_memory_is_a_wall() {
        let panicked = |mappings| {
            let Ending::Died { status, last_seen, .. } = died(mappings, false) else { panic!() };
            let last_words =
                "fatal runtime error: failed to initiate panic, error 5, aborting".into();
            cell(Ending::Died { status, last_words, was_oom_killed: false, last_seen })
        };
        assert_eq!(panicked(40_000).limit.unwrap().name, "max_map_count");
        assert_eq!(panicked(400).status, Status::Failed);
    }

    #[test]
    fn a_death_far_from_any_limit_is_a_failure() {
        let cell = cell(died(400, false));
        assert_eq!((cell.status, cell.limit), (Status::Failed, None));
    }

    #[test]
    fn a_refusal_near_a_limit_is_a_wall_with_the_systems_reason() {
        let last_seen = LastSeen { mappings: Some(65_000), ..LastSeen::default() };
        let cell = cell(Ending::Refused {
            reason: "thread 16,250 …".into(),
            last_words: String::new(),
            last_seen,
        });
        assert_eq!(cell.status, Status::Wall);
        assert_eq!(cell.reason.as_deref(), Some("thread 16,250 …"));
    }

    #[test]
    fn being_killed_for_memory_is_said() {
        let reason = cell(died(400, true)).reason.unwrap();
        assert!(reason.contains("OOM killer"), "{reason}");
    }

    #[test]
    fn a_reason_is_one_line_of_a_length_that_can_be_read() {
        let said = format!("\u{1b}[2Jlong\n{}", "µ".repeat(10_000));
        let reason = cell(Ending::BrokeProtocol(said)).reason.unwrap();
        assert!(reason.starts_with(" [2Jlong µµ") && reason.ends_with("µ…"), "{reason}");
        assert_eq!(reason.chars().count(), 501);
    }

    #[test]
    fn a_hang_is_a_failure_with_its_reason_and_the_limit_that_was_near() {
        let hung = |mappings| {
            let last_seen = LastSeen { mappings: Some(mappings), ..LastSeen::default() };
            cell(Ending::Hung { reason: "did not answer".into(), last_seen })
        };
        assert_eq!(hung(400).status, Status::Failed);
        assert_eq!(hung(400).reason.as_deref(), Some("did not answer"));
        assert_eq!(hung(65_000).status, Status::Failed);
        let reason = hung(65_000).reason.unwrap();
        assert!(
            reason.starts_with("did not answer; it was near a limit: max_map_count"),
            "{reason}"
        );
    }

    /// Whoever kills a process is no limit, however near one is.
    #[test]
    fn a_signal_from_outside_is_a_failure() {
        for (signal, status) in [
            (nix::sys::signal::Signal::SIGTERM, Status::Failed),
            (nix::sys::signal::Signal::SIGKILL, Status::Failed),
            (nix::sys::signal::Signal::SIGUSR1, Status::Failed),
            (nix::sys::signal::Signal::SIGABRT, Status::Wall),
        ] {
            let Ending::Died { last_words, last_seen, .. } = died(64_000, false) else { panic!() };
            let status_of = ExitStatus::from_raw(signal as i32);
            let ending =
                Ending::Died { status: status_of, last_words, was_oom_killed: false, last_seen };
            assert_eq!(cell(ending).status, status, "{signal}");
        }
    }
}
