//! Certificates of the authority: the chain that a credential carries, and what was read and verified of chains that
//! are shown, all cached. An uncached chain of two costs twice the credential's own signature.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::refusal::{Failure, Fault};
use super::store::{Row, Store};
use crate::crypto::digest::sha256_parts;
use crate::crypto::{KeyId, KeyPurpose};
use crate::jose::jws::Header;
use crate::jose::{JwsError, x5c};
use crate::ledger::state::{Charter, Key};
use crate::sd_jwt::{self, CredentialHeader};
use crate::x509::{Certificate, CertificateError, PathError, Profile, VerifiedPath, validate};

/// Chains, certificates and headers kept at most; beyond it the cache of them starts anew.
const KEPT: usize = 4096;
/// Longest header and certificate that is kept. Ours are a quarter of it; what strangers send shall not fill memory.
const LONGEST: usize = 8 * 1024;

/// A signing certificate and the one above it, leaf first, without the root.
pub struct Chain {
    /// As `x5c` carries them.
    pub ders: Vec<Vec<u8>>,
    /// The same as the member of a JOSE header.
    pub x5c: Value,
    /// The leaf.
    pub leaf: Certificate,
    /// The JOSE header of the credentials that it seals.
    pub credential_header: CredentialHeader,
}

/// What was found under a key before.
struct Memory<K, V>(Mutex<HashMap<K, Arc<V>>>);

impl<K, V> Default for Memory<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V> Memory<K, V> {
    fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<Arc<V>>
    where
        K: Borrow<Q>,
    {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).map(Arc::clone)
    }

    /// What was read from these bytes before, or is read now; of what is too long nothing is kept.
    fn or_read<Q, E>(&self, given: &Q, read: impl FnOnce(&Q) -> Result<V, E>) -> Result<Arc<V>, E>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + AsRef<[u8]> + ?Sized,
    {
        if let Some(known) = self.get(given) {
            return Ok(known);
        }
        let value = Arc::new(read(given)?);
        if given.as_ref().len() <= LONGEST {
            self.keep(given.to_owned(), Arc::clone(&value));
        }
        Ok(value)
    }

    fn keep(&self, key: K, value: Arc<V>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, value);
    }
}

/// The caches.
#[derive(Default)]
pub struct Chains {
    ours: Memory<KeyId, Chain>,
    verified: Memory<([u8; 32], Profile), VerifiedPath>,
    certificates: Memory<Vec<u8>, Certificate>,
    headers: Memory<String, Header>,
}

impl Chains {
    /// The chain of one of our own keys, from its blobs.
    pub fn ours(&self, store: &dyn Store, charter: &Charter, id: &KeyId) -> Result<Arc<Chain>, Failure> {
        if let Some(chain) = self.ours.get(id) {
            return Ok(chain);
        }
        let key = charter.key(id).ok_or_else(|| Fault::NoKey(format!("certificate of {id}")))?;
        let leaf = certificate(store, &key.value)?;
        let issuing = charter
            .key(&leaf.authority_key())
            .filter(|held| held.value.purpose == KeyPurpose::Issuing)
            .ok_or_else(|| Fault::NoKey(format!("issuing certificate over {id}")))?;
        let issuing = certificate(store, &issuing.value)?;
        let ders = vec![leaf.der().to_vec(), issuing.der().to_vec()];
        let (alg, x5c) = (leaf.public_key().algorithm().jose(), x5c::encode(&ders));
        let header = json!({"alg": alg, "typ": sd_jwt::TYPE, "x5c": x5c});
        let credential_header =
            CredentialHeader::new(&header).map_err(|error| Fault::Crypto(error.to_string()))?;
        let chain = Arc::new(Chain { x5c, ders, leaf, credential_header });
        self.ours.keep(*id, Arc::clone(&chain));
        Ok(chain)
    }

    /// A certificate read from DER, which is remembered: a leaf costs microseconds to read, the root two signatures.
    pub fn certificate(&self, der: &[u8]) -> Result<Arc<Certificate>, CertificateError> {
        self.certificates.or_read(der, Certificate::from_der)
    }

    /// A JOSE header, which is remembered: all that one key seals has the same, and most of it are certificates.
    pub fn header(&self, text: &str) -> Result<Arc<Header>, JwsError> {
        self.headers.or_read(text, Header::parse)
    }

    /// A path to one of `roots` at `at`; a path that was verified before is only asked for its time.
    pub fn path(
        &self,
        given: &[Vec<u8>],
        roots: &[Arc<Certificate>],
        at: i64,
        profile: Profile,
    ) -> Result<Arc<VerifiedPath>, PathError> {
        // The pinned roots of one authority are those of its charter, so they need not be part of the cache's key.
        let parts: Vec<[u8; 32]> = given.iter().map(|der| sha256_parts(&[der])).collect();
        let digest = sha256_parts(&[&parts.concat()]);
        if let Some(path) = self.verified.get(&(digest, profile))
            && path.holds_at(at)
        {
            return Ok(path);
        }
        let roots: Vec<Certificate> = roots.iter().map(|root| root.as_ref().clone()).collect();
        let path = Arc::new(validate(given, &roots, at, profile)?);
        self.verified.keep((digest, profile), Arc::clone(&path));
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
