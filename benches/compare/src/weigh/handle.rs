//! The program that holds the connections, as the harness has it, and what the two say to each other: a
//! line of JSON each.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Context;
use record::Hold;
use serde::{Deserialize, Serialize};

use super::address::Address;
use crate::meter::cgroup::{Cgroups, Group};

/// What the client is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Once, before anything else: what connections do, and what they send for it.
    With(Hold, Vec<u8>),
    /// Hold so many connections in all.
    Open(u64),
    /// Send on every connection that has not sent yet.
    Ask,
    /// Close all of them.
    Close,
}

/// How the client is. It says so whenever something changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// How many orders it has carried out or begun to.
    pub orders: u64,
    /// How many connections it holds.
    pub open: u64,
    /// How many of them have sent what they were to send.
    pub asked: u64,
    /// How many have had a whole answer.
    pub answered: u64,
    /// How many the server has closed.
    pub closed: u64,
    /// How old the first of those was then, in ms.
    pub first_closed_ms: Option<u64>,
    /// What keeps it from holding more: the system's number, and in words.
    pub problem: Option<(i32, String)>,
    /// What is wrong with an answer.
    pub wrong: Option<String>,
    /// The status of the first answer that was no success.
    pub refused_with: Option<u16>,
}

/// The client's process. It is killed when this is dropped, and its connections with it.
#[derive(Debug)]
pub struct Client {
    child: Child,
    orders: Option<ChildStdin>,
    given: u64,
    last: Arc<Mutex<Report>>,
    /// Removed after the process is gone.
    _group: Option<Group>,
}

impl Client {
    /// Starts it, in a group of its own where there are groups. Its connections do this, and send this for it.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(
        address: &Address,
        hold: Hold,
        bytes: &[u8],
        cgroups: Option<&Cgroups>,
    ) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("this program does not know where it is")?;
        let group = cgroups.map(Cgroups::make).transpose().context("no group for the client")?;
        let mut command = Command::new(program);
        command
            .args(["weigh-client", &address.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        if let Some(group) = &group {
            group.enter_before_exec(&mut command)?;
        }
        let mut child = command.spawn().context("the client cannot be started")?;
        let (orders, said) = (child.stdin.take(), child.stdout.take());
        let last = Arc::new(Mutex::new(Report::default()));
        let mut client = Self { child, orders, given: 0, last: Arc::clone(&last), _group: group };
        if let Some(said) = said {
            thread::Builder::new().spawn(move || {
                for line in BufReader::new(said).lines().map_while(Result::ok) {
                    if let Ok(report) = serde_json::from_str(&line) {
                        *last.lock().unwrap_or_else(PoisonError::into_inner) = report;
                    }
                }
            })?;
        }
        client.tell(&Order::With(hold, bytes.to_vec()));
        Ok(client)
    }

    /// Gives an order.
    pub fn tell(&mut self, order: &Order) {
        if let (Some(orders), Ok(line)) = (&mut self.orders, serde_json::to_string(order)) {
            // That it is not there any more shows in what it does not say.
            let _ = writeln!(orders, "{line}").and_then(|()| orders.flush());
        }
        self.given += 1;
    }

    /// How it is, if it knows of the last order.
    pub fn report(&self) -> Option<Report> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (last.orders == self.given).then_some(last)
    }

    /// Whether it has ended, which it does not by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
