//! The generated pages. One file each, with a line in [`all`].
//!
//! | file | page |
//! | --- | --- |
//! | `page` | [`Page`]: what a page is |
//! | `walls` | what breaks first |

mod page;
mod walls;

pub use page::Page;

/// All of them, in the order in which they are linked.
pub fn all() -> Vec<Page> {
    vec![walls::PAGE]
}
