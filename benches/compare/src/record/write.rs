//! Appending to a record while a run goes on.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::Path;

use super::{Cell, Line, Run, Throughput};

/// A record that is being written.
///
/// Each line goes to the file whole, in one write, before the next cell starts: a killed run loses
/// at most the line it was about to write.
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
        // Held until the file is closed, also by being killed.
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => io::Error::other("another run is writing it"),
            TryLockError::Error(error) => error,
        })?;
        file.set_len(0)?;
        let mut writer = Self { file };
        writer.append(&Line::Run(Box::new(run)))?;
        Ok(writer)
    }

    /// Appends a cell.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn cell(&mut self, cell: Cell) -> io::Result<()> {
        self.append(&Line::Cell(Box::new(cell)))
    }

    /// Appends a throughput sample.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn throughput(&mut self, throughput: Throughput) -> io::Result<()> {
        self.append(&Line::Throughput(Box::new(throughput)))
    }

    fn append(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_string(line).map_err(io::Error::other)?;
        text.push('\n');
        self.file.write_all(text.as_bytes())?;
        self.file.flush()
    }
}
