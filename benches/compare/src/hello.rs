//! A contestant's process says who it is: it is started for that alone.

use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use protocol::{Event, Profile, ProtocolError};

use crate::cell::process::ChildProcess;
use crate::cell::stopped::last_line;
use crate::units;

/// How long a program may take until it has said who it is, at most.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// What the program of this contestant says first, and its process, which waits for an order.
///
/// # Errors
/// In words, if it does not start, says nothing, or says that it is another.
pub(crate) fn of(
    command: impl Fn() -> Command,
    id: &str,
    patience: Duration,
) -> Result<(Profile, ChildProcess), String> {
    let mut process = ChildProcess::start(&command, None, &AtomicBool::new(false))
        .map_err(|error| format!("{} does not start: {error}", name(&command())))?;
    let profile = match process.next(patience) {
        Some(Ok(Event::Hello(profile))) => *profile,
        Some(Ok(said)) => return Err(format!("it said `{}` and not `hello`", said.name())),
        None => return Err(format!("it said no `hello` within {}", units::duration(patience))),
        Some(Err(ProtocolError::Closed)) => {
            let (status, said) = process.reap().map_err(|error| error.to_string())?;
            let said = last_line(&said).map(|line| format!(", after saying `{line}`"));
            let said = said.unwrap_or_default();
            return Err(format!("it ended without `hello`: {status}{said}"));
        }
        Some(Err(error)) => return Err(error.to_string()),
    };
    if profile.id != id {
        return Err(format!("says that it is `{}`, and not `{id}`", profile.id));
    }
    Ok((profile, process))
}

fn name(command: &Command) -> impl std::fmt::Display {
    command.get_program().display()
}
