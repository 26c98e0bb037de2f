//! A plain client on hyper and tokio, to hold our requests per second against.
//!
//! It does what an `http` task does, with hyper in the place of our codec and one timeout in the place of three: each
//! request has a new connection, and every byte of the answer is checked. The connection is a task
//! beside the one that asks, as in hyper's own examples; to poll both in one task is not measurably
//! faster.

use std::error::Error;
use std::io;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::handshake;
use hyper::header::{CONNECTION, HOST};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout_at;
use workload::http::fetch::SUM_HEADER;
use workload::http::{Fetch, body};
use workload::{Ledger, State, Task, TaskHandle};

use super::straight::{Straight, only_requests};

pub(super) const HYPER: Straight = Straight {
    id: "baseline/hyper",
    of: None,
    summary: "a plain client on hyper and tokio, a worker thread for each core",
    stays_in_process: false,
    unsupported: only_requests,
    start: || {
        let runtime = Builder::new_multi_thread().enable_io().enable_time().build()?;
        Ok(Box::new(move |ledger| run(&runtime, ledger)))
    },
};

fn run(runtime: &Runtime, ledger: &'static Ledger) {
    runtime.block_on(async {
        for index in 0..ledger.workload().tasks {
            tokio::spawn(fetch(ledger.handle(index)));
        }
        ledger.over().await;
    });
}

async fn fetch(mut handle: TaskHandle) {
    handle.sign_in();
    let Some(deadline) = handle.next_wait() else {
        return;
    };
    // It knows where the server is, and our words for what goes wrong.
    let fetch = Fetch::begin(&handle, deadline);
    let ask = async {
        let stream = TcpStream::connect(fetch.address()).await;
        let stream = stream.map_err(|error| fetch.connect_failed(&error))?;
        get(&handle, stream).await.map_err(|error| fetch.read_failed(&io::Error::other(error)))
    };
    // One timeout for all of it, as a plain client would have.
    let total = handle.workload().asks().map_or(Duration::ZERO, |http| http.timeouts.total);
    let too_late = || fetch.read_failed(&io::ErrorKind::TimedOut.into());
    let sum = timeout_at((deadline + total).instant().into(), ask)
        .await
        .unwrap_or_else(|_| Err(too_late()));
    match sum {
        Ok(sum) => {
            handle.woke(deadline, &State::<0>::empty());
            handle.sign_out(sum);
        }
        Err(error) => handle.fail(&error),
    }
}

/// One request and its answer. Returns the sum that the server worked out.
async fn get(handle: &TaskHandle, stream: TcpStream) -> Result<u64, Box<dyn Error + Send + Sync>> {
    stream.set_nodelay(true)?;
    let host = stream.peer_addr()?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);

    let Task { a, b } = handle.task();
    let http = handle.workload().asks().ok_or("this is no request")?;
    let (bytes, group) = (http.bytes, http.group);
    let ms = handle.workload().duration_of(handle.index()).as_secs_f64() * 1e3;
    let request = Request::get(format!("/wait?ms={ms}&bytes={bytes}&a={a}&b={b}&group={group}"))
        .header(HOST, host.to_string())
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())?;
    let mut answer = sender.send_request(request).await?;
    let sum = sum_of(&answer)?;

    let mut length = 0;
    while let Some(frame) = answer.frame().await {
        if let Some(bytes) = frame?.data_ref() {
            if !body::is_right(handle.task(), length, bytes) {
                return Err("a byte of the body is not this task's".into());
            }
            length += bytes.len() as u64;
        }
    }
    if length != bytes {
        return Err(format!("{length} bytes instead of {bytes}").into());
    }
    Ok(sum)
}

fn sum_of(answer: &Response<Incoming>) -> Result<u64, Box<dyn Error + Send + Sync>> {
    if answer.status() != StatusCode::OK {
        return Err(answer.status().to_string().into());
    }
    let sum = answer.headers().get(SUM_HEADER).ok_or("an answer without a sum")?;
    Ok(sum.to_str()?.parse()?)
}
