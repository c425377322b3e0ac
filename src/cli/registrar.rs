//! `vidimus registrar new|possess|sign`: what a registrar does on a machine of their own. Nothing here talks to a server;
//! `openssl pkeyutl -sign -rawin` makes the same signatures.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;

use super::exit::Exit;
use super::output::Output;
use super::{own_key, registrar_told};
use crate::authority::{Signed, Statements};
use crate::crypto::KeyPurpose;
use crate::crypto::base64url;
use crate::ledger::body::{Owner, possession};
use crate::ledger::signature::Signature;
use crate::values::identifiers::Origin;
use crate::values::time::Time;

/// A registrar's own key: make it, prove it, sign with it. Not on the server.
#[derive(Debug, Args)]
pub(super) struct Registrar {
    #[command(subcommand)]
    verb: Verb,
    /// The passphrase of the key.
    #[arg(long, global = true, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a key (Ed25519, PKCS#8, mode 0600).
    New {
        /// Where; must not exist.
        file: PathBuf,
    },
    /// Print what the plan says of a registrar, with the proof that you hold the key.
    Possess {
        /// The key.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The origin of the ledger to be founded.
        #[arg(long)]
        origin: Origin,
        /// Until when the proof counts: YYYY-MM-DDTHH:MM:SS.mmmZ.
        #[arg(long)]
        not_after: Time,
    },
    /// Sign the statements of a founding or a ceremony; what is signed is shown on stderr, the approval goes to stdout.
    Sign {
        /// The statements, as `vidimus init` or a ceremony's command wrote them.
        statements: PathBuf,
        /// The key.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Sign only for the ledger of this origin.
        #[arg(long)]
        origin: Option<Origin>,
    },
}

impl Registrar {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let passphrase = self.passphrase_file.as_deref().map(own_key::read_passphrase).transpose()?;
        let passphrase: Option<&[u8]> = passphrase.as_ref().map(|passphrase| passphrase.as_slice());
        match self.verb {
            Verb::New { file } => {
                let key = own_key::make(&file, passphrase)?;
                out.result(&json!({"key": key.id(), "file": file}), |_| key.id().to_string())?;
            }
            Verb::Possess { key, origin, not_after } => {
                let key = own_key::load(&key, passphrase)?;
                let claim =
                    possession(&origin, &Owner::Authority, KeyPurpose::Registrar, key.public(), not_after)?;
                let spki = base64url::encode(&key.public().spki());
                let proof = base64url::encode(&key.sign(&claim)?);
                let facts = json!({"spki": spki, "not_after": not_after, "possession": proof});
                out.result(&facts, |_| {
                    format!("[[registrars]]\nspki = \"{spki}\"\nnot_after = \"{not_after}\"\npossession = \"{proof}\"")
                })?;
            }
            Verb::Sign { statements, key, origin } => {
                let key = own_key::load(&key, passphrase)?;
                let bytes = std::fs::read(&statements).with_context(|| statements.display().to_string())?;
                let statements: Statements = serde_json::from_slice(&bytes)?;
                let meant = registrar_told::read(&statements, origin.as_ref())?;
                std::io::stderr()
                    .write_all(registrar_told::told(&statements, &meant, out.lang).as_bytes())?;
                let mut signatures = Vec::with_capacity(statements.statements.len());
                for statement in &statements.statements {
                    signatures.push(Signature(key.sign(&statement.sign.0)?));
                }
                let approval = Signed { ceremony: statements.ceremony, key: key.id(), signatures };
                out.raw(format!("{}\n", serde_json::to_string(&approval)?).as_bytes())?;
            }
        }
        Ok(Exit::Good)
    }
}
