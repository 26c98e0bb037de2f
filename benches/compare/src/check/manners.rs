//! What is checked of a process: how it introduces itself, what it refuses, how it ends.

use std::time::Duration;

use protocol::{Event, Order};
use workload::Workload;

use super::subject::{Check, Subject};
use super::talk::{Talk, unexpected};

pub(super) const CHECKS: &[Check] = &[
    Check { name: "says who it is first, and only once", wants: &[], run: says_hello },
    Check { name: "says the same of itself each time", wants: &[], run: is_stable },
    Check { name: "refuses what is not the protocol", wants: &[], run: refuses_garbage },
    Check { name: "refuses another version", wants: &[], run: refuses_another_version },
    Check { name: "refuses to be another contestant", wants: &[], run: refuses_another_id },
    Check { name: "ends soon when its input does", wants: &["timer"], run: ends_with_its_input },
];

/// Longer than any patience.
const LONG: Duration = Duration::from_secs(3_600);

fn says_hello(subject: &Subject<'_>) -> Result<Option<String>, String> {
    let (mut talk, hello) = Talk::introduced(subject)?;
    hello.check()?;
    talk.process.tell(subject.begin(&Workload::timer(1, Duration::ZERO), true));
    match talk.hear(Duration::ZERO)? {
        Event::Idle { .. } | Event::Refused { .. } => Ok(None),
        said => Err(unexpected("idle", &said)),
    }
}

fn is_stable(subject: &Subject<'_>) -> Result<Option<String>, String> {
    let (_talk, first) = Talk::introduced(subject)?;
    let (_talk, second) = Talk::introduced(subject)?;
    match first == second {
        true => Ok(None),
        false => Err("two of its processes say different things".into()),
    }
}

fn refuses_garbage(subject: &Subject<'_>) -> Result<Option<String>, String> {
    refuses(subject, "this is not the protocol")
}

fn refuses_another_version(subject: &Subject<'_>) -> Result<Option<String>, String> {
    refuses(subject, &line_with(subject, |line| line["v"] = 1_000.into())?)
}

fn refuses_another_id(subject: &Subject<'_>) -> Result<Option<String>, String> {
    refuses(subject, &line_with(subject, |line| line["contestant"] = "some/other".into())?)
}

/// The order to begin with something changed in it.
fn line_with(
    subject: &Subject<'_>,
    change: impl FnOnce(&mut serde_json::Value),
) -> Result<String, String> {
    let mut line = Vec::new();
    let order = subject.begin(&Workload::timer(1, Duration::ZERO), true);
    protocol::write(&mut line, order).map_err(|error| error.to_string())?;
    let mut line = serde_json::from_slice(&line).map_err(|error| error.to_string())?;
    change(&mut line);
    Ok(line.to_string())
}

/// Whether it ends or says `refused` at this line.
fn refuses(subject: &Subject<'_>, line: &str) -> Result<Option<String>, String> {
    let (mut talk, _) = Talk::introduced(subject)?;
    talk.process.tell_line(line);
    match talk.hear_or_end(Duration::ZERO)? {
        Some(Event::Refused { .. }) | None => talk.ends().map(|()| None),
        Some(said) => Err(unexpected("refused", &said)),
    }
}

fn ends_with_its_input(subject: &Subject<'_>) -> Result<Option<String>, String> {
    let at = |phase: &'static str| move |why: String| format!("{phase}: {why}");
    let (talk, _) = Talk::introduced(subject)?;
    talk.ends().map_err(at("after hello"))?;
    let waiting = Workload::timer(3, LONG);
    let begun = || Talk::begun(subject, &waiting, false);
    begun()?.ends().map_err(at("after idle"))?;
    let mut started = begun()?;
    started.process.tell(Order::Go);
    started.ends().map_err(at("at the start of its tasks"))?;
    let mut weighed = begun()?;
    weighed.process.tell(Order::Go);
    match weighed.hear(Duration::ZERO)? {
        Event::AllWaiting(_) => {}
        said => return Err(unexpected("parked", &said)),
    }
    weighed.process.tell(Order::Go);
    weighed.ends().map_err(at("while its tasks wait"))?;
    let short = Workload::timer(1, Duration::ZERO);
    let mut drained = Talk::begun(subject, &short, true)?;
    drained.process.tell(Order::Go);
    match drained.hear(Duration::ZERO)? {
        Event::Drained(_) => {}
        said => return Err(unexpected("drained", &said)),
    }
    drained.ends().map_err(at("after its tasks"))?;
    Ok(None)
}
