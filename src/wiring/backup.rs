//! A backup as a directory: `ledger/`, which is an export; `beside.rows`, what does not follow from the entries; and
//! `manifest.json`, which names every file with its length and digest. It is written under another name and renamed
//! when it is whole and durable. The epoch key, private keys and tokens are not in it (law 0, section 11).
//!
//! Not here: which rows belong to it (`authority::backup`), and putting one back (`restore`).

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read as _, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use super::told::Told;
use crate::audit::export::export;
use crate::audit::prove::head;
use crate::audit::replay::Progress;
use crate::audit::source::{Directory, Source};
use crate::authority::backup::RowReader;
use crate::crypto::Digest;
use crate::crypto::digest::Digesting;
use crate::merkle::Hash;
use crate::values::time::Time;

/// What the manifest calls itself.
const FORMAT: &str = "vidimus-backup/3";
/// The manifest.
const MANIFEST: &str = "manifest.json";
/// The export.
pub const LEDGER: &str = "ledger";
/// The rows beside it.
pub const BESIDE: &str = "beside.rows";

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: String,
    /// When it was made.
    pub made: Time,
    /// By which version of this program.
    pub program: String,
    /// Of which ledger.
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// Their root.
    pub root: String,
    /// Rows beside the ledger.
    pub rows: u64,
    /// Every other file of the backup.
    pub files: BTreeMap<String, Kept>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    bytes: u64,
    sha256: Digest,
}

/// Makes a backup of a source. `pour` writes the rows beside the size that the export has.
pub fn make(
    source: &dyn Source,
    folder: &Path,
    made: Time,
    pour: &mut dyn FnMut(u64, &mut dyn Write) -> anyhow::Result<()>,
    progress: &mut dyn FnMut(Progress),
) -> anyhow::Result<Manifest> {
    refuse_full(folder)?;
    let unfinished = beside(folder, "unfinished");
    if unfinished.exists() {
        // Ours alone has this name: a backup that broke off.
        fs::remove_dir_all(&unfinished).with_context(|| unfinished.display().to_string())?;
    }
    // Ours alone, as the data is.
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&unfinished)
        .with_context(|| unfinished.display().to_string())?;
    let ledger = unfinished.join(LEDGER);
    let size = export(source, &ledger, progress)?.size;
    let (_, checkpoint) = head(&Directory::open(&ledger)?)?;
    let rows = unfinished.join(BESIDE);
    let named = || rows.display().to_string();
    let mut file = BufWriter::new(create_own(&rows).with_context(named)?);
    pour(size, &mut file).and_then(|()| Ok(file.flush()?)).with_context(named)?;
    file.get_ref().sync_all().with_context(named)?;
    let rows = count(&rows).with_context(named)?;
    let manifest = Manifest {
        format: FORMAT.into(),
        made,
        program: env!("CARGO_PKG_VERSION").into(),
        origin: checkpoint.origin.to_string(),
        size,
        root: Hash(checkpoint.root).to_string(),
        rows,
        files: digests(&unfinished)?,
    };
    let path = unfinished.join(MANIFEST);
    let mut file = create_own(&path).with_context(|| path.display().to_string())?;
    serde_json::to_writer_pretty(&mut file, &manifest)?;
    file.write_all(b"\n").and_then(|()| file.sync_all())?;
    File::open(&unfinished)?.sync_all()?;
    fs::rename(&unfinished, folder).with_context(|| folder.display().to_string())?;
    File::open(parent(folder))?.sync_all()?;
    Ok(manifest)
}

/// The manifest of a backup, once every file of it is what was written, and nothing is there besides.
pub fn check(folder: &Path) -> anyhow::Result<Manifest> {
    let path = folder.join(MANIFEST);
    let text = fs::read(&path).map_err(|error| {
        let named = path.display();
        Told::new(
            format!("{named} 无法读取（{error}）：这不是一份完整的备份，请给出 `vidimus backup` 写成的目录"),
            format!("{named} cannot be read ({error}): this is no whole backup; name a directory that `vidimus backup` made"),
        )
    })?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|error| damaged(&path, &error.to_string()))?;
    if manifest.format != FORMAT {
        bail!(damaged(&path, &format!("format {:?}, not {FORMAT:?}", manifest.format)));
    }
    let found = digests(folder)?;
    for (name, kept) in &manifest.files {
        match found.get(name) {
            None => bail!(damaged(&folder.join(name), "missing")),
            Some(now) if now != kept => bail!(damaged(&folder.join(name), "not what was written")),
            Some(_) => {}
        }
    }
    match found.keys().find(|name| !manifest.files.contains_key(*name)) {
        Some(stranger) => bail!(damaged(&folder.join(stranger), "not a file of this backup")),
        None => Ok(manifest),
    }
}

fn damaged(path: &Path, what: &str) -> Told {
    let named = path.display();
    let zh = match what {
        "missing" => "缺失",
        "not what was written" => "内容与备份时不同",
        "not a file of this backup" => "不属于这份备份",
        other => other,
    };
    Told::new(
        format!("备份已损坏：{named}（{zh}）。没有恢复任何内容；请使用另一份备份，或重新复制这一份"),
        format!(
            "the backup is damaged: {named} ({what}). Nothing was restored; use another backup, or copy this one again"
        ),
    )
}

fn refuse_full(folder: &Path) -> anyhow::Result<()> {
    let mut inside = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(parent(folder)).with_context(|| folder.display().to_string())?;
            return Ok(());
        }
        read => read.with_context(|| folder.display().to_string())?,
    };
    if inside.next().is_some() {
        let named = folder.display();
        bail!(Told::new(
            format!("{named} 不是空目录：请为每份备份给出新的目录"),
            format!("{named} is not empty: name a new directory for each backup"),
        ));
    }
    Ok(())
}

/// A path beside another, that nobody else would choose.
pub fn beside(folder: &Path, what: &str) -> PathBuf {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    parent(folder).join(format!(".{name}.{what}"))
}

/// The directory that a path is in.
pub fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new file that nobody else may read, wherever the directory is moved or copied to.
fn create_own(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

/// Reads rows to their end.
fn count(path: &Path) -> io::Result<u64> {
    let mut rows = RowReader::new(BufReader::new(File::open(path)?));
    rows.by_ref().try_for_each(|row| row.map(drop))?;
    Ok(rows.rows())
}

/// Every file below a folder but the manifest, under its relative path.
fn digests(folder: &Path) -> anyhow::Result<BTreeMap<String, Kept>> {
    let names = Directory::open(folder)?.files()?.unwrap_or_default();
    let mut files = BTreeMap::new();
    for name in names.into_iter().filter(|name| name != MANIFEST) {
        let path = folder.join(&name);
        let kept = digest(&path).with_context(|| path.display().to_string())?;
        files.insert(name, kept);
    }
    Ok(files)
}

fn digest(path: &Path) -> io::Result<Kept> {
    let mut file = File::open(path)?;
    let (mut digesting, mut bytes) = (Digesting::new(), 0_u64);
    let mut piece = vec![0; 64 * 1024];
    loop {
        let length = file.read(&mut piece)?;
        let Some(read) = piece.get(..length).filter(|read| !read.is_empty()) else { break };
        digesting.update(read);
        bytes += u64::try_from(length).unwrap_or(0);
    }
    Ok(Kept { bytes, sha256: digesting.finish() })
}
