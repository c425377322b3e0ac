//! `vidimus types list|check DIR`: licence types as data, checked before they are published.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::exit::Exit;
use super::output::Output;
use crate::wiring::assembly::catalogue;

/// Licence types.
#[derive(Debug, Args)]
pub(super) struct Types {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// The types that are built in, or those of a directory.
    List {
        /// A directory of types: SLUG/VERSION/….
        #[arg(long, value_name = "DIR")]
        schemas: Option<PathBuf>,
    },
    /// Say what is wrong with a directory of types.
    Check {
        /// The directory: SLUG/VERSION/….
        dir: PathBuf,
    },
}

impl Types {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let schemas = match self.verb {
            Verb::List { schemas } => schemas,
            Verb::Check { dir } => Some(dir),
        };
        let catalogue = catalogue(schemas.as_deref())?;
        let items: Vec<_> = catalogue
            .iter()
            .map(|licence_type| {
                json!({
                    "type": licence_type.slug().as_str(),
                    "version": licence_type.version(),
                    "type_code": licence_type.type_code().as_str(),
                    "name": {"zh": licence_type.name().zh, "en": licence_type.name().en},
                })
            })
            .collect();
        let exit = if items.is_empty() { Exit::NotFound } else { Exit::Good };
        out.result(&json!({"items": items}), |lang| {
            let lines = catalogue.iter().map(|licence_type| {
                let name = licence_type.name();
                let (slug, version) = (licence_type.slug(), licence_type.version());
                format!(
                    "{slug}\t{version}\t{}\t{}",
                    licence_type.type_code(),
                    lang.choose(&name.zh, &name.en)
                )
            });
            lines.collect::<Vec<_>>().join("\n")
        })?;
        Ok(exit)
    }
}
