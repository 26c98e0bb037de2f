//! How a bench target was called.

use anyhow::{anyhow, bail};

use super::flags::{self, Flag, Value};
use crate::cli::selection::{parse_seed, seed_from_clock};
use crate::elsewhere::Elsewhere;
use crate::registry;
use record::Extent;

/// How a bench target was called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    /// How much of everything, if that was said: a taste or all of it.
    pub size: Option<Extent>,
    /// Globs of the contestants to run; all if there is none.
    pub only: Vec<String>,
    /// The seed, if one was given.
    pub seed: Option<u64>,
    /// Not to start again in a systemd scope where only that gives cells a control group.
    pub no_scope: bool,
    /// Criterion's flags with their values, each once and by its first name.
    pub flags: Vec<(&'static str, Option<String>)>,
    /// Names or parts of names.
    pub filters: Vec<String>,
}

/// What `cargo bench -p compare -- --help` prints, once for both targets.
pub const HELP: &str = "\
Weighs and times every contestant: the bench targets `memory` and `throughput`.

Usage: cargo bench -p compare -- [OPTIONS] [NAME]...
       cargo bench -p compare --bench memory -- [OPTIONS] [NAME]...

  NAME         only what --list shows with this in its name, such as tokio; a
               whole name of that list stands for that one alone

How much is run:
  --quick      everything in a small size, in under a minute
  --thorough   everything more often and in larger sizes, with every state and
               every arrival, in 40 minutes: what docs/results came from
  --only GLOB  only these contestants, such as 'coroutines/*'

How it is run:
  --seed N     the seed of the order and of the intervals
  --no-scope   stay where only a systemd scope gives cells a control group

Criterion's flags, for `throughput`, which has every sample in a new process:
  --save-baseline NAME   keep the times under this name
  --baseline NAME        compare with the times that were kept
  --sample-size N        how many samples are taken of each
  --measurement-time S   for how many seconds
  --noplot, --verbose, --quiet, and the others of criterion 0.8

docs/results and the front pages are replaced by a run of everything, without a
NAME, --quick, --only or a baseline. Any other run leaves its record and tables
in target/compare.

Some cells alone: cargo run --release -p compare -- run --help";

/// How many samples criterion takes of each if nothing else is said.
const SAMPLES: usize = 10;

/// What `cargo bench -p compare -- --version` prints.
const VERSION: &str = concat!("compare ", env!("CARGO_PKG_VERSION"));

impl Invocation {
    /// Reads these arguments, which are without the program's name.
    ///
    /// # Errors
    /// If one of them is unknown, or has a value that is not allowed.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> anyhow::Result<Self> {
        let mut invocation = Self::default();
        let mut arguments = arguments.into_iter().peekable();
        while let Some(argument) = arguments.next() {
            if !argument.starts_with('-') {
                invocation.filters.push(argument);
                continue;
            }
            let (name, given) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (argument.as_str(), None),
            };
            // What begins with a dash is the next flag, such as the --bench that cargo adds.
            let mut value_of = |flag: &str| {
                let next = || arguments.next_if(|next| !next.starts_with('-'));
                given
                    .clone()
                    .or_else(next)
                    .ok_or_else(|| anyhow!("`{flag}` wants a value after it"))
            };
            match name {
                "--quick" => invocation.resize(Extent::Quick)?,
                "--thorough" => invocation.resize(Extent::Thorough)?,
                "--no-scope" => invocation.no_scope = true,
                "--only" => {
                    let globs = value_of(name)?;
                    invocation.only.extend(registry::split(&[globs]));
                }
                "--seed" => {
                    let seed = value_of(name)?;
                    let seed = parse_seed(&seed).map_err(anyhow::Error::msg)?;
                    invocation.seed = Some(seed);
                }
                _ => {
                    let Some(flag) = flags::find(name) else {
                        bail!(
                            "`{argument}` is no flag here: ours are --quick, --thorough, --only GLOB, \
                             --seed N and --no-scope, and criterion's are passed on"
                        );
                    };
                    let value = match flag.value {
                        Value::None => given,
                        _ => Some(value_of(name)?),
                    };
                    invocation.add(name, flag, value)?;
                }
            }
        }
        invocation.check_together()?;
        Ok(invocation)
    }

    fn resize(&mut self, size: Extent) -> anyhow::Result<()> {
        let flag = |size: Extent| format!("--{}", size.name());
        match self.size.replace(size) {
            Some(before) if before != size => Err(both(&flag(before), &flag(size))),
            _ => Ok(()),
        }
    }

    fn add(
        &mut self,
        name: &str,
        flag: &'static Flag,
        value: Option<String>,
    ) -> anyhow::Result<()> {
        if let Some(given) = &value
            && let Some(allowed) = flag.value.problem(given)
        {
            bail!("`{name}` takes {allowed}, not `{given}`");
        }
        let canonical = flag.names[0];
        if !self.has(canonical) {
            self.flags.push((canonical, value));
        } else if !matches!(flag.value, Value::None) {
            bail!("`{name}` is given twice: give it once");
        }
        Ok(())
    }

    fn check_together(&self) -> anyhow::Result<()> {
        for [one, other] in flags::EXCLUDING {
            if self.has(one) && self.has(other) {
                return Err(both(one, other));
            }
        }
        let has_baseline = self.has("--baseline") || self.has("--baseline-lenient");
        if self.has("--load-baseline") && !has_baseline {
            bail!("`--load-baseline` wants `--baseline` or `--baseline-lenient` beside it");
        }
        Ok(())
    }

    /// Whether this is `cargo bench`, and not `cargo test --benches`, which adds no `--bench`, or
    /// criterion's own `--test`.
    pub fn is_bench(&self) -> bool {
        self.has("--bench") && !self.has("--test")
    }

    /// What is printed instead of a run where only help or the version is wanted.
    pub fn help(&self) -> Option<&'static str> {
        if self.has("--help") {
            return Some(HELP);
        }
        self.has("--version").then_some(VERSION)
    }

    /// Whether only a list is wanted.
    pub fn is_list(&self) -> bool {
        self.has("--list")
    }

    /// Criterion's flags, for criterion.
    pub(super) fn of_criterion(&self) -> impl Iterator<Item = String> {
        self.flags.iter().map(|(name, value)| match value {
            Some(value) => format!("{name}={value}"),
            None => (*name).to_owned(),
        })
    }

    /// How much is run. A program without one of the runtimes cannot run everything.
    pub fn extent(&self) -> Extent {
        let is_harmless = |(name, _): &(&str, _)| flags::find(name).is_some_and(|f| f.is_harmless);
        let is_whole = self.only.is_empty()
            && self.filters.is_empty()
            && self.flags.iter().all(is_harmless)
            && registry::compiled_out().next().is_none();
        if is_whole { self.sizes() } else { Extent::Partial }
    }

    /// The sizes that are run: the small, the default or the large ones.
    pub fn sizes(&self) -> Extent {
        self.size.unwrap_or(Extent::Full)
    }

    /// The contestants of other programs that this may run: none for a taste, nor for a test.
    ///
    /// # Errors
    /// If the project's file of them is broken.
    pub fn elsewhere(&self) -> anyhow::Result<Elsewhere> {
        match (self.is_bench(), self.sizes()) {
            (true, Extent::Thorough) => Elsewhere::usual(),
            (true, Extent::Full) => Elsewhere::usual().map(Elsewhere::without_optional),
            _ => Ok(Elsewhere::default()),
        }
    }

    /// Whether the committed results may be replaced: not where a baseline of criterion's is named,
    /// because that is how a change is tried.
    pub fn replaces_results(&self) -> bool {
        const BASELINES: [&str; 4] =
            ["--baseline", "--baseline-lenient", "--load-baseline", "--save-baseline"];
        !BASELINES.iter().any(|name| self.has(name))
    }

    /// The seed that was given, or one from the clock.
    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or_else(seed_from_clock)
    }

    /// The baselines of criterion's that must be there, with their flags.
    pub(super) fn saved_baselines(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let must_be_there =
            |name: &str| flags::find(name).is_some_and(|flag| matches!(flag.value, Value::Saved));
        let saved = self.flags.iter().filter(move |(name, _)| must_be_there(name));
        saved.filter_map(|(name, value)| Some((*name, value.as_deref()?)))
    }

    /// How many samples criterion takes of each.
    pub(super) fn samples(&self) -> usize {
        let given = self.flags.iter().find(|(name, _)| *name == "--sample-size");
        given.and_then(|(_, value)| value.as_ref()?.parse().ok()).unwrap_or(SAMPLES)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.flags.iter().any(|(flag, _)| *flag == name)
    }
}

fn both(one: &str, other: &str) -> anyhow::Error {
    anyhow!("`{one}` and `{other}` exclude each other: give one of them")
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
        assert!(invocation.size == Some(Extent::Quick) && invocation.no_scope);
        assert_eq!(invocation.only, ["a/*", "b/c", "d/*"]);
        assert_eq!(invocation.seed, Some(7));
        assert_eq!(
            invocation.of_criterion().collect::<Vec<_>>(),
            ["--save-baseline=main", "--bench"]
        );
        assert_eq!(invocation.filters, ["tokio"]);
        let of_criterion = parse("-b=x -v --no-capture --colour never --bench");
        assert_eq!(
            of_criterion.of_criterion().collect::<Vec<_>>(),
            ["--baseline=x", "--verbose", "--nocapture", "--color=never", "--bench"]
        );
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
            "--load-baseline x --baseline y",
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
        assert_eq!(mistake("--sample-size --bench"), "`--sample-size` wants a value after it");
        for (flags, allowed) in [
            ("--sample-size 0", "`--sample-size` takes a whole number from 10 to 10000, not `0`"),
            ("--sample-size=-1", "not `-1`"),
            ("--measurement-time 0", "takes a number from 0.001 to 86400, not `0`"),
            ("--measurement-time=inf", "not `inf`"),
            ("--warm-up-time nan", "not `nan`"),
            ("--nresamples 0", "takes a whole number from 1"),
            ("--confidence-level 1", "takes a number above 0 and below 1, not `1`"),
            ("--significance-level 95%", "not `95%`"),
            ("--noise-threshold 0", "not `0`"),
            ("--profile-time 0.5", "takes a number from 1 to 86400"),
            ("--color blue", "takes auto, always, never, not `blue`"),
            ("--output-format tap", "takes criterion, bencher"),
            ("--plotting-backend x", "takes gnuplot, plotters"),
            ("--format json", "takes pretty, terse"),
            ("--save-baseline a/b", "takes a name"),
            ("--save-baseline new", "takes a name"),
            ("--verbose=3", "`--verbose` takes nothing, not `3`"),
            ("--sample-size 20 --sample-size 20", "is given twice"),
            ("-b x --save-baseline y", "`--baseline` and `--save-baseline` exclude each other"),
            ("--load-baseline x", "wants `--baseline`"),
        ] {
            assert!(mistake(flags).contains(allowed), "{flags}: {}", mistake(flags));
        }
        let both = "`--quick` and `--thorough` exclude each other: give one of them";
        assert_eq!(mistake("--quick --quick --thorough --bench"), both);
        assert!(mistake("--quik --bench").starts_with("`--quik` is no flag here"));
    }
}
