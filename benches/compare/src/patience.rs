//! Waits for a process, but not forever.

use std::io;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

/// Between two looks.
const TICK: Duration = Duration::from_millis(1);

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Its status.
    pub status: ExitStatus,
    /// Whether it ended by itself. Otherwise it was killed.
    pub in_time: bool,
}

/// Waits for the process to end, and kills it if that takes longer than `patience`.
///
/// # Errors
/// If the operating system does not say how it ended.
pub fn end_of(child: &mut Child, patience: Duration) -> io::Result<End> {
    let until = Instant::now() + patience;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(End { status, in_time: true });
        }
        if Instant::now() > until {
            child.kill()?;
            return Ok(End { status: child.wait()?, in_time: false });
        }
        thread::sleep(TICK);
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn one_that_ends_is_believed_and_one_that_does_not_is_killed() {
        let end = |program: &str, argument, patience| {
            end_of(&mut Command::new(program).arg(argument).spawn().unwrap(), patience).unwrap()
        };
        let minute = Duration::from_secs(60);
        assert!(end("true", "", minute).status.success());
        let other = end("false", "", minute);
        assert!(other.in_time && !other.status.success());
        let killed = end("sleep", "60", Duration::ZERO);
        assert!(!killed.in_time && !killed.status.success());
    }
}
