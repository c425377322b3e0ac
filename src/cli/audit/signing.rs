//! The auditor's signature over a document.

use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use serde_json::{Map, Value, json};

use crate::cli::own_key;
use crate::crypto::{Algorithm, PrivateKey};
use crate::jose::jws;
use crate::values::canonical::canonical;

/// Signed with what.
#[derive(Debug, Args)]
pub(super) struct Signing {
    /// The auditor's own Ed25519 key (PKCS#8, PEM), which signs the document.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// File whose first line is the passphrase of that key; - is standard input.
    #[cfg(feature = "server")]
    #[arg(long, value_name = "FILE", requires = "key")]
    passphrase_file: Option<PathBuf>,
}

impl Signing {
    /// As it was written on the command line.
    #[cfg(feature = "server")]
    pub(super) fn written(&self) -> Vec<String> {
        let options = [("--key", &self.key), ("--passphrase-file", &self.passphrase_file)];
        let options = options.into_iter().filter_map(|(name, path)| Some((name, path.as_ref()?)));
        options.flat_map(|(name, path)| [name.to_owned(), path.display().to_string()]).collect()
    }

    /// The key, if there is one. One algorithm, whose signatures are the same each time.
    pub(super) fn key(&self) -> anyhow::Result<Option<PrivateKey>> {
        let Some(file) = &self.key else { return Ok(None) };
        #[cfg(feature = "server")]
        let passphrase = self.passphrase_file.as_deref().map(own_key::read_passphrase).transpose()?;
        #[cfg(feature = "server")]
        let passphrase = passphrase.as_ref().map(|passphrase| passphrase.as_slice());
        #[cfg(not(feature = "server"))]
        let passphrase = None;
        let key = own_key::load(file, passphrase)?;
        let algorithm = key.public().algorithm();
        ensure!(algorithm == Algorithm::Ed25519, "--key: documents are signed with an Ed25519 key");
        Ok(Some(key))
    }
}

/// A document, and its signature if a key was given.
pub(super) struct Signed {
    /// Canonical bytes: what was found under its name, and `signature`.
    pub(super) document: Vec<u8>,
    /// A JWS over the canonical bytes of what was found.
    pub(super) signature: Option<String>,
}

/// Signs what was found.
pub(super) fn signed(name: &str, found: Value, key: Option<&PrivateKey>) -> anyhow::Result<Signed> {
    let sign = |key: &PrivateKey| -> anyhow::Result<String> {
        let typ = format!("vidimus-{name}+jwt");
        let header = json!({"alg": key.public().algorithm().jose(), "kid": key.id(), "typ": typ});
        Ok(jws::sign(&header, &canonical(&found)?, key)?)
    };
    let signature = key.map(sign).transpose()?;
    let mut document = Map::from_iter([(name.to_owned(), found)]);
    document.extend(signature.iter().map(|jws| ("signature".to_owned(), json!(jws))));
    Ok(Signed { document: canonical(&Value::Object(document))?, signature })
}
