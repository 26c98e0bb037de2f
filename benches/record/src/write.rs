//! Appending to a record while a run goes on.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::read::{LONGEST_LINE, ReadError, read_from};
use crate::record::{Line, Record};
use crate::run::Run;

/// How long a killed run may hold its record. One that is still there holds it for longer.
const LETTING_GO: Duration = Duration::from_secs(2);

/// A record that is being written, each line whole and in one write before the next cell starts.
#[derive(Debug)]
pub struct Writer {
    file: File,
}

impl Writer {
    /// Makes a new record with this first line, over any file that is there.
    ///
    /// # Errors
    /// If the folder cannot be made, the file cannot be written, or another run is writing it.
    pub fn create(path: &Path, run: Run) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        if !lock(&file)? {
            return Err(io::Error::other("another run is writing it"));
        }
        file.set_len(0)?;
        let mut writer = Self { file };
        // A file that has not even its first line, as on a full disk, is no record.
        writer.append(&Line::Run(Box::new(run))).inspect_err(|_| {
            let _ = std::fs::remove_file(path);
        })?;
        Ok(writer)
    }

    /// Appends a line.
    ///
    /// # Errors
    /// If the file cannot be written, or the line is longer than any that is read.
    pub fn append(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_string(line).map_err(io::Error::other)?;
        text.push('\n');
        if text.len() as u64 > LONGEST_LINE {
            let problem =
                format!("a line of {} bytes: {LONGEST_LINE} are read at most", text.len());
            return Err(io::Error::other(problem));
        }
        self.file.write_all(text.as_bytes())?;
        self.file.flush()
    }
}

/// The record that a run left before its end, kept from being written by any other run.
#[derive(Debug)]
pub struct Unfinished {
    file: File,
    path: PathBuf,
    record: Record,
    /// How much of the file is whole lines, or one that lacks nothing but its end.
    whole_bytes: u64,
    lacks_line_end: bool,
}

impl Unfinished {
    /// Opens and reads it. Nothing in it is changed.
    ///
    /// # Errors
    /// If it cannot be read or written, is being written by another run, or is not a record.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let fail = |source| ReadError::Io(path.to_owned(), source);
        let mut file = OpenOptions::new().read(true).append(true).open(path).map_err(fail)?;
        // A run that was killed as it started a cell leaves a process that holds its files for a moment.
        let patience = Instant::now() + LETTING_GO;
        while !lock(&file).map_err(fail)? {
            if Instant::now() > patience {
                return Err(ReadError::Busy(path.to_owned()));
            }
            thread::sleep(Duration::from_millis(10));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(fail)?;
        let record = read_from(path, &*bytes)?;
        let last = bytes.iter().rposition(|byte| *byte == b'\n');
        let whole_lines = last.map_or(&[][..], |last| &bytes[..=last]);
        let whole = if record.truncated { whole_lines } else { &bytes };
        Ok(Self {
            file,
            path: path.to_owned(),
            record,
            whole_bytes: whole.len() as u64,
            lacks_line_end: !whole.ends_with(b"\n"),
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is in it.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Drops a last line that was cut off, and goes on after it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn go_on(mut self) -> io::Result<Writer> {
        self.file.set_len(self.whole_bytes)?;
        if self.lacks_line_end {
            self.file.write_all(b"\n")?;
        }
        Ok(Writer { file: self.file })
    }
}

/// Locks a record until it is closed, also by being killed; false if another run has locked it.
fn lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::cell::Cell;
    use crate::read::read_file;
    use crate::synthetic::small_run;

    fn text() -> String {
        let record = small_run();
        let cells = record.cells.into_iter().take(3);
        let lines = [Line::Run(Box::new(record.run))]
            .into_iter()
            .chain(cells.map(|cell| Line::Cell(Box::new(cell))));
        lines.map(|line| serde_json::to_string(&line).unwrap() + "\n").collect()
    }

    /// A record that ends in the middle of any byte is gone on with after its last whole line.
    #[test]
    fn a_record_that_was_cut_anywhere_is_gone_on_with() {
        let text = text().replacen("\"reason\":null", "\"reason\":\"× µ\"", 2);
        let last = Cell { repeat: 99, ..small_run().cells.remove(2) };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.jsonl");
        let first_line = text.find('\n').unwrap() + 1;
        for cut in first_line..=text.len() {
            fs::write(&path, &text.as_bytes()[..cut]).unwrap();
            let whole = text.as_bytes()[..cut].iter().filter(|byte| **byte == b'\n').count() - 1;
            assert!(read_file(&path).unwrap().cells.len() >= whole, "{cut}");
            let unfinished = Unfinished::open(&path).unwrap();
            let there = unfinished.record().cells.len();
            assert!(there == whole || there == whole + 1, "{there} of {whole} at {cut}");
            let line = Line::Cell(Box::new(last.clone()));
            unfinished.go_on().unwrap().append(&line).unwrap();
            let record = read_file(&path).unwrap();
            assert_eq!(record.cells.len(), there + 1, "cut at {cut}");
            assert!(!record.truncated);
            assert_eq!(record.cells.last(), Some(&last));
        }
    }

    #[test]
    fn a_line_that_could_not_be_read_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.jsonl");
        let mut run = small_run().run;
        run.arguments = Some(vec!["x".repeat(usize::try_from(LONGEST_LINE).unwrap())]);
        let error = Writer::create(&path, run).unwrap_err().to_string();
        assert!(error.ends_with("bytes: 1048576 are read at most"), "{error}");
        assert!(!path.exists(), "an empty file is left");
    }

    #[test]
    fn what_another_run_writes_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.jsonl");
        let writer = Writer::create(&path, small_run().run).unwrap();
        let error = Unfinished::open(&path).unwrap_err().to_string();
        assert!(error.ends_with("is being written by another run"), "{error}");
        drop(writer);
        let unfinished = Unfinished::open(&path).unwrap();
        let error = Writer::create(&path, small_run().run).unwrap_err().to_string();
        assert_eq!(error, "another run is writing it");
        drop(unfinished);
        assert_eq!(read_file(&path).unwrap().run, small_run().run, "nothing was written");
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.jsonl");
        fs::write(&path, [text().as_bytes(), b"\xff\xff\n"].concat()).unwrap();
        let expected = format!("record {}, line 5: not UTF-8", path.display());
        assert_eq!(Unfinished::open(&path).unwrap_err().to_string(), expected);
        assert_eq!(read_file(&path).unwrap_err().to_string(), expected);
    }
}
