//! The servers that cells ask: our own, in a process of its own, or the one that the user names.
//!
//! Our own is started when the first cell wants one, and stopped when the run is over, also when it
//! is interrupted: it ends when the pipe to its standard input does. One that has died is started
//! again for the next cell. Each cell has a number of its own under which the server counts its
//! requests, so cells do not see each other's, nor those of strangers.

use std::collections::HashMap;
use std::net::{SocketAddr, ToSocketAddrs};
use std::num::{NonZeroU8, NonZeroU64};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::anyhow;
use workload::http::Stats;
use workload::http::get::Client;

use crate::limits::Limits;
use protocol::ServerLine;

/// How long a server may take to say how it is.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// On how many addresses our own server listens. From one address to one port of another, Linux has
/// some 28,000 ports, and one that was used is not free again at once. Each address also brings a
/// queue of its own for connections that are not accepted yet.
const ADDRESSES: NonZeroU8 =
    NonZeroU8::new(if cfg!(target_os = "linux") { 16 } else { 1 }).unwrap();

/// Where cells find their server.
#[derive(Debug)]
pub struct Servers {
    source: Source,
    own: Vec<Own>,
    last_group: u32,
}

#[derive(Debug)]
enum Source {
    /// This program, again.
    Own(PathBuf),
    /// The user's, on so many addresses.
    Given(SocketAddr, NonZeroU8),
}

#[derive(Debug)]
struct Own {
    rate_limit: Option<NonZeroU64>,
    /// How many descriptors it may have.
    nofile: Option<u64>,
    process: process::ServerProcess,
}

impl Servers {
    /// Servers of our own, which `program` becomes when it is asked to.
    pub fn own(program: &Path) -> Self {
        Self::from(Source::Own(program.to_owned()))
    }

    /// The server at this URL, which must be there and say how it is.
    ///
    /// # Errors
    /// If it is not, or is no URL of the form `http://HOST[:PORT]`.
    pub fn at(url: &str) -> anyhow::Result<Self> {
        let mut last = None;
        for address in resolve(url)? {
            match ask(address, None) {
                Ok(stats) => {
                    let addresses = NonZeroU8::new(stats.addresses).unwrap_or(NonZeroU8::MIN);
                    return Ok(Self::from(Source::Given(address, addresses)));
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| anyhow!("`{url}` is nowhere: the name has no address")))
    }

    fn from(source: Source) -> Self {
        // Not from 0: a server of the user's may still know the groups of another run.
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let last_group = since.map_or(0, |since| since.subsec_nanos()) ^ std::process::id();
        Self { source, own: Vec::new(), last_group }
    }

    /// A server with this limit that answers, and a number that no other cell has.
    ///
    /// # Errors
    /// If there is none and none can be started.
    pub fn get(&mut self, rate_limit: Option<NonZeroU64>) -> anyhow::Result<ServerLine> {
        self.last_group = self.last_group.wrapping_add(1);
        let (address, addresses) = match &self.source {
            Source::Given(address, addresses) => {
                ask(*address, None)?;
                (*address, *addresses)
            }
            Source::Own(program) => {
                for own in std::mem::take(&mut self.own) {
                    match ask(own.process.address(), None) {
                        Ok(_) => self.own.push(own),
                        // It is dead or stuck: it will not stop by itself.
                        Err(_) => own.process.kill(),
                    }
                }
                let nofile = Limits::read().get("nofile");
                let is_known = |own: &&Own| own.rate_limit == rate_limit && own.nofile == nofile;
                let known = self.own.iter().find(is_known);
                let address = match known {
                    Some(own) => own.process.address(),
                    None => {
                        let process = process::start(program, rate_limit)?;
                        let address = process.address();
                        self.own.push(Own { rate_limit, nofile, process });
                        ask(address, None)?;
                        address
                    }
                };
                (address, ADDRESSES)
            }
        };
        Ok(ServerLine { address, addresses, group: self.last_group })
    }
}

/// What the server says of this group's requests, or of all.
///
/// The connection to each server is kept: one whose descriptors have run out still answers over it.
///
/// # Errors
/// If it does not say.
pub fn ask(server: SocketAddr, group: Option<u32>) -> anyhow::Result<Stats> {
    static CLIENTS: Mutex<Option<HashMap<SocketAddr, Client>>> = Mutex::new(None);
    let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    let client =
        clients.get_or_insert_default().entry(server).or_insert_with(|| Client::new(server));
    Stats::ask(client, group, PATIENCE).map_err(|error| {
        anyhow!("{server} does not answer GET /stats as a delay-server does: {}", error.why)
    })
}

fn resolve(url: &str) -> anyhow::Result<Vec<SocketAddr>> {
    const SCHEME: &str = "http://";
    let not_a_url = || {
        anyhow!(
            "`{url}` is no server that can be asked: give http://HOST or http://HOST:PORT, with an \
             IPv6 address in brackets"
        )
    };
    let (scheme, host) = url.split_at_checked(SCHEME.len()).ok_or_else(not_a_url)?;
    let host = host.strip_suffix('/').unwrap_or(host);
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => {
            (name, port.parse().map_err(|_| not_a_url())?)
        }
        _ => (host, 80),
    };
    // An IPv6 address stands in brackets, or its last part would be taken for a port.
    let is_bare_ipv6 = name.contains(':') && !name.starts_with('[');
    let is_wrong = name.is_empty() || name.contains(['/', '?', '#', '@', ' ']) || is_bare_ipv6;
    if !scheme.eq_ignore_ascii_case(SCHEME) || is_wrong {
        return Err(not_a_url());
    }
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let addresses = (name, port).to_socket_addrs();
    Ok(addresses.map_err(|error| anyhow!("`{url}` is nowhere: {error}"))?.collect())
}

#[cfg(feature = "server")]
mod process {
    use super::*;
    pub(super) use delay_server::process::ServerProcess;

    pub(super) fn start(
        program: &Path,
        rate_limit: Option<NonZeroU64>,
    ) -> anyhow::Result<ServerProcess> {
        let mut arguments = vec!["--addresses".to_owned(), ADDRESSES.to_string()];
        if let Some(limit) = rate_limit {
            arguments.extend(["--rate-limit".to_owned(), limit.to_string()]);
        }
        ServerProcess::start(program, &arguments)
            .map_err(|error| anyhow!("the delay server does not start: {error}"))
    }
}

#[cfg(not(feature = "server"))]
mod process {
    use super::*;

    #[derive(Debug)]
    pub(super) enum ServerProcess {}

    pub(super) fn start(_: &Path, _: Option<NonZeroU64>) -> anyhow::Result<ServerProcess> {
        Err(anyhow!(
            "the delay server does not start: it is compiled out; build with `--features server`, or \
             give --server URL"
        ))
    }

    impl ServerProcess {
        pub(super) fn address(&self) -> SocketAddr {
            match *self {}
        }

        pub(super) fn kill(self) {
            match self {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_url_has_a_scheme_and_a_host_and_nothing_else() {
        let wrong = [
            "",
            "127.0.0.1:80",
            "https://127.0.0.1",
            "http://",
            "http://a/b",
            "http://u@host",
            "http://::1",
            "http://[::1]:99999",
            "http://a:b",
        ];
        for wrong in wrong {
            let message = Servers::at(wrong).unwrap_err().to_string();
            assert!(message.starts_with(&format!("`{wrong}` is no server")), "{message}");
        }
        let first = |url| resolve(url).unwrap()[0].to_string();
        assert_eq!(first("http://127.0.0.1"), "127.0.0.1:80");
        assert_eq!(first("HTTP://127.0.0.1:81/"), "127.0.0.1:81");
        assert_eq!(first("http://[::1]:81"), "[::1]:81");
        assert_eq!(first("http://[::1]"), "[::1]:80");
        let nowhere = resolve("http://nobody.invalid").unwrap_err().to_string();
        assert!(nowhere.starts_with("`http://nobody.invalid` is nowhere: "), "{nowhere}");
    }

    #[test]
    fn a_server_that_is_not_there_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let message = Servers::at(&format!("http://{address}")).unwrap_err().to_string();
        assert!(message.starts_with(&format!("{address} does not answer GET /stats")), "{message}");
    }
}
