//! A data directory made again from the journal of the lost one. What comes back has to hold as an auditor sees it, to reach as far
//! as these keys have signed, and to be what they have signed. Not here: reading the journal (`store::journal`), and making a ledger
//! again from a backup and its entries (`restore`).

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::backup::{beside, parent};
use super::data_source::DataSource;
use super::restore::{Signed, holding, refuse_full};
use super::told::Told;
use crate::audit::Pins;
use crate::audit::replay::Progress;
use crate::authority::archive::{Files, archived};
use crate::authority::entries::entries;
use crate::authority::keyring::Keyring;
use crate::authority::store::{Store, StoreError};
use crate::ledger::checkpoint::Checkpoint;
use crate::merkle::{Hash, Range, leaf};
use crate::note::VerifierKey;
use crate::store::SledStore;
use crate::store::archive::{ARCHIVE, Folder};
use crate::store::journal::{JournalError, Lying, Read, rebuild};

/// Entries that are read at once.
const PAGE: usize = 256;

/// What to make again.
pub struct Lost<'a> {
    /// The directory of the journal, or one file of it, also one that was set aside.
    pub journal: &'a Path,
    /// Where archived files lie that are not beside the journal: also an export, or a mirror.
    pub archive: Option<&'a Path>,
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
    let signed = lost.keyring.map(|keyring| Signed::read(keyring, false)).transpose()?.flatten();
    let read = {
        let store = SledStore::open(&unfinished)?;
        let read = rebuild(lost.journal, &store, &mut |done, total| progress(Progress { done, total }))
            .map_err(|error| told(&error, lost.journal))?;
        take_archive(lost, &store, progress)?;
        store.sync()?;
        if let Some(signed) = &signed {
            reaches(&read, signed.checkpoint().size, lost.journal)?;
            same_root(&store, signed.checkpoint())?;
        }
        read
    };
    // Closed and opened again: the engine reads it as a start would.
    let source = DataSource::open(&unfinished)?;
    let pins = Pins { keys: lost.vkeys.clone(), ..Pins::default() };
    let audit = holding(&source, &pins, progress)?;
    if let Some(signed) = signed.map(|signed| signed.checkpoint().origin.to_string())
        && signed != audit.summary.origin
    {
        bail!(another(&audit.summary.origin, &signed));
    }
    drop(source);
    if data.exists() {
        fs::remove_dir(data).with_context(|| data.display().to_string())?;
    }
    fs::rename(&unfinished, data).with_context(|| data.display().to_string())?;
    File::open(parent(data))?.sync_all()?;
    Ok(read)
}

/// What was put away comes file by file from where the archive is said to lie, or else from beside the journal, each held against the tiles that
/// the journal has.
fn take_archive(
    lost: &Lost<'_>,
    store: &SledStore,
    progress: &mut dyn FnMut(Progress),
) -> anyhow::Result<()> {
    let beside = if lost.journal.is_dir() { lost.journal } else { parent(lost.journal) }.join(ARCHIVE);
    let places: Vec<Folder> = lost.archive.into_iter().chain([beside.as_path()]).map(Folder::new).collect();
    let files: Vec<&dyn Files> = places.iter().map(|place| -> &dyn Files { place }).collect();
    let total = archived(store)?;
    let Some(archive) = store.archive() else { return Ok(()) };
    for number in 0..total {
        archive.take_from(&files, store, number).map_err(|error| untaken(&error))?;
        progress(Progress { done: number + 1, total });
    }
    Ok(())
}

fn untaken(error: &StoreError) -> Told {
    match error {
        StoreError::Archived { file, why } => Told::new(
            format!(
                "归档文件 {file} 不在，或不是日志所指的那一份（{why}）。请用 --archive 给出归档所在的目录：原数据目录的 archive、其副本、导出（vidimus ledger export）或镜像均可"
            ),
            format!(
                "{error}. Give with --archive where the archived files lie: the archive of the old data directory, a copy of it, an export \
                 (vidimus ledger export), or a mirror"
            ),
        ),
        StoreError::Unarchived(why) => Told::new(
            format!("新的归档无法写入：{why}。请处理 --data 所在的磁盘（已满、只读或故障）后再试"),
            format!("{error}. Mend the disk that --data is on (full, read-only or failing) and try again"),
        ),
        error => Told::new(
            format!("新的数据目录无法使用：{error}。请处理 --data 所在的磁盘后再试，或给出日志的另一副本"),
            format!(
                "{error}. Mend the disk that --data is on and try again, or give another copy of the journal"
            ),
        ),
    }
}

/// The rule of `last-signed`: never fewer entries than are signed.
fn reaches(read: &Read, signed: u64, journal: &Path) -> anyhow::Result<()> {
    let (size, beyond) = (read.head.size, read.beyond);
    if size >= signed {
        return Ok(());
    }
    let (aside_zh, aside_en) = aside(journal);
    bail!(Told::new(
        format!(
            "日志只到 {size} 条记录（其后有 {beyond} 字节读不出），而这些密钥已签名 {signed} 条（last-signed）。继续运行会使账本分叉。办法：给出更新的\
             日志副本，或用备份恢复并以 --roll-forward 前滚到全部 {signed} 条。不要删除或改动 last-signed{aside_zh}"
        ),
        format!(
            "the journal reaches {size} entries (and has {beyond} bytes beyond that cannot be read), but these keys have signed {signed} \
             (last-signed). Going on would be a fork. The cure: give a newer copy of the journal, or restore a backup and roll it forward to \
             all {signed} with --roll-forward. Never delete or change last-signed{aside_en}"
        ),
    ))
}

/// And the same history: what these keys signed is what the entries make.
fn same_root(store: &dyn Store, signed: &Checkpoint) -> anyhow::Result<()> {
    let mut range = Range::new();
    while range.size() < signed.size {
        let until = signed.size.min(range.size() + u64::try_from(PAGE)?);
        let found = entries(store, range.size(), until)?;
        if found.is_empty() {
            break;
        }
        found.iter().for_each(|entry| range.push(leaf(entry)));
    }
    let (found, expected) = (range.root(), Hash(signed.root));
    if range.size() == signed.size && found == expected {
        return Ok(());
    }
    let size = signed.size;
    bail!(Told::new(
        format!(
            "日志属于另一段历史：它在 {size} 条记录处的根哈希是 {found}，而这些密钥签名的（last-signed）是 {expected}。请给出与这些密钥对应的日志"
        ),
        format!(
            "the journal is another history: its root at {size} entries is {found}, and these keys have signed {expected} (last-signed). \
             Give the journal that belongs to these keys"
        ),
    ))
}

fn another(found: &str, signed: &str) -> Told {
    Told::new(
        format!(
            "日志属于账本 {found}，而这些密钥为 {signed} 签名（last-signed）。请给出与这些密钥对应的日志"
        ),
        format!(
            "the journal is of the ledger {found}, and these keys sign for {signed} (last-signed). Give the journal that belongs to these keys"
        ),
    )
}

/// What else lies in the directory, to be named where the journal is not enough.
fn aside(journal: &Path) -> (String, String) {
    let folder = if journal.is_dir() { journal } else { parent(journal) };
    let mut lying = Lying::in_folder(folder).map(|lying| lying.aside).unwrap_or_default();
    lying.retain(|path| path != journal);
    if lying.is_empty() {
        return (String::new(), String::new());
    }
    let names: Vec<String> = lying.iter().map(|path: &PathBuf| path.display().to_string()).collect();
    let names = names.join(", ");
    (
        format!("。那里还有被搁置的文件，可以逐个试试（vidimus ledger rebuild 文件）：{names}"),
        format!(". There is more that was set aside; try each (vidimus ledger rebuild FILE): {names}"),
    )
}

/// Why a journal cannot be read, with what to do.
fn told(error: &JournalError, journal: &Path) -> anyhow::Error {
    let (zh, en) = match error {
        JournalError::Foreign(_) => (
            "不是本程序认识的日志。请给出服务的 --journal 目录，或其中的一个文件",
            "give the directory that the service had as --journal, or a file in it",
        ),
        JournalError::Newer(_) => ("日志由更新版本的程序写成：请用那个版本重建", "use that version"),
        JournalError::Empty(_) => (
            "没有完整的日志：请给出服务的 --journal 目录，或其中的一个文件",
            "give the directory that the service had as --journal, or a file in it",
        ),
        JournalError::InUse(_) => (
            "日志正在使用：请先停止写入它的服务，或给出日志目录的副本",
            "stop the server that writes it, or give a copy of the directory",
        ),
        JournalError::Io { .. } => (
            "日志无法读取：请处理磁盘或权限后再试，或给出日志的另一副本",
            "mend the disk or the permissions and try again, or give another copy of the journal",
        ),
        JournalError::Store(_) => (
            "新的数据目录无法写入：请处理 --data 所在的磁盘（已满、只读或故障）后再试",
            "mend the disk that --data is on (full, read-only or failing) and try again",
        ),
        JournalError::Backwards { .. }
        | JournalError::TooBig
        | JournalError::Missing(_)
        | JournalError::Ahead { .. } => (
            "日志自相矛盾：请给出日志的另一副本，或用备份恢复并前滚（vidimus restore --roll-forward）",
            "give another copy of the journal, or restore a backup and roll it forward (vidimus restore --roll-forward)",
        ),
    };
    let (aside_zh, aside_en) = aside(journal);
    Told::new(format!("{zh}（{error}）{aside_zh}"), format!("{error}: {en}{aside_en}")).into()
}

#[cfg(test)]
mod tests;
