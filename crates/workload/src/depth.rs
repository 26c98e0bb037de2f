//! Stack that a task uses and gives back before it waits.
//!
//! Real tasks call functions that call functions, and come back before they wait. On whose stack that was
//! is a difference between the models: the next task of a worker uses the same pages again, while each
//! thread has touched pages of its own, which the kernel does not take back.

use std::hint::black_box;

/// So much is used in one frame.
const BLOCK: u32 = 1024;

/// Touches at least so many bytes of the stack below its caller, and returns.
#[inline(never)]
pub(crate) fn use_stack(bytes: u32) {
    let mut block = [0_u8; BLOCK as usize];
    black_box(&mut block);
    if bytes > BLOCK {
        use_stack(bytes - BLOCK);
    }
    // The block is there until now, so the call above takes a frame of its own.
    black_box(&block);
}
