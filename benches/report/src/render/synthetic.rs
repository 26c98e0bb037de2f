//! A document with every kind of block, for the tests of the renderers.

use analysis::estimate::Estimate;

use crate::chart::{Axis, Chart, DotRow, Plot, Tone};
use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::text::{Text, say};

/// A document with every kind of block.
pub(super) fn document() -> Document {
    let heap = Block::Paragraph("Without the kernel's part.".into());
    Document {
        id: "memory",
        title: "What one more waiting task takes".into(),
        blocks: vec![
            Block::Quote(vec![
                say("**{n} times as much** memory.", &[("n", "83")]),
                "It is read from `outside`.".into(),
            ]),
            Block::Heading("The bill".into()),
            Block::Paragraph(say(
                "`{limit}` stops it, see [the walls](page:walls#threads), [the method](docs:method.md) \
                 and [the kernel](https://docs.kernel.org/).",
                &[("limit", "vm.max_map_count")],
            )),
            Block::Table(table()),
            Block::Chart(chart()),
            Block::List(vec!["one".into(), say("two: `{x}`", &[("x", "a|b")])]),
            Block::Code("compare plan --tasks 20k\n".into()),
            Block::Details {
                summary: say("By **heap**", &[]),
                blocks: vec![Block::Heading("Heap".into()), heap],
            },
        ],
    }
}

/// A table with intervals, and with figures that are missing for two reasons.
pub(super) fn table() -> Table {
    let failed = || Cell::Missing("exit 101 at 4,000".into());
    let figure = |value, by| Cell::Figure(Estimate { value, low: value - by, high: value + by });
    let columns = [
        Column::words(""),
        Column::new("timer", Unit::Bytes).lower().with_intervals(),
        Column::new("open request", Unit::Bytes).lower(),
        Column::new("requests a second", Unit::PerSecond).higher(),
        Column::words("what stops it"),
    ];
    let words = |words: &str| Cell::Text(Text::plain(words));
    let thread = vec![
        words("thread each"),
        figure(37_379.0, 40.0),
        Cell::value(45_512.0),
        Cell::Count(31_000),
        words("vm.max_map_count 65,530, 4 mappings a thread"),
    ];
    let tokio =
        vec![words("tokio"), figure(448.2, 1.0), failed(), Cell::Count(30_000), words("memory")];
    let smol = vec![
        words("smol"),
        Cell::Missing("one repeat".into()),
        failed(),
        Cell::Missing(Text::default()),
        words("memory"),
    ];
    Table::of(columns, [thread, tokio, smol])
}

fn chart() -> Chart {
    Chart {
        id: "cpu",
        title: "CPU of a wait".into(),
        subtitle: String::new(),
        alt: "A thread takes 118 µs, \"tokio\" 2 µs.".into(),
        plot: Plot::Dots {
            x: Axis { label: "CPU".into(), unit: Unit::Nanoseconds, is_log: true },
            rows: vec![DotRow {
                name: "tokio".into(),
                tone: Tone::Coroutine(0),
                value: 2e3,
                interval: None,
            }],
        },
    }
}
