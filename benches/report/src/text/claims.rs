//! What claims, their thresholds, verdicts and evidence are called, in English.

use analysis::claims::lighter::EVEN;
use analysis::claims::{
    ClaimId, Claimed, Command, Condition, Finding, Measure, NotMeasured, Subject, Verdict, Why,
    Work, async_overlaps, bandwidth, callback_order, many, many_http, parallel, released, resumes,
    sync_waits, threads_share,
};
use analysis::contestant::Id;
use analysis::crossover::DISTINCT;
use analysis::growth::{FEW, MANY};
use analysis::series::Shape;

use super::inline::{Text, say};
use super::names;
use crate::document::Unit;
use crate::format;

/// So many names stand in a sentence at most; more are counted.
const MOST_NAMES: usize = 3;

/// So many letters of conditions stand in a cell of a table.
const MOST_LETTERS: usize = 138;

/// So many letters say how many conditions are left out.
const THE_REST: usize = "; and 10 more, below".len();

/// So many letters the names of what an exception is about may have.
const MOST_LETTERS_OF_NAMES: usize = 70;

/// What is claimed.
pub fn statement(id: ClaimId) -> &'static str {
    match id {
        ClaimId::Lighter => "Coroutines are lighter than threads",
        ClaimId::Many => "Very many coroutines at once use resources well",
        ClaimId::ManyHttp => "One program can have many HTTP requests open at once",
        ClaimId::SyncWaits => "A synchronous call waits for the one before it",
        ClaimId::AsyncOverlaps => "Asynchronous waits overlap; each result comes when it is ready",
        ClaimId::Resumes => "A coroutine goes on where it stopped; a subroutine starts over",
        ClaimId::Parallel => "Coroutines let several jobs run in parallel",
        ClaimId::CallbackOrder => "A callback runs after the call that it was handed to has ended",
        ClaimId::Readable => "Async code reads more easily than callbacks",
        ClaimId::ThreadsShare => "Threads share memory, and each has its own path",
        ClaimId::Released => "What tasks take is given back",
        ClaimId::Bandwidth => "Network bandwidth bounds the data moved",
    }
}

/// What must be seen for it to hold, as it was fixed before any evidence.
pub fn threshold(id: ClaimId) -> Text {
    Text::plain(match id {
        ClaimId::Lighter => format!(
            "Each coroutine is held against each contestant of threads that does the same. By bytes \
             of a waiting task, the time to start one and the CPU of a wait, a coroutine is lighter \
             where the whole interval of thread ÷ coroutine lies above {even}, heavier where it lies \
             below, and otherwise undecided. It is undecided too where one of the two figures cannot \
             be distinguished from zero. At one number of tasks a process is lighter where the \
             medians differ by more than {distinct} and by more than their repeats leave open. The \
             claim holds if every pair is lighter in all of these, with conditions if a pair is \
             lighter in bytes, and is refuted if none is and one is heavier.",
            even = format::plain(EVEN),
            distinct = format::percent(DISTINCT)
        ),
        ClaimId::Many => format!(
            "A runtime has very many tasks if {many} of them wait for a timer at once, with proof. \
             They use resources well if one of them takes at most {bytes} times the bytes and {cpu} \
             times the CPU of one of {few}, with the whole interval. The claim holds if this is so of \
             every coroutine, with conditions where a runtime stops below or takes more, and is \
             refuted if no runtime gets there or all take more bytes.",
            many = format::count(MANY),
            few = format::count(FEW),
            bytes = format::times(many::MOST_BYTES),
            cpu = format::times(many::MOST_CPU),
        ),
        ClaimId::ManyHttp => format!(
            "The server counts how many requests it has open. A contestant has many open at once if, \
             with proof, the most that the server counted is the number of its tasks and at least \
             {many}. The claim holds if every contestant does, with conditions if some do, and is \
             refuted if none does that was asked for as many.",
            many = format::count(many_http::MANY)
        ),
        ClaimId::SyncWaits => format!(
            "{least} calls of a subroutine or more have one task in flight at most, and take from \
             {from} to {to} times the sum of their waits. The claim holds with conditions if they \
             take longer, and is refuted if several are in flight or they take less.",
            least = format::count(sync_waits::LEAST_CALLS),
            from = format::times(sync_waits::LEAST),
            to = format::times(sync_waits::MOST),
        ),
        ClaimId::AsyncOverlaps => format!(
            "All tasks together take at most {most} times the longest wait, and end in the order of \
             their waits, whatever the order in which they started. The claim holds if this is so of \
             every contestant of callbacks and coroutines, with conditions if of some, and is refuted if \
             all take longer. The best round counts for the time, because a busy machine only makes it \
             longer, and every round for the order.",
            most = format::times(async_overlaps::MOST)
        ),
        ClaimId::Resumes => format!(
            "Tasks that wait {least} times or more, with live state between, have proof: every task \
             ended with the sum that its whole state makes. A subroutine that is called again takes \
             at least {from} times all of its waits again. The claim holds if every coroutine has \
             proof and the calls start over, with conditions if a coroutine fails or no calls were \
             measured, and is refuted if none has proof or calls take less.",
            least = format::count(u64::from(resumes::LEAST_WAITS)),
            from = format::times(sync_waits::LEAST),
        ),
        ClaimId::Parallel => format!(
            "Waits on one thread take together at most {most} times the longest of them. Jobs that \
             compute take at least {least} times the sum of their times on one thread, and less on \
             several: the time of all of them is held against the CPU that they took, and the best \
             round counts. The claim holds if every coroutine's jobs take less, with conditions if some \
             coroutines' do not, and is refuted if waits take longer in all of them.",
            most = format::times(async_overlaps::MOST),
            least = format::times(parallel::LEAST_OF_SUM),
        ),
        ClaimId::CallbackOrder => format!(
            "Of all callbacks of a workload, {most} run before the call that they were handed to has \
             ended. The claim is refuted if some do in all contestants of callbacks.",
            most = format::count(callback_order::MOST_BEFORE)
        ),
        ClaimId::Readable => {
            return say(
                "What a reader has to follow in the same task is counted over its syntax tree: \
                 values moved by hand, lines, functions, nesting, branches. Each count of each file \
                 is held against the callbacks' on its own. The claim holds if no count is more, with \
                 conditions if fewer of them are more than are less, and is refuted otherwise. [How \
                 readability is measured](docs:readable.md) says what the counts are biased towards.",
                &[],
            );
        }
        ClaimId::ThreadsShare => format!(
            "All tasks sign in to one ledger, and of a thread each, {most} tasks run on a thread that \
             another one ran on. The claim holds if this is so of every contestant with a thread each, \
             with conditions if of some, and is refuted if of none. Pools stand beside: their threads take \
             task after task.",
            most = format::count(threads_share::MOST_SHARED)
        ),
        ClaimId::Released => format!(
            "A process runs the same tasks twice. It gives back what it keeps nothing notable of \
             after the first wave. It grows where the second wave leaves more behind and needs more \
             at its peak, or leaves threads or descriptors for more than {share} of its tasks. The \
             claim holds on conditions that name what keeps and what grows, and is refuted if every \
             process grows. Tasks that all return are looked at, and tasks every second of which panics, \
             is cancelled while it waits, or does not get its answer in time. An OS thread cannot be \
             cancelled.",
            share = format::percent(released::NOTABLE_SHARE)
        ),
        ClaimId::Bandwidth => format!(
            "Bodies come through a server that caps all answers together. A contestant is bound by \
             that if the median of its times is from {least} to {most} times bytes ÷ limit. The \
             claim holds if every contestant is bound, with conditions if some take longer, and is \
             refuted if one takes less or all take longer.",
            least = format::times(bandwidth::LEAST),
            most = format::times(bandwidth::MOST)
        ),
    })
}

/// The verdict in a word or two.
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::HoldsWhen => "holds when",
        Verdict::Refuted => "refuted",
        Verdict::NotMeasured(_) => "not measured",
    }
}

/// The verdict in a sentence. Where it holds under conditions, it is what follows `holds when`.
pub fn sentence(claimed: &Claimed) -> Text {
    worded(claimed, usize::MAX)
}

/// The same for a cell of a table: so long that not every condition may be in it.
pub fn short_sentence(claimed: &Claimed) -> Text {
    worded(claimed, MOST_LETTERS)
}

fn worded(claimed: &Claimed, most: usize) -> Text {
    let (holds, refuted) = outcomes(claimed.id);
    match claimed.judgement.verdict {
        Verdict::Holds => holds.into(),
        Verdict::HoldsWhen => conditions(&claimed.judgement.conditions, most).into(),
        Verdict::Refuted => refuted.into(),
        Verdict::NotMeasured(missing) => not_measured(missing),
    }
}

/// What was found where it holds, and where it is refuted.
fn outcomes(id: ClaimId) -> (&'static str, &'static str) {
    match id {
        ClaimId::Lighter => (
            "Every coroutine was lighter than every thread, at every number of tasks.",
            "No coroutine took fewer bytes than a thread, and one took more.",
        ),
        ClaimId::Many => (
            "Every runtime got there, and a task among many took hardly more than one among few.",
            "No runtime got there, or a task among many took more bytes in all of them.",
        ),
        ClaimId::ManyHttp => (
            "The server had the requests of every contestant open at once.",
            "No contestant had many requests open at once.",
        ),
        ClaimId::AsyncOverlaps => (
            "All waits overlapped, and each task ended when its own wait was over.",
            "All tasks together took longer than the longest wait.",
        ),
        ClaimId::Parallel => (
            "Waits overlapped on one thread, and computing jobs ran at once.",
            "Waits on one thread did not overlap.",
        ),
        ClaimId::CallbackOrder => (
            "Every callback ran after the call that it was handed to had ended.",
            "Callbacks ran before the call that they were handed to had ended.",
        ),
        ClaimId::ThreadsShare => (
            "All tasks signed in to one ledger, and each ran on a thread of its own.",
            "Tasks shared threads.",
        ),
        ClaimId::SyncWaits => (
            "One call was in flight at a time, and their waits add up.",
            "Several calls were in flight at once, or took less than their waits.",
        ),
        ClaimId::Resumes => (
            "Every task went on with its state after each wait; calls started over.",
            "Tasks did not go on with their state, or calls did not start over.",
        ),
        ClaimId::Readable => (
            "No count of any file is more than the callbacks'.",
            "As many counts are more than the callbacks' as are less, or more of them.",
        ),
        ClaimId::Bandwidth => (
            "Every contestant took bytes ÷ limit, whatever its way of waiting.",
            "A contestant was faster than the limit, or none was bound by it.",
        ),
        ClaimId::Released => {
            ("Everything that was measured was so.", "Every process grew with the second wave.")
        }
    }
}

/// Why a record does not say, and what would measure it.
fn not_measured(missing: NotMeasured) -> Text {
    let why = match missing.why {
        Why::NoCells => "The record has no proven cell of this kind.",
        Why::NeitherModel => "The record has neither coroutines nor threads that were weighed.",
        Why::NoCoroutines => "The record has no coroutines that were weighed.",
        Why::NoThreads => "The record has no threads that were weighed.",
        Why::NothingAlike => "No coroutine did the same as a thread.",
        Why::NoSlopes => "No coroutine and thread were both weighed at two numbers of tasks.",
        Why::NothingDecides => "The intervals are too wide to say.",
        Why::TooFewTasks(least) => {
            &format!("No contestant was asked for {} tasks at once.", format::count(least))
        }
        Why::NoTaskCode => "The program that made this record did not count its code.",
        Why::NoTrace => "The record has no trace of each task.",
    };
    let by = match missing.by {
        Command::Run => "`cargo bench -p compare` measures it.",
        Command::Trace => "`compare run --trace` takes one, and so does `cargo bench -p compare`.",
    };
    Text::plain(why).and(say(by, &[]))
}

/// What follows `holds when`, as long as it is no longer than this; of the rest it says how much it
/// is.
fn conditions(all: &[Condition], most: usize) -> String {
    let others = all.iter().filter_map(|one| condition(one, most));
    let all: Vec<String> = from_tasks(all).into_iter().chain(others).collect();
    let mut words = String::new();
    for (index, condition) in all.iter().enumerate() {
        // What the rest is takes room too, unless there is none.
        let room = if index + 1 == all.len() { most.saturating_add(THE_REST) } else { most };
        if index > 0 {
            if words.len() + "; ".len() + condition.len() > room {
                return format!("{words}; and {} more, below.", all.len() - index);
            }
            words += "; ";
        }
        words += condition;
    }
    words + "."
}

/// From how many tasks on, of each work.
fn from_tasks(all: &[Condition]) -> Option<String> {
    let mut parts = Vec::new();
    let mut depends = false;
    for condition in all {
        let Condition::FromTasks { work, against, earliest, latest, is_alike } = condition else {
            continue;
        };
        let things = match work {
            Work::Timer => "timers",
            Work::Request => "requests",
        };
        let other = if against.is_some() { "" } else { " (against other threads)" };
        let from = format::range(*earliest as f64, *latest as f64, Unit::Count);
        parts.push(format!("{from} {things}{other}"));
        depends |= !is_alike;
    }
    let depending = if depends { ", depending on the runtime" } else { "" };
    (!parts.is_empty()).then(|| format!("at least {} wait{depending}", parts.join(" or ")))
}

/// One of the other conditions.
fn condition(condition: &Condition, most: usize) -> Option<String> {
    match condition {
        Condition::FromTasks { .. } => None,
        Condition::Except { measure, finding, subjects, among } => {
            let mut which = which(*measure, subjects, *among);
            if most == usize::MAX {
                which += &in_common(subjects);
            }
            Some(exception(*measure, *finding, &which))
        }
        Condition::Without(Measure::OtherEnds) => {
            Some("tasks end by themselves (other ends are not all measured)".into())
        }
        Condition::Without(missing) => {
            Some(format!("{} is right (not measured)", measure(*missing)))
        }
    }
}

/// That it is not for these.
fn exception(of: Measure, found: Finding, which: &str) -> String {
    match (of, found) {
        (Measure::OpenAtServer, _) => {
            format!("a request does not wait for the one before (as in {which})")
        }
        (Measure::TimeOverWaits, _) => format!("calls do nothing but wait (unlike {which})"),
        (Measure::TimeOverLongest, _) => format!("the runtime is not {which} (waits took longer)"),
        (Measure::EndOrder, _) => format!("the runtime is not {which} (ends in another order)"),
        (Measure::RanBefore, _) => format!("the loop is not {which} (callbacks ran before)"),
        (Measure::OwnThread, _) => format!("the threads are not {which} (tasks share threads)"),
        (Measure::JobsOverSum, _) => {
            format!("the jobs wait; jobs that compute run one after another in {which}")
        }
        (Measure::WentOn, Finding::NotMeasured) => format!("the runtime is not {which} (no proof)"),
        (Measure::WentOn, _) => format!("the runtime is not {which} (not all tasks went on)"),
        (Measure::TimeOverLimit, _) => format!("the way of waiting keeps up (unlike {which})"),
        (Measure::Largest, _) => format!("the runtime is not {which} (stopped below)"),
        (Measure::KeptBytes, Finding::Grows) => {
            format!("it is not {which} (more memory for a second wave)")
        }
        (Measure::KeptThreads | Measure::KeptDescriptors, Finding::Grows) => {
            format!("it is not {which} (leaves {} after each wave)", measure(of))
        }
        (Measure::KeptBytes | Measure::KeptThreads | Measure::KeptDescriptors, _) => {
            let kept = if of == Measure::KeptBytes { "memory" } else { measure(of) };
            format!("{kept} may stay for later tasks ({which})")
        }
        _ => format!("leaving out {} ({} for {which})", measure(of), finding(of, found)),
    }
}

/// These in a few words: by name if they are few, else counted.
fn which(measure: Measure, subjects: &[Subject], among: usize) -> String {
    let mut names: Vec<String> = subjects.iter().map(short).collect();
    names.sort();
    names.dedup();
    let is_file = |subject: &Subject| matches!(subject, Subject::File(_));
    let listed = format::list(&names);
    let is_short = names.len() <= MOST_NAMES && listed.len() <= MOST_LETTERS_OF_NAMES;
    if is_short || subjects.iter().all(is_file) {
        return listed;
    }
    let things = match (measure, &subjects[0]) {
        (_, Subject::Pair(..)) => "pairs",
        (Measure::KeptBytes | Measure::KeptThreads | Measure::KeptDescriptors, _) => "processes",
        _ => "contestants",
    };
    format!("{} of {} {things}", format::count(subjects.len() as u64), format::count(among as u64))
}

/// What many pairs have in common: `, each a request of 1 KiB against crossbeam pool`.
fn in_common(subjects: &[Subject]) -> String {
    let pair = |subject: &Subject| match subject {
        Subject::Pair(series, against) => Some((series.shape.clone(), against.clone())),
        Subject::One(_) | Subject::File(_) => None,
    };
    let pairs: Vec<(Shape, Id)> = subjects.iter().filter_map(pair).collect();
    let Some((shape, against)) = pairs.first().filter(|_| pairs.len() > MOST_NAMES) else {
        return String::new();
    };
    let mut words = String::new();
    if pairs.iter().all(|(other, _)| other == shape) {
        words += &format!(", each a {}", names::shape(shape));
    }
    if pairs.iter().all(|(_, other)| other == against) {
        words += &format!(" against {}", names::contestant(against));
    }
    words
}

/// The name of what something was found of, without its work.
fn short(subject: &Subject) -> String {
    match subject {
        Subject::One(series) => names::contestant(&series.contestant),
        Subject::Pair(series, against) => {
            let thread = names::contestant(against);
            format!("{} against {thread}", names::contestant(&series.contestant))
        }
        Subject::File(file) => file.clone(),
    }
}

/// What was looked at, as a noun.
pub fn measure(measure: Measure) -> &'static str {
    words(measure).0
}

/// The head of the column of a measure's figures, and what they count.
pub fn column(measure: Measure) -> (&'static str, Unit) {
    let (_, head, unit) = words(measure);
    (head, unit)
}

/// What was looked at as a noun, the head of the column of its figures, and what they count.
fn words(measure: Measure) -> (&'static str, &'static str, Unit) {
    const TIMES: &str = "a thread takes, times";
    const FEW: &str = "times one among few";
    const WAITS: &str = "times their waits";
    match measure {
        Measure::Bytes => ("bytes of a waiting task", TIMES, Unit::Times),
        Measure::Rss => ("resident bytes of a waiting task", TIMES, Unit::Times),
        Measure::Start => ("the time to start a task", TIMES, Unit::Times),
        Measure::Cpu => ("CPU of a wait", TIMES, Unit::Times),
        Measure::WholeProcess => ("the whole process", "lighter from", Unit::Count),
        Measure::Largest => ("the most tasks with proof", "counted", Unit::Count),
        Measure::BytesGrowth => ("bytes of a task among many", FEW, Unit::Times),
        Measure::CpuGrowth => ("CPU of a task among many", FEW, Unit::Times),
        Measure::PeakInFlight => ("the most tasks in flight", "counted", Unit::Count),
        Measure::TimeOverWaits => ("the time of all calls", WAITS, Unit::Times),
        Measure::OpenAtServer => ("the most requests open at the server", "counted", Unit::Count),
        Measure::WentOn => ("tasks that went on", "counted", Unit::Count),
        Measure::TimeOverCalls => ("the time of calls that start over", WAITS, Unit::Times),
        Measure::KeptBytes => ("bytes kept for each task", "kept a task", Unit::Bytes),
        Measure::KeptThreads => ("threads", "kept", Unit::Count),
        Measure::KeptDescriptors => ("descriptors", "kept", Unit::Count),
        Measure::TimeOverLongest => {
            ("the time of all tasks", "times the longest wait", Unit::Times)
        }
        Measure::EndOrder => ("tasks that end in the order of their waits", "counted", Unit::Count),
        Measure::OwnThread => ("tasks on a thread of their own", "counted", Unit::Count),
        Measure::RanBefore => (
            "callbacks that ran before the call that they were handed to had ended",
            "ran",
            Unit::Count,
        ),
        Measure::JobsOverSum => ("the time of jobs that compute", "times their CPU", Unit::Times),
        Measure::OtherEnds => ("other ends", "counted", Unit::Count),
        Measure::TimeOverLimit => ("the time of a transfer", "times bytes ÷ limit", Unit::Times),
        Measure::Lines => ("lines", "coroutines", Unit::Count),
        Measure::Functions => ("functions", "coroutines", Unit::Count),
        Measure::Nesting => ("nesting", "coroutines", Unit::Count),
        Measure::Branches => ("branches", "coroutines", Unit::Count),
        Measure::Carried => ("values moved by hand", "coroutines", Unit::Count),
    }
}

/// What was found, in a word or two.
pub fn finding(measure: Measure, finding: Finding) -> &'static str {
    match (measure, finding) {
        (Measure::OpenAtServer | Measure::WentOn | Measure::Largest, Finding::All) => "all",
        (Measure::Largest, Finding::Some) => "stopped below",
        (Measure::TimeOverLimit, Finding::AsSaid) => "bound",
        (Measure::TimeOverLimit, Finding::Less) => "faster than the limit",
        (Measure::TimeOverLimit, Finding::More) => "slower than the limit",
        (Measure::TimeOverWaits, Finding::AsSaid) => "they add up",
        (Measure::TimeOverWaits, Finding::Less) => "less than their waits",
        (Measure::TimeOverWaits, Finding::More) => "longer than their waits",
        (Measure::TimeOverLongest, Finding::AsSaid) => "they overlap",
        (Measure::TimeOverLongest, Finding::More) => "longer than the longest wait",
        (Measure::EndOrder, Finding::All) => "when ready",
        (Measure::EndOrder, Finding::Some) => "in another order",
        (Measure::OwnThread, Finding::All) => "each on its own",
        (Measure::OwnThread, Finding::Some) => "on shared threads",
        (Measure::RanBefore, Finding::AsSaid) => "none before",
        (Measure::RanBefore, Finding::More) => "some before",
        (Measure::JobsOverSum, Finding::All) => "at once",
        (Measure::JobsOverSum, Finding::Some) => "one after another",
        (Measure::TimeOverCalls, Finding::AsSaid) => "they start over",
        (Measure::TimeOverCalls, Finding::Less) => "they go on",
        (Measure::BytesGrowth | Measure::CpuGrowth, Finding::AsSaid) => "hardly more",
        (_, Finding::Lighter) => "lighter",
        (_, Finding::Heavier) => "heavier",
        (_, Finding::Undecided) => "undecided",
        (_, Finding::NotMeasured) => "not measured",
        (_, Finding::OneAtATime) => "one at a time",
        (_, Finding::SeveralAtOnce) => "several at once",
        (_, Finding::AsSaid) => "as said",
        (_, Finding::Less) => "less",
        (_, Finding::More) => "more",
        (_, Finding::All) => "all",
        (_, Finding::Some) => "some",
        (_, Finding::Failed) => "failed",
        (_, Finding::NotAsked) => "not asked for more",
        (_, Finding::GivenBack) => "given back",
        (_, Finding::Kept) => "kept",
        (_, Finding::Grows) => "grows",
        (_, Finding::Alike) => "alike",
    }
}
