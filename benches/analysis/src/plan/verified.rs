//! What was worked out beside what was measured.

use serde::Serialize;

use super::outcome::{Outcome, Plan};
use crate::analysis::Analysis;
use crate::contestant::Id;
use crate::estimate::Estimate;
use crate::figure::Figure;

/// What was worked out of a contestant, beside what a run of the same case measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verified {
    /// The contestant.
    pub contestant: Id,
    /// The whole process as planned, in bytes.
    pub memory: Option<Estimate>,
    /// The same as measured: the median of the repeats.
    pub measured_memory: Option<f64>,
    /// The CPU of a task as planned, in nanoseconds.
    pub cpu_ns: Option<Estimate>,
    /// The same as measured: all of it, divided by the tasks.
    pub measured_cpu_ns: Option<f64>,
    /// Why nothing was measured, where it says so. It is foreign text.
    pub reason: Option<String>,
}

impl Plan {
    /// This plan beside a run of its case: a row for each contestant that fits.
    pub fn verify(&self, run: &Analysis) -> Vec<Verified> {
        let fit = self.rows.iter().filter(|row| row.outcome == Outcome::Fits);
        fit.map(|row| {
            let tasks = self.waiting.unwrap_or(0);
            let measured = |figure| {
                let of_row = run.measured.iter();
                let mut of_row = of_row.filter(|of| of.series.contestant == row.contestant);
                of_row.find_map(|of| of.whole_at(figure, tasks)).map(|spread| spread.median)
            };
            let missing = run.missing.iter().find(|one| one.series.contestant == row.contestant);
            Verified {
                contestant: row.contestant.clone(),
                memory: row.memory,
                measured_memory: measured(run.basis.figure()),
                cpu_ns: row.cpu_ns,
                measured_cpu_ns: measured(Figure::Cpu).map(|cpu| cpu / tasks.max(1) as f64),
                reason: missing.and_then(|one| one.reason.clone()),
            }
        })
        .collect()
    }
}

impl Verified {
    /// By what part of the measurement the planned memory lies above it; below zero where below.
    pub fn memory_off(&self) -> Option<f64> {
        off(self.memory, self.measured_memory)
    }

    /// The same of CPU.
    pub fn cpu_off(&self) -> Option<f64> {
        off(self.cpu_ns, self.measured_cpu_ns)
    }
}

fn off(planned: Option<Estimate>, measured: Option<f64>) -> Option<f64> {
    let measured = measured.filter(|measured| *measured > 0.0)?;
    Some(planned?.value / measured - 1.0)
}

#[cfg(test)]
mod tests {
    use record::Status;
    use record::synthetic::{Bill, Synthetic};

    use super::*;
    use crate::plan::Case;

    #[test]
    fn a_plan_is_held_against_what_was_measured() {
        let mut known = Synthetic::new();
        known.line("coroutines/smol", &[1, 1_000, 100_000], Bill::of(300).with_kernel(40));
        known.line("coroutines/tokio", &[1, 1_000, 100_000], Bill::of(300).with_kernel(40));
        let plan = Analysis::of(&known.record(), None).plan(&Case::timers(20_000, 1, 0)).unwrap();
        let mut run = Synthetic::new();
        run.line("coroutines/smol", &[20_000], Bill::of(400).with_kernel(40));
        run.without("coroutines/tokio", 20_000, Status::Failed, "killed");
        let verified = plan.verify(&Analysis::of(&run.record(), None));
        let of = |id: &str| verified.iter().find(|one| one.contestant.as_str() == id).unwrap();
        let off = of("coroutines/smol").memory_off().unwrap();
        assert!((off - ((2.1e6 + 340.0 * 2e4) / (2.1e6 + 440.0 * 2e4) - 1.0)).abs() < 1e-6);
        assert!((of("coroutines/smol").cpu_off().unwrap() + 0.25).abs() < 0.01);
        let tokio = of("coroutines/tokio");
        assert_eq!((tokio.memory_off(), tokio.reason.as_deref()), (None, Some("killed")));
    }
}
