//! Who a contestant is, as its process says it in the first line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use workload::{Arrival, Ceiling, Ending, Medium, StateSize, Wait, Workload};

/// Who a contestant is. What a run, an analysis or a page wants to know of one stands here; nothing
/// follows from its id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Its name, `model/name` or `language/name`.
    pub id: String,
    /// How it waits: `subroutine`, `threads`, `callbacks`, `coroutines` or another word.
    pub model: String,
    /// What it is written in.
    #[serde(default = "rust", skip_serializing_if = "is_rust")]
    pub language: String,
    /// What it is in a run for.
    #[serde(default, skip_serializing_if = "RoleLine::is_compared")]
    pub role: RoleLine,
    /// Whose baseline or variant it is, or under another label which contestant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Of a control of known weight: how much it holds for each task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds_bytes: Option<u64>,
    /// What it is, in one line.
    pub summary: String,
    /// What its timers are and how exact they are by design, in a few words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timer: Option<String>,
    /// What to be told before its figures are used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caution: Option<String>,
    /// How many of its tasks can be in flight at once.
    pub ceiling: CeilingLine,
    /// What it runs: see [`Profile::refuses`].
    pub workloads: Vec<String>,
    /// The largest state that a task of it holds; any, if it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_state_bytes: Option<u64>,
    /// With how many timers at most a run tries it where nothing else is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_tasks: Option<u32>,
    /// The same of requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_requests: Option<u32>,
    /// Whether all its tasks run on one thread, so that it uses one core at most.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub one_thread: bool,
    /// Whether it is written by hand, without a runtime: it shows a floor, and builds no service.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub floor: bool,
    /// Whether it is there to show what people write, beside a contestant at its best.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_written: bool,
    /// The versions of what it is made of, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<String, String>,
    /// How it was built, by name: flags, target, features.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub build: BTreeMap<String, String>,
    /// Tells one build of it from another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_id: Option<String>,
    /// The allocator that is really loaded in its process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocator: Option<String>,
    /// Whether a file names it, so that it is none of this project's own. The harness adds this; no
    /// process says it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub elsewhere: bool,
    /// Of a variant: what its environment was given. The harness adds this; no process says it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
}

/// What a contestant is in a run for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleLine {
    /// It takes part in the comparison.
    #[default]
    Compared,
    /// It shows the harness overhead in another contestant.
    Baseline,
    /// Its weight is known, to check the instrument.
    Control,
    /// It does something wrong, to show that the harness notices.
    Fault,
    /// It is another contestant in another environment.
    Variant,
}

impl RoleLine {
    fn is_compared(&self) -> bool {
        *self == Self::Compared
    }
}

/// How many tasks can be in flight at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CeilingLine {
    /// One.
    One,
    /// As many as the order has `pool_workers`.
    Pool,
    /// All of them.
    #[default]
    All,
}

/// What a workload can want of a contestant, by the word that stands for it. The second says whether this
/// workload wants it.
type Want = (&'static str, fn(&Workload) -> bool);

/// All wants. A contestant lists the words of those that it meets.
pub const WANTS: &[Want] = &[
    ("timer", Workload::is_timer),
    ("http", |workload| workload.asks().is_some() && !workload.is_transfer()),
    ("transfer", Workload::is_transfer),
    ("relay", |workload| workload.wait == Wait::Relay(Medium::Channel)),
    ("relay-pipe", |workload| workload.wait == Wait::Relay(Medium::Pipe)),
    ("operation", |workload| workload.timeouts.is_some()),
    ("state", |workload| workload.state != StateSize::None),
    ("depth", |workload| workload.depth > 0),
    ("waits", |workload| workload.waits_per_task.get() > 1 && !workload.is_relay()),
    ("rate", |workload| workload.arrival != Arrival::Burst),
    ("spread", |workload| !workload.spread().is_zero()),
    ("synchronized", |workload| workload.synchronized_wakeup),
    ("jobs", |workload| workload.job_rounds != 0),
    ("trace", |workload| workload.trace || workload.rising),
    ("panic", |workload| workload.ending == Ending::Panics),
    ("cancel", |workload| workload.ending == Ending::Cancelled),
    ("timeout", |workload| workload.ending == Ending::TimesOut),
];

impl Profile {
    /// How many of its tasks can be in flight at once, with a pool of this size.
    pub fn ceiling(&self, pool_workers: u32) -> Ceiling {
        match self.ceiling {
            CeilingLine::One => Ceiling::One,
            CeilingLine::Pool => Ceiling::Pool(pool_workers),
            CeilingLine::All => Ceiling::Unbounded,
        }
    }

    /// Why it does not run this workload; `None` if it does.
    pub fn refuses(&self, workload: &Workload) -> Option<String> {
        let runs = |word: &str| self.workloads.iter().any(|known| known == word);
        if let Some((word, _)) = WANTS.iter().find(|(word, wants)| wants(workload) && !runs(word)) {
            let all = self.workloads.join(", ");
            return Some(format!("this contestant does not run `{word}`: it runs {all}"));
        }
        let largest =
            self.largest_state_bytes.filter(|largest| workload.state.bytes() > *largest)?;
        Some(format!("this contestant runs tasks with up to {largest} bytes of state"))
    }

    /// Whether it is from elsewhere, or in another language than this project's own.
    pub fn is_elsewhere(&self) -> bool {
        self.elsewhere || !is_rust(&self.language)
    }

    /// Whether this is a line that can be shown and selected by.
    ///
    /// # Errors
    /// In words, if its id has no slash or something is too long or empty.
    pub fn check(&self) -> Result<(), String> {
        const LONGEST: usize = 200;
        let Self { id, model, language, summary, .. } = self;
        let is_id = |c: char| c.is_ascii_alphanumeric() || "/-_.+".contains(c);
        if id.matches('/').count() != 1 || !id.chars().all(is_id) || id.len() > LONGEST {
            return Err(format!(
                "the id `{id}` is not of the form model/name, of ASCII letters, digits and -_.+"
            ));
        }
        let texts = [("model", model), ("language", language), ("summary", summary)];
        match texts.iter().find(|(_, text)| text.is_empty() || text.len() > LONGEST) {
            Some((name, _)) => Err(format!("its {name} is empty or longer than {LONGEST} bytes")),
            None if self.workloads.is_empty() => Err("it runs no workload".into()),
            None => Ok(()),
        }
    }
}

fn rust() -> String {
    "Rust".into()
}

fn is_rust(language: &str) -> bool {
    language == "Rust"
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;
    use std::time::Duration;

    use super::*;

    fn simple() -> Profile {
        let line = r#"{"id":"x/y","model":"fibres","summary":"s","ceiling":"all","workloads":["timer","state"]}"#;
        serde_json::from_str(line).unwrap()
    }

    #[test]
    fn five_fields_are_enough() {
        let profile = simple();
        assert_eq!((&*profile.language, profile.role), ("Rust", RoleLine::Compared));
        assert_eq!(profile.ceiling(7), Ceiling::Unbounded);
        assert_eq!(profile.check(), Ok(()));
        let json = serde_json::to_string(&profile).unwrap();
        assert_eq!(serde_json::from_str::<Profile>(&json).unwrap(), profile);
    }

    #[test]
    fn what_is_not_run_is_named() {
        let profile = Profile { largest_state_bytes: Some(1024), ..simple() };
        let timer = Workload::timer(1, Duration::ZERO);
        assert_eq!(profile.refuses(&timer), None);
        assert_eq!(profile.refuses(&timer.with_state(StateSize::KiB1)), None);
        let why = profile.refuses(&timer.with_state(StateSize::KiB8)).unwrap();
        assert_eq!(why, "this contestant runs tasks with up to 1024 bytes of state");
        let why = profile.refuses(&timer.with_waits(NonZeroU16::new(2).unwrap())).unwrap();
        assert_eq!(why, "this contestant does not run `waits`: it runs timer, state");
    }

    #[test]
    fn an_id_is_one_that_can_be_selected() {
        for id in ["x", "x/y/z", "x/ y", "x/\u{1b}", ""] {
            let problem = Profile { id: id.into(), ..simple() }.check().unwrap_err();
            assert!(problem.contains("model/name"), "{problem}");
        }
    }
}
