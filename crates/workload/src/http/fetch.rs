//! One request of one task, without a socket and without waiting.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::codec::head::decimal;
use super::codec::{CodecError, Event, Head, Limits, ResponseReader, get_request};
use super::spec::nth_address;
use super::{ErrorKind, FetchError, Http, Phase, body};
use crate::clock::Moment;
use crate::ledger::TaskHandle;
use crate::spec::{Ending, Wait, Workload};
use crate::task::Task;

/// The header in which the server sends the sum.
pub const SUM_HEADER: &str = "x-sum";

/// One request of one task: what to send, what to make of what comes, and how long each step may
/// take. Made anew for each request; a model keeps it while it waits, in 56 bytes and with no heap
/// but while a head comes in pieces.
#[derive(Debug)]
pub struct Fetch {
    workload: &'static Workload,
    /// When the answer is due: the delay asked for after the request began.
    deadline: Moment,
    reader: ResponseReader,
    index: u32,
}

/// What the server answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The sum that it worked out.
    pub sum: u64,
    /// Whether the connection can serve another request: if that was wanted, the server keeps it
    /// open, and nothing came after the answer.
    pub is_reusable: bool,
}

impl Fetch {
    /// The request for the wait that `handle` just began, whose answer is due at `deadline`
    /// (what `TaskHandle::next_wait` returned: now + the delay asked for).
    ///
    /// # Panics
    /// If the workload's wait is no request.
    pub fn begin(handle: &TaskHandle, deadline: Moment) -> Self {
        Self::of(handle.workload(), handle.index(), deadline)
    }

    fn of(workload: &'static Workload, index: u32, deadline: Moment) -> Self {
        let reader = ResponseReader::new(Limits::body(http_of(workload).bytes));
        Self { workload, deadline, reader, index }
    }

    /// When the answer is due, as it was begun with: a task need not keep that too.
    #[inline]
    pub fn deadline(&self) -> Moment {
        self.deadline
    }

    /// Where to connect to.
    pub fn address(&self) -> SocketAddr {
        let Http { server, addresses, .. } = self.http();
        let ip = nth_address(server.ip(), self.index % u32::from(addresses.get()));
        let mut address = *server;
        address.set_ip(ip.unwrap_or(server.ip()));
        address
    }

    /// Whether the connection may serve another request afterwards.
    #[inline]
    pub fn keep_alive(&self) -> bool {
        self.http().keep_alive
    }

    /// The bytes to send.
    pub fn request(&self) -> Vec<u8> {
        get_request(self.address(), Target(self), self.keep_alive())
    }

    /// When connecting has taken too long.
    pub fn connect_by(&self) -> Moment {
        self.total_by().min(self.started() + self.http().timeouts.connect)
    }

    /// When the next read or write, begun now, has taken too long. Until something comes, that
    /// allows for the delay asked for.
    pub fn progress_by(&self) -> Moment {
        let delay = if self.reader.has_begun() { Duration::ZERO } else { self.delay() };
        self.total_by().min(Moment::now() + delay + self.http().timeouts.read)
    }

    /// Takes bytes that came. `None` while the answer is not whole.
    ///
    /// # Errors
    /// If the answer is not the one that this task must get. The connection is of no use then.
    pub fn received(&mut self, bytes: &[u8]) -> Result<Option<Answer>, FetchError> {
        let mut check = self.check();
        match self.reader.feed(bytes, |event| check.event(event)) {
            Ok(_) if !self.reader.is_over() => Ok(None),
            Ok(taken) => Ok(Some(self.answer(taken == bytes.len()))),
            Err(wrong) => Err(self.error(wrong)),
        }
    }

    /// The server closed its side.
    ///
    /// # Errors
    /// If that was not to end the answer.
    pub fn ended(&mut self) -> Result<Answer, FetchError> {
        let mut check = self.check();
        match self.reader.end_of_stream(|event| check.event(event)) {
            Ok(()) => Ok(self.answer(false)),
            Err(wrong) => Err(self.error(wrong)),
        }
    }

    /// Connecting failed. `TimedOut` and `WouldBlock` stand for a timeout, here and below.
    pub fn connect_failed(&self, error: &io::Error) -> FetchError {
        self.failed(error, Phase::Connect, ErrorKind::ConnectTimeout)
    }

    /// Sending failed.
    pub fn send_failed(&self, error: &io::Error) -> FetchError {
        self.failed(error, Phase::Send, ErrorKind::ReadTimeout)
    }

    /// Reading failed.
    pub fn read_failed(&self, error: &io::Error) -> FetchError {
        self.failed(error, self.reading(), ErrorKind::ReadTimeout)
    }

    /// Whether nothing of the answer came before this error, and the error is such as a connection
    /// shows that the server had closed it while it was idle: then a request over a kept
    /// connection is to be sent again over a new one.
    pub fn is_stale(&self, error: &FetchError) -> bool {
        !self.reader.has_begun()
            && matches!(error.phase, Phase::Send | Phase::Head)
            && matches!(error.kind, ErrorKind::Closed | ErrorKind::Reset)
    }

    fn http(&self) -> &'static Http {
        http_of(self.workload)
    }

    fn task(&self) -> Task {
        Task::nth(self.index)
    }

    /// What the server is asked for: more than is waited for, where the answer is to come too late.
    fn delay_asked_for(&self) -> Duration {
        let comes_late =
            self.workload.ending == Ending::TimesOut && self.workload.ends_otherwise(self.index);
        let late = if comes_late { self.http().timeouts.total } else { Duration::ZERO };
        self.delay() + late
    }

    fn delay(&self) -> Duration {
        self.workload.duration_of(self.index)
    }

    fn started(&self) -> Moment {
        self.deadline - self.delay()
    }

    fn total_by(&self) -> Moment {
        self.deadline + self.http().timeouts.total
    }

    fn reading(&self) -> Phase {
        if self.reader.is_past_head() { Phase::Body } else { Phase::Head }
    }

    fn check(&self) -> Check {
        let (task, bytes) = (self.task(), self.http().bytes);
        Check { task, bytes, position: bytes - self.reader.body_left() }
    }

    /// The answer, once it is whole: only the right sum gets that far.
    fn answer(&self, nothing_after_it: bool) -> Answer {
        let is_reusable = self.keep_alive() && self.reader.keep_alive() && nothing_after_it;
        Answer { sum: self.task().sum(), is_reusable }
    }

    fn error(&self, wrong: Wrong) -> FetchError {
        let Wrong { kind, detail } = wrong;
        let after = Moment::now().since(self.started());
        let detail = detail.map(|detail| detail.into_owned().into_boxed_str());
        FetchError { kind, phase: self.reading(), after, detail }
    }

    fn failed(&self, error: &io::Error, phase: Phase, timeout: ErrorKind) -> FetchError {
        let now = Moment::now();
        let kind = match kind_of(error) {
            OsError::Is(kind) => kind,
            OsError::Eof if self.reader.has_begun() => ErrorKind::Truncated,
            OsError::Eof => ErrorKind::Closed,
            OsError::Timeout if now >= self.total_by() => ErrorKind::TotalTimeout,
            OsError::Timeout => timeout,
        };
        let detail = match kind {
            ErrorKind::ConnectTimeout | ErrorKind::ReadTimeout | ErrorKind::TotalTimeout => None,
            _ if phase == Phase::Connect => {
                Some(format!("{}: {}", self.address(), system_text(error)).into_boxed_str())
            }
            _ => Some(system_text(error).into_boxed_str()),
        };
        FetchError { kind, phase, after: now.since(self.started()), detail }
    }
}

fn http_of(workload: &'static Workload) -> &'static Http {
    match &workload.wait {
        Wait::Http(http) => http,
        _ => panic!("a workload that waits for something else has no requests"),
    }
}

/// Path and query of a request, without any allocation.
struct Target<'a>(&'a Fetch);

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Http { fault, bytes, group, .. } = self.0.http();
        match fault {
            Some(fault) if self.0.index % 2 == 1 => write!(f, "/fault?kind={}", fault.name())?,
            _ => write!(f, "/wait?ms={}", Milliseconds(self.0.delay_asked_for()))?,
        }
        let Task { a, b } = self.0.task();
        write!(f, "&bytes={bytes}&a={a}&b={b}&group={group}")
    }
}

/// A duration in milliseconds, to the nanosecond and with no more digits than that takes.
struct Milliseconds(Duration);

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.as_millis())?;
        let mut fraction = self.0.subsec_nanos() % 1_000_000;
        let mut digits = 6;
        if fraction == 0 {
            return Ok(());
        }
        while fraction.is_multiple_of(10) {
            fraction /= 10;
            digits -= 1;
        }
        write!(f, ".{fraction:0digits$}")
    }
}

/// Checks that an answer is the one that its task must get, as it comes.
struct Check {
    task: Task,
    /// The size that the body must have.
    bytes: u64,
    /// How much of the body came.
    position: u64,
}

impl Check {
    fn event(&mut self, event: Event<'_>) -> Result<(), Wrong> {
        match event {
            Event::Head(head) => self.head(&head),
            Event::Body(bytes) => {
                let position = self.position;
                self.position += bytes.len() as u64;
                if body::is_right(self.task, position, bytes) {
                    Ok(())
                } else {
                    let end = self.position;
                    Err(Wrong::new(
                        ErrorKind::WrongBody,
                        format!("a byte from {position} to {end} is not this task's"),
                    ))
                }
            }
            Event::End if self.position == self.bytes => Ok(()),
            Event::End => Err(Wrong::new(
                ErrorKind::WrongBody,
                format!("{} bytes instead of {}", self.position, self.bytes),
            )),
        }
    }

    fn head(&self, head: &Head<'_>) -> Result<(), Wrong> {
        /// What is kept of a reason, which the server may make as long as a head can be.
        const REASON_CHARS: usize = 60;

        if head.status != 200 {
            let reason: String = head.reason.chars().take(REASON_CHARS).collect();
            let detail = format!("{} {reason}", head.status);
            return Err(Wrong::new(ErrorKind::Status, detail.trim_end().to_owned()));
        }
        let expected = self.task.sum();
        let Some(value) = head.header(SUM_HEADER) else {
            return Err(Wrong::new(ErrorKind::Garbage, "an answer without a sum"));
        };
        match decimal(value) {
            Some(sum) if sum == expected => Ok(()),
            Some(sum) => {
                Err(Wrong::new(ErrorKind::WrongSum, format!("{sum} instead of {expected}")))
            }
            None => Err(Wrong::new(ErrorKind::Garbage, "a sum that is no number")),
        }
    }
}

/// What is wrong with an answer.
struct Wrong {
    kind: ErrorKind,
    detail: Option<Cow<'static, str>>,
}

impl Wrong {
    fn new(kind: ErrorKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: Some(detail.into()) }
    }
}

impl From<CodecError> for Wrong {
    fn from(error: CodecError) -> Self {
        match error {
            CodecError::Garbage(what) => Self::new(ErrorKind::Garbage, what),
            CodecError::TooLarge(_) => Self::new(ErrorKind::TooLarge, error.to_string()),
            CodecError::Closed => Self { kind: ErrorKind::Closed, detail: None },
            CodecError::Truncated => Self { kind: ErrorKind::Truncated, detail: None },
        }
    }
}

/// What an error of the operating system stands for.
enum OsError {
    Is(ErrorKind),
    Timeout,
    Eof,
}

fn kind_of(error: &io::Error) -> OsError {
    // errno(3): the table of the system and that of the process are full. The standard library has
    // no names for them.
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;

    if matches!(error.raw_os_error(), Some(ENFILE | EMFILE)) {
        return OsError::Is(ErrorKind::Descriptors);
    }
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => OsError::Timeout,
        io::ErrorKind::UnexpectedEof => OsError::Eof,
        io::ErrorKind::ConnectionRefused => OsError::Is(ErrorKind::Refused),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => OsError::Is(ErrorKind::Reset),
        io::ErrorKind::AddrNotAvailable => OsError::Is(ErrorKind::Ports),
        _ => OsError::Is(ErrorKind::Other),
    }
}

/// What the system says, without the number that the standard library adds to it.
fn system_text(error: &io::Error) -> String {
    let mut text = error.to_string();
    if error.raw_os_error().is_some()
        && let Some(end) = text.rfind(" (os error ")
    {
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests;
