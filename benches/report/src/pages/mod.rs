//! The generated pages. One file each, with a line in [`all`].
//!
//! | file | page |
//! | --- | --- |
//! | `bill` | what holds a waiting task's memory, and what is kept |
//! | `contestants` | which contestants a page shows first |
//! | `cpu` | what a wait costs in CPU |
//! | `memory` | what a waiting task weighs |
//! | `page` | [`Page`]: what a page is |
//! | `state` | what live state adds |
//! | `weights` | what the pages on memory share |

mod bill;
mod contestants;
mod cpu;
#[cfg(test)]
mod example;
mod memory;
mod page;
mod state;
mod weights;

pub use page::Page;

/// All of them, in the order in which they are linked.
pub fn all() -> Vec<Page> {
    vec![memory::PAGE, bill::PAGE, state::PAGE, cpu::PAGE]
}
