//! What happened to the machine while cells ran, in words.

use analysis::conditions::{Flag, NOTABLE_SHARE};
use record::{Conditions, Count, LimitValue};

use super::{limits, names};
use crate::format;

/// What happened, as the end of a sentence that begins with the cells that it happened in.
pub fn happened(flag: Flag) -> String {
    let share = format::percent(NOTABLE_SHARE);
    match flag {
        Flag::Throttled => "the machine was throttled: a control group had used up its CPU".into(),
        Flag::TooHot => "a processor was slowed down because it was too hot".into(),
        Flag::Stolen => {
            format!("the hypervisor ran something else for more than {share} of a core's time")
        }
        Flag::ShortOfMemory => {
            format!("some task of the system waited for memory for more than {share} of the time")
        }
        Flag::Slept => "the machine slept, during the cell or just before it".into(),
        Flag::OtherClock => "the clock source was not that with which the run began".into(),
        Flag::OtherLimit => "a limit was not what it was when the run began".into(),
    }
}

/// The same in a word or two.
pub fn flag(flag: Flag) -> &'static str {
    match flag {
        Flag::Throttled => "throttled",
        Flag::TooHot => "too hot",
        Flag::Stolen => "time stolen",
        Flag::ShortOfMemory => "short of memory",
        Flag::Slept => "slept",
        Flag::OtherClock => "another clock",
        Flag::OtherLimit => "another limit",
    }
}

/// How much of it there was.
pub fn extent(flag: Flag, of: &Conditions) -> String {
    let count = |count| of.counts.get(&count).copied().unwrap_or(0);
    let times = |of| format!("{} times", format::count(count(of)));
    let duration = |ns: u64| format::duration(ns as f64);
    let share = |of_time| format!("{} of {}", duration(count(of_time)), duration(of.elapsed_ns));
    match flag {
        Flag::Throttled if count(Count::ThrottledNs) == 0 => times(Count::ThrottledPeriods),
        Flag::Throttled => share(Count::ThrottledNs),
        Flag::TooHot => times(Count::TooHot),
        Flag::Stolen => share(Count::StolenNs),
        Flag::ShortOfMemory => share(Count::MemoryPressureNs),
        Flag::Slept => duration(count(Count::SleptNs)),
        Flag::OtherClock => of.clock.clone().unwrap_or_default(),
        Flag::OtherLimit => {
            let all = of.limits.iter().map(|(name, value)| match value.map(LimitValue::number) {
                Some(Some(number)) => limits::with_value(name, number),
                Some(None) => format!("{} unlimited", names::limit(name)),
                None => format!("{} unknown", names::limit(name)),
            });
            format::list(all)
        }
    }
}
