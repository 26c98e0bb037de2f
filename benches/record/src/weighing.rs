//! Lines of servers that were weighed while they held connections.

use serde::{Deserialize, Serialize};

use crate::cell::{Limit, Status, Weight};

/// One process of a server, weighed while it held more and more connections.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weighing {
    /// What it is called: the program's name, unless it was given another.
    pub server: String,
    /// The command that started it; empty where it ran already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// What it was found by, where it ran already: `pid 7`, `systemd unit nginx`, `control group /a`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attached: Option<String>,
    /// Where it listens.
    pub address: String,
    /// What each connection does.
    pub hold: Hold,
    /// Which process of the same this is, from 0.
    pub repeat: u32,
    /// How many processes were to be weighed at least.
    #[serde(default)]
    pub repeats: u32,
    /// Whether the sockets that it accepted are in what its group is charged.
    pub sockets: Sockets,
    /// Why nothing of what a group is charged was read, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_note: Option<String>,
    /// What it weighed, from the fewest connections on. Those without proof are not here.
    pub steps: Vec<Held>,
    /// What it weighed when all connections were closed again.
    pub closed: Option<Held>,
    /// How it ended. It is `Wall` if a limit stopped it, and its steps count whatever it is.
    pub status: Status,
    /// Why, where it did not do all that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The limit that stopped it, or would have at the next connections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// Of what it is a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_of: Option<LimitOf>,
    /// The status of the first answer by HTTP that was no success, where one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_with: Option<u16>,
}

/// A server's weight while it held so many connections, all of them with proof.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// How many connections the client held.
    pub connections: u64,
    /// How many of them the server had accepted, right before it was weighed.
    pub accepted_before: u64,
    /// The same right after it.
    pub accepted_after: u64,
    /// How many had an answer.
    #[serde(default)]
    pub answered: u64,
    /// How many processes the server was.
    pub processes: u64,
    /// All of them together.
    pub weight: Weight,
    /// Accepted sockets that are charged to no group, or to the client's, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncharged_bytes: Option<u64>,
    /// The server's CPU while connections were opened, of this step and all before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept_cpu_ns: Option<u64>,
    /// The same while requests were made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_cpu_ns: Option<u64>,
}

/// What a connection does that is held.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Hold {
    /// Nothing.
    #[default]
    Idle,
    /// It had one whole answer, and then nothing.
    KeepAlive,
    /// It waits for an answer.
    Waiting,
    /// It sent bytes of the user's, and then nothing.
    File,
}

impl Hold {
    /// Its name, as in a record.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::KeepAlive => "keep-alive",
            Self::Waiting => "waiting",
            Self::File => "file",
        }
    }
}

/// Whether accepted sockets are in what a server's group is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sockets {
    /// They are: Linux charges TCP sockets where they are accepted from 6.12 on.
    Charged,
    /// They are not, and what the system's slab had more of them is in [`Held::uncharged_bytes`].
    Added,
    /// They are not, and the slab cannot be read here: the kernel's part is a lower bound.
    Unseen,
}

/// Of what a limit is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitOf {
    /// The server's processes.
    Server,
    /// The program that holds the connections.
    Client,
    /// All of the machine, or of the control group that both are in.
    Machine,
}

impl Weighing {
    /// The first process of this server, which runs here, before anything of it was weighed.
    pub fn of(server: String, address: String, hold: Hold) -> Self {
        Self {
            server,
            command: Vec::new(),
            attached: None,
            address,
            hold,
            repeat: 0,
            repeats: 1,
            sockets: Sockets::Charged,
            group_note: None,
            steps: Vec::new(),
            closed: None,
            status: Status::Ok,
            reason: None,
            limit: None,
            limit_of: None,
            refused_with: None,
        }
    }

    /// The most connections that it held with proof.
    pub fn most(&self) -> Option<u64> {
        self.steps.iter().map(|held| held.connections).max()
    }

    /// What is wrong with it, in words; `None` if all of its steps have proof.
    pub fn flaw(&self) -> Option<String> {
        self.steps.iter().find_map(|held| held.flaw(self.hold))
    }
}

impl Held {
    /// What is wrong with its proof, in words.
    pub fn flaw(&self, hold: Hold) -> Option<String> {
        let (of, accepted) = (self.connections, self.accepted_before.min(self.accepted_after));
        let answered = self.answered;
        let fits = match hold {
            Hold::Idle | Hold::Waiting => answered == 0,
            Hold::KeepAlive => answered == of,
            Hold::File => answered == 0 || answered == of,
        };
        if accepted != of {
            let most = self.accepted_before.max(self.accepted_after);
            let others = if most > of { ", so others connect to it too" } else { "" };
            let accepted = if most > of { most } else { accepted };
            return Some(format!("the server had {accepted} of {of} connections{others}"));
        }
        let instead = if hold == Hold::Waiting { ": keep-alive is for that" } else { "" };
        (!fits).then(|| format!("{answered} of {of} connections had an answer{instead}"))
    }

    /// All that the server is charged with what no group is charged for it, pages of files left out.
    pub fn total_bytes(&self) -> Option<u64> {
        Some(self.weight.total_bytes? + self.uncharged_bytes.unwrap_or(0))
    }

    /// All of it where that is known, else private memory alone.
    pub fn known_bytes(&self) -> Option<u64> {
        self.total_bytes().or(self.weight.private_bytes())
    }

    /// Page tables, as the group lists them or by process.
    pub fn page_table_bytes(&self) -> Option<u64> {
        self.weight.charged_page_table_bytes.or(self.weight.page_table_bytes)
    }

    /// The kernel's part without page tables: sockets, their buffers, stacks, small objects.
    pub fn kernel_bytes(&self) -> Option<u64> {
        let kernel = self.weight.kernel_bytes? + self.uncharged_bytes.unwrap_or(0);
        Some(kernel.saturating_sub(self.page_table_bytes().unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_counts_only_if_all_were_accepted_and_answered_as_asked() {
        let held =
            Held { connections: 9, accepted_before: 9, accepted_after: 9, ..Held::default() };
        assert_eq!(held.flaw(Hold::Idle), None);
        assert_eq!(held.flaw(Hold::File), None);
        let flaw = held.flaw(Hold::KeepAlive).unwrap();
        assert_eq!(flaw, "0 of 9 connections had an answer");
        let lost = Held { accepted_after: 8, ..held };
        assert_eq!(lost.flaw(Hold::Idle).as_deref(), Some("the server had 8 of 9 connections"));
        assert!(Held { answered: 1, ..held }.flaw(Hold::Waiting).is_some());
    }

    #[test]
    fn what_no_group_is_charged_is_part_of_the_kernels() {
        let weight = Weight {
            total_bytes: Some(1_000),
            kernel_bytes: Some(300),
            page_table_bytes: Some(100),
            ..Weight::default()
        };
        let held = Held { weight, uncharged_bytes: Some(50), ..Held::default() };
        assert_eq!((held.total_bytes(), held.kernel_bytes()), (Some(1_050), Some(250)));
        assert_eq!(Held::default().kernel_bytes(), None);
    }
}
