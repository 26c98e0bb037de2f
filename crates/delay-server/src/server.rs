//! Listening, accepting and stopping.

use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroU8, NonZeroU64};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use workload::http::spec::nth_address;

use crate::connection::{self, Shared};
use crate::counters::Counters;
use crate::pacer::Pacer;

/// How many connections may wait to be accepted. The kernel takes less if it allows less
/// (`net.core.somaxconn`, 4096 by default since Linux 5.4); more than 16 bits overflowed in some.
const BACKLOG: u32 = u16::MAX as u32;

/// How many free ports are tried until one is free on all addresses.
const MOST_TRIES: usize = 32;

/// How long accepting rests when the process or the system has no descriptor left.
const EXHAUSTED: Duration = Duration::from_millis(5);

/// How a server is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The address to listen on.
    pub bind: IpAddr,
    /// The port; 0 for any that is free.
    pub port: u16,
    /// On how many addresses to listen, counted up from `bind`, all with the same port.
    pub addresses: NonZeroU8,
    /// How many bytes a second all bodies together may have.
    pub rate_limit: Option<NonZeroU64>,
    /// How long open requests are given when the server stops.
    pub grace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bind: IpAddr::from([127, 0, 0, 1]),
            port: 0,
            addresses: NonZeroU8::MIN,
            rate_limit: None,
            grace: Duration::from_secs(5),
        }
    }
}

/// Why a server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The operating system refuses the address.
    #[error("{address} cannot be listened on: {source}")]
    Refused {
        /// The address.
        address: SocketAddr,
        /// The reason given.
        source: io::Error,
    },
    /// There are not so many addresses from this one on.
    #[error("there are no {wanted} addresses from {first} on: give a lower address or fewer")]
    Addresses {
        /// The first one.
        first: IpAddr,
        /// How many were wanted.
        wanted: NonZeroU8,
    },
}

/// A server that listens, and begins to accept when it [runs](Self::run).
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    listeners: Vec<TcpListener>,
    options: Options,
}

impl Server {
    /// Listens. To be called within a tokio runtime with its I/O and its clock enabled.
    ///
    /// # Errors
    /// If an address is taken or does not exist, or no port is free on all of them.
    pub async fn bind(options: Options) -> Result<Self, BindError> {
        let addresses = consecutive(options.bind, options.addresses)?;
        let mut tries_left = MOST_TRIES;
        loop {
            tries_left -= 1;
            match listen_on_all(&addresses, options.port) {
                Ok((address, listeners)) => return Ok(Self { address, listeners, options }),
                // The port that the kernel chose on the first address is taken on another.
                Err(BindError::Refused { source, address })
                    if source.kind() == ErrorKind::AddrInUse
                        && options.port == 0
                        && address.ip() != options.bind
                        && tries_left > 0 => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The first address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` ends, then accepts no more, lets open requests end within the grace
    /// time, and returns how many connections were still open after it.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> usize {
        let pacer = self.options.rate_limit.map(|limit| Arc::new(Pacer::new(limit)));
        let refill = pacer.clone().map(|pacer| tokio::spawn(pacer.refill()));
        let shared =
            Arc::new(Shared { counters: Arc::new(Counters::of(self.options.addresses)), pacer });
        let (stop, stopping) = watch::channel(false);
        for listener in self.listeners {
            tokio::spawn(accept(listener, shared.clone(), stopping.clone()));
        }
        drop(stopping);
        shutdown.await;
        stop.send_replace(true);
        // Every connection holds a receiver for as long as it is there.
        let _ = tokio::time::timeout(self.options.grace, stop.closed()).await;
        if let Some(refill) = refill {
            refill.abort();
        }
        stop.receiver_count()
    }
}

fn consecutive(first: IpAddr, wanted: NonZeroU8) -> Result<Vec<IpAddr>, BindError> {
    let nth = |nth: u8| nth_address(first, nth.into());
    let addresses: Option<Vec<_>> = (0..wanted.get()).map(nth).collect();
    addresses.ok_or(BindError::Addresses { first, wanted })
}

/// Listens on all addresses with this port, or with the one that the first of them gets.
fn listen_on_all(
    addresses: &[IpAddr],
    mut port: u16,
) -> Result<(SocketAddr, Vec<TcpListener>), BindError> {
    let mut listeners = Vec::with_capacity(addresses.len());
    for &ip in addresses {
        let address = SocketAddr::new(ip, port);
        let listener = listen(address)
            .and_then(|listener| Ok((listener.local_addr()?, listener)))
            .map_err(|source| BindError::Refused { address, source })?;
        port = listener.0.port();
        listeners.push(listener);
    }
    let first = SocketAddr::new(addresses[0], port);
    Ok((first, listeners.into_iter().map(|(_, listener)| listener).collect()))
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A port whose last connections are still in TIME_WAIT can be listened on again.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, stopping: watch::Receiver<bool>) {
    let mut own = stopping.clone();
    let mut stopped = pin!(own.wait_for(|stop| *stop));
    loop {
        let accepted = poll_fn(|context| {
            if stopped.as_mut().poll(context).is_ready() {
                return Poll::Ready(None);
            }
            listener.poll_accept(context).map(Some)
        })
        .await;
        match accepted {
            None => return,
            Some(Ok((stream, _))) => start(stream, &shared, &stopping),
            // Other errors are those of a connection that is gone again (accept(2)).
            Some(Err(error)) if is_exhausted(&error) => {
                shared.counters.exhausted();
                tokio::time::sleep(EXHAUSTED).await;
            }
            Some(Err(_)) => {}
        }
    }
}

fn start(stream: TcpStream, shared: &Arc<Shared>, stopping: &watch::Receiver<bool>) {
    // It fails on a connection that is gone again, which serving it will find out.
    let _ = stream.set_nodelay(true);
    tokio::spawn(connection::serve(stream, shared.clone(), stopping.clone()));
}

/// Whether accepting would fail the same way at once.
fn is_exhausted(error: &io::Error) -> bool {
    use nix::errno::Errno;
    let exhausted = [Errno::EMFILE, Errno::ENFILE, Errno::ENOBUFS, Errno::ENOMEM];
    error.raw_os_error().is_some_and(|code| exhausted.contains(&Errno::from_raw(code)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_counted_up() {
        let four = NonZeroU8::new(4).unwrap();
        let texts = |first: &str| {
            let addresses = consecutive(first.parse().unwrap(), four).map_err(|e| e.to_string())?;
            Ok(addresses.iter().map(IpAddr::to_string).collect::<Vec<_>>())
        };
        let expected = ["127.0.0.254", "127.0.0.255", "127.0.1.0", "127.0.1.1"];
        assert_eq!(texts("127.0.0.254"), Ok(expected.map(str::to_owned).to_vec()));
        assert_eq!(
            texts("255.255.255.253"),
            Err("there are no 4 addresses from 255.255.255.253 on: give a lower address or fewer"
                .to_owned())
        );
    }
}
