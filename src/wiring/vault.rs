//! The vault of a service that does not run, opened to an auditor who was given its data and keys. It is only read; what sled does to its
//! files when it opens them it does to a copy just as well. Of the keys only the one that the payloads lie under is read, and nothing locked.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use super::entropy::SystemEntropy;
use super::told::Told;
use crate::audit::recomputed::{Opened, Vault, VaultError};
use crate::authority;
use crate::authority::store::Store;
use crate::keyring::{Passphrase, epoch_key};
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
        let epoch = epoch_key(keys, passphrase.as_ref())?;
        let store = SledStore::open(data).with_context(|| format!("--vault {}", data.display()))?;
        let store: Arc<dyn Store> = Arc::new(store);
        let vault = authority::Vault::new(store, Arc::new(SystemEntropy::new()), epoch);
        if vault.is_keyed()? == Some(false) {
            let (data, keys) = (data.display(), keys.display());
            return Err(Told::new(
                format!("--keys {keys}：其中的保管库密钥（secrets/epoch-N.pem）打不开 --vault {data} 中的任何内容；请给出与这份数据同属一个机关的密钥"),
                format!("--keys {keys}: the vault's key there (secrets/epoch-N.pem) opens nothing of --vault {data}; give the keys of the authority whose data it is"),
            )
            .into());
        }
        Ok(Self(vault))
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
