//! What things are called: contestants, workloads, limits. One name each, in every table and picture.

use analysis::contestant::{Id, Model, Role};
use analysis::missing::Why;
use analysis::plan::outcome::MEMORY_GIVEN;
use analysis::series::{Arrival, Series, Shape, WaitFor};

use crate::chart::Tone;
use crate::format;

/// The short name of a contestant, as a person would say it: `thread each`, `tokio`. A baseline and a
/// control say that they are.
pub fn contestant(id: &Id) -> String {
    match (id.as_str(), id.role()) {
        (whole, Role::Variant) => variant(id).unwrap_or_else(|| whole.into()),
        (whole, Role::Baseline | Role::Control(_) | Role::Elsewhere | Role::Fault) => whole.into(),
        ("subroutine/sequential", _) => "subroutine".into(),
        ("threads/per-task", _) => "thread each".into(),
        ("threads/per-task-small-stack", _) => "thread each, small stack".into(),
        ("threads/crossbeam-pool", _) => "crossbeam pool".into(),
        ("threads/rayon-pool", _) => "rayon pool".into(),
        ("threads/tokio-blocking", _) => "tokio blocking pool".into(),
        ("callbacks/event-loop", _) => "event loop".into(),
        ("coroutines/bare", _) => "bare futures".into(),
        ("coroutines/stackful", _) => "coroutine with a stack".into(),
        ("coroutines/tokio-current-thread", _) => "tokio, one thread".into(),
        ("coroutines/tokio-joinset", _) => "tokio, JoinSet".into(),
        ("coroutines/tokio-join-all", _) => "tokio, join_all".into(),
        ("coroutines/tokio-async-fn", _) => "tokio, async fn".into(),
        ("coroutines/smol-local", _) => "smol, one thread".into(),
        (whole, Role::Compared) if id.model() == Model::Other => whole.into(),
        (_, Role::Compared) => id.name().into(),
    }
}

/// A contestant in another environment: `tokio, with LD_PRELOAD=libjemalloc.so.2`.
fn variant(id: &Id) -> Option<String> {
    let given = id.env().iter().map(|(name, value)| format!("{name}={value}"));
    Some(format!("{}, with {}", contestant(id.counterpart()?), format::list(given)))
}

/// The same within a sentence, where threads and pools have an article: `a thread each`, `tokio`.
pub fn in_a_sentence(id: &Id) -> String {
    let name = contestant(id);
    if id.model() == Model::Threads { format!("a {name}") } else { name }
}

/// Whether a contestant is on the front page: what a service would choose. The others show a floor or
/// a tuned variant, and are on the pages.
pub fn is_on_front_page(id: &Id) -> bool {
    const FRONT: [&str; 7] = [
        "threads/per-task",
        "threads/crossbeam-pool",
        "threads/rayon-pool",
        "callbacks/event-loop",
        "coroutines/tokio",
        "coroutines/smol",
        "coroutines/async-std",
    ];
    FRONT.contains(&id.as_str())
}

/// The colour of a contestant.
pub fn tone(id: &Id) -> Tone {
    match (id.model(), id.name()) {
        (Model::Threads, "per-task" | "per-task-small-stack") => Tone::Threads,
        (Model::Threads, "crossbeam-pool") => Tone::Pool(0),
        (Model::Threads, _) => Tone::Pool(1),
        (Model::Callbacks, _) => Tone::Callbacks,
        (Model::Coroutines, name) if name.starts_with("tokio") => Tone::Coroutine(0),
        (Model::Coroutines, "smol" | "smol-local") => Tone::Coroutine(1),
        (Model::Coroutines, "async-std") => Tone::Coroutine(2),
        (Model::Coroutines, _) => Tone::Coroutine(3),
        (Model::Subroutine | Model::Other, _) => Tone::Other,
    }
}

/// What the tasks of a shape do, in a few words: `timer`, `request of 1 KiB`, `timer, 8 KiB state`.
pub fn shape(shape: &Shape) -> String {
    let size = |bytes: u64| format::size(bytes as f64);
    let asked = shape.asked.as_ref().map(|asked| {
        let kept = if asked.keep_alive { ", connection kept" } else { "" };
        format!(" of {}{kept}", size(asked.bytes))
    });
    let rate = match shape.arrival {
        Arrival::Rate(rate) => Some(format!(", {} tasks a second", format::count(rate))),
        _ => None,
    };
    let ending = match (shape.cancelled_per_mille, shape.ending.as_deref()) {
        (Some(cancelled), _) => {
            let part = format::percent(f64::from(cancelled) / 1_000.0);
            Some(format!(", {part} of their timeouts cancelled"))
        }
        (None, Some("panics")) => Some(", half of them panic".into()),
        (None, Some("cancelled")) => Some(", half of them cancelled".into()),
        (None, Some("times-out")) => Some(", half of them time out".into()),
        (None, Some(_)) => Some(", half of them end otherwise".into()),
        (None, None) => None,
    };
    let parts = [
        Some(wait(&shape.wait).into()),
        asked,
        (shape.state_bytes != 0).then(|| format!(", {} state", size(shape.state_bytes))),
        (shape.depth_bytes != 0).then(|| format!(", {} depth", size(shape.depth_bytes))),
        (shape.waits_per_task != 1).then(|| format!(", {} waits", shape.waits_per_task)),
        rate,
        (shape.spread_ns != 0)
            .then(|| format!(", due over {}", format::duration(shape.spread_ns as f64))),
        shape.synchronized_wakeup.then(|| ", all due at once".into()),
        (shape.job_rounds != 0)
            .then(|| format!(", then {} rounds computed", format::count(shape.job_rounds.into()))),
        ending,
        shape.one_core.then(|| ", on one core".into()),
    ];
    parts.into_iter().flatten().collect()
}

/// What a task waits for: `timer`, `request`.
pub fn wait(wait: &WaitFor) -> &str {
    match wait {
        WaitFor::Timer => "timer",
        WaitFor::Http => "request",
        WaitFor::Transfer => "transfer",
        WaitFor::Other(other) if other == "relay-pipe" => "relay over pipes",
        WaitFor::Other(other) => other,
    }
}

/// A series: the contestant, and what its tasks do where that is not a plain timer.
pub fn series(series: &Series) -> String {
    let name = contestant(&series.contestant);
    if series.shape.is_plain() { name } else { format!("{name}, {}", shape(&series.shape)) }
}

/// How a cell without a figure ended.
pub fn ending(why: Why) -> &'static str {
    match why {
        Why::Wall => "wall",
        Why::Failed => "failed",
        Why::NoProof => "no proof",
        Why::Skipped => "skipped",
    }
}

/// A limit as the system calls it: `vm.max_map_count`. A limit that is not known keeps its name.
pub fn limit(name: &str) -> &str {
    match name {
        "max_map_count" => "vm.max_map_count",
        "threads_max" => "kernel.threads-max",
        "pid_max" => "kernel.pid_max",
        "nproc" => "ulimit -u",
        "nofile" | "nofile_hard" | "nofile_given" => "ulimit -n",
        "address_space" => "ulimit -v",
        "ports" => "net.ipv4.ip_local_port_range",
        "pids_cgroup" => "pids.max of the control group",
        "memory_cgroup" => "the control group's memory limit",
        "memory_bytes" => "the machine's memory",
        MEMORY_GIVEN => "the memory given",
        other => other,
    }
}

/// The command that moves a limit to so much; `None` where none does.
pub fn command_for(limit: &str, to: u64) -> Option<String> {
    let (command, divided_by) = command(limit)?;
    Some(command.replace("{}", &to.div_ceil(divided_by).to_string()))
}

/// The command that moves a limit, with `{}` for the number, and by what that number is divided.
pub(crate) fn command(limit: &str) -> Option<(&'static str, u64)> {
    Some(match limit {
        "max_map_count" => ("sysctl -w vm.max_map_count={}", 1),
        "threads_max" => ("sysctl -w kernel.threads-max={}", 1),
        "pid_max" => ("sysctl -w kernel.pid_max={}", 1),
        "nproc" => ("ulimit -u {}", 1),
        "nofile" | "nofile_given" => ("ulimit -n {}", 1),
        "nofile_hard" => ("ulimit -Hn {}", 1),
        // In KiB.
        "address_space" => ("ulimit -v {}", 1024),
        // As many as there are.
        "ports" => ("sysctl -w net.ipv4.ip_local_port_range='1024 65535'", 1),
        "pids_cgroup" => ("systemctl set-property UNIT TasksMax={}", 1),
        "memory_cgroup" => ("systemctl set-property UNIT MemoryMax={}", 1),
        _ => return None,
    })
}
