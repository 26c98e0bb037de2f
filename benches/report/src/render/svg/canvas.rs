//! Strokes and words on a picture, through plotters. Everything is in pixels of a picture that is
//! [`WIDTH`] wide; on a telephone it is shown at little more than half of that.

use plotters::prelude::{DrawingBackend, RGBColor, SVGBackend, ShapeStyle, TextStyle};
pub(super) use plotters::style::text_anchor::HPos;
use plotters::style::text_anchor::{Pos, VPos};
use plotters::style::{FontDesc, FontFamily, FontStyle};
use textwrap::core::display_width;

use super::super::foreign;
use super::theme::Theme;
use crate::chart::Tone;

/// How wide a picture is.
pub(super) const WIDTH: f64 = 640.0;

/// The size of words: 9.5 pixels where the picture is 358 wide.
pub(super) const SIZE: f64 = 17.0;

/// From one line of words to the next.
pub(super) const LEADING: f64 = 22.0;

/// So many characters of a text are drawn.
const LONGEST: usize = 300;

/// These have letters of the widths that [`width_of`] knows, on every system.
const FONTS: &str = "Helvetica, Arial, sans-serif";

/// plotters divides the size of a font by this.
const FONT_SCALE: f64 = 1.24;

pub(super) struct Canvas<'a> {
    backend: SVGBackend<'a>,
    pub(super) theme: Theme,
    /// How far down it is drawn.
    pub(super) bottom: f64,
}

/// The mark of a point: the second thing beside its colour by which a line is known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Circle,
    Square,
    Diamond,
    Triangle,
    TriangleDown,
    Cross,
}

impl<'a> Canvas<'a> {
    /// A canvas that writes to this string: first a line with the picture's head, then the rest.
    pub(super) fn new(drawn: &'a mut String, theme: Theme) -> Self {
        let backend = SVGBackend::with_string(drawn, (WIDTH as u32, WIDTH as u32));
        Self { backend, theme, bottom: 0.0 }
    }

    /// Words that begin, end or have their middle here, with their middle at this height.
    pub(super) fn text(&mut self, words: &str, at: (f64, f64), color: RGBColor, anchor: HPos) {
        self.styled(words, at, color, anchor, FontStyle::Normal);
    }

    /// The same in lines, the first one here. Gives where the next one would be.
    pub(super) fn lines(
        &mut self,
        lines: &[String],
        (x, mut y): (f64, f64),
        color: RGBColor,
        anchor: HPos,
    ) -> f64 {
        for line in lines {
            self.text(line, (x, y), color, anchor);
            y += LEADING;
        }
        y
    }

    /// The same in a style.
    pub(super) fn styled(
        &mut self,
        words: &str,
        at: (f64, f64),
        color: RGBColor,
        anchor: HPos,
        style: FontStyle,
    ) {
        let font = FontDesc::new(FontFamily::Name(FONTS), SIZE * FONT_SCALE, style);
        let style = TextStyle::from(font).color(&color).pos(Pos::new(anchor, VPos::Center));
        never_fails(self.backend.draw_text(&clean(words), &style, pixel(at)));
    }

    pub(super) fn line(&mut self, points: &[(f64, f64)], color: RGBColor, width: u32) {
        let points: Vec<(i32, i32)> = points.iter().copied().map(pixel).collect();
        never_fails(self.backend.draw_path(points, &stroke(color, width)));
    }

    /// A straight line of dashes.
    pub(super) fn dashes(&mut self, from: (f64, f64), to: (f64, f64), color: RGBColor, width: u32) {
        const STEP: f64 = 9.0;
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = (dx.hypot(dy) / STEP).ceil().clamp(1.0, 200.0);
        let at = |part: f64| (from.0 + dx * part / steps, from.1 + dy * part / steps);
        for step in 0..steps as u32 {
            let step = f64::from(step);
            self.line(&[at(step), at((step + 0.55).min(steps))], color, width);
        }
    }

    pub(super) fn rectangle(&mut self, from: (f64, f64), to: (f64, f64), color: RGBColor) {
        let style = ShapeStyle::from(color).filled();
        never_fails(self.backend.draw_rect(pixel(from), pixel(to), &style, true));
    }

    /// A mark; a hollow one shows the page within.
    pub(super) fn mark(
        &mut self,
        mark: Mark,
        (x, y): (f64, f64),
        color: RGBColor,
        is_hollow: bool,
    ) {
        const RADIUS: f64 = 5.0;
        const ARM: f64 = 6.0;
        let corners: &[(f64, f64)] = match mark {
            Mark::Cross => {
                self.line(&[(x - ARM, y - ARM), (x + ARM, y + ARM)], color, 3);
                return self.line(&[(x - ARM, y + ARM), (x + ARM, y - ARM)], color, 3);
            }
            Mark::Circle => &[],
            Mark::Square => &[(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)],
            Mark::Diamond => &[(0.0, -1.4), (1.4, 0.0), (0.0, 1.4), (-1.4, 0.0)],
            Mark::Triangle => &[(0.0, -1.4), (1.3, 0.9), (-1.3, 0.9)],
            Mark::TriangleDown => &[(0.0, 1.4), (1.3, -0.9), (-1.3, -0.9)],
        };
        let inner = if is_hollow { self.theme.background() } else { color };
        let (center, outer) = (pixel((x, y)), stroke(color, 2));
        let corner = |(dx, dy): &(f64, f64)| pixel((x + dx * RADIUS, y + dy * RADIUS));
        if mark == Mark::Circle {
            never_fails(self.backend.draw_circle(center, RADIUS as u32, &inner, true));
            if is_hollow {
                never_fails(self.backend.draw_circle(center, RADIUS as u32, &outer, false));
            }
        } else {
            never_fails(self.backend.fill_polygon(corners.iter().map(corner), &inner));
            if is_hollow {
                let closed = corners.iter().chain(corners.first()).map(corner);
                never_fails(self.backend.draw_path(closed, &outer));
            }
        }
    }
}

impl Mark {
    /// The mark of a contestant, and whether it is hollow.
    pub(super) fn of(tone: Tone) -> (Self, bool) {
        match tone {
            Tone::Threads => (Self::Circle, false),
            Tone::Pool(0) => (Self::Square, true),
            Tone::Pool(_) => (Self::Diamond, true),
            Tone::Callbacks => (Self::Triangle, false),
            Tone::Coroutine(0) => (Self::Square, false),
            Tone::Coroutine(1) => (Self::Diamond, false),
            Tone::Coroutine(2) => (Self::TriangleDown, false),
            Tone::Coroutine(_) => (Self::Circle, true),
            Tone::Other => (Self::Triangle, true),
        }
    }
}

/// The one way of a string into a picture: without what cannot be seen, and not longer than is drawn.
/// plotters and [`escaped`] write the marks of XML as entities.
pub(super) fn clean(text: &str) -> String {
    foreign::cut(text, LONGEST)
}

/// A text between tags, through [`clean`].
pub(super) fn escaped(text: &str) -> String {
    clean(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// How wide words are, in pixels, as near as letters of Helvetica have it.
pub(super) fn width_of(words: &str) -> f64 {
    let em = |letter: char| match letter {
        'i' | 'j' | 'l' | '.' | ',' | '|' | '\'' | ':' | ';' | '!' | 'I' => 0.27,
        'f' | 't' | 'r' | ' ' | '(' | ')' | '-' | '/' | '\u{A0}' => 0.34,
        'm' | 'w' | 'M' | 'W' | '—' | '%' | '…' => 0.88,
        letter if letter.is_ascii_uppercase() => 0.7,
        letter if letter.is_ascii() => 0.56,
        letter if display_width(letter.encode_utf8(&mut [0; 4])) > 1 => 1.0,
        _ => 0.62,
    };
    words.chars().map(em).sum::<f64>() * SIZE
}

/// How wide the widest of these is, and at least so many pixels.
pub(super) fn widest<'a>(all: impl IntoIterator<Item = &'a String>, least: f64) -> f64 {
    all.into_iter().map(|words| width_of(words)).fold(least, f64::max)
}

/// The words in lines of at most so many pixels, and at most so many lines. What does not fit is cut.
pub(super) fn wrapped(words: &str, most: f64, most_lines: usize) -> Vec<String> {
    let words = clean(words);
    let mut lines: Vec<String> = Vec::new();
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        let is_last = lines.len() == most_lines;
        match lines.last_mut() {
            Some(line) if is_last || width_of(line) + width_of(word) + width_of(" ") <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| fitted(line, most)).collect()
}

/// The words as far as they fit into so many pixels.
fn fitted(words: &str, most: f64) -> String {
    let mut characters = words.chars().count();
    let mut fitted = words.to_owned();
    while width_of(&fitted) > most && characters > 1 {
        characters -= 1;
        fitted = foreign::cut(words, characters);
    }
    fitted
}

fn stroke(color: RGBColor, width: u32) -> ShapeStyle {
    ShapeStyle::from(color).stroke_width(width)
}

/// A place of the picture. What lies far outside it stays outside.
fn pixel((x, y): (f64, f64)) -> (i32, i32) {
    (x.round() as i32, y.round() as i32)
}

/// A picture is written into a string, which has room for everything.
fn never_fails<T, E>(_: Result<T, E>) {}
