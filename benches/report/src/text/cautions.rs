//! What to know before using the figures of a record, each said once.

use analysis::Analysis;
use analysis::conditions::Flag;
use analysis::contestant::Id;
use analysis::instrument::Held;
use record::{Difference, Extent};

use crate::document::Unit;
use crate::format;
use crate::text::{Text, conditions, names, quantities, say};

/// What stands in the name of an allocator that was loaded in place of the system's.
const IN_PLACE: &str = " in place of ";

/// What to know of the run: that it is a small one, that it was cut off, that its instrument is off.
pub fn of_run(analysis: &Analysis) -> Vec<Text> {
    let mut cautions = of_extent(analysis);
    cautions.extend(analysis.instrument.misses().into_iter().map(instrument_is_off));
    cautions
}

/// The same without the instrument.
pub fn of_extent(analysis: &Analysis) -> Vec<Text> {
    let extent = match analysis.run.extent {
        Extent::Full | Extent::Thorough => None,
        Extent::Quick => Some(
            "This is a quick run in small sizes: it shows that everything works, and its figures \
             are rough.",
        ),
        Extent::Partial => Some("This is a partial run: only what was asked for was measured."),
    };
    let killed = "The run was killed before its end: its last line was cut off and is left out.";
    let killed = analysis.truncated.then_some(killed);
    let of_extent = extent.into_iter().chain(killed).map(Text::plain);
    of_extent.chain(of_machine(analysis)).collect()
}

/// What of the machine moved figures, or may have: as it was set up, and as cells found it.
pub fn of_machine(analysis: &Analysis) -> Vec<Text> {
    let host = &analysis.run.host;
    let mut said = Vec::new();
    if !host.not_loaded.is_empty() {
        let names = format::list(&host.not_loaded);
        said.push(say(
            "**`LD_PRELOAD` names what did not load:** {names}. The cells ran with {allocator}.",
            &[("names", &names), ("allocator", &host.allocator)],
        ));
    }
    // What it names and did not load has been said.
    let is_news = |name: &str| name != "LD_PRELOAD" || host.not_loaded.is_empty();
    let settings = host.allocator_settings.iter().filter(|(name, _)| is_news(name));
    let settings: Vec<String> = settings.map(|(name, value)| format!("{name}={value}")).collect();
    if !settings.is_empty() || host.allocator.contains(IN_PLACE) {
        let allocator = [vec![host.allocator.clone()], settings].concat();
        said.push(say(
            "**The allocator is not as a system usually has it:** {allocator}. Bytes and CPU hold for this one.",
            &[("allocator", &format::list(&allocator))],
        ));
    }
    if host.thp.as_deref() == Some("always") {
        said.push(say(
            "**Transparent huge pages are `always`:** a process may get 2 MiB where it touches 4 KiB, \
             so bytes may be more than the tasks need. [How much of them](page:all)",
            &[],
        ));
    }
    let found = &analysis.disturbances;
    let flags = Flag::ALL.into_iter().filter(|flag| found.cells(*flag) > 0);
    said.extend(flags.map(|flag| {
        say(
            "**In {cells} of {all} cells** {happened}. Their figures are kept, and may be off because \
             of it. [Which cells](page:trust#conditions)",
            &[
                ("cells", &format::count(found.cells(flag))),
                ("all", &format::count(found.watched)),
                ("happened", &conditions::happened(flag)),
            ],
        )
    }));
    said
}

/// In what machine and versions of runs differ, if they do.
pub fn different_setup(what: &str, differences: &[Difference]) -> Option<Text> {
    let found = format::list(differences.iter().map(ToString::to_string));
    (!found.is_empty()).then(|| {
        say(
            "**The {what} were not made on the same:** {differences}. What moved may have moved \
             because of that.",
            &[("what", what), ("differences", &found)],
        )
    })
}

fn instrument_is_off(held: &Held) -> Text {
    let slope = held.slope.map(|slope| format::estimate(&slope, Unit::Bytes));
    say(
        "**The instrument is off:** `{control}` holds {held} for each task, and its {figure} grows by \
         {slope}. [What was checked](page:trust#controls)",
        &[
            ("control", held.control.as_str()),
            ("held", &format::bytes(held.bytes as f64)),
            ("figure", quantities::figure(held.figure)),
            ("slope", &slope.unwrap_or_default()),
        ],
    )
}

/// What to be told about the contestants of this record that a page shows, by id.
pub fn of_contestants(analysis: &Analysis, is_shown: impl Fn(&Id) -> bool) -> Vec<Text> {
    let cautions =
        analysis.run.cautions().map(|(id, caution)| (Id::of(&analysis.run, id), caution));
    let shown = cautions.filter(|(id, _)| {
        is_shown(id) && analysis.measured.iter().any(|measured| measured.series.contestant == *id)
    });
    let said = shown.map(|(id, caution)| {
        let name = names::contestant(&id);
        let caution = caution.trim_end_matches('.');
        let template = if caution.starts_with(&name) { "{caution}." } else { "{name}: {caution}." };
        say(template, &[("name", &name), ("caution", caution)])
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use record::synthetic::{Bill, Synthetic, small_run};
    use record::{Conditions, Count};

    use super::*;

    fn said(analysis: &Analysis) -> Vec<String> {
        let all = of_run(analysis).into_iter().chain(of_contestants(analysis, Id::is_compared));
        all.map(|text| text.words()).collect()
    }

    #[test]
    fn a_whole_sound_run_has_no_caution() {
        assert!(said(&Analysis::of(&small_run(), None)).is_empty());
    }

    #[test]
    fn what_happened_to_the_machine_is_said_once_each() {
        let mut record = small_run();
        let all = record.cells.len();
        for (index, cell) in record.cells.iter_mut().enumerate() {
            let throttled = (Count::ThrottledNs, u64::from(index < all / 2) * 1_000);
            let slept = (Count::SleptNs, u64::from(index == 5) * 3_600_000_000_000);
            let clock = (index == 7).then(|| "hpet".to_owned());
            let counts = [throttled, slept].into();
            let limits = Default::default();
            cell.conditions = Some(Conditions { elapsed_ns: 2_000_000, counts, clock, limits });
        }
        record.run.host.thp = Some("always".into());
        record.run.host.not_loaded = vec!["/x.so".into()];
        record.run.host.allocator_settings.insert("MALLOC_ARENA_MAX".into(), "1".into());
        let said = said(&Analysis::of(&record, None));
        let begin = |flag: &str| format!("In {flag} of {all} cells ");
        assert_eq!(said.len(), 6, "{said:#?}");
        assert!(said[0].contains("did not load: /x.so. The cells ran with glibc"), "{said:#?}");
        assert!(
            said[1].contains("usually has it: glibc") && said[1].contains("MALLOC_ARENA_MAX=1")
        );
        assert!(said[2].contains("huge pages are `always`"), "{said:#?}");
        assert!(
            said[3].starts_with(&(begin(&(all / 2).to_string()) + "the machine was throttled"))
        );
        assert!(said[4].starts_with(&(begin("1") + "the machine slept")), "{said:#?}");
        assert!(said[5].starts_with(&(begin("1") + "the clock source")), "{said:#?}");
    }

    #[test]
    fn each_caution_is_said_once() {
        let mut made = Synthetic::new();
        made.line("control/512", &[1, 10_000, 100_000], Bill::of(600).with_kernel(0)).line(
            "coroutines/async-std",
            &[1, 100],
            Bill::of(300),
        );
        let mut record = made.record();
        record.run.extent = Extent::Quick;
        record.truncated = true;
        let caution = "async-std is discontinued; its authors recommend smol.";
        record.run.cautions.insert("coroutines/async-std".into(), caution.into());
        record.run.cautions.insert("coroutines/absent".into(), "never seen".into());
        let said = said(&Analysis::of(&record, None));
        assert_eq!(said.len(), 5, "{said:#?}");
        assert!(said[0].starts_with("This is a quick run"));
        assert!(said[1].contains("cut off"));
        assert!(said[2].contains("holds 512 B") && said[2].contains("grows by 600 B"));
        assert_eq!(said[4], caution);
    }
}
