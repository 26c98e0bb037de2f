//! What figures, bars and verdicts are called, and in which unit each figure is.

use analysis::bar::Outcome;
use analysis::diff::Verdict;
use analysis::figure::Figure;
use analysis::sides::{Part, Quantity, Subject};

use crate::document::Unit;
use crate::format;
use crate::text::names;

/// What a figure is called.
pub fn figure(figure: Figure) -> &'static str {
    match figure {
        Figure::FullBill => "full bill",
        Figure::KnownBill => "known part of the bill",
        Figure::Rss => "RSS",
        Figure::RssAndPageTables => "RSS and page tables",
        Figure::Total => "charged to the group",
        Figure::Kernel => "kernel's part",
        Figure::Sockets => "socket buffers",
        Figure::Heap => "heap",
        Figure::Anonymous => "private memory",
        Figure::Stacks => "stacks",
        Figure::PageTables => "page tables",
        Figure::KernelStacks => "kernel stacks",
        Figure::Slab => "slab",
        Figure::SystemSlab => "slab of the system",
        Figure::HugePages => "huge pages",
        Figure::OtherKernel => "other kernel memory",
        Figure::Mappings => "mappings",
        Figure::Threads => "threads",
        Figure::Start => "time to start",
        Figure::Cpu => "CPU",
        Figure::StartCpu => "CPU to start",
        Figure::UserCpu => "user CPU",
        Figure::SystemCpu => "system CPU",
        Figure::Finish => "time to finish",
        Figure::FinishCpu => "CPU to finish",
        Figure::VoluntarySwitches => "voluntary switches",
        Figure::InvoluntarySwitches => "involuntary switches",
    }
}

/// The unit of a figure.
pub fn unit(of: Figure) -> Unit {
    use Figure::*;
    match of {
        Mappings | Threads | VoluntarySwitches | InvoluntarySwitches => Unit::Count,
        Start | Cpu | StartCpu | UserCpu | SystemCpu | Finish | FinishCpu => Unit::Nanoseconds,
        _ => Unit::Bytes,
    }
}

/// What a quantity is called.
pub fn quantity(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Slope(of) => figure(of),
        Quantity::LatenessP50 => "lateness p50",
        Quantity::LatenessP99 => "lateness p99",
        Quantity::Rate => "rate",
        Quantity::RateCpu => "CPU in waves",
        Quantity::Instructions => "instructions",
    }
}

/// The unit of a quantity.
pub fn unit_of(quantity: Quantity) -> Unit {
    match quantity {
        Quantity::Slope(figure) => unit(figure),
        Quantity::LatenessP50 | Quantity::LatenessP99 | Quantity::RateCpu => Unit::Nanoseconds,
        Quantity::Rate => Unit::PerSecond,
        Quantity::Instructions => Unit::Count,
    }
}

/// What a figure is of, without the figure and the number of tasks: the contestant, and whatever sets
/// its work apart.
pub fn subject(subject: &Subject) -> String {
    let mut words = names::series(&subject.series);
    if let Some(wait_ns) = subject.wait_ns {
        words.push_str(&format!(", waits of {}", format::duration(wait_ns as f64)));
    }
    if let Some(places) = subject.places {
        words.push_str(&format!(", {}", format::counted(places, "place")));
    }
    words
}

/// The same with the figure.
pub fn of_what(of: &Subject) -> String {
    format!("{}: {}", subject(of), quantity(of.quantity))
}

/// The same with the figure and the number of tasks.
pub fn whole_subject(of: &Subject) -> String {
    let tasks = of.tasks.map(|tasks| format!(", N = {}", format::count(tasks)));
    of_what(of) + &tasks.unwrap_or_default()
}

/// What the figures of a part are.
pub fn part(part: Part) -> &'static str {
    match part {
        Part::Bytes => "bytes",
        Part::Cpu => "CPU",
        Part::Instructions => "instructions",
        Part::Start => "time to start",
        Part::Rates => "rates",
        Part::Lateness => "lateness",
    }
}

/// The unit of the figures of a part.
pub fn unit_of_part(part: Part) -> Unit {
    match part {
        Part::Bytes => Unit::Bytes,
        Part::Cpu | Part::Start | Part::Lateness => Unit::Nanoseconds,
        Part::Rates => Unit::PerSecond,
        Part::Instructions => Unit::Count,
    }
}

/// Whether a bar is met.
pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Met => "met",
        Outcome::Missed => "missed",
        Outcome::Undecided => "undecided",
        Outcome::NotMeasured => "not measured",
    }
}

/// What the interval of a ratio says.
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Worse => "worse",
        Verdict::Better => "better",
        Verdict::WithinNoise => "within noise",
        Verdict::Unknown => "unknown",
    }
}
