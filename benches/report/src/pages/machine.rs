//! `machine.md`: what the run was made on, and what could not be read there.

use analysis::Analysis;
use record::{CgroupKind, Host};

use super::page::Page;
use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format;
use crate::tables::{self, under};
use crate::text::{Text, cautions, names, say};

pub(crate) const PAGE: Page = Page { id: "machine", name: "the machine and the run", build };

fn build(analysis: &Analysis) -> Document {
    let mut blocks = vec![Block::Paragraph(answer(analysis))];
    blocks.extend(cautions::of_run(analysis).into_iter().map(Block::Paragraph));
    let (known, unknown) = facts(&analysis.run.host);
    let (hardware, system): (Vec<_>, Vec<_>) =
        known.into_iter().partition(|(what, _)| HARDWARE.contains(what));
    blocks.extend(under("Machine", pairs(["What", "Value"], hardware), ""));
    blocks.extend(under("System", pairs(["What", "Value"], system), ""));
    blocks.extend(tables::section("What could not be read", unknown));
    let built = pairs(["What", "Value"], analysis.run.build.clone());
    blocks.extend(under("How the program was compiled", built, ""));
    blocks.push(Block::Heading("Limits".into()));
    let limits = tables::table("The limits", limits(&analysis.run.host));
    blocks.push(limits.unwrap_or_else(|| Block::Paragraph("No limit could be read.".into())));
    let versions = pairs(["Package", "Version"], analysis.run.versions.clone());
    blocks.extend(tables::headed("Versions", "The versions of what is compared", versions));
    blocks.extend(under("Run", run(analysis), ""));
    Document { id: "machine", title: "The machine and the run".into(), blocks }
}

/// The machine and the run in two sentences.
pub(crate) fn answer(analysis: &Analysis) -> Text {
    let host = &analysis.run.host;
    let size = |bytes| format::size(bytes as f64);
    say(
        "**{cpu}, {cores}, {memory}, {kernel}**; the run began {started}. A ratio within one run \
         carries over to another machine better than an absolute figure does.",
        &[
            ("cpu", host.cpu.as_deref().unwrap_or("An unknown processor")),
            ("cores", &format::counted(host.cores.into(), "core")),
            ("memory", &host.memory_bytes.map_or_else(|| "unknown memory".into(), size)),
            ("kernel", host.kernel.as_deref().unwrap_or("an unknown kernel")),
            ("started", &analysis.run.started),
        ],
    )
}

/// What is of the machine and not of the system on it.
const HARDWARE: [&str; 7] =
    ["processor", "cores", "SMT", "affinity", "governor", "memory", "hypervisor"];

/// What is known of a machine, and what is not.
fn facts(host: &Host) -> (Vec<(&str, String)>, Vec<Text>) {
    let text = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    let size = |bytes: Option<u64>| bytes.map(|bytes| format::size(bytes as f64));
    let settings: Vec<String> =
        host.allocator_settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let facts = [
        ("processor", host.cpu.clone()),
        ("cores", Some(format::count(u64::from(host.cores)))),
        ("memory", size(host.memory_bytes)),
        ("kernel", host.kernel.clone()),
        ("clock source", host.clock.clone()),
        ("page size", size(host.page_bytes)),
        ("transparent huge pages", host.thp.clone()),
        ("timer slack", host.timer_slack_ns.map(|ns| format::duration(ns as f64))),
        ("allocator", text(&host.allocator)),
        ("allocator settings", text(&settings.join(", ")).or_else(|| Some("none".into()))),
        ("compiler", text(&host.rustc)),
        (
            "control group",
            match host.cgroup {
                CgroupKind::V1 => Some("version 1".into()),
                CgroupKind::V2 => Some("version 2".into()),
                CgroupKind::None => None,
            },
        ),
    ];
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    let others = host.system.iter().map(|(what, value)| (&**what, value.clone()));
    for (what, value) in facts.into_iter().chain(others) {
        match value {
            Some(value) => known.push((what, value)),
            None if what == "control group" => unknown.push(no_group(host)),
            None => unknown.push(what.into()),
        }
    }
    (known, unknown)
}

fn no_group(host: &Host) -> Text {
    let said = "There is no control group, so the kernel's part is known only in its threads' stacks \
                and page tables";
    match &host.cgroup_note {
        Some(note) => say("{said}: {note}", &[("said", said), ("note", note)]),
        None => format!("{said}.").into(),
    }
}

fn limits(host: &Host) -> Table {
    let name = |name: &str| match name {
        "nofile_hard" => format!("{} (hard)", names::limit(name)),
        "nofile_given" => format!("{} (as given)", names::limit(name)),
        _ => names::limit(name).to_owned(),
    };
    tables::of(
        &host.limits,
        &[
            (Column::words("Limit"), &|(limit, _)| Cell::text(name(limit))),
            (Column::new("Value", Unit::Count), &|(name, value)| match value.number() {
                Some(number) if name.starts_with("memory") || *name == "address_space" => {
                    Cell::text(format::size(number as f64))
                }
                Some(number) => Cell::Count(number),
                None => Cell::text("unlimited"),
            }),
        ],
    )
}

fn run(analysis: &Analysis) -> Table {
    let run = &analysis.run;
    let proven: usize = analysis.measured.iter().map(|measured| measured.cells).sum();
    let missing: u64 = analysis.missing.iter().map(|missing| missing.cells).sum();
    let mut rows = vec![
        ("started", run.started.clone()),
        ("extent", run.extent.name().to_owned()),
        ("seed", run.seed.to_string()),
        ("cells with proof", format::count(proven as u64)),
        ("cells without a figure", format::count(missing)),
        ("timed rows", format::count(analysis.rates.len() as u64)),
        ("form of the record", format!("schema {}", run.schema)),
        ("cut off", if analysis.truncated { "yes" } else { "no" }.to_owned()),
    ];
    rows.extend(run.program.clone().map(|program| ("program", program)));
    rows.extend(run.arguments.as_ref().map(|given| ("options", given.join(" "))));
    pairs(["What", "Value"], rows)
}

fn pairs<W: Into<Text>>(heads: [&str; 2], rows: impl IntoIterator<Item = (W, String)>) -> Table {
    let rows = rows.into_iter().map(|(what, value)| vec![Cell::text(what), Cell::text(value)]);
    Table::of(heads.map(Column::words), rows)
}

#[cfg(test)]
mod tests {
    use record::synthetic::{Synthetic, small_run};

    use super::*;

    fn words(record: &record::Record) -> String {
        format!("{:?}", build(&Analysis::of(record, None)))
    }

    #[test]
    fn what_could_not_be_read_is_said_with_the_reason() {
        let mut made = Synthetic::new();
        made.without_cgroup("the hierarchy is read-only");
        let host = made.record().run.host;
        let (known, unknown) = facts(&host);
        let unknown: Vec<String> = unknown.iter().map(Text::words).collect();
        assert_eq!(unknown[0], "timer slack");
        assert!(unknown[1].ends_with("page tables: the hierarchy is read-only"), "{unknown:?}");
        assert_eq!(known.len() + unknown.len(), 14);
        assert!(unknown.iter().any(|what| what == "governor"), "{unknown:?}");
        assert!(words(&made.record()).contains("unlimited"));
    }

    #[test]
    fn an_unknown_machine_still_has_a_page() {
        let mut record = small_run();
        record.run.host = Host::default();
        record.run.versions.clear();
        let words = words(&record);
        assert!(
            words.contains("An unknown processor") && words.contains("No limit could be read.")
        );
        assert!(!words.contains("Versions"));
    }

    #[test]
    fn a_run_is_counted() {
        let words = words(&small_run());
        assert!(words.contains("2026-01-02T03:04:05Z"));
        let table = run(&Analysis::of(&small_run(), None));
        assert_eq!(table.rows[4], [Cell::text("cells without a figure"), Cell::text("2")]);
    }
}
