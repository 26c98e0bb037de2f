//! The generated pages. One file each, with a line in [`all`].
//!
//! | file | page |
//! | --- | --- |
//! | `all` | every figure of every series |
//! | `bill` | what holds a waiting task's memory, and what is kept |
//! | `choosing` | which one to take, by situation |
//! | [`claims`] | what is claimed, and what was found |
//! | `contestants` | which contestants a page shows first |
//! | `cpu` | what a wait costs in CPU |
//! | [`front`] | the front page, in each language |
//! | `lateness` | how late tasks wake |
//! | `machine` | what the run was made on |
//! | `memory` | what a waiting task weighs |
//! | `page` | [`Page`]: what a page is |
//! | `rates` | how many tasks and requests a second |
//! | `state` | what live state adds |
//! | `trust` | whether the figures can be trusted |
//! | `walls` | what breaks first |
//! | `weights` | what the pages on memory share |

mod all;
mod bill;
mod choosing;
pub mod claims;
mod contestants;
mod cpu;
#[cfg(test)]
mod example;
pub mod front;
mod lateness;
mod machine;
mod memory;
mod page;
mod rates;
mod state;
mod trust;
mod walls;
mod weights;

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
        trust::PAGE,
        machine::PAGE,
        all::PAGE,
    ]
}
