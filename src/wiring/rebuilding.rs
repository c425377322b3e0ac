//! A data directory made again from the journal of the lost one. What comes back has to hold as an auditor sees it, and to reach as far
//! as these keys have signed. Not here: reading the journal (`store::journal`), and making a ledger again from a backup and its entries
//! (`restore`).

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context as _, bail};

use super::backup::{beside, parent};
use super::data_source::DataSource;
use super::restore::{Signed, holding, refuse_full};
use super::told::Told;
use crate::audit::Pins;
use crate::audit::replay::Progress;
use crate::authority::keyring::Keyring;
use crate::authority::store::Store as _;
use crate::note::VerifierKey;
use crate::store::SledStore;
use crate::store::journal::{JournalError, Read, rebuild};

/// What to make again.
pub struct Lost<'a> {
    /// The directory of the journal.
    pub journal: &'a Path,
    /// The keys that the data belongs to, where they are at hand.
    pub keyring: Option<&'a dyn Keyring>,
    /// Checkpoint keys from elsewhere.
    pub vkeys: Vec<VerifierKey>,
}

/// Makes `data`, which is absent or empty, from a journal. `progress` hears of bytes of the journal, then of entries that are audited.
pub fn rebuild_data(
    lost: &Lost<'_>,
    data: &Path,
    progress: &mut dyn FnMut(Progress),
) -> anyhow::Result<Read> {
    refuse_full(data)?;
    let unfinished = beside(data, "rebuilding");
    if unfinished.exists() {
        // Ours alone has this name: one that broke off.
        fs::remove_dir_all(&unfinished).with_context(|| unfinished.display().to_string())?;
    }
    fs::create_dir_all(parent(data)).with_context(|| data.display().to_string())?;
    let read = {
        let store = SledStore::open(&unfinished)?;
        let read = rebuild(lost.journal, &store, &mut |done, total| progress(Progress { done, total }))
            .map_err(|error| told(&error))?;
        store.sync()?;
        read
    };
    if let Some(signed) = lost.keyring.map(|keyring| Signed::read(keyring, false)).transpose()?.flatten() {
        reaches(&read, signed.size())?;
    }
    // Closed and opened again: the engine reads it as a start would.
    let source = DataSource::open(&unfinished)?;
    let pins = Pins { keys: lost.vkeys.clone(), ..Pins::default() };
    holding(&source, &pins, progress)?;
    drop(source);
    if data.exists() {
        fs::remove_dir(data).with_context(|| data.display().to_string())?;
    }
    fs::rename(&unfinished, data).with_context(|| data.display().to_string())?;
    File::open(parent(data))?.sync_all()?;
    Ok(read)
}

/// The rule of `last-signed`: never fewer entries than are signed.
fn reaches(read: &Read, signed: u64) -> anyhow::Result<()> {
    let (size, beyond) = (read.head.size, read.beyond);
    if size >= signed {
        return Ok(());
    }
    bail!(Told::new(
        format!(
            "日志只到 {size} 条记录（其后有 {beyond} 字节读不出），而这些密钥已签名 {signed} 条（last-signed）。继续运行会使账本分叉。办法：给出更新的\
             日志副本，或用备份恢复并以 --roll-forward 前滚到全部 {signed} 条。不要删除或改动 last-signed"
        ),
        format!(
            "the journal reaches {size} entries (and has {beyond} bytes beyond that cannot be read), but these keys have signed {signed} \
             (last-signed). Going on would be a fork. The cure: give a newer copy of the journal, or restore a backup and roll it forward to \
             all {signed} with --roll-forward. Never delete or change last-signed"
        ),
    ))
}

fn told(error: &JournalError) -> anyhow::Error {
    let zh = match error {
        JournalError::Foreign(_) => "不是本程序认识的日志",
        JournalError::Empty(_) => "没有完整的日志：请给出服务的 --journal 目录",
        JournalError::InUse(_) => "日志正在使用",
        JournalError::Io { .. } => "日志无法读取",
        JournalError::TooBig => "日志中有过大的一批",
        JournalError::Store(_) => "新的数据目录无法写入",
    };
    let en = match error {
        JournalError::Empty(_) => ": give the directory that the service had as --journal",
        _ => "",
    };
    Told::new(format!("{zh}（{error}）"), format!("{error}{en}")).into()
}
