//! Light or dark: colours that a person tells apart with any eyes.

use plotters::style::RGBColor;

use crate::chart::Tone;

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
    pub fn file(self, id: &'static str) -> String {
        let theme = match self {
            Self::Light => "light",
            Self::Dark => "dark",
        };
        format!("charts/{id}-{theme}.svg")
    }

    /// The page.
    pub(super) fn background(self) -> RGBColor {
        self.either(0xFF_FF_FF, 0x0D_11_17)
    }

    /// Words.
    pub(super) fn ink(self) -> RGBColor {
        self.either(0x1F_23_28, 0xE6_ED_F3)
    }

    /// Words beside the matter.
    pub(super) fn muted(self) -> RGBColor {
        self.either(0x59_63_6E, 0x9E_A7_B3)
    }

    /// The lines of the grid.
    pub(super) fn grid(self) -> RGBColor {
        self.either(0xE1_E5_EA, 0x2B_31_39)
    }

    /// The colour of a contestant: those of Okabe and Ito, darker on white and lighter on black, so
    /// that words in them can be read.
    pub(super) fn tone(self, tone: Tone) -> RGBColor {
        match tone {
            Tone::Threads => self.either(0xC2_41_0C, 0xFF_8A_4C),
            Tone::Pool(0) => self.either(0xA3_3A_7D, 0xE5_8F_C4),
            Tone::Pool(_) => self.either(0x70_48_B6, 0xB9_9C_F5),
            Tone::Callbacks => self.either(0x86_65_00, 0xE6_C2_29),
            Tone::Coroutine(0) => self.either(0x00_68_AB, 0x56_B4_E9),
            Tone::Coroutine(1) => self.either(0x00_7A_5A, 0x2F_C7_9A),
            Tone::Coroutine(2) => self.either(0x3D_45_4E, 0xD5_DB_E1),
            Tone::Coroutine(_) | Tone::Other => self.either(0x75_7D_86, 0x98_A0_A9),
        }
    }

    /// The same as a page of HTML writes it: `#0068ab`.
    pub fn color(self, tone: Tone) -> String {
        let RGBColor(red, green, blue) = self.tone(tone);
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// The colour of the part with this number of a stacked bar: those of Okabe and Ito, in an order
    /// in which neighbours differ in lightness too.
    pub(super) fn part(self, index: usize) -> RGBColor {
        const PARTS: [u32; 8] = [
            0x00_72_B2, 0x9A_D4_F5, 0x00_9E_73, 0xF0_E4_42, 0xD5_5E_00, 0xF2_BE_5C, 0xB0_5A_8C,
            0x9A_A0_A6,
        ];
        rgb(PARTS[index % PARTS.len()])
    }

    fn either(self, light: u32, dark: u32) -> RGBColor {
        rgb(match self {
            Self::Light => light,
            Self::Dark => dark,
        })
    }
}

fn rgb(hex: u32) -> RGBColor {
    let [_, red, green, blue] = hex.to_be_bytes();
    RGBColor(red, green, blue)
}
