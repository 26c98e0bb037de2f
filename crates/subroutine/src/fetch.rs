//! The task whose waits are requests: each blocks its thread while it connects, while it sends and
//! while it waits for the answer.
//!
//! Each of these steps is given its timeout before it begins, because nobody can take a thread out
//! of a call in which it blocks.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use workload::http::{Answer, Fetch, FetchError};
use workload::{Moment, State, Visit};

/// A connection that can serve another request.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    /// Where it leads to. The next task may want to go elsewhere.
    address: SocketAddr,
}

/// Adds two numbers by asking a server for their sum. Blocks the calling thread until then.
///
/// A connection that can serve another request is left in `kept` for the caller's next task.
///
/// It has a stack frame of its own, so that a thread that waits for a timer does not carry it.
#[inline(never)]
pub fn fetch<const N: usize>(mut visit: Visit, kept: &mut Option<Connection>) {
    visit.sign_in();
    let mut state = State::<N>::empty();
    state.fill(visit.task());
    // The task's own until it is over, so that an error and a panic close it.
    let mut connection = kept.take();
    let mut sum = 0;
    while let Some(deadline) = visit.next_wait() {
        match ask(&visit, deadline, &mut connection) {
            Ok(answer) => sum = answer.sum,
            Err(error) => return visit.fail(&error),
        }
        visit.woke(deadline, &state);
    }
    *kept = connection;
    visit.sign_out(sum);
}

/// One request and its answer, over the connection that there is or over a new one.
fn ask(
    visit: &Visit,
    deadline: Moment,
    connection: &mut Option<Connection>,
) -> Result<Answer, FetchError> {
    let mut fetch = Fetch::begin(visit, deadline);
    connection.take_if(|kept| kept.address != fetch.address());
    let mut is_kept = true;
    loop {
        let Some(Connection { stream, .. }) = connection else {
            let connected = connect(&fetch);
            *connection = Some(connected.map_err(|error| fetch.connect_failed(&error))?);
            is_kept = false;
            continue;
        };
        let answer = exchange(&mut fetch, stream);
        if !answer.as_ref().is_ok_and(|answer| answer.is_reusable) {
            *connection = None;
        }
        match answer {
            // The server had closed it while nobody used it.
            Err(error) if is_kept && fetch.is_stale(&error) => {
                fetch = Fetch::begin(visit, deadline);
            }
            answer => return answer,
        }
    }
}

fn connect(fetch: &Fetch) -> io::Result<Connection> {
    let address = fetch.address();
    let stream = TcpStream::connect_timeout(&address, left_until(fetch.connect_by())?)?;
    stream.set_nodelay(true)?;
    Ok(Connection { stream, address })
}

fn exchange(fetch: &mut Fetch, stream: &mut TcpStream) -> Result<Answer, FetchError> {
    let sent = send(fetch, stream);
    sent.map_err(|error| fetch.send_failed(&error))?;
    if let Some(answer) = receive::<FIRST_READ>(fetch, stream)? {
        return Ok(answer);
    }
    receive_rest(fetch, stream)
}

fn send(fetch: &Fetch, stream: &mut TcpStream) -> io::Result<()> {
    let request = fetch.request();
    let by = fetch.progress_by();
    let mut sent = 0;
    while sent < request.len() {
        let written = uninterrupted(|| {
            stream.set_write_timeout(Some(left_until(by)?))?;
            stream.write(&request[sent..])
        });
        match written? {
            0 => return Err(ErrorKind::WriteZero.into()),
            written => sent += written,
        }
    }
    Ok(())
}

/// Bytes that the first read takes at most: an answer with a small body, whole.
///
/// The thread waits in this read, and its buffer is memory that the thread has touched.
const FIRST_READ: usize = 2 * 1024;

/// Bytes that each further read takes at most, when there is a large body to come.
const FURTHER_READ: usize = 16 * 1024;

/// Has a stack frame of its own, because its buffer is large and most answers do not need it.
#[inline(never)]
fn receive_rest(fetch: &mut Fetch, stream: &mut TcpStream) -> Result<Answer, FetchError> {
    loop {
        if let Some(answer) = receive::<FURTHER_READ>(fetch, stream)? {
            return Ok(answer);
        }
    }
}

/// One read. The buffer is on the thread's stack for as long as the thread waits.
fn receive<const SIZE: usize>(
    fetch: &mut Fetch,
    stream: &mut TcpStream,
) -> Result<Option<Answer>, FetchError> {
    let by = fetch.progress_by();
    let mut buffer = [0; SIZE];
    let read = uninterrupted(|| {
        stream.set_read_timeout(Some(left_until(by)?))?;
        stream.read(&mut buffer)
    });
    match read {
        Ok(0) => fetch.ended().map(Some),
        Ok(length) => fetch.received(&buffer[..length]),
        Err(error) => Err(fetch.read_failed(&error)),
    }
}

/// A signal ends the call in which its thread blocks, whatever the signal is for, and the kernel does
/// not take a call with a timeout up again (signal(7)).
fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// How long it is until `by`. An error when that is over, because std takes no timeout of zero.
fn left_until(by: Moment) -> io::Result<Duration> {
    match by.since(Moment::now()) {
        Duration::ZERO => Err(ErrorKind::TimedOut.into()),
        left => Ok(left),
    }
}
