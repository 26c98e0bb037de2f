//! The servers that cells ask: our own, in a process of its own, or the one that the user names.
//!
//! Our own is started when the first cell wants one, and stopped when the run is over, also when it
//! is interrupted: it ends when the pipe to its standard input does. One that has died is started
//! again for the next cell. Each cell has a number of its own under which the server counts its
//! requests, so cells do not see each other's, nor those of strangers.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::num::{NonZeroU8, NonZeroU64};
use std::path::{Path, PathBuf};
use std::time::Duration;

use workload::http::Stats;

use crate::protocol::ServerLine;

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
    /// The user's.
    Given(SocketAddr),
}

#[derive(Debug)]
struct Own {
    rate_limit: Option<NonZeroU64>,
    process: process::Server,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum NoServer {
    /// The URL is not one that can be asked.
    #[error("`{given}` is no server that can be asked: give http://HOST or http://HOST:PORT")]
    NotAUrl {
        /// What was given.
        given: String,
    },
    /// The host is unknown.
    #[error("`{given}` is nowhere: {problem}")]
    Nowhere {
        /// What was given.
        given: String,
        /// What the resolver says.
        problem: String,
    },
    /// It does not say how it is.
    #[error("{server} does not answer GET /stats as a delay-server does: {problem}")]
    Dumb {
        /// Where it is.
        server: SocketAddr,
        /// What is wrong.
        problem: String,
    },
    /// Our own does not start.
    #[error("the delay server does not start: {0}")]
    NotStarted(String),
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
    pub fn at(url: &str) -> Result<Self, NoServer> {
        let address = resolve(url)?;
        ask(address, None)?;
        Ok(Self::from(Source::Given(address)))
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
    pub fn get(&mut self, rate_limit: Option<NonZeroU64>) -> Result<ServerLine, NoServer> {
        self.last_group = self.last_group.wrapping_add(1);
        let (address, addresses) = match &self.source {
            Source::Given(address) => {
                ask(*address, None)?;
                (*address, NonZeroU8::MIN)
            }
            Source::Own(program) => {
                self.own.retain(|own| ask(own.process.address(), None).is_ok());
                let known = self.own.iter().find(|own| own.rate_limit == rate_limit);
                let address = match known {
                    Some(own) => own.process.address(),
                    None => {
                        let process = process::Server::start(program, rate_limit)?;
                        let address = process.address();
                        self.own.push(Own { rate_limit, process });
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
/// # Errors
/// If it does not say.
pub fn ask(server: SocketAddr, group: Option<u32>) -> Result<Stats, NoServer> {
    Stats::of(server, group, PATIENCE)
        .map_err(|error| NoServer::Dumb { server, problem: error.to_string() })
}

fn resolve(url: &str) -> Result<SocketAddr, NoServer> {
    let not_a_url = || NoServer::NotAUrl { given: url.to_owned() };
    let host = url.strip_prefix("http://").ok_or_else(not_a_url)?;
    let host = host.strip_suffix('/').unwrap_or(host);
    if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) {
        return Err(not_a_url());
    }
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let with_port = if has_port { host.to_owned() } else { format!("{host}:80") };
    let nowhere = |problem: &dyn fmt::Display| NoServer::Nowhere {
        given: url.to_owned(),
        problem: problem.to_string(),
    };
    let mut addresses = with_port.to_socket_addrs().map_err(|error| nowhere(&error))?;
    addresses.next().ok_or_else(|| nowhere(&"the name has no address"))
}

#[cfg(feature = "server")]
mod process {
    use std::net::SocketAddr;
    use std::num::NonZeroU64;
    use std::path::Path;

    use delay_server::process::ServerProcess;

    use super::{ADDRESSES, NoServer};

    #[derive(Debug)]
    pub(super) struct Server(ServerProcess);

    impl Server {
        pub(super) fn start(
            program: &Path,
            rate_limit: Option<NonZeroU64>,
        ) -> Result<Self, NoServer> {
            let mut arguments = vec!["--addresses".to_owned(), ADDRESSES.to_string()];
            if let Some(limit) = rate_limit {
                arguments.extend(["--rate-limit".to_owned(), limit.to_string()]);
            }
            ServerProcess::start(program, &arguments)
                .map(Self)
                .map_err(|error| NoServer::NotStarted(error.to_string()))
        }

        pub(super) fn address(&self) -> SocketAddr {
            self.0.address()
        }
    }
}

#[cfg(not(feature = "server"))]
mod process {
    use std::net::SocketAddr;
    use std::num::NonZeroU64;
    use std::path::Path;

    use super::NoServer;

    #[derive(Debug)]
    pub(super) enum Server {}

    impl Server {
        pub(super) fn start(_: &Path, _: Option<NonZeroU64>) -> Result<Self, NoServer> {
            Err(NoServer::NotStarted(
                "it is compiled out; build with `--features server`, or give --server URL".into(),
            ))
        }

        pub(super) fn address(&self) -> SocketAddr {
            match *self {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_url_has_a_scheme_and_a_host_and_nothing_else() {
        for wrong in
            ["", "127.0.0.1:80", "https://127.0.0.1", "http://", "http://a/b", "http://u@host"]
        {
            let message = Servers::at(wrong).unwrap_err().to_string();
            assert!(message.starts_with(&format!("`{wrong}` is no server")), "{message}");
        }
        assert_eq!(resolve("http://127.0.0.1").unwrap().to_string(), "127.0.0.1:80");
        assert_eq!(resolve("http://127.0.0.1:81/").unwrap().to_string(), "127.0.0.1:81");
        assert_eq!(resolve("http://[::1]:81").unwrap().to_string(), "[::1]:81");
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
