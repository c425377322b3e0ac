//! The salts of one licence, all drawn from the licence's key, under which its payload lies at rest: they are not kept, but
//! made again. Each is the beginning of HMAC-SHA256 over its number, under a secret that is HMAC-SHA256 of the key, so
//! whoever is shown some learns nothing of the others or of the key; who destroys the key destroys all.
//!
//! Not here: what they are put into (`sd_jwt`, and the commitment over the payload).

use std::sync::atomic::{AtomicU32, Ordering};

use zeroize::Zeroizing;

use crate::crypto::Entropy;
use crate::crypto::at_rest::RestKey;
use crate::crypto::digest::hmac_sha256;

/// A secret, and how many draws it has given.
pub struct Salts {
    secret: Zeroizing<[u8; 32]>,
    drawn: AtomicU32,
}

impl Salts {
    /// Of a licence's key, from the first draw on.
    pub fn of(key: &RestKey) -> Self {
        let secret = Zeroizing::new(hmac_sha256(key.as_bytes(), &[b"vidimus/salts/v1"]));
        Self { secret, drawn: AtomicU32::new(0) }
    }
}

impl Entropy for Salts {
    fn fill(&self, out: &mut [u8]) {
        for part in out.chunks_mut(32) {
            let number = self.drawn.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            let drawn = hmac_sha256(self.secret.as_slice(), &[&number]);
            part.iter_mut().zip(drawn).for_each(|(to, from)| *to = from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::entropy::random;

    #[test]
    fn a_key_gives_the_same_draws_again_and_no_two_alike() {
        let draws = |key: u8| -> Vec<[u8; 16]> {
            let salts = Salts::of(&RestKey::from_bytes([key; 32]));
            (0..100).map(|_| random(&salts)).collect()
        };
        assert_eq!(draws(1), draws(1));
        let both: std::collections::HashSet<_> = draws(1).into_iter().chain(draws(2)).collect();
        assert_eq!(both.len(), 200);
    }
}
