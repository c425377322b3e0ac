//! `vidimus supervision publish|rules`: by which rules a ledger's cards (黄牌、红牌) are raised. From their entry on the cards are entries.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;

use super::ceremony;
use super::exit::Exit;
use super::operator::OperatorArgs;
use super::output::Output;
use crate::supervision::Rules;

/// Rules of supervision.
#[derive(Debug, Args)]
pub(super) struct Supervision {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Publish rules, or others in their place; registrars approve them. From then on the cards that they raise are entered.
    Publish {
        /// The rules (TOML), as `vidimus supervision rules` writes them; without it, the service's own.
        file: Option<PathBuf>,
        /// Only check it.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        operator: OperatorArgs,
    },
    /// Write the rules of this program, to be read or changed.
    Rules,
}

impl Supervision {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        match self.verb {
            Verb::Publish { file, dry_run, operator } => {
                let read = |path: PathBuf| {
                    std::fs::read_to_string(&path).with_context(|| path.display().to_string())
                };
                let wish = file.map(read).transpose()?.map_or(json!({}), |rules| json!({"rules": rules}));
                ceremony::begin(&operator.service(out.lang)?, &json!({"supervision": wish}), dry_run, out)
            }
            Verb::Rules => {
                out.raw(Rules::BUILT_IN.as_bytes())?;
                Ok(Exit::Good)
            }
        }
    }
}
