//! What happens in a run, told to whatever wants to know.
//!
//! The loop over the cells names none of its readers. The record is one of them and comes first, so
//! that a cell is safe before it is shown; the bar is another.

use std::sync::atomic::AtomicBool;

use crate::cell::{CellSpec, Interrupted, Runner};
use crate::limits::Limits;
use crate::meter::conditions::Watch;
use crate::tally::Tally;
use record::Cell;

/// What happens in a run.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The run starts or goes on.
    Start {
        /// How many cells are to be run.
        cells: u64,
        /// How many are over already, where it goes on.
        already: u64,
    },
    /// A cell starts.
    CellStart(&'a CellSpec),
    /// A cell is over.
    CellOver(&'a Cell),
    /// The run is over.
    Over(&'a Tally),
}

/// What wants to know of a run.
pub trait Reader {
    /// Takes an event.
    ///
    /// # Errors
    /// If the run must not go on, because what it brings would be lost.
    fn read(&mut self, event: Event<'_>) -> anyhow::Result<()>;
}

/// Runs a cell. It fails where the run is interrupted, too.
pub type RunCell<'a> = dyn FnMut(&CellSpec) -> anyhow::Result<Cell> + 'a;

/// Has one cell after another run, so many as far as that is known.
pub type Plan<'a> = (usize, &'a mut dyn FnMut(&mut RunCell<'_>) -> anyhow::Result<()>);

/// Runs the cells of this plan, and tells these readers, each event to all of them before the
/// run goes on. `tally` counts what is over already.
///
/// # Errors
/// If a reader fails. Whatever a cell does is no error.
pub fn run(
    runner: &mut Runner,
    (cells, plan): Plan<'_>,
    mut tally: Tally,
    readers: &mut [&mut dyn Reader],
    stop: &AtomicBool,
) -> anyhow::Result<Tally> {
    let mut tell = |event: Event<'_>| readers.iter_mut().try_for_each(|reader| reader.read(event));
    tell(Event::Start { cells: cells as u64, already: tally.cells() })?;
    let mut watch = Watch::new(runner.limits.by_name.clone());
    let done = plan(&mut |spec| {
        tell(Event::CellStart(spec))?;
        runner.limits = Limits::read();
        let mut cell = runner.run(spec, stop)?;
        runner.limits = Limits::read();
        cell.conditions = Some(watch.since(&runner.limits.by_name));
        tally.count(cell.status);
        tell(Event::CellOver(&cell))?;
        Ok(cell)
    });
    match done {
        Err(why) if why.is::<Interrupted>() => tally.interrupted = true,
        done => done?,
    }
    tell(Event::Over(&tally))?;
    Ok(tally)
}
