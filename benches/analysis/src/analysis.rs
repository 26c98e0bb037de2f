//! Everything that a record says.

use record::{Record, Run};

use crate::bill::{self, Bill};
use crate::claims::{self, ClaimId, Claimed, Finding, Inputs, Measure, Subject, Summary};
use crate::conditions::Disturbances;
use crate::contestant::Id;
use crate::context::{Basis, Context, find};
use crate::crossover::{self, Crossover};
use crate::growth::{self, Growth};
use crate::instructions::{self, InstructionRow};
use crate::instrument::Instrument;
use crate::lateness::{self, LatenessRow};
use crate::lifecycle::{self, Lifecycle};
use crate::measured::Measured;
use crate::missing::{self, Missing};
use crate::per_task::{self, PerTask};
use crate::rates::{self, RateRow, ReadTwice};
use crate::repeat::Repeat;
use crate::series::{Series, Shape};
use crate::state::{More, StateRow};
use crate::traces::{self, Traced};
use crate::transfers::{self, Transfer};
use crate::walls::{self, Reach};
use crate::weighing::{self, Server};

/// Everything that a record says, as numbers and enums.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// What was run, on what.
    pub run: Run,
    /// Whether the last line of the record was cut off, as a killed run leaves it.
    pub truncated: bool,
    /// By which figure contestants are held against each other in bytes.
    pub basis: Basis,
    /// Whether a task among many costs as much CPU as one among few.
    pub growth: Vec<Growth>,
    /// What happened to the machine while the cells ran.
    pub disturbances: Disturbances,
    /// How many instructions one more task takes.
    pub instructions: Vec<InstructionRow>,
    /// Whether the instrument measures right.
    pub instrument: Instrument,
    /// How late tasks were.
    pub lateness: Vec<LatenessRow>,
    /// What was measured of each series, in the order in which contestants are listed.
    pub measured: Vec<Measured>,
    /// How this run repeats the run before, where there is one: run 1 is the one before.
    pub repeat: Option<Repeat>,
    /// What is said of each claim.
    pub claims: Vec<Claimed>,
    /// How much lighter a coroutine is, for where there is room for a few sentences.
    pub lighter: Option<Summary>,
    /// From which N on a process is lighter than that of threads.
    pub crossovers: Vec<Crossover>,
    /// Every cell without a figure, with its reason.
    pub missing: Vec<Missing>,
    /// How far each compared contestant came with plain timers and plain requests.
    pub reaches: Vec<Reach>,
    /// How many tasks and requests a second.
    pub rates: Vec<RateRow>,
    /// The same of tasks through which a token goes.
    pub relays: Vec<RateRow>,
    /// The rates that were read both in rounds and in criterion's samples.
    pub read_twice: Vec<ReadTwice>,
    /// Whether the cells ran in rounds, so that the round is what is resampled.
    pub is_in_rounds: bool,
    /// How long bodies took through a server with a limit.
    pub transfers: Vec<Transfer>,
    /// What tasks did, where that was noted.
    pub traces: Vec<Traced>,
    /// What one more connection costs the servers that were weighed.
    pub servers: Vec<Server>,
    /// What holds a waiting task's memory.
    pub bills: Vec<Bill>,
    /// What a process keeps when its tasks are over.
    pub lifecycles: Vec<Lifecycle>,
    /// What a task takes at each N, for records that have only one.
    pub per_task: Vec<PerTask>,
    /// What a waiting task weighs that keeps state.
    pub states: Vec<StateRow>,
    /// The same by the stack that tasks used and gave back before they waited.
    pub depths: Vec<StateRow>,
}

impl Analysis {
    /// What this record says, and how it repeats what `previous`, the same run made before, says.
    pub fn of(record: &Record, previous: Option<&Record>) -> Self {
        let context = Context::of(record);
        let (relays, rates) = rates::of(&context).into_iter().partition(|row| row.shape.is_relay());
        let analysis = Self {
            run: record.run.clone(),
            truncated: record.truncated,
            basis: context.basis,
            bills: bill::of(&context),
            claims: Vec::new(),
            lighter: None,
            crossovers: crossover::of(&context),
            lifecycles: lifecycle::of(&context),
            per_task: per_task::of(&context),
            states: More::State.rows(&context),
            depths: More::Depth.rows(&context),
            repeat: previous.map(|previous| Repeat::of(&[previous, record])),
            missing: missing::of(&context),
            reaches: walls::of(&context),
            growth: growth::of(&context),
            disturbances: Disturbances::of(record),
            instructions: instructions::of(&context),
            instrument: Instrument::of(&context),
            lateness: lateness::of(&context),
            rates,
            relays,
            servers: weighing::of(record),
            read_twice: rates::read_twice(&context),
            is_in_rounds: context.draws.are_rounds(),
            traces: traces::of(&context),
            transfers: transfers::of(&context),
            measured: Vec::new(),
        };
        let inputs = Inputs {
            context: &context,
            crossovers: &analysis.crossovers,
            growth: &analysis.growth,
            lateness: &analysis.lateness,
            lifecycles: &analysis.lifecycles,
            rates: &analysis.rates,
            traces: &analysis.traces,
            transfers: &analysis.transfers,
        };
        let (claims, lighter) = (claims::of(&inputs), Summary::of(&inputs));
        Self { claims, lighter, measured: context.measured, ..analysis }
    }

    /// What was measured of a contestant in work of this shape.
    pub fn measured_of(&self, contestant: &Id, shape: &Shape) -> Option<&Measured> {
        find(&self.measured, contestant, shape)
    }

    /// Whether all tasks of a contestant run on one thread, so that one that computes keeps up the others: it
    /// says so, or its jobs ran one after another.
    pub fn is_on_one_thread(&self, contestant: &Id) -> bool {
        let parallel = self.claims.iter().filter(|claimed| claimed.id == ClaimId::Parallel);
        let mut jobs = parallel.flat_map(|claimed| &claimed.judgement.evidence).filter(|row| {
            let Subject::One(series) = &row.subject else { return false };
            row.measure == Measure::JobsOverSum && series.contestant == *contestant
        });
        contestant.is_on_one_thread() || jobs.any(|row| row.finding == Finding::Some)
    }

    /// What was measured of this series.
    pub fn get(&self, series: &Series) -> Option<&Measured> {
        self.measured_of(&series.contestant, &series.shape)
    }
}
