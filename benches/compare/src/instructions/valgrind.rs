//! valgrind: whether it is here, how it runs a program, what it has counted.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::patience::{End, end_of};

/// The oldest version that is used: what older ones count was not looked at.
const OLDEST: (u32, u32) = (3, 19);

/// How long it may take to say which version it is.
const PATIENCE: Duration = Duration::from_secs(10);

/// The file that it writes, in a folder of its own.
const OUT: &str = "counted";

/// No file of a program like ours comes near so many bytes.
const LONGEST: u64 = 64 << 20;

/// More threads than any contestant is given. valgrind itself has room for 500.
const MOST_THREADS: u32 = 10_000;

/// A valgrind that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Valgrind {
    /// What it calls itself: `valgrind-3.19.0`.
    pub version: String,
}

impl Valgrind {
    /// The one on this machine.
    ///
    /// # Errors
    /// Why there is none that can be used, and what helps.
    pub fn find() -> Result<Self, String> {
        if !cfg!(target_os = "linux") {
            return Err("instructions are counted on Linux alone".into());
        }
        let said = match version(Command::new("valgrind").arg("--version")) {
            Ok((End { in_time: false, .. }, _)) => {
                let patience = PATIENCE.as_secs();
                return Err(format!("`valgrind --version` did not answer within {patience} s"));
            }
            Ok((End { status, .. }, said)) if status.success() => said,
            Ok((End { status, .. }, _)) => {
                return Err(format!("`valgrind --version` ended with {status}"));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err("valgrind is not installed: apt-get install valgrind".into());
            }
            Err(error) => return Err(format!("valgrind does not start: {error}")),
        };
        let version: String = said.trim().chars().take(40).collect();
        match number_of(&version) {
            Some(number) if number >= OLDEST => Ok(Self { version }),
            _ => Err(format!(
                "valgrind says that it is `{version}`; {}.{} or newer is needed",
                OLDEST.0, OLDEST.1
            )),
        }
    }

    /// A command that counts the instructions of this program.
    pub(super) fn command(&self, program: &Path, id: &str, folder: &TempDir) -> Command {
        let mut command = Command::new("valgrind");
        command
            .args(["--quiet", "--tool=cachegrind", "--cache-sim=no", "--vgdb=no"])
            .arg(format!("--max-threads={MOST_THREADS}"))
            .arg(format!("--cachegrind-out-file={OUT}"))
            .arg(program)
            .args(["cell", id])
            // Nor does a folder's `.valgrindrc` change what is counted.
            .current_dir(folder.path())
            .env_remove("VALGRIND_OPTS");
        command
    }

    /// What a command in this folder has counted.
    ///
    /// # Errors
    /// Why that is not known.
    pub(super) fn counted(&self, folder: &TempDir) -> Result<u64, String> {
        let mut bytes = Vec::new();
        File::open(folder.path().join(OUT))
            .and_then(|file| file.take(LONGEST).read_to_end(&mut bytes))
            .map_err(|error| format!("what valgrind counted cannot be read: {error}"))?;
        total(&String::from_utf8_lossy(&bytes)).ok_or_else(|| {
            "what valgrind wrote has no single total of instructions in it".to_owned()
        })
    }
}

/// How this command ended, and the first thing that it said.
fn version(command: &mut Command) -> io::Result<(End, String)> {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let end = end_of(&mut child, PATIENCE)?;
    let mut said = [0; 200];
    // What it has started may hold the pipe open, but what it said itself is there.
    let length = match child.stdout.take() {
        Some(mut stdout) if end.in_time => stdout.read(&mut said)?,
        _ => 0,
    };
    Ok((end, String::from_utf8_lossy(&said[..length]).into_owned()))
}

/// The total of a file of cachegrind that counted instructions and nothing else.
fn total(text: &str) -> Option<u64> {
    let mut lines = text.lines().skip_while(|line| *line != "events: Ir");
    lines.next()?;
    let mut totals = lines.filter_map(|line| line.strip_prefix("summary:"));
    let total = totals.next()?.trim().parse().ok()?;
    totals.next().is_none().then_some(total)
}

/// Major and minor number of `valgrind-3.19.0`.
fn number_of(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.strip_prefix("valgrind-")?.split(['.', '-']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_are_told_by_their_numbers() {
        assert_eq!(number_of("valgrind-3.19.0"), Some((3, 19)));
        assert_eq!(number_of("valgrind-3.22.0.GIT-x"), Some((3, 22)));
        assert_eq!(number_of("valgrind-4.1-rc1"), Some((4, 1)));
        for wrong in ["", "valgrind", "valgrind-", "valgrind-3", "3.19", "valgrind-x.y"] {
            assert_eq!(number_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_no_single_total_of_instructions_is_refused() {
        let head = "desc: x\ncmd: compare cell\nevents: Ir\nfl=a.rs\nfn=main\n1 7\n";
        assert_eq!(total(&format!("{head}summary: 7\n")), Some(7));
        assert_eq!(total(head), None, "cut off");
        assert_eq!(total(&format!("{head}summary: 7 8\n")), None, "several events");
        assert_eq!(total(&format!("{head}summary: 7\nsummary: 7\n")), None);
        assert_eq!(total(&format!("{head}summary: -7\n")), None);
        assert_eq!(total("events: Ir I1mr\nsummary: 7\n"), None, "the caches are simulated");
    }

    proptest! {
        #[test]
        fn a_total_is_read_among_any_lines(
            before in "[a-z =:0-9\n]{0,80}",
            lines in prop::collection::vec("(fn|fl)=\\PC{0,20}|[0-9]{1,6} [0-9]{1,9}", 0..20),
            number in any::<u64>(),
        ) {
            let text = format!("{before}\nevents: Ir\n{}\nsummary: {number}\n", lines.join("\n"));
            prop_assert_eq!(total(&text), Some(number));
        }

        #[test]
        fn whatever_is_in_the_file_is_read_without_a_panic(text in "\\PC{0,99}|(events: Ir\n|summary:|[0-9]|\n){0,9}") {
            let _ = (total(&text), number_of(&text));
        }
    }
}
