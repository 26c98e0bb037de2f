//! Lines of instructions that were counted.

use protocol::WorkloadLine;
use serde::{Deserialize, Serialize};

use crate::cell::Status;

/// How many instructions the process of a contestant executed in user code, with few tasks and with
/// more. What one more task takes is their difference over that of the tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instructions {
    /// The contestant's id.
    pub contestant: String,
    /// The workload, without its number of tasks.
    pub workload: WorkloadLine,
    /// The number of workers, for contestants that are pools.
    pub pool_workers: Option<u32>,
    /// The two numbers of tasks, or of hops of a relay, the smaller one first.
    pub tasks: [u64; 2],
    /// How it ended. Every process that was counted has proven its work if it is `Ok`.
    pub status: Status,
    /// Why, where it did not end well.
    pub reason: Option<String>,
    /// What counted, with its version.
    pub tool: Option<String>,
    /// All instructions of two processes, one for each number of tasks; as often as it was repeated.
    pub repeats: Vec<[u64; 2]>,
}

impl Instructions {
    /// What one more task takes, repeat by repeat; nothing where that was not counted.
    pub fn per_task(&self) -> Vec<f64> {
        let [few, many] = self.tasks;
        let more = many.saturating_sub(few) as f64;
        let counted = self.repeats.iter().filter(|_| self.status == Status::Ok && more > 0.0);
        counted.map(|[few, many]| (*many as f64 - *few as f64) / more).collect()
    }

    /// What is wrong with it, in words; `None` if it has what it says, or says why it has not.
    pub fn flaw(&self) -> Option<String> {
        match self.status {
            Status::Ok if self.per_task().is_empty() => Some("nothing was counted".into()),
            Status::Failed => Some(self.reason.clone().unwrap_or_else(|| "it failed".into())),
            Status::Ok | Status::Wall | Status::Skipped => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::Synthetic;

    #[test]
    fn a_task_takes_what_more_of_them_take_more() {
        let mut made = Synthetic::new();
        let mut line =
            made.counted("coroutines/bare", &[1_300.0, 1_310.0]).record().instructions.remove(0);
        assert_eq!((line.per_task(), line.flaw()), (vec![1_300.0, 1_310.0], None));
        line.tasks = [9, 9];
        assert_eq!(line.flaw().as_deref(), Some("nothing was counted"));
        line.tasks = [u64::MAX, 0];
        line.repeats.push([0, u64::MAX]);
        assert!(line.per_task().is_empty());
        line.status = Status::Skipped;
        assert_eq!(line.flaw(), None);
    }
}
