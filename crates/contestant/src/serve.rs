//! Serves contestants to a harness.

use std::io;
use std::process::ExitCode;

use protocol::Event;
use workload::Contestant;

use crate::cell;
use crate::hello::{Program, profile};

/// Serves one of these contestants: the one that the program's first argument names, or the only one
/// there is.
///
/// The process says who it is, and runs what the harness orders on standard input. Where there are
/// several contestants and no argument, it says who all of them are, and ends.
pub fn serve(contestants: impl IntoIterator<Item = Box<dyn Contestant>>) -> ExitCode {
    let asked = std::env::args().nth(1);
    Program::default().serve(contestants.into_iter().collect(), asked.as_deref())
}

impl Program {
    /// The same for a program that says more of itself, and of the contestant with this id.
    pub fn serve(
        &self,
        mut contestants: Vec<Box<dyn Contestant>>,
        asked: Option<&str>,
    ) -> ExitCode {
        let chosen = match asked {
            Some(id) => contestants.iter().position(|one| one.id().as_str() == id),
            None => (contestants.len() == 1).then_some(0),
        };
        match (chosen, asked) {
            (Some(position), _) => {
                let contestant = contestants.swap_remove(position);
                drop(contestants);
                cell::main(contestant.as_ref(), profile(contestant.as_ref(), self))
            }
            (None, Some(id)) => {
                let all: Vec<_> = contestants.iter().map(|one| one.id().to_string()).collect();
                cell::complain(format_args!(
                    "`{id}` is no contestant of this program; there are {}",
                    all.join(", ")
                ));
                ExitCode::from(2)
            }
            (None, None) => {
                for one in &contestants {
                    let hello = Event::Hello(Box::new(profile(one.as_ref(), self)));
                    if protocol::write(io::stdout().lock(), hello).is_err() {
                        break;
                    }
                }
                ExitCode::SUCCESS
            }
        }
    }
}
