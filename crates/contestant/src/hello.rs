//! What a program says of itself and of its contestants in the first line.

use std::collections::BTreeMap;
use std::num::{NonZeroU16, NonZeroU32, NonZeroU64};
use std::time::Duration;

use protocol::profile::WANTS;
use protocol::{CeilingLine, Profile, RoleLine};
use workload::{
    Arrival, Ceiling, Contestant, Ending, Http, Medium, Role, Settings, StateSize, Workload,
};

use crate::allocator;

/// What all contestants of a program have in common.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The versions of what it is made of, by name.
    pub versions: BTreeMap<String, String>,
    /// How it was built, by name: flags, target, features.
    pub build: BTreeMap<String, String>,
    /// Tells one build of it from another.
    pub build_id: Option<String>,
}

/// Who this contestant is. What it runs is found out by asking it.
pub fn profile(contestant: &dyn Contestant, program: &Program) -> Profile {
    let about = contestant.about();
    let ceiling = match contestant.ceiling(&Settings::default()) {
        Ceiling::One => CeilingLine::One,
        Ceiling::Pool(_) => CeilingLine::Pool,
        Ceiling::Unbounded => CeilingLine::All,
    };
    let (role, of, holds_bytes) = match about.role {
        Role::Compared => (RoleLine::Compared, None, None),
        Role::Baseline { of } => (RoleLine::Baseline, of, None),
        Role::Holds { bytes } => (RoleLine::Control, None, Some(bytes)),
        Role::Again { of } => (RoleLine::Control, Some(of), None),
        Role::Fault => (RoleLine::Fault, None, None),
    };
    let runs = |workload: &Workload| {
        let is_possible = workload.ending != Ending::Cancelled || about.can_cancel;
        is_possible && contestant.unsupported(workload).is_none()
    };
    let is_met = |wants: fn(&Workload) -> bool| {
        examples().iter().any(|workload| wants(workload) && runs(workload))
    };
    let state = StateSize::ALL.iter().rev().map(|state| (*state, timer().with_state(*state)));
    let largest = state.filter(|(_, workload)| runs(workload)).map(|(state, _)| state).next();
    let text = |said: &str| said.to_owned();
    Profile {
        id: about.id.to_string(),
        model: text(about.model.unwrap_or(about.id.model())),
        language: "Rust".into(),
        role,
        of: of.map(text),
        holds_bytes,
        summary: text(about.summary),
        timer: about.timer.map(text),
        caution: about.caution.map(text),
        ceiling,
        workloads: WANTS.iter().filter(|want| is_met(want.1)).map(|want| text(want.0)).collect(),
        largest_state_bytes: largest
            .filter(|largest| Some(largest) != StateSize::ALL.last())
            .map(StateSize::bytes),
        most_tasks: about.most_tasks,
        most_requests: about.most_tasks,
        one_thread: about.is_on_one_thread || ceiling == CeilingLine::One,
        floor: about.is_floor,
        as_written: about.is_as_written,
        versions: program.versions.clone(),
        build: program.build.clone(),
        build_id: program.build_id.clone(),
        allocator: Some(allocator::loaded().allocator),
        elsewhere: false,
        env: BTreeMap::new(),
    }
}

fn timer() -> Workload {
    Workload::timer(1, Duration::ZERO)
}

/// Workloads that want one thing each, beside a wait.
fn examples() -> Vec<Workload> {
    let address = ([127, 0, 0, 1], 1).into();
    let http = Http::new(address, Duration::ZERO, 0);
    let limited = Http { rate_limit: Some(NonZeroU64::MIN), ..http };
    let two = NonZeroU16::new(2).unwrap_or(NonZeroU16::MIN);
    let plain = [timer(), Workload::http(1, http), Workload::http(1, limited)];
    let of_each = |plain: &Workload| {
        [
            *plain,
            plain.with_state(StateSize::Bytes64),
            plain.with_depth(1),
            plain.with_waits(two),
            plain.with_arrival(Arrival::Rate { per_second: NonZeroU32::MIN }),
            plain.with_spread(Duration::from_nanos(1)),
            plain.with_ending(Ending::Panics),
            plain.with_ending(Ending::Cancelled),
            plain.with_ending(Ending::TimesOut),
            Workload { job_rounds: 1, ..*plain },
            Workload { trace: true, ..*plain },
        ]
    };
    let mut all: Vec<Workload> = plain.iter().flat_map(of_each).collect();
    all.push(timer().with_synchronized_wakeup());
    all.extend([Medium::Channel, Medium::Pipe].map(|medium| Workload::relay(1, medium)));
    all.push(timer().with_timeouts(1_000));
    all
}
