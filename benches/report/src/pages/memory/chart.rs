//! Memory of the whole process over the number of waiting tasks.

use analysis::Analysis;
use analysis::contestant::{Id, Model};
use analysis::measured::Measured;
use analysis::series::Shape;

use crate::chart::{Axis, Chart, Line, Plot, WallMark};
use crate::document::Unit;
use crate::format;
use crate::pages::weights::{find, leading};
use crate::text::names;

/// Memory of the whole process while N tasks wait for timers, a line for each contestant of the front
/// page. A pool that has a place for each task lies on the line of a thread each and is left out where
/// that is there. `None` if no line is known.
pub(crate) fn whole_process_chart(analysis: &Analysis) -> Option<Chart> {
    let figure = analysis.basis.figure();
    let is_drawn = |measured: &&Measured| {
        measured.series.shape.is_plain()
            && measured.whole.get(&figure).is_some_and(|at| at.len() >= 2)
    };
    let drawn = leading(
        analysis.measured.iter().filter(is_drawn).map(|measured| &measured.series.contestant),
    );
    let has_reference = drawn.iter().any(Id::is_reference);
    let lines: Vec<Line> = drawn
        .iter()
        .filter(|id| !has_reference || id.is_reference() || id.model() != Model::Threads)
        .filter_map(|id| line(analysis, find(analysis, id, Shape::is_plain)?))
        .collect();
    let kernel = match analysis.basis {
        analysis::Basis::FullBill => "kernel memory included",
        analysis::Basis::KnownBill => "with what is known of the kernel's part",
    };
    (!lines.is_empty()).then(|| Chart {
        id: "whole-process",
        title: format!("Memory of the whole process while N tasks wait ({kernel})"),
        subtitle: "Each waits for a timer. Lower is less; a ✕ is where a limit of the machine \
                   stops it, and any other line ends at what was tried."
            .into(),
        alt: alt(&lines),
        plot: Plot::Lines {
            x: Axis { label: "Tasks that wait".into(), unit: Unit::Count, is_log: true },
            y: Axis { label: "Whole process".into(), unit: Unit::Bytes, is_log: true },
            lines,
        },
    })
}

fn line(analysis: &Analysis, measured: &Measured) -> Option<Line> {
    let whole = measured.whole.get(&analysis.basis.figure())?;
    let id = &measured.series.contestant;
    Some(Line {
        name: names::contestant(id),
        tone: names::tone(id),
        points: whole.iter().map(|(tasks, spread)| (*tasks as f64, spread.median)).collect(),
        wall: wall(analysis, measured),
    })
}

/// Where the line ends for good, at the height that its slope has there.
fn wall(analysis: &Analysis, measured: &Measured) -> Option<WallMark> {
    let reach = analysis.reaches.iter().find(|reach| reach.series == measured.series)?;
    let wall = reach.wall.as_ref()?;
    let fit = measured.fits.get(&analysis.basis.figure())?;
    let tasks = wall.reached.unwrap_or(wall.tasks);
    Some(WallMark {
        x: tasks as f64,
        y: fit.at(tasks),
        label: format!("{}: {}", format::count(tasks), names::limit(&wall.limit.name)),
    })
}

fn alt(lines: &[Line]) -> String {
    let one = |line: &Line| {
        let at = |(tasks, bytes): &(f64, f64)| {
            format!("{} at {}", format::bytes(*bytes), format::plain(*tasks))
        };
        let (first, last) = (at(line.points.first()?), at(line.points.last()?));
        let wall = line.wall.as_ref().map(|wall| format!(", wall at {}", wall.label));
        Some(format!("{} {first} to {last}{}", line.name, wall.unwrap_or_default()))
    };
    let said: Vec<String> = lines.iter().filter_map(one).collect();
    format!("Memory of the whole process by the number of waiting tasks: {}.", said.join("; "))
}
