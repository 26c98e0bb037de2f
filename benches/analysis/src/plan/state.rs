//! What live state adds to a task.

use serde::Serialize;

use crate::estimate::Estimate;

/// What live state adds to each task, from the sizes that were measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StateLaw {
    /// What was measured, by size; empty where no state was.
    pub steps: Vec<Step>,
    /// How memory grows between them.
    pub memory: Growth,
}

/// What state of one size adds to a task.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The size, in bytes.
    pub state_bytes: u64,
    /// What the process has more for each task, in bytes.
    pub memory: Estimate,
    /// What each task takes more of the CPU, in nanoseconds.
    pub cpu: Option<Estimate>,
}

/// How memory grows between the sizes that were measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Growth {
    /// Straight from one size to the next.
    Straight,
    /// By whole pages, as a stack does, beyond the state that finds room in pages touched anyhow.
    Pages {
        /// The size of a page.
        page_bytes: u64,
        /// At least so many bytes find room.
        least: u64,
        /// Less than so many do.
        most: u64,
    },
}

impl StateLaw {
    /// The law that fits these steps, by size. Only with a stack for each task does it grow by pages.
    pub(crate) fn of(steps: Vec<Step>, has_stacks: bool, page_bytes: Option<u64>) -> Self {
        let pages = page_bytes.filter(|_| has_stacks && !steps.is_empty());
        let memory = pages.and_then(|page| in_pages(&steps, page)).unwrap_or(Growth::Straight);
        Self { steps, memory }
    }

    /// The largest size that was measured.
    pub fn largest(&self) -> Option<u64> {
        self.steps.last().map(|step| step.state_bytes)
    }

    /// The bytes that so much state adds to a task. Beyond the largest size that was measured, a byte
    /// of state adds a byte; without an interval where no size was measured.
    pub fn memory(&self, state_bytes: u64) -> Estimate {
        if state_bytes == 0 {
            return exactly(0.0);
        }
        let measured = self.steps.iter().find(|step| step.state_bytes == state_bytes);
        match (measured, self.memory) {
            (Some(step), _) => step.memory,
            (None, Growth::Pages { page_bytes, least, most }) => {
                pages_between(state_bytes, page_bytes, least, most)
            }
            (None, Growth::Straight) => self
                .straight(state_bytes, |step| Some(step.memory), 1.0)
                .unwrap_or(Estimate::lone(state_bytes as f64)),
        }
    }

    /// The nanoseconds of CPU that so much state adds to a task; `None` where no size was measured.
    pub fn cpu(&self, state_bytes: u64) -> Option<Estimate> {
        if state_bytes == 0 {
            return Some(exactly(0.0));
        }
        let of_byte = |step: &Step| Some(step.cpu?.value / step.state_bytes as f64);
        let per_byte = self.steps.iter().rev().find_map(of_byte)?;
        self.straight(state_bytes, |step| step.cpu, per_byte)
    }

    /// Straight from nothing through the steps, and on with so much a byte beyond the last.
    fn straight(
        &self,
        state_bytes: u64,
        read: impl Fn(&Step) -> Option<Estimate>,
        per_byte: f64,
    ) -> Option<Estimate> {
        let mut below = (0, exactly(0.0));
        for step in &self.steps {
            let Some(here) = read(step) else { continue };
            if state_bytes <= step.state_bytes {
                let part = (state_bytes - below.0) as f64 / (step.state_bytes - below.0) as f64;
                return Some(below.1.scaled(1.0 - part).plus(&here.scaled(part)));
            }
            below = (step.state_bytes, here);
        }
        (below.0 > 0).then(|| below.1.plus(&exactly((state_bytes - below.0) as f64 * per_byte)))
    }
}

fn exactly(value: f64) -> Estimate {
    Estimate { value, low: value, high: value }
}

/// The room that stacks have for state, if every step is about a whole number of pages and one room
/// explains them all.
fn in_pages(steps: &[Step], page_bytes: u64) -> Option<Growth> {
    const NEAR: f64 = 0.1;
    let (mut least, mut most) = (0, u64::MAX);
    for step in steps {
        let pages = step.memory.value / page_bytes as f64;
        if (pages - pages.round()).abs() > NEAR || pages.round() < 0.0 {
            return None;
        }
        let bytes = pages.round() as u64 * page_bytes;
        least = least.max(step.state_bytes.saturating_sub(bytes));
        if bytes > 0 {
            most = most.min((step.state_bytes + page_bytes).saturating_sub(bytes));
        }
    }
    let most = if most == u64::MAX { least + page_bytes } else { most };
    (least < most).then_some(Growth::Pages { page_bytes, least, most })
}

/// The bytes of whole pages that state needs beyond a room of which only two ends are known.
fn pages_between(state_bytes: u64, page_bytes: u64, least: u64, most: u64) -> Estimate {
    const ROOMS: u64 = 64;
    let pages = |room: u64| state_bytes.saturating_sub(room).div_ceil(page_bytes) * page_bytes;
    let rooms = (0..ROOMS).map(|at| least + (most - least) * (2 * at + 1) / (2 * ROOMS));
    let value = rooms.map(|room| pages(room) as f64).sum::<f64>() / ROOMS as f64;
    Estimate { value, low: pages(most - 1) as f64, high: pages(least) as f64 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn law(steps: &[(u64, f64)], has_stacks: bool) -> StateLaw {
        let step = |&(state_bytes, bytes): &(u64, f64)| Step {
            state_bytes,
            memory: Estimate { value: bytes, low: bytes - 5.0, high: bytes + 5.0 },
            cpu: Some(exactly(bytes / 4.0)),
        };
        StateLaw::of(steps.iter().map(step).collect(), has_stacks, Some(4096))
    }

    #[test]
    fn a_heap_grows_straight_between_sizes() {
        let tokio = law(&[(64, 128.0), (1024, 960.0), (8192, 8145.0)], false);
        assert_eq!(tokio.memory, Growth::Straight);
        assert_eq!(tokio.memory(1024).value, 960.0);
        assert!((tokio.memory(2048).value - (960.0 + 7185.0 / 7.0)).abs() < 1e-9);
        assert_eq!(tokio.memory(8192 + 100).value, 8245.0);
        assert_eq!(tokio.memory(0), exactly(0.0));
        assert_eq!(tokio.cpu(1024).unwrap().value, 240.0);
        assert!((tokio.cpu(16_384).unwrap().value - 2.0 * 8145.0 / 4.0).abs() < 1e-9);
    }

    #[test]
    fn a_stack_grows_by_pages_with_some_room_in_it() {
        let thread = law(&[(64, 0.0), (1024, 4.0), (8192, 8180.0)], true);
        let room = Growth::Pages { page_bytes: 4096, least: 1024, most: 4096 };
        assert_eq!(thread.memory, room);
        // A third of the rooms that may be there are too small for 2 KiB.
        let two = thread.memory(2048);
        assert!((two.value - 4096.0 / 3.0).abs() < 100.0, "{two:?}");
        assert_eq!((two.low, two.high), (0.0, 4096.0));
        // At a size that was measured the reading itself stands.
        assert_eq!(thread.memory(8192).value, 8180.0);
        let rayon = law(&[(1024, 0.0), (8192, 4090.0)], true);
        assert_eq!(rayon.memory(2048), exactly(0.0));
    }

    #[test]
    fn what_no_pages_explain_grows_straight() {
        assert_eq!(law(&[(1024, 0.0), (8192, 6_000.0)], true).memory, Growth::Straight);
        assert_eq!(law(&[(1024, 4096.0), (8192, 4096.0)], true).memory, Growth::Straight);
        let none = law(&[], true);
        assert_eq!(none.memory(2048).value, 2048.0);
        assert!(!none.memory(2048).is_bounded() && none.cpu(2048).is_none());
        let no_cpu = Step { cpu: None, ..law(&[(64, 1.0)], false).steps[0] };
        assert!(StateLaw::of(vec![no_cpu], false, None).cpu(64).is_none());
    }

    proptest! {
        /// Whatever room a stack has, what is worked out lies within a page of what it takes.
        #[test]
        fn pages_hold_the_truth(room in 0_u64..12_000, state in 1_u64..70_000) {
            let truth = |state: u64| (state.saturating_sub(room).div_ceil(4096) * 4096) as f64;
            let sizes = [64, 1024, 8192, 65_536];
            let steps: Vec<_> = sizes.iter().map(|&size| (size, truth(size))).collect();
            let memory = law(&steps, true).memory(state);
            prop_assert!(memory.low <= truth(state) + 5.0 && truth(state) - 5.0 <= memory.high);
            prop_assert!((memory.value - truth(state)).abs() <= 4096.0 + 5.0);
        }
    }
}
