//! How many tasks a contestant has in a run, and how often.
//!
//! A row of a table says what it is for, and a contestant has all rows that are for one such as it: by its
//! role, by how many of its tasks can be in flight, and by whether a task takes a thread. Where two rows of it
//! have the same number of tasks, there is a test that fails.

use protocol::{CeilingLine, RoleLine};
use workload::{StateSize, Workload};

use super::kind::Kind;
use super::step::Step;
use crate::contestant::Contestant;
use record::{Build, Extent};

/// The steps of this contestant in a run of this extent.
pub(super) fn of(
    contestant: &'static Contestant,
    kind: Kind,
    extent: Extent,
) -> impl Iterator<Item = Step> {
    let sizes = match (kind, extent) {
        (Kind::Relay | Kind::RelayPipe, _) => &[],
        (Kind::Timer | Kind::Timeout, Extent::Quick) => QUICK,
        (Kind::Timer | Kind::Timeout, Extent::Full | Extent::Partial) => FULL,
        (Kind::Timer | Kind::Timeout, Extent::Thorough) => THOROUGH,
        (Kind::Http, Extent::Quick) => QUICK_HTTP,
        (Kind::Http, Extent::Full | Extent::Partial) => FULL_HTTP,
        (Kind::Http, Extent::Thorough) => THOROUGH_HTTP,
        (Kind::Transfer, Extent::Quick) => QUICK_TRANSFER,
        (Kind::Transfer, Extent::Full | Extent::Partial) => FULL_TRANSFER,
        (Kind::Transfer, Extent::Thorough) => THOROUGH_TRANSFER,
    };
    let controls = match (kind, extent) {
        (Kind::Timer, Extent::Quick) => QUICK_CONTROLS,
        (Kind::Timer, Extent::Thorough) => THOROUGH_CONTROLS,
        (Kind::Timer, _) => CONTROLS,
        _ => &[],
    };
    let profile = &contestant.profile;
    let most = match kind {
        Kind::Http | Kind::Transfer => profile.most_requests,
        _ => profile.most_tasks,
    };
    let most = if contestant.missing.is_some() { Some(1) } else { most };
    steps_of(contestant, sizes)
        .chain(steps_of(contestant, controls))
        .filter(move |step| most.is_none_or(|most| step.tasks <= most))
        .filter(move |step| contestant.is_own() || step.build == Build::Timed)
}

/// The sizes of live state that a run of this extent has for this contestant, each with its steps. What
/// people write beside a contestant at its best has some of them in a thorough run.
pub(super) fn with_state(
    contestant: &'static Contestant,
    extent: Extent,
) -> impl Iterator<Item = (StateSize, Vec<Step>)> {
    let rows = match extent {
        Extent::Thorough if contestant.is_run_in_full() => THOROUGH_STATE,
        Extent::Thorough => FULL_STATE,
        Extent::Full | Extent::Partial if contestant.is_run_in_full() => FULL_STATE,
        _ => &[],
    };
    rows.iter().flat_map(move |(states, sizes)| {
        states.iter().map(move |state| (*state, steps_of(contestant, sizes).collect()))
    })
}

/// How much stack tasks use before they wait in a run of this extent, each with the steps of this contestant.
pub(super) fn with_depth(
    contestant: &'static Contestant,
    extent: Extent,
) -> impl Iterator<Item = (u32, Vec<Step>)> {
    let depths: &[u32] = match extent {
        Extent::Thorough => &[16 * 1024, Workload::MOST_DEPTH],
        Extent::Full | Extent::Partial if contestant.is_run_in_full() => &[16 * 1024],
        _ => &[],
    };
    depths.iter().map(move |depth| (*depth, steps_of(contestant, DEPTH).collect()))
}

/// The steps of this contestant with several waits a task.
pub(super) fn with_waits(
    contestant: &'static Contestant,
    extent: Extent,
) -> impl Iterator<Item = Step> {
    let sizes = if extent == Extent::Quick { QUICK_WAITS } else { WAITS };
    steps_of(contestant, sizes)
}

fn steps_of(
    contestant: &'static Contestant,
    sizes: &'static [Sizes],
) -> impl Iterator<Item = Step> {
    sizes.iter().filter(|size| size.of.iter().any(|who| who.is(contestant))).flat_map(Sizes::steps)
}

struct Sizes {
    /// For whom.
    of: &'static [Who],
    build: Build,
    /// Numbers of tasks, with the number of repeats.
    steps: &'static [(u32, u32)],
}

impl Sizes {
    fn steps(&self) -> impl Iterator<Item = Step> {
        self.steps.iter().map(|&(tasks, repeats)| Step { tasks, repeats, build: self.build })
    }
}

const fn timed(of: &'static [Who], steps: &'static [(u32, u32)]) -> Sizes {
    Sizes { of, build: Build::Timed, steps }
}

const fn counted(of: &'static [Who], steps: &'static [(u32, u32)]) -> Sizes {
    Sizes { of, build: Build::Counting, steps }
}

/// For whom a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    /// Compared, and one task at a time.
    One,
    /// Compared, and all tasks at once without a thread each.
    Light,
    /// Compared, and a thread for each task in flight.
    Threads,
    /// Of the light ones, one that is run in full.
    FullLight,
    /// Of those with threads, one that is run in full.
    FullThreads,
    /// Of these, one that says how far it goes.
    ThreadsSoFar,
    /// Of these, one that does not.
    ThreadsOn,
    /// Of these, one that makes a thread for each task.
    ThreadEach,
    /// Of the light ones, one that is not run in full.
    BesideLight,
    /// Of those with threads, one that is not run in full.
    BesideThreads,
    /// The task straight on its runtime.
    Baseline,
    /// A contestant under another name.
    Again,
    /// A control that holds from so many bytes a task to so many.
    Holds(u64, u64),
}

use Who::{
    Again, Baseline, BesideLight, BesideThreads, FullLight, FullThreads, Holds, Light, One,
    ThreadEach, Threads, ThreadsOn, ThreadsSoFar,
};

impl Who {
    fn is(self, contestant: &Contestant) -> bool {
        let contestant = contestant.base();
        let profile = &contestant.profile;
        let one = profile.ceiling == CeilingLine::One;
        let threads = contestant.takes_threads() || profile.ceiling == CeilingLine::Pool;
        let compared = contestant.is_compared();
        let (own, full) = (contestant.is_own(), contestant.is_run_in_full());
        let light = compared && !one && !threads;
        match self {
            One => compared && one,
            Light => own && light,
            Threads => own && compared && !one && threads,
            FullLight => full && light,
            FullThreads => full && !one && threads,
            ThreadsSoFar => FullThreads.is(contestant) && profile.most_tasks.is_some(),
            ThreadsOn => FullThreads.is(contestant) && profile.most_tasks.is_none(),
            ThreadEach => FullThreads.is(contestant) && profile.ceiling == CeilingLine::All,
            BesideLight => !full && light,
            BesideThreads => !full && compared && !one && threads,
            Baseline => profile.role == RoleLine::Baseline,
            Again => profile.role == RoleLine::Control && profile.of.is_some(),
            Holds(least, most) => {
                profile.holds_bytes.is_some_and(|bytes| (least..=most).contains(&bytes))
            }
        }
    }
}

// Every number of tasks of a series is in as many rounds as the others, and all that is compared has the
// same, because a round is what is resampled. Few numbers in more rounds tell more than many in few:
// a slope is that of its largest number, and one process differs from the next. Fewer rounds have
// those that show where something ends, and the largest, which take a minute a round.

/// From how many tasks on one model weighs less than another is looked for among these and one task,
/// so there is no gap between them. A cell of them takes a tenth of a second.
const FEW: &[(u32, u32)] = &[(2, 3), (3, 3), (4, 3), (5, 3), (6, 3), (7, 3), (8, 3)];

/// The same of requests, to within a factor of two.
const FEW_REQUESTS: &[(u32, u32)] = &[(2, 3), (4, 3), (8, 3)];

/// Without a gap in the thorough run.
const THOROUGH_FEW: &[(u32, u32)] = &[(2, 5), (3, 5), (4, 5), (5, 5), (6, 5), (7, 5), (8, 5)];

/// The same for a taste, which finds the place to within a factor of two.
const QUICK_FEW: &[(u32, u32)] = &[(2, 1), (4, 1), (8, 1)];

/// The same for a taste of requests.
const QUICK_FEW_REQUESTS: &[(u32, u32)] = &[(2, 1), (8, 1)];

/// The default run. A slope needs sizes far apart; the interval needs rounds; the small sizes show
/// from how many tasks on a model is worth its runtime; the largest show where each one ends.
const FULL: &[Sizes] = &[
    timed(&[One], &[(1, 4), (4, 4), (16, 4)]),
    counted(&[One], &[(1, 1), (16, 1)]),
    timed(&[FullThreads, FullLight], FEW),
    timed(&[FullThreads], &[(1, 4), (100, 4), (1_000, 4)]),
    counted(&[FullThreads], &[(100, 1), (400, 1), (1_000, 1)]),
    // Near the walls of threads, and a million: long cells, so that a round less is ten seconds.
    timed(&[FullThreads], &[(10_000, 3)]),
    timed(&[ThreadsSoFar], &[(400, 4)]),
    timed(&[ThreadEach], &[(40_000, 1)]),
    // A million of what is interpreted takes half a minute, so the thorough run has it.
    timed(&[BesideLight], &[(1, 3), (100, 3), (1_000, 3), (10_000, 3), (100_000, 3)]),
    timed(&[BesideThreads], &[(1, 3), (100, 3), (1_000, 3), (10_000, 1)]),
    timed(&[FullLight], &[(1, 4), (100, 4), (10_000, 4), (100_000, 4), (1_000_000, 3)]),
    counted(&[FullLight], &[(1_000, 1), (10_000, 1), (100_000, 1)]),
    timed(&[Baseline], &[(10_000, 4), (100_000, 4)]),
    // Of the sizes of its other self, those that are soon done, and each as often.
    timed(&[Again], &[(1, 4), (10_000, 4), (100_000, 4)]),
];

/// The thorough run: more rounds, so that intervals are narrow, and ten millions of whatever is not a
/// thread, to see whether a task among many still costs what a task among few does.
const THOROUGH: &[Sizes] = &[
    timed(&[One], &[(1, 8), (4, 8), (16, 8)]),
    counted(&[One], &[(1, 1), (16, 1)]),
    timed(&[FullThreads, FullLight], THOROUGH_FEW),
    timed(&[FullThreads], &[(1, 8), (100, 8), (1_000, 8)]),
    counted(&[FullThreads], &[(100, 1), (400, 1), (1_000, 1)]),
    timed(&[FullThreads], &[(10_000, 8)]),
    timed(&[ThreadsSoFar], &[(400, 8)]),
    timed(&[ThreadEach], &[(40_000, 1)]),
    timed(
        &[BesideLight],
        &[(1, 5), (100, 5), (1_000, 5), (10_000, 5), (100_000, 5), (1_000_000, 1)],
    ),
    timed(&[BesideThreads], &[(1, 5), (100, 5), (1_000, 5), (10_000, 3)]),
    timed(
        &[FullLight],
        &[(1, 8), (100, 8), (1_000, 8), (10_000, 8), (100_000, 8), (1_000_000, 8), (10_000_000, 2)],
    ),
    counted(&[FullLight], &[(1_000, 1), (10_000, 1), (100_000, 1), (1_000_000, 1)]),
    timed(&[Baseline], &[(10_000, 8), (100_000, 8)]),
    timed(&[Again], &[(1, 8), (10_000, 8), (100_000, 8), (1_000_000, 8)]),
];

/// The controls that hold a known weight, in every run: they are done in a moment, and a taste too
/// wants to be trusted. Those that hold little have so many tasks that what one process differs from the
/// next, some dozen pages, is well below the bar; and no size between: where a resample has none of the
/// largest, its slope is that noise.
const CONTROLS: &[Sizes] = &[
    timed(&[Holds(0, 64)], &[(1, 5), (300_000, 5)]),
    timed(&[Holds(512, 512)], &[(1, 4), (100_000, 4)]),
    timed(&[Holds(4096, 4096)], &[(1, 4), (20_000, 4)]),
    counted(&[Holds(0, 4096)], CONTROL_COUNTED),
];

/// The same for a taste, just often enough for an interval.
const QUICK_CONTROLS: &[Sizes] = &[
    timed(&[Holds(0, 64)], &[(1, 3), (200_000, 3)]),
    timed(&[Holds(512, 512)], &[(1, 4), (100_000, 4)]),
    timed(&[Holds(4096, 4096)], &[(1, 4), (20_000, 4)]),
    counted(&[Holds(0, 4096)], CONTROL_COUNTED),
];

/// The same, more often.
const THOROUGH_CONTROLS: &[Sizes] = &[
    timed(&[Holds(0, 64)], &[(1, 8), (300_000, 8)]),
    timed(&[Holds(512, 512)], &[(1, 8), (100_000, 8)]),
    timed(&[Holds(4096, 4096)], &[(1, 8), (20_000, 8)]),
    counted(&[Holds(0, 4096)], CONTROL_COUNTED),
];

const CONTROL_COUNTED: &[(u32, u32)] = &[(1, 1), (1_000, 1), (10_000, 1)];

/// A taste in under a minute.
const QUICK: &[Sizes] = &[
    timed(&[One], &[(1, 1), (4, 1)]),
    timed(&[FullThreads, FullLight], QUICK_FEW),
    timed(&[FullThreads], &[(1, 1), (100, 1), (500, 3)]),
    counted(&[FullThreads], &[(100, 1), (500, 1)]),
    timed(&[FullLight], &[(1, 1), (100, 1), (20_000, 3)]),
    counted(&[FullLight], &[(1_000, 1), (20_000, 1)]),
    timed(&[Again], &[(1, 1), (100, 1), (20_000, 3)]),
];

/// Sizes of live state, with the numbers of tasks that hold it.
type States = (&'static [StateSize], &'static [Sizes]);

/// What live state costs, in the default run: three sizes, far apart, to draw a line through.
const FULL_STATE: &[States] =
    &[(&[StateSize::KiB1, StateSize::KiB8], FEW_STATE), (&[StateSize::KiB64], FEW_LARGE_STATE)];

/// All sizes of state. Where a task holds many pages, fewer tasks tell as much.
const THOROUGH_STATE: &[States] = &[
    (
        &[StateSize::Bytes64, StateSize::KiB1, StateSize::KiB2, StateSize::KiB4, StateSize::KiB8],
        STATE,
    ),
    (&[StateSize::KiB16, StateSize::KiB32, StateSize::KiB64], LARGE_STATE),
];

/// Each run has two of the sizes without state too; and all contestants but pools have one in common. A pool
/// of a thousand threads takes seconds to start.
const FEW_STATE: &[Sizes] = &[
    timed(&[ThreadsOn, BesideThreads], &[(100, 3), (1_000, 3)]),
    timed(&[ThreadsSoFar], &[(100, 3), (400, 3)]),
    timed(&[Light], &[(1, 3), (1_000, 3), (10_000, 3)]),
];

const FEW_LARGE_STATE: &[Sizes] = &[
    timed(&[ThreadsOn, BesideThreads], &[(100, 3), (1_000, 3)]),
    timed(&[ThreadsSoFar], &[(100, 3), (400, 3)]),
    timed(&[Light], &[(1, 3), (100, 3), (1_000, 3)]),
];

const STATE: &[Sizes] = &[
    timed(&[Threads], &[(100, 3), (1_000, 3)]),
    // Hardly any between, for the reason that controls have none; but one that threads have too.
    timed(&[Light], &[(1, 3), (1_000, 3), (100_000, 3)]),
];

const LARGE_STATE: &[Sizes] = &[
    timed(&[Threads], &[(100, 3), (1_000, 3)]),
    timed(&[Light], &[(1, 3), (1_000, 3), (10_000, 3)]),
];

/// Each run has these sizes without depth too.
const DEPTH: &[Sizes] = &[
    timed(&[ThreadsOn, BesideThreads], &[(100, 3), (1_000, 3)]),
    timed(&[ThreadsSoFar], &[(100, 3), (400, 3)]),
    timed(&[Light], &[(100, 3), (10_000, 3)]),
];

/// Tasks that wait several times. They show that a task goes on where it stopped, with what it had.
const WAITS: &[Sizes] = &[timed(&[One], &[(4, 3)]), timed(&[Threads, Light], &[(100, 3)])];

/// The same for a taste.
const QUICK_WAITS: &[Sizes] =
    &[timed(&[One], &[(4, 1)]), timed(&[FullThreads, FullLight], &[(100, 1)])];

/// Requests of the default run. A thread for each of 19,000 needs more mappings than a usual system
/// allows.
const FULL_HTTP: &[Sizes] = &[
    timed(&[One], &[(1, 4), (4, 4)]),
    timed(&[FullThreads, FullLight], FEW_REQUESTS),
    timed(&[FullThreads], &[(1, 4), (100, 4), (1_000, 4)]),
    counted(&[FullThreads], &[(100, 1), (400, 1)]),
    timed(&[FullThreads], &[(5_000, 4)]),
    timed(&[ThreadEach], &[(19_000, 1)]),
    timed(&[BesideLight, BesideThreads], &[(1, 3), (100, 3), (1_000, 3), (5_000, 1)]),
    timed(&[FullLight], &[(1, 4), (100, 4), (1_000, 4), (5_000, 4)]),
    counted(&[FullLight], &[(100, 1), (2_000, 1)]),
];

/// Requests of the thorough run: in more rounds, and 19,000 of them too, which need nearly all of 20,000
/// descriptors. That is a usual limit.
const THOROUGH_HTTP: &[Sizes] = &[
    timed(&[One], &[(1, 8), (4, 8)]),
    timed(&[FullThreads, FullLight], THOROUGH_FEW),
    timed(&[FullThreads], &[(1, 8), (100, 8), (1_000, 8)]),
    counted(&[FullThreads], &[(100, 1), (400, 1)]),
    timed(&[FullThreads], &[(5_000, 8)]),
    timed(&[ThreadEach], &[(19_000, 1)]),
    timed(&[BesideLight, BesideThreads], &[(1, 3), (100, 3), (1_000, 3), (5_000, 3)]),
    timed(&[FullLight], &[(1, 8), (100, 8), (1_000, 8), (5_000, 8), (19_000, 4)]),
    counted(&[FullLight], &[(100, 1), (2_000, 1)]),
];

/// A taste of requests.
const QUICK_HTTP: &[Sizes] = &[
    timed(&[One], &[(1, 1)]),
    timed(&[FullThreads, FullLight], QUICK_FEW_REQUESTS),
    timed(&[FullThreads], &[(1, 1), (200, 1)]),
    timed(&[FullLight], &[(1, 1), (2_000, 1)]),
];

/// Bodies through a server with a rate limit. More than one of them at once has to share it.
const FULL_TRANSFER: &[Sizes] = &[timed(&[One, Threads, Light], &[(16, 3)])];

/// The same, more often.
const THOROUGH_TRANSFER: &[Sizes] = &[timed(&[One, Threads, Light], &[(16, 5)])];

/// A taste of transfers.
const QUICK_TRANSFER: &[Sizes] = &[timed(&[One, FullLight], &[(16, 1)])];
