//! Lines through points, with labels at their ends and walls.

use super::canvas::{Canvas, HPos, LEADING, Mark, WIDTH, widest, wrapped};
use super::scale::Scale;
use crate::chart::{Axis, Line};
use crate::format;

/// So many lines are drawn.
const MOST: usize = 16;

/// How high the plot is at least.
const HEIGHT: f64 = 320.0;

/// So wide is a label at the right edge at most.
const WIDEST_AT_EDGE: f64 = 205.0;

/// So wide is a label within the plot at most.
const WIDEST_WITHIN: f64 = 260.0;

/// A line that gets this far across the plot has its label at the right edge.
const EDGE: f64 = 0.85;

/// With so much in its way a label cannot be read.
const NO_ROOM: usize = 12;

/// From a line's end to its label.
const GAP: f64 = 16.0;

/// Draws the lines.
pub(super) fn draw(canvas: &mut Canvas<'_>, x: &Axis, y: &Axis, lines: &[Line]) {
    let lines = &lines[..lines.len().min(MOST)];
    let muted = canvas.theme.muted();
    let at = (8.0, canvas.bottom);
    let top = canvas.lines(&wrapped(&y.label, WIDTH - 16.0, 2), at, muted, HPos::Left);
    let values = |of: fn((f64, f64)) -> f64| {
        let walls = lines.iter().filter_map(|line| line.wall.as_ref());
        let points = lines.iter().flat_map(|line| line.points.iter().copied());
        points.chain(walls.map(|wall| (wall.x, wall.y))).map(of)
    };
    let over = Scale::of(x, values(|(x, _)| x), (0.0, 1.0), false);
    let (at_edge, mut within): (Vec<Label<'_>>, Vec<Label<'_>>) =
        lines.iter().filter_map(|line| Label::of(line, &over, y)).partition(|one| one.is_at_edge);
    let label_width = at_edge.iter().map(Label::width).fold(0.0, f64::max);
    let labels_high = at_edge.iter().map(Label::height).sum::<f64>() + LEADING;
    let bottom = top + HEIGHT.max(labels_high);
    let up = Scale::of(y, values(|(_, y)| y), (bottom, top), true);
    let ticks = up.ticks();
    let left = widest(ticks.iter().map(|(_, label)| label), 24.0) + 24.0;
    let right = WIDTH - label_width - if at_edge.is_empty() { 24.0 } else { GAP + 4.0 };
    let across = Scale::of(x, values(|(x, _)| x), (left, right), false);

    across.draw_below(canvas, top, bottom);
    for (at, label) in &ticks {
        canvas.line(&[(left, *at), (right, *at)], canvas.theme.grid(), 1);
        canvas.text(label, (left - 14.0, *at), muted, HPos::Right);
    }
    let mut taken =
        Taken { left, right: WIDTH - 4.0, top: top - 8.0, bottom, points: vec![], boxes: vec![] };
    for line in lines {
        draw_line(canvas, line, &across, &up, &mut taken);
    }
    draw_at_edge(canvas, &at_edge, &across, &up, (right, bottom));
    taken.right = if at_edge.is_empty() { taken.right } else { right };
    // A wall is said first: there its label has the most room.
    within.sort_by_key(|label| label.line.wall.is_none());
    for label in within {
        let end = across.at(label.x).zip(up.at(label.y));
        if end.is_none_or(|end| !taken.place(canvas, &label, end)) {
            label.draw_below(canvas);
        }
    }
}

fn draw_line(
    canvas: &mut Canvas<'_>,
    line: &Line,
    across: &Scale<'_>,
    up: &Scale<'_>,
    taken: &mut Taken,
) {
    let color = canvas.theme.tone(line.tone);
    let at = |(x, y): (f64, f64)| Some((across.at(x)?, up.at(y)?));
    let points: Vec<(f64, f64)> = line.points.iter().copied().filter_map(at).collect();
    canvas.line(&points, color, 3);
    let (mark, is_hollow) = Mark::of(line.tone);
    for point in &points {
        canvas.mark(mark, *point, color, is_hollow);
    }
    let wall = line.wall.as_ref().and_then(|wall| at((wall.x, wall.y)));
    if let Some(wall) = wall {
        if let Some(last) = points.last() {
            canvas.dashes(*last, wall, color, 3);
        }
        canvas.mark(Mark::Cross, wall, color, false);
        taken.points.extend([wall; 30]);
    }
    let points: Vec<(f64, f64)> = points.into_iter().chain(wall).collect();
    for pair in points.windows(2) {
        let ((x, y), (dx, dy)) = (pair[0], (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1));
        let steps = (dx.hypot(dy) / 5.0).ceil().max(1.0);
        let on_it = (0..=steps as u32).map(|step| f64::from(step) / steps);
        taken.points.extend(on_it.map(|part| (x + dx * part, y + dy * part)));
    }
}

/// The labels of lines that reach the right edge, one below the other: each as near to its line as
/// there is room.
fn draw_at_edge(
    canvas: &mut Canvas<'_>,
    labels: &[Label<'_>],
    across: &Scale<'_>,
    up: &Scale<'_>,
    (right, bottom): (f64, f64),
) {
    let mut placed: Vec<((f64, f64), f64, &Label<'_>)> = labels
        .iter()
        .filter_map(|label| {
            let end = (across.at(label.x)?, up.at(label.y)?);
            Some((end, end.1 - label.height() / 2.0, label))
        })
        .collect();
    placed.sort_by(|a, b| a.0.1.total_cmp(&b.0.1));
    let mut free_from = f64::NEG_INFINITY;
    for (_, top, label) in &mut placed {
        *top = top.max(free_from);
        free_from = *top + label.height();
    }
    let mut free_to = bottom;
    for (_, top, label) in placed.iter_mut().rev() {
        *top = top.min(free_to - label.height());
        free_to = *top;
    }
    for ((x, y), top, label) in placed {
        let color = canvas.theme.tone(label.line.tone);
        let middle = top + label.height() / 2.0;
        if (middle - y).abs() > 5.0 || right - x > 5.0 {
            canvas.line(&[(x + 8.0, y), (right + GAP - 4.0, middle)], color, 1);
        }
        label.draw(canvas, right + GAP, top, false);
    }
}

/// What stands at a line's end.
struct Label<'a> {
    line: &'a Line,
    /// Where the line ends.
    x: f64,
    y: f64,
    is_at_edge: bool,
    words: Vec<String>,
}

impl<'a> Label<'a> {
    /// The label of this line; `None` if there is no line.
    fn of(line: &'a Line, over: &Scale<'_>, axis: &Axis) -> Option<Self> {
        let (x, y, what) = match &line.wall {
            Some(wall) => (wall.x, wall.y, format!("{}, {}", line.name, wall.label)),
            None => {
                let (x, y) = *line.points.last()?;
                // A figure is not parted from its unit.
                let figure = format::figure(y, axis.unit).replace(' ', "\u{A0}");
                (x, y, format!("{} {figure}", line.name))
            }
        };
        let is_at_edge = over.at(x).is_some_and(|part| part >= EDGE);
        let most = if is_at_edge { WIDEST_AT_EDGE } else { WIDEST_WITHIN };
        Some(Self { line, x, y, is_at_edge, words: wrapped(&what, most, 3) })
    }

    fn width(&self) -> f64 {
        widest(&self.words, 0.0)
    }

    fn height(&self) -> f64 {
        self.words.len() as f64 * LEADING
    }

    /// Draws it below the plot, behind the line's mark.
    fn draw_below(&self, canvas: &mut Canvas<'_>) {
        let y = canvas.bottom;
        let color = canvas.theme.tone(self.line.tone);
        let (mark, is_hollow) = Mark::of(self.line.tone);
        canvas.line(&[(8.0, y), (32.0, y)], color, 3);
        canvas.mark(mark, (20.0, y), color, is_hollow);
        let words = wrapped(&self.words.join(" "), WIDTH - 48.0, 2);
        canvas.bottom = canvas.lines(&words, (40.0, y), color, HPos::Left);
    }

    /// Draws it to the right of `x`, or to the left.
    fn draw(&self, canvas: &mut Canvas<'_>, x: f64, top: f64, is_left: bool) {
        let anchor = if is_left { HPos::Right } else { HPos::Left };
        let color = canvas.theme.tone(self.line.tone);
        canvas.lines(&self.words, (x, top + LEADING / 2.0), color, anchor);
    }
}

/// What of a plot is taken.
struct Taken {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    /// Points on the lines.
    points: Vec<(f64, f64)>,
    /// Labels: left, top, right, bottom.
    boxes: Vec<[f64; 4]>,
}

impl Taken {
    /// Draws a label beside this place, where the least is in its way; not if there is no room.
    fn place(&mut self, canvas: &mut Canvas<'_>, label: &Label<'_>, (x, y): (f64, f64)) -> bool {
        const AWAY: f64 = 12.0;
        let (width, height) = (label.width(), label.height());
        let beside = [
            (x + AWAY - width, y - AWAY - height, true),
            (x - AWAY, y - AWAY - height, false),
            (x - AWAY - width, y - height / 2.0, true),
            (x + AWAY, y - height / 2.0, false),
            (x - AWAY, y + AWAY, false),
            (x + AWAY - width, y + AWAY, true),
        ];
        let further = [0.0, -LEADING, LEADING, -2.0 * LEADING, 2.0 * LEADING];
        let places = further.iter().flat_map(|by| beside.map(|(x, y, left)| (x, y + by, left)));
        let boxes =
            places.map(|(left, top, is_left)| ([left, top, left + width, top + height], is_left));
        // The first of those with the least in the way.
        let best = boxes.min_by_key(|(place, _)| self.in_the_way(*place));
        let Some((place, is_left)) = best.filter(|(place, _)| self.in_the_way(*place) < NO_ROOM)
        else {
            return false;
        };
        label.draw(canvas, if is_left { place[2] } else { place[0] }, place[1], is_left);
        self.boxes.push(place);
        true
    }

    fn in_the_way(&self, [left, top, right, bottom]: [f64; 4]) -> usize {
        const MARGIN: f64 = 4.0;
        let is_within = |(x, y): &&(f64, f64)| {
            *x > left - MARGIN && *x < right + MARGIN && *y > top - MARGIN && *y < bottom + MARGIN
        };
        let is_over = |other: &&[f64; 4]| {
            other[0] < right && left < other[2] && other[1] < bottom && top < other[3]
        };
        let is_outside =
            left < self.left || right > self.right || top < self.top || bottom > self.bottom;
        self.points.iter().filter(is_within).count()
            + NO_ROOM * self.boxes.iter().filter(is_over).count()
            + NO_ROOM * usize::from(is_outside)
    }
}
