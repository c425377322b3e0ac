//! Payloads at rest: AES-256-GCM under a key of their own, wrapped by the epoch key (law 0, section 11).
//! The associated data is handle and kind, so no row can stand in for another. Not transport encryption.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::entropy::{Entropy, random};

/// What could not be opened: wrong key, other associated data, or damage; which of them cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the payload cannot be opened: wrong key, another row's bytes, or damage")]
pub struct Unopenable;

/// A 256-bit key that encrypts payloads or wraps such keys; zeroed when dropped.
#[derive(Clone)]
pub struct RestKey(Zeroizing<[u8; 32]>);

impl RestKey {
    /// A fresh key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(Zeroizing::new(random(entropy)))
    }

    /// The key of these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, to be written where keys live.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// nonce ‖ ciphertext ‖ tag.
    pub fn seal(
        &self,
        plain: &[u8],
        associated: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, Unopenable> {
        let nonce: [u8; NONCE_LEN] = random(entropy);
        let mut body = plain.to_vec();
        let tag = self
            .cipher()?
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(associated), &mut body)
            .map_err(|_| Unopenable)?;
        Ok([nonce.as_slice(), &body, tag.as_ref()].concat())
    }

    /// The plain bytes of what [`RestKey::seal`] made with the same associated data.
    pub fn open(&self, sealed: &[u8], associated: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unopenable> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or(Unopenable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unopenable)?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = self
            .cipher()?
            .open_in_place(nonce, Aad::from(associated), &mut body)
            .map_err(|_| Unopenable)?
            .len();
        body.truncate(length);
        Ok(body)
    }

    fn cipher(&self) -> Result<LessSafeKey, Unopenable> {
        Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, self.0.as_slice()).map_err(|_| Unopenable)?))
    }
}
