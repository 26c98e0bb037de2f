//! A chart: what is drawn, as numbers with their units. Which colours and pixels that makes is a
//! renderer's affair.

use crate::unit::Unit;

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Its name: the file's without its ending.
    pub id: &'static str,
    /// What it shows, in a line.
    pub title: String,
    /// How to read it, in a line; empty if that is plain.
    pub subtitle: String,
    /// What it shows to a person who does not see it.
    pub alt: String,
    /// What is drawn.
    pub plot: Plot,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Plot {
    /// Lines through points.
    Lines {
        /// What goes to the right.
        x: Axis,
        /// What goes up.
        y: Axis,
        /// The lines.
        lines: Vec<Line>,
    },
    /// A row of bars for each subject, each of stacked parts.
    Stacks {
        /// What the bars are long of.
        x: Axis,
        /// The parts, in the order in which they are stacked.
        parts: Vec<String>,
        /// The bars.
        bars: Vec<Bar>,
    },
    /// For each subject one range or several, from a low to a high mark.
    Ranges {
        /// What the marks lie on.
        x: Axis,
        /// What each of the ranges of a subject is, in their order: solid first, then hollow.
        kinds: Vec<String>,
        /// The subjects.
        rows: Vec<RangeRow>,
    },
    /// For each subject a dot with its interval.
    Dots {
        /// What the dots lie on.
        x: Axis,
        /// The subjects.
        rows: Vec<DotRow>,
    },
    /// For each subject what lasted from when to when, one below the other.
    Spans {
        /// What the ends lie on.
        x: Axis,
        /// The subjects.
        rows: Vec<SpanRow>,
    },
}

/// An axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// What it counts, without its unit.
    pub label: String,
    /// In which unit.
    pub unit: Unit,
    /// Whether each step is a factor of ten.
    pub is_log: bool,
}

/// Which colour something has: a model has one colour in every picture, and its contestants are told
/// apart within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A thread each.
    Threads,
    /// A pool of threads: the first, the second…
    Pool(u8),
    /// Callbacks.
    Callbacks,
    /// Coroutines: the first, the second…
    Coroutine(u8),
    /// Anything else.
    Other,
}

/// A line through points.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its name, which stands at its end.
    pub name: String,
    /// Its colour.
    pub tone: Tone,
    /// Its points, by x.
    pub points: Vec<(f64, f64)>,
    /// Where it ends for good, if it does.
    pub wall: Option<WallMark>,
}

/// Where a line ends for good.
#[derive(Clone, Debug, PartialEq)]
pub struct WallMark {
    /// At which x.
    pub x: f64,
    /// At which y, by where the line was going.
    pub y: f64,
    /// What stopped it.
    pub label: String,
}

/// A bar of stacked parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// The contestant.
    pub name: String,
    /// How long each part is.
    pub parts: Vec<f64>,
}

/// Ranges of one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeRow {
    /// The contestant.
    pub name: String,
    /// Its colour.
    pub tone: Tone,
    /// The low and the high mark of each kind; `None` where it has none of this kind.
    pub ranges: Vec<Option<(f64, f64)>>,
}

/// A dot with its interval.
#[derive(Clone, Debug, PartialEq)]
pub struct DotRow {
    /// The contestant.
    pub name: String,
    /// Its colour.
    pub tone: Tone,
    /// Where it lies.
    pub value: f64,
    /// The interval around it.
    pub interval: Option<(f64, f64)>,
}

/// What lasted from when to when, of one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanRow {
    /// The contestant.
    pub name: String,
    /// Its colour.
    pub tone: Tone,
    /// The name of each, its beginning and its end.
    pub spans: Vec<(String, f64, f64)>,
}
