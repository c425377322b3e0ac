//! `vidimus ledger compare FROM OTHER`, and `vidimus ledger split-view FILE`, which checks what that may find.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

use crate::audit::compare::{Compared, Face, compare, save, verified, verified_head};
use crate::audit::prove::ProveError;
use crate::audit::source::Source;
use crate::cli::audit::vkeys;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::ledger::checkpoint::VerifiedCheckpoint;
use crate::ledger::split_view::{Shown, SplitView};
use crate::merkle::Hash;
use crate::note::{Note, VerifierKey};
use crate::values::lang::Lang;
use crate::wiring::calling;

/// Whether two faces of a ledger are of one tree; if not, the proof.
#[derive(Debug, Args)]
pub(super) struct Compare {
    /// One face: a server's address, the directory of an export or a mirror, or a file with a checkpoint.
    #[arg(value_name = "FROM")]
    one: String,
    /// The other.
    other: String,
    /// Verifier keys of the checkpoint, one a line, from elsewhere than the ledger.
    #[arg(long, value_name = "FILE")]
    vkey: PathBuf,
    /// Where the proof of a split view goes.
    #[arg(long, value_name = "FILE", default_value = "ledger.split-view")]
    proof: PathBuf,
}

/// Check the proof of a split view, alone and offline.
#[derive(Debug, Args)]
pub(super) struct CheckSplitView {
    /// The proof.
    file: PathBuf,
    /// Verifier keys of the checkpoint, one a line, from elsewhere than whoever brings the proof.
    #[arg(long, value_name = "FILE")]
    vkey: PathBuf,
}

/// What there is of a face.
enum Given {
    Ledger(Box<dyn Source>),
    Checkpoint(Note),
}

impl Given {
    fn open(from: &str) -> anyhow::Result<Self> {
        if calling::is_address(from) || !Path::new(from).is_file() {
            return Ok(Self::Ledger(calling::source(from)?));
        }
        let bytes = fs::read(from).with_context(|| from.to_owned())?;
        Ok(Self::Checkpoint(Note::parse(&bytes).map_err(ProveError::from).with_context(|| from.to_owned())?))
    }

    fn face(&self, from: &str, keys: &[VerifierKey]) -> anyhow::Result<Face<'_>> {
        let (checkpoint, source) = match self {
            Self::Ledger(source) => (verified_head(source.as_ref(), keys), Some(source.as_ref())),
            Self::Checkpoint(note) => (verified(note, keys), None),
        };
        Ok(Face { checkpoint: checkpoint.with_context(|| from.to_owned())?, source })
    }
}

impl Compare {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let keys = vkeys(&self.vkey)?;
        let (one, other) = (Given::open(&self.one)?, Given::open(&self.other)?);
        let (one, other) = (one.face(&self.one, &keys)?, other.face(&self.other, &keys)?);
        let compared = compare(&one, &other)?;
        let (name, written, exit) = match &compared {
            Compared::Same => ("same", None, Exit::Good),
            Compared::Continued => ("continued", None, Exit::Good),
            Compared::CannotTell => ("cannot_tell", None, Exit::CannotTell),
            Compared::Split(split) => {
                let proof = save(split, &self.proof).with_context(|| self.proof.display().to_string())?;
                ("split", Some(proof.display().to_string()), Exit::DoesNotHold)
            }
        };
        let proof = written.clone().unwrap_or_default();
        let (from, to) = (&one.checkpoint, &other.checkpoint);
        let shown = match &compared {
            Compared::Split(split) => Some(split.verify(&keys)?),
            _ => None,
        };
        let result = json!({
            "result": name, "origin": from.origin().as_str(),
            "from": sides(from), "other": sides(to), "proof": written,
        });
        out.result(&result, |lang| match shown {
            Some(shown) => split_told(&shown, &proof, lang),
            None => one_tree_told(&compared, from, to, lang),
        })?;
        Ok(exit)
    }
}

fn one_tree_told(
    compared: &Compared,
    from: &VerifiedCheckpoint,
    to: &VerifiedCheckpoint,
    lang: Lang,
) -> String {
    let (small, large) = (from.size().min(to.size()), from.size().max(to.size()));
    match compared {
        Compared::Same => {
            lang.choose(format!("相同：{large} 条记录，同一个根"), format!("the same: {large} entries, one root"))
        }
        Compared::CannotTell => lang.choose(
            format!("无法判断：{large} 条记录的一面只有检查点；请给出其账本的地址或副本"),
            format!("cannot tell: of the face with {large} entries there is a checkpoint only; give the address or a copy of its ledger"),
        ),
        Compared::Continued | Compared::Split(_) => lang.choose(
            format!("一致：{large} 条记录的树延续 {small} 条的树（已证明）"),
            format!("consistent: the tree of {large} entries continues that of {small}, which is proved"),
        ),
    }
}

impl CheckSplitView {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let keys = vkeys(&self.vkey)?;
        let named = self.file.display().to_string();
        let bytes = fs::read(&self.file).with_context(|| named.clone())?;
        let checked = SplitView::parse(&bytes).and_then(|split| split.verify(&keys));
        match checked {
            Ok(shown) => {
                let result = json!({
                    "split": true, "origin": shown.smaller.origin().as_str(),
                    "smaller": sides(&shown.smaller), "larger": sides(&shown.larger),
                    "begins": shown.begins.to_string(),
                });
                out.result(&result, |lang| split_told(&shown, &named, lang))?;
                Ok(Exit::Good)
            }
            Err(error) => {
                let problem = error.to_string();
                out.result(&json!({ "split": false, "problem": problem }), |lang| {
                    lang.choose(
                        format!("{named} 不能证明账本分叉：{problem}"),
                        format!("{named} proves no split view: {problem}"),
                    )
                })?;
                Ok(Exit::NotValid)
            }
        }
    }
}

/// A checkpoint, as one side.
pub(super) fn sides(of: &VerifiedCheckpoint) -> Value {
    json!({ "size": of.size(), "root": Hash(*of.root()).to_string() })
}

/// What a proof shows, and to whom it is worth showing.
pub(super) fn split_told(shown: &Shown, proof: &str, lang: Lang) -> String {
    let origin = shown.smaller.origin();
    let (small, large) = (shown.smaller.size(), shown.larger.size());
    let (root, other, begins) = (Hash(*shown.smaller.root()), Hash(*shown.larger.root()), shown.begins);
    let facts = if small == large {
        lang.choose(
            format!("账本 {origin} 分叉：{small} 条记录有两个根，{root} 和 {other}，均由账本的密钥签署"),
            format!("split view of {origin}: {small} entries with two roots, {root} and {other}, both signed by the log"),
        )
    } else {
        lang.choose(
            format!("账本 {origin} 分叉：签署过 {small} 条记录的根 {root}，又签署了 {large} 条记录的根 {other}，后者的前 {small} 条的根是 {begins}"),
            format!("split view of {origin}: it signed the root {root} for {small} entries, and {other} for {large}, whose first {small} have the root {begins}"),
        )
    };
    let more = lang.choose(
        format!("证明在 {proof}；任何人凭账本的验证密钥即可核对：vidimus ledger split-view {proof} --vkey FILE"),
        format!("the proof is {proof}; whoever has the log's verifier key checks it: vidimus ledger split-view {proof} --vkey FILE"),
    );
    format!("{facts}\n{more}")
}
