//! TLS 1.2 and 1.3 by rustls with ring: certificate chain and key from PEM files, read again when they change, so that a
//! renewed certificate needs no restart. A pair that cannot be used leaves the last one in force. Not here: clients'
//! certificates, which nobody is asked for.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring as provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// Why a pair of files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file that cannot be read, or holds no PEM of its kind.
    #[error("{}: {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Certificate and key do not belong together, or are not of a kind that can be used.
    #[error("{} and {}: {source}", certificate.display(), key.display())]
    Pair {
        /// The chain.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
        /// What rustls says.
        source: rustls::Error,
    },
}

/// What tells one state of a file from the next.
type Stamp = [(u64, u64, i64, i64); 2];

/// A certificate with its key, as the files have them now.
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    seen: Mutex<Option<Stamp>>,
    config: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads both files.
    pub fn open(certificate: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        let config = RwLock::new(Arc::new(read(&certificate, &key)?));
        let seen = Mutex::new(stamp(&certificate, &key));
        Ok(Self { certificate, key, seen, config })
    }

    /// For the next connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Reads the files again if they are others; whether they were. What cannot be used is told once and not taken.
    pub fn refresh(&self) -> Result<bool, TlsError> {
        let now = stamp(&self.certificate, &self.key);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == now {
            return Ok(false);
        }
        *seen = now;
        let config = Arc::new(read(&self.certificate, &self.key)?);
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(true)
    }
}

fn stamp(certificate: &Path, key: &Path) -> Option<Stamp> {
    let of = |path: &Path| {
        let at = fs::metadata(path).ok()?;
        Some((at.ino(), at.len(), at.mtime(), at.mtime_nsec()))
    };
    Some([of(certificate)?, of(key)?])
}

fn read(certificate: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let file = |path: &Path, reason: String| TlsError::File { path: path.to_owned(), reason };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| file(certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(file(certificate, "no certificate in PEM".into()));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| file(key, error.to_string()))?;
    let pair = |source| TlsError::Pair { certificate: certificate.to_owned(), key: key.to_owned(), source };
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(pair)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(pair)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
