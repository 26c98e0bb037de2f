//! A picture: its heading, what is drawn, and what a person hears who does not see it.

use plotters::style::{FontStyle, RGBColor};

use super::canvas::{Canvas, HPos, LEADING, WIDTH, escaped, wrapped};
use super::theme::Theme;
use super::{lines, rows};
use crate::chart::{Chart, Plot};

/// The chart as SVG, 640 pixels wide. The same chart makes the same text.
pub fn render(chart: &Chart, theme: Theme) -> String {
    let mut drawn = String::new();
    let mut canvas = Canvas::new(&mut drawn, theme);
    heading(&mut canvas, chart);
    match &chart.plot {
        Plot::Lines { x, y, lines } => lines::draw(&mut canvas, x, y, lines),
        Plot::Stacks { x, parts, bars } => rows::stacks(&mut canvas, x, parts, bars),
        Plot::Ranges { x, kinds, rows } => rows::ranges(&mut canvas, x, kinds, rows),
        Plot::Dots { x, rows } => rows::dots(&mut canvas, x, rows),
        Plot::Spans { x, rows } => rows::spans(&mut canvas, x, rows),
    }
    let height = canvas.bottom.ceil();
    drop(canvas);
    // The head is written last: only now is it known how high the picture is.
    let (_, body) = drawn.split_once('\n').unwrap_or_default();
    let RGBColor(red, green, blue) = theme.background();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{WIDTH}\" \
         height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" stroke-linecap=\"round\" \
         stroke-linejoin=\"round\">\n<title>{}</title>\n<desc>{}</desc>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#{red:02X}{green:02X}{blue:02X}\"/>\n\
         {body}",
        escaped(&chart.title),
        escaped(&chart.alt),
    )
}

/// The title and how to read the picture.
fn heading(canvas: &mut Canvas<'_>, chart: &Chart) {
    const MARGIN: f64 = 8.0;
    let mut y = 18.0;
    // Bold letters are wider by a tenth.
    for line in wrapped(&chart.title, (WIDTH - 2.0 * MARGIN) / 1.1, 3) {
        canvas.styled(&line, (MARGIN, y), canvas.theme.ink(), HPos::Left, FontStyle::Bold);
        y += LEADING;
    }
    let subtitle = wrapped(&chart.subtitle, WIDTH - 2.0 * MARGIN, 3);
    canvas.bottom = canvas.lines(&subtitle, (MARGIN, y), canvas.theme.muted(), HPos::Left) + 2.0;
}
