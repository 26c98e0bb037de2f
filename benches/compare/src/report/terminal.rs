//! The main tables for a terminal.

use super::table::Table;
use super::{bandwidth, cautions, lateness, machine_line, memory, requests, throughput, trust};
use crate::claims;
use crate::fit::Shape;
use record::Record;

/// The columns that a terminal is too narrow for; the pages have them.
const LEFT_OUT: [&str; 9] = [
    memory::PAGE_TABLES,
    memory::KERNEL,
    memory::SOCKETS,
    memory::CELLS,
    throughput::FASTEST,
    throughput::FLOOR,
    throughput::SAMPLES,
    requests::HIGH_WATER,
    requests::P50,
];

/// The memory, lateness and throughput tables, and the verdict on coroutines and threads where that
/// was asked for; for a terminal of so many columns, as wide as their content if that is not known.
pub fn terminal(record: &Record, width: Option<u16>) -> String {
    let mut text = format!("{}\n", machine_line(record));
    for caution in cautions(record) {
        text.push_str(&format!("{caution}\n"));
    }
    let mut show = |title: &str, table: Table| {
        let table = table.without(&LEFT_OUT);
        if !table.is_empty() {
            text.push_str(&format!("\n{title}\n{}\n", table.terminal(width)));
        }
        !table.is_empty()
    };
    let timers = show("Bytes per waiting task", memory::bill_table(record, Shape::is_timer));
    let requests = show("Bytes per waiting request", memory::bill_table(record, Shape::is_http));
    for (title, table) in lateness::asked_for(record) {
        show(title, table);
    }
    show("Tasks per second", throughput::table(record));
    show("Requests per second", requests::table(record));
    show("Bandwidth", bandwidth::table(record));
    show("Controls: what is held is what is measured", trust::held_table(record));
    show("Controls: a contestant against itself", trust::again_table(record));
    if timers || requests {
        text.push('\n');
        for note in memory::bill_notes(record) {
            text.push_str(&format!("{note}\n"));
        }
    }
    if claims::lighter::is_asked(record) {
        text.push_str(&format!("\n{}\n", claims::lighter::in_plain_words(record)));
    }
    text
}

/// How many columns standard output has; `None` where it is no terminal.
pub fn terminal_width() -> Option<u16> {
    std::io::IsTerminal::is_terminal(&std::io::stdout())
        .then(|| comfy_table::Table::new().width())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::synthetic::{Bill, Synthetic, small_run};

    #[test]
    fn the_tables_and_the_verdict_are_there() {
        let text = terminal(&small_run(), None);
        for left_out in LEFT_OUT {
            assert!(!text.contains(left_out), "{left_out} is in\n{text}");
        }
        for expected in ["coroutines/smol", "threads/per-task", "floor: ≥ 10 s", "lighter"] {
            assert!(text.contains(expected), "{expected} is not in\n{text}");
        }
    }

    /// Who asks how late tasks are is not told that nothing was weighed.
    #[test]
    fn lateness_alone_shows_no_verdict_on_weight() {
        let mut made = Synthetic::new();
        made.timing("burst", 0, true).line("coroutines/bare", &[100], Bill::of(300));
        made.timing("rate:1000/s", 0, false).unweighed("threads/per-task", 500, 500, 101);
        let text = terminal(&made.record(), None);
        assert!(text.contains("All due at once") && text.contains("Coming at a rate"), "{text}");
        assert!(!text.contains("lighter"), "{text}");
    }

    #[test]
    fn an_empty_record_shows_no_empty_table() {
        let text = terminal(&Synthetic::new().record(), None);
        assert!(!text.contains("Bytes per waiting task"));
        assert!(text.contains("not measured"));
    }
}
