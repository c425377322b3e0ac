//! SHA-256 and SHA-512 (FIPS 180-4) and HMAC-SHA256 (RFC 2104): ring's. Not a choice of algorithm: the ledger has one hash.

use ring::{digest, hmac};

/// SHA-256 over the concatenation of the parts.
pub fn sha256_parts(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    fixed(context.finish().as_ref())
}

/// SHA-512 over the concatenation of the parts.
pub fn sha512_parts(parts: &[&[u8]]) -> [u8; 64] {
    let mut context = digest::Context::new(&digest::SHA512);
    for part in parts {
        context.update(part);
    }
    fixed(context.finish().as_ref())
}

/// HMAC-SHA256 over the concatenation of the parts.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    fixed(context.sign().as_ref())
}

/// The algorithms above have fixed output sizes, so the copy is always whole.
fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    out
}

/// A SHA-256 digest as the ledger writes it: 64 lower-case hex digits, nothing else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha256_parts(&[bytes]))
    }
}

super::hex::hex_newtype!(Digest, 32);

/// A digest of bytes that come piece by piece.
pub struct Digesting(digest::Context);

impl Digesting {
    /// Nothing yet.
    #[expect(clippy::new_without_default, reason = "a digest begins, it has no default")]
    pub fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    /// The next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest of all pieces.
    pub fn finish(self) -> Digest {
        Digest(fixed(self.0.finish().as_ref()))
    }
}
