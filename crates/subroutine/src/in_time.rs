//! A blocking call that ends when it has taken too long.

use std::io::{self, ErrorKind};
use std::time::Duration;

use workload::Moment;

/// Makes a call that is given the time it may take, which is never zero, because std takes no timeout
/// of zero.
///
/// A signal ends the call in which its thread blocks, whatever the signal is for, and the kernel does
/// not take a call with a timeout up again (signal(7)). Such a call is made again with the time left.
///
/// # Errors
/// What the call returns, or [`ErrorKind::TimedOut`] if no time is left to make it.
pub(crate) fn in_time<T>(
    by: Moment,
    mut call: impl FnMut(Duration) -> io::Result<T>,
) -> io::Result<T> {
    loop {
        let left = by.since(Moment::now());
        if left == Duration::ZERO {
            return Err(ErrorKind::TimedOut.into());
        }
        match call(left) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_call_that_a_signal_ended_is_made_again_with_the_time_left() {
        let mut calls = Vec::new();
        let by = Moment::now() + HOUR;
        let done = in_time(by, |left| {
            calls.push(left);
            if calls.len() < 3 { Err(ErrorKind::Interrupted.into()) } else { Ok(calls.len()) }
        });
        assert_eq!(done.unwrap(), 3);
        assert!(calls.iter().all(|left| !left.is_zero() && *left <= HOUR));
        assert!(calls.is_sorted_by(|earlier, later| earlier >= later));
    }

    #[test]
    fn no_call_is_made_when_the_time_is_over() {
        let late = in_time(Moment::now(), |_| -> io::Result<()> { unreachable!("it is too late") });
        assert_eq!(late.unwrap_err().kind(), ErrorKind::TimedOut);
    }
}
