//! The suite that every contestant passes, wherever it comes from: whether it does what
//! `docs/protocol.md` says.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `subject` | [`Subject`]: a contestant that is checked |
//! | `talk` | a conversation with a contestant's process, line by line |
//! | `checks` | what is checked of its tasks |
//! | `manners` | what is checked of its process: how it introduces itself, what it refuses, how it ends |
//!
//! What a run would find, a cell finds here too, with the same proof. The rest is asked line by line.

mod checks;
mod manners;
mod subject;
mod talk;

use std::sync::atomic::Ordering;

pub use self::subject::Subject;
use crate::cell::Interrupted;

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Passed,
    /// It need not, and this is why.
    NotAsked(String),
    /// It does not, and this is why.
    Failed(String),
}

/// Runs one check after another, and tells how each ended.
///
/// # Errors
/// If it is told to stop meanwhile.
pub fn run(subject: &Subject<'_>, mut tell: impl FnMut(&str, &Verdict)) -> Result<(), Interrupted> {
    for check in manners::CHECKS.iter().chain(checks::CHECKS) {
        let lacking = check.wants.iter().find(|word| !subject.runs(word));
        let verdict = match lacking {
            Some(word) => Verdict::NotAsked(format!("its hello does not list `{word}`")),
            None => match (check.run)(subject) {
                Ok(None) => Verdict::Passed,
                Ok(Some(why)) => Verdict::NotAsked(why),
                Err(why) => Verdict::Failed(why),
            },
        };
        if subject.stop.load(Ordering::SeqCst) {
            return Err(Interrupted);
        }
        tell(check.name, &verdict);
    }
    Ok(())
}
