//! A connection whose operations block the calling thread, each until a moment at most.
//!
//! An operation that is not done by then fails with [`ErrorKind::TimedOut`].

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use workload::Moment;

/// A TCP connection. Dropping it closes it.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    address: SocketAddr,
}

impl Connection {
    /// Connects to `address` until `by`.
    pub(crate) fn connect(address: SocketAddr, by: Moment) -> io::Result<Self> {
        let stream = in_time(by, |left| TcpStream::connect_timeout(&address, left))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, address })
    }

    /// Where it leads to.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Writes all of the bytes until `by`.
    pub(crate) fn write_all(&mut self, bytes: &[u8], by: Moment) -> io::Result<()> {
        let mut written = 0;
        while written < bytes.len() {
            written += match in_time(by, |left| {
                self.stream.set_write_timeout(Some(left))?;
                self.stream.write(&bytes[written..])
            })? {
                0 => return Err(ErrorKind::WriteZero.into()),
                more => more,
            };
        }
        Ok(())
    }

    /// Reads what comes next until `by`, at most as much as the buffer holds; zero bytes at the end.
    pub(crate) fn read(&mut self, buffer: &mut [u8], by: Moment) -> io::Result<usize> {
        in_time(by, |left| {
            self.stream.set_read_timeout(Some(left))?;
            self.stream.read(buffer)
        })
    }
}

/// Makes a call that is given the time it may take, which is never zero, because std takes no timeout
/// of zero.
///
/// A signal ends the call in which its thread blocks, whatever the signal is for, and the kernel does
/// not take a call with a timeout up again (signal(7)). Such a call is made again with the time left.
///
/// # Errors
/// What the call returns, or [`ErrorKind::TimedOut`] if no time is left to make it.
fn in_time<T>(by: Moment, mut call: impl FnMut(Duration) -> io::Result<T>) -> io::Result<T> {
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
