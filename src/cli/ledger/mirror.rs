//! `vidimus ledger mirror FROM DIR`: a full copy of somebody else's ledger, proved as it arrives.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::compare::{sides, split_told};
use crate::audit::compare::save;
use crate::audit::mirror::{Look, MirrorError, Mirrored, Tally, mirror};
use crate::audit::prove::ProveError;
use crate::cli::audit::vkeys;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::ledger::checkpoint::VerifiedCheckpoint;
use crate::merkle::Hash;
use crate::values::lang::Lang;
use crate::wiring::calling;
use crate::wiring::told::Told;

/// Keep a full copy, proved as it arrives and brought up to date by the difference.
#[derive(Debug, Args)]
pub(super) struct Mirror {
    /// Where the ledger is read: a server's address, or the directory of an export or a mirror.
    #[arg(value_name = "FROM")]
    source: String,
    /// The mirror's directory, which is made or brought up to date.
    dir: PathBuf,
    /// Verifier keys of the checkpoint, one a line, from elsewhere than the ledger.
    #[arg(long, value_name = "FILE")]
    vkey: PathBuf,
    /// Hash everything that is there again, and fetch anew what is damaged.
    #[arg(long)]
    check: bool,
    /// Where the proof goes if the ledger shows another face [default: DIR.split-view].
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
    /// How long a server that is away or busy is waited for, for each file.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    patience: u64,
}

impl Mirror {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let keys = vkeys(&self.vkey)?;
        let source = calling::patient_source(&self.source, Duration::from_secs(self.patience))?;
        let look = if self.check { Look::Hashes } else { Look::Presence };
        let mirrored = {
            let mut shown = out.progress();
            mirror(source.as_ref(), &self.dir, &keys, look, &mut |progress| shown.step(progress))
        };
        let named = self.dir.display().to_string();
        match mirrored.map_err(told)? {
            Mirrored::Whole { checkpoint, before, tally } => {
                whole(&named, &checkpoint, before, &tally, self.check, out)
            }
            Mirrored::Split(split) => {
                let path = self.proof.unwrap_or_else(|| beside(&self.dir));
                let path = save(&split, &path).with_context(|| path.display().to_string())?;
                let shown = split.verify(&keys)?;
                let proof = path.display().to_string();
                let result = json!({
                    "directory": named, "origin": shown.smaller.origin().as_str(),
                    "split": { "proof": proof, "smaller": sides(&shown.smaller), "larger": sides(&shown.larger) },
                });
                out.result(&result, |lang| {
                    let kept = lang.choose("镜像保持原样", "the mirror is as it was");
                    format!("{}\n{kept}", split_told(&shown, &proof, lang))
                })?;
                Ok(Exit::DoesNotHold)
            }
        }
    }
}

/// `DIR.split-view`: beside the mirror, in which nothing lies but the ledger.
fn beside(dir: &Path) -> PathBuf {
    let mut path = dir.components().as_path().as_os_str().to_owned();
    path.push(".split-view");
    path.into()
}

fn whole(
    named: &str,
    checkpoint: &VerifiedCheckpoint,
    before: u64,
    tally: &Tally,
    checked: bool,
    out: &Output,
) -> anyhow::Result<Exit> {
    let (size, Tally { files, bytes, repaired, unknown }) = (checkpoint.size(), tally);
    let result = json!({
        "directory": named, "origin": checkpoint.origin().as_str(), "size": size,
        "root": Hash(*checkpoint.root()).to_string(), "before": before, "checked": checked,
        "fetched": { "files": files, "bytes": bytes }, "repaired": repaired, "unknown": unknown, "split": null,
    });
    out.result(&result, |lang| {
        let mut rows = vec![lang.choose(
            format!("{named} 是 {size} 条记录的完整副本（原有 {before} 条），取了 {files} 个文件、{bytes} 字节"),
            format!("{named} is a whole copy of {size} entries (before: {before}); {files} files fetched, {bytes} bytes"),
        )];
        if *repaired > 0 {
            rows.push(lang.choose(
                format!("损坏并重新取回的文件：{repaired} 个；请检查该磁盘"),
                format!("damaged files fetched anew: {repaired}; look at that disk"),
            ));
        }
        if !unknown.is_empty() {
            rows.push(unknown_told(&unknown.iter().cloned().collect::<Vec<_>>().join(", "), lang));
        }
        rows.join("\n")
    })?;
    Ok(if unknown.is_empty() { Exit::Good } else { Exit::UpgradeNeeded })
}

fn unknown_told(kinds: &str, lang: Lang) -> String {
    lang.choose(
        format!("本程序不认识：{kinds}；它们所指的公开材料可能缺失：请升级后加 --check 再运行"),
        format!(
            "unknown to this program: {kinds}; public material that they name may be missing: upgrade, and run it with --check"
        ),
    )
}

/// Why it was not done, with what to do.
fn told(error: MirrorError) -> anyhow::Error {
    let (zh, en) = match &error {
        MirrorError::Source(_) => (
            "已取得并核对的部分已保留：来源可用后再次运行即可继续",
            "what was proved so far is kept: run it again when the source answers, and it goes on",
        ),
        // The head was verified before its tiles were asked for.
        MirrorError::Head(ProveError::File(_) | ProveError::Proof(_)) => (
            "来源给出了签名良好的检查点，却没有证明它延续镜像所见的账本；没有写入，镜像保持原样：请保存该检查点（witness ask 或 GET /ledger/checkpoint），告知运行方，并换一个来源再试",
            "the source's checkpoint is signed by the ledger, but its tiles do not prove that it continues what the mirror was shown; none of it was placed and the mirror is as it was: keep that checkpoint (GET /ledger/checkpoint), tell whoever runs the ledger, and try another source",
        ),
        MirrorError::Head(_) => (
            "来源的检查点不能用所给的密钥核实：请核对 --vkey（密钥轮换后须加入新钥），否则这不是那个账本",
            "the source's checkpoint is not good under the keys given: look at --vkey (after a rotation it needs the new key too), else this is not that ledger",
        ),
        MirrorError::Missing(_) | MirrorError::Wrong { .. } | MirrorError::Edge { .. } => (
            "来源给出的不是其检查点所要求的；没有写入，镜像保持原样：请告知账本的运行方，并换一个来源再试",
            "the source gives something else than its checkpoint requires; none of it was placed and the mirror is as it was: tell whoever runs the ledger, and try another source",
        ),
        MirrorError::WentBack { .. } => (
            "账本不能变小：若来源本身是镜像，可能只是落后；否则运行方可能恢复了旧备份，请告知并保留本镜像，缺失的记录可由此前滚",
            "a ledger never gets smaller: a source that is a mirror itself may lag behind; else whoever runs it may have put back an old copy: tell him, and keep this mirror, from which it can be rolled forward",
        ),
        MirrorError::SplitView(_) => (
            "这不是该镜像的账本：请另给一个目录",
            "this is not the mirror's ledger: give it another directory",
        ),
        MirrorError::Own(_) => (
            "请核对 --vkey；若密钥无误，则镜像的 checkpoint 已损坏：从副本放回，或另建镜像（没有它就无法发现账本另有一面）",
            "look at --vkey; if the keys are right, the mirror's checkpoint is damaged: put it back from a copy, or make another mirror (without it another face of the ledger would not be seen)",
        ),
        MirrorError::Busy(_) => ("请等另一个进程结束", "wait for the other process"),
        MirrorError::NoMirror(_) => ("请给一个空目录或已有的镜像", "give it an empty directory, or a mirror"),
        MirrorError::Write { .. } => (
            "已取得并核对的部分已保留：腾出空间或修复磁盘后再次运行即可继续",
            "what was proved so far is kept: make room or mend the disk, run it again, and it goes on",
        ),
    };
    let told = Told::new(format!("{error}。{zh}"), format!("{error}; {en}"));
    anyhow::Error::new(error).context(told)
}
