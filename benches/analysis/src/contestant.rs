//! Who a contestant is: its model, its role, its place in a list.
//!
//! What a record has of it in [`Run::contestants`] says all of that. [`Id::new`] is the only place that
//! reads it from an id, for records that are older.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use record::{CeilingLine, Profile, RoleLine, Run};
use serde::{Serialize, Serializer};

/// One way to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// A blocking call after another.
    Subroutine,
    /// OS threads.
    Threads,
    /// Callbacks on an event loop.
    Callbacks,
    /// Async tasks.
    Coroutines,
    /// Another one, which this program does not know.
    Other,
}

/// What a contestant is in a run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It takes part in the comparison.
    Compared,
    /// It is from elsewhere, or in another language: its figures stand apart, in no comparison.
    Elsewhere,
    /// It is another contestant in another environment: its figures stand apart as well.
    Variant,
    /// It shows the harness overhead in another contestant: the same task straight on its runtime.
    Baseline,
    /// Its weight is known, to check the instrument.
    Control(Control),
    /// It does something wrong, to show that the harness notices.
    Fault,
}

/// What is known of a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Control {
    /// It holds so many bytes for each task.
    Holds(u64),
    /// It is another contestant under another label.
    Again,
    /// Something that this program does not know.
    Unknown,
}

/// A contestant: its id, `model/name`, and who it is.
#[derive(Clone)]
pub struct Id(Arc<Who>);

struct Who {
    id: String,
    model: Model,
    role: Role,
    of: Option<Id>,
    language: String,
    holds_all: bool,
    by_hand: bool,
    one_thread: bool,
    env: BTreeMap<String, String>,
    allocator: Option<String>,
}

/// The thread contestant that the others are set against: a thread for each task.
pub const REFERENCE: &str = "threads/per-task";

/// The language of what is compared.
const RUST: &str = "Rust";

impl Id {
    /// What this run says of the contestant with this id; what follows from the id where it says nothing.
    pub fn of(run: &Run, id: &str) -> Self {
        let Some(profile) = run.contestants.get(id) else { return Self::new(id) };
        // Whose variant a variant is a variant of is not followed: that could go round in a circle.
        let of = profile.of.as_deref().map(|of| match run.contestants.get(of) {
            Some(profile) => Self::with(of, profile, None),
            None => Self::new(of),
        });
        Self::with(id, profile, of)
    }

    fn with(id: &str, profile: &Profile, of: Option<Self>) -> Self {
        let role = match profile.role {
            RoleLine::Variant => Role::Variant,
            _ if profile.is_elsewhere() => Role::Elsewhere,
            RoleLine::Compared => Role::Compared,
            RoleLine::Baseline => Role::Baseline,
            RoleLine::Control => Role::Control(match profile.holds_bytes {
                Some(bytes) => Control::Holds(bytes),
                None if profile.of.is_some() => Control::Again,
                None => Control::Unknown,
            }),
            RoleLine::Fault => Role::Fault,
        };
        Self(Arc::new(Who {
            id: id.to_owned(),
            model: model(&profile.model),
            role,
            of,
            language: profile.language.clone(),
            holds_all: profile.ceiling == CeilingLine::All,
            by_hand: profile.floor,
            one_thread: profile.one_thread,
            env: profile.env.clone(),
            allocator: profile.allocator.clone(),
        }))
    }

    /// What follows from the id alone, as of the contestants of records that have nothing else.
    pub fn new(id: impl Into<String>) -> Self {
        const AGAIN: &str = "again-";
        let id = id.into();
        let (kind, name) = id.split_once('/').unwrap_or((&id, &id));
        let role = match kind {
            "baseline" => Role::Baseline,
            "control" => Role::Control(match (name, name.parse()) {
                ("null", _) => Control::Holds(0),
                (_, Ok(bytes)) => Control::Holds(bytes),
                (name, _) if name.starts_with(AGAIN) => Control::Again,
                _ => Control::Unknown,
            }),
            _ => Role::Compared,
        };
        let of = match role {
            Role::Baseline => Some(name),
            Role::Control(Control::Again) => name.strip_prefix(AGAIN),
            _ => None,
        };
        let of = of.map(|name| Self::new(format!("coroutines/{name}")));
        let model = model(kind);
        let by_hand = matches!(&*id, "callbacks/event-loop" | "coroutines/bare");
        let is_named_so = |end: &&str| name.ends_with(*end);
        let one_thread = by_hand
            || model == Model::Subroutine
            || ["-local", "-current-thread"].iter().any(is_named_so);
        Self(Arc::new(Who {
            model,
            role,
            of,
            language: RUST.into(),
            holds_all: model != Model::Subroutine && !name.ends_with("-pool"),
            by_hand,
            one_thread,
            env: BTreeMap::new(),
            allocator: None,
            id,
        }))
    }

    /// The one that the others are set against. Where a run has it, it [is](Id::is_reference) this one.
    pub fn reference() -> Self {
        Self::new(REFERENCE)
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0.id
    }

    /// The part after the slash.
    pub fn name(&self) -> &str {
        self.as_str().split_once('/').map_or(self.as_str(), |(_, name)| name)
    }

    /// The model of a compared contestant; of all others, which are in no comparison of models,
    /// [`Model::Other`].
    pub fn model(&self) -> Model {
        if self.is_compared() { self.0.model } else { Model::Other }
    }

    /// How it waits, whatever it is in a run for.
    pub fn waits_as(&self) -> Model {
        self.0.model
    }

    /// What it is in a run for.
    pub fn role(&self) -> Role {
        self.0.role
    }

    /// Whether it takes part in the comparison.
    pub fn is_compared(&self) -> bool {
        self.role() == Role::Compared
    }

    /// What it is written in.
    pub fn language(&self) -> &str {
        &self.0.language
    }

    /// What a baseline is the baseline of, what a variant is in the usual environment, or what an A/A
    /// control is under its own name.
    pub fn counterpart(&self) -> Option<&Self> {
        self.0.of.as_ref()
    }

    /// What the environment of a variant was given, by name.
    pub fn env(&self) -> &BTreeMap<String, String> {
        &self.0.env
    }

    /// The allocator that its process said was loaded, if the run has that of it alone.
    pub fn allocator(&self) -> Option<&str> {
        self.0.allocator.as_deref()
    }

    /// Whether all of its tasks can be in flight at once, whatever their number.
    pub fn holds_all(&self) -> bool {
        self.0.holds_all
    }

    /// Whether it is written by hand, without a runtime: it shows a floor, and builds no service.
    pub fn is_by_hand(&self) -> bool {
        self.0.by_hand
    }

    /// Whether all its tasks run on one thread, so that it uses one core at most.
    pub fn is_on_one_thread(&self) -> bool {
        self.0.one_thread
    }

    /// Whether it is the one that the others are set against, of which pages say "a thread each".
    pub fn is_reference(&self) -> bool {
        self.model() == Model::Threads && self.0.holds_all && self.as_str() == REFERENCE
    }

    fn rank(&self) -> (Role, Model) {
        // What a control holds is no place in a list.
        let role = match self.role() {
            Role::Control(_) => Role::Control(Control::Unknown),
            role => role,
        };
        (role, self.model())
    }
}

fn model(word: &str) -> Model {
    match word {
        "subroutine" => Model::Subroutine,
        "threads" => Model::Threads,
        "callbacks" => Model::Callbacks,
        "coroutines" => Model::Coroutines,
        _ => Model::Other,
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Id").field(&self.as_str()).finish()
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Id {}

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

/// In the order of the roles and then of the models; by id within.
impl Ord for Id {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank()).then_with(|| self.as_str().cmp(other.as_str()))
    }
}

impl PartialOrd for Id {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_what_a_contestant_is() {
        let of = |id: &str| (Id::new(id).model(), Id::new(id).role());
        assert_eq!(of("coroutines/tokio"), (Model::Coroutines, Role::Compared));
        assert_eq!(of("fibres/x"), (Model::Other, Role::Compared));
        assert_eq!(of("odd"), (Model::Other, Role::Compared));
        assert_eq!(of("control/64"), (Model::Other, Role::Control(Control::Holds(64))));
        assert_eq!(of("control/null").1, Role::Control(Control::Holds(0)));
        assert_eq!(of("control/new").1, Role::Control(Control::Unknown));
        let counterpart = |id: &str| Id::new(id).counterpart().map(ToString::to_string);
        assert_eq!(counterpart("control/again-bare").as_deref(), Some("coroutines/bare"));
        assert_eq!(counterpart("baseline/tokio").as_deref(), Some("coroutines/tokio"));
        assert_eq!(counterpart("control/512"), None);
    }

    #[test]
    fn contestants_come_in_the_order_of_the_models() {
        let mut ids = [
            "odd/one",
            "control/64",
            "baseline/smol",
            "coroutines/smol",
            "threads/a",
            "subroutine/x",
        ]
        .map(Id::new);
        ids.sort();
        let ids = ids.map(|id| id.to_string());
        assert_eq!(
            ids,
            [
                "subroutine/x",
                "threads/a",
                "coroutines/smol",
                "odd/one",
                "baseline/smol",
                "control/64"
            ]
        );
    }
}
