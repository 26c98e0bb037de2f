//! Criterion's flags: what each takes, checked before anything runs. Criterion itself panics at a value
//! that it does not allow, and by then everything else has run.

use std::ops::RangeInclusive;

/// A flag of criterion, which cargo hands to both targets.
#[derive(Debug)]
pub(super) struct Flag {
    /// Its names; criterion is given the first.
    pub(super) names: &'static [&'static str],
    pub(super) value: Value,
    /// Whether it leaves alone what is measured.
    pub(super) is_harmless: bool,
}

/// What a flag takes.
#[derive(Debug)]
pub(super) enum Value {
    None,
    /// A whole number.
    Count(RangeInclusive<u64>),
    /// A number.
    Number(RangeInclusive<f64>),
    /// A number between 0 and 1.
    Level,
    OneOf(&'static [&'static str]),
    /// The name of a baseline.
    Name,
    /// The name of one that every benchmark must have.
    Saved,
}

const fn flag(names: &'static [&'static str], value: Value, is_harmless: bool) -> Flag {
    Flag { names, value, is_harmless }
}

const SECONDS: Value = Value::Number(0.001..=86_400.0);

/// All flags of criterion 0.8, and those of the standard test harness that it bears with.
const ALL: &[Flag] = &[
    flag(&["--bench"], Value::None, true),
    flag(&["--baseline", "-b"], Value::Saved, true),
    flag(&["--baseline-lenient"], Value::Name, true),
    flag(&["--color", "--colour", "-c"], Value::OneOf(&["auto", "always", "never"]), true),
    flag(&["--confidence-level"], Value::Level, false),
    flag(&["--discard-baseline"], Value::None, true),
    flag(&["--exact"], Value::None, false),
    flag(&["--format"], Value::OneOf(&["pretty", "terse"]), false),
    flag(&["--help", "-h"], Value::None, false),
    flag(&["--ignored"], Value::None, false),
    flag(&["--include-ignored"], Value::None, true),
    flag(&["--list"], Value::None, false),
    flag(&["--load-baseline"], Value::Saved, false),
    flag(&["--measurement-time"], SECONDS, false),
    flag(&["--nocapture", "--no-capture", "--show-output"], Value::None, true),
    flag(&["--noise-threshold"], Value::Number(1e-9..=1e9), false),
    flag(&["--noplot", "-n"], Value::None, true),
    flag(&["--nresamples"], Value::Count(1..=10_000_000), false),
    flag(&["--output-format"], Value::OneOf(&["criterion", "bencher"]), true),
    flag(&["--plotting-backend"], Value::OneOf(&["gnuplot", "plotters"]), true),
    flag(&["--profile-time"], Value::Number(1.0..=86_400.0), false),
    flag(&["--quiet"], Value::None, true),
    flag(&["--sample-size"], Value::Count(10..=10_000), false),
    flag(&["--save-baseline", "-s"], Value::Name, true),
    flag(&["--significance-level"], Value::Level, false),
    flag(&["--test"], Value::None, false),
    flag(&["--verbose", "-v"], Value::None, true),
    flag(&["--version", "-V"], Value::None, false),
    flag(&["--warm-up-time"], SECONDS, false),
];

/// What excludes each other.
pub(super) const EXCLUDING: &[[&str; 2]] = &[
    ["--discard-baseline", "--save-baseline"],
    ["--discard-baseline", "--baseline"],
    ["--discard-baseline", "--baseline-lenient"],
    ["--baseline", "--save-baseline"],
    ["--baseline", "--baseline-lenient"],
    ["--baseline-lenient", "--save-baseline"],
    ["--load-baseline", "--profile-time"],
    ["--list", "--test"],
    ["--list", "--profile-time"],
    ["--test", "--profile-time"],
    ["--quiet", "--verbose"],
];

/// The flag of this name.
pub(super) fn find(name: &str) -> Option<&'static Flag> {
    ALL.iter().find(|flag| flag.names.contains(&name))
}

impl Value {
    /// What is allowed, if this is not.
    pub(super) fn problem(&self, given: &str) -> Option<String> {
        /// Criterion's own folders beside those of baselines.
        const TAKEN: [&str; 3] = ["change", "new", "report"];
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        match self {
            Self::None => Some("nothing".into()),
            Self::Count(range) => (!given.parse().is_ok_and(|count| range.contains(&count)))
                .then(|| format!("a whole number from {} to {}", range.start(), range.end())),
            Self::Number(range) => (!given.parse().is_ok_and(|number| range.contains(&number)))
                .then(|| format!("a number from {} to {}", range.start(), range.end())),
            Self::Level => (!given.parse().is_ok_and(|level: f64| level > 0.0 && level < 1.0))
                .then(|| "a number above 0 and below 1".into()),
            Self::OneOf(all) => (!all.contains(&given)).then(|| all.join(", ")),
            Self::Name | Self::Saved => (given.is_empty()
                || given.starts_with('.')
                || given.len() > 64
                || TAKEN.contains(&given)
                || !given.chars().all(is_plain))
            .then(|| "a name of up to 64 letters, digits and -_., which is not one of criterion's folders (change, new, report)".into()),
        }
    }
}
