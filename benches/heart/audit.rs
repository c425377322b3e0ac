//! What an auditor does with a ledger, by the program's own commands: a copy, and everything in it replayed.

use std::ffi::OsStr;

use serde_json::Value;

use super::house::{self, House};

/// A ledger that holds.
pub struct Audit {
    pub entries: f64,
    /// Seconds.
    pub copying: f64,
    /// Seconds.
    pub replaying: f64,
    /// MB at most while replaying.
    pub memory: f64,
}

/// Copies the ledger of a house that is stopped and replays the copy, in which there must be so many licences.
pub fn of(house: &House, licences: u64) -> Audit {
    let (data, copy) = (house.data(), house.folder.path().join("export"));
    let word = OsStr::new;
    let export = [word("ledger"), word("export"), word("--data"), data.as_os_str(), copy.as_os_str()];
    let replay = [word("audit"), word("replay"), word("--json"), word("--from"), copy.as_os_str()];
    let (_, copying, _) = house::command(&export);
    let (said, replaying, memory) = house::command(&replay);
    let summary: Value = serde_json::from_str(said.trim_end().lines().last().unwrap()).unwrap();
    assert_eq!(summary["holds"], true, "{summary}");
    assert_eq!(summary["licences"]["issued"], licences, "every licence that was answered is in the ledger");
    Audit { entries: summary["size"].as_f64().unwrap(), copying, replaying, memory }
}
