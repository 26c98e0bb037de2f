//! A row for each subject: stacked bars, ranges, dots.

use plotters::style::RGBColor;

use super::canvas::{Canvas, LEADING, Look, Mark, WIDTH, width_of, wrapped};
use super::scale::Scale;
use crate::chart::{Axis, Bar, DotRow, RangeRow};
use crate::format;

/// So many rows are drawn.
const MOST: usize = 40;

/// So wide is a name at most.
const WIDEST_NAME: f64 = 190.0;

/// At the edges of the picture.
const MARGIN: f64 = 8.0;

/// Stacked bars: a legend, and for each subject a bar with its whole at its end.
pub(super) fn stacks(
    canvas: &mut Canvas<'_>,
    top: f64,
    x: &Axis,
    parts: &[String],
    bars: &[Bar],
) -> f64 {
    const HALF: f64 = 11.0;
    let bars = &bars[..bars.len().min(MOST)];
    let key: Vec<(Key, &str)> =
        parts.iter().enumerate().map(|(index, part)| (Key::Part(index), &**part)).collect();
    let top = legend(canvas, top, &key);
    let lengths = |bar: &Bar| -> Vec<f64> {
        bar.parts.iter().map(|part| if part.is_finite() { part.max(0.0) } else { 0.0 }).collect()
    };
    let wholes: Vec<f64> = bars.iter().map(|bar| lengths(bar).iter().sum()).collect();
    let labels: Vec<String> = wholes.iter().map(|whole| format::figure(*whole, x.unit)).collect();
    let names = Names::draw(canvas, top, bars.iter().map(|bar| (&*bar.name, HALF * 2.0 + 10.0)));
    // Parts on top of one another can be compared on a linear axis only.
    let linear = Axis { is_log: false, ..x.clone() };
    let scale = Scale::of(&linear, wholes.iter().copied(), (names.left, right_of(&labels)), false);
    let below = scale.draw_below(canvas, top, names.bottom);
    let ink = Look::new(canvas.theme.ink());
    for ((bar, y), label) in bars.iter().zip(&names.middles).zip(&labels) {
        let mut whole = 0.0;
        let mut end = names.left;
        for (index, length) in lengths(bar).into_iter().enumerate() {
            whole += length;
            let (from, to) = (end, scale.at(whole).unwrap_or(end));
            if to.round() > from.round() {
                // The page shows between parts that are wide enough.
                let gap = if to - from > 4.0 { 1.0 } else { 0.0 };
                let color = canvas.theme.part(index);
                canvas.rectangle((from, y - HALF), (to.round() - gap, y + HALF), color);
            }
            end = to;
        }
        canvas.text(label, (end + 8.0, *y), ink);
    }
    below
}

/// Ranges: for each kind a mark at its low end and a bar at its high end.
pub(super) fn ranges(
    canvas: &mut Canvas<'_>,
    top: f64,
    x: &Axis,
    kinds: &[String],
    rows: &[RangeRow],
) -> f64 {
    const HIGH: f64 = 18.0;
    let rows = &rows[..rows.len().min(MOST)];
    let key: Vec<(Key, &str)> =
        kinds.iter().enumerate().map(|(index, kind)| (Key::Kind(index), &**kind)).collect();
    let top = legend(canvas, top, &key);
    let high = |row: &RangeRow| row.ranges.len().clamp(1, 6) as f64 * HIGH + 14.0;
    let names = Names::draw(canvas, top, rows.iter().map(|row| (&*row.name, high(row))));
    let values = rows.iter().flat_map(|row| row.ranges.iter().flatten());
    let values = values.flat_map(|(low, high)| [*low, *high]);
    let scale = Scale::of(x, values, (names.left, WIDTH - 28.0), true);
    let below = scale.draw_below(canvas, top, names.bottom);
    for (row, middle) in rows.iter().zip(&names.middles) {
        let color = canvas.theme.tone(row.tone);
        let first = middle - (row.ranges.len() as f64 - 1.0) / 2.0 * HIGH;
        for (index, range) in row.ranges.iter().enumerate().take(6) {
            let ends = range.map(|(low, high)| (scale.at(low), scale.at(high)));
            if let Some((Some(low), Some(high))) = ends {
                let y = first + index as f64 * HIGH;
                draw_range(canvas, (low, high), y, color, is_hollow(index));
            }
        }
    }
    below
}

/// Dots with their intervals; a single one with its value.
pub(super) fn dots(canvas: &mut Canvas<'_>, top: f64, x: &Axis, rows: &[DotRow]) -> f64 {
    const HIGH: f64 = 16.0;
    let rows = &rows[..rows.len().min(MOST)];
    let label = |row: &DotRow| match &row.dots[..] {
        [only] => format::figure(only.value, x.unit),
        _ => String::new(),
    };
    let labels: Vec<String> = rows.iter().map(label).collect();
    let high = |row: &DotRow| row.dots.len().clamp(1, 6) as f64 * HIGH + 16.0;
    let names = Names::draw(canvas, top, rows.iter().map(|row| (&*row.name, high(row))));
    let values = rows.iter().flat_map(|row| &row.dots).flat_map(|dot| {
        let (low, high) = dot.interval.unwrap_or((dot.value, dot.value));
        [dot.value, low, high]
    });
    let scale = Scale::of(x, values, (names.left, right_of(&labels)), true);
    let below = scale.draw_below(canvas, top, names.bottom);
    let ink = Look::new(canvas.theme.ink());
    for ((row, middle), label) in rows.iter().zip(&names.middles).zip(&labels) {
        let color = canvas.theme.tone(row.tone);
        let first = middle - (row.dots.len() as f64 - 1.0) / 2.0 * HIGH;
        for (index, dot) in row.dots.iter().enumerate().take(6) {
            let y = first + index as f64 * HIGH;
            let Some(value) = scale.at(dot.value) else { continue };
            let ends = dot.interval.map(|(low, high)| (scale.at(low), scale.at(high)));
            let mut end = value + 5.0;
            if let Some((Some(low), Some(high))) = ends {
                canvas.line(&[(low, y), (high, y)], color, 2);
                for end in [low, high] {
                    canvas.line(&[(end, y - 5.0), (end, y + 5.0)], color, 2);
                }
                end = end.max(high);
            }
            canvas.mark(Mark::Circle, (value, y), color, false);
            canvas.text(label, (end + 8.0, y), ink);
        }
    }
    below
}

/// Every other kind is hollow and dashed.
fn is_hollow(kind: usize) -> bool {
    kind % 2 == 1
}

fn draw_range(
    canvas: &mut Canvas<'_>,
    (low, high): (f64, f64),
    y: f64,
    color: RGBColor,
    is_hollow: bool,
) {
    match is_hollow {
        true => canvas.dashes((low, y), (high, y), color, 3),
        false => canvas.line(&[(low, y), (high, y)], color, 3),
    }
    canvas.line(&[(high, y - 6.0), (high, y + 6.0)], color, 3);
    canvas.mark(Mark::Circle, (low, y), color, is_hollow);
}

/// Where an axis ends that has labels beyond it.
fn right_of(labels: &[String]) -> f64 {
    WIDTH - labels.iter().map(|label| width_of(label)).fold(8.0, f64::max) - 20.0
}

/// What a legend's entry explains.
#[derive(Clone, Copy)]
enum Key {
    /// The part with this number of a stacked bar.
    Part(usize),
    /// The kind of range with this number.
    Kind(usize),
}

/// The legend, in as many lines as it takes. Gives the height below it.
fn legend(canvas: &mut Canvas<'_>, top: f64, entries: &[(Key, &str)]) -> f64 {
    let (ink, muted) = (Look::new(canvas.theme.ink()), canvas.theme.muted());
    let (mut x, mut y) = (MARGIN, top);
    for (key, words) in entries.iter().take(12) {
        let mark_width = match key {
            Key::Part(_) => 20.0,
            Key::Kind(_) => 50.0,
        };
        let lines = wrapped(words, WIDTH - 2.0 * MARGIN - mark_width, 2);
        let width = lines.iter().map(|line| width_of(line)).fold(0.0, f64::max) + mark_width;
        if x > MARGIN && x + width > WIDTH - MARGIN {
            (x, y) = (MARGIN, y + LEADING);
        }
        match key {
            Key::Part(index) => {
                let color = canvas.theme.part(*index);
                canvas.rectangle((x, y - 7.0), (x + 14.0, y + 7.0), color);
            }
            Key::Kind(index) => {
                draw_range(canvas, (x + 6.0, x + 38.0), y, muted, is_hollow(*index));
            }
        }
        for (index, line) in lines.iter().enumerate() {
            y += if index > 0 { LEADING } else { 0.0 };
            canvas.text(line, (x + mark_width, y), ink);
        }
        x += width + 18.0;
    }
    if entries.is_empty() { top } else { y + LEADING }
}

/// The names of rows, to the left of an axis.
struct Names {
    /// Where the axis begins.
    left: f64,
    /// The middle of each row.
    middles: Vec<f64>,
    /// Below the last row.
    bottom: f64,
}

impl Names {
    /// Draws the names, each in a row of at least this height.
    fn draw<'a>(
        canvas: &mut Canvas<'_>,
        top: f64,
        rows: impl Iterator<Item = (&'a str, f64)>,
    ) -> Self {
        let rows: Vec<(Vec<String>, f64)> =
            rows.map(|(name, high)| (wrapped(name, WIDEST_NAME, 2), high)).collect();
        let widths = rows.iter().flat_map(|(lines, _)| lines).map(|line| width_of(line));
        let left = widths.fold(40.0, f64::max) + MARGIN + 12.0;
        let look = Look::new(canvas.theme.ink()).to_the_left();
        let mut names = Self { left, middles: Vec::new(), bottom: top - 8.0 };
        for (lines, high) in rows {
            let high = high.max(lines.len() as f64 * LEADING + 6.0);
            let middle = names.bottom + high / 2.0;
            for (index, line) in lines.iter().enumerate() {
                let offset = index as f64 - (lines.len() as f64 - 1.0) / 2.0;
                canvas.text(line, (left - 12.0, middle + offset * LEADING), look);
            }
            names.middles.push(middle);
            names.bottom += high;
        }
        names
    }
}
