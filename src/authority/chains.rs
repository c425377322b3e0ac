//! Certificates of the authority: the chain that a credential carries, and verified issuer chains, both cached.
//! An uncached chain of two costs twice the credential's own signature.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::refusal::{Failure, Fault};
use super::store::{Row, Store};
use crate::crypto::digest::sha256_parts;
use crate::crypto::{KeyId, KeyPurpose};
use crate::jose::x5c;
use crate::ledger::state::{Charter, Key};
use crate::x509::{Certificate, CertificateError, PathError, Profile, VerifiedPath, validate};

/// Chains kept at most; beyond it the cache starts anew.
const KEPT: usize = 4096;

/// A signing certificate and the one above it, leaf first, without the root.
pub struct Chain {
    /// As `x5c` carries them.
    pub ders: Vec<Vec<u8>>,
    /// The same as the member of a JOSE header.
    pub x5c: Value,
    /// The leaf.
    pub leaf: Certificate,
}

type Verified = HashMap<([u8; 32], Profile), Arc<VerifiedPath>>;

/// The caches.
#[derive(Default)]
pub struct Chains {
    ours: Mutex<HashMap<KeyId, Arc<Chain>>>,
    verified: Mutex<Verified>,
    read: Mutex<HashMap<Vec<u8>, Arc<Certificate>>>,
}

impl Chains {
    /// The chain of one of our own keys, from its blobs.
    pub fn ours(&self, store: &dyn Store, charter: &Charter, id: &KeyId) -> Result<Arc<Chain>, Failure> {
        let mut ours = self.ours.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(chain) = ours.get(id) {
            return Ok(Arc::clone(chain));
        }
        let key = charter.key(id).ok_or_else(|| Fault::NoKey(format!("certificate of {id}")))?;
        let leaf = certificate(store, &key.value)?;
        let issuing = charter
            .key(&leaf.authority_key())
            .filter(|held| held.value.purpose == KeyPurpose::Issuing)
            .ok_or_else(|| Fault::NoKey(format!("issuing certificate over {id}")))?;
        let issuing = certificate(store, &issuing.value)?;
        let ders = vec![leaf.der().to_vec(), issuing.der().to_vec()];
        let chain = Arc::new(Chain { x5c: x5c::encode(&ders), ders, leaf });
        ours.insert(*id, Arc::clone(&chain));
        Ok(chain)
    }

    /// A certificate read from DER, which is remembered: a leaf costs microseconds to read, the root two signatures.
    pub fn certificate(&self, der: &[u8]) -> Result<Arc<Certificate>, CertificateError> {
        if let Some(known) = self.read.lock().unwrap_or_else(PoisonError::into_inner).get(der) {
            return Ok(Arc::clone(known));
        }
        let certificate = Arc::new(Certificate::from_der(der)?);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.len() >= KEPT {
            read.clear();
        }
        read.insert(der.to_vec(), Arc::clone(&certificate));
        Ok(certificate)
    }

    /// A path to one of `roots` at `at`; a path that was verified before is only asked for its time.
    pub fn path(
        &self,
        given: &[Vec<u8>],
        roots: &[Arc<Certificate>],
        at: i64,
        profile: Profile,
    ) -> Result<VerifiedPath, PathError> {
        // The pinned roots of one authority are those of its charter, so they need not be part of the cache's key.
        let parts: Vec<[u8; 32]> = given.iter().map(|der| sha256_parts(&[der])).collect();
        let digest = sha256_parts(&[&parts.concat()]);
        let known =
            self.verified.lock().unwrap_or_else(PoisonError::into_inner).get(&(digest, profile)).cloned();
        if let Some(path) = known
            && path.holds_at(at)
        {
            return Ok(path.as_ref().clone());
        }
        let roots: Vec<Certificate> = roots.iter().map(|root| root.as_ref().clone()).collect();
        let path = validate(given, &roots, at, profile)?;
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= KEPT {
            verified.clear();
        }
        verified.insert((digest, profile), Arc::new(path.clone()));
        Ok(path)
    }
}

/// The certificate that a key's entry names.
pub fn certificate(store: &dyn Store, key: &Key) -> Result<Certificate, Failure> {
    let blob =
        key.certificate.ok_or_else(|| Fault::NoKey(format!("certificate of a {} key", key.purpose)))?;
    let der = store
        .get(&Row::Blob(blob.sha256))?
        .ok_or_else(|| Fault::Damaged(format!("blob {} is missing", blob.sha256)))?;
    Certificate::from_der(&der).map_err(|error| Fault::Damaged(error.to_string()).into())
}
