//! A table as a department keeps it: CSV with a header line, in UTF-8. Looked through once before anything is done with
//! it, so that a file in another encoding is refused whole. Not here: what a row means (`catalogue`).

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::wiring::told::Told;

/// A table that can be read from the start as often as needed.
pub(super) struct Table {
    path: PathBuf,
    /// The column names, without a byte-order mark.
    pub(super) header: Vec<String>,
    /// Rows below it.
    pub(super) rows: u64,
}

impl Table {
    /// Looks through a file.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let mut reader = reader(path)?;
        let shown = path.display();
        let foreign = |line: u64| {
            Told::new(
                format!(
                    "{shown} 第 {line} 行不是 UTF-8 编码（可能是 GBK）：请在电子表格中另存为“CSV UTF-8”再试；尚未发送任何内容"
                ),
                format!(
                    "line {line} of {shown} is not UTF-8 (it may be GBK): save it as \"CSV UTF-8\" and try again; nothing was sent"
                ),
            )
        };
        let header = reader.byte_headers().with_context(|| shown.to_string())?;
        let header: Vec<String> = header
            .iter()
            .map(|cell| String::from_utf8(cell.to_vec()))
            .collect::<Result<_, _>>()
            .map_err(|_| foreign(1))?;
        if header.iter().all(|name| name.trim().is_empty()) {
            let (zh, en) =
                (format!("{shown} 是空的：没有表头"), format!("{shown} is empty: it has no header line"));
            return Err(Told::new(zh, en).into());
        }
        let mut rows = 0;
        let mut record = csv::ByteRecord::new();
        while reader.read_byte_record(&mut record).with_context(|| shown.to_string())? {
            rows += 1;
            if record.iter().any(|cell| std::str::from_utf8(cell).is_err()) {
                return Err(foreign(record.position().map_or(0, csv::Position::line)).into());
            }
        }
        Ok(Self { path: path.to_owned(), header, rows })
    }

    /// A reader that stands before the first row.
    pub(super) fn reader(&self) -> anyhow::Result<csv::Reader<File>> {
        reader(&self.path)
    }

    /// The table's own path with something behind it: what is found out about it is written there.
    pub(super) fn beside(&self, suffix: &str) -> PathBuf {
        let mut path = self.path.as_os_str().to_owned();
        path.push(suffix);
        path.into()
    }
}

/// Rows may have other lengths than the header: that is told of each. A byte-order mark is passed over.
fn reader(path: &Path) -> anyhow::Result<csv::Reader<File>> {
    csv::ReaderBuilder::new().flexible(true).from_path(path).with_context(|| path.display().to_string())
}

/// Removes what an earlier run left and is true no more.
pub(super) fn forget(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| path.display().to_string())
        }
        _ => Ok(()),
    }
}
