//! What a claim is called, what a record says to it, and what that rests on. Enums and numbers: the
//! words are the crate `report`'s.

use serde::Serialize;

use crate::contestant::Id;
use crate::crossover::Crossover;
use crate::estimate::Estimate;
use crate::series::Series;

/// A sentence that can be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimId {
    /// Coroutines are lighter than threads.
    Lighter,
    /// Very many coroutines at once use resources well.
    Many,
    /// One program can have many HTTP requests open at once.
    ManyHttp,
    /// A synchronous call waits for the one before it.
    SyncWaits,
    /// Asynchronous waits overlap, and each result comes when it is ready.
    AsyncOverlaps,
    /// A coroutine goes on where it stopped; a subroutine starts over.
    Resumes,
    /// Coroutines let several jobs run in parallel.
    Parallel,
    /// A callback runs after the call that it was handed to has ended.
    CallbackOrder,
    /// Async code reads more easily than callbacks.
    Readable,
    /// Threads share the memory of their process, and each has its own path.
    ThreadsShare,
    /// What tasks take is given back.
    Released,
    /// Network bandwidth bounds the data moved.
    Bandwidth,
}

impl ClaimId {
    /// Its name, in tables and on the command line. It never changes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lighter => "lighter",
            Self::Many => "many",
            Self::ManyHttp => "many-http",
            Self::SyncWaits => "sync-waits",
            Self::AsyncOverlaps => "async-overlaps",
            Self::Resumes => "resumes",
            Self::Parallel => "parallel",
            Self::CallbackOrder => "callback-order",
            Self::Readable => "readable",
            Self::ThreadsShare => "threads-share",
            Self::Released => "released",
            Self::Bandwidth => "bandwidth",
        }
    }
}

/// A claim and what the record says to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claimed {
    /// The claim.
    pub id: ClaimId,
    /// What the record says to it.
    pub judgement: Judgement,
}

/// What a record says to a claim.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// The answer.
    pub verdict: Verdict,
    /// What the answer [`Verdict::HoldsWhen`] depends on; empty with any other.
    pub conditions: Vec<Condition>,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}

impl Judgement {
    /// The claim holds, under these conditions if there are any.
    pub(crate) fn holds(conditions: Vec<Condition>, evidence: Vec<Evidence>) -> Self {
        let verdict = if conditions.is_empty() { Verdict::Holds } else { Verdict::HoldsWhen };
        Self { verdict, conditions, evidence }
    }

    /// What was measured says otherwise.
    pub(crate) fn refuted(evidence: Vec<Evidence>) -> Self {
        Self { verdict: Verdict::Refuted, conditions: Vec::new(), evidence }
    }

    /// The record does not say, for this reason.
    pub(crate) fn not_measured(why: Why, evidence: Vec<Evidence>) -> Self {
        let by = if why == Why::NoTrace { Command::Trace } else { Command::Run };
        let verdict = Verdict::NotMeasured(NotMeasured { why, by });
        Self { verdict, conditions: Vec::new(), evidence }
    }

    /// The claim holds but for these findings of these measures, and is refuted where every judged row
    /// of the first of them is one.
    pub(crate) fn but_for(exceptions: &[(Measure, Finding)], evidence: Vec<Evidence>) -> Self {
        let first = exceptions[0];
        let judged = evidence.iter().filter(|row| row.is_judged && row.measure == first.0);
        let all = judged.map(|row| row.finding).collect::<Vec<_>>();
        if all.is_empty() {
            Self::not_measured(Why::NoTrace, Vec::new())
        } else if all.iter().all(|finding| *finding == first.1) {
            Self::refuted(evidence)
        } else {
            Self::holds(Condition::exceptions(&evidence, exceptions), evidence)
        }
    }
}

/// The answer to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds in everything that was measured.
    Holds,
    /// It holds under the conditions of the judgement.
    HoldsWhen,
    /// What was measured says otherwise.
    Refuted,
    /// What was measured does not say.
    NotMeasured(NotMeasured),
}

/// Why the record does not say, and what would make it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NotMeasured {
    /// Why.
    pub why: Why,
    /// What measures it.
    pub by: Command,
}

/// Why a record does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It has no proven cell of this kind.
    NoCells,
    /// It has neither coroutines nor threads that were weighed.
    NeitherModel,
    /// It has no coroutines that were weighed.
    NoCoroutines,
    /// It has no threads that were weighed.
    NoThreads,
    /// Coroutines and threads did different work.
    NothingAlike,
    /// No pair has a line on both sides: each needs proof at two N at least, with all tasks waiting.
    NoSlopes,
    /// No interval says more or less.
    NothingDecides,
    /// No contestant was asked for as many tasks as this.
    TooFewTasks(u64),
    /// The program that made it did not count its tasks' code.
    NoTaskCode,
    /// There is no trace of each task.
    NoTrace,
}

/// What measures a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// The default run.
    Run,
    /// A trace of each task.
    Trace,
}

/// What an answer depends on.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// The whole process of each runtime is lighter from so many waiting tasks on, between these two.
    FromTasks {
        /// What the tasks wait for.
        work: Work,
        /// The reference; `None` of the other thread contestants, where it is later.
        against: Option<Id>,
        /// As many tasks at least.
        earliest: u64,
        /// As many tasks at most.
        latest: u64,
        /// Whether it was found between the same two for each runtime.
        is_alike: bool,
    },
    /// Not for these: in this measure, this was found of them.
    Except {
        /// What was looked at.
        measure: Measure,
        /// What was found.
        finding: Finding,
        /// Of what.
        subjects: Vec<Subject>,
        /// Among how many.
        among: usize,
    },
    /// A part of the claim is not in the record.
    Without(Measure),
}

impl Condition {
    /// One condition for each of these that some judged evidence has, in their order.
    pub(crate) fn exceptions(evidence: &[Evidence], findings: &[(Measure, Finding)]) -> Vec<Self> {
        let of = |&(measure, finding): &(Measure, Finding)| {
            let of = |is_wanted: fn(Finding, Finding) -> bool| {
                let judged = evidence.iter().filter(|row| row.is_judged && row.measure == measure);
                let wanted = judged.filter(|row| is_wanted(row.finding, finding));
                let mut subjects: Vec<Subject> = wanted.map(|row| row.subject.clone()).collect();
                subjects.dedup();
                subjects
            };
            let (subjects, among) = (of(|found, wanted| found == wanted), of(|_, _| true).len());
            (!subjects.is_empty()).then_some(Self::Except { measure, finding, subjects, among })
        };
        findings.iter().filter_map(of).collect()
    }
}

/// What tasks wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// A plain timer.
    Timer,
    /// A plain request.
    Request,
}

impl Work {
    /// What the tasks of a crossover wait for.
    pub(crate) fn of(crossover: &Crossover) -> Self {
        if crossover.series.shape.is_timer() { Self::Timer } else { Self::Request }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evidence {
    /// Of what.
    pub subject: Subject,
    /// What was looked at.
    pub measure: Measure,
    /// At how many tasks, where it was at one number.
    pub tasks: Option<u64>,
    /// The figure, in the unit of the measure.
    pub value: Value,
    /// What was found.
    pub finding: Finding,
    /// Whether the verdict rests on it, or it is only shown beside.
    pub is_judged: bool,
}

impl Evidence {
    /// What the verdict rests on: a contestant doing some work.
    pub(crate) fn of(series: &Series, measure: Measure, value: Value, finding: Finding) -> Self {
        let subject = Subject::One(series.clone());
        Self { subject, measure, tasks: None, value, finding, is_judged: true }
    }

    /// The same, judged or only shown beside.
    pub(crate) fn judged_if(self, is_judged: bool) -> Self {
        Self { is_judged, ..self }
    }

    /// The same at so many tasks.
    pub(crate) fn at(self, tasks: impl Into<Option<u64>>) -> Self {
        Self { tasks: tasks.into(), ..self }
    }

    /// Whether the verdict rests on this measure and finding of it.
    pub(crate) fn is(&self, measure: Measure, finding: Finding) -> bool {
        self.is_judged && (self.measure, self.finding) == (measure, finding)
    }

    /// Whether it is other than the claim says, or does not say.
    pub fn is_exception(&self) -> bool {
        use Finding::{Alike, All, AsSaid, GivenBack, Less, Lighter, NotAsked, OneAtATime};
        match self.finding {
            Less => !matches!(self.subject, Subject::File(_)),
            Lighter | OneAtATime | AsSaid | All | NotAsked | GivenBack | Alike => false,
            _ => true,
        }
    }
}

/// Of what something was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A contestant doing some work.
    One(Series),
    /// A contestant held against another one that did the same.
    Pair(Series, Id),
    /// A file that each model has.
    File(String),
}

/// The figure of an evidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// There is none.
    None,
    /// A figure with its interval.
    Figure(Estimate),
    /// A whole number.
    Count(u64),
    /// Two whole numbers that were held against each other: this one, and the other's.
    Counts(u64, u64),
    /// From so many tasks on.
    From {
        /// From so many on.
        from: u64,
        /// The largest number below at which it was measured and was not so.
        not_at: Option<u64>,
    },
}

impl From<Option<Estimate>> for Value {
    fn from(figure: Option<Estimate>) -> Self {
        figure.map_or(Self::None, Self::Figure)
    }
}

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Bytes per waiting task, by the basis: how many times as many the thread takes.
    Bytes,
    /// Resident bytes per waiting task, in the same way.
    Rss,
    /// Time to start a task, in the same way.
    Start,
    /// CPU of a wait, in the same way.
    Cpu,
    /// From how many tasks on the whole process is lighter.
    WholeProcess,
    /// The largest number of tasks with proof.
    Largest,
    /// Bytes per task among many, as a ratio to those among few.
    BytesGrowth,
    /// CPU per task among many, as a ratio to that among few.
    CpuGrowth,
    /// The most tasks in flight at once.
    PeakInFlight,
    /// The time of all tasks, as a ratio to the sum of their waits.
    TimeOverWaits,
    /// The most requests that the server had open at once, by its own count.
    OpenAtServer,
    /// Tasks that went on after each of several waits, with the state that they held.
    WentOn,
    /// The same of calls one after another: below one, a call went on where the last had stopped.
    TimeOverCalls,
    /// Bytes that are kept for each task when all are over.
    KeptBytes,
    /// Threads that are there when all tasks are over, beyond those before the first.
    KeptThreads,
    /// The same of descriptors.
    KeptDescriptors,
    /// The time of all tasks, as a ratio to the longest wait.
    TimeOverLongest,
    /// Tasks that ended at the place that their wait has among the waits.
    EndOrder,
    /// Tasks that ran on one thread, on which no other one ran.
    OwnThread,
    /// Callbacks that ran before the call came back that they were handed to.
    RanBefore,
    /// The time of all jobs together, as a ratio to the sum of their CPU times.
    JobsOverSum,
    /// What is given back where tasks end by a panic, a cancellation or a timeout.
    OtherEnds,
    /// The time of a transfer, as a ratio to bytes ÷ limit.
    TimeOverLimit,
    /// Lines of code.
    Lines,
    /// Functions.
    Functions,
    /// Blocks within each other.
    Nesting,
    /// Places where the way forks.
    Branches,
    /// Values moved by hand from one step to the next.
    Carried,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// The coroutine is lighter.
    Lighter,
    /// It is heavier.
    Heavier,
    /// The interval does not say.
    Undecided,
    /// There is no figure.
    NotMeasured,
    /// One task was in flight at a time.
    OneAtATime,
    /// Several were in flight at once.
    SeveralAtOnce,
    /// As was said.
    AsSaid,
    /// Less than was said.
    Less,
    /// More than was said.
    More,
    /// All of its tasks.
    All,
    /// Some of its tasks.
    Some,
    /// It failed.
    Failed,
    /// It was not asked for as many.
    NotAsked,
    /// Nothing is kept.
    GivenBack,
    /// It is kept, and used again.
    Kept,
    /// It grows with each wave.
    Grows,
    /// The two are alike.
    Alike,
}

impl Finding {
    /// Whether a figure is as was said: between these two.
    pub(crate) fn within(figure: f64, least: f64, most: f64) -> Self {
        match figure {
            _ if figure < least => Self::Less,
            _ if figure > most => Self::More,
            _ => Self::AsSaid,
        }
    }
}
