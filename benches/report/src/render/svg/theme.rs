//! Light or dark.

/// What a picture is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// A white page.
    Light,
    /// A dark page.
    Dark,
}

impl Theme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// The file of the chart with this id, under the results folder: `charts/ID-light.svg`.
    pub fn file(self, id: &str) -> String {
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let id: String = id.chars().filter(is_plain).take(100).collect();
        let theme = match self {
            Self::Light => "light",
            Self::Dark => "dark",
        };
        format!("charts/{id}-{theme}.svg")
    }
}
