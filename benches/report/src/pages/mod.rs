//! The generated pages. One file each, with a line in [`all`].
//!
//! | file | page |
//! | --- | --- |
//! | `index` | the questions that people come with, answered |
//! | [`claims`] | what is claimed, and what was found |
//! | `memory` | what a waiting task weighs |
//! | `bill` | what holds a waiting task's memory, and what is kept |
//! | `state` | what live state adds |
//! | `allocators` | what the allocator changes |
//! | `cpu` | what a wait costs in CPU |
//! | [`instructions`] | what a wait takes in instructions, a part of `cpu` |
//! | `story` | what three tasks did in each model, a part of `claims` |
//! | `lateness` | how late tasks wake |
//! | `rates` | how many tasks and requests a second |
//! | `relays` | what it costs to hand something on, a part of `cpu` |
//! | `walls` | what breaks first |
//! | `trust` | whether the figures can be trusted |
//! | `machine` | what the run was made on |
//! | `choosing` | which one to take, by situation |
//! | `all` | every figure of every series |
//! | [`front`] | the front page, in each language |
//! | `page` | [`Page`]: what a page is |
//! | `contestants` | which contestants a page shows first |
//! | `apart` | those that stand apart from the comparison |
//! | `weights` | what the pages on memory share |

mod all;
mod allocators;
mod apart;
mod bill;
mod choosing;
pub mod claims;
mod contestants;
mod cpu;
#[cfg(test)]
mod example;
pub mod front;
mod index;
pub mod instructions;
mod lateness;
pub(crate) mod machine;
mod memory;
mod page;
pub(crate) mod rates;
pub(crate) mod relays;
mod state;
pub(crate) mod story;
mod trust;
mod walls;
mod weights;

pub use page::Page;

/// All of them, in the order in which they are linked.
pub fn all() -> Vec<Page> {
    vec![
        index::PAGE,
        claims::PAGE,
        memory::PAGE,
        bill::PAGE,
        state::PAGE,
        allocators::PAGE,
        cpu::PAGE,
        lateness::PAGE,
        rates::PAGE,
        walls::PAGE,
        trust::PAGE,
        machine::PAGE,
        choosing::PAGE,
        all::PAGE,
    ]
}
