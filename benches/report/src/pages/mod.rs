//! The generated pages. One file each, with a line in [`all`].
//!
//! | file | page |
//! | --- | --- |
//! | `all` | every figure of every series |
//! | `contestants` | which contestants a page shows first |
//! | `cpu` | what a wait costs in CPU |
//! | `lateness` | how late tasks wake |
//! | `machine` | what the run was made on |
//! | `page` | [`Page`]: what a page is |
//! | `rates` | how many tasks and requests a second |
//! | `trust` | whether the figures can be trusted |

mod all;
mod contestants;
mod cpu;
mod lateness;
mod machine;
mod page;
mod rates;
mod trust;

pub use page::Page;

/// All of them, in the order in which they are linked.
pub fn all() -> Vec<Page> {
    vec![cpu::PAGE, lateness::PAGE, rates::PAGE, trust::PAGE, machine::PAGE, all::PAGE]
}
