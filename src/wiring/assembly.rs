//! Assembly: which directories are there, what that means, and the authority that comes of it.
//!
//! | keys | data | |
//! | --- | --- | --- |
//! | empty | empty | a sample authority is founded, unless the configuration says `sample = false` |
//! | begun | empty, or begun | founding goes on |
//! | founded | present | it opens, if everything adds up (`authority`) |
//! | keys or tokens without `last-signed` | | refused, with the cure |
//! | one without the other | | refused, with the cure |

mod refused;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};

use super::callers::Callers;
use super::clock::SystemClock;
use super::config::ServeConfig;
use super::entropy::SystemEntropy;
use super::eyes;
use super::scrubbing::refuse_condemned;
use super::told::Told;
use crate::authority::caller::Caller;
use crate::authority::founding::{Founding, NewKeys, Site, check_plan};
use crate::authority::store::Store;
use crate::authority::{Authority, Opening};
use crate::catalogue::{AuthorityPlan, Catalogue, FACTS_FILE, MATTERS_FOLDER};
use crate::crypto::{Entropy, KeyPurpose};
use crate::keyring::tokens::TokenTable;
use crate::keyring::{FileKeyring, Passphrase, Stage, stage};
use crate::ledger::body::Owner;
use crate::store::journal::Begun;
use crate::store::{Journaled, SledStore};
use crate::values::time::{Clock, Time};
use refused::{anew_without, in_both_languages, only_data, refused_journal, refused_store, severed, told};

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
    let passphrase = config.passphrase_file.as_deref().map(Passphrase::read).transpose();
    assemble_with(config, passphrase.map_err(|error| in_both_languages(error.into()))?)
}

/// The same with a passphrase that was read already: a pipe gives it only once.
pub fn assemble_with(config: &ServeConfig, passphrase: Option<Passphrase>) -> anyhow::Result<Assembled> {
    put_together(config, passphrase).map_err(in_both_languages)
}

fn put_together(config: &ServeConfig, passphrase: Option<Passphrase>) -> anyhow::Result<Assembled> {
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
    refuse_condemned(&config.data)?;
    let store = SledStore::open(&config.data).map_err(|error| refused_store(&error, &config.data))?;
    let head = store.head().map_err(|error| told(&error.into()))?;
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
    if let (true, Some(founding)) = (begins, &founding) {
        // A crash may have come between the founding that was noted and its `last-signed`.
        founding.begin_signing(&keyring).map_err(|failure| told(&failure.into()))?;
    }
    eyes::refuse_lost(&keyring, &config.keys)?;
    let store = with_journal(config, Arc::new(store))?;
    let goes_on = founding.is_some();
    let keyring = Arc::new(keyring);
    let authority = Opening {
        store,
        keyring: Arc::<FileKeyring>::clone(&keyring),
        entropy: Arc::clone(&entropy),
        clock: Arc::<SystemClock>::clone(&clock),
        clock_gap: config.clock_gap,
        catalogue,
        founding,
        public_url: config.public_url.clone(),
        eyes: eyes::of(&keyring, &config.keys, config.witness_within)?,
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

/// The store with its journal, if there is to be one: journal and store are brought together before anything is read.
fn with_journal(config: &ServeConfig, store: Arc<dyn Store>) -> anyhow::Result<Arc<dyn Store>> {
    let Some(journal) = config.journal.as_deref() else {
        if config.journal_anew {
            bail!(anew_without());
        }
        if Journaled::forsake(store.as_ref()).map_err(|error| told(&error.into()))? {
            tracing::warn!(
                "this data had a journal, and --journal is not given: what is written from now on is not in it, and the \
                 next start with it begins it anew"
            );
        }
        return Ok(store);
    };
    let opened = if config.journal_anew { Journaled::anew } else { Journaled::open };
    let (store, begun) = opened(journal, store).map_err(|error| refused_journal(&error, journal))?;
    match begun {
        Begun::GoesOn(again) => tracing::info!(again, "the journal in {} goes on", journal.display()),
        Begun::Anew(rows) => tracing::info!(rows, "a new journal begins in {}", journal.display()),
    }
    Ok(Arc::new(store))
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
            && (relative.components().count() == 3
                || relative == Path::new(FACTS_FILE)
                || relative.parent() == Some(Path::new(MATTERS_FOLDER)))
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
                    "{keys} 里有密钥,但 {data} 里没有数据:请给出与之对应的 --data。如果数据丢失,请由日志重建(vidimus ledger rebuild),或用包含全部已签名记录的备份或导出恢复;不要在这些密钥下重新开始"
                ),
                format!(
                    "the keys in {keys} are there, but the data in {data} is not: give the --data that belongs to them. If it \
                     is lost, make it again from its journal (vidimus ledger rebuild), or restore it from a backup or an export \
                     that holds every signed entry; do not start anew under these keys"
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

/// Keys first, then what will be entered, then `last-signed` of size 0: a crash at any point is gone on from.
fn found_sample(
    config: &ServeConfig,
    keyring: &FileKeyring,
    catalogue: &Catalogue,
    now: Time,
    entropy: &dyn Entropy,
) -> anyhow::Result<()> {
    let plan = AuthorityPlan::sample()?;
    let keys = NewKeys::make(&plan, entropy)?;
    let base_url = config.public_url.clone().map_or_else(|| SAMPLE_URL.parse(), Ok)?;
    let origin = keys.sample_origin()?;
    let site = Site { base_url: &base_url, origin: &origin, now, not_after: now.plus(SAMPLE_STATEMENTS) };
    // The types built in go with the plan; those of a folder may not.
    if config.schemas.is_some() {
        check_plan(&plan, catalogue, &site, entropy)
            .map_err(|refusal| Told::new(refusal.zh(), refusal.to_string()))?;
    }
    keyring.note_founding(SAMPLE_BEGINS)?;
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
    for new in keys.into_inner() {
        keyring.add(new.purpose, &new.owner.to_string(), new.key, entropy)?;
    }
    keyring.note_founding(&serde_json::to_vec(founding)?)?;
    Ok(founding.begin_signing(keyring)?)
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
