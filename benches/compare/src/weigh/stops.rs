//! What stops a server, or this side, from holding more connections.

use std::time::Duration;

use record::{Held, Limit, LimitOf, LimitValue};

use super::server::Server;
use crate::host;
use crate::limits::{LastSeen, Limits, NEAR};

/// If no steps are asked for, one process is given no more after so long, …
const LONG: Duration = Duration::from_secs(20);
/// … the next step takes no more than this part of the memory that there is, …
const SHARE: f64 = 0.5;
/// … and these are the steps, as far as limits allow, with what they allow as the last one.
const RISING: [u64; 9] = [0, 250, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000];

/// Descriptors that a process needs beside its connections.
const SPARE: u64 = 64;

/// What a connection takes on this side, at least: a socket and what belongs to it.
const CLIENT_BYTES: f64 = 6_000.0;

/// The limits, and how near to them the server was.
pub(super) struct Stops {
    limits: Limits,
    last_seen: LastSeen,
    nofile: Option<u64>,
    /// What the fullest process of the server had open before the first connection.
    base: Option<u64>,
}

impl Stops {
    /// The limits of this process, which are those of what it starts unless that changes its own.
    pub(super) fn read() -> Self {
        Self { limits: Limits::read(), last_seen: LastSeen::default(), nofile: None, base: None }
    }

    /// Sees how near the server is to its limits.
    pub(super) fn look(&mut self, server: &Server) {
        let (mut seen, nofile) = server.seen();
        // One that was inherited may be beyond the limit.
        seen.descriptors = seen.descriptors.map(|open| open.min(nofile.unwrap_or(open)));
        self.base = self.base.or(seen.descriptors);
        self.last_seen.raise(&seen);
        self.nofile = nofile.or(self.nofile);
    }

    /// The next step where none was asked for, or what would stop it.
    pub(super) fn next(
        &self,
        done: &[Held],
        took: Duration,
    ) -> Result<u64, Option<(Limit, LimitOf)>> {
        let last = done.last().map_or(0, |held| held.connections);
        let next = RISING.into_iter().find(|step| done.is_empty() || *step > last);
        let Some(next) = next else { return Err(None) };
        if next > 0 && took > LONG {
            return Err(None);
        }
        let own = self.limits.get("nofile");
        let base = self.base.unwrap_or(0);
        let open = self.last_seen.descriptors.filter(|_| last > 0);
        let each = open.map_or(1.0, |open| open.saturating_sub(base) as f64 / last as f64);
        let of_server = self.nofile.map(|all| {
            (all, (all.saturating_sub(base + SPARE) as f64 / each) as u64, LimitOf::Server)
        });
        let of_client = own.map(|all| (all, all.saturating_sub(SPARE), LimitOf::Client));
        let tightest =
            [of_server, of_client].into_iter().flatten().min_by_key(|(_, most, _)| *most);
        if let Some((value, most, of)) = tightest.filter(|(_, most, _)| next > *most) {
            let most = most / 100 * 100;
            if most > last {
                return fits(done, most).then_some(most).ok_or(None);
            }
            let used = if of == LimitOf::Server { self.last_seen.descriptors } else { None };
            return Err(Some((limit("nofile", value, used.unwrap_or(last)), of)));
        }
        fits(done, next).then_some(next).ok_or(None)
    }

    /// The limit that the server is at, as far as was seen.
    pub(super) fn near(&self) -> Option<(Limit, LimitOf)> {
        let mut limits = self.limits.clone();
        limits.by_name.remove("nofile");
        limits.by_name.extend(self.nofile.map(|of| ("nofile".to_owned(), LimitValue::Number(of))));
        let limit = limits.nearest(&self.last_seen)?;
        let is_its_own =
            matches!(&*limit.name, "nofile" | "nofile_hard" | "max_map_count" | "address_space");
        Some((limit, if is_its_own { LimitOf::Server } else { LimitOf::Machine }))
    }

    /// The limit on memory of a process that was killed for want of it.
    pub(super) fn memory(&self) -> Option<(Limit, LimitOf)> {
        let of = |name| Some((name, self.limits.get(name)?));
        let (name, value) = of("memory_cgroup").or_else(|| of("memory_bytes"))?;
        let used = self.last_seen.total_bytes.filter(|used| *used as f64 > NEAR * value as f64);
        let used_is_estimated = used.is_none();
        let of = Limit { used_is_estimated, ..limit(name, value, used.unwrap_or(value)) };
        Some((of, LimitOf::Machine))
    }

    /// The limit on this side that the system names with this number.
    pub(super) fn of_client(&self, number: i32, open: u64) -> Option<(Limit, LimitOf)> {
        let (name, value) = match number {
            libc::EMFILE => ("nofile", self.limits.get("nofile")?),
            libc::EADDRNOTAVAIL => ("ports", self.limits.get("ports")?),
            _ => return None,
        };
        Some((limit(name, value, open), LimitOf::Client))
    }
}

/// Whether the next step leaves memory enough, by what the steps before took; both ends count.
fn fits(done: &[Held], next: u64) -> bool {
    let bytes = |held: &Held| held.total_bytes().or(held.weight.rss_bytes);
    let [first, .., last] = done else { return true };
    let more = bytes(last).zip(bytes(first)).map_or(0, |(more, less)| more.saturating_sub(less));
    let each = more as f64 / last.connections.max(1) as f64 + CLIENT_BYTES;
    let wanted = each * next.saturating_sub(last.connections) as f64;
    host::available_memory().is_none_or(|there| wanted < SHARE * there.bytes as f64)
}

fn limit(name: &str, value: u64, used: u64) -> Limit {
    Limit { name: name.into(), value, used, used_is_estimated: false, reached: None }
}
