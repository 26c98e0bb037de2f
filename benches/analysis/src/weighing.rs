//! What one more connection costs a server that was weighed.
//!
//! A figure is the slope over the connections of all processes of a server that did the same. What is
//! resampled is the process, because each repeat has one of its own. A server that was attached to has one
//! process, and its interval says only how its steps scatter around the line.

use std::collections::BTreeSet;

use record::{Held, Hold, Limit, LimitOf, Record, Sockets, Weighing};
use serde::Serialize;

use crate::contestant::Id;
use crate::estimate::{Bootstrap, Draws, Estimate, Sampled, median};
use crate::figure::Figure;
use crate::fit::Fit;
use crate::reading::Reading;
use crate::series::{Arrival, Series, Shape, WaitFor};

/// What one more connection of one kind costs one server.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Server {
    /// What it is called.
    pub server: String,
    /// What each connection does.
    pub hold: Hold,
    /// Where it listens.
    pub address: String,
    /// The command that started it; empty where it ran already.
    pub command: Vec<String>,
    /// What it was found by, where it ran already.
    pub attached: Option<String>,
    /// How many processes of it have figures.
    pub repeats: u64,
    /// How many were to have some at least.
    pub wanted: u64,
    /// The fewest and the most system processes that it was at a step.
    pub processes: Option<[u64; 2]>,
    /// The status of an answer that was no success.
    pub refused_with: Option<u16>,
    /// The connections that were held with proof.
    pub most: Option<u64>,
    /// Private memory of a connection, in bytes.
    pub private: Option<PerConnection>,
    /// Its page tables.
    pub page_tables: Option<PerConnection>,
    /// The rest of the kernel's part: sockets, buffers, stacks.
    pub kernel: Option<PerConnection>,
    /// All of it; `None` without a control group.
    pub total: Option<PerConnection>,
    /// CPU of accepting one, in ns.
    pub accept_cpu_ns: Option<Estimate>,
    /// CPU of one request, in ns.
    pub request_cpu_ns: Option<Estimate>,
    /// What is kept of each connection when all have closed, in bytes.
    pub kept: Option<Estimate>,
    /// Whether accepted sockets are in the kernel's part.
    pub sockets: Sockets,
    /// Why nothing of a group was read.
    pub group_note: Option<String>,
    /// What stopped it, or would have next.
    pub stop: Option<Stop>,
    /// Why a process of it did not do all that was asked.
    pub reasons: Vec<String>,
    /// Its steps with proof.
    pub steps: BTreeSet<u64>,
}

/// What one more connection adds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PerConnection {
    /// In bytes.
    pub bytes: Estimate,
    /// What the server has without any connection, by the line.
    pub without: f64,
}

/// A limit that stopped a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stop {
    /// The limit.
    pub limit: Limit,
    /// Of what it is one.
    pub of: LimitOf,
    /// Whether connections beyond it were tried.
    pub was_hit: bool,
}

/// What is read off a step.
type Read = fn(&Held) -> Option<u64>;

const PRIVATE: Read = |held| held.weight.private_bytes();
const TOTAL: Read = Held::total_bytes;
const ACCEPT: Read = |held| held.accept_cpu_ns;

impl Server {
    /// The figure by which memory is planned: all of it, or the private part where that is all that is known.
    pub fn basis(&self) -> Option<&PerConnection> {
        self.total.as_ref().or(self.private.as_ref())
    }

    /// How many connections fit in so much memory; `None` where one weighs nothing that can be told.
    pub fn fits(&self, memory_bytes: u64) -> Option<u64> {
        let PerConnection { bytes, without } = self.basis()?;
        (bytes.value > 0.0).then(|| ((memory_bytes as f64 - without) / bytes.value).max(0.0) as u64)
    }

    fn of(record: &Record, lines: &[&Weighing]) -> Option<Self> {
        let first = lines.first()?;
        let sampled = |read: Read, name: &str| {
            let names = [&*first.server, first.hold.name(), name];
            Fit::of(&readings(lines, read), bootstrap(record, None, lines.len(), &names))
        };
        let line = |read: Read, name: &str| {
            let fit = sampled(read, name)?;
            Some(PerConnection { bytes: fit.slope.estimate, without: fit.intercept })
        };
        let slope = |read: Read, name: &str| Some(sampled(read, name)?.slope.estimate);
        let kept: Vec<f64> = lines.iter().filter_map(|line| kept(line)).collect();
        let reasons: BTreeSet<&String> =
            lines.iter().filter_map(|line| line.reason.as_ref()).collect();
        let processes = || steps(lines).map(|held| held.processes);
        let stop = lines.iter().filter_map(|line| {
            let (limit, of) = (line.limit.clone()?, line.limit_of?);
            Some(Stop { limit, of, was_hit: line.status == record::Status::Wall })
        });
        Some(Self {
            server: first.server.clone(),
            hold: first.hold,
            address: first.address.clone(),
            command: first.command.clone(),
            attached: first.attached.clone(),
            repeats: lines.iter().filter(|line| !line.steps.is_empty()).count() as u64,
            wanted: lines.iter().map(|line| line.repeats.into()).max().unwrap_or(0),
            processes: processes().min().zip(processes().max()).map(<[u64; 2]>::from),
            refused_with: lines.iter().find_map(|line| line.refused_with),
            most: lines.iter().filter_map(|line| line.most()).max(),
            private: line(PRIVATE, "private"),
            page_tables: line(Held::page_table_bytes, "page-tables"),
            kernel: line(Held::kernel_bytes, "kernel"),
            total: line(TOTAL, "total"),
            accept_cpu_ns: slope(ACCEPT, "accept"),
            request_cpu_ns: slope(|held| held.request_cpu_ns, "request"),
            kept: median(&kept, bootstrap(record, None, kept.len(), &["kept"]))
                .map(|kept| kept.estimate),
            sockets: first.sockets,
            group_note: first.group_note.clone(),
            stop: stop.max_by_key(|stop| stop.was_hit),
            reasons: reasons.into_iter().cloned().collect(),
            steps: connections(lines),
        })
    }
}

/// What was weighed of servers, in the order in which they come first.
pub fn of(record: &Record) -> Vec<Server> {
    let mut order: Vec<(&str, Hold)> = Vec::new();
    for line in &record.weighings {
        let key = (&*line.server, line.hold);
        if !order.contains(&key) {
            order.push(key);
        }
    }
    order.into_iter().filter_map(|key| Server::of(record, &lines_of(record, key))).collect()
}

/// What all of these records have of the same servers, through the connections that all of them held: a
/// slope a record.
pub(crate) fn common(records: &[&Record]) -> Vec<(Series, Figure, Vec<Sampled>)> {
    let Some(first) = records.first() else { return Vec::new() };
    let keys: BTreeSet<(&str, Hold)> =
        first.weighings.iter().map(|line| (&*line.server, line.hold)).collect();
    let figures: [(Figure, Read); 4] = [
        (Figure::FullBill, TOTAL),
        (Figure::Anonymous, PRIVATE),
        (Figure::OtherKernel, Held::kernel_bytes),
        (Figure::Cpu, ACCEPT),
    ];
    let mut found = Vec::new();
    for key in keys {
        let of: Vec<Vec<&Weighing>> = records.iter().map(|record| lines_of(record, key)).collect();
        let held = of.iter().map(|lines| connections(lines));
        let shared = held.reduce(|one, other| &one & &other).unwrap_or_default();
        for (figure, read) in figures {
            let sides = records.iter().zip(&of).enumerate().map(|(nth, (record, lines))| {
                let mut readings = readings(lines, read);
                readings.retain(|reading| shared.contains(&reading.tasks));
                let names = [key.0, key.1.name(), figure.name()];
                let of = Fit::of(&readings, bootstrap(record, Some(nth), lines.len(), &names));
                of.map(|fit| fit.slope)
            });
            if let Some(sides) = sides.collect::<Option<Vec<_>>>() {
                found.push((series(key), figure, sides));
            }
        }
    }
    found
}

fn series((server, hold): (&str, Hold)) -> Series {
    let what = match hold {
        Hold::Idle => "idle connection",
        Hold::KeepAlive => "connection kept alive",
        Hold::Waiting => "connection that waits",
        Hold::File => "connection with bytes of the user's",
    };
    let shape = Shape {
        wait: WaitFor::Other(what.into()),
        waits_per_task: 1,
        state_bytes: 0,
        depth_bytes: 0,
        arrival: Arrival::Burst,
        asked: None,
        spread_ns: 0,
        synchronized_wakeup: false,
        job_rounds: 0,
        ending: None,
        cancelled_per_mille: None,
        one_core: false,
    };
    Series { contestant: Id::new(server), shape }
}

fn lines_of<'a>(record: &'a Record, (server, hold): (&str, Hold)) -> Vec<&'a Weighing> {
    let is_of = |line: &&Weighing| line.server == server && line.hold == hold;
    let mut lines: Vec<_> = record.weighings.iter().filter(is_of).collect();
    lines.sort_by_key(|line| line.repeat);
    lines
}

/// Its steps with proof.
fn steps<'a>(lines: &'a [&'a Weighing]) -> impl Iterator<Item = &'a Held> {
    lines
        .iter()
        .flat_map(|line| line.steps.iter().filter(move |held| held.flaw(line.hold).is_none()))
}

fn connections(lines: &[&Weighing]) -> BTreeSet<u64> {
    steps(lines).map(|held| held.connections).collect()
}

fn readings(lines: &[&Weighing], read: Read) -> Vec<Reading> {
    let of = |held: &Held| Some(Reading { tasks: held.connections, value: read(held)? as f64 });
    steps(lines).filter_map(of).collect()
}

/// Draws processes, which are the rounds here.
fn bootstrap(record: &Record, nth: Option<usize>, processes: usize, names: &[&str]) -> Bootstrap {
    Bootstrap { rounds: Some(processes), ..Draws::of(record, nth).of_samples(names) }
}

/// What is left of each connection when all are closed: of all memory where that is known, else of the private.
fn kept(line: &Weighing) -> Option<f64> {
    let before = line.steps.iter().find(|held| held.connections == 0)?;
    let more = line.closed.as_ref()?.known_bytes()? as f64 - before.known_bytes()? as f64;
    Some(more / line.most().filter(|most| *most > 0)? as f64)
}

#[cfg(test)]
mod tests {
    use record::synthetic::Synthetic;

    use super::*;
    use crate::Analysis;
    use crate::diff::{Verdict, diff};

    fn record(each: u64, name: &str) -> Record {
        let mut made = Synthetic::new();
        for repeat in 0..3 {
            made.server(name, Hold::Idle, repeat, &[0, 500, 2_000, 5_000], each);
        }
        made.record()
    }

    #[test]
    fn one_more_connection_costs_its_slope_by_part() {
        let servers = Analysis::of(&record(10_240, "held"), None).servers;
        let [server] = &servers[..] else { panic!("{servers:?}") };
        let near = |line: &Option<PerConnection>, bytes: f64| {
            let value = line.unwrap().bytes.value;
            assert!((value - bytes).abs() < bytes / 100.0, "{value} {bytes}");
        };
        near(&server.private, 10_240.0);
        near(&server.kernel, 4_000.0);
        near(&server.total, 14_240.0);
        assert_eq!((server.most, server.repeats), (Some(5_000), 3));
        assert!(server.total.unwrap().bytes.is_bounded());
        let fits = server.fits(1 << 30).unwrap() as f64;
        let expected = ((1 << 30) as f64 - server.total.unwrap().without) / 14_240.0;
        assert!((fits - expected).abs() < expected / 50.0, "{fits} {expected}");
        assert_eq!(server.fits(0), Some(0));
        let accept = server.accept_cpu_ns.unwrap().value;
        assert!((accept - 30_000.0).abs() < 500.0, "{accept}");
        assert_eq!(server.request_cpu_ns, None);
    }

    #[test]
    fn a_step_without_proof_is_no_figure() {
        let mut record = record(10_240, "held");
        for line in &mut record.weighings {
            let last = line.steps.last_mut().unwrap();
            (last.accepted_after, last.weight.anonymous_bytes) = (4_999, Some(1 << 40));
        }
        let server = of(&record).remove(0);
        assert!((server.private.unwrap().bytes.value - 10_240.0).abs() < 100.0);
    }

    #[test]
    fn two_weighings_are_held_against_each_other() {
        let verdicts = |old: u64, new: u64| {
            let diff = diff(&record(old, "mine"), &record(new, "mine"), |_| true);
            assert!(diff.rows.len() >= 4, "{diff:?}");
            let row = |figure| {
                let of = crate::sides::Quantity::Slope(figure);
                diff.rows.iter().find(|row| row.subject.quantity == of).unwrap().verdict
            };
            (row(Figure::Anonymous), row(Figure::OtherKernel))
        };
        assert_eq!(verdicts(10_240, 12_000), (Verdict::Worse, Verdict::WithinNoise));
        assert_eq!(verdicts(12_000, 10_240).0, Verdict::Better);
        assert_eq!(verdicts(10_240, 10_240).0, Verdict::WithinNoise);
        let others = diff(&record(1, "mine"), &record(1, "another"), |_| true);
        assert!(others.rows.is_empty());
    }
}
