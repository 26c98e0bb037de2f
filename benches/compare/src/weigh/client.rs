//! The program that holds the connections: this one again, in a process and a control group of its own, so
//! that nothing of what they take on this side is charged to the server.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::sync::mpsc::{self, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use record::Hold;
use socket2::Socket;

use super::address::Address;
use super::handle::{Order, Report};
use super::request::{Whole, whole};
use super::sockets::queued;
use crate::meter::process::Procfs;

/// So many connections at most wait to be accepted. A server that has no place for more loses some for
/// seconds, and with SYN cookies for ever; Python's `http.server` has place for 5.
const QUEUED: u64 = 5;

/// While connections are opened, all of them are looked at so often.
const LOOK: Duration = Duration::from_millis(10);

/// Between two looks at the queue.
const MOMENT: Duration = Duration::from_micros(100);

/// Requests whose answers are awaited at once, where they are to come.
const ASKING: u64 = 256;

/// Obeys orders until there are no more.
///
/// # Errors
/// If an order is none, or standard output is gone.
pub fn main(address: &Address) -> anyhow::Result<()> {
    let (send, orders) = mpsc::channel();
    thread::spawn(move || {
        io::stdin().lines().map_while(Result::ok).try_for_each(|line| send.send(line))
    });
    let mut client = Client::default();
    let (mut said, mut looked) = (Report::default(), Instant::now());
    loop {
        match orders.try_recv() {
            Ok(line) => client.obey(serde_json::from_str(&line).context("no order")?),
            Err(TryRecvError::Disconnected) => return Ok(()),
            Err(TryRecvError::Empty) => {}
        }
        let is_opening = client.begin(address)?;
        client.ask();
        if is_opening && looked.elapsed() < LOOK {
            thread::sleep(MOMENT);
            continue;
        }
        client.look(0, if is_opening { 0 } else { 20 })?;
        looked = Instant::now();
        if client.report != said {
            said = client.report.clone();
            let mut out = io::stdout().lock();
            writeln!(out, "{}", serde_json::to_string(&said)?)?;
            out.flush()?;
        }
    }
}

#[derive(Default)]
struct Client {
    hold: Hold,
    bytes: Vec<u8>,
    all: Vec<Connection>,
    goal: u64,
    asks: bool,
    begun: u64,
    report: Report,
}

struct Connection {
    socket: Socket,
    since: Instant,
    state: State,
    /// What came of an answer that is not whole yet.
    got: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Connecting,
    Open,
    Asking,
    Answered,
}

impl Client {
    fn obey(&mut self, order: Order) {
        match order {
            Order::With(hold, bytes) => (self.hold, self.bytes) = (hold, bytes),
            Order::Open(goal) => (self.goal, self.asks, self.report.problem) = (goal, false, None),
            Order::Ask => self.asks = true,
            Order::Close => {
                (self.goal, self.asks) = (0, false);
                self.all.clear();
                self.report = Report { orders: self.report.orders, ..Report::default() };
            }
        }
        self.report.orders += 1;
    }

    /// Begins connections, as many as the server has place for. Whether there are more to come.
    fn begin(&mut self, address: &Address) -> io::Result<bool> {
        let is_wanted = |client: &Self| {
            let begun = client.all.len() as u64 + client.report.closed;
            begun < client.goal && client.report.problem.is_none()
        };
        if !is_wanted(self) {
            return Ok(false);
        }
        let connecting = |client: &Self| {
            client.all.iter().rev().take_while(|one| one.state == State::Connecting).count()
        };
        self.look(self.all.len() - connecting(self), 0)?;
        let waiting = connecting(self) as u64 + queued(&Procfs::default(), address);
        for _ in waiting..QUEUED {
            if !is_wanted(self) {
                break;
            }
            match address.connect(self.begun) {
                Ok((socket, is_connected)) => {
                    let state = if is_connected { State::Open } else { State::Connecting };
                    let (since, got) = (Instant::now(), Vec::new());
                    self.report.open += u64::from(is_connected);
                    self.all.push(Connection { socket, since, state, got });
                    self.begun += 1;
                }
                // A unix socket says that there is no place.
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => self.report.problem = Some(problem(&error)),
            }
        }
        Ok(true)
    }

    /// Sends what is to be sent, as often as answers may be awaited at once.
    fn ask(&mut self) {
        if !self.asks || self.report.asked == self.report.open {
            return;
        }
        let asking = self.report.asked.saturating_sub(self.report.answered);
        let more = match self.hold {
            Hold::KeepAlive => ASKING.saturating_sub(asking) as usize,
            _ => usize::MAX,
        };
        for one in self.all.iter_mut().filter(|one| one.state == State::Open).take(more) {
            // That it is closed shows when it is read from.
            let sent = one.socket.send(&self.bytes).unwrap_or(self.bytes.len());
            if sent < self.bytes.len() {
                self.report.wrong = Some(format!("it takes {sent} bytes and no more"));
            }
            one.state = State::Asking;
            self.report.asked += 1;
        }
    }

    /// Waits for so many milliseconds, and sees what happened on any connection from this one on.
    fn look(&mut self, first: usize, wait_ms: u8) -> io::Result<()> {
        let interest = |one: &Connection| match one.state {
            State::Connecting => PollFlags::POLLOUT,
            _ => PollFlags::POLLIN,
        };
        let mut polled: Vec<PollFd<'_>> = self.all[first..]
            .iter()
            .map(|one| PollFd::new(one.socket.as_fd(), interest(one)))
            .collect();
        match poll(&mut polled, PollTimeout::from(wait_ms)) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        let happened: Vec<usize> = polled
            .iter()
            .enumerate()
            .filter(|(_, one)| one.revents().is_none_or(|what| !what.is_empty()))
            .map(|(nth, _)| first + nth)
            .collect();
        // From the last one on: what is over is taken out.
        for nth in happened.into_iter().rev() {
            if !self.happened(nth) {
                self.all.swap_remove(nth);
            }
        }
        Ok(())
    }

    /// Whether the connection is still there.
    fn happened(&mut self, nth: usize) -> bool {
        let one = &mut self.all[nth];
        if one.state == State::Connecting {
            return match one.socket.take_error() {
                Ok(None) => {
                    (one.state, one.since) = (State::Open, Instant::now());
                    self.report.open += 1;
                    true
                }
                Ok(Some(error)) | Err(error) => {
                    self.report.problem = Some(problem(&error));
                    false
                }
            };
        }
        let mut buffer = [0; 16 * 1024];
        match one.socket.read(&mut buffer) {
            Ok(length @ 1..) if one.state == State::Asking => {
                one.got.extend_from_slice(&buffer[..length]);
                match whole(self.hold, &one.got) {
                    Ok(None) => {}
                    Ok(Some(Whole { refused_with })) => {
                        self.report.refused_with = self.report.refused_with.or(refused_with);
                        (one.state, one.got) = (State::Answered, Vec::new());
                        self.report.answered += 1;
                    }
                    Err(wrong) => {
                        one.got = Vec::new();
                        self.report.wrong.get_or_insert(wrong);
                    }
                }
                true
            }
            // A server may say something by itself.
            Ok(1..) => true,
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                true
            }
            Ok(0) | Err(_) => {
                let age = u64::try_from(one.since.elapsed().as_millis()).unwrap_or(u64::MAX);
                self.report.open -= 1;
                self.report.closed += 1;
                let first = self.report.first_closed_ms.map_or(age, |first| first.min(age));
                self.report.first_closed_ms = Some(first);
                false
            }
        }
    }
}

fn problem(error: &io::Error) -> (i32, String) {
    (error.raw_os_error().unwrap_or(0), error.to_string())
}
