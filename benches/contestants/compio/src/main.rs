//! `rust/compio`: async tasks on compio, whose sockets are io_uring's, all on one thread.
//!
//! An operation is handed to the kernel with its buffer, and is done when the kernel says so. So a task that
//! waits for an answer holds the buffer that it will be in.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::process::ExitCode;

use compio::buf::BufResult;
use compio::io::{AsyncRead, AsyncWriteExt};
use compio::net::TcpStream;
use compio::runtime::{Runtime, spawn};
use compio::time::{sleep_until, timeout};
use contestant::Program;
use contestant::workload::http::{Answer, Fetch, FetchError};
use contestant::workload::{
    About, Contestant, Instance, Ledger, Moment, Refusal, Settings, Start, State, TaskHandle, Wait,
    WithState, Workload,
};

/// How much of an answer is read at once, in bytes.
const BUFFER: usize = 2 * 1024;

struct Compio;

struct Started(Runtime);

fn main() -> ExitCode {
    if let Err(error) = Runtime::new() {
        eprintln!("io_uring, which compio needs, is not to be had from this kernel: {error}");
        return ExitCode::FAILURE;
    }
    let lock = include_str!("../Cargo.lock").split("name = \"compio\"\nversion = \"").nth(1);
    let version = lock.and_then(|rest| rest.split('"').next()).unwrap_or("unknown");
    let versions = BTreeMap::from([("compio".to_owned(), version.to_owned())]);
    Program { versions, ..Program::default() }.serve(vec![Box::new(Compio)], None)
}

impl Contestant for Compio {
    fn about(&self) -> About {
        let summary = "async tasks on compio over io_uring, all on one thread";
        About {
            model: Some("coroutines"),
            timer: Some("a heap, 1 ns; sleeps in io_uring_enter"),
            is_on_one_thread: true,
            ..About::new("rust/compio", summary)
        }
    }

    fn unsupported(&self, workload: &Workload) -> Option<&'static str> {
        let is_kept = workload.asks().is_some_and(|http| http.keep_alive);
        (is_kept || workload.is_relay()).then_some("timers, and requests over a connection each")
    }

    fn start(&self, _: &Settings) -> Result<Box<dyn Instance>, Refusal> {
        let runtime =
            Runtime::new().map_err(|source| Refusal::Start { what: "io_uring", source })?;
        Ok(Box::new(Started(runtime)))
    }
}

impl Instance for Started {
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal> {
        ledger.workload().state.with(RunAll { runtime: &self.0, ledger });
        Ok(())
    }
}

struct RunAll<'a> {
    runtime: &'a Runtime,
    ledger: &'static Ledger,
}

impl WithState for RunAll<'_> {
    type Output = ();

    fn with<const N: usize>(self) {
        let Self { runtime, ledger } = self;
        runtime.block_on(async {
            for start in ledger.starts() {
                match (start, ledger.workload().wait) {
                    (Start::At(moment), _) => sleep_until(moment.instant()).await,
                    (Start::Now(handle), Wait::Http(_)) => spawn(fetch::<N>(handle)).detach(),
                    (Start::Now(handle), _) => spawn(add::<N>(handle)).detach(),
                }
            }
            ledger.over().await;
        });
    }
}

#[allow(clippy::manual_async_fn, reason = "an async function would hold its handle twice")]
fn add<const N: usize>(mut handle: TaskHandle) -> impl Future<Output = ()> {
    async move {
        handle.sign_in();
        let mut state = State::<N>::empty();
        state.fill(handle.task());
        while let Some(deadline) = handle.next_wait() {
            sleep_until(deadline.instant()).await;
            handle.woke(deadline, &state);
        }
        let sum = handle.task().sum();
        handle.sign_out(sum);
    }
}

#[allow(clippy::manual_async_fn, reason = "as above")]
fn fetch<const N: usize>(mut handle: TaskHandle) -> impl Future<Output = ()> {
    async move {
        handle.sign_in();
        let mut state = State::<N>::empty();
        state.fill(handle.task());
        let mut sum = 0;
        while let Some(deadline) = handle.next_wait() {
            match exchange(&mut Fetch::begin(&handle, deadline)).await {
                Ok(answer) => sum = answer.sum,
                Err(error) => return handle.fail(&error),
            }
            handle.woke(deadline, &state);
        }
        handle.sign_out(sum);
    }
}

/// One request and its answer, over a connection of its own.
async fn exchange(fetch: &mut Fetch) -> Result<Answer, FetchError> {
    let connected = in_time(fetch.connect_by(), TcpStream::connect(fetch.address())).await;
    let stream = connected.and_then(|stream| stream.set_nodelay(true).map(|()| stream));
    let mut stream = stream.map_err(|error| fetch.connect_failed(&error))?;
    let request = fetch.request();
    let sent = in_time(fetch.progress_by(), async { stream.write_all(request).await.0 }).await;
    sent.map_err(|error| fetch.send_failed(&error))?;
    let mut buffer = Vec::with_capacity(BUFFER);
    loop {
        let read = in_time(fetch.progress_by(), async {
            let BufResult(read, buffer) = stream.read(buffer).await;
            read.map(|length| (length, buffer))
        });
        let (length, bytes) = read.await.map_err(|error| fetch.read_failed(&error))?;
        let answer = match length {
            0 => fetch.ended().map(Some),
            _ => fetch.received(&bytes[..length]),
        };
        if let Some(answer) = answer? {
            return Ok(answer);
        }
        buffer = bytes;
        buffer.clear();
    }
}

/// The operation, which fails with [`io::ErrorKind::TimedOut`] if it is not done at `by`.
async fn in_time<T>(by: Moment, operation: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let done = timeout(by.since(Moment::now()), operation).await;
    done.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
