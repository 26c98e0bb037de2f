//! What goes wrong on request, on a connection that hyper has let go of.
//!
//! `slow-drip` and `500` are not here: they are answers like others, except for their pace and
//! their status. An answer whose end is the connection's end is here, because hyper has it for
//! HTTP/1.0 only.

use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::sync::watch;
use workload::http::Fault;

use crate::answer::{self, Pieces};
use crate::query::Wanted;

/// How long a client may take to close its side after the server closed its own.
const LINGER: Duration = Duration::from_secs(2);

/// What no client can take for the beginning of an answer.
const GARBAGE: &[u8] = b"\x16\x03\x03\x00\xff this is no HTTP \xde\xad\xbe\xef\r\n\r\n";

/// What is to be done with a connection, instead of what hyper would do.
pub(crate) struct Takeover {
    /// What is to go wrong; `None` of an answer that ends when the connection does.
    pub(crate) fault: Option<Fault>,
    pub(crate) wanted: Wanted,
    pub(crate) pieces: Pieces,
}

impl Takeover {
    /// Does it, and closes the connection. What has no end ends when the server stops.
    pub(crate) async fn perform(self, stream: TcpStream, stop: &mut watch::Receiver<bool>) {
        let over = pin!(async { drop(stop.wait_for(|stop| *stop).await) });
        let Self { fault, wanted, mut pieces } = self;
        // An error means that the client is gone and cannot be told.
        let _: io::Result<()> = async {
            match fault {
                None => {
                    send(&stream, &answer::head(&wanted)).await?;
                    send_pieces(&stream, &mut pieces).await?;
                    pieces.served();
                    close(stream).await?;
                }
                Some(Fault::Reset) => {
                    drop(pieces);
                    stream.set_zero_linger()?;
                }
                Some(Fault::Garbage) => {
                    drop(pieces);
                    send(&stream, GARBAGE).await?;
                    close(stream).await?;
                }
                Some(fault @ (Fault::Truncate | Fault::Stall)) => {
                    let mut half = pieces.half();
                    send(&stream, &answer::head(&wanted)).await?;
                    send_pieces(&stream, &mut half).await?;
                    if fault == Fault::Stall {
                        first(until_client_leaves(&stream), over).await;
                    } else {
                        drop(half);
                        close(stream).await?;
                    }
                }
                Some(Fault::Silence) => {
                    first(until_client_leaves(&stream), over).await;
                }
                // The last two are answers of hyper's, and never get here.
                Some(Fault::Close | Fault::SlowDrip | Fault::Status500) => {
                    drop(pieces);
                    close(stream).await?;
                }
            }
            Ok(())
        }
        .await;
    }
}

/// Closes the connection so that the client reads its end, and not a reset.
///
/// The kernel resets a connection that is closed with bytes of the client unread, or to which more
/// of them come: so they are read, until the client has closed its side too.
pub(crate) async fn close(mut stream: TcpStream) -> io::Result<()> {
    drain(&stream)?;
    poll_fn(|context| std::pin::Pin::new(&mut stream).poll_shutdown(context)).await?;
    let _ = tokio::time::timeout(LINGER, until_client_leaves(&stream)).await;
    Ok(())
}

async fn send_pieces(stream: &TcpStream, pieces: &mut Pieces) -> io::Result<()> {
    while let Some(piece) = poll_fn(|context| pieces.poll_next(context)).await {
        send(stream, &piece).await?;
    }
    Ok(())
}

async fn send(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(sent) => bytes = &bytes[sent..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads what has come, without waiting for more. Whether the client has closed its side.
fn drain(stream: &TcpStream) -> io::Result<bool> {
    let mut unread = [0; 4096];
    loop {
        match stream.try_read(&mut unread) {
            Ok(0) => return Ok(true),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        }
    }
}

async fn until_client_leaves(stream: &TcpStream) {
    while stream.readable().await.is_ok() && matches!(drain(stream), Ok(false)) {}
}

/// Ends when one of the two ends.
async fn first(one: impl Future<Output = ()>, mut other: impl Future<Output = ()> + Unpin) {
    let mut one = pin!(one);
    poll_fn(|context| {
        if one.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        std::pin::Pin::new(&mut other).poll(context)
    })
    .await;
}
