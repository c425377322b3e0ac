//! Putting a backup back into an empty data directory, by the law, and rolling it forward from an export, a mirror or a
//! server that holds entries signed since.
//!
//! The order: every file of the backup is what was written; its ledger holds, as an auditor sees it; so does the one to
//! roll forward from, and it goes on from the backup's; `last-signed` allows the size; then the store is made anew
//! beside the data directory and put in its place when it is whole. What cannot come back (drafts of entries after the
//! backup) is told. Not here: making a backup (`backup`).

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};

use super::backup::{BESIDE, LEDGER, beside, check, parent};
use super::entropy::SystemEntropy;
use super::told::Told;
use crate::audit::contents::{ContentsError, Taker, contents};
use crate::audit::prove::head;
use crate::audit::remembered::Remembered;
use crate::audit::replay::{Audit, Progress};
use crate::audit::source::{Directory, Source};
use crate::audit::{Pins, Verdict, replay};
use crate::authority::Vault;
use crate::authority::backup::RowReader;
use crate::authority::keyring::Keyring;
use crate::authority::rebuild::{Rebuild, RebuildError, Rebuilt};
use crate::authority::store::Store;
use crate::ledger::checkpoint::Checkpoint;
use crate::merkle::Hash;
use crate::note::{Note, VerifierKey};
use crate::store::SledStore;

/// What to restore from.
pub struct Wanted<'a> {
    /// The backup.
    pub backup: &'a Path,
    /// Where the entries since lie.
    pub forward: Option<&'a dyn Source>,
    /// The keys that the data belongs to, where they are at hand.
    pub keyring: Option<&'a dyn Keyring>,
    /// Checkpoint keys from elsewhere.
    pub vkeys: Vec<VerifierKey>,
    /// That nothing newer was ever signed, says the operator: `last-signed` is brought forward to the checkpoint.
    pub newest: bool,
}

/// What was restored.
pub struct Restored {
    /// Entries of the backup.
    pub backup: u64,
    /// The store.
    pub rebuilt: Rebuilt,
    /// The root.
    pub root: Hash,
    /// What became of `last-signed`.
    pub last_signed: LastSigned,
}

/// What became of `last-signed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastSigned {
    /// It stays as it was, or no keys were given.
    Unchanged,
    /// It had this size and was brought forward to the checkpoint.
    BroughtForward(u64),
    /// It was lost and is made anew from the checkpoint.
    MadeAnew,
}

/// A ledger that does not hold; with what is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DoesNotHold(pub Told);

/// Restores into `data`, which is absent or empty.
pub fn restore(
    wanted: &Wanted<'_>,
    data: &Path,
    progress: &mut dyn FnMut(Progress),
) -> anyhow::Result<Restored> {
    refuse_full(data)?;
    let manifest = check(wanted.backup)?;
    let own = Directory::open(wanted.backup.join(LEDGER))?;
    let pins = Pins { keys: wanted.vkeys.clone(), ..Pins::default() };
    let audited = holding(&own, &pins, progress)?;
    let source: &dyn Source = match wanted.forward {
        None => &own,
        Some(forward) => {
            let remembered = audited.checkpoint.map(Remembered::of);
            holding(forward, &Pins { keys: wanted.vkeys.clone(), remembered, ..Pins::default() }, progress)?;
            forward
        }
    };
    let (note, checkpoint) = head(source)?;
    let signed = wanted.keyring.map(|keyring| Signed::read(keyring, wanted.newest)).transpose()?.flatten();
    if let Some(signed) = &signed {
        signed.allows(checkpoint.size, wanted.newest)?;
    }

    let unfinished = beside(data, "restoring");
    if unfinished.exists() {
        // Ours alone has this name: a restore that broke off.
        fs::remove_dir_all(&unfinished).with_context(|| unfinished.display().to_string())?;
    }
    fs::create_dir_all(parent(data)).with_context(|| data.display().to_string())?;
    let store: Arc<dyn Store> = Arc::new(SledStore::open(&unfinished)?);
    let mut making = Making {
        rebuild: Rebuild::begin(store.as_ref())?,
        signed: signed.as_ref().map(|signed| (signed.checkpoint.size, Hash(signed.checkpoint.root))),
    };
    making.check_signed()?;
    contents(source, checkpoint.size, &mut making, progress)?;
    let mut rebuild = making.rebuild;
    if let (Some(keyring), None) = (wanted.keyring, &signed) {
        belong(keyring, &rebuild)?;
    }
    let rows = wanted.backup.join(BESIDE);
    for row in RowReader::new(BufReader::new(File::open(&rows)?)) {
        let (key, value) = row.with_context(|| rows.display().to_string())?;
        rebuild.beside(&key, value)?;
    }
    let vault = wanted.keyring.map(|keyring| {
        let epoch = keyring.secrets().epoch.clone();
        Vault::new(Arc::clone(&store), Arc::new(SystemEntropy::new()), epoch)
    });
    let rebuilt = rebuild.finish(&note, vault.as_ref())?;
    // The engine is closed before its directory gets its name.
    drop((vault, store));
    if data.exists() {
        fs::remove_dir(data).with_context(|| data.display().to_string())?;
    }
    fs::rename(&unfinished, data).with_context(|| data.display().to_string())?;
    File::open(parent(data))?.sync_all()?;
    let last_signed = match (wanted.keyring, signed) {
        (Some(keyring), Some(signed)) if signed.checkpoint.size < checkpoint.size => {
            keyring.replace_last_signed(Some(&signed.text), &note.to_string())?;
            LastSigned::BroughtForward(signed.checkpoint.size)
        }
        (Some(keyring), None) => {
            keyring.replace_last_signed(None, &note.to_string())?;
            LastSigned::MadeAnew
        }
        _ => LastSigned::Unchanged,
    };
    Ok(Restored { backup: manifest.size, rebuilt, root: Hash(checkpoint.root), last_signed })
}

/// Without `last-signed` nothing else tells whose keys these are: the key that signs checkpoints must be among them.
fn belong(keyring: &dyn Keyring, rebuild: &Rebuild<'_>) -> anyhow::Result<()> {
    if rebuild.checkpoint_keys().iter().any(|id| keyring.key(id).is_some()) {
        return Ok(());
    }
    bail!(Told::new(
        "密钥目录里没有为这本账本的检查点签名的私钥：请给出与这份备份对应的 --keys",
        "the key that signs this ledger's checkpoints is not among these keys: give the --keys that belong to this backup",
    ))
}

/// The audit of a ledger that holds.
pub(super) fn holding(
    source: &dyn Source,
    pins: &Pins,
    progress: &mut dyn FnMut(Progress),
) -> anyhow::Result<Audit> {
    let audit = replay(source, pins, progress)?;
    if audit.verdict() == Verdict::Holds {
        return Ok(audit);
    }
    let first = audit.summary.violations.first();
    let what = first.map_or_else(
        || "upgrade".to_owned(),
        |found| {
            let place = found.index.map_or_else(String::new, |index| format!("#{index} "));
            format!("{place}{}: {}", found.rule, found.text)
        },
    );
    Err(DoesNotHold(Told::new(
        format!("账本不成立（{what}）。没有恢复任何内容；请使用另一份备份或导出，用 `vidimus audit replay --from 目录` 可见全部"),
        format!(
            "the ledger does not hold ({what}). Nothing was restored; use another backup or export; `vidimus audit \
             replay --from DIR` shows all of it"
        ),
    ))
    .into())
}

/// `last-signed`, as the keys have it.
pub(super) struct Signed {
    text: String,
    checkpoint: Checkpoint,
}

impl Signed {
    /// `None` where it is lost and somebody says that nothing newer was signed.
    pub(super) fn read(keyring: &dyn Keyring, newest: bool) -> anyhow::Result<Option<Self>> {
        let Some(text) = keyring.last_signed()? else {
            if newest {
                return Ok(None);
            }
            bail!(Told::new(
                "密钥目录里没有 last-signed。最好从最新的密钥备份放回它（并确认 --keys 与这份备份对应）。如果它已丢失：先向镜像和审计方\
                 查问有没有更新的检查点，如有，用 --roll-forward 前滚到它；确认没有更新的之后，加 --newest，last-signed 就按这里的检查点重新写成",
                "there is no last-signed beside these keys. Best put it back from the newest copy of the keys (and see that these \
                 --keys belong to this backup). If it is lost: ask mirrors and auditors for a newer checkpoint, and roll forward \
                 to it with --roll-forward if there is one; once nobody knows of a newer, say --newest, and last-signed is made \
                 anew from the checkpoint here",
            ));
        };
        let note: Note = text.parse()?;
        Ok(Some(Self { checkpoint: note.text().parse()?, text }))
    }

    /// What is signed.
    pub(super) fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The rule: never fewer entries than are signed, and never more unless somebody says that these are all.
    fn allows(&self, size: u64, newest: bool) -> anyhow::Result<()> {
        let signed = self.checkpoint.size;
        if size < signed {
            bail!(Told::new(
                format!(
                    "备份是旧的：恢复后有 {size} 条记录，而这些密钥已签名 {signed} 条（last-signed）。继续运行会在同一序号签出第二段历史，\
                     使账本分叉。办法：用 --roll-forward 给出包含全部 {signed} 条记录的导出、镜像或服务地址。不要删除或改动 last-signed"
                ),
                format!(
                    "the backup is older than what is signed: restored it holds {size} entries, but these keys have signed \
                     {signed} (last-signed). Going on would sign a second history in the same places: a fork. The cure: give \
                     --roll-forward an export, a mirror or a server that holds all {signed}. Never delete or change last-signed"
                ),
            ));
        }
        if size > signed && !newest {
            bail!(Told::new(
                format!(
                    "密钥目录是旧副本：last-signed 只有 {signed} 条，而这里的检查点有 {size} 条。最好放回最新的 last-signed。如果它已丢失：\
                     先向镜像和审计方查问有没有更新的检查点，如有，用 --roll-forward 前滚到它；确认没有更新的之后，加 --newest，\
                     last-signed 就前移到这里的检查点（只前移，不后退）"
                ),
                format!(
                    "the keys are an older copy: last-signed has {signed} entries, the checkpoint here {size}. Best put the newest \
                     last-signed back. If it is lost: ask mirrors and auditors for a newer checkpoint, and roll forward to it if \
                     there is one; once nobody knows of a newer, say --newest, and last-signed is brought forward (never back) \
                     to the checkpoint here"
                ),
            ));
        }
        Ok(())
    }
}

/// The store on its way, that must have the signed root at the signed size.
struct Making<'a> {
    rebuild: Rebuild<'a>,
    signed: Option<(u64, Hash)>,
}

impl Making<'_> {
    fn check_signed(&mut self) -> anyhow::Result<()> {
        let (size, root) = self.rebuild.root();
        match self.signed {
            Some((signed, expected)) if signed == size => {
                self.signed = None;
                if root != expected {
                    bail!(Told::new(
                        format!(
                            "备份属于另一段历史：它在 {size} 条记录处的根哈希与 last-signed 的不同。请给出与这些密钥对应的备份"
                        ),
                        format!(
                            "the backup is another history: its root at {size} entries is not that of last-signed. Give the \
                             backup that belongs to these keys"
                        ),
                    ));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Taker for Making<'_> {
    type Error = anyhow::Error;

    fn blob(&mut self, bytes: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.rebuild.blob(bytes)?)
    }

    fn entries(&mut self, entries: &[&[u8]]) -> anyhow::Result<()> {
        let (size, _) = self.rebuild.root();
        let until = self.signed.and_then(|(signed, _)| usize::try_from(signed.saturating_sub(size)).ok());
        // The root is looked at exactly where it was signed.
        let (before, after) = entries.split_at(until.unwrap_or(entries.len()).min(entries.len()));
        self.rebuild.append(before)?;
        self.check_signed()?;
        self.rebuild.append(after)?;
        Ok(())
    }
}

pub(super) fn refuse_full(data: &Path) -> anyhow::Result<()> {
    let full = match fs::read_dir(data) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        read => read.with_context(|| data.display().to_string())?.next().is_some(),
    };
    if full {
        let named = data.display();
        bail!(Told::new(
            format!(
                "{named} 不是空目录：恢复只写入空的 --data。请给出另一个目录，或先把旧数据移开（不要删除）"
            ),
            format!(
                "{named} is not empty: a restore goes into an empty --data only. Name another, or move the old data away (do not delete it)"
            ),
        ));
    }
    Ok(())
}

/// A refusal of the rebuild, in both languages.
pub fn told(error: &RebuildError) -> Told {
    let zh = match error {
        RebuildError::NotEmpty(size) => format!("存储不是空的：已有 {size} 条记录"),
        RebuildError::Entry { index, why } => format!("第 {index} 条记录不合法：{why}。没有恢复任何内容"),
        RebuildError::UnknownLaw { index, version } => {
            format!("第 {index} 条记录：本程序不认识第 {version} 版法，请升级")
        }
        RebuildError::Checkpoint(why) => format!("检查点与记录不符：{why}。没有恢复任何内容"),
        RebuildError::Row(why) => format!("备份里有一行被拒绝：{why}。没有恢复任何内容；请使用另一份备份"),
        RebuildError::Draft { handle, why } => {
            format!("证照 {handle} 的底稿被拒绝：{why}。请确认 --keys 与备份对应（含其 epoch 密钥）")
        }
        RebuildError::Failure(failure) => format!("存储故障：{failure}"),
    };
    Told::new(zh, error.to_string())
}

impl From<ContentsError> for RebuildError {
    fn from(error: ContentsError) -> Self {
        Self::Checkpoint(error.to_string())
    }
}
