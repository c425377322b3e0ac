//! `vidimus ledger head|prove|check|export`: from a server, an export, or else the data directory; `mirror`, `compare`,
//! `split-view`, `standing`, which take what somebody else shows; `prove-standing`, after a replay; and `rebuild`, which makes a data directory.

mod compare;
mod mirror;
#[cfg(feature = "server")]
mod rebuild;
mod standing;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use super::audit::{self, Pinned};
use super::exit::Exit;
use super::output::Output;
use crate::audit::export::export;
use crate::audit::prove::{head, prove};
use crate::audit::source::Source;
use crate::audit::{Hashes, Verdict, hashes};
use crate::merkle::Hash;
use crate::wiring::calling;
use crate::wiring::told::Told;

/// The ledger's head, its proofs and its files.
#[derive(Debug, Args)]
pub(super) struct Ledger {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    place: Place,
}

/// Which ledger.
#[derive(Debug, Args)]
struct Place {
    /// A server's address, or the directory of an export; else the data directory.
    #[arg(long, global = true, value_name = "URL|DIR")]
    from: Option<String>,
    /// The data directory of a server that is not running.
    #[arg(long, global = true, value_name = "DIR", default_value = "./data", env = "VIDIMUS_DATA")]
    data: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// The checkpoint: origin, size, root, and who signed.
    Head,
    /// The receipt (.tlog-proof) of an entry, with its bytes.
    Prove {
        /// Index of the entry, from 0.
        index: u64,
    },
    /// Hashes and law of the whole ledger, like audit replay.
    Check {
        /// Hashes and tiles only, without signatures and law: whether a copy is whole.
        #[arg(long, conflicts_with_all = ["vkey", "remember"])]
        hashes: bool,
        #[command(flatten)]
        pinned: Pinned,
    },
    /// Copy what replay checks into an empty directory.
    Export {
        /// The directory.
        dir: PathBuf,
    },
    /// Keep a full copy, proved as it arrives and brought up to date by the difference.
    Mirror(mirror::Mirror),
    /// Whether two faces of a ledger are of one tree; if not, the proof.
    Compare(compare::Compare),
    /// Check the proof of a split view, alone and offline.
    SplitView(compare::CheckSplitView),
    /// The proof of how a licence stood, from the newest anchor of states; all of the ledger is checked first.
    ProveStanding(standing::ProveStanding),
    /// Check the proof of how a licence stood, alone and offline.
    Standing(standing::CheckStanding),
    /// Make the data directory of a server again from its journal, into an empty --data.
    #[cfg(feature = "server")]
    Rebuild(rebuild::Rebuild),
}

impl Ledger {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        if self.verb.names_its_source() && self.place.from.is_some() {
            let told = Told::new(
                "来源在这里是参数，不是选项：请去掉 --from",
                "where to read is an argument here, not an option: leave out --from",
            );
            out.error(&told.into());
            return Ok(Exit::Usage);
        }
        let open = || self.place.open();
        match self.verb {
            Verb::Head => show_head(open()?.as_ref(), out),
            Verb::Prove { index } => show_proof(open()?.as_ref(), index, out),
            Verb::Check { hashes: true, .. } => check_hashes(open()?.as_ref(), out),
            Verb::Check { pinned, .. } => audit::check(open()?.as_ref(), &pinned, out),
            Verb::Export { dir } => copy(open()?.as_ref(), &dir, out),
            Verb::Mirror(mirror) => mirror.run(out),
            Verb::Compare(compare) => compare.run(out),
            Verb::SplitView(check) => check.run(out),
            Verb::ProveStanding(prove) => prove.run(open()?.as_ref(), out),
            Verb::Standing(check) => check.run(out),
            #[cfg(feature = "server")]
            Verb::Rebuild(rebuild) => rebuild.run(&self.place.data, out),
        }
    }
}

impl Verb {
    /// Whether what is read is its first argument.
    fn names_its_source(&self) -> bool {
        !matches!(
            self,
            Self::Head
                | Self::Prove { .. }
                | Self::Check { .. }
                | Self::Export { .. }
                | Self::ProveStanding(_)
        )
    }
}

impl Place {
    fn open(&self) -> anyhow::Result<Box<dyn Source>> {
        match &self.from {
            Some(from) => calling::source(from),
            None => data_directory(&self.data),
        }
    }
}

/// The ledger in a data directory: a [`Source`] over the store, which only a program with the service has.
#[cfg(feature = "server")]
fn data_directory(data: &Path) -> anyhow::Result<Box<dyn Source>> {
    Ok(Box::new(crate::wiring::data_source::DataSource::open(data)?))
}

#[cfg(not(feature = "server"))]
fn data_directory(data: &Path) -> anyhow::Result<Box<dyn Source>> {
    anyhow::bail!("this program cannot open the data directory {}: give --from URL|DIR", data.display())
}

fn show_head(source: &dyn Source, out: &Output) -> anyhow::Result<Exit> {
    let (note, checkpoint) = head(source)?;
    let (origin, size, root) = (&checkpoint.origin, checkpoint.size, Hash(checkpoint.root).to_string());
    let signatures: Vec<String> =
        note.signatures().iter().map(|line| format!("{}+{}", line.name(), hex(line.id()))).collect();
    let result = json!({
        "origin": origin.as_str(), "size": size, "root": root, "signatures": signatures,
        "checkpoint": note.to_string(),
    });
    out.result(&result, |_| note.to_string())?;
    Ok(Exit::Good)
}

fn hex(id: [u8; 4]) -> String {
    crate::crypto::hex::encode(&id)
}

fn check_hashes(source: &dyn Source, out: &Output) -> anyhow::Result<Exit> {
    let Hashes { size, findings } = hashes(source)?;
    let whole = findings.is_empty();
    out.result(&json!({ "size": size, "whole": whole, "findings": findings }), |lang| {
        let found = findings.iter().map(|found| format!("{}: {}", found.rule, found.text));
        let verdict = if whole {
            lang.choose(
                format!("{size} 条记录的哈希相符；签名与法未核对，请用 audit replay"),
                format!("the hashes of {size} entries fit; signatures and law are for audit replay"),
            )
        } else {
            lang.choose("哈希不符", "the hashes do not fit").to_owned()
        };
        found.chain([verdict]).collect::<Vec<_>>().join("\n")
    })?;
    let verdict = if whole { Verdict::Holds } else { Verdict::DoesNotHold };
    Ok(verdict.into())
}

fn show_proof(source: &dyn Source, index: u64, out: &Output) -> anyhow::Result<Exit> {
    let receipt = prove(source, index)?;
    out.result(&json!({ "index": index, "receipt": receipt.to_string() }), |_| receipt.to_string())?;
    Ok(Exit::Good)
}

fn copy(source: &dyn Source, dir: &Path, out: &Output) -> anyhow::Result<Exit> {
    let exported = {
        let mut shown = out.progress();
        export(source, dir, &mut |progress| shown.step(progress))?
    };
    let (size, files) = (exported.size, exported.files);
    let named = dir.display().to_string();
    out.result(&json!({ "directory": named, "size": size, "files": files }), |lang| {
        lang.choose(
            format!("已导出 {size} 条记录、{files} 个文件到 {named}；请用 audit replay --from {named} 核对"),
            format!(
                "{size} entries in {files} files are in {named}; check them: audit replay --from {named}"
            ),
        )
    })?;
    Ok(Exit::Good)
}
