//! Whole runs, for tests of what is told of a record.

use super::{Bill, Synthetic};
use crate::{Record, Status};

/// A small run in which everything happens once: all models, a wall, a failure, a floor.
pub fn small_run() -> Record {
    let mut made = Synthetic::new();
    let coroutine = Bill { noise: 3_000, ..Bill::of(300).with_kernel(40) };
    let thread = Bill { noise: 9_000, threads: 1, ..Bill::of(10_000).with_kernel(27_000) };
    let subroutine = Bill { rss: 0, ..Bill::of(16).with_kernel(0) };
    made.line("coroutines/smol", &[1, 100, 10_000, 100_000], coroutine)
        .line("baseline/smol", &[10_000, 100_000], Bill { rss: 290, ..coroutine })
        .line("threads/per-task", &[1, 100, 1_000, 10_000], thread)
        .line("subroutine/sequential", &[1, 4], subroutine)
        .counting("coroutines/smol", &[100, 10_000], 250)
        .without(
            "threads/per-task",
            40_000,
            Status::Wall,
            "thread 16,371 of 40,000 could not be made",
        )
        .without(
            "coroutines/smol",
            1_000_000,
            Status::Failed,
            "killed by signal 9 | out of memory",
        );
    made.timed("coroutines/smol", 100, &[1_100_000, 1_120_000, 1_090_000])
        .timed("threads/per-task", 100, &[4_000_000, 4_200_000, 4_100_000])
        .floor("subroutine/sequential", 10_000);
    made.record()
}

/// A small run of requests and transfers.
pub fn asking_run() -> Record {
    let mut made = Synthetic::new();
    let coroutine = Bill::of(900).with_kernel(4_000);
    let thread = Bill { threads: 1, ..Bill::of(10_000).with_kernel(30_000) };
    made.asking(1_024, None)
        .line("coroutines/smol", &[1, 100, 5_000], coroutine)
        .line("threads/per-task", &[1, 100, 1_000], thread)
        .timed("coroutines/smol", 100, &[2_000_000, 2_100_000, 2_200_000])
        .timed("threads/per-task", 100, &[8_000_000, 8_200_000, 8_100_000])
        .timed("baseline/hyper", 100, &[2_000_000, 2_000_000, 2_000_000])
        .floor("subroutine/sequential", 10_000)
        .asking(65_536, Some(1_048_576_000))
        .line("coroutines/smol", &[16], coroutine)
        .line("subroutine/sequential", &[16], Bill { rss: 0, ..coroutine });
    made.record()
}

/// A run with profiles, in which contestants from elsewhere and in other environments stand apart: Python's
/// threads and coroutines, a program in Rust, one that is not installed, and three under two allocators.
pub fn apart_run() -> Record {
    let mut made = Synthetic::new();
    let thread = Bill { threads: 1, ..Bill::of(10_000).with_kernel(27_000) };
    let light = |rss| Bill::of(rss).with_kernel(40);
    const TASKS: [u64; 3] = [1, 100, 1_000];
    for (id, bill) in [
        ("threads/per-task", thread),
        ("coroutines/tokio", light(400)),
        ("coroutines/smol", light(300)),
    ] {
        made.profile(id, |_| {}).line(id, &TASKS, bill);
        for (library, allocator, saved) in
            [("libjemalloc.so.2", "jemalloc 5.3", 180), ("libmimalloc.so.2", "mimalloc 2.0", 100)]
        {
            let variant = made.variant(id, ("LD_PRELOAD", library), allocator);
            made.line(&variant, &TASKS, Bill { rss: bill.rss - saved, ..bill });
        }
    }
    let arenas = made.variant("coroutines/tokio", ("MALLOC_ARENA_MAX", "1"), "glibc 2.36");
    made.line(&arenas, &TASKS, light(390));
    for (id, model, bill) in
        [("python/asyncio", "coroutines", light(2_400)), ("python/threads", "threads", thread)]
    {
        made.profile(id, |profile| {
            (profile.model, profile.language) = (model.into(), "Python".into());
            (profile.one_thread, profile.elsewhere) = (true, true);
            profile.versions.insert("python".into(), "3.11.2".into());
            profile.allocator = Some("pymalloc over glibc malloc 2.36".into());
        });
        made.line(id, &TASKS, Bill { rss: bill.rss + 1_000, ..bill });
        made.waves(id, 100, &[9_000_000, 9_100_000, 9_200_000]);
    }
    made.profile("own/future", |profile| profile.elsewhere = true);
    made.line("own/future", &TASKS, light(100));
    made.profile("node/promises", |profile| profile.language = "unknown".into());
    made.without(
        "node/promises",
        1,
        Status::Skipped,
        "`node` is not installed here: apt-get install nodejs",
    );
    made.waves("coroutines/tokio", 100, &[2_000_000, 2_010_000, 2_020_000]);
    made.asking(1_024, None);
    for (id, bill) in [("coroutines/tokio", light(900)), ("python/asyncio", light(9_000))] {
        made.line(id, &TASKS, bill);
    }
    made.record()
}
