//! The ledger's files, byte for byte as C2SP tlog-tiles says, its receipts and its public material.

use std::sync::Arc;

use crate::authority::Authority;
use crate::authority::archive::holding;
use crate::authority::entries;
use crate::authority::refusal::{Failure, Fault, Refusal, Thing};
use crate::authority::store::Row;
use crate::authority::tiles;
use crate::crypto::{Digest, KeyPurpose};
use crate::ledger::body::Owner;
use crate::ledger::entry::leaf_hash;
use crate::ledger::receipt::{Included, Receipt};
use crate::merkle::{
    Hash, TileId, TilePath, Width, encode_bundle, encode_hashes, inclusion, node_from_tiles, width_at,
};
use crate::note::{KeyName, Note, Scheme, VerifierKey};
use crate::x509::Certificate;

impl Authority {
    /// The `.tlog-proof` of an entry, with its leaf hash: to the newest checkpoint that witnesses cosigned, if it covers
    /// the entry, with their lines; otherwise to the newest.
    pub fn receipt(&self, index: u64) -> Result<(Digest, String), Failure> {
        let Some((size, checkpoint)) = self.checkpoint_over(index) else {
            return Err(Refusal::NotFound(Thing::File).into());
        };
        let included = self.included(index, size)?;
        let leaf = leaf_hash(included.extra().unwrap_or_default());
        let receipt = Receipt::of(included, checkpoint).map_err(|error| Fault::Damaged(error.to_string()))?;
        Ok((leaf, receipt.to_string()))
    }

    /// The newest checkpoint that witnesses cosigned, with its size, if it covers an entry; otherwise the newest, if that does.
    pub(super) fn checkpoint_over(&self, index: u64) -> Option<(u64, Note)> {
        let published = self.window.published();
        let newest = published.range.size();
        match self.cosigned().filter(|cosigned| index < cosigned.size()) {
            Some(cosigned) => (index < newest).then(|| (cosigned.size(), cosigned.note().clone())),
            None => (index < newest).then(|| (newest, published.checkpoint.clone())),
        }
    }

    /// An entry with its path in the tree of a size.
    pub(super) fn included(&self, index: u64, size: u64) -> Result<Included, Failure> {
        let entry = self.entry(index)?;
        let proof = inclusion(index, size, &|level, index| self.node(level, index))
            .map_err(|error| Fault::Damaged(error.to_string()))?;
        let path = proof.path.iter().map(|hash| hash.0).collect();
        Ok(Included::new(Some(entry), index, path).map_err(|error| Fault::Damaged(error.to_string()))?)
    }

    /// A node of the tree.
    pub(in crate::authority) fn node(&self, level: u8, index: u64) -> Option<Hash> {
        node_from_tiles(level, index, &|tile, width| {
            tiles::stored(self.store.as_ref(), tile, width).ok().flatten()
        })
    }

    pub(in crate::authority) fn entry(&self, index: u64) -> Result<Vec<u8>, Failure> {
        let entry = entries::entry(self.store.as_ref(), index)?;
        Ok(entry.ok_or_else(|| Fault::Damaged(format!("entry {index} is missing")))?)
    }

    /// A tile or entry bundle of the published tree, byte for byte as C2SP tlog-tiles says.
    pub fn tile(&self, path: &TilePath) -> Result<Vec<u8>, Failure> {
        let size = self.window.published().range.size();
        let not_found = || Refusal::NotFound(Thing::File);
        match path {
            TilePath::Hashes(tile, width) => {
                let now = width_at(size, *tile).ok_or_else(not_found)?;
                let hashes = tiles::stored(self.store.as_ref(), *tile, *width)?.ok_or_else(not_found)?;
                if width.count() > now.count() {
                    return Err(not_found().into());
                }
                Ok(encode_hashes(hashes.get(..width.count()).unwrap_or(&hashes)))
            }
            TilePath::Entries(bundle, width) => {
                let tile = TileId::new(0, *bundle).map_err(|_| not_found())?;
                let now = width_at(size, tile).ok_or_else(not_found)?;
                if width.count() > now.count() {
                    return Err(not_found().into());
                }
                let first = bundle * 256;
                let until = first + u64::try_from(width.count()).unwrap_or(0);
                let entries = entries::entries(self.store.as_ref(), first, until)?;
                if entries.len() < width.count() {
                    return Err(Fault::Damaged(format!("the entries from {first} to {until}")).into());
                }
                Ok(encode_bundle(&entries).map_err(|error| Fault::Damaged(error.to_string()))?)
            }
        }
    }

    /// A full bundle as it lies in the archive, by gzip; `None` for whatever is not there.
    pub fn packed(&self, path: &TilePath) -> Result<Option<Vec<u8>>, Failure> {
        let store = self.store.as_ref();
        let TilePath::Entries(number, Width::FULL) = *path else { return Ok(None) };
        let Some(archive) = holding(store, number)? else { return Ok(None) };
        Ok(Some(archive.bundle(store, number)?.packed.clone()))
    }

    /// Public material by digest.
    pub fn blob(&self, name: &Digest) -> Result<Vec<u8>, Failure> {
        Ok(self.store.get(&Row::Blob(*name))?.ok_or(Refusal::NotFound(Thing::File))?)
    }

    /// Verifier keys of the ledger, newest first.
    pub fn verifier_keys(&self) -> Vec<VerifierKey> {
        let published = self.window.published();
        let charter = &published.charter;
        let Some(name) = charter.origin().and_then(|origin| origin.as_str().parse().ok()) else {
            return Vec::new();
        };
        let name: KeyName = name;
        let mut keys: Vec<_> = charter
            .keys()
            .filter(|(_, held)| {
                held.value.purpose == KeyPurpose::Checkpoint && held.value.owner == Owner::Authority
            })
            .collect();
        keys.sort_by_key(|(_, held)| std::cmp::Reverse(held.since.index));
        keys.into_iter()
            .filter_map(|(_, held)| VerifierKey::of(name.clone(), Scheme::Ed25519, &held.value.public).ok())
            .collect()
    }

    /// The root certificate.
    pub fn root(&self) -> Result<Arc<Certificate>, Failure> {
        let published = self.window.published();
        let root = published.charter.authority().map(|authority| authority.founded.root.certificate);
        let root = root.ok_or_else(|| Fault::Law("there is no root".into()))?;
        let der = self.blob(&root.sha256)?;
        self.chains.certificate(&der).map_err(|error| Fault::Damaged(error.to_string()).into())
    }
}
