//! Why it does not start, in both languages, each with what to do. Not here: when that is so (`assembly`, and
//! `authority::opening`).

use std::path::Path;

use crate::authority::keyring::KeyringError;
use crate::authority::store::StoreError;
use crate::authority::{Failure, Fault, OpenError, Refusal};
use crate::keyring::KeysError;
use crate::keyring::tokens::TokenError;
use crate::store::journal::JournalError;
use crate::wiring::config::ServeConfig;
use crate::wiring::told::Told;

pub(super) fn severed(config: &ServeConfig) -> Told {
    let keys = config.keys.display();
    Told::new(
        format!(
            "{keys} 里有密钥或令牌,但没有 last-signed,也没有 founding.json:这些密钥很可能签过账本。请把整个密钥目录恢复原样(包括 last-signed),不要在它们之下重新开始。如果只是一次中断的建立,还没有任何数据,请给出空的 --keys 重新开始"
        ),
        format!(
            "{keys} holds keys or tokens, but neither last-signed nor founding.json: these keys have most likely signed a \
             ledger. Put the whole directory back as it was, last-signed with it; do not start anew under them. If it is \
             the rest of a founding that broke off before there was any data, begin again with empty --keys"
        ),
    )
}

pub(super) fn only_data(config: &ServeConfig) -> Told {
    let (keys, data) = (config.keys.display(), config.data.display());
    Told::new(
        format!(
            "{data} 里有数据,但 {keys} 里没有密钥:请给出与之对应的 --keys。没有它们就无法再签名;如要另建样例,请同时给出空的 --data"
        ),
        format!(
            "the data in {data} is there, but the keys in {keys} are not: give the --keys that belong to it. Without them \
             nothing can be signed any more; to try a fresh sample, give an empty --data as well"
        ),
    )
}

/// A refusal to open, in both languages.
pub(super) fn told(error: &OpenError) -> anyhow::Error {
    let zh = match error {
        OpenError::KeysMissing { entries } => {
            format!("密钥旁没有 last-signed,但数据里有 {entries} 条记录:请给出与这份 --data 对应的 --keys")
        }
        OpenError::NotFounded => {
            "这里还没有建立机关:请用 `vidimus init` 建立,或用空的 --data 和 --keys 启动样例".to_owned()
        }
        OpenError::LastSigned(why) => {
            format!("last-signed 不是我们的检查点({why})。不要删除它:查明是什么改动了它,把文件恢复原样")
        }
        OpenError::Older { found, signed } => format!(
            "数据是旧副本:只有 {found} 条记录,而已签名 {signed} 条。继续运行会使账本分叉。请放回最新的数据,或用包含全部 {signed} 条记录的镜像、导出恢复"
        ),
        OpenError::OtherRoot { size, .. } => {
            format!(
                "数据是另一段历史:它在 {size} 条记录处的根哈希与已签名的不同。请放回与这些密钥对应的数据;如果被改动的是 last-signed,请恢复它"
            )
        }
        OpenError::KeysOlder { stored, signed } => format!(
            "密钥目录是旧副本:数据里的检查点有 {stored} 条记录,last-signed 只有 {signed} 条。请放回最新的 last-signed;恢复旧文件是事故,不是日常操作"
        ),
        OpenError::OtherType { licence_type, version, part } => format!(
            "证照类型 {licence_type} 第 {version} 版的 {part} 与账本已公布的不同:请放回已公布的文件夹(--schemas),修改请作为新版本公布(vidimus types publish)"
        ),
        OpenError::OtherPolicy { named, ours } => format!(
            "见证策略属于另一个账本:它的 log 行写的是 {named},而本账本的公钥是 {ours}。请把这个公钥写入 log 行,或去掉这一行,然后重新启动"
        ),
        OpenError::OtherBaseUrl { founded, given } => {
            format!("本机关以 {founded} 建立,不能以 {given} 启动。请去掉 --public-url,或以一条记录迁移")
        }
        OpenError::UnknownLaw(version) => format!("现行的法是第 {version} 版,本程序不认识,不再写入:请升级"),
        OpenError::Entry { index, why } => {
            format!("第 {index} 条记录:{why}。数据已损坏:请恢复,或用导出重建")
        }
        OpenError::Founding { place, kind, why } => format!(
            "建立中的第 {place} 条记录({kind})被拒绝:{why}。其后的记录都没有入账;请用 `vidimus init --approval FILE ...` 交上登记人的批准"
        ),
        OpenError::Clock(stepped) => format!("时钟不可信:{stepped}"),
        OpenError::Store(error) | OpenError::Failure(Failure::Fault(Fault::Store(error))) => {
            return broken_store(error).into();
        }
        OpenError::Keyring(error) | OpenError::Failure(Failure::Fault(Fault::Keyring(error))) => {
            return broken_keyring(error).into();
        }
        OpenError::Failure(Failure::Refused(Refusal::NotReady(why))) => {
            return broken_store(&StoreError::Ended(why.clone())).into();
        }
        OpenError::Failure(failure) => {
            return Told::new(
                format!("无法打开:{failure}。数据可能已损坏:{KEEP_ZH}"),
                format!("it cannot be opened: {failure}. The data may be damaged: {KEEP}"),
            )
            .into();
        }
    };
    Told::new(zh, error.to_string()).into()
}

/// What to do where data is damaged.
const KEEP: &str = "keep a copy of the data directory, then restore the last backup and roll it forward to every signed \
                    entry (vidimus restore --roll-forward)";
const KEEP_ZH: &str =
    "请先保留数据目录的副本,再恢复最近的备份并前滚到全部已签名的记录(vidimus restore --roll-forward)";

/// What was not told in both languages yet.
pub(super) fn in_both_languages(error: anyhow::Error) -> anyhow::Error {
    let of_token = error.downcast_ref::<TokenError>().and_then(|error| match error {
        TokenError::Keys(keys) => Some(keys),
        _ => None,
    });
    if let Some(keys) = error.downcast_ref::<KeysError>().or(of_token) {
        let (zh, en) = keys.told();
        return Told::new(zh, en).into();
    }
    match error.downcast::<Failure>() {
        Ok(failure) => told(&failure.into()),
        Err(other) => other,
    }
}

fn broken_store(error: &StoreError) -> Told {
    match error {
        StoreError::Ended(why) => Told::new(
            format!("数据目录无法写入:{why}。请处理磁盘(已满、只读或故障)后重新启动;已确认的不会丢"),
            format!(
                "the data cannot be written: {why}. Mend the disk (full, read-only or failing) and start again; nothing \
                 that was acknowledged is lost"
            ),
        ),
        StoreError::Archived { file, why } => Told::new(
            format!(
                "归档文件 {file} 丢失、损坏或属于别处（{why}）。请挂载它所在的磁盘，或从日志目录的 archive、备份或镜像放回这个文件（见 README 的“归档”一节），然后重新启动"
            ),
            format!(
                "{error}. Mount the disk that it is on, or put the file back from the journal's archive, a backup or a mirror (README, the archive), and start again"
            ),
        ),
        error => Told::new(
            format!("数据目录已损坏:{error}。{KEEP_ZH}"),
            format!("the data is damaged: {error}; {KEEP}"),
        ),
    }
}

fn broken_keyring(error: &KeyringError) -> Told {
    match error {
        KeyringError::Unwritable(why) => Told::new(
            format!("密钥目录无法写入:{why}。请处理磁盘(已满、只读或故障)后重新启动;已确认的不会丢"),
            format!(
                "the keys cannot be written: {why}. Mend the disk (full, read-only or failing) and start again; nothing \
                 that was acknowledged is lost"
            ),
        ),
        KeyringError::Moved => Told::new(
            "last-signed 不是本进程最后写入的:另有服务在用这些密钥。请停止它后再启动",
            format!("{error}; stop it and start again"),
        ),
        KeyringError::Unreadable(why) => Told::new(
            format!("密钥目录无法读取:{why}。请从密钥备份放回这个文件"),
            format!("{error}; put the file back from the backup of the keys"),
        ),
    }
}

/// The store's refusal to open a directory.
pub(super) fn refused_store(error: &crate::store::OpenError, data: &Path) -> anyhow::Error {
    use crate::store::OpenError as Refused;
    let place = data.display();
    let zh = match error {
        Refused::InUse(_) => format!("数据目录 {place} 正被另一个服务使用:请先停止它,或给出另一个 --data"),
        Refused::Full(_) => format!("数据目录 {place} 所在的磁盘已满:请腾出空间后再启动"),
        Refused::NotAllowed(_) => {
            format!("没有权限使用数据目录 {place}:请让服务的用户拥有它和其中的文件(0700)")
        }
        Refused::ReadOnly(_) => {
            format!("数据目录 {place} 在只读的文件系统上:请重新挂载为可写,或给出另一个 --data")
        }
        Refused::NotADirectory(_) => format!("{place} 不是目录:请给出另一个 --data"),
        Refused::Damaged { what, .. } => format!("数据目录 {place} 已损坏({what}):{KEEP_ZH}"),
        Refused::OtherVersion(_) => {
            format!("数据目录 {place} 由另一版本写成:请用那个版本启动,或给出另一个 --data")
        }
        Refused::System { what, .. } => {
            format!("数据目录 {place} 无法打开({what}):请处理磁盘(系统日志有更多说明)后重新启动")
        }
    };
    Told::new(zh, format!("the data directory {place}: {error}")).into()
}

/// A journal to begin, and none named.
pub(super) fn anew_without() -> Told {
    Told::new(
        "--journal-anew 用于重新开始一份日志:请同时以 --journal 给出它的目录,或去掉 --journal-anew",
        "--journal-anew begins a journal anew: give its directory as --journal too, or leave it out",
    )
}

/// Why a journal cannot be gone on with.
pub(super) fn refused_journal(error: &JournalError, journal: &Path) -> anyhow::Error {
    let place = journal.display();
    let (zh, en) = match error {
        JournalError::Store(error) => return broken_store(error).into(),
        JournalError::Missing(_) => (
            "里没有日志,而这份数据有一份:它所在的磁盘没有挂载的,请先挂载,或以 --journal 给出日志所在的目录;确已丢失,或要换到新目录的,请加 --journal-anew 启动一次,日志即以全部数据重新开始",
            "holds none, and this data has one: mount the disk that it is on, or give the directory where it is as --journal; if it is lost, or is to lie in a new directory, start once with --journal-anew, and a journal begins with all of the data",
        ),
        JournalError::Ahead { .. } => (
            "比这份数据更新:数据很可能是旧副本,或是另一份。请用 vidimus ledger rebuild 由日志重建数据,再以重建的目录为 --data 启动;确定以现有数据继续的,请加 --journal-anew 启动一次,原有的日志会被搁置保留",
            "is newer than this data, which is most likely an old copy, or another: make the data again with vidimus ledger rebuild, and start with that as --data; if this data is what is to go on, start once with --journal-anew, and the journal is set aside and kept",
        ),
        JournalError::Newer(_) => {
            ("由更新版本的程序写成:请用那个版本启动", "was written by a newer program: start that version")
        }
        JournalError::Backwards { .. } => (
            "里有一条自相矛盾的记录:请加 --journal-anew 启动一次,它会被搁置保留,日志以全部数据重新开始",
            "has a record that contradicts it: start once with --journal-anew, which sets it aside, and a journal begins with all of the data; give it to whoever mends this program",
        ),
        JournalError::InUse(_) => (
            "正被另一个服务或 ledger rebuild 使用:请等它结束或停止它,或给出另一个 --journal",
            "is used by another server or a rebuild: stop it or wait until it is done, or give another --journal",
        ),
        JournalError::Io { .. }
        | JournalError::Foreign(_)
        | JournalError::Empty(_)
        | JournalError::TooBig => (
            "无法使用:请处理磁盘(已满、只读或故障)后重新启动,给出另一个 --journal,或去掉它",
            "cannot be used: mend the disk (full, read-only or failing) and start again, give another --journal, or leave it out",
        ),
    };
    Told::new(format!("日志目录 {place} {zh}({error})"), format!("the journal in {place} {en} ({error})"))
        .into()
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;
    use crate::values::lang::Lang;

    #[test]
    fn a_full_disk_under_the_keys_is_told_with_a_cure_however_it_comes() {
        let full = || KeysError::Io {
            doing: "write",
            path: "keys/tokens".into(),
            source: ErrorKind::StorageFull.into(),
        };
        for error in [anyhow::Error::from(full()), TokenError::Keys(full()).into()] {
            let told = in_both_languages(error);
            let told = told.downcast_ref::<Told>().unwrap();
            assert!(told.text(Lang::En).contains("free some space"), "{told}");
            assert!(told.text(Lang::Zh).contains("请腾出空间"), "{told}");
        }
    }
}
