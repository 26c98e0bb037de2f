//! Variants: contestants in another environment, such as over another allocator.
//!
//! The process of a variant does not know that it is one. It is started once before the run, so that it says
//! which allocator is really loaded; where a library of `LD_PRELOAD` is not, none of its cells is run.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use contestant::allocator;
use protocol::{Profile, RoleLine};
use record::Status;

use crate::cell::stopped::legible;
use crate::contestant::{Contestant, Launch, Missing};
use crate::hello;
use crate::meter::process::Procfs;
use crate::output::complain;

/// The dynamic loader's list of what comes before all other libraries; see ld.so(8).
const PRELOAD: &str = "LD_PRELOAD";

/// The allocators that a run tries, and the package of Debian's that has each.
const ALLOCATORS: [(&str, &str); 2] =
    [("libjemalloc.so.2", "libjemalloc2"), ("libmimalloc.so.2", "libmimalloc2.0")];

/// What the harness needs as it is: to find programs, and its own.
const NEEDED: [&str; 4] = ["PATH", "RUST_BACKTRACE", "COMPARE_*", "DELAY_SERVER_*"];

/// So many bytes at most has a setting, because it stands in the id of each variant.
const LONGEST: usize = 500;

/// What the environment of contestants is given, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// All of these settings.
    ///
    /// # Errors
    /// In words, if a name is there twice.
    pub fn of(settings: &[(String, String)]) -> Result<Self, String> {
        let mut all = BTreeMap::new();
        for (name, value) in settings {
            if let Some(other) = all.insert(name.clone(), value.clone()) {
                return Err(format!(
                    "`--env` is given `{name}` twice, as `{other}` and as `{value}`; give it once"
                ));
            }
        }
        Ok(Self(all))
    }

    /// Whether it is as it would be anyhow.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These contestants in this environment. `program` is this program, timed.
    ///
    /// Each is started, so that it says which allocator it has; why one is not run is said here.
    pub fn variants(&self, of: &[&'static Contestant], program: &Path) -> Vec<&'static Contestant> {
        let variants: Vec<_> = of.iter().map(|base| self.variant(base, program).kept()).collect();
        let mut not_run: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for variant in variants.iter().filter(|variant| variant.base().missing.is_none()) {
            if let Some(missing) = &variant.missing {
                not_run.entry(&missing.reason).or_default().push(variant.id());
            }
        }
        for (reason, ids) in not_run {
            let more = match ids.len() - 1 {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            complain(format_args!("compare: `{}`{more} is not run: {reason}", ids[0]));
        }
        variants
    }

    fn variant(&self, base: &'static Contestant, program: &Path) -> Contestant {
        let profile = Profile { env: self.0.clone(), allocator: None, ..base.profile.clone() };
        let launch = Launch::Variant(base);
        let mut variant = Contestant { profile, launch, missing: base.missing.clone() };
        if variant.missing.is_none() {
            match self.ask(&variant, program) {
                Ok(hello) => variant.profile = Profile { env: self.0.clone(), ..hello },
                Err(missing) => variant.missing = Some(missing),
            }
        }
        let settings: Vec<_> =
            self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        variant.profile.id = format!("{}{{{}}}", base.id(), settings.join(","));
        variant.profile.role = RoleLine::Variant;
        variant.profile.of = Some(base.id().to_owned());
        variant
    }

    /// What it says of itself in this environment.
    fn ask(&self, variant: &Contestant, program: &Path) -> Result<Profile, Missing> {
        let failed = |reason: String| Missing { status: Status::Failed, reason: legible(&reason) };
        let (hello, mut process) = hello::of(variant, program, hello::PATIENCE).map_err(failed)?;
        let Some(preload) = self.0.get(PRELOAD) else { return Ok(hello) };
        let maps = Procfs::default().root().join(process.id().to_string()).join("maps");
        let maps = fs::read_to_string(maps).unwrap_or_default();
        let Some(library) = allocator::not_loaded(&maps, preload).into_iter().next() else {
            return Ok(hello);
        };
        // The loader says why, in parentheses. A program that has none loads nothing and says nothing.
        let (_, said) = process.reap().unwrap_or_default();
        let line = said.lines().find(|line| line.contains(&library));
        let why =
            line.and_then(|line| line.split_once('(')?.1.rsplit_once(')')).map(|(why, _)| why);
        let package = ALLOCATORS.iter().find(|(name, _)| *name == library);
        if let (Some(_), Some((_, package))) = (line, package) {
            let reason = format!("`{library}` is not installed here: apt-get install {package}");
            return Err(Missing { status: Status::Skipped, reason });
        }
        let why = why.unwrap_or("its program loads no libraries of others");
        Err(failed(format!("`{library}` of {PRELOAD} is not loaded: {why}")))
    }
}

/// These contestants over each of the allocators that a run tries.
pub fn over_allocators(of: &[&'static Contestant], program: &Path) -> Vec<&'static Contestant> {
    let over = |library: &str| {
        let environment = Environment([(PRELOAD.to_owned(), library.to_owned())].into());
        environment.variants(of, program)
    };
    ALLOCATORS.iter().flat_map(|(library, _)| over(library)).collect()
}

/// Reads a setting, as `NAME=VALUE`.
///
/// # Errors
/// If it is none, or one that the harness needs. The error says what was given and what is allowed.
pub fn parse(text: &str) -> Result<(String, String), String> {
    let is_needed = |name: &str| {
        NEEDED.iter().any(|needed| match needed.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == *needed,
        })
    };
    let why = match text.split_once('=') {
        None => "it has no `=`",
        Some(("", _)) => "its name is empty",
        Some(_) if text.contains(char::is_control) => "it has a control character",
        Some(_) if text.len() > LONGEST => "it is too long",
        Some((name, _)) if is_needed(name) => "the harness needs that name",
        Some((name, value)) => return Ok((name.to_owned(), value.to_owned())),
    };
    let allowed = NEEDED.join(", ");
    let shown: String = text.chars().take(60).collect();
    Err(format!(
        "`{}`: {why}; give NAME=VALUE of up to {LONGEST} bytes, with a name other than {allowed}",
        legible(&shown)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    #[test]
    fn a_setting_is_a_name_and_a_value() {
        let pair = |name: &str, value: &str| Ok((name.to_owned(), value.to_owned()));
        assert_eq!(parse("A=1"), pair("A", "1"));
        assert_eq!(parse("A="), pair("A", ""));
        assert_eq!(parse("MALLOC_CONF=a:1,b=2"), pair("MALLOC_CONF", "a:1,b=2"));
        for (wrong, why) in [
            ("A", "no `=`"),
            ("", "no `=`"),
            ("=1", "its name is empty"),
            ("A=\0", "control character"),
            ("A\n=1", "control character"),
            ("PATH=/x", "the harness needs"),
            ("RUST_BACKTRACE=1", "the harness needs"),
            ("COMPARE_IN_SCOPE=1", "the harness needs"),
            (&format!("A={}", "x".repeat(LONGEST)), "too long"),
        ] {
            let message = parse(wrong).unwrap_err();
            assert!(message.contains(why) && message.contains("NAME=VALUE"), "{message}");
            assert!(!message.contains(char::is_control) && message.len() < 250, "{message}");
        }
    }

    #[test]
    fn a_name_is_given_once() {
        let settings =
            |text: &[&str]| -> Vec<_> { text.iter().map(|one| parse(one).unwrap()).collect() };
        assert!(Environment::of(&settings(&["B=2", "A=1"])).is_ok());
        let message = Environment::of(&settings(&["A=1", "A=2"])).unwrap_err();
        assert_eq!(message, "`--env` is given `A` twice, as `1` and as `2`; give it once");
    }

    #[test]
    fn a_variant_is_its_base_with_another_id_and_environment() {
        let base = registry::find("coroutines/bare").unwrap();
        let settings = [("B".to_owned(), "2".to_owned()), ("A".to_owned(), "1".to_owned())];
        let environment = Environment::of(&settings).unwrap();
        // Nothing of this name can be started, and then it is not run.
        let variant = environment.variants(&[base], Path::new("/nonexistent"))[0];
        assert_eq!(variant.id(), "coroutines/bare{A=1,B=2}");
        assert_eq!(variant.profile.of.as_deref(), Some("coroutines/bare"));
        assert!(variant.is_own() && !variant.is_compared() && variant.base() == base);
        assert!(variant.missing.as_ref().unwrap().reason.contains("does not start"));

        let command = variant.command(Path::new("compare"));
        assert!(command.get_args().eq(["cell", "coroutines/bare"]));
        assert!(command.get_envs().any(|one| one == ("A".as_ref(), Some("1".as_ref()))));

        let hello = Profile { allocator: None, ..base.profile.clone() };
        assert_eq!(variant.recognize(&hello), Ok(()));
        let other = Profile { allocator: Some("other".into()), ..hello };
        let message = variant.recognize(&other).unwrap_err();
        assert_eq!(message, "has another allocator (other) than before (unknown)");
    }
}
