//! Where a server listens: on a loopback address or a unix socket of this machine.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use socket2::{Domain, SockAddr, Socket, Type};

/// From how many addresses connections are made in turn. Each has some 28,000 ports on Linux.
const SOURCES: u64 = 64;

/// The longest path of a unix socket (`sun_path` in unix(7), less its end).
const LONGEST_PATH: usize = 107;

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A port of a loopback address.
    Tcp(SocketAddr),
    /// A unix socket.
    Unix(PathBuf),
}

impl Address {
    /// A socket that connects to it, from the nth of many addresses, and whether it is connected already.
    ///
    /// # Errors
    /// If the system refuses it.
    pub fn connect(&self, nth: u64) -> io::Result<(Socket, bool)> {
        let (domain, to) = match self {
            Self::Tcp(to) => (Domain::for_address(*to), SockAddr::from(*to)),
            Self::Unix(path) => (Domain::UNIX, SockAddr::unix(path)?),
        };
        let socket = Socket::new(domain, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        // Elsewhere than on Linux, 127.0.0.1 alone is this machine until it is told more.
        if let Self::Tcp(SocketAddr::V4(_)) = self
            && cfg!(target_os = "linux")
        {
            let last = u8::try_from(nth % SOURCES).unwrap_or(0);
            socket.bind(&SocketAddr::from((Ipv4Addr::new(127, 0, 1, 1 + last), 0)).into())?;
        }
        match socket.connect(&to) {
            Ok(()) => Ok((socket, true)),
            Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => Ok((socket, false)),
            Err(error) => Err(error),
        }
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let allowed = "give 127.0.0.1:PORT, localhost:PORT, [::1]:PORT or unix:PATH, with a PORT from 1 to 65535";
        let path = text.strip_prefix("unix:").or_else(|| text.contains('/').then_some(text));
        if let Some(path) = path.filter(|path| !path.contains("://")) {
            return match path.len() {
                1..=LONGEST_PATH => Ok(Self::Unix(path.into())),
                _ => Err(format!("`{text}` is no path of 1 to {LONGEST_PATH} bytes: {allowed}")),
            };
        }
        let text = text.strip_prefix("http://").map_or(text, |rest| rest.trim_end_matches('/'));
        let parts = text.rsplit_once(':');
        let parts = parts.and_then(|(host, port)| {
            Some((host, port.parse::<u16>().ok().filter(|port| *port > 0)?))
        });
        let Some((host, port)) = parts.filter(|(host, _)| !host.is_empty() && !host.contains('/'))
        else {
            return Err(format!("`{text}` is no address: {allowed}"));
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let ip: Option<IpAddr> =
            if host == "localhost" { Some(Ipv4Addr::LOCALHOST.into()) } else { bare.parse().ok() };
        match ip.filter(IpAddr::is_loopback) {
            Some(ip) => Ok(Self::Tcp(SocketAddr::new(ip, port))),
            None => Err(format!(
                "`{text}` is not a loopback address, and the memory of another host cannot be read from \
                 here: run this on that host, and {allowed}"
            )),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_on_this_machine() {
        for (text, shown) in [
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("127.9.9.9:1", "127.9.9.9:1"),
            ("localhost:8080", "127.0.0.1:8080"),
            ("http://127.0.0.1:80/", "127.0.0.1:80"),
            ("[::1]:80", "[::1]:80"),
            ("unix:a.sock", "unix:a.sock"),
            ("/run/a.sock", "unix:/run/a.sock"),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), shown);
            assert_eq!(shown.parse(), Ok(address));
        }
    }

    #[test]
    fn another_host_and_what_is_no_address_are_refused() {
        let long = "/x".repeat(LONGEST_PATH);
        for (text, why) in [
            ("example.com:80", "another host"),
            ("10.0.0.1:80", "another host"),
            ("0.0.0.0:80", "another host"),
            ("[::]:80", "another host"),
            ("8080", "no address"),
            ("127.0.0.1", "no address"),
            ("127.0.0.1:0", "no address"),
            ("127.0.0.1:99999", "no address"),
            ("", "no address"),
            ("unix:", "no path"),
            (&long, "no path"),
        ] {
            let message = text.parse::<Address>().unwrap_err();
            assert!(message.contains(why) && message.contains(&format!("`{text}`")), "{message}");
        }
    }
}
