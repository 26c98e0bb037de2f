//! The generated pages. One file each, with a line in [`all`].
//!
//! | file | page |
//! | --- | --- |
//! | [`claims`] | what is claimed, and what was found |
//! | `contestants` | which contestants a page shows first |
//! | `cpu` | what a wait costs in CPU |
//! | `lateness` | how late tasks wake |
//! | `page` | [`Page`]: what a page is |
//! | `rates` | how many tasks and requests a second |

pub mod claims;
mod contestants;
mod cpu;
mod lateness;
mod page;
mod rates;

pub use page::Page;

/// All of them, in the order in which they are linked.
pub fn all() -> Vec<Page> {
    vec![claims::PAGE, cpu::PAGE, lateness::PAGE, rates::PAGE]
}
