//! Newline-delimited JSON, cut from a stream of bytes. A line that is too long is passed over and told; empty lines
//! are passed over but counted. Not here: what a line says.

use std::io::BufRead as _;
use std::mem::take;

use super::problem::Problem;
use super::request::{self, media_type};
use axum::http::HeaderMap;

/// Most bytes of a line.
pub const LINE: usize = 64 * 1024;

/// A line and its number, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: u64,
    /// Its bytes; `None` for one that was too long.
    pub bytes: Option<Vec<u8>>,
}

/// Cuts lines.
#[derive(Default)]
pub struct Cutter {
    begun: Vec<u8>,
    too_long: bool,
    number: u64,
}

impl Cutter {
    /// Takes more bytes and gives the lines that are now whole.
    pub fn push(&mut self, mut bytes: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        while !bytes.is_empty() {
            // It is memory that is read, which cannot fail.
            let _read = bytes.read_until(b'\n', &mut self.begun);
            let whole = self.begun.pop_if(|last| *last == b'\n').is_some();
            if self.begun.len() > LINE {
                self.too_long = true;
            }
            if self.too_long {
                self.begun.clear();
            }
            if whole {
                lines.extend(self.end());
            }
        }
        lines
    }

    /// The last line, if it did not end with a line feed.
    pub fn finish(&mut self) -> Option<Line> {
        (self.too_long || !self.begun.is_empty()).then(|| self.end()).flatten()
    }

    fn end(&mut self) -> Option<Line> {
        self.number += 1;
        let (bytes, too_long) = (take(&mut self.begun), take(&mut self.too_long));
        let empty = !too_long && bytes.iter().all(u8::is_ascii_whitespace);
        (!empty).then(|| Line { number: self.number, bytes: (!too_long).then_some(bytes) })
    }
}

/// A line that is too long.
pub fn too_long() -> Problem {
    request::too_large(LINE)
}

/// Whether a body may be lines of JSON.
pub fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    const TAKEN: [&str; 5] = [
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonlines",
        "application/json",
    ];
    match media_type(headers) {
        Some(found) if !TAKEN.contains(&found.as_str()) => {
            Err(request::other_media_type("application/x-ndjson"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(number: u64, text: &str) -> Line {
        Line { number, bytes: Some(text.as_bytes().to_vec()) }
    }

    #[test]
    fn lines_are_cut_wherever_the_bytes_break() {
        let mut cutter = Cutter::default();
        assert_eq!(cutter.push(b"on"), []);
        assert_eq!(cutter.push(b"e\n\r\n\ntwo\nth"), [line(1, "one"), line(4, "two")]);
        assert_eq!(cutter.push(b"ree"), []);
        assert_eq!(cutter.finish(), Some(line(5, "three")));
        assert_eq!(cutter.finish(), None);
    }

    #[test]
    fn a_long_line_does_not_stop_the_next() {
        let mut cutter = Cutter::default();
        let mut bytes = vec![b'x'; LINE + 1];
        bytes.extend_from_slice(b"\nshort\n");
        let lines: Vec<Line> = bytes.chunks(1000).flat_map(|chunk| cutter.push(chunk)).collect();
        assert_eq!(lines, [Line { number: 1, bytes: None }, line(2, "short")]);
        assert_eq!(cutter.push(&[b'y'; LINE]), []);
        assert!(cutter.finish().unwrap().bytes.is_some());
    }

    proptest! {
        #[test]
        fn as_if_cut_at_once(text in "[a\n ]{0,60}", size in 1_usize..9) {
            let mut pieces = Cutter::default();
            let mut cut: Vec<Line> = text.as_bytes().chunks(size).flat_map(|part| pieces.push(part)).collect();
            cut.extend(pieces.finish());
            let mut whole = Cutter::default();
            let mut at_once = whole.push(text.as_bytes());
            at_once.extend(whole.finish());
            prop_assert_eq!(cut, at_once);
        }
    }
}
