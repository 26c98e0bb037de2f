//! Values to pixels, and where the ticks are.

use super::canvas::{Canvas, HPos, LEADING, WIDTH, widest, width_of, wrapped};
use crate::chart::Axis;
use crate::document::Unit;
use crate::format;

/// No axis goes further than this.
const LARGEST: f64 = 1e300;

/// An axis with the values that it spans.
pub(super) struct Scale<'a> {
    axis: &'a Axis,
    /// What it spans, in steps: logarithms where the axis has them.
    low: f64,
    high: f64,
    /// Where in the picture its ends are.
    from: f64,
    to: f64,
}

impl<'a> Scale<'a> {
    /// The axis over these values, between these places of the picture. A linear axis begins at zero;
    /// the end of an axis with `room` is a tick, and otherwise the largest value.
    pub(super) fn of(
        axis: &'a Axis,
        values: impl Iterator<Item = f64>,
        (from, to): (f64, f64),
        has_room: bool,
    ) -> Self {
        let mut scale = Self { axis, low: 0.0, high: 1.0, from, to };
        let ends = values.filter_map(|value| scale.step(value)).map(|step| (step, step));
        let ends = ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let (mut low, mut high) = ends.unwrap_or((0.0, 1.0));
        if !axis.is_log {
            (low, high) = (low.min(0.0), high.max(0.0));
        } else if has_room {
            // A mark is not cut, and is not on the edge.
            let room = 0.03 * (high - low).max(1.0);
            (low, high) = (low - room, high + room);
        }
        if axis.is_log && high - low < 1.0 {
            (low, high) = (low.floor(), high.ceil());
        }
        if high <= low {
            high = low + 1.0;
        }
        if has_room && !axis.is_log {
            high += 0.06 * (high - low);
        }
        (scale.low, scale.high) = (low, high);
        scale
    }

    /// Where this value is; `None` where the axis has no place for it. A value below its beginning is
    /// at its beginning.
    pub(super) fn at(&self, value: f64) -> Option<f64> {
        let step = match self.step(value) {
            None if self.axis.is_log && value <= 0.0 => self.low,
            step => step?,
        };
        let part = ((step - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        Some(self.from + part * (self.to - self.from))
    }

    /// Where both of these values are.
    pub(super) fn both(&self, (low, high): (f64, f64)) -> Option<(f64, f64)> {
        Some((self.at(low)?, self.at(high)?))
    }

    /// The ticks: where each is, and what is written at it.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let values = if self.axis.is_log { self.log_ticks() } else { self.linear_ticks() };
        let at = |value: f64| Some((self.at(value)?, tick(value, self.axis.unit)));
        values.into_iter().filter_map(at).collect()
    }

    /// Ticks along the lower edge at this height, with the lines of the grid up to `top` and the name
    /// of the axis below.
    pub(super) fn draw_below(&self, canvas: &mut Canvas<'_>, top: f64, bottom: f64) {
        let (grid, muted) = (canvas.theme.grid(), canvas.theme.muted());
        let ticks = self.ticks();
        let apart = widest(ticks.iter().map(|(_, label)| label), 0.0) + 8.0;
        let mut free_from = f64::NEG_INFINITY;
        for (x, label) in &ticks {
            canvas.line(&[(*x, top), (*x, bottom)], grid, 1);
            let half = width_of(label) / 2.0;
            let middle = x.min(WIDTH - half - 4.0);
            if middle - apart / 2.0 >= free_from {
                canvas.text(label, (middle, bottom + 16.0), muted, HPos::Center);
                free_from = middle + apart / 2.0;
            }
        }
        let label = wrapped(&self.axis.label, WIDTH - 24.0, 2);
        let half = widest(&label, 0.0) / 2.0 + 12.0;
        let middle = f64::midpoint(self.from, self.to).clamp(half, WIDTH - half);
        let at = (middle, bottom + 16.0 + LEADING);
        canvas.bottom = canvas.lines(&label, at, muted, HPos::Center);
    }

    /// The place of a value in steps of the axis; `None` where it has none.
    fn step(&self, value: f64) -> Option<f64> {
        let step = if self.axis.is_log { value.log(self.base()) } else { value };
        step.is_finite().then_some(step.clamp(-LARGEST, LARGEST))
    }

    /// Sizes go up in powers of two.
    fn base(&self) -> f64 {
        if self.axis.unit == Unit::Size { 2.0 } else { 10.0 }
    }

    fn log_ticks(&self) -> Vec<f64> {
        const MOST: f64 = 9.0;
        let spanned = self.high - self.low;
        let every = (spanned / MOST).ceil().max(1.0);
        let first = self.low.ceil();
        let whole = |step: u32| self.base().powf(first + f64::from(step) * every);
        let mut values: Vec<f64> = (0..=(spanned / every) as u32).map(whole).collect();
        if spanned < 2.0 && self.base() > 2.0 {
            values.extend(values.clone().iter().flat_map(|value| [value * 2.0, value * 5.0]));
            let below = self.base().powf(first - 1.0);
            values.extend([below * 2.0, below * 5.0]);
        }
        let is_spanned = |value: &f64| {
            self.step(*value)
                .is_some_and(|step| step >= self.low - 1e-9 && step <= self.high + 1e-9)
        };
        values.retain(is_spanned);
        values.sort_by(f64::total_cmp);
        values
    }

    fn linear_ticks(&self) -> Vec<f64> {
        let rough = (self.high - self.low) / 5.0;
        let magnitude = 10_f64.powf(rough.log10().floor());
        let times = [1.0, 2.0, 2.5, 5.0].into_iter().find(|by| by * magnitude >= rough);
        let step = match self.axis.unit {
            Unit::Size => 2_f64.powf(rough.log2().ceil()),
            _ => magnitude * times.unwrap_or(10.0),
        };
        let first = (self.low / step).ceil();
        (0..12)
            .map(|index| (first + f64::from(index)) * step)
            .take_while(|value| *value <= self.high + step * 1e-9)
            .collect()
    }
}

/// What is written at a tick. Large counts are short: `10 k`, `1 M`.
fn tick(value: f64, unit: Unit) -> String {
    let short = |value: f64| {
        let steps = [(1e9, " G"), (1e6, " M"), (1e3, " k")];
        match steps.into_iter().find(|(step, _)| value >= step * 0.999_999) {
            Some((step, name)) => format!("{}{name}", format::plain(value / step)),
            None => format::plain(value),
        }
    };
    match unit {
        Unit::Words | Unit::Count => short(value),
        Unit::PerSecond => format!("{}/s", short(value)),
        Unit::Times => format!("{}×", format::plain(value)),
        _ => format::figure(value, unit),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn axis(unit: Unit, is_log: bool) -> Axis {
        Axis { label: String::new(), unit, is_log }
    }

    fn labels(unit: Unit, is_log: bool, low: f64, high: f64) -> Vec<String> {
        let axis = axis(unit, is_log);
        let scale = Scale::of(&axis, [low, high].into_iter(), (0.0, 400.0), false);
        scale.ticks().into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round_and_short() {
        assert_eq!(
            labels(Unit::Count, true, 1.0, 1e7),
            ["1", "10", "100", "1 k", "10 k", "100 k", "1 M", "10 M"]
        );
        assert_eq!(labels(Unit::Bytes, true, 3e5, 1.2e8), ["1 MB", "10 MB", "100 MB"]);
        assert_eq!(
            labels(Unit::Nanoseconds, true, 2e5, 9e5),
            ["100 µs", "200 µs", "500 µs", "1 ms"]
        );
        assert_eq!(
            labels(Unit::PerSecond, false, 0.0, 31_000.0),
            ["0/s", "10 k/s", "20 k/s", "30 k/s"]
        );
        assert_eq!(labels(Unit::Size, true, 1024.0, 65_536.0).len(), 7);
        assert_eq!(
            labels(Unit::Size, false, 0.0, 65_536.0),
            ["0 B", "16 KiB", "32 KiB", "48 KiB", "64 KiB"]
        );
        assert_eq!(labels(Unit::Bytes, false, 0.0, 45_000.0).first().unwrap(), "0 B");
    }

    proptest! {
        #[test]
        fn every_value_has_a_place_within_or_none(values in prop::collection::vec(any::<f64>(), 0..5), is_log: bool) {
            let axis = axis(Unit::Bytes, is_log);
            let scale = Scale::of(&axis, values.iter().copied(), (10.0, 400.0), true);
            prop_assert!(scale.ticks().len() <= 30);
            for value in values {
                let at = scale.at(value);
                prop_assert!(at.is_none_or(|at| (10.0..=400.0).contains(&at)), "{:?}", at);
            }
        }
    }
}
