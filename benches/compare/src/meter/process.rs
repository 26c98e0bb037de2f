//! What procfs says about a process.
//!
//! Sources are the kernel's `Documentation/filesystems/proc.rst` and proc(5). A file that is
//! missing, unreadable, or lacks a line, as when the process has just ended, makes that column
//! `None` and no other. A zombie has no memory left to weigh, so all of its columns are `None`.
//!
//! The process that weighs must stay small and steady while it watches many others, so
//! `/proc/PID/maps`, which has a line for each of up to `vm.max_map_count` mappings, is streamed
//! through a small buffer and never held whole.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::stacks;
use record::Weight;

/// The proc filesystem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Procfs {
    root: PathBuf,
}

impl Default for Procfs {
    /// The one at `/proc`.
    fn default() -> Self {
        Self::at("/proc")
    }
}

impl Procfs {
    /// The one mounted at `root`, or a folder that looks like it.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where it is mounted.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Weighs the process `pid`. The control group's columns and `heap_bytes` are `None`.
    ///
    /// `smaps_rollup` walks the page tables of the whole process, in time proportional to its
    /// memory: milliseconds for a gigabyte. Its figures are exact, unlike `VmRSS` in `status`,
    /// which is kept in per-CPU counters.
    pub fn weigh(&self, pid: u32) -> Weight {
        self.weigh_by(pid, ["Anonymous", "Swap"])
    }

    /// The same of one of several processes: of memory that it shares with others since a fork, its share
    /// (`Pss_Anon` since Linux 5.4, smaps in proc(5)).
    pub fn weigh_share(&self, pid: u32) -> Weight {
        self.weigh_by(pid, ["Pss_Anon", "SwapPss"])
    }

    fn weigh_by(&self, pid: u32, [anonymous, swap]: [&str; 2]) -> Weight {
        let Some(status) = self.living_status(pid) else {
            return Weight::default();
        };
        let rollup = self.read(pid, "smaps_rollup").unwrap_or_default();
        Weight {
            rss_bytes: kilobytes(&rollup, "Rss"),
            anonymous_bytes: kilobytes(&rollup, anonymous),
            huge_page_bytes: kilobytes(&rollup, "AnonHugePages"),
            swap_bytes: kilobytes(&rollup, swap),
            page_table_bytes: kilobytes(&status, "VmPTE"),
            mappings: self.mappings(pid),
            threads: number(&status, "Threads"),
            descriptors: self.descriptors(pid),
            ..Weight::default()
        }
    }

    /// How much of its threads' stacks the process has touched, in bytes; see [`stacks`].
    ///
    /// The kernel writes some 700 bytes about each mapping and walks its pages: measured on Linux
    /// 6.18, a process of 10,000 threads, which have four mappings each, is
    /// 29 MB of text, which take the kernel 0.12 s and the reader about as much.
    pub fn stacks(&self, pid: u32) -> Option<u64> {
        let smaps = File::open(self.path(pid, "smaps")).ok()?;
        stacks::touched_bytes(BufReader::with_capacity(1 << 16, smaps)).ok()
    }

    /// How many threads the process has; cheap, for a watcher.
    pub fn threads(&self, pid: u32) -> Option<u64> {
        number(&self.living_status(pid)?, "Threads")
    }

    /// The resident memory in bytes as `status` has it: cheap, for a watcher, and off by up to some
    /// dozen pages a core. What is recorded comes from [`Procfs::weigh`].
    pub fn approximate_rss_bytes(&self, pid: u32) -> Option<u64> {
        kilobytes(&self.living_status(pid)?, "VmRSS")
    }

    /// The most addresses that the process ever had mapped, in bytes: what `RLIMIT_AS` bounds. Cheap, for
    /// a watcher.
    pub fn peak_address_bytes(&self, pid: u32) -> Option<u64> {
        kilobytes(&self.living_status(pid)?, "VmPeak")
    }

    /// How many mappings the process has: the lines of `maps`. Takes time proportional to them, tens
    /// of milliseconds at the default `vm.max_map_count` of 65530, and no memory.
    pub fn mappings(&self, pid: u32) -> Option<u64> {
        let file = File::open(self.path(pid, "maps")).ok()?;
        // A process always has a mapping; one that has none is about to vanish.
        count_lines(file).ok().filter(|&lines| lines > 0)
    }

    /// How many descriptors the process has open: the entries of `fd`. Takes the right to trace the
    /// process, which a parent of the same user has.
    pub fn descriptors(&self, pid: u32) -> Option<u64> {
        let entries = fs::read_dir(self.path(pid, "fd")).ok()?;
        entries.map(|entry| entry.ok().map(|_| 1_u64)).sum()
    }

    /// How many threads there are on the whole system, processes included: what `pid_max` and
    /// `threads-max` bound. It is the number after the slash in `loadavg`.
    pub fn threads_in_system(&self) -> Option<u64> {
        let loadavg = fs::read_to_string(self.root.join("loadavg")).ok()?;
        let (_, threads) = loadavg.split_whitespace().nth(3)?.split_once('/')?;
        threads.parse().ok()
    }

    /// How many threads this process's user has, processes included, as far as they can be seen: what
    /// `RLIMIT_NPROC` bounds. Looks at every process of the system.
    pub fn threads_of_user(&self) -> Option<u64> {
        let user = |status: &str| Some(value(status, "Uid")?.split_whitespace().next()?.to_owned());
        let own = user(&fs::read_to_string(self.root.join("self/status")).ok()?)?;
        let statuses = self.pids().filter_map(|pid| self.read(pid, "status"));
        let of_user = statuses.filter(|status| user(status).as_ref() == Some(&own));
        Some(of_user.filter_map(|status| number(&status, "Threads")).sum())
    }

    /// All processes that can be seen.
    pub fn pids(&self) -> impl Iterator<Item = u32> {
        let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
    }

    /// A field of the process's `stat`, as proc_pid_stat(5) numbers them, from the third on: the name before it
    /// may hold anything.
    pub fn stat(&self, pid: u32, field: usize) -> Option<String> {
        let stat = self.read(pid, "stat")?;
        let (_, rest) = stat.rsplit_once(')')?;
        rest.split_whitespace().nth(field.checked_sub(3)?).map(str::to_owned)
    }

    /// How many processes the kernel has killed for want of memory since it started; `None` before
    /// Linux 4.13.
    pub fn oom_kills(&self) -> Option<u64> {
        let vmstat = fs::read_to_string(self.root.join("vmstat")).ok()?;
        vmstat.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
    }

    /// Whether the process `pid` has memory of its own: one that is about to end gives it up first.
    pub fn has_memory(&self, pid: u32) -> bool {
        self.living_status(pid).is_some_and(|status| value(&status, "VmSize").is_some())
    }

    /// Whether the process `pid` is there and has not ended: a zombie has, once all of its threads have. Its
    /// first thread may be one before the others, which still have its files open.
    pub fn lives(&self, pid: u32) -> bool {
        let threads = || number(&self.read(pid, "status")?, "Threads");
        self.living_status(pid).is_some() || threads().is_some_and(|threads| threads > 1)
    }

    /// What the process `pid` calls itself.
    pub fn name(&self, pid: u32) -> Option<String> {
        line(&self.path(pid, "comm"))
    }

    /// Whether there is a process `pid`, zombies included.
    pub fn exists(&self, pid: u32) -> bool {
        self.path(pid, "").exists()
    }

    fn living_status(&self, pid: u32) -> Option<String> {
        let status = self.read(pid, "status")?;
        let state = value(&status, "State")?;
        (!state.starts_with(['Z', 'X'])).then_some(status)
    }

    fn read(&self, pid: u32, name: &str) -> Option<String> {
        fs::read_to_string(self.path(pid, name)).ok()
    }

    fn path(&self, pid: u32, name: &str) -> PathBuf {
        self.root.join(pid.to_string()).join(name)
    }
}

/// The rest of the line `key: …`, trimmed.
pub(crate) fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim_end() == key).then(|| value.trim())
    })
}

/// The number in the line `key: …`.
pub(crate) fn number(text: &str, key: &str) -> Option<u64> {
    value(text, key)?.parse().ok()
}

/// The bytes in the line `key: … kB`. The kernel's `kB` is 1024 bytes.
pub(crate) fn kilobytes(text: &str, key: &str) -> Option<u64> {
    let kilobytes: u64 = value(text, key)?.strip_suffix("kB")?.trim_end().parse().ok()?;
    kilobytes.checked_mul(1024)
}

/// A file's only line, if it is not empty.
pub(crate) fn line(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

fn count_lines(from: impl Read) -> io::Result<u64> {
    let mut from = BufReader::new(from);
    let mut lines = 0;
    while from.skip_until(b'\n')? > 0 {
        lines += 1;
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Name:\tx: y\nState:\tS (sleeping)\nVmRSS:\t    1720 kB\n\
                          VmPTE:\t      44 kB\nThreads:\t17\n";
    const ROLLUP: &str = "55e02ec4e000-7fffb3eb1000 ---p 00000000 00:00 0   [rollup]\n\
                          Rss:                1628 kB\nPss_Anon:            1 kB\n\
                          Anonymous:           112 kB\nAnonHugePages:  8 kB\n\
                          Swap:                 12 kB\nSwapPss: 1 kB\n";

    fn fixture(files: &[(&str, &str)]) -> (tempfile::TempDir, Procfs) {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let procfs = Procfs::at(root.path());
        (root, procfs)
    }

    #[test]
    fn every_column_is_read_from_its_file() {
        let (_root, procfs) = fixture(&[
            ("7/status", STATUS),
            ("7/smaps_rollup", ROLLUP),
            ("7/maps", "a\nb\nc\n"),
            ("7/fd/0", ""),
            ("7/fd/1", ""),
        ]);
        let expected = Weight {
            rss_bytes: Some(1628 * 1024),
            anonymous_bytes: Some(112 * 1024),
            huge_page_bytes: Some(8 * 1024),
            swap_bytes: Some(12 * 1024),
            page_table_bytes: Some(44 * 1024),
            mappings: Some(3),
            threads: Some(17),
            descriptors: Some(2),
            ..Weight::default()
        };
        assert_eq!(procfs.weigh(7), expected);
        let (anonymous_bytes, swap_bytes) = (Some(1024), Some(1024));
        assert_eq!(procfs.weigh_share(7), Weight { anonymous_bytes, swap_bytes, ..expected });
        assert_eq!(procfs.threads(7), Some(17));
        assert_eq!(procfs.approximate_rss_bytes(7), Some(1720 * 1024));
    }

    #[test]
    fn a_missing_file_costs_only_its_own_columns() {
        let (_root, procfs) = fixture(&[("7/status", STATUS), ("7/smaps_rollup", "Rss: 4 kB\n")]);
        let expected = Weight {
            rss_bytes: Some(4096),
            page_table_bytes: Some(44 * 1024),
            threads: Some(17),
            ..Weight::default()
        };
        assert_eq!(procfs.weigh(7), expected);
    }

    #[test]
    fn a_vanished_process_or_a_zombie_weighs_nothing_known() {
        let zombie = "Name:\tx\nState:\tZ (zombie)\nThreads:\t1\n";
        let (_root, procfs) = fixture(&[("8/status", zombie), ("8/maps", ""), ("8/fd/0", "")]);
        assert_eq!(procfs.weigh(8), Weight::default());
        assert_eq!(procfs.threads(8), None);
        assert_eq!(procfs.weigh(9), Weight::default());
        assert!(procfs.exists(8));
        assert!(!procfs.exists(9));
    }

    #[test]
    fn values_that_are_not_kilobytes_are_not_guessed_at() {
        assert_eq!(kilobytes("Rss: 12 MB\n", "Rss"), None);
        assert_eq!(kilobytes("Rss: twelve kB\n", "Rss"), None);
        assert_eq!(kilobytes("Rss: 18446744073709551615 kB\n", "Rss"), None);
    }

    #[test]
    fn lines_are_counted_across_buffers() {
        let text = "0123456789\n".repeat(10_000);
        assert_eq!(count_lines(text.as_bytes()).unwrap(), 10_000);
    }

    #[test]
    fn kills_for_want_of_memory_are_counted_for_the_whole_system() {
        let root = tempfile::tempdir().unwrap();
        let procfs = Procfs::at(root.path());
        assert_eq!(procfs.oom_kills(), None);
        fs::write(root.path().join("vmstat"), "pgfault 5\noom_kill 3\nswap_ra 0\n").unwrap();
        assert_eq!(procfs.oom_kills(), Some(3));
    }

    #[test]
    fn a_process_that_ends_has_no_memory_any_more() {
        let root = tempfile::tempdir().unwrap();
        let procfs = Procfs::at(root.path());
        fs::create_dir(root.path().join("7")).unwrap();
        assert!(!procfs.has_memory(7));
        for (status, expected) in [
            ("State:\tS (sleeping)\nVmSize:\t 5 kB\n", true),
            ("State:\tR (running)\nThreads:\t1\n", false),
            ("State:\tZ (zombie)\n", false),
        ] {
            fs::write(root.path().join("7/status"), status).unwrap();
            assert_eq!(procfs.has_memory(7), expected, "{status}");
            assert_eq!(procfs.lives(7), !status.contains('Z'), "{status}");
            fs::write(root.path().join("7/status"), format!("{status}Threads:\t2\n")).unwrap();
            assert!(procfs.lives(7), "another thread of it has not ended");
        }
    }

    #[test]
    fn the_systems_threads_stand_after_the_slash() {
        let (_root, procfs) = fixture(&[("loadavg", "0.07 0.15 0.07 2/83 8050\n")]);
        assert_eq!(procfs.threads_in_system(), Some(83));
        let (_root, procfs) = fixture(&[("loadavg", "0.07\n")]);
        assert_eq!(procfs.threads_in_system(), None);
    }

    #[test]
    fn a_users_threads_are_those_of_all_its_processes() {
        let root = tempfile::tempdir().unwrap();
        let procfs = Procfs::at(root.path());
        assert_eq!(procfs.threads_of_user(), None);
        for (pid, uid, threads) in [("self", 7, 2), ("10", 7, 2), ("11", 8, 50), ("12", 7, 30)] {
            fs::create_dir(root.path().join(pid)).unwrap();
            let status = format!("Uid:\t{uid}\t0\t0\t0\nThreads:\t{threads}\n");
            fs::write(root.path().join(pid).join("status"), status).unwrap();
        }
        fs::create_dir(root.path().join("13")).unwrap();
        assert_eq!(procfs.threads_of_user(), Some(32));
    }

    #[cfg(target_os = "linux")]
    mod live {
        use std::io::{BufRead, BufReader, Write};
        use std::process::{Child, Command, Stdio};

        use super::*;

        /// A shell that has run `script`, said so, and waits until it is dropped.
        struct Shell(Child);

        impl Shell {
            fn after(script: &str) -> Self {
                let mut child = Command::new("sh")
                    .args(["-c", &format!("{script}\necho ready; read end")])
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .spawn()
                    .unwrap();
                let mut line = String::new();
                BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
                assert_eq!(line, "ready\n");
                Self(child)
            }
        }

        impl Drop for Shell {
            fn drop(&mut self) {
                let _ = self.0.stdin.take().unwrap().write_all(b"end\n");
                let _ = self.0.wait();
            }
        }

        #[test]
        fn a_shell_has_every_column_and_one_thread() {
            let shell = Shell::after("");
            let weight = Procfs::default().weigh(shell.0.id());
            assert!(weight.rss_bytes.unwrap() > weight.anonymous_bytes.unwrap());
            assert!(weight.page_table_bytes.unwrap() >= 4096);
            assert!(weight.mappings.unwrap() > 5);
            assert_eq!(weight.threads, Some(1));
        }

        #[test]
        fn each_open_file_is_one_more_descriptor() {
            let plain = Shell::after("");
            let opened = Shell::after("exec 5</dev/null 6</dev/null 7</dev/null");
            let descriptors = |shell: &Shell| Procfs::default().descriptors(shell.0.id()).unwrap();
            assert_eq!(descriptors(&opened), descriptors(&plain) + 3);
        }

        #[test]
        fn memory_held_is_resident_and_anonymous() {
            const HELD: u64 = 32 << 20;
            let plain = Shell::after("");
            let holding = Shell::after(&format!("x=$(head -c {HELD} /dev/zero | tr '\\0' x)"));
            let weigh = |shell: &Shell| Procfs::default().weigh(shell.0.id());
            let (plain, holding) = (weigh(&plain), weigh(&holding));
            // The shell may keep more than one copy, never less than one.
            assert!(holding.rss_bytes.unwrap() >= HELD);
            assert!(holding.anonymous_bytes.unwrap() >= plain.anonymous_bytes.unwrap() + HELD);
            let tables = holding.page_table_bytes.unwrap() - plain.page_table_bytes.unwrap();
            // A page of tables maps 2 MiB of 4 KiB pages; larger pages need fewer.
            assert!(tables <= 4 * (HELD >> 9), "{tables}");
        }

        #[test]
        fn threads_and_their_mappings_are_seen() {
            use std::sync::{Arc, Barrier};
            let procfs = Procfs::default();
            let own = std::process::id();
            let barrier = Arc::new(Barrier::new(9));
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    let barrier = Arc::clone(&barrier);
                    std::thread::spawn(move || {
                        barrier.wait();
                        barrier.wait();
                    })
                })
                .collect();
            barrier.wait();
            // Other tests come and go in this process, so only a lower bound is certain.
            let (seen, mappings) = (procfs.threads(own).unwrap(), procfs.mappings(own).unwrap());
            barrier.wait();
            for thread in threads {
                thread.join().unwrap();
            }
            assert!(seen >= 9, "{seen}");
            assert!(mappings >= 16, "{mappings}");
        }

        #[test]
        fn what_a_thread_touches_of_its_stack_is_seen_and_what_it_allocates_is_not() {
            use std::sync::{Arc, Barrier};
            const THREADS: usize = 8;
            const TOUCHED: usize = 256 * 1024;
            let barrier = Arc::new(Barrier::new(THREADS + 1));
            let stacks = || Procfs::default().stacks(std::process::id()).unwrap();
            let before = stacks();
            let threads: Vec<_> = (0..THREADS)
                .map(|_| {
                    let barrier = Arc::clone(&barrier);
                    std::thread::spawn(move || {
                        let on_stack = std::hint::black_box([1_u8; TOUCHED]);
                        let on_heap = std::hint::black_box(vec![1_u8; 16 * TOUCHED]);
                        barrier.wait();
                        barrier.wait();
                        on_stack.len() + on_heap.len()
                    })
                })
                .collect();
            barrier.wait();
            let after = stacks();
            barrier.wait();
            for thread in threads {
                thread.join().unwrap();
            }
            // Other tests come and go in this process: only a lower bound is certain, and one far
            // above what they could use.
            let held = (THREADS * TOUCHED) as u64;
            assert!(after >= before + held / 2, "{before} {after}");
            assert!(after <= before + 16 * held, "{before} {after}");
        }

        #[test]
        fn a_reaped_process_is_gone() {
            let shell = Shell::after("");
            let pid = shell.0.id();
            drop(shell);
            assert_eq!(Procfs::default().weigh(pid), Weight::default());
        }
    }
}
