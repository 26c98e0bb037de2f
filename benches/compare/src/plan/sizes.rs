//! How many tasks a contestant has in a run, and how often.
//!
//! A row of a table names a model or a contestant, and a contestant has all rows that name it. Where two name
//! the same number of tasks, there is a test that fails.

use workload::{Contestant, StateSize};

use super::kind::Kind;
use super::step::Step;
use record::{Build, Extent};

/// The steps of this contestant in a run of this extent.
pub(super) fn of(
    contestant: &dyn Contestant,
    kind: Kind,
    extent: Extent,
) -> impl Iterator<Item = Step> {
    let sizes = match (kind, extent) {
        (Kind::Timer, Extent::Quick) => QUICK,
        (Kind::Timer, Extent::Full | Extent::Partial) => FULL,
        (Kind::Timer, Extent::Thorough) => THOROUGH,
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
        (Kind::Http | Kind::Transfer, _) => &[],
    };
    steps_of(contestant, sizes).chain(steps_of(contestant, controls))
}

/// The sizes of live state that a run of this extent has for this contestant, each with its steps.
pub(super) fn with_state(
    contestant: &dyn Contestant,
    extent: Extent,
) -> impl Iterator<Item = (StateSize, Vec<Step>)> {
    let rows = match extent {
        Extent::Quick => &[],
        Extent::Full | Extent::Partial => FULL_STATE,
        Extent::Thorough => THOROUGH_STATE,
    };
    rows.iter().flat_map(move |(states, sizes)| {
        states.iter().map(move |state| (*state, steps_of(contestant, sizes).collect()))
    })
}

/// The steps of this contestant with several waits a task.
pub(super) fn with_waits(
    contestant: &dyn Contestant,
    extent: Extent,
) -> impl Iterator<Item = Step> {
    let sizes = if extent == Extent::Quick { QUICK_WAITS } else { WAITS };
    steps_of(contestant, sizes)
}

fn steps_of(contestant: &dyn Contestant, sizes: &'static [Sizes]) -> impl Iterator<Item = Step> {
    sizes.iter().filter(|size| size.is_of(contestant)).flat_map(Sizes::steps)
}

struct Sizes {
    /// Models and ids of contestants.
    of: &'static [&'static str],
    build: Build,
    /// Numbers of tasks, with the number of repeats.
    steps: &'static [(u32, u32)],
}

impl Sizes {
    fn is_of(&self, contestant: &dyn Contestant) -> bool {
        let id = contestant.id();
        self.of.contains(&id.model()) || self.of.contains(&id.as_str())
    }

    fn steps(&self) -> impl Iterator<Item = Step> {
        self.steps.iter().map(|&(tasks, repeats)| Step { tasks, repeats, build: self.build })
    }
}

const fn timed(of: &'static [&'static str], steps: &'static [(u32, u32)]) -> Sizes {
    Sizes { of, build: Build::Timed, steps }
}

const fn counted(of: &'static [&'static str], steps: &'static [(u32, u32)]) -> Sizes {
    Sizes { of, build: Build::Counting, steps }
}

/// The models whose tasks take no thread.
const LIGHT: &[&str] = &["callbacks", "coroutines"];

const MODELS: &[&str] = &["subroutine", "threads", "callbacks", "coroutines"];

/// Contestants under another name.
const AGAIN: &[&str] = &["control/again-bare", "control/again-tokio-current-thread"];

// Every number of tasks of a series is in as many rounds as the others, and all that is compared has the
// same, because a round is what is resampled. Few numbers in more rounds tell more than many in few:
// a slope is that of its largest number, and one process differs from the next. Fewer rounds have
// those that show where something ends, and the largest, which take a minute a round.

/// From how many tasks on one model weighs less than another is looked for among these and one task,
/// so there is no gap between them. A cell of them takes a tenth of a second.
const FEW: &[(u32, u32)] = &[(2, 3), (3, 3), (4, 3), (5, 3), (6, 3), (7, 3), (8, 3)];

/// The same in the thorough run.
const THOROUGH_FEW: &[(u32, u32)] = &[(2, 5), (3, 5), (4, 5), (5, 5), (6, 5), (7, 5), (8, 5)];

/// The same for a taste, which finds the place to within a factor of two.
const QUICK_FEW: &[(u32, u32)] = &[(2, 1), (4, 1), (8, 1)];

/// The same for a taste of requests.
const QUICK_FEW_REQUESTS: &[(u32, u32)] = &[(2, 1), (8, 1)];

/// The default run. A slope needs sizes far apart; the interval needs rounds; the small sizes show
/// from how many tasks on a model is worth its runtime; the largest show where each one ends.
const FULL: &[Sizes] = &[
    timed(&["subroutine"], &[(1, 4), (4, 4), (16, 4)]),
    counted(&["subroutine"], &[(1, 1), (16, 1)]),
    timed(&["threads"], FEW),
    timed(&["threads"], &[(1, 4), (100, 4), (1_000, 4)]),
    counted(&["threads"], &[(100, 1), (400, 1), (1_000, 1)]),
    timed(&["threads/per-task"], &[(10_000, 4), (40_000, 1)]),
    timed(&["threads/per-task-small-stack"], &[(10_000, 4)]),
    timed(&["threads/crossbeam-pool"], &[(10_000, 4)]),
    // No more for rayon: its idle workers look for work at each other, and 2,000 of them take
    // seconds of CPU to come to rest.
    timed(&["threads/rayon-pool"], &[(400, 4)]),
    timed(LIGHT, FEW),
    timed(LIGHT, &[(1, 4), (100, 4), (10_000, 4), (100_000, 4), (1_000_000, 4)]),
    counted(LIGHT, &[(1_000, 1), (10_000, 1), (100_000, 1)]),
    timed(&["baseline"], &[(10_000, 4), (100_000, 4)]),
    // Of the sizes of its other self, those that are soon done, and each as often.
    timed(AGAIN, &[(1, 4), (10_000, 4), (100_000, 4)]),
];

/// The thorough run: more rounds, so that intervals are narrow, and ten millions of whatever is not a
/// thread, to see whether a task among many still costs what a task among few does.
const THOROUGH: &[Sizes] = &[
    timed(&["subroutine"], &[(1, 10), (4, 10), (16, 10)]),
    counted(&["subroutine"], &[(1, 1), (16, 1)]),
    timed(&["threads"], THOROUGH_FEW),
    timed(&["threads"], &[(1, 10), (100, 10), (1_000, 10)]),
    counted(&["threads"], &[(100, 1), (400, 1), (1_000, 1)]),
    timed(&["threads/per-task"], &[(10_000, 10), (40_000, 1)]),
    timed(&["threads/per-task-small-stack"], &[(10_000, 10), (40_000, 1)]),
    timed(&["threads/crossbeam-pool"], &[(10_000, 10)]),
    timed(&["threads/rayon-pool"], &[(400, 10)]),
    timed(LIGHT, THOROUGH_FEW),
    timed(
        LIGHT,
        &[
            (1, 10),
            (100, 10),
            (1_000, 10),
            (10_000, 10),
            (100_000, 10),
            (1_000_000, 10),
            (10_000_000, 3),
        ],
    ),
    counted(LIGHT, THOROUGH_COUNTED),
    timed(&["baseline"], &[(10_000, 10), (100_000, 10)]),
    timed(AGAIN, &[(1, 10), (10_000, 10), (100_000, 10), (1_000_000, 10)]),
];

const THOROUGH_COUNTED: &[(u32, u32)] = &[(1_000, 1), (10_000, 1), (100_000, 1), (1_000_000, 1)];

/// The controls that hold a known weight, in every run: they are done in a moment, and a taste too
/// wants to be trusted.
const CONTROLS: &[Sizes] = &[
    timed(HOLD_LITTLE, &[(1, 5), (300_000, 5)]),
    timed(&["control/512"], &[(1, 4), (100_000, 4)]),
    timed(&["control/4096"], &[(1, 4), (20_000, 4)]),
    counted(HOLD, CONTROL_COUNTED),
];

/// The same for a taste, just often enough for an interval.
const QUICK_CONTROLS: &[Sizes] = &[
    timed(HOLD_LITTLE, &[(1, 3), (200_000, 3)]),
    timed(&["control/512"], &[(1, 4), (100_000, 4)]),
    timed(&["control/4096"], &[(1, 4), (20_000, 4)]),
    counted(HOLD, CONTROL_COUNTED),
];

/// The same, more often.
const THOROUGH_CONTROLS: &[Sizes] = &[
    timed(HOLD_LITTLE, &[(1, 10), (300_000, 10)]),
    timed(&["control/512"], &[(1, 10), (100_000, 10)]),
    timed(&["control/4096"], &[(1, 10), (20_000, 10)]),
    counted(HOLD, CONTROL_COUNTED),
];

const HOLD: &[&str] = &["control/null", "control/64", "control/512", "control/4096"];

/// They have so many tasks that what one process differs from the next, some dozen pages, is well below the
/// bar; and no size between: where a resample has none of the largest, its slope is that noise.
const HOLD_LITTLE: &[&str] = &["control/null", "control/64"];

const CONTROL_COUNTED: &[(u32, u32)] = &[(1, 1), (1_000, 1), (10_000, 1)];

/// A taste in under a minute.
const QUICK: &[Sizes] = &[
    timed(&["subroutine"], &[(1, 1), (4, 1)]),
    timed(&["threads"], QUICK_FEW),
    timed(&["threads"], &[(1, 1), (100, 1), (500, 3)]),
    counted(&["threads"], &[(100, 1), (500, 1)]),
    timed(LIGHT, QUICK_FEW),
    timed(LIGHT, &[(1, 1), (100, 1), (20_000, 3)]),
    counted(LIGHT, &[(1_000, 1), (20_000, 1)]),
    timed(AGAIN, &[(1, 1), (100, 1), (20_000, 3)]),
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

/// Each run has two of the sizes without state too; and all contestants have one in common.
const FEW_STATE: &[Sizes] = &[
    timed(&["threads"], &[(100, 3), (1_000, 3)]),
    timed(LIGHT, &[(1, 3), (1_000, 3), (10_000, 3)]),
];

const FEW_LARGE_STATE: &[Sizes] =
    &[timed(&["threads"], &[(100, 3), (1_000, 3)]), timed(LIGHT, &[(1, 3), (100, 3), (1_000, 3)])];

const STATE: &[Sizes] = &[
    timed(&["threads"], &[(100, 3), (1_000, 3)]),
    // Hardly any between, for the reason that `HOLD_LITTLE` has none; but one that threads have too.
    timed(LIGHT, &[(1, 3), (1_000, 3), (100_000, 3)]),
];

const LARGE_STATE: &[Sizes] = &[
    timed(&["threads"], &[(100, 3), (1_000, 3)]),
    timed(LIGHT, &[(1, 3), (1_000, 3), (10_000, 3)]),
];

/// Tasks that wait several times. They show that a task goes on where it stopped, with what it had.
const WAITS: &[Sizes] = &[
    timed(&["subroutine"], &[(4, 3)]),
    timed(&["threads"], &[(100, 3)]),
    timed(LIGHT, &[(100, 3)]),
];

/// The same for a taste.
const QUICK_WAITS: &[Sizes] = &[
    timed(&["subroutine"], &[(4, 1)]),
    timed(&["threads"], &[(100, 1)]),
    timed(LIGHT, &[(100, 1)]),
];

/// Requests of the default run. A thread for each of 19,000 needs more mappings than a usual system
/// allows.
const FULL_HTTP: &[Sizes] = &[
    timed(&["subroutine"], &[(1, 4), (4, 4)]),
    timed(&["threads"], FEW),
    timed(&["threads"], &[(1, 4), (100, 4), (1_000, 4)]),
    counted(&["threads"], &[(100, 1), (400, 1)]),
    timed(&["threads/per-task"], &[(5_000, 4), (19_000, 1)]),
    timed(&["threads/per-task-small-stack"], &[(5_000, 4), (19_000, 1)]),
    timed(&["threads/crossbeam-pool"], &[(5_000, 4)]),
    timed(LIGHT, FEW),
    timed(LIGHT, &[(1, 4), (100, 4), (1_000, 4), (5_000, 4)]),
    counted(LIGHT, &[(100, 1), (2_000, 1)]),
];

/// Requests of the thorough run: in more rounds, and 19,000 of them too, which need nearly all of 20,000
/// descriptors. That is a usual limit.
const THOROUGH_HTTP: &[Sizes] = &[
    timed(&["subroutine"], &[(1, 10), (4, 10)]),
    timed(&["threads"], THOROUGH_FEW),
    timed(&["threads"], &[(1, 10), (100, 10), (1_000, 10)]),
    counted(&["threads"], &[(100, 1), (400, 1)]),
    timed(&["threads/per-task"], &[(5_000, 10), (19_000, 1)]),
    timed(&["threads/per-task-small-stack"], &[(5_000, 10), (19_000, 1)]),
    timed(&["threads/crossbeam-pool"], &[(5_000, 10)]),
    timed(LIGHT, THOROUGH_FEW),
    timed(LIGHT, &[(1, 10), (100, 10), (1_000, 10), (5_000, 10), (19_000, 5)]),
    counted(LIGHT, &[(100, 1), (2_000, 1)]),
];

/// A taste of requests.
const QUICK_HTTP: &[Sizes] = &[
    timed(&["subroutine"], &[(1, 1)]),
    timed(&["threads"], QUICK_FEW_REQUESTS),
    timed(&["threads"], &[(1, 1), (200, 1)]),
    timed(LIGHT, QUICK_FEW_REQUESTS),
    timed(LIGHT, &[(1, 1), (2_000, 1)]),
];

/// Bodies through a server with a rate limit. More than one of them at once has to share it.
const FULL_TRANSFER: &[Sizes] = &[timed(MODELS, &[(16, 3)])];

/// The same, more often.
const THOROUGH_TRANSFER: &[Sizes] = &[timed(MODELS, &[(16, 5)])];

/// A taste of transfers.
const QUICK_TRANSFER: &[Sizes] = &[timed(&["subroutine"], &[(16, 1)]), timed(LIGHT, &[(16, 1)])];
