//! What the kernel spends on threads and objects, where no control group lists it.
//!
//! Version 1 of the control groups has one figure for all kernel memory of a group. Its parts then
//! come from elsewhere:
//!
//! * each thread has one kernel stack, of a size that is fixed when a kernel is built
//!   (`THREAD_SIZE`), so the stacks are threads × size;
//! * slab (the small objects: task structures, mappings, sockets) is known for the whole system
//!   alone, in `/proc/meminfo`. How much more of it there is than right before the cell began is the
//!   cell's, and whatever else happened on the machine meanwhile. It is more than what a group is
//!   charged, which does not pay for the free places between objects, nor for the kernel's own
//!   notes of who pays for each.

use std::fs;

use super::process::{Procfs, kilobytes};

/// `THREAD_SIZE` of nearly every kernel of a 64-bit machine with pages of 4 KiB, where it cannot be
/// worked out.
pub const USUAL_STACK_BYTES: u64 = 16 * 1024;

/// By how much the size worked out may be off the power of two that it must be: threads come and go
/// between the two files that it is worked out from.
const STACK_TOLERANCE: f64 = 0.2;

/// The size of a thread's kernel stack: all of them ÷ all threads of the system, rounded to a power
/// of two. [`USUAL_STACK_BYTES`] where the two do not make one, as where a container shows its own
/// figures for one of them.
pub fn stack_bytes_per_thread(procfs: &Procfs) -> u64 {
    let all = meminfo(procfs).and_then(|meminfo| kilobytes(&meminfo, "KernelStack"));
    let size = all.zip(procfs.threads_in_system()).and_then(|(all, threads)| {
        #[allow(clippy::cast_precision_loss, reason = "some gigabytes at most")]
        let mean = all as f64 / threads as f64;
        [8_u64, 16, 32, 64]
            .map(|kib| kib * 1024)
            .into_iter()
            .find(|size| (mean / *size as f64 - 1.0).abs() <= STACK_TOLERANCE)
    });
    size.unwrap_or(USUAL_STACK_BYTES)
}

/// The size of a page, in bytes.
pub fn page_bytes() -> Option<usize> {
    // SAFETY: sysconf takes any name and touches no memory of ours.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(bytes).ok().filter(|&bytes| bytes > 0)
}

/// All slab of the system, in bytes.
///
/// The kernel counts it in batches for each core; a user who may ask it to bring them together first
/// (root, with a reading of `vm/stat_refresh`) gets it to the page.
pub fn slab_in_system(procfs: &Procfs) -> Option<u64> {
    // Refused to most users, and an error where a counter is below zero: of no matter.
    let _ = fs::read(procfs.root().join("sys/vm/stat_refresh"));
    kilobytes(&meminfo(procfs)?, "Slab")
}

/// How many objects the slab caches of these names have in use on the whole system, in bytes; `None` where
/// that may not be read, as by anyone but root.
pub fn slab_of(procfs: &Procfs, caches: &[&str]) -> Option<u64> {
    // name active_objs num_objs objsize …
    let slabinfo = fs::read_to_string(procfs.root().join("slabinfo")).ok()?;
    let bytes = |line: &str| {
        let mut fields = line.split_whitespace();
        caches.contains(&fields.next()?).then_some(())?;
        let mut number = |nth| fields.nth(nth)?.parse::<u64>().ok();
        Some(number(0)? * number(1)?)
    };
    slabinfo.lines().filter_map(bytes).reduce(|one, other| one + other)
}

fn meminfo(procfs: &Procfs) -> Option<String> {
    fs::read_to_string(procfs.root().join("meminfo")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(kernel_stack_kb: u64, threads: u64) -> (tempfile::TempDir, Procfs) {
        let root = tempfile::tempdir().unwrap();
        let meminfo = format!("Slab:   435384 kB\nKernelStack:  {kernel_stack_kb} kB\n");
        fs::write(root.path().join("meminfo"), meminfo).unwrap();
        fs::write(root.path().join("loadavg"), format!("0.1 0.1 0.1 1/{threads} 7\n")).unwrap();
        let procfs = Procfs::at(root.path());
        (root, procfs)
    }

    #[test]
    fn a_stack_is_the_power_of_two_that_the_system_shows() {
        // What real machines had: x86-64, and a kernel with pages of 64 KiB.
        assert_eq!(stack_bytes_per_thread(&machine(5_624, 351).1), 16 * 1024);
        assert_eq!(stack_bytes_per_thread(&machine(64 * 200, 203).1), 64 * 1024);
        assert_eq!(stack_bytes_per_thread(&machine(8 * 90, 100).1), 8 * 1024);
    }

    #[test]
    fn what_makes_no_power_of_two_is_not_believed() {
        for (kernel_stack, threads) in [(5_624, 20), (5_624, 0), (0, 10), (24 * 100, 100)] {
            assert_eq!(
                stack_bytes_per_thread(&machine(kernel_stack, threads).1),
                USUAL_STACK_BYTES,
                "{kernel_stack} {threads}"
            );
        }
        assert_eq!(stack_bytes_per_thread(&Procfs::at("/nowhere")), USUAL_STACK_BYTES);
    }

    #[test]
    fn objects_of_a_cache_are_those_in_use_times_their_size() {
        let (root, procfs) = machine(1, 1);
        let slabinfo = "slabinfo - version: 2.1\n# name <active_objs> <num_objs> <objsize>\n\
                        TCPv6 10 26 2432 13 8 : tunables\nTCP 100 112 2304 14 8 : tunables\n\
                        tw_sock_TCP 7 7 248\n";
        fs::write(root.path().join("slabinfo"), slabinfo).unwrap();
        assert_eq!(slab_of(&procfs, &["TCP", "TCPv6"]), Some(100 * 2304 + 10 * 2432));
        assert_eq!(slab_of(&procfs, &["UNIX"]), None);
        assert_eq!(slab_of(&Procfs::at("/nowhere"), &["TCP"]), None);
    }

    #[test]
    fn slab_is_the_systems() {
        assert_eq!(slab_in_system(&machine(1, 1).1), Some(435_384 * 1024));
        assert_eq!(slab_in_system(&Procfs::at("/nowhere")), None);
    }
}
