//! What an id says of a contestant: its model, its role, its place in a list.
//!
//! This is the only place that reads an id. Everything else asks for the model or the role.

use std::cmp::Ordering;
use std::fmt;

use serde::Serialize;

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
    /// It shows the harness overhead in another contestant: the same task straight on its runtime.
    Baseline,
    /// Its weight is known, to check the instrument.
    Control(Control),
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

/// A contestant's id, `model/name`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Id(String);

/// What precedes, in the id of an A/A control, the name of the coroutine that it is.
const AGAIN: &str = "again-";

/// The thread contestant that the others are set against: a thread for each task.
pub const REFERENCE: &str = "threads/per-task";

impl Id {
    /// The id with this text.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the slash.
    pub fn name(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&str, &str) {
        self.0.split_once('/').unwrap_or((&self.0, &self.0))
    }

    /// The model of a compared contestant; of a baseline and of a control, [`Model::Other`].
    pub fn model(&self) -> Model {
        match self.parts().0 {
            "subroutine" => Model::Subroutine,
            "threads" => Model::Threads,
            "callbacks" => Model::Callbacks,
            "coroutines" => Model::Coroutines,
            _ => Model::Other,
        }
    }

    /// What it is in a run for.
    pub fn role(&self) -> Role {
        match self.parts().0 {
            "baseline" => Role::Baseline,
            "control" => Role::Control(match (self.name(), self.name().parse()) {
                ("null", _) => Control::Holds(0),
                (_, Ok(bytes)) => Control::Holds(bytes),
                (name, _) if name.starts_with(AGAIN) => Control::Again,
                _ => Control::Unknown,
            }),
            _ => Role::Compared,
        }
    }

    /// Whether it takes part in the comparison.
    pub fn is_compared(&self) -> bool {
        self.role() == Role::Compared
    }

    /// What a baseline is the baseline of, or what an A/A control is under its own name.
    pub fn counterpart(&self) -> Option<Self> {
        let name = match self.role() {
            Role::Baseline => self.name(),
            Role::Control(Control::Again) => self.name().strip_prefix(AGAIN)?,
            Role::Compared | Role::Control(_) => return None,
        };
        Some(Self(format!("coroutines/{name}")))
    }

    /// Whether it is written by hand, without a runtime: it shows a floor, and builds no service.
    pub fn is_by_hand(&self) -> bool {
        matches!(self.as_str(), "callbacks/event-loop" | "coroutines/bare")
    }

    /// Whether all its tasks run on one thread, so that it uses one core at most.
    pub fn is_on_one_thread(&self) -> bool {
        let is_named_so = |end: &&str| self.name().ends_with(*end);
        let is_one = ["-local", "-current-thread"].iter().any(is_named_so);
        self.is_by_hand() || is_one || self.model() == Model::Subroutine
    }

    /// Whether it is the one that the others are set against.
    pub fn is_reference(&self) -> bool {
        self.0 == REFERENCE
    }

    fn rank(&self) -> (u8, Model) {
        let of_role = match self.role() {
            Role::Compared => 0,
            Role::Baseline => 1,
            Role::Control(_) => 2,
        };
        (of_role, self.model())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Compared contestants in the order of the models, then baselines, then controls; by id within.
impl Ord for Id {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank()).then_with(|| self.0.cmp(&other.0))
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
        let counterpart = |id: &str| Id::new(id).counterpart().map(|id| id.to_string());
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
