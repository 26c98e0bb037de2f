//! What is not run at all, and why.

use std::time::Duration;

use workload::http::spec::LONGEST_DELAY;
use workload::{Arrival, Ceiling, Workload};

use crate::contestant::Contestant;
use crate::units;
use report::format;

/// A workload whose arithmetic floor is above this is not run: no contestant could do it faster.
pub const HIGHEST_FLOOR: Duration = Duration::from_secs(60);

/// The same for each wave of a rate: what a longer one would show is its floor.
pub const HIGHEST_WAVE_FLOOR: Duration = Duration::from_secs(1);

/// The least that a transfer must last, so that all of its bodies are seen under way at once.
const SHORTEST_TRANSFER: Duration = Duration::from_millis(100);

/// Why this contestant, with this ceiling, is not given this workload; `None` if it is.
pub(super) fn reason(
    contestant: &Contestant,
    workload: &Workload,
    ceiling: Ceiling,
    is_rate: bool,
) -> Option<String> {
    if let Some(reason) = contestant.unsupported(workload) {
        return Some(reason);
    }
    let wait = workload.duration_of(0);
    let least = workload.longest(ceiling.limit());
    let highest = if is_rate { HIGHEST_WAVE_FLOOR } else { HIGHEST_FLOOR };
    // A single wait may be as long as was asked for; what is refused is waiting in many rounds.
    if least > highest && (least > wait || is_rate) {
        let arrival = match workload.arrival {
            Arrival::Burst => String::new(),
            rate => format!(" and tasks coming at {rate}"),
        };
        return Some(format!(
            "with at most {ceiling} in flight{arrival}, this takes {} at least; \
             more than {} is not run",
            units::duration(least),
            units::duration(highest)
        ));
    }
    if workload.asks().is_some() && wait > LONGEST_DELAY {
        return Some(format!(
            "this takes a wait of {}; a server waits {} at most before it answers",
            units::duration(wait),
            units::duration(LONGEST_DELAY)
        ));
    }
    over_too_soon(workload)
}

/// Why a transfer is too small to be found under way; `None` if it is none, or large enough.
fn over_too_soon(workload: &Workload) -> Option<String> {
    workload.asks()?.rate_limit?;
    let floor = workload.transfer_floor();
    (floor < SHORTEST_TRANSFER).then(|| {
        format!(
            "{} bodies of {} are through in {}, and a transfer must last {} to be seen as a whole; \
             give more bytes or a lower limit",
            format::count(workload.tasks.into()),
            format::size(workload.asks().map_or(0, |http| http.bytes) as f64),
            units::duration(floor),
            units::duration(SHORTEST_TRANSFER)
        )
    })
}
