//! `vidimus trust export`: a folder with which evidence is checked offline. Everything is verified first.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::audit::{Pinned, replayed};
use super::exit::Exit;
use super::output::Output;
use crate::audit::trust;
use crate::wiring::calling;

/// What checking evidence offline needs.
#[derive(Debug, Args)]
pub(super) struct Trust {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Replay a ledger and, if it holds, write its trust folder.
    Export {
        /// A server's address, or the directory of an export.
        #[arg(value_name = "URL|DIR")]
        from: String,
        /// The folder; what is of the same name in it is replaced.
        dir: PathBuf,
        #[command(flatten)]
        pinned: Pinned,
    },
}

impl Trust {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let Verb::Export { from, dir, pinned } = self.verb;
        let source = calling::source(&from)?;
        let audit = replayed(source.as_ref(), &pinned.read()?, out)?;
        trust::export(source.as_ref(), &audit, &dir)?;
        pinned.leave_policy(&dir.join(trust::POLICY))?;
        let (origin, size, named) = (&audit.summary.origin, audit.summary.size, dir.display());
        let result = json!({ "directory": named.to_string(), "origin": origin, "size": size, "key": audit.summary.key });
        out.result(&result, |lang| {
            lang.choose(
                format!("{origin} 在第 {size} 条记录处的信任材料已写入 {named}"),
                format!("what trusting {origin} at {size} entries needs is in {named}"),
            )
        })?;
        Ok(Exit::Good)
    }
}
