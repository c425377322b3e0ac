//! The vault of a service that does not run, opened to an auditor who was given its data and keys. It is only read; what sled does to its
//! files when it opens them it does to a copy just as well.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use super::entropy::SystemEntropy;
use super::told::Told;
use crate::audit::recomputed::{Opened, Vault, VaultError};
use crate::authority::{self, keyring::Keyring as _};
use crate::keyring::{FileKeyring, Passphrase};
use crate::store::SledStore;
use crate::values::identifiers::Handle;

/// A vault in a data directory.
pub struct DataVault(authority::Vault);

impl DataVault {
    /// Opens it.
    pub fn open(data: &Path, keys: &Path, passphrase_file: Option<&Path>) -> anyhow::Result<Self> {
        if !data.join("db").exists() {
            let data = data.display();
            return Err(Told::new(
                format!("--vault {data}：不是数据目录（其中没有 db）；请给出已停止的服务的 --data 目录或其副本"),
                format!("--vault {data}: no data directory (there is no db in it); give the --data directory of a service that does not run, or a copy of it"),
            )
            .into());
        }
        let passphrase = passphrase_file.map(Passphrase::read).transpose()?;
        let keyring = FileKeyring::open(keys, passphrase)?;
        let store = SledStore::open(data).with_context(|| format!("--vault {}", data.display()))?;
        let epoch = keyring.secrets().epoch.clone();
        Ok(Self(authority::Vault::new(Arc::new(store), Arc::new(SystemEntropy::new()), epoch)))
    }
}

impl Vault for DataVault {
    fn open(&self, handle: &Handle) -> Result<Option<Opened>, VaultError> {
        let draft = self.0.kept_draft(handle).map_err(|failure| VaultError(failure.to_string()))?;
        Ok(draft.map(|draft| Opened {
            salt: draft.salt().to_vec(),
            content_salt: draft.content_salt(handle).to_vec(),
            payload: draft.payload,
        }))
    }
}
