//! One connection, from its first request until it closes.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;
use workload::http::Fault;

use crate::answer::{self, Answer, LARGEST_PIECE_BYTES, Pieces};
use crate::counters::{Counters, Open};
use crate::faults::{self, Takeover};
use crate::pacer::Pacer;
use crate::query::{Encoding, Refused, Request, Wanted};

/// The largest head of a request.
const LARGEST_HEAD_BYTES: usize = 16 * 1024;

/// How long a client may take for the head of a request, from the end of the last answer on.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) counters: Arc<Counters>,
    pub(crate) pacer: Option<Arc<Pacer>>,
}

/// What the requests of one connection leave for each other and for the connection.
#[derive(Default)]
struct Link {
    /// The group of the last request that was counted.
    group: Option<u32>,
    takeover: Option<Takeover>,
}

/// How hyper's part of a connection ended.
enum End {
    Closed,
    /// The client left before it had its answer.
    Abandoned,
    /// What came was no request, and hyper has said so.
    Misunderstood,
    TakenOver(Takeover),
}

/// Serves the connection until either side closes it, or, once the server stops, until the request
/// that is open is answered.
pub(crate) async fn serve(stream: TcpStream, shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let link = Arc::new(Mutex::new(Link::default()));
    let service = service_fn(|request| {
        // The delay counts from here on: hyper has read the head.
        let read_at = Instant::now();
        let (shared, link) = (shared.clone(), link.clone());
        async move { Ok::<_, Infallible>(respond(&request, read_at, &shared, &link).await) }
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_header_size(LARGEST_HEAD_BYTES)
        .max_buf_size(usize::try_from(LARGEST_PIECE_BYTES).unwrap_or(usize::MAX))
        .serve_connection(TokioIo::new(stream), service);
    let end = {
        let mut stopping = pin!(stop.wait_for(|stop| *stop));
        let mut is_stopping = false;
        poll_fn(|context| {
            if !is_stopping && stopping.as_mut().poll(context).is_ready() {
                is_stopping = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
            if let Poll::Ready(result) = Pin::new(&mut connection).poll(context) {
                return Poll::Ready(match result {
                    Ok(()) => End::Closed,
                    Err(error) if error.is_parse() => End::Misunderstood,
                    Err(_) => End::Abandoned,
                });
            }
            // Only a request of this connection sets it, and it does so while it is polled.
            match lock(&link).takeover.take() {
                Some(takeover) => Poll::Ready(End::TakenOver(takeover)),
                None => Poll::Pending,
            }
        })
        .await
    };
    let stream = connection.into_parts().io.into_inner();
    match end {
        End::Closed => {}
        // A client that dies with many connections open leaves a port behind for each, which waits for
        // a minute in case something is still under way. A client that connects from one of them meanwhile
        // shares what the kernel keeps of it, and is weighed too light. A reset gives them back.
        End::Abandoned => drop(stream.set_zero_linger()),
        End::Misunderstood => drop(faults::close(stream).await),
        End::TakenOver(takeover) => takeover.perform(stream, &mut stop).await,
    }
}

async fn respond(
    request: &hyper::Request<Incoming>,
    read_at: Instant,
    shared: &Shared,
    link: &Mutex<Link>,
) -> Response<Answer> {
    if request.method() != Method::GET {
        return answer::only_get(request.method());
    }
    let uri = request.uri();
    match Request::parse(uri.path(), uri.query().unwrap_or_default()) {
        Ok(Request::Stats(group)) => answer::stats(&shared.counters.read(group)),
        Ok(Request::Wait(wanted)) => {
            let open = count(&wanted, shared, link);
            wait_until(read_at, wanted.delay).await;
            let pieces = Pieces::of(&wanted, shared.pacer.clone(), open);
            if wanted.encoding == Encoding::Close {
                return hand_over(link, Takeover { fault: None, wanted, pieces }).await;
            }
            answer::sum(&wanted, pieces)
        }
        Ok(Request::Fault(fault, wanted)) => {
            let open = count(&wanted, shared, link).as_a_fault();
            if fault == Fault::SlowDrip {
                let pieces = Pieces::of(&wanted, shared.pacer.clone(), open).slowly(wanted.delay);
                return answer::sum(&wanted, pieces);
            }
            wait_until(read_at, wanted.delay).await;
            if fault == Fault::Status500 {
                return answer::line(StatusCode::INTERNAL_SERVER_ERROR, "500 was asked for");
            }
            let pieces = Pieces::of(&wanted, shared.pacer.clone(), open);
            hand_over(link, Takeover { fault: Some(fault), wanted, pieces }).await
        }
        Err(refused) => {
            let status = match refused {
                Refused::Path(_) => StatusCode::NOT_FOUND,
                _ => StatusCode::BAD_REQUEST,
            };
            answer::line(status, &refused.to_string())
        }
    }
}

fn count(wanted: &Wanted, shared: &Shared, link: &Mutex<Link>) -> Open {
    let previous = lock(link).group.replace(wanted.group);
    shared.counters.open(wanted.group, previous)
}

async fn wait_until(start: Instant, delay: Duration) {
    if !delay.is_zero() {
        tokio::time::sleep_until(start + delay).await;
    }
}

/// Leaves the connection to other code. The request that does so never ends: it is dropped.
async fn hand_over(link: &Mutex<Link>, takeover: Takeover) -> Response<Answer> {
    lock(link).takeover = Some(takeover);
    std::future::pending().await
}

fn lock(link: &Mutex<Link>) -> std::sync::MutexGuard<'_, Link> {
    link.lock().unwrap_or_else(PoisonError::into_inner)
}
