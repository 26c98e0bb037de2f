//! Which sockets processes have, as the kernel lists them: who listens where, and what was accepted.
//!
//! `/proc/PID/fd` has the numbers of a process's sockets, and `/proc/PID/net/{tcp,tcp6,unix}` what each of
//! all in its network is (`Documentation/networking/proc_net_tcp.rst`, unix(7)). A connection that was not
//! accepted yet is in no process.

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::address::Address;
use crate::meter::process::Procfs;

/// The kernel's tables of TCP sockets, of both versions of IP.
const TCP_TABLES: [&str; 2] = ["tcp", "tcp6"];

/// A socket as the kernel lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Socket {
    local: Address,
    listens: bool,
    /// Whether the other end has not closed it, as far as that is listed.
    is_open: bool,
    inode: u64,
}

/// How many connections to this address these processes have accepted: those that are open, and all that
/// they have not closed; `None` if that may not be read.
pub fn accepted(procfs: &Procfs, pids: &[u32], address: &Address) -> Option<[u64; 2]> {
    let pid = pids.first()?.to_string();
    let (held, all) = (held_by(procfs, pids)?, listed(procfs, &pid, Some(address)));
    let is_one = |socket: &&Socket| {
        !socket.listens && is_at(&socket.local, address) && held.contains(&socket.inode)
    };
    let open = all.iter().filter(is_one).filter(|socket| socket.is_open).count();
    Some([open as u64, all.iter().filter(is_one).count() as u64])
}

/// How many connections to this address wait to be accepted: of one that listens, its bytes to be read are
/// that. The kernel lists those first, so that no more is read than they are; of unix sockets it does not say.
pub fn queued(procfs: &Procfs, address: &Address) -> u64 {
    let Address::Tcp(_) = address else { return 0 };
    // A row a read: after the last one that listens the kernel may search for long.
    const ROW: usize = 150;
    let mut waiting = None;
    for table in TCP_TABLES {
        let path = procfs.root().join("self/net").join(table);
        let Ok(file) = fs::File::open(path) else { continue };
        for line in BufReader::with_capacity(ROW, file).lines().map_while(Result::ok).skip(1) {
            let Some(socket) = tcp_socket(&line).filter(|socket| socket.listens) else { break };
            let queue = line.split_whitespace().nth(4).and_then(|both| both.split_once(':'));
            let queue = queue.and_then(|(_, of)| u64::from_str_radix(of, 16).ok());
            if takes(&socket.local, address) {
                waiting = Some(waiting.unwrap_or(0) + queue.unwrap_or(0));
            }
        }
        if waiting.is_some() {
            break;
        }
    }
    waiting.unwrap_or(0)
}

/// Whether something listens there.
pub fn is_taken(procfs: &Procfs, address: &Address) -> bool {
    // A unix socket of that name in another folder is another one.
    let is_there = |local: &Address| match (local, address) {
        (Address::Unix(local), Address::Unix(to)) => local == to,
        _ => takes(local, address),
    };
    let all = listed(procfs, "self", Some(address));
    all.iter().any(|socket| socket.listens && is_there(&socket.local))
}

/// Where these processes listen; `None` if that may not be read.
pub fn listening(procfs: &Procfs, pids: &[u32]) -> Option<Vec<Address>> {
    let Some(first) = pids.first() else { return Some(Vec::new()) };
    let held = held_by(procfs, pids)?;
    let all = listed(procfs, &first.to_string(), None).into_iter();
    let listening = all.filter(|socket| socket.listens && held.contains(&socket.inode));
    Some(listening.map(|socket| socket.local).collect())
}

/// Whether one that listens there takes connections to this address.
pub fn takes(listens: &Address, address: &Address) -> bool {
    match (listens, address) {
        (Address::Tcp(listens), Address::Tcp(to)) => {
            let own = listens.ip().to_canonical();
            let is_any = own.is_unspecified() && (own.is_ipv6() || to.is_ipv4());
            listens.port() == to.port() && (is_any || own == to.ip())
        }
        _ => is_at(listens, address),
    }
}

/// The process that listens there, as far as it may be seen, with its name.
pub fn holder(procfs: &Procfs, address: &Address) -> Option<(u32, String)> {
    let pids = fs::read_dir(procfs.root()).ok()?.flatten();
    let mut pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let pid = pids.find(|pid| {
        let listens = listening(procfs, &[*pid]).unwrap_or_default();
        listens.iter().any(|listens| takes(listens, address))
    })?;
    Some((pid, procfs.name(pid).unwrap_or_default()))
}

fn is_at(local: &Address, address: &Address) -> bool {
    match (local, address) {
        (Address::Tcp(local), Address::Tcp(to)) => {
            local.port() == to.port() && local.ip().to_canonical() == to.ip()
        }
        // A path is as the server gave it, and may be seen from another folder.
        (Address::Unix(local), Address::Unix(to)) => {
            local == to || local.file_name() == to.file_name()
        }
        _ => false,
    }
}

/// The numbers of the sockets of these processes.
fn held_by(procfs: &Procfs, pids: &[u32]) -> Option<HashSet<u64>> {
    let mut found = HashSet::new();
    for pid in pids {
        let folder = procfs.root().join(pid.to_string()).join("fd");
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return None,
            entries => entries.into_iter().flatten().flatten(),
        };
        found.extend(entries.filter_map(|entry| {
            let link = fs::read_link(entry.path()).ok()?;
            link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse::<u64>().ok()
        }));
    }
    Some(found)
}

/// All sockets in the network of this process that can have this address, or any. At many connections each of the
/// kernel's tables takes long to read.
fn listed(procfs: &Procfs, pid: &str, of: Option<&Address>) -> Vec<Socket> {
    let folder = procfs.root().join(pid).join("net");
    let read = |table: &str| fs::read_to_string(folder.join(table)).unwrap_or_default();
    let mut all = Vec::new();
    if !matches!(of, Some(Address::Unix(_))) {
        for text in TCP_TABLES.map(read) {
            all.extend(text.lines().skip(1).filter_map(tcp_socket));
        }
    }
    if !matches!(of, Some(Address::Tcp(_))) {
        all.extend(read("unix").lines().skip(1).filter_map(unix_socket));
    }
    all
}

/// `sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode …`
fn tcp_socket(line: &str) -> Option<Socket> {
    const ESTABLISHED: &str = "01";
    const LISTEN: &str = "0A";
    let mut fields = line.split_whitespace().skip(1);
    let (local, state) = (fields.next()?, fields.nth(1)?);
    let inode = fields.nth(5)?.parse().ok()?;
    let (ip, port) = local.split_once(':')?;
    // Each word of an address is in the order of this machine.
    let words = ip.as_bytes().chunks(8).map(|word| {
        let word = u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok()?;
        Some(word.to_ne_bytes())
    });
    let bytes = words.collect::<Option<Vec<[u8; 4]>>>()?.concat();
    let ip: IpAddr = match <[u8; 4]>::try_from(&*bytes) {
        Ok(bytes) => bytes.into(),
        Err(_) => Ipv6Addr::from(<[u8; 16]>::try_from(&*bytes).ok()?).into(),
    };
    let local = SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?);
    let (listens, is_open) = (state == LISTEN, state == ESTABLISHED);
    Some(Socket { local: Address::Tcp(local), listens, is_open, inode })
}

/// `Num RefCount Protocol Flags Type St Inode Path`
fn unix_socket(line: &str) -> Option<Socket> {
    const ACCEPTS: u32 = 1 << 16; // SO_ACCEPTCON
    let mut fields = line.split_whitespace().skip(3);
    let flags = u32::from_str_radix(fields.next()?, 16).ok()?;
    let inode = fields.nth(2)?.parse().ok()?;
    let path = line.split_once(&format!(" {inode} "))?.1;
    let listens = flags & ACCEPTS != 0;
    Some(Socket { local: Address::Unix(path.into()), listens, is_open: true, inode })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const TCP: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
        \x20  0: 0100007F:1F90 00000000:0000 0A 00000000:0000000A 00:00000000 00000000     0        0 71 1 0 100 0\n\
        \x20  1: 0100007F:1F90 0201007F:8E2C 01 00000000:00000000 00:00000000 00000000     0        0 72 1 0 20 4\n\
        \x20  2: 0100007F:1F90 0201007F:8E2D 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0 20 4\n\
        \x20  3: 0100007F:1F90 0201007F:8E2E 08 00000000:00000000 00:00000000 00000000     0        0 73 1 0 20 4\n\
        \x20  4: 0201007F:8E2C 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 74 1 0 20 4\n";
    const TCP6: &str = "  sl  local_address                         remote_address                        st\n\
        \x20  0: 00000000000000000000000000000000:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 81 1\n\
        \x20  1: 0000000000000000FFFF00000100007F:1F91 0000000000000000FFFF00000201007F:8E2C 01 00000000:00000000 00:00000000 00000000     0        0 82 1\n";
    const UNIX: &str = "Num       RefCount Protocol Flags    Type St Inode Path\n\
        ffff8881: 00000002 00000000 00010000 0001 01 91 /run/a b.sock\n\
        ffff8882: 00000003 00000000 00000000 0001 03 92 /run/a b.sock\n\
        ffff8883: 00000003 00000000 00000000 0001 03 93\n";

    fn machine(sockets: &[u64]) -> (tempfile::TempDir, Procfs) {
        let root = tempfile::tempdir().unwrap();
        let own = root.path().join("7");
        fs::create_dir_all(own.join("net")).unwrap();
        fs::create_dir(own.join("fd")).unwrap();
        fs::write(own.join("comm"), "server\n").unwrap();
        for (name, text) in [("tcp", TCP), ("tcp6", TCP6), ("unix", UNIX)] {
            fs::write(own.join("net").join(name), text).unwrap();
        }
        for (nth, inode) in sockets.iter().enumerate() {
            symlink(format!("socket:[{inode}]"), own.join("fd").join(nth.to_string())).unwrap();
        }
        symlink("/dev/null", own.join("fd/900")).unwrap();
        let procfs = Procfs::at(root.path());
        (root, procfs)
    }

    fn at(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn what_was_accepted_is_what_the_process_has_of_its_address() {
        let (_root, procfs) = machine(&[71, 72, 73, 74, 81, 82, 91, 92]);
        let count = |address: &str| accepted(&procfs, &[7], &at(address));
        // One was not accepted, one is the other end, and one was closed there.
        assert_eq!(count("127.0.0.1:8080"), Some([1, 2]));
        assert_eq!(count("127.0.0.1:8081"), Some([1, 1]), "over IPv6");
        assert_eq!(count("127.0.0.1:8082"), Some([0, 0]));
        assert_eq!(count("unix:/run/a b.sock"), Some([1, 1]));
        let (_root, procfs) = machine(&[72]);
        assert_eq!(accepted(&procfs, &[7], &at("127.0.0.1:8080")), Some([1, 1]));
        assert_eq!(accepted(&procfs, &[], &at("127.0.0.1:8080")), None);
    }

    #[test]
    fn what_waits_to_be_accepted_is_listed_first() {
        let (root, procfs) = machine(&[]);
        fs::rename(root.path().join("7"), root.path().join("self")).unwrap();
        assert_eq!(queued(&procfs, &at("127.0.0.1:8080")), 10);
        assert_eq!(queued(&procfs, &at("127.0.0.1:8081")), 0);
        assert!(is_taken(&procfs, &at("[::1]:8081")) && !is_taken(&procfs, &at("[::1]:8080")));
    }

    #[test]
    fn who_listens_where_is_found() {
        let (_root, procfs) = machine(&[71, 81, 91]);
        let all = listening(&procfs, &[7]).unwrap();
        let shown: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["127.0.0.1:8080", "[::]:8081", "unix:/run/a b.sock"]);
        let takes = |address: &str| all.iter().any(|listens| takes(listens, &at(address)));
        assert!(takes("127.0.0.1:8080") && takes("[::1]:8081") && takes("127.0.0.1:8081"));
        assert!(!takes("127.0.0.2:8080") && !takes("[::1]:8080") && !takes("127.0.0.1:8082"));
        assert_eq!(holder(&procfs, &at("127.0.0.1:8080")), Some((7, "server".into())));
        assert_eq!(holder(&procfs, &at("127.0.0.1:9")), None);
    }
}
