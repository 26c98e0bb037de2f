//! Weighing: what a process costs, read from outside of it.
//!
//! A contestant never measures itself, and nothing is weighed in the process that weighs. Every
//! reading is either exact within the bounds that its file states, or `None`; nothing is guessed.
//! On systems without procfs everything here compiles and every column is `None`.
//!
//! | file | what it reads |
//! | --- | --- |
//! | [`mod@weigh`] | all of what follows, for one process or several |
//! | [`process`] | resident memory, page tables, mappings, threads and descriptors, from procfs |
//! | [`stacks`] | how much of its threads' stacks a process has touched, from procfs |
//! | [`cgroup`] | everything charged to a cell, kernel memory included, from a control group of its own |
//! | [`conditions`] | what happens to the machine while a cell runs, from procfs and sysfs |
//! | [`kernel`] | the kernel's stacks and small objects, where no control group lists them |

pub mod cgroup;
pub mod conditions;
pub mod kernel;
pub mod process;
pub mod stacks;
pub mod weigh;

pub use weigh::weigh;
