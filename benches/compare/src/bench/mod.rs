//! What the two bench targets share: how `cargo bench -p compare -- …` is understood.
//!
//! Cargo hands everything after `--` to every bench target, and adds `--bench`. One of ours is run
//! by criterion, which refuses flags it does not know, and the other must bear with criterion's. So
//! each target takes out what is ours and leaves the rest:
//!
//! | flag | what it does |
//! | --- | --- |
//! | `--quick` | everything in a small size, in under a minute; `docs/results` stays as it is |
//! | `--thorough` | everything more often and larger, with every state and arrival, in half an hour |
//! | `--only GLOB` | only these contestants; `docs/results` stays as it is |
//! | `--seed N` | the seed of the order and of the intervals |
//! | `--no-scope` | stay where only a systemd scope would give cells a control group |
//! | anything else | criterion's |
//!
//! A name filter, which is criterion's, selects contestants in both targets.

pub mod memory;
pub mod requests;
pub mod throughput;

use std::ffi::OsString;

use crate::cli::run::{parse_seed, seed_from_clock};
use crate::registry;
use record::Extent;

/// How a bench target was called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    /// How much of everything, if that was said: a taste or all of it.
    pub size: Option<Size>,
    /// Globs of the contestants to run; all if there is none.
    pub only: Vec<String>,
    /// The seed, if one was given.
    pub seed: Option<u64>,
    /// Not to start again in a systemd scope where only that gives cells a control group.
    pub no_scope: bool,
    /// What is not ours.
    pub foreign: Vec<String>,
}

/// How much of everything is run, other than the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Everything in a small size.
    Quick,
    /// Everything more often, in larger sizes, with every state and every arrival.
    Thorough,
}

impl Size {
    const fn flag(self) -> &'static str {
        match self {
            Self::Quick => "--quick",
            Self::Thorough => "--thorough",
        }
    }
}

/// A flag of ours that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvocationError {
    /// The flag wants a value.
    #[error("`{0}` wants a value after it")]
    NoValue(&'static str),
    /// Two flags that exclude each other.
    #[error("`{0}` and `{1}` exclude each other: give one of them")]
    Both(&'static str, &'static str),
    /// The seed is no number.
    #[error("{0}")]
    NotASeed(String),
    /// The flag is neither ours nor criterion's.
    #[error(
        "`{0}` is no flag here: ours are --quick, --thorough, --only GLOB, --seed N and --no-scope, \
         and criterion's are passed on"
    )]
    Unknown(String),
}

/// A flag of criterion, which cargo hands to both targets.
struct Flag {
    names: &'static [&'static str],
    takes_value: bool,
    /// Whether it leaves alone what is measured.
    is_harmless: bool,
}

const fn flag(names: &'static [&'static str], takes_value: bool, is_harmless: bool) -> Flag {
    Flag { names, takes_value, is_harmless }
}

/// All flags of criterion 0.8, and those of the standard test harness that it bears with.
const CRITERION: &[Flag] = &[
    flag(&["--bench"], false, true),
    flag(&["--baseline", "-b"], true, true),
    flag(&["--baseline-lenient"], true, true),
    flag(&["--color", "--colour", "-c"], true, true),
    flag(&["--confidence-level"], true, false),
    flag(&["--discard-baseline"], false, true),
    flag(&["--exact"], false, false),
    flag(&["--format"], true, false),
    flag(&["--help", "-h"], false, false),
    flag(&["--ignored"], false, false),
    flag(&["--include-ignored"], false, true),
    flag(&["--list"], false, false),
    flag(&["--load-baseline"], true, false),
    flag(&["--measurement-time"], true, false),
    flag(&["--nocapture", "--no-capture", "--show-output"], false, true),
    flag(&["--noise-threshold"], true, false),
    flag(&["--noplot", "-n"], false, true),
    flag(&["--nresamples"], true, false),
    flag(&["--output-format"], true, true),
    flag(&["--plotting-backend"], true, true),
    flag(&["--profile-time"], true, false),
    flag(&["--quiet"], false, true),
    flag(&["--sample-size"], true, false),
    flag(&["--save-baseline", "-s"], true, true),
    flag(&["--significance-level"], true, false),
    flag(&["--test"], false, false),
    flag(&["--verbose", "-v"], false, true),
    flag(&["--version", "-V"], false, false),
    flag(&["--warm-up-time"], true, false),
];

/// The flag that this argument is, with or without `=value`.
fn criterion_flag(argument: &str) -> Option<&'static Flag> {
    let name = argument.split_once('=').map_or(argument, |(name, _)| name);
    CRITERION.iter().find(|flag| flag.names.contains(&name))
}

/// What `cargo bench -p compare -- --help` prints, once for both targets.
pub const HELP: &str = "\
Weighs and times every contestant: the bench targets `memory` and `throughput`.

Usage: cargo bench -p compare -- [OPTIONS] [NAME]...
       cargo bench -p compare --bench memory -- [OPTIONS] [NAME]...

  NAME         only contestants whose id has this in it, such as tokio

How much is run:
  --quick      everything in a small size, in under a minute
  --thorough   everything more often and in larger sizes, with every state and
               every arrival, in half an hour: what docs/results came from
  --only GLOB  only these contestants, such as 'coroutines/*'

How it is run:
  --seed N     the seed of the order and of the intervals
  --no-scope   stay where only a systemd scope gives cells a control group

Criterion's flags, for the timers of `throughput`:
  --save-baseline NAME   keep the times under this name
  --baseline NAME        compare with the times that were kept
  --sample-size N        how many samples are taken of each
  --measurement-time S   for how many seconds
  --noplot, --verbose, --quiet, and the others of criterion 0.8

docs/results and the front pages are replaced by a run of everything, without a
NAME, --quick, --only or a baseline. Any other run leaves its record and tables
in target/compare.

Some cells alone: cargo run --release -p compare -- run --help";

/// What `cargo bench -p compare -- --version` prints.
const VERSION: &str = concat!("compare ", env!("CARGO_PKG_VERSION"));

impl Invocation {
    /// Takes our flags out of these arguments, which are without the program's name.
    ///
    /// # Errors
    /// If one of ours has a value that cannot be understood.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, InvocationError> {
        let mut invocation = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let (flag, value) = match argument.split_once('=') {
                Some((flag, value)) => (flag, Some(value.to_owned())),
                None => (argument.as_str(), None),
            };
            let mut value_of = |flag| {
                value.clone().or_else(|| arguments.next()).ok_or(InvocationError::NoValue(flag))
            };
            match flag {
                "--quick" => invocation.resize(Size::Quick)?,
                "--thorough" => invocation.resize(Size::Thorough)?,
                "--no-scope" => invocation.no_scope = true,
                "--only" => {
                    let globs = value_of("--only")?;
                    invocation.only.extend(globs.split(',').map(str::to_owned));
                }
                "--seed" => {
                    let seed = value_of("--seed")?;
                    let seed = parse_seed(&seed).map_err(InvocationError::NotASeed)?;
                    invocation.seed = Some(seed);
                }
                _ if !argument.starts_with('-') => invocation.foreign.push(argument),
                _ => match criterion_flag(&argument) {
                    None => return Err(InvocationError::Unknown(argument)),
                    Some(flag) => {
                        let is_split = flag.takes_value && !argument.contains('=');
                        invocation.foreign.push(argument);
                        if is_split {
                            invocation.foreign.extend(arguments.next());
                        }
                    }
                },
            }
        }
        Ok(invocation)
    }

    fn resize(&mut self, size: Size) -> Result<(), InvocationError> {
        match self.size.replace(size) {
            Some(before) if before != size => {
                Err(InvocationError::Both(before.flag(), size.flag()))
            }
            _ => Ok(()),
        }
    }

    /// The arguments of ours that make this invocation again.
    pub fn own(&self) -> Vec<OsString> {
        let mut own = Vec::new();
        if let Some(size) = self.size {
            own.push(size.flag().into());
        }
        if self.no_scope {
            own.push("--no-scope".into());
        }
        for glob in &self.only {
            own.extend(["--only".into(), glob.into()]);
        }
        if let Some(seed) = self.seed {
            own.extend(["--seed".into(), seed.to_string().into()]);
        }
        own
    }

    /// Whether this is `cargo bench`, and not `cargo test --benches`, which adds no `--bench`, or
    /// criterion's own `--test`.
    pub fn is_bench(&self) -> bool {
        self.has("--bench") && !self.has("--test")
    }

    /// What is printed instead of a run where only help or the version is wanted.
    pub fn help(&self) -> Option<&'static str> {
        if self.has("--help") || self.has("-h") {
            return Some(HELP);
        }
        (self.has("--version") || self.has("-V")).then_some(VERSION)
    }

    /// Whether only a list is wanted.
    pub fn is_list(&self) -> bool {
        self.has("--list")
    }

    /// Criterion's name filters: what is no flag and no flag's value.
    pub fn filters(&self) -> Vec<&str> {
        let mut filters = Vec::new();
        let mut arguments = self.foreign.iter();
        while let Some(argument) = arguments.next() {
            match criterion_flag(argument) {
                Some(flag) if flag.takes_value && !argument.contains('=') => {
                    arguments.next();
                }
                Some(_) => {}
                None => filters.push(argument.as_str()),
            }
        }
        filters
    }

    /// Whether criterion's filters leave this benchmark in.
    pub fn wants(&self, benchmark: &str) -> bool {
        let filters = self.filters();
        filters.is_empty() || filters.iter().any(|filter| benchmark.contains(filter))
    }

    /// How much is run. A program without one of the runtimes cannot run everything.
    pub fn extent(&self) -> Extent {
        let is_whole = self.only.is_empty()
            && self.filters().is_empty()
            && self
                .foreign
                .iter()
                .filter_map(|argument| criterion_flag(argument))
                .all(|flag| flag.is_harmless)
            && registry::compiled_out().next().is_none();
        if is_whole { self.sizes() } else { Extent::Partial }
    }

    /// The sizes that are run: the small, the default or the large ones.
    pub fn sizes(&self) -> Extent {
        match self.size {
            None => Extent::Full,
            Some(Size::Quick) => Extent::Quick,
            Some(Size::Thorough) => Extent::Thorough,
        }
    }

    /// Whether the committed results may be replaced: not where a baseline of criterion's is named,
    /// because that is how a change is tried.
    pub fn replaces_results(&self) -> bool {
        const BASELINES: [&str; 6] =
            ["--baseline", "-b", "--baseline-lenient", "--load-baseline", "--save-baseline", "-s"];
        let name = |argument: &String| argument.split('=').next().unwrap_or_default().to_owned();
        !self.foreign.iter().any(|argument| BASELINES.contains(&&*name(argument)))
    }

    /// The seed that was given, or one from the clock.
    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or_else(seed_from_clock)
    }

    fn has(&self, flag: &str) -> bool {
        self.foreign.iter().any(|argument| argument == flag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Invocation {
        Invocation::parse(line.split_whitespace().map(str::to_owned)).unwrap()
    }

    #[test]
    fn ours_is_taken_out_and_the_rest_is_left() {
        let invocation = parse(
            "--quick --save-baseline main --only a/*,b/c --only=d/* --no-scope tokio --seed 7 --bench",
        );
        assert!(invocation.size == Some(Size::Quick) && invocation.no_scope);
        assert_eq!(invocation.only, ["a/*", "b/c", "d/*"]);
        assert_eq!(invocation.seed, Some(7));
        assert_eq!(invocation.foreign, ["--save-baseline", "main", "tokio", "--bench"]);
        assert_eq!(invocation.filters(), ["tokio"]);
        let again = invocation.own().into_iter().map(|argument| argument.into_string().unwrap());
        let again = Invocation::parse(again).unwrap();
        assert_eq!(Invocation { foreign: invocation.foreign.clone(), ..again }, invocation);
    }

    #[cfg(not(all(feature = "tokio", feature = "async-std", feature = "smol")))]
    #[test]
    fn a_program_without_a_runtime_never_replaces_the_results() {
        assert_eq!(parse("--bench").extent(), Extent::Partial);
    }

    #[cfg(all(feature = "tokio", feature = "async-std", feature = "smol"))]
    #[test]
    fn only_a_run_of_everything_is_full() {
        assert_eq!(parse("--bench").extent(), Extent::Full);
        assert_eq!(parse("--save-baseline main --bench").extent(), Extent::Full);
        assert_eq!(parse("--baseline=main --noplot --bench").extent(), Extent::Full);
        assert_eq!(parse("--quick --bench").extent(), Extent::Quick);
        assert_eq!(parse("--thorough --bench").extent(), Extent::Thorough);
        assert_eq!(parse("--thorough --only a/* --bench").extent(), Extent::Partial);
        assert_eq!(parse("--only a/* --bench").extent(), Extent::Partial);
        assert_eq!(parse("--quick tokio --bench").extent(), Extent::Partial);
        assert_eq!(parse("--sample-size 20 --bench").extent(), Extent::Partial);
        assert_eq!(parse("--profile-time 5 --bench").extent(), Extent::Partial);
    }

    /// A change is tried against a baseline of criterion's. Everything is run, and nothing replaced.
    #[test]
    fn a_baseline_never_replaces_the_results() {
        for trial in [
            "--save-baseline x",
            "--save-baseline=x",
            "-s x",
            "--baseline x",
            "--baseline=x",
            "-b x",
            "--baseline-lenient x",
            "--load-baseline x",
            "--thorough --noplot --save-baseline x",
        ] {
            assert!(!parse(&format!("{trial} --bench")).replaces_results(), "{trial}");
        }
        for usual in ["", "--thorough", "--quick", "--noplot --seed 7"] {
            assert!(parse(&format!("{usual} --bench")).replaces_results(), "{usual}");
        }
    }

    #[test]
    fn help_is_ours_and_fits_a_terminal() {
        let help = parse("--help --bench").help().unwrap();
        assert!(help.contains("--quick") && help.contains("--save-baseline NAME"), "{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
        assert!(parse("-V --bench").help().unwrap().starts_with("compare "));
        assert_eq!(parse("--quick --bench").help(), None);
    }

    #[test]
    fn tests_and_benches_are_told_apart() {
        assert!(parse("--bench").is_bench());
        assert!(!parse("").is_bench());
        assert!(!parse("--test --bench").is_bench());
    }

    #[test]
    fn mistakes_are_named() {
        let mistake = |line: &str| {
            Invocation::parse(line.split_whitespace().map(str::to_owned)).unwrap_err().to_string()
        };
        assert_eq!(mistake("--only"), "`--only` wants a value after it");
        assert!(mistake("--seed ten").starts_with("`ten` is not a seed: give a whole number"));
        let both = "`--quick` and `--thorough` exclude each other: give one of them";
        assert_eq!(mistake("--quick --quick --thorough --bench"), both);
        assert!(mistake("--quik --bench").starts_with("`--quik` is no flag here"));
    }
}
