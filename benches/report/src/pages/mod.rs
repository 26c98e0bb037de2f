//! The generated pages. One file each, with a line in [`all`].
//!
//! | file | page |
//! | --- | --- |
//! | `memory` | what a waiting task weighs |
//! | `bill` | what holds a waiting task's memory, and what is kept |
//! | `state` | what live state adds |
//! | [`claims`] | what is claimed, and what was found |
//! | `cpu` | what a wait costs in CPU |
//! | `lateness` | how late tasks wake |
//! | `rates` | how many tasks and requests a second |
//! | [`front`] | the front page, in each language |
//! | `choosing` | which one to take, by situation |
//! | `page` | [`Page`]: what a page is |
//! | `walls` | what breaks first |
//! | `contestants` | which contestants a page shows first |
//! | `weights` | what the pages on memory share |

mod bill;
mod choosing;
//! | `all` | every figure of every series |
//! | `machine` | what the run was made on |
//! | `trust` | whether the figures can be trusted |

mod all;
pub mod claims;
mod contestants;
mod cpu;
#[cfg(test)]
mod example;
pub mod front;
mod lateness;
mod memory;
mod page;
mod rates;
mod state;
mod walls;
mod weights;
mod machine;
mod trust;

pub use page::Page;

/// All of them, in the order in which they are linked.
pub fn all() -> Vec<Page> {
    vec![
        claims::PAGE,
        memory::PAGE,
        bill::PAGE,
        state::PAGE,
        cpu::PAGE,
        lateness::PAGE,
        rates::PAGE,
        walls::PAGE,
        choosing::PAGE,
    ]
    vec![cpu::PAGE, lateness::PAGE, rates::PAGE, trust::PAGE, machine::PAGE, all::PAGE]
    ]
}
