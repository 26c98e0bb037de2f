//! How many instructions one more wait and one more request take in user code, counted by valgrind.
//!
//! A time differs from run to run by what else the machine does. A count does so much less.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `counter` | counts one contestant in one kind of work |
//! | [`valgrind`] | [`Valgrind`]: whether it is here, how it runs a program, what it has counted |

mod counter;
pub mod valgrind;

use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::Context;

use self::counter::Counter;
pub use self::counter::Work;
use self::valgrind::Valgrind;
use crate::cell::Interrupted;
use crate::contestant::Contestant;
use crate::output::complain;
use crate::suite::unwritable;
use crate::tally::Tally;
use record::{Line, Status, Unfinished};

/// Counts what is compared of these contestants, after the cells of a thorough run. Where valgrind
/// cannot be used, that is said once, and the run goes on.
///
/// # Errors
/// As [`append`].
pub fn after_cells(
    program: &Path,
    contestants: &[&'static Contestant],
    path: &Path,
    stop: &AtomicBool,
) -> anyhow::Result<Tally> {
    let all = contestants.iter().copied();
    let compared = all.filter(|one| one.is_run_in_full()).collect::<Vec<_>>();
    let valgrind = Valgrind::find();
    if let Err(why) = &valgrind {
        complain(format_args!("instructions are not counted: {why}"));
    }
    append(program, &valgrind, &compared, &Work::ALL, Unfinished::open(path)?, stop)
}

/// Counts these contestants, and appends to the record what it does not have yet. Where valgrind
/// cannot be used, that is what the lines say. The tally is that of the lines that were appended.
///
/// # Errors
/// If the record cannot be read or written. Whatever a contestant does is no error.
pub fn append(
    program: &Path,
    valgrind: &Result<Valgrind, String>,
    contestants: &[&'static Contestant],
    works: &[Work],
    unfinished: Unfinished,
    stop: &AtomicBool,
) -> anyhow::Result<Tally> {
    let path = unfinished.path().to_owned();
    let there = unfinished.record().instructions.clone();
    let mut record = unfinished.go_on().with_context(|| unwritable(&path))?;
    let mut counter = Counter::new(program, valgrind.as_ref().map_err(String::as_str), stop);
    let mut tally = Tally::default();
    for (contestant, work) in counter::all(contestants, works) {
        let is_there = |line: &record::Instructions| {
            line.contestant == contestant.id() && line.workload.wait == work.name()
        };
        if there.iter().any(is_there) {
            continue;
        }
        let line = match counter.count(contestant, work) {
            Ok(line) => line,
            Err(Interrupted) => {
                tally.interrupted = true;
                break;
            }
        };
        tally.count(line.status);
        // A reason that is the same for all is said once, by who asked for valgrind.
        if line.status != Status::Skipped || valgrind.is_ok() {
            complain(counter::describe(&line));
        }
        let line = Line::Instructions(Box::new(line));
        record.append(&line).with_context(|| unwritable(&path))?;
    }
    Ok(tally)
}
