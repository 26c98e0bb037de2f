//! Reading a record back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::record::{Line, Record, SCHEMA};
use crate::run::Run;

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be opened or read.
    #[error("record {path} cannot be read")]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason given.
        source: io::Error,
    },
    /// A run is writing it.
    #[error("record {path} is being written by another run")]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// There is nothing in it.
    #[error("record {path} is empty: its first line must be the run")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A line is not what it should be.
    #[error("record {path}, line {line}: {problem}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
}

/// Reads the record in this file.
///
/// # Errors
/// If the file cannot be read, or is not a record; see [`read`].
pub fn read_file(path: &Path) -> Result<Record, ReadError> {
    let bytes = fs::read(path).map_err(|source| ReadError::Io { path: path.to_owned(), source })?;
    read(path, text_of(path, &bytes)?)
}

/// The text in a file. A character that was cut off at the end, as a killed run can leave it, is
/// left out.
///
/// # Errors
/// If anything else in it is no text. The line's number is in the error.
pub(super) fn text_of<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a str, ReadError> {
    let whole = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    match std::str::from_utf8(bytes) {
        Err(problem) if problem.error_len().is_some() => {
            let line = whole.matches('\n').count() + 1;
            Err(ReadError::Line { path: path.to_owned(), line, problem: "not UTF-8".into() })
        }
        _ => Ok(whole),
    }
}

/// Reads a record from text; `path` is for messages.
///
/// A last line that was cut off (no line end, and not whole) is left out and reported in
/// [`Record::truncated`].
///
/// # Errors
/// If there is no first line, if the first line is not a run of a known schema, or if any other
/// line is not a cell or a throughput sample. The line's number is in the error.
pub fn read(path: &Path, text: &str) -> Result<Record, ReadError> {
    let fail =
        |line: usize, problem: String| ReadError::Line { path: path.to_owned(), line, problem };
    let mut lines = text.split_inclusive('\n').enumerate().peekable();
    let Some((_, first)) = lines.next() else {
        return Err(ReadError::Empty { path: path.to_owned() });
    };
    let run = parse_run(first).map_err(|problem| fail(1, problem))?;
    let mut record = Record { run, cells: Vec::new(), throughput: Vec::new(), truncated: false };
    while let Some((index, line)) = lines.next() {
        match serde_json::from_str(line) {
            Ok(Line::Cell(cell)) => record.cells.push(*cell),
            Ok(Line::Throughput(throughput)) => record.throughput.push(*throughput),
            Ok(Line::Run(_)) => {
                return Err(fail(index + 1, "a second run; a record has one, in line 1".into()));
            }
            Err(_) if lines.peek().is_none() && !line.ends_with('\n') => record.truncated = true,
            Err(error) => {
                return Err(fail(index + 1, format!("not a cell of schema {SCHEMA}: {error}")));
            }
        }
    }
    Ok(record)
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
    match serde_json::from_value(value).map_err(|error| format!("not a run: {error}"))? {
        Line::Run(run) => Ok(*run),
        Line::Cell(_) | Line::Throughput(_) => Err("not a run".into()),
    }
}
