//! What `compare run` takes for workloads that ask a server.

use std::num::NonZeroU64;
use std::time::Duration;

use anyhow::bail;
use workload::http::Timeouts;
use workload::http::spec::{LARGEST_BODY, LONGEST_DELAY};
use workload::{Http, Wait, Workload};

use super::heading;
use crate::cell::CellSpec;
use crate::cell::estimate::SHORTEST;
use crate::plan::Kind;
use crate::servers::Servers;
use crate::units;
use report::format;

#[derive(Debug, clap::Args)]
pub(super) struct HttpArgs {
    /// A delay server that is already there, such as http://192.0.2.7:8080 [default: one is started]
    #[arg(long, value_name = "URL", help_heading = heading::HTTP)]
    server: Option<String>,
    /// The size of each answer's body [default: 1KiB; with transfer 128KiB]
    #[arg(long, value_name = "SIZE", value_parser = units::parse_size, allow_hyphen_values = true, help_heading = heading::HTTP)]
    bytes: Option<u64>,
    /// What the server sends a second at most, over all answers together; with --server, the limit
    /// that it was started with [default: 10MiB]
    #[arg(long, value_name = "SIZE", value_parser = units::parse_size, allow_hyphen_values = true, help_heading = heading::HTTP)]
    rate_limit: Option<u64>,
    /// Send further requests over the same connection, where tasks run one after another
    #[arg(long, help_heading = heading::HTTP)]
    keep_alive: bool,
    /// How long a connection may take [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, allow_hyphen_values = true, help_heading = heading::HTTP)]
    connect_timeout: Option<Duration>,
    /// How long nothing may come, beyond the wait asked for [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, allow_hyphen_values = true, help_heading = heading::HTTP)]
    read_timeout: Option<Duration>,
    /// How long a whole request may take, beyond the wait asked for [default: 60s]
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, allow_hyphen_values = true, help_heading = heading::HTTP)]
    total_timeout: Option<Duration>,
}

impl HttpArgs {
    /// The workload of this kind, still without tasks and without waits.
    pub(super) fn workload(&self, kind: Kind) -> anyhow::Result<Workload> {
        let mut workload = kind.workload();
        let Wait::Http(http) = &mut workload.wait else {
            if let Some(flag) = self.given() {
                bail!("`{flag}` is for --workload http or transfer");
            }
            return Ok(workload);
        };
        if self.server.is_none() && !kind.is_at_hand() {
            bail!(
                "the delay server is compiled out: give --server URL, or build with --features server"
            );
        }
        let bytes = self.bytes.unwrap_or(http.bytes);
        if bytes > LARGEST_BODY {
            bail!("`--bytes {bytes}` is too many: a body has at most {LARGEST_BODY} (64MiB)");
        }
        if self.rate_limit.is_some() && kind != Kind::Transfer {
            bail!("`--rate-limit` is for --workload transfer");
        }
        let rate_limit = match self.rate_limit {
            None if self.server.is_some() && kind == Kind::Transfer => {
                bail!("say with --rate-limit which limit the server was started with");
            }
            None => http.rate_limit,
            Some(given) => match NonZeroU64::new(given) {
                None => bail!("`--rate-limit 0` lets nothing through: give 1 or more bytes"),
                limit => limit,
            },
        };
        let usual = Timeouts::default();
        *http = Http {
            bytes,
            rate_limit,
            keep_alive: self.keep_alive,
            timeouts: Timeouts {
                connect: self.connect_timeout.unwrap_or(usual.connect),
                read: self.read_timeout.unwrap_or(usual.read),
                total: self.total_timeout.unwrap_or(usual.total),
            },
            ..*http
        };
        Ok(workload)
    }

    /// Checks that no cell must ask for a longer delay than a server grants.
    ///
    /// # Errors
    /// If one must: by the wait and the spread that were given, or because its tasks wait until the
    /// last of them has come, and come too slowly.
    pub(super) fn check_delays(cells: &[CellSpec]) -> anyhow::Result<()> {
        let longest = units::duration(LONGEST_DELAY);
        for CellSpec { workload, wait_is_given, .. } in cells {
            let coming = if *wait_is_given { Duration::ZERO } else { workload.last_start() };
            let wait = if *wait_is_given { workload.duration() } else { SHORTEST + coming };
            let spread = workload.spread();
            if workload.asks().is_none() || wait + spread <= LONGEST_DELAY {
                continue;
            }
            if coming.is_zero() {
                bail!(
                    "a server waits at most {longest} before it answers, and a wait of {} with a \
                     spread of {} is longer: shorten --wait and --spread",
                    units::duration(wait),
                    units::duration(spread)
                );
            }
            bail!(
                "with `--arrival {}` the last of {} tasks comes after {}, and the others wait for \
                 it{}; a server waits at most {longest} before it answers: give a faster rate or \
                 fewer tasks",
                workload.arrival,
                format::count(workload.tasks.into()),
                units::duration(coming),
                if spread.is_zero() {
                    String::new()
                } else {
                    format!(", the first of them {} more", units::duration(spread))
                }
            );
        }
        Ok(())
    }

    /// The servers to ask, if the user has named one.
    pub(super) fn servers(&self) -> anyhow::Result<Option<Servers>> {
        self.server.as_deref().map(Servers::at).transpose()
    }

    /// The first of the flags that was given.
    fn given(&self) -> Option<&'static str> {
        let flags = [
            ("--server", self.server.is_some()),
            ("--bytes", self.bytes.is_some()),
            ("--rate-limit", self.rate_limit.is_some()),
            ("--keep-alive", self.keep_alive),
            ("--connect-timeout", self.connect_timeout.is_some()),
            ("--read-timeout", self.read_timeout.is_some()),
            ("--total-timeout", self.total_timeout.is_some()),
        ];
        flags.into_iter().find(|(_, is_given)| *is_given).map(|(flag, _)| flag)
    }
}
