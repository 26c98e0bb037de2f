//! A conversation with a contestant's process, line by line.

use std::os::unix::process::ExitStatusExt;
use std::sync::atomic::Ordering;
use std::time::Duration;

use nix::sys::signal::Signal;
use protocol::{Drained, Event, Order, Profile, ProtocolError};
use workload::Workload;

use super::subject::Subject;
use crate::cell::process::ChildProcess;
use crate::cell::stopped::after_saying;
use crate::cell::unweighed::proof;
use crate::units;

/// A process that is spoken with.
pub(super) struct Talk<'a> {
    subject: &'a Subject<'a>,
    pub(super) process: ChildProcess,
}

impl<'a> Talk<'a> {
    /// A process that has said who it is.
    pub(super) fn introduced(subject: &'a Subject<'a>) -> Result<(Self, Profile), String> {
        let command = || subject.contestant.command(&subject.program);
        let process = ChildProcess::start(command, None, subject.stop)
            .map_err(|error| format!("it does not start: {error}"))?;
        let mut talk = Self { subject, process };
        match talk.hear(Duration::ZERO)? {
            Event::Hello(hello) => {
                subject.contestant.recognize(&hello)?;
                Ok((talk, *hello))
            }
            said => Err(unexpected("hello", &said)),
        }
    }

    /// A process that is ready to run this.
    pub(super) fn begun(
        subject: &'a Subject<'a>,
        workload: &Workload,
        unweighed: bool,
    ) -> Result<Self, String> {
        let (mut talk, _) = Self::introduced(subject)?;
        talk.process.tell(subject.begin(workload, unweighed));
        match talk.hear(Duration::ZERO)? {
            Event::Idle { .. } => Ok(talk),
            said => Err(unexpected("idle", &said)),
        }
    }

    /// What it says next, after these waits and some patience at most.
    pub(super) fn hear(&mut self, waits: Duration) -> Result<Event, String> {
        match self.hear_or_end(waits)? {
            Some(event) => Ok(event),
            None => {
                let (status, said) = self.process.reap().map_err(|error| error.to_string())?;
                Err(format!("it ended: {status}{}", after_saying(&said)))
            }
        }
    }

    /// The same; nothing if it ended instead.
    pub(super) fn hear_or_end(&mut self, waits: Duration) -> Result<Option<Event>, String> {
        let patience = self.subject.patience + waits;
        match self.process.hear(patience, self.subject.stop) {
            Some(Ok(event)) => Ok(Some(event)),
            Some(Err(ProtocolError::Closed)) => Ok(None),
            Some(Err(error)) => Err(error.to_string()),
            None if self.subject.stop.load(Ordering::SeqCst) => Err("interrupted".into()),
            None => Err(format!("it said nothing within {}", units::duration(patience))),
        }
    }

    /// What it says of a wave, which has to add up.
    pub(super) fn wave(&mut self, workload: &Workload) -> Result<Drained, String> {
        let expected = self.subject.ceiling().expected_in_flight(workload.tasks);
        let drained = match self.hear(workload.longest(expected))? {
            Event::Drained(drained) => drained,
            said => return Err(unexpected("drained", &said)),
        };
        match (drained.errors.first(), proof(&drained, expected, workload)) {
            (Some(error), _) => Err(format!("tasks ended with errors: {}", error.first)),
            (None, proof) => proof.flaw(workload.tasks.into()).map_or(Ok(drained), Err),
        }
    }

    /// Has it end as it should when all is done, and leave nothing behind.
    pub(super) fn over(mut self) -> Result<(), String> {
        self.process.tell(Order::Go);
        if let Some(said) = self.hear_or_end(Duration::ZERO)? {
            return Err(format!("it said `{}` after the last order to go", said.name()));
        }
        let (status, _) = self.process.reap().map_err(|error| error.to_string())?;
        if !status.success() {
            return Err(format!("it did not end with exit code 0 when all was done: {status}"));
        }
        match self.process.is_in_group() {
            true => Err("it left a process behind".into()),
            false => Ok(()),
        }
    }

    /// Closes its standard input, at which it has to end by itself.
    pub(super) fn ends(mut self) -> Result<(), String> {
        let (status, _) = self.process.reap().map_err(|error| error.to_string())?;
        match status.signal() == Some(Signal::SIGKILL as i32) {
            true => Err("it did not end in time and was killed".into()),
            false => Ok(()),
        }
    }
}

pub(super) fn unexpected(wanted: &str, said: &Event) -> String {
    match said {
        Event::Refused { reason, .. } => format!("it refused: {reason}"),
        _ => format!("it said `{}` and not `{wanted}`", said.name()),
    }
}
