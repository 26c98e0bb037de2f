//! A row for each subject: stacked bars, ranges, dots.

use plotters::style::RGBColor;

use super::canvas::{Canvas, HPos, LEADING, Mark, WIDTH, widest, wrapped};
use super::scale::Scale;
use crate::chart::{Axis, Bar, DotRow, RangeRow, SpanRow};
use crate::format;

/// So many rows are drawn.
const MOST: usize = 40;

/// So wide is a name at most.
const WIDEST_NAME: f64 = 190.0;

/// At the edges of the picture.
const MARGIN: f64 = 8.0;

/// Stacked bars: a legend, and for each subject a bar with its whole at its end.
pub(super) fn stacks(canvas: &mut Canvas<'_>, x: &Axis, parts: &[String], bars: &[Bar]) {
    const HALF: f64 = 11.0;
    let bars = &bars[..bars.len().min(MOST)];
    legend(canvas, parts, 20.0, |canvas, part, (x, y)| {
        canvas.rectangle((x, y - 7.0), (x + 14.0, y + 7.0), canvas.theme.part(part));
    });
    let lengths = |bar: &Bar| -> Vec<f64> {
        bar.parts.iter().map(|part| if part.is_finite() { part.max(0.0) } else { 0.0 }).collect()
    };
    let wholes: Vec<f64> = bars.iter().map(|bar| lengths(bar).iter().sum()).collect();
    let labels: Vec<String> = wholes.iter().map(|whole| format::figure(*whole, x.unit)).collect();
    let names = Names::draw(canvas, bars.iter().map(|bar| (&*bar.name, HALF * 2.0 + 10.0)));
    // Parts on top of one another can be compared on a linear axis only.
    let linear = Axis { is_log: false, ..x.clone() };
    let scale = Scale::of(&linear, wholes.iter().copied(), (names.left, right_of(&labels)), false);
    scale.draw_below(canvas, names.top, names.bottom);
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
        canvas.text(label, (end + 8.0, *y), canvas.theme.ink(), HPos::Left);
    }
}

/// Ranges: for each kind a mark at its low end and a bar at its high end.
pub(super) fn ranges(canvas: &mut Canvas<'_>, x: &Axis, kinds: &[String], rows: &[RangeRow]) {
    const HIGH: f64 = 18.0;
    let rows = &rows[..rows.len().min(MOST)];
    legend(canvas, kinds, 50.0, |canvas, kind, (x, y)| {
        draw_range(canvas, (x + 6.0, x + 38.0), y, canvas.theme.muted(), kind);
    });
    let high = |row: &RangeRow| row.ranges.len().clamp(1, 6) as f64 * HIGH + 14.0;
    let names = Names::draw(canvas, rows.iter().map(|row| (&*row.name, high(row))));
    let values = rows.iter().flat_map(|row| row.ranges.iter().flatten());
    let values = values.flat_map(|(low, high)| [*low, *high]);
    let scale = Scale::of(x, values, (names.left, WIDTH - 28.0), true);
    scale.draw_below(canvas, names.top, names.bottom);
    for (row, middle) in rows.iter().zip(&names.middles) {
        let color = canvas.theme.tone(row.tone);
        let first = middle - (row.ranges.len() as f64 - 1.0) / 2.0 * HIGH;
        for (kind, range) in row.ranges.iter().enumerate().take(6) {
            if let Some(ends) = range.and_then(|ends| scale.both(ends)) {
                draw_range(canvas, ends, first + kind as f64 * HIGH, color, kind);
            }
        }
    }
}

/// Dots with their intervals and values.
pub(super) fn dots(canvas: &mut Canvas<'_>, x: &Axis, rows: &[DotRow]) {
    const HIGH: f64 = 32.0;
    let rows = &rows[..rows.len().min(MOST)];
    let labels: Vec<String> = rows.iter().map(|row| format::figure(row.value, x.unit)).collect();
    let names = Names::draw(canvas, rows.iter().map(|row| (&*row.name, HIGH)));
    let values = rows.iter().flat_map(|row| {
        let (low, high) = row.interval.unwrap_or((row.value, row.value));
        [row.value, low, high]
    });
    let scale = Scale::of(x, values, (names.left, right_of(&labels)), true);
    scale.draw_below(canvas, names.top, names.bottom);
    for ((row, y), label) in rows.iter().zip(names.middles).zip(&labels) {
        let color = canvas.theme.tone(row.tone);
        let Some(value) = scale.at(row.value) else { continue };
        let mut end = value + 5.0;
        if let Some((low, high)) = row.interval.and_then(|ends| scale.both(ends)) {
            canvas.line(&[(low, y), (high, y)], color, 2);
            for end in [low, high] {
                canvas.line(&[(end, y - 5.0), (end, y + 5.0)], color, 2);
            }
            end = end.max(high);
        }
        canvas.mark(Mark::Circle, (value, y), color, false);
        canvas.text(label, (end + 8.0, y), canvas.theme.ink(), HPos::Left);
    }
}

/// Spans: for each a bar from its beginning to its end, with its name there.
pub(super) fn spans(canvas: &mut Canvas<'_>, x: &Axis, rows: &[SpanRow]) {
    const HIGH: f64 = 20.0;
    const HALF: f64 = 6.0;
    const MOST_SPANS: usize = 6;
    let rows = &rows[..rows.len().min(MOST)];
    let high = |row: &SpanRow| row.spans.len().clamp(1, MOST_SPANS) as f64 * HIGH + 14.0;
    let names = Names::draw(canvas, rows.iter().map(|row| (&*row.name, high(row))));
    let values =
        rows.iter().flat_map(|row| row.spans.iter().flat_map(|(_, from, to)| [*from, *to]));
    let scale = Scale::of(x, values, (names.left, WIDTH - 40.0), true);
    scale.draw_below(canvas, names.top, names.bottom);
    for (row, middle) in rows.iter().zip(&names.middles) {
        let spans = &row.spans[..row.spans.len().min(MOST_SPANS)];
        let mut y = middle - (spans.len() as f64 - 1.0) / 2.0 * HIGH;
        for (name, from, to) in spans {
            if let Some((from, to)) = scale.both((*from, *to)) {
                canvas.rectangle((from, y - HALF), (to, y + HALF), canvas.theme.tone(row.tone));
                let name = wrapped(name, WIDTH - MARGIN - (to + 6.0), 1);
                canvas.lines(&name, (to + 6.0, y), canvas.theme.ink(), HPos::Left);
            }
            y += HIGH;
        }
    }
}

/// Every other kind is hollow and dashed.
fn draw_range(
    canvas: &mut Canvas<'_>,
    (low, high): (f64, f64),
    y: f64,
    color: RGBColor,
    kind: usize,
) {
    let is_hollow = kind % 2 == 1;
    match is_hollow {
        true => canvas.dashes((low, y), (high, y), color, 3),
        false => canvas.line(&[(low, y), (high, y)], color, 3),
    }
    canvas.line(&[(high, y - 6.0), (high, y + 6.0)], color, 3);
    canvas.mark(Mark::Circle, (low, y), color, is_hollow);
}

/// Where an axis ends that has labels beyond it.
fn right_of(labels: &[String]) -> f64 {
    WIDTH - widest(labels, 8.0) - 20.0
}

/// The legend, in as many lines as it takes, each entry behind a mark of this width.
fn legend(
    canvas: &mut Canvas<'_>,
    entries: &[String],
    mark_width: f64,
    draw_mark: impl Fn(&mut Canvas<'_>, usize, (f64, f64)),
) {
    let (mut x, mut y) = (MARGIN, canvas.bottom);
    for (index, words) in entries.iter().take(12).enumerate() {
        let lines = wrapped(words, WIDTH - 2.0 * MARGIN - mark_width, 2);
        let width = widest(&lines, 0.0) + mark_width;
        if x > MARGIN && x + width > WIDTH - MARGIN {
            (x, y) = (MARGIN, y + LEADING);
        }
        draw_mark(canvas, index, (x, y));
        canvas.lines(&lines, (x + mark_width, y), canvas.theme.ink(), HPos::Left);
        y += lines.len().saturating_sub(1) as f64 * LEADING;
        x += width + 18.0;
    }
    if !entries.is_empty() {
        canvas.bottom = y + LEADING;
    }
}

/// The names of rows, to the left of an axis.
struct Names {
    /// Where the axis begins.
    left: f64,
    /// The middle of each row.
    middles: Vec<f64>,
    /// Above the first row and below the last.
    top: f64,
    bottom: f64,
}

impl Names {
    /// Draws the names, each in a row of at least this height.
    fn draw<'a>(canvas: &mut Canvas<'_>, rows: impl Iterator<Item = (&'a str, f64)>) -> Self {
        let rows: Vec<(Vec<String>, f64)> =
            rows.map(|(name, high)| (wrapped(name, WIDEST_NAME, 2), high)).collect();
        let left = widest(rows.iter().flat_map(|(lines, _)| lines), 40.0) + MARGIN + 12.0;
        let top = canvas.bottom;
        let mut names = Self { left, middles: Vec::new(), top, bottom: top - 8.0 };
        for (lines, high) in rows {
            let high = high.max(lines.len() as f64 * LEADING + 6.0);
            let middle = names.bottom + high / 2.0;
            let first = middle - (lines.len() as f64 - 1.0) / 2.0 * LEADING;
            canvas.lines(&lines, (left - 12.0, first), canvas.theme.ink(), HPos::Right);
            names.middles.push(middle);
            names.bottom += high;
        }
        names
    }
}
