//! A chart as a picture, for a light or a dark page.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `picture` | [`render`]: heading, plot and what a person hears who does not see it |
//! | `lines` | lines through points, with labels at their ends and walls |
//! | `rows` | a row for each subject: stacked bars, ranges, dots |
//! | `scale` | values to pixels, and where the ticks are |
//! | `canvas` | strokes and words, through plotters |
//! | `theme` | [`Theme`]: light or dark, its colours, and the file that a picture is in |

mod canvas;
mod lines;
mod picture;
mod rows;
mod scale;
mod theme;

pub use picture::render;
pub use theme::Theme;
