//! Reading a record back.

use std::collections::HashMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::record::{Line, Record, SCHEMA};
use crate::run::Run;

/// Why a record cannot be read: the first field is its file.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be opened or read, for the reason given.
    #[error("record {0} cannot be read")]
    Io(PathBuf, #[source] io::Error),
    /// A run is writing it.
    #[error("record {0} is being written by another run")]
    Busy(PathBuf),
    /// There is nothing in it.
    #[error("record {0} is empty: its first line must be the run")]
    Empty(PathBuf),
    /// This line, from 1, is not what it should be, for the reason given.
    #[error("record {0}, line {1}: {2}")]
    Line(PathBuf, usize, String),
}

/// The longest line that is read, in bytes. No line of a run comes near it.
pub const LONGEST_LINE: u64 = 1 << 20;

/// The most lines that are read. A thorough run has 2,000.
pub const MOST_LINES: usize = 250_000;

/// Reads the record in this file; `-` is the standard input.
///
/// # Errors
/// If the file cannot be read, or is not a record; see [`read_from`].
pub fn read_file(path: &Path) -> Result<Record, ReadError> {
    if path == Path::new("-") {
        return read_from(Path::new("standard input"), io::stdin().lock());
    }
    let fail = |source| ReadError::Io(path.to_owned(), source);
    let file = File::open(path).map_err(fail)?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(fail(io::ErrorKind::IsADirectory.into()));
    }
    read_from(path, BufReader::new(file))
}

/// Reads a record line by line, within [`LONGEST_LINE`] and [`MOST_LINES`]; `path` is for messages. A
/// last line that was cut off is left out and reported in [`Record::truncated`].
///
/// # Errors
/// If the first line is not a run of a known schema, or another is too long, one too many, no cell or
/// sample, or one that was there before: a cell that stands twice would narrow every interval.
pub fn read_from(path: &Path, from: impl BufRead) -> Result<Record, ReadError> {
    read_within(path, from, MOST_LINES)
}

fn read_within(
    path: &Path,
    mut from: impl BufRead,
    most_lines: usize,
) -> Result<Record, ReadError> {
    let fail = |line: usize, problem: String| ReadError::Line(path.to_owned(), line, problem);
    let mut bytes = Vec::new();
    let mut record: Option<Record> = None;
    let mut seen: HashMap<u64, usize> = HashMap::new();
    for number in 1.. {
        bytes.clear();
        from.by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut bytes)
            .map_err(|source| ReadError::Io(path.to_owned(), source))?;
        if bytes.is_empty() {
            break;
        }
        if number > most_lines {
            return Err(fail(number, format!("more lines than the {most_lines} that are read")));
        }
        let is_ended = bytes.ends_with(b"\n");
        if !is_ended && bytes.len() as u64 == LONGEST_LINE {
            return Err(fail(number, format!("longer than {LONGEST_LINE} bytes")));
        }
        let parsed = match (std::str::from_utf8(&bytes), &record) {
            (Err(problem), _) if problem.error_len().is_none() && !is_ended => Err(String::new()),
            (Err(_), _) => return Err(fail(number, "not UTF-8".into())),
            (Ok(line), None) => {
                let run = parse_run(line).map_err(|problem| fail(number, problem))?;
                record = Some(Record::of(run));
                continue;
            }
            (Ok(line), Some(_)) => serde_json::from_str(line).map_err(|error| error.to_string()),
        };
        match (parsed, &mut record) {
            (Ok(Line::Cell(cell)), Some(record)) => record.cells.push(*cell),
            (Ok(Line::Throughput(sample)), Some(record)) => record.throughput.push(*sample),
            (Ok(Line::Instructions(counted)), Some(record)) => record.instructions.push(*counted),
            (Ok(Line::Weighing(weighed)), Some(record)) => record.weighings.push(*weighed),
            (Ok(_), _) => {
                let problem = "a second run; a record has one, in line 1".into();
                return Err(fail(number, problem));
            }
            (Err(_), Some(record)) if !is_ended => {
                record.truncated = true;
                continue;
            }
            (Err(problem), _) => {
                return Err(fail(number, format!("not a cell of schema {SCHEMA}: {problem}")));
            }
        }
        if let Some(first) = seen.insert(hash(bytes.trim_ascii_end()), number) {
            return Err(fail(number, format!("the same as line {first}")));
        }
    }
    record.ok_or_else(|| ReadError::Empty(path.to_owned()))
}

/// A number that tells lines apart.
fn hash(line: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    line.hash(&mut hasher);
    hasher.finish()
}

fn parse_run(line: &str) -> Result<Run, String> {
    let value: serde_json::Value =
        serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"))?;
    let kind = value.get("kind").and_then(serde_json::Value::as_str);
    if kind != Some("run") {
        return Err("not a run; the first line of a record has \"kind\":\"run\"".into());
    }
    let schema = value.get("schema").and_then(serde_json::Value::as_u64);
    if schema != Some(u64::from(SCHEMA)) {
        let given = value.get("schema").map_or("none".to_owned(), ToString::to_string);
        return Err(format!("schema {given}; this program reads schema {SCHEMA}"));
    }
    serde_json::from_value(value).map_err(|error| format!("not a run: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::small_run;

    fn text() -> String {
        let record = small_run();
        let cells = record.cells.into_iter().map(|cell| Line::Cell(Box::new(cell)));
        let lines = [Line::Run(Box::new(record.run))].into_iter().chain(cells);
        lines.map(|line| serde_json::to_string(&line).unwrap() + "\n").collect()
    }

    fn problem(text: impl AsRef<[u8]>) -> String {
        read_from(Path::new("x"), text.as_ref()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_record_is_refused_with_its_line() {
        let text = text();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        assert_eq!(problem(""), "record x is empty: its first line must be the run");
        let twice = format!("{}{}{}{}", lines[0], lines[1], lines[2], lines[1]);
        assert_eq!(problem(twice), "record x, line 4: the same as line 2");
        let other = text.replacen("\"schema\":1", "\"schema\":2", 1);
        assert_eq!(problem(other), "record x, line 1: schema 2; this program reads schema 1");
        assert!(problem(format!("{}{}", lines[0], lines[0])).contains("line 2: a second run"));
        assert!(problem(format!("{}{{}}\n", lines[0])).contains("line 2: not a cell of schema 1"));
        assert_eq!(
            problem([text.as_bytes(), b"\xff\n"].concat()).rsplit(": ").next(),
            Some("not UTF-8")
        );
    }

    /// A file without a line end takes no more memory than one line may.
    #[test]
    fn a_line_without_an_end_is_refused() {
        let endless = io::repeat(0).take(1 << 40);
        let error = read_from(Path::new("x"), BufReader::new(endless)).unwrap_err().to_string();
        assert_eq!(error, "record x, line 1: longer than 1048576 bytes");
    }

    #[test]
    fn too_many_lines_are_refused() {
        let cell = small_run().cells.remove(0);
        let line = |tasks| {
            let cell = crate::Cell { tasks, ..cell.clone() };
            serde_json::to_string(&Line::Cell(Box::new(cell))).unwrap() + "\n"
        };
        let first = serde_json::to_string(&Line::Run(Box::new(small_run().run))).unwrap() + "\n";
        let text: String = std::iter::once(first).chain((0..50).map(line)).collect();
        assert_eq!(read_within(Path::new("x"), text.as_bytes(), 51).unwrap().cells.len(), 50);
        let error = read_within(Path::new("x"), text.as_bytes(), 50).unwrap_err().to_string();
        assert_eq!(error, "record x, line 51: more lines than the 50 that are read");
    }

    #[test]
    fn a_workload_too_large_to_count_is_no_proof() {
        let mut record = crate::synthetic::asking_run();
        let cell = &mut record.cells[0];
        assert_eq!(cell.flaw(), None);
        cell.workload.waits_per_task = 2;
        cell.tasks = 1 << 63;
        cell.server.as_mut().unwrap().served = 0;
        let proof = cell.proof.as_mut().unwrap();
        proof.completed = 1 << 63;
        assert_eq!(cell.flaw().as_deref(), Some("it has more waits than can be counted"));
    }
}
