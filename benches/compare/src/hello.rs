//! A contestant's process says who it is: it is started for that alone.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use protocol::{Event, Profile, ProtocolError};

use crate::cell::process::ChildProcess;
use crate::cell::stopped::after_saying;
use crate::contestant::Contestant;
use crate::units;

/// How long a program may take until it has said who it is, at most.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// What the program of this contestant says first, and its process, which waits for an order. `own` is this
/// program, in the build that is to run it.
///
/// # Errors
/// In words, if it does not start, says nothing, or says that it is another.
pub(crate) fn of(
    contestant: &Contestant,
    own: &Path,
    patience: Duration,
) -> Result<(Profile, ChildProcess), String> {
    let (command, id) = (|| contestant.command(own), contestant.base().id());
    let not_started =
        |error| format!("{} does not start: {error}", command().get_program().display());
    let mut process =
        ChildProcess::start(command, None, &AtomicBool::new(false)).map_err(not_started)?;
    let profile = match process.next(patience) {
        Some(Ok(Event::Hello(profile))) => *profile,
        Some(Ok(said)) => return Err(format!("it said `{}` and not `hello`", said.name())),
        None => return Err(format!("it said no `hello` within {}", units::duration(patience))),
        Some(Err(ProtocolError::Closed)) => {
            let (status, said) = process.reap().map_err(|error| error.to_string())?;
            return Err(format!("it ended without `hello`: {status}{}", after_saying(&said)));
        }
        Some(Err(error)) => return Err(error.to_string()),
    };
    if profile.id != id {
        return Err(format!("says that it is `{}`, and not `{id}`", profile.id));
    }
    Ok((profile, process))
}
