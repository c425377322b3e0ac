//! Assembly: which directories are there, what that means, and the authority that comes of it.
//!
//! | keys | data | |
//! | --- | --- | --- |
//! | empty | empty | a sample authority is founded, unless the configuration says `sample = false` |
//! | begun | empty, or begun | founding goes on |
//! | founded | present | it opens, if everything adds up (`authority`) |
//! | keys or tokens without `last-signed` | | refused, with the cure |
//! | one without the other | | refused, with the cure |

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};

use super::callers::Callers;
use super::clock::SystemClock;
use super::config::ServeConfig;
use super::entropy::SystemEntropy;
use super::told::Told;
use crate::authority::caller::Caller;
use crate::authority::founding::{Founding, NewKeys, Site};
use crate::authority::keyring::Keyring as _;
use crate::authority::store::Store as _;
use crate::authority::{Authority, OpenError, Opening};
use crate::catalogue::{AuthorityPlan, Catalogue};
use crate::crypto::{Entropy, KeyPurpose};
use crate::keyring::tokens::TokenTable;
use crate::keyring::{FileKeyring, Passphrase, Stage, stage};
use crate::ledger::body::Owner;
use crate::store::SledStore;
use crate::values::time::{Clock, Time};

/// The base URL of a sample that is given none.
const SAMPLE_URL: &str = "http://127.0.0.1:8080";
/// The statements of a sample count for a day after they are made.
const SAMPLE_STATEMENTS: i64 = 24 * 3600 * 1000;
/// Stands in the founding file while a sample's keys are made: keys that no founding speaks of are somebody's.
const SAMPLE_BEGINS: &[u8] = b"null";

/// An open authority and what was made on the way.
pub struct Assembled {
    /// The engine.
    pub authority: Authority,
    /// Who may call.
    pub tokens: TokenTable,
    /// Whether a sample was founded at this start.
    pub founded: bool,
}

/// Opens what the configuration names, or founds a sample where there is nothing.
pub fn assemble(config: &ServeConfig) -> anyhow::Result<Assembled> {
    let passphrase = config.passphrase_file.as_deref().map(Passphrase::read).transpose()?;
    assemble_with(config, passphrase)
}

/// The same with a passphrase that was read already: a pipe gives it only once.
pub fn assemble_with(config: &ServeConfig, passphrase: Option<Passphrase>) -> anyhow::Result<Assembled> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy::new());
    let clock = Arc::new(SystemClock);
    let catalogue = Arc::new(catalogue(config.schemas.as_deref())?);
    let found = stage(&config.keys)?;
    let data_is_there = config.data.join("db").exists();
    refuse_half(&found, data_is_there, config)?;

    let begins = !matches!(found, Stage::Founded);
    if begins && !data_is_there {
        refuse_sample(config)?;
    }
    let store = SledStore::open(&config.data).map_err(|error| in_context(&error, &config.data))?;
    let head = store.head()?;
    // A store that a crash left empty before the first key was written is no data.
    if begins && head.size > 0 {
        bail!(if found == Stage::Empty { only_data(config) } else { severed(config) });
    }
    if begins {
        refuse_sample(config)?;
    }
    let keyring = if begins {
        FileKeyring::create(&config.keys, passphrase, entropy.as_ref())?
    } else {
        FileKeyring::open(&config.keys, passphrase)?
    };
    let mut founding = noted_founding(config)?;
    if begins && founding.is_none() {
        found_sample(config, &keyring, &catalogue, clock.now(), entropy.as_ref())?;
        founding = noted_founding(config)?;
    }
    let goes_on = founding.is_some();
    let keyring = Arc::new(keyring);
    let authority = Opening {
        store: Arc::new(store),
        keyring: Arc::<FileKeyring>::clone(&keyring),
        entropy: Arc::clone(&entropy),
        clock: Arc::<SystemClock>::clone(&clock),
        clock_gap: config.clock_gap,
        catalogue,
        founding,
        public_url: config.public_url.clone(),
    }
    .open()
    .map_err(|error| told(&error))?;
    let tokens = TokenTable::create(&config.keys)?;
    department_tokens(&authority, &tokens, clock.now())?;
    if goes_on {
        Callers::first(&tokens, &"operator".parse()?, Caller::Operator, clock.now())?;
        Callers::first(&tokens, &"auditor".parse()?, Caller::Auditor, clock.now())?;
        keyring.founding_is_over()?;
    }
    Ok(Assembled { authority, tokens, founded: begins })
}

/// The licence types: built in, or those of a directory.
pub fn catalogue(schemas: Option<&Path>) -> anyhow::Result<Catalogue> {
    match schemas {
        None => Ok(Catalogue::built_in()?),
        Some(schemas) => Ok(Catalogue::from_folder_files(type_files(schemas)?)?),
    }
}

/// The files of a directory of types, which may be given itself, or as the `schemas` directory that holds it.
pub fn type_files(schemas: &Path) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let types = schemas.join("types");
    let root = if types.is_dir() { types } else { schemas.to_path_buf() };
    let mut files = Vec::new();
    collect(&root, &root, &mut files).with_context(|| format!("reading {}", root.display()))?;
    Ok(files)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, Vec<u8>)>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if let Ok(relative) = path.strip_prefix(root)
            && relative.components().count() == 3
        {
            files.push((relative.to_string_lossy().into_owned(), std::fs::read(&path)?));
        }
    }
    Ok(())
}

/// One of the two directories without the other is an accident, never a wish.
fn refuse_half(found: &Stage, data_is_there: bool, config: &ServeConfig) -> anyhow::Result<()> {
    match found {
        Stage::Foreign { name } => {
            let keys = config.keys.display();
            bail!(Told::new(
                format!("{keys} 里有不属于本程序的 {name}:请把空目录或建立时的目录作为 --keys"),
                format!(
                    "{keys} holds {name}, which is not ours: give an empty directory as --keys, or the one that was founded"
                ),
            ))
        }
        Stage::Founded if !data_is_there && !config.keys.join("founding.json").exists() => {
            let (keys, data) = (config.keys.display(), config.data.display());
            bail!(Told::new(
                format!(
                    "{keys} 里有密钥,但 {data} 里没有数据:请给出与之对应的 --data。如果数据丢失,请用包含全部已签名记录的备份或导出恢复;不要在这些密钥下重新开始"
                ),
                format!(
                    "the keys in {keys} are there, but the data in {data} is not: give the --data that belongs to them. If it \
                     is lost, restore it from a backup or an export that holds every signed entry; do not start anew under \
                     these keys"
                ),
            ))
        }
        Stage::Severed => bail!(severed(config)),
        Stage::Empty | Stage::Begun | Stage::Founded => Ok(()),
    }
}

/// The founding that is written down; none where a sample's has only begun.
fn noted_founding(config: &ServeConfig) -> anyhow::Result<Option<Founding>> {
    let path = config.keys.join("founding.json");
    match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// Where the configuration says `sample = false`, an authority is meant that is there, or one to be founded by `init`: a
/// volume that is not mounted must not become a sample under a real authority's name.
fn refuse_sample(config: &ServeConfig) -> anyhow::Result<()> {
    if config.sample || noted_founding(config)?.is_some() {
        return Ok(());
    }
    let (keys, data) = (config.keys.display(), config.data.display());
    bail!(Told::new(
        format!(
            "{keys} 和 {data} 里还没有建立机关:请执行 `vidimus init`,或给出已建立机关的 --keys 和 --data;如只想试用样例,请去掉配置中的 sample = false"
        ),
        format!(
            "nothing is founded in {keys} and {data}: run `vidimus init`, or give the --keys and --data of the authority \
             that is; to try the sample, take sample = false out of the configuration"
        ),
    ))
}

fn severed(config: &ServeConfig) -> Told {
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

fn only_data(config: &ServeConfig) -> Told {
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
fn told(error: &OpenError) -> anyhow::Error {
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
            format!("数据是另一段历史:它在 {size} 条记录处的根哈希与已签名的不同。请放回与这些密钥对应的数据")
        }
        OpenError::KeysOlder { stored, signed } => format!(
            "密钥目录是旧副本:数据里的检查点有 {stored} 条记录,last-signed 只有 {signed} 条。请放回最新的 last-signed;恢复旧文件是事故,不是日常操作"
        ),
        OpenError::OtherType { licence_type, version, part } => format!(
            "证照类型 {licence_type} 第 {version} 版的 {part} 与账本已公布的不同:请放回已公布的文件夹(--schemas),修改请作为新版本公布(vidimus types publish)"
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
        OpenError::Store(error) => format!("存储故障:{error}"),
        OpenError::Keyring(error) => format!("密钥目录故障:{error}"),
        OpenError::Failure(failure) => format!("无法打开:{failure}"),
    };
    Told::new(zh, error.to_string()).into()
}

fn in_context(error: &crate::store::OpenError, data: &Path) -> anyhow::Error {
    let data = data.display();
    let zh = match error {
        crate::store::OpenError::InUse(_) => {
            format!("数据目录 {data} 正被另一个服务使用:请先停止它,或给出另一个 --data")
        }
        crate::store::OpenError::Full(_) => format!("数据目录 {data} 所在的磁盘已满:请腾出空间后再启动"),
        other => format!("数据目录 {data}:{other}"),
    };
    Told::new(zh, format!("the data directory {data}: {error}")).into()
}

/// Keys first, then what will be entered, then `last-signed` of size 0: a crash at any point is gone on from.
fn found_sample(
    config: &ServeConfig,
    keyring: &FileKeyring,
    catalogue: &Catalogue,
    now: Time,
    entropy: &dyn Entropy,
) -> anyhow::Result<()> {
    keyring.note_founding(SAMPLE_BEGINS)?;
    let plan = AuthorityPlan::sample()?;
    let keys = NewKeys::make(&plan, entropy)?;
    let base_url = config.public_url.clone().map_or_else(|| SAMPLE_URL.parse(), Ok)?;
    let origin = keys.sample_origin()?;
    let site = Site { base_url: &base_url, origin: &origin, now, not_after: now.plus(SAMPLE_STATEMENTS) };
    let mut founding = Founding::compose(&plan, catalogue, &keys, &site, entropy)?;
    founding.approve(&[keys.of(&Owner::Authority, KeyPurpose::Registrar)?])?;
    keep(keyring, keys, &founding, entropy)
}

/// Writes keys, founding file and the empty `last-signed`, in this order.
pub fn keep(
    keyring: &FileKeyring,
    keys: NewKeys,
    founding: &Founding,
    entropy: &dyn Entropy,
) -> anyhow::Result<()> {
    let empty = keys.empty_checkpoint(founding.origin())?;
    for new in keys.into_inner() {
        keyring.add(new.purpose, &new.owner.to_string(), new.key, entropy)?;
    }
    keyring.note_founding(&serde_json::to_vec(founding)?)?;
    if keyring.last_signed()?.is_none() {
        keyring.replace_last_signed(None, &empty)?;
    }
    Ok(())
}

/// A token for each department that never had one: at founding, and where a crash came between a department's entry and
/// its token.
fn department_tokens(authority: &Authority, tokens: &TokenTable, now: Time) -> anyhow::Result<()> {
    let published = authority.published();
    for held in published.charter.departments().filter(|held| held.in_force()) {
        let (code, slug) = (held.value.code.clone(), held.value.slug.clone());
        Callers::first(tokens, &slug, Caller::Department { code, slug: slug.clone() }, now)?;
    }
    Ok(())
}

/// Where the token of a name lies.
pub fn token_path(keys: &Path, name: &str) -> PathBuf {
    keys.join("tokens").join(format!("{name}.token"))
}

#[cfg(test)]
mod tests;
