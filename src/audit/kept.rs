//! A replay that is gone on with: how far one came is kept in a file of the auditor's own, and a later one of the same ledger goes on
//! from there, after a kill or a day later. It says to the byte what a replay from the first entry says.
//!
//! What was kept is believed only where it is whole, by this very program, of this ledger and under the same keys; where the new
//! checkpoint is proved to continue it; and as long as nothing is found. In any other case the ledger is replayed from the first entry,
//! and it is said why. Read again every time are checkpoint, blobs, status tokens and the names of files; not read again are bundles
//! and tiles of before, which only a replay from the first entry sees damaged.
//!
//! Not here: what is judged (`judge`); the checkpoint of the last audit (`remembered`), which is evidence where this is a shortcut.

mod file;
mod keeper;
mod resuming;
#[cfg(test)]
mod tests;
mod why;

use std::path::Path;

pub(super) use keeper::{Keeper, Passing};
use resuming::Kept;
pub use why::Why;

use super::eye::Blind;
use super::replay::{Audit, Course, Pins, Progress};
use super::source::{Source, SourceError};
use crate::values::lang::Lang;

/// Why it could not be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Another audit is writing the file.
    Busy,
    /// What the system said.
    Write(String),
}

/// What is told on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It goes on after so many entries.
    GoesOn(u64),
    /// It begins at the first entry, though something was kept.
    Whole(Why),
    /// How far it has come could not be kept.
    NotKept(Trouble),
    /// How far it has come.
    Progress(Progress),
}

impl Step {
    /// What is told of it in words; nothing of progress, which is shown.
    pub fn text(&self, path: &Path, lang: Lang) -> Option<String> {
        let path = path.display();
        let (zh, en) = match self {
            Self::GoesOn(size) => (
                format!("从 {path} 保存的第 {size} 条记录之后继续"),
                format!("going on after the {size} entries that {path} keeps"),
            ),
            Self::Whole(why) => (
                format!("不从 {path} 继续，从第一条记录重放：{}", why.text(Lang::Zh)),
                format!("replayed from the first entry, not from {path}: {}", why.text(Lang::En)),
            ),
            Self::NotKept(Trouble::Busy) => (
                format!("另一次审计正在写入 {path}，本次重放不保存；请各用各的文件"),
                format!(
                    "another audit is writing {path}, so this replay keeps nothing: give each a file of its own"
                ),
            ),
            Self::NotKept(Trouble::Write(reason)) => (
                format!("无法写入 {path}（{reason}），不再保存；结论不受影响，下次须从更早处重放"),
                format!(
                    "{path} cannot be written ({reason}), so nothing more is kept: the verdict stands, the next replay begins earlier"
                ),
            ),
            Self::Progress(_) => return None,
        };
        Some(lang.choose(zh, en))
    }
}

/// Replays the ledger of a source from where the replay came to that kept `path`, or from the first entry, and keeps how far it comes.
pub fn replay(
    path: &Path,
    source: &dyn Source,
    pins: &Pins,
    tell: &mut dyn FnMut(Step),
) -> Result<Audit, SourceError> {
    replay_with(&mut Keeper::new(path), source, pins, tell)
}

fn replay_with(
    keeper: &mut Keeper,
    source: &dyn Source,
    pins: &Pins,
    tell: &mut dyn FnMut(Step),
) -> Result<Audit, SourceError> {
    let mut past = None;
    let why = match Kept::load(keeper.path(), pins)? {
        None => None,
        Some(Err(why)) => Some(why),
        Some(Ok(kept)) => {
            past = kept.signed().then(|| kept.past());
            match kept.go_on(keeper, source, pins, tell)? {
                Ok(audit) => {
                    tell_not_kept(keeper, tell);
                    return Ok(audit);
                }
                Err(why) => Some(why),
            }
        }
    };
    if let Some(why) = why {
        // What was kept of another history is evidence, and what was kept of another ledger is somebody's work.
        if why.is_of_something_else() {
            past = None;
        }
        if why.is_of_something_else() || why == Why::Broken || past.is_some() && why.is_of_history() {
            keeper.rest();
        }
        tell(Step::Whole(why));
    }
    let course = Course { source, pins, past, keeper: Some(keeper) };
    let audit = course.whole(&mut Blind, &mut |progress| tell(Step::Progress(progress)))?;
    tell_not_kept(keeper, tell);
    Ok(audit)
}

fn tell_not_kept(keeper: &mut Keeper, tell: &mut dyn FnMut(Step)) {
    if let Some(trouble) = keeper.trouble() {
        tell(Step::NotKept(trouble));
    }
}
