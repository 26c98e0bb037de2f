//! Pictures of a real record: whatever is in it, words stay within a picture and do not lie over one
//! another.

use std::io::Read;
use std::path::Path;

use analysis::Analysis;
use analysis::contestant::Id;
use analysis::figure::Figure;
use analysis::measured::Measured;
use report::chart::{Axis, Bar, Chart, DotRow, Line, Plot, RangeRow, SpanRow, WallMark};
use report::document::Unit;
use report::render::svg::{Theme, render};
use report::text::names;

fn analysis() -> Analysis {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../analysis/tests/records");
    let file = std::fs::File::open(folder.join("amd-2-cores-thorough.jsonl.gz")).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    Analysis::of(&record::read_from(&folder, text.as_bytes()).unwrap(), None)
}

fn chart(id: &'static str, title: &str, subtitle: &str, plot: Plot) -> Chart {
    Chart { id, title: title.into(), subtitle: subtitle.into(), alt: title.into(), plot }
}

fn axis(label: &str, unit: Unit, is_log: bool) -> Axis {
    Axis { label: label.into(), unit, is_log }
}

/// Plain timers of the contestants that a service would choose.
fn timers(analysis: &Analysis) -> impl Iterator<Item = &Measured> {
    let is_shown = |measured: &&Measured| {
        measured.series.shape.is_plain() && names::is_on_front_page(&measured.series.contestant)
    };
    analysis.measured.iter().filter(is_shown)
}

fn charts(analysis: &Analysis) -> Vec<Chart> {
    let bytes = analysis.basis.figure();
    let line = |measured: &Measured| {
        let id = &measured.series.contestant;
        let points: Vec<(f64, f64)> = measured.whole[&bytes]
            .iter()
            .map(|(tasks, spread)| (*tasks as f64, spread.median))
            .collect();
        let wall = (id.as_str() == "threads/per-task").then(|| WallMark {
            x: 16_380.0,
            y: points.last().unwrap().1 * 1.638,
            label: "wall at 16,380 (vm.max_map_count)".into(),
        });
        Line { name: names::contestant(id), tone: names::tone(id), points, wall }
    };
    let bar = |measured: &Measured| {
        let part = |figure| measured.slope(figure).map_or(0.0, |slope| slope.value);
        let parts = [Figure::Heap, Figure::PageTables, Figure::KernelStacks];
        Bar {
            name: names::contestant(&measured.series.contestant),
            parts: parts.into_iter().map(part).collect(),
        }
    };
    let cpu = |measured: &Measured| {
        let slope = measured.slope(Figure::Cpu)?;
        let interval = slope.is_bounded().then_some((slope.low, slope.high));
        Some(DotRow {
            name: names::contestant(&measured.series.contestant),
            tone: names::tone(&measured.series.contestant),
            value: slope.value,
            interval,
        })
    };
    let late = |(id, one, all): (&str, _, _)| RangeRow {
        name: names::contestant(&Id::new(id)),
        tone: names::tone(&Id::new(id)),
        ranges: vec![Some(one), all],
    };
    vec![
        chart(
            "whole-process",
            "Memory of the whole process while N tasks wait (the kernel's part included)",
            "",
            Plot::Lines {
                x: axis("tasks that wait", Unit::Count, true),
                y: axis("", Unit::Bytes, true),
                lines: timers(analysis).map(line).collect(),
            },
        ),
        chart(
            "bill",
            "What holds the memory of one more waiting task",
            "",
            Plot::Stacks {
                x: axis("bytes per waiting task", Unit::Bytes, false),
                parts: ["heap that the task asked for", "page tables", "kernel stacks"]
                    .map(String::from)
                    .into(),
                bars: timers(analysis).map(bar).collect(),
            },
        ),
        chart(
            "lateness",
            "How late 10,000 timers wake: median ● to p99",
            "",
            Plot::Ranges {
                x: axis("later than asked", Unit::Nanoseconds, true),
                kinds: vec!["due one after another".into(), "all due at the same moment".into()],
                rows: [
                    ("threads/per-task", (7e4, 9e5), Some((1.8e7, 2.9e7))),
                    ("threads/crossbeam-pool", (8e4, 2e5), Some((1.2e7, 2.4e7))),
                    ("callbacks/event-loop", (6e4, 1e5), Some((4e6, 6e6))),
                    ("coroutines/tokio", (1.1e6, 1.9e6), None),
                    ("coroutines/smol", (7e4, 1.6e5), Some((5e6, 9e6))),
                    ("coroutines/async-std", (8e4, 1.7e5), Some((5e6, 8e6))),
                ]
                .map(late)
                .into(),
            },
        ),
        chart(
            "cpu",
            "CPU that one more wait takes",
            "with its 95 % interval",
            Plot::Dots {
                x: axis("user and system time", Unit::Nanoseconds, true),
                rows: timers(analysis).filter_map(cpu).collect(),
            },
        ),
        chart(
            "story",
            "A waits longest and B least",
            "from the start of each task to its end",
            Plot::Spans {
                x: axis("since the first task started", Unit::Nanoseconds, false),
                rows: [
                    ("subroutine/sequential", [(0.0, 2.4e8), (2.4e8, 3.2e8), (3.2e8, 4.8e8)]),
                    ("coroutines/tokio", [(0.0, 2.4e8), (0.0, 8e7), (0.0, 1.6e8)]),
                ]
                .map(|(id, spans)| SpanRow {
                    name: names::contestant(&Id::new(id)),
                    tone: names::tone(&Id::new(id)),
                    spans: ["A", "B", "C"]
                        .into_iter()
                        .zip(spans)
                        .map(|(name, (from, to))| (name.into(), from, to))
                        .collect(),
                })
                .into(),
            },
        ),
    ]
}

/// Lines over live state, and more lines, longer names and more walls than a page has.
fn hard_charts() -> Vec<Chart> {
    let state = |(id, base, reached): (&str, f64, i32)| Line {
        name: names::contestant(&Id::new(id)),
        tone: names::tone(&Id::new(id)),
        points: (0..reached).map(|at| 1024.0 * 2_f64.powi(at)).map(|x| (x, base + x)).collect(),
        wall: None,
    };
    let rate = |(index, id): (usize, &str)| Line {
        name: format!("{id} and so on"),
        tone: names::tone(&Id::new(id)),
        points: (0..5)
            .map(|at| (10_f64.powi(at), 3e4 - 2e3 * index as f64 - 9e3 / f64::from(at + 1)))
            .collect(),
        wall: (index % 2 == 0).then(|| WallMark {
            x: 2e4,
            y: 2.9e4 - 2e3 * index as f64,
            label: format!("wall at 16,380 by the limit {index} of the control group"),
        }),
    };
    let ids = [
        "threads/per-task",
        "threads/crossbeam-pool",
        "threads/rayon-pool",
        "callbacks/event-loop",
        "coroutines/tokio",
        "coroutines/smol",
        "coroutines/async-std",
        "coroutines/bare",
    ];
    vec![
        chart(
            "state",
            "Memory of a waiting task over what it keeps alive",
            "",
            Plot::Lines {
                x: axis("state of each task", Unit::Size, true),
                y: axis("bytes of a waiting task", Unit::Bytes, true),
                lines: [
                    ("threads/per-task", 37e3, 7),
                    ("coroutines/tokio", 448.0, 7),
                    ("coroutines/smol", 249.0, 7),
                    ("callbacks/event-loop", 56.0, 5),
                ]
                .map(state)
                .into(),
            },
        ),
        chart(
            "rates",
            "Requests a second over concurrency",
            "one second each",
            Plot::Lines {
                x: axis("requests at once", Unit::Count, true),
                y: axis("requests a second", Unit::PerSecond, false),
                lines: ids.into_iter().enumerate().map(rate).collect(),
            },
        ),
        chart(
            "long-names",
            &"A long title ".repeat(20),
            &"A long way to read it ".repeat(20),
            Plot::Stacks {
                x: axis(&"A long axis ".repeat(20), Unit::Bytes, false),
                parts: (0..8).map(|part| format!("part {part} of the bill of a task")).collect(),
                bars: ids
                    .map(|id| Bar {
                        name: format!("{id}, request of 1 KiB, connection kept, 8 KiB state"),
                        parts: vec![1e3; 8],
                    })
                    .into(),
            },
        ),
        chart(
            "nothing",
            "Nothing was measured",
            "",
            Plot::Dots { x: axis("time", Unit::Nanoseconds, true), rows: vec![] },
        ),
        chart(
            "no-line",
            "Nothing was measured",
            "",
            Plot::Lines {
                x: axis("tasks", Unit::Count, true),
                y: axis("", Unit::Bytes, true),
                lines: vec![],
            },
        ),
    ]
}

/// The words of a picture: left, top, right, bottom, as narrow as any font has them.
fn words(picture: &str) -> Vec<([f64; 4], String)> {
    let text = |text: &str| {
        let (tag, rest) = text.split_once('>').unwrap();
        let attribute = |name: &str| {
            let (_, after) = tag.split_once(&format!(" {name}=\"")).unwrap();
            after.split_once('"').unwrap().0.to_owned()
        };
        let words = rest.split_once('<').unwrap().0.trim().to_owned();
        let (x, y): (f64, f64) = (attribute("x").parse().unwrap(), attribute("y").parse().unwrap());
        assert_eq!(attribute("font-size").parse::<f64>().unwrap().round(), 17.0);
        let width = words.chars().count() as f64 * 17.0 * 0.42;
        let left = match &*attribute("text-anchor") {
            "start" => x,
            "middle" => x - width / 2.0,
            _ => x - width,
        };
        ([left, y - 6.0, left + width, y + 6.0], words)
    };
    picture.split("<text").skip(1).map(text).collect()
}

#[test]
fn words_stay_within_a_picture_and_do_not_lie_over_one_another() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(folder.join("charts")).unwrap();
    let charts = charts(&analysis()).into_iter().chain(hard_charts());
    for (chart, theme) in charts.flat_map(|chart| Theme::ALL.map(|theme| (chart.clone(), theme))) {
        let picture = render(&chart, theme);
        assert_eq!(picture, render(&chart, theme));
        // For eyes: target/tmp/charts.
        std::fs::write(folder.join(theme.file(chart.id)), &picture).unwrap();
        let (_, size) = picture.split_once("viewBox=\"0 0 640 ").unwrap();
        let height: f64 = size.split_once('"').unwrap().0.parse().unwrap();
        let words = words(&picture);
        for (index, (one, said)) in words.iter().enumerate() {
            let within = one[0] >= 0.0 && one[1] >= 0.0 && one[2] <= 640.0 && one[3] <= height;
            assert!(within, "{}: {said} at {one:?}", chart.id);
            for (other, also) in &words[index + 1..] {
                let apart = one[2] <= other[0]
                    || other[2] <= one[0]
                    || one[3] <= other[1]
                    || other[3] <= one[1];
                assert!(apart, "{}: {said} over {also}", chart.id);
            }
        }
    }
}
