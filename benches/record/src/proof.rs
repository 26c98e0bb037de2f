//! The proof that a cell did its work.

use serde::{Deserialize, Serialize};

/// The proof of a second wave in the same process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondProof {
    /// What the ledger says of it alone.
    pub proof: ProofLine,
    /// What the server saw of it, where there is one: its requests alone, but for the high-water mark,
    /// which is that of both waves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerProof>,
}

/// What the server saw of a cell: its own proof, which the client has no hand in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerProof {
    /// Requests open right before they were weighed.
    pub open_before_weighing: u64,
    /// Requests open right after it.
    pub open_after_weighing: u64,
    /// How long it took from the order to go until all were open, to the few milliseconds between
    /// two questions.
    pub all_open_ns: u64,
    /// The most requests open at once.
    pub high_water: u64,
    /// Requests answered to their last byte.
    pub served: u64,
    /// Requests that ended otherwise.
    pub broken: u64,
}

/// The proof that a cell did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofLine {
    /// Tasks that returned a sum.
    pub completed: u64,
    /// What the returned sums add up to, mixed.
    pub checksum: u64,
    /// What they should add up to.
    pub expected_checksum: u64,
    /// The most tasks ever seen in flight at once.
    pub peak_in_flight: u64,
    /// How many the contestant's ceiling allows.
    pub expected_in_flight: u64,
    /// Tasks in flight right before they were weighed.
    pub before_weighing: u64,
    /// Tasks in flight right after it.
    pub after_weighing: u64,
    /// Tasks that ended without a sum: panicked, dropped, or with damaged state.
    pub lost: u64,
    /// That it was not to be weighed. Tasks of a rate whose wait is shorter than it takes all of
    /// them to come are never all there, so such a cell shows how late they are and nothing else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unweighed: bool,
}

impl ServerProof {
    /// What is wrong with it, in words; `None` if it proves that the server answered all requests, and
    /// had as many open as the client's ceiling allows, also while they were weighed.
    pub fn flaw(&self, requests: u64, client: &ProofLine) -> Option<String> {
        let served = self.served;
        let answered = (served != requests)
            .then(|| format!("the server answered {served} of {requests} requests"));
        answered.or_else(|| self.flaw_of_open(client))
    }

    /// The same of the requests that it had open alone.
    pub fn flaw_of_open(&self, client: &ProofLine) -> Option<String> {
        let high_water = self.high_water;
        let expected = client.expected_in_flight;
        let weighed = self.open_before_weighing.min(self.open_after_weighing);
        if client.unweighed {
            None
        } else if high_water != expected {
            Some(format!("the server had {high_water} requests open at once, not {expected}"))
        } else {
            let around = "requests open around the weighing, not";
            (weighed != expected).then(|| format!("the server had {weighed} {around} {expected}"))
        }
    }
}

impl ProofLine {
    /// What is wrong with it, in words; `None` if it proves that `tasks` tasks were done, at the
    /// concurrency that the ceiling allows, and were all there while they were weighed.
    pub fn flaw(&self, tasks: u64) -> Option<String> {
        self.flaw_beside(tasks, 0)
    }

    /// The same where so many others were to be lost.
    pub fn flaw_beside(&self, tasks: u64, to_be_lost: u64) -> Option<String> {
        let Self { completed, lost, checksum, expected_checksum, .. } = self;
        let (peak, expected) = (self.peak_in_flight, self.expected_in_flight);
        let weighed = self.before_weighing.min(self.after_weighing);
        if *completed != tasks {
            Some(format!("{completed} of {tasks} tasks completed"))
        } else if *lost != to_be_lost {
            let instead =
                if to_be_lost == 0 { String::new() } else { format!(", not {to_be_lost}") };
            Some(format!("{lost} tasks were lost{instead}"))
        } else if checksum != expected_checksum {
            Some(format!("checksum {checksum:016x} is not the expected {expected_checksum:016x}"))
        } else if self.unweighed {
            let more = "tasks were in flight at once, more than";
            (peak > expected).then(|| format!("{peak} {more} {expected}"))
        } else if peak != expected {
            Some(format!("{peak} tasks were in flight at once, not {expected}"))
        } else {
            let around = "tasks were in flight around the weighing, not";
            (weighed != expected).then(|| format!("{weighed} {around} {expected}"))
        }
    }
}
