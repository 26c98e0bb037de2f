//! `machine.md`: what the run was made on, and what could not be read there.

use super::format::{self, NONE};
use super::table::{Align, Table};
use super::{memory, page_head};
use record::{CgroupKind, Record};

/// The whole page.
pub(super) fn page(record: &Record) -> String {
    let mut text = page_head(
        record,
        "The machine and the run",
        &[
            "What every figure depends on: the machine, its limits, and the versions of what is"
                .into(),
            "compared. A ratio within one run carries over to another machine better than an"
                .into(),
            "absolute figure does. A dash is what could not be read; so is a limit that is missing."
                .into(),
        ],
    );
    text.push_str(&format!("\n## Machine\n\n{}", host_table(record).markdown()));
    text.push_str(&format!("\n## Limits\n\n{}", limits_table(record).markdown()));
    text.push_str(&format!("\n## Versions\n\n{}", versions_table(record).markdown()));
    text.push_str(&format!("\n## Run\n\n{}", run_table(record).markdown()));
    let notes = memory::bill_notes(record);
    if !notes.is_empty() {
        text.push_str("\n## What the tables leave out\n\n");
        for note in notes {
            text.push_str(&format!("- {note}\n"));
        }
    }
    text
}

fn host_table(record: &Record) -> Table {
    let host = &record.run.host;
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| NONE.into());
    let counted = |value: Option<u64>| value.map_or_else(|| NONE.into(), format::count);
    let known = |value: &str| if value.is_empty() { NONE.into() } else { value.to_owned() };
    let settings: Vec<String> =
        host.allocator_settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs([
        ("processor", text(&host.cpu)),
        ("cores", format::count(u64::from(host.cores))),
        ("memory (B)", counted(host.memory_bytes)),
        ("kernel", text(&host.kernel)),
        ("clock source", text(&host.clock)),
        ("page (B)", counted(host.page_bytes)),
        ("transparent huge pages", text(&host.thp)),
        ("timer slack (ns)", counted(host.timer_slack_ns)),
        ("allocator", known(&host.allocator)),
        ("allocator settings", known(&settings.join(", "))),
        ("compiler", known(&host.rustc)),
        ("control group", cgroup_word(host.cgroup).to_owned()),
    ])
}

fn cgroup_word(kind: CgroupKind) -> &'static str {
    match kind {
        CgroupKind::V1 => "version 1",
        CgroupKind::V2 => "version 2",
        CgroupKind::None => "none",
    }
}

fn limits_table(record: &Record) -> Table {
    let mut table = Table::new([("Limit", Align::Left), ("Value", Align::Right)]);
    for (name, value) in &record.run.host.limits {
        let value = value.number().map_or_else(|| "unlimited".into(), format::count);
        table.push(vec![format!("`{name}`"), value]);
    }
    table
}

fn versions_table(record: &Record) -> Table {
    let mut table = Table::new([("Package", Align::Left), ("Version", Align::Left)]);
    for (package, version) in &record.run.versions {
        table.push(vec![package.clone(), version.clone()]);
    }
    table
}

fn run_table(record: &Record) -> Table {
    pairs([
        ("started", record.run.started.clone()),
        ("extent", record.run.extent.name().to_owned()),
        ("seed", record.run.seed.to_string()),
        ("cells", format::count(record.cells.len() as u64)),
        ("throughput rows", format::count(record.throughput.len() as u64)),
        ("form of the record", format!("schema {}", record.run.schema)),
        ("cut off", if record.truncated { "yes" } else { "no" }.to_owned()),
    ])
}

fn pairs<const N: usize>(rows: [(&str, String); N]) -> Table {
    let mut table = Table::new([("What", Align::Left), ("Value", Align::Left)]);
    for (what, value) in rows {
        table.push(vec![what.to_owned(), value]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::synthetic::Synthetic;

    #[test]
    fn what_cannot_be_read_is_a_dash_and_said_why() {
        let mut made = Synthetic::new();
        made.without_cgroup("the hierarchy is read-only");
        let text = page(&made.record());
        let slack = text.lines().find(|line| line.contains("timer slack")).unwrap();
        assert!(slack.contains(NONE));
        assert!(text.contains("the hierarchy is read-only"));
        let processes = text.lines().find(|line| line.contains("nproc")).unwrap();
        assert!(processes.contains("unlimited"));
    }
}
