//! A chart as a picture.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `theme` | [`Theme`]: light or dark, its colours, and the file that a picture is in |

mod theme;

pub use theme::Theme;
