//! Private keys: made, written as PKCS#8 v1 PEM (encrypted with PBES2 when there is a passphrase) and used to sign.
//! Not here: files and their modes (`keyring`).

use pkcs8::der::pem::{LineEnding, PemLabel as _};
use pkcs8::der::{Decode as _, SecretDocument};
use pkcs8::pkcs5::{pbes2, scrypt};
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use zeroize::Zeroizing;

use super::entropy::{Entropy, random};
use super::key::{Algorithm, KeyError, KeyId, PublicKey};

/// PKCS#8 v1 of an Ed25519 seed up to its 32 bytes; openssl 3.0 cannot read v2.
const ED25519_PKCS8: &[u8] =
    &[0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// Why a private key could not be made, read or used.
#[derive(Debug, thiserror::Error)]
pub enum PrivateKeyError {
    /// Not PEM, or not PKCS#8 inside.
    #[error("not a PKCS#8 private key in PEM")]
    Pem,
    /// Encrypted, and no passphrase was given.
    #[error("the private key is encrypted; give its passphrase file")]
    Encrypted,
    /// Encrypted under another passphrase, or damaged.
    #[error("the private key cannot be decrypted with this passphrase")]
    Passphrase,
    /// PKCS#8 of an algorithm or version that is not ours.
    #[error("neither an Ed25519 nor a P-256 key as PKCS#8 v1")]
    Form,
    /// The public half is refused.
    #[error(transparent)]
    Public(#[from] KeyError),
    /// ring refused the operation.
    #[error("the key operation failed")]
    Operation,
}

/// A private key and its public half.
pub struct PrivateKey {
    form: Form,
    pkcs8: Zeroizing<Vec<u8>>,
    public: PublicKey,
}

enum Form {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    P256(Box<EcdsaKeyPair>),
}

impl PrivateKey {
    /// A new key. Ed25519 comes from `entropy` alone; P-256 from ring's own randomness.
    pub fn generate(algorithm: Algorithm, entropy: &dyn Entropy) -> Result<Self, PrivateKeyError> {
        match algorithm {
            Algorithm::Ed25519 => Self::from_seed(&Zeroizing::new(random(entropy))),
            Algorithm::P256 => {
                let document =
                    EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                        .map_err(|_| PrivateKeyError::Operation)?;
                Self::from_pkcs8(document.as_ref())
            }
        }
    }

    /// The Ed25519 key of a 32-byte seed.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, PrivateKeyError> {
        Self::from_pkcs8(&Zeroizing::new([ED25519_PKCS8, seed].concat()))
    }

    /// A key from PKCS#8 v1 DER.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, PrivateKeyError> {
        let pkcs8 = Zeroizing::new(der.to_vec());
        if let Some(seed) = der.strip_prefix(ED25519_PKCS8) {
            let seed: &[u8; 32] = seed.try_into().map_err(|_| PrivateKeyError::Form)?;
            let key = ed25519_dalek::SigningKey::from_bytes(seed);
            let public = PublicKey::from_ed25519(key.verifying_key().to_bytes())?;
            return Ok(Self { form: Form::Ed25519(Box::new(key)), pkcs8, public });
        }
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &SystemRandom::new())
            .map_err(|_| PrivateKeyError::Form)?;
        let public = PublicKey::from_p256(key.public_key().as_ref())?;
        Ok(Self { form: Form::P256(Box::new(key)), pkcs8, public })
    }

    /// A key from PEM, decrypted when it is encrypted.
    pub fn from_pem(pem: &str, passphrase: Option<&[u8]>) -> Result<Self, PrivateKeyError> {
        let (label, document) = SecretDocument::from_pem(pem).map_err(|_| PrivateKeyError::Pem)?;
        if label == PrivateKeyInfoRef::PEM_LABEL {
            return Self::from_pkcs8(document.as_bytes());
        }
        if label != EncryptedPrivateKeyInfoRef::PEM_LABEL {
            return Err(PrivateKeyError::Pem);
        }
        let encrypted =
            EncryptedPrivateKeyInfoRef::from_der(document.as_bytes()).map_err(|_| PrivateKeyError::Pem)?;
        let passphrase = passphrase.ok_or(PrivateKeyError::Encrypted)?;
        let document = encrypted.decrypt(passphrase).map_err(|_| PrivateKeyError::Passphrase)?;
        Self::from_pkcs8(document.as_bytes())
    }

    /// The key as PEM; encrypted (scrypt, AES-256-CBC) under `passphrase` when there is one.
    pub fn to_pem(
        &self,
        passphrase: Option<&[u8]>,
        entropy: &dyn Entropy,
    ) -> Result<Zeroizing<String>, PrivateKeyError> {
        let (label, document) = match passphrase {
            None => {
                let plain = SecretDocument::try_from(self.pkcs8.as_slice());
                (PrivateKeyInfoRef::PEM_LABEL, plain.map_err(|_| PrivateKeyError::Form)?)
            }
            Some(passphrase) => {
                let cost = scrypt::Params::new(15, 8, 1).map_err(|_| PrivateKeyError::Operation)?;
                let salt: [u8; 16] = random(entropy);
                let parameters = pbes2::Parameters::generate_scrypt_aes256cbc(cost, &salt, random(entropy))
                    .map_err(|_| PrivateKeyError::Operation)?;
                let info = PrivateKeyInfoRef::from_der(&self.pkcs8).map_err(|_| PrivateKeyError::Form)?;
                let encrypted = info.encrypt_with_params(parameters, passphrase);
                (EncryptedPrivateKeyInfoRef::PEM_LABEL, encrypted.map_err(|_| PrivateKeyError::Operation)?)
            }
        };
        document.to_pem(label, LineEnding::LF).map_err(|_| PrivateKeyError::Pem)
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The key's id.
    pub fn id(&self) -> KeyId {
        self.public.id()
    }

    /// The PKCS#8 v1 DER, for a certificate maker that needs the key itself.
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// 64 bytes: R ‖ S of Ed25519, r ‖ s of P-256.
    pub fn sign(&self, message: &[u8]) -> Result<[u8; 64], PrivateKeyError> {
        match &self.form {
            Form::Ed25519(key) => Ok(ed25519_dalek::Signer::sign(key.as_ref(), message).to_bytes()),
            Form::P256(key) => {
                let signature =
                    key.sign(&SystemRandom::new(), message).map_err(|_| PrivateKeyError::Operation)?;
                signature.as_ref().try_into().map_err(|_| PrivateKeyError::Operation)
            }
        }
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateKey({})", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zeros;
    impl Entropy for Zeros {
        fn fill(&self, out: &mut [u8]) {
            out.fill(0);
        }
    }

    #[test]
    fn both_algorithms_survive_pem_plain_and_encrypted() {
        for algorithm in [Algorithm::Ed25519, Algorithm::P256] {
            let key = PrivateKey::generate(algorithm, &Zeros).unwrap();
            for passphrase in [None, Some(b"correct horse".as_slice())] {
                let pem = key.to_pem(passphrase, &Zeros).unwrap();
                let again = PrivateKey::from_pem(&pem, passphrase).unwrap();
                assert_eq!(again.public(), key.public());
                let signature = again.sign(b"m").unwrap();
                assert!(key.public().verifies(b"m", &signature));
                assert!(!key.public().verifies(b"n", &signature));
            }
            let pem = key.to_pem(Some(b"correct horse"), &Zeros).unwrap();
            assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
            assert!(matches!(PrivateKey::from_pem(&pem, None), Err(PrivateKeyError::Encrypted)));
            assert!(matches!(PrivateKey::from_pem(&pem, Some(b"x")), Err(PrivateKeyError::Passphrase)));
        }
    }
}
