//! `vidimus restore`: a backup back into an empty data directory, rolled forward where entries were signed since.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::audit::vkeys;
use super::exit::Exit;
use super::output::Output;
use crate::audit::source::Source;
use crate::authority::keyring::Keyring;
use crate::authority::rebuild::{RebuildError, Rebuilt, Said};
use crate::keyring::{FileKeyring, Passphrase};
use crate::values::lang::Lang;
use crate::wiring::calling;
use crate::wiring::data_source::DataSource;
use crate::wiring::restore::{DoesNotHold, LastSigned, Restored, Wanted, restore, told};

/// Lost drafts and reasons that are shown to people; all of them with --json.
const SHOWN: usize = 20;

/// Put a backup back, by the law, into an empty data directory.
#[derive(Debug, Args)]
#[command(after_help = RULE)]
pub(super) struct Restore {
    /// The backup.
    dir: PathBuf,
    /// The data directory to make; absent or empty.
    #[arg(long, value_name = "DIR", default_value = "./data", env = "VIDIMUS_DATA")]
    data: PathBuf,
    /// The keys that the data belongs to: the size is held against last-signed, and every draft is opened and compared.
    #[arg(long, value_name = "DIR", env = "VIDIMUS_KEYS")]
    keys: Option<PathBuf>,
    /// File whose first line decrypts the private keys.
    #[arg(long, env = "VIDIMUS_PASSPHRASE_FILE", value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// An export, a mirror, a server, or another data directory, that holds the entries signed since the backup.
    #[arg(long, value_name = "URL|DIR")]
    roll_forward: Option<String>,
    /// Verifier keys of the checkpoint, one a line, that the ledger must name.
    #[arg(long, value_name = "FILE")]
    vkey: Option<PathBuf>,
    /// Nothing newer was ever signed: bring an older last-signed forward to this checkpoint, or make a lost one anew.
    #[arg(long, requires = "keys")]
    newest: bool,
}

const RULE: &str = "The rule: what was signed must be there. <keys>/last-signed names the last signed size; a restore that \
    ends smaller is refused, and so is a start. The cure is always to roll forward, from an export or mirror that holds \
    every signed entry; never delete last-signed. 规则：已签名的记录必须都在；恢复后不足 last-signed 的规模即被拒绝，\
    办法是用 --roll-forward 前滚，绝不要删除 last-signed。";

impl Restore {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let passphrase = self.passphrase_file.as_deref().map(Passphrase::read).transpose()?;
        let keyring = self.keys.as_deref().map(|keys| FileKeyring::open(keys, passphrase)).transpose()?;
        let forward = self.roll_forward.as_deref().map(forward).transpose()?;
        let wanted = Wanted {
            backup: &self.dir,
            forward: forward.as_deref(),
            keyring: keyring.as_ref().map(|keyring| -> &dyn Keyring { keyring }),
            vkeys: self.vkey.as_deref().map(vkeys).transpose()?.unwrap_or_default(),
            newest: self.newest,
        };
        let restored = {
            let mut shown = out.progress();
            restore(&wanted, &self.data, &mut |step| shown.step(step))
        };
        let restored = match restored {
            Ok(restored) => restored,
            Err(error) => {
                if let Some(DoesNotHold(why)) = error.downcast_ref() {
                    out.error(&why.clone().into());
                    return Ok(Exit::DoesNotHold);
                }
                return Err(match error.downcast_ref::<RebuildError>() {
                    Some(refused) => told(refused).into(),
                    None => error,
                });
            }
        };
        let rebuilt = &restored.rebuilt;
        let (was, anew) = match restored.last_signed {
            LastSigned::Unchanged => (None, false),
            LastSigned::BroughtForward(before) => (Some(before), false),
            LastSigned::MadeAnew => (None, true),
        };
        let result = json!({
            "directory": self.data.display().to_string(),
            "backup": restored.backup,
            "size": rebuilt.size,
            "root": restored.root.to_string(),
            "licences": rebuilt.licences,
            "erased": rebuilt.erased,
            "matters_resting": rebuilt.resting,
            "unsealed": rebuilt.unsealed,
            "seals_refused": rebuilt.seals_refused,
            "last_signed_was": was,
            "last_signed_made": anew,
            "drafts_missing": rebuilt.missing.len(),
            "missing": rebuilt.missing,
            "reasons_missing": rebuilt.reasons_missing,
            "reasons_damaged": rebuilt.reasons_damaged,
            "words_missing": rebuilt.words_missing,
            "words_damaged": rebuilt.words_damaged,
        });
        out.result(&result, |lang| account(&restored, &self.data.display().to_string(), lang))?;
        Ok(if rebuilt.is_whole() { Exit::Good } else { Exit::Partial })
    }
}

/// Where the entries since lie; a data directory is known by its `db`.
fn forward(from: &str) -> anyhow::Result<Box<dyn Source>> {
    if Path::new(from).join("db").exists() {
        return Ok(Box::new(DataSource::open(Path::new(from))?));
    }
    calling::source(from)
}

/// What came back and what did not, for people.
fn account(restored: &Restored, data: &str, lang: Lang) -> String {
    let rebuilt = &restored.rebuilt;
    let (size, licences, backup) = (rebuilt.size, rebuilt.licences, restored.backup);
    let mut lines = vec![lang.choose(
        format!("已恢复到 {data}：{size} 条记录（备份 {backup} 条），{licences} 份证照，逐条按法重放并核对了检查点"),
        format!(
            "restored into {data}: {size} entries ({backup} in the backup), {licences} licences; every entry was re-applied \
             by the law and the checkpoint checked"
        ),
    )];
    if rebuilt.unsealed > 0 {
        let waiting = rebuilt.unsealed;
        lines.push(lang.choose(
            format!("{waiting} 份证照将在下次启动时补签凭证"),
            format!("{waiting} licences are sealed by the next start"),
        ));
    }
    if !rebuilt.seals_refused.is_empty() {
        let (count, shown) = (rebuilt.seals_refused.len(), few(&rebuilt.seals_refused, ToString::to_string));
        lines.push(lang.choose(
            format!("其中 {count} 份在备份里的凭证签名不是账本所记密钥对其底稿的签名，没有采用：{shown}"),
            format!("of {count} of them the seal in the backup was not by the entered key over the draft, and was not taken: {shown}"),
        ));
    }
    if rebuilt.resting > 0 {
        let resting = rebuilt.resting;
        lines.push(lang.choose(
            format!(
                "{resting} 件一件事申请在备份时尚在等待：备份之后的撤回和不予办理不在账本里，所以这些申请不会自行继续，要等部门逐项\
                 办理（vidimus matter supply）。请各部门先与申请人核实"
            ),
            format!(
                "{resting} applications for matters waited in the backup: whether they were withdrawn or declined since stands \
                 in no entry, so nothing of them goes on by itself, only when a department takes the part's next step (vidimus \
                 matter supply). Let the departments ask the applicants first"
            ),
        ));
    }
    match restored.last_signed {
        LastSigned::Unchanged => {}
        LastSigned::BroughtForward(before) => lines.push(lang.choose(
            format!("last-signed 从 {before} 条前移到 {size} 条"),
            format!("last-signed was brought forward from {before} to {size} entries"),
        )),
        LastSigned::MadeAnew => lines.push(lang.choose(
            format!("last-signed 已丢失，现按这里的检查点写成 {size} 条"),
            format!("last-signed was lost and is made anew, at the {size} entries of the checkpoint here"),
        )),
    }
    lines.extend(losses(&restored.rebuilt, lang));
    lines.join("\n")
}

/// What did not come back: drafts and reasons that were in no backup, and reasons that are not what was entered.
fn losses(rebuilt: &Rebuilt, lang: Lang) -> Vec<String> {
    let mut lines = Vec::new();
    if !rebuilt.missing.is_empty() {
        let (count, shown) = (rebuilt.missing.len(), few(&rebuilt.missing, ToString::to_string));
        lines.push(lang.choose(
            format!(
                "{count} 份证照是备份之后签发的：账本里有其记录，状态与核验照常，但底稿、编号查找、幂等键应答和领取不在任何备份里，不能再下载；\
                 同一请求再来会重复签发。请签发部门核对：{shown}"
            ),
            format!(
                "{count} licences were issued after the backup: they are entered, and standing and verification go on, but \
                 their drafts, finders, answers under keys and pickups were in no backup: they cannot be downloaded again, and \
                 the same request would issue anew. Let the issuing departments compare: {shown}"
            ),
        ));
    }
    if !rebuilt.reasons_missing.is_empty() {
        let (count, shown) = (rebuilt.reasons_missing.len(), few(&rebuilt.reasons_missing, named));
        lines.push(lang.choose(
            format!(
                "{count} 次处置（暂扣、恢复、终止、换证）是备份之后作出的：账本里有其记录，状态照常，但理由、依据和案号不在任何备份里，\
                 不能再显示。请处置部门查对自己的案卷（证照#记录序号）：{shown}"
            ),
            format!(
                "{count} acts (suspensions, reinstatements, ends, replacements) were done after the backup: they are entered \
                 and the standing is theirs, but their reasons, bases and references were in no backup and cannot be shown \
                 again. Let the departments look into their own files (licence#entry): {shown}"
            ),
        ));
    }
    if !rebuilt.reasons_damaged.is_empty() {
        let (count, shown) = (rebuilt.reasons_damaged.len(), few(&rebuilt.reasons_damaged, named));
        lines.push(lang.choose(
            format!("备份里 {count} 次处置的理由已损坏（不能解开，或与账本的承诺不符），没有采用；请试另一份备份（证照#记录序号）：{shown}"),
            format!(
                "the reasons of {count} acts are damaged in the backup (they do not open, or are not what the entry commits \
                 to) and were not taken; try another backup (licence#entry): {shown}"
            ),
        ));
    }
    if !rebuilt.words_missing.is_empty() {
        let (count, shown) = (rebuilt.words_missing.len(), few(&rebuilt.words_missing, named));
        lines.push(lang.choose(
            format!(
                "{count} 个办件步骤是备份之后的：账本里有其记录，办件照常，但申请内容和意见不在任何备份里，不能再显示。请办理部门查对自己的案卷，并请申请人重新提供（办件#记录序号）：{shown}"
            ),
            format!(
                "{count} steps of cases were taken after the backup: they are entered and the cases stand where they stood, but what was applied for and said was in no backup and cannot be shown again. Let the departments look into their own files and ask the applicants anew (case#entry): {shown}"
            ),
        ));
    }
    if !rebuilt.words_damaged.is_empty() {
        let (count, shown) = (rebuilt.words_damaged.len(), few(&rebuilt.words_damaged, named));
        lines.push(lang.choose(
            format!("备份里 {count} 个办件步骤的内容已损坏（不能解开，或与账本的承诺不符），没有采用；请试另一份备份（办件#记录序号）：{shown}"),
            format!(
                "what was said in {count} steps of cases is damaged in the backup (it does not open, or is not what the entry commits to) and was not taken; try another backup (case#entry): {shown}"
            ),
        ));
    }
    let lost = [
        rebuilt.missing.len(),
        rebuilt.reasons_missing.len(),
        rebuilt.reasons_damaged.len(),
        rebuilt.words_missing.len(),
        rebuilt.words_damaged.len(),
    ];
    if lost.iter().any(|count| *count > SHOWN) || rebuilt.seals_refused.len() > SHOWN {
        lines.push(lang.choose("（全部列于 --json）", "(all of them with --json)").to_owned());
    }
    lines
}

/// The first of many.
fn few<T>(all: &[T], named: impl Fn(&T) -> String) -> String {
    all.iter().take(SHOWN).map(named).collect::<Vec<_>>().join(" ")
}

fn named(reason: &Said) -> String {
    format!("{}#{}", reason.handle, reason.entry)
}
