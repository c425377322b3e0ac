//! The salts of one licence, all drawn from one secret of 32 random bytes: the secret is kept, and they are made again from
//! it. Each is the beginning of HMAC-SHA256 under the secret over its number, so whoever is shown some learns nothing of the
//! others; who destroys the secret destroys all.
//!
//! Not here: what they are put into (`sd_jwt`, and the commitment over the payload).

use std::sync::atomic::{AtomicU32, Ordering};

use crate::crypto::Entropy;
use crate::crypto::digest::hmac_sha256;
use crate::crypto::entropy::random;

/// A secret, and how many draws it has given.
#[derive(Debug)]
pub struct Salts {
    secret: [u8; 32],
    drawn: AtomicU32,
}

impl Salts {
    /// Of a new licence.
    pub fn new(entropy: &dyn Entropy) -> Self {
        Self::of(random(entropy))
    }

    /// Of a licence's secret, from the first draw on.
    pub(super) fn of(secret: [u8; 32]) -> Self {
        Self { secret, drawn: AtomicU32::new(0) }
    }

    /// The secret.
    pub fn secret(&self) -> [u8; 32] {
        self.secret
    }
}

impl Entropy for Salts {
    fn fill(&self, out: &mut [u8]) {
        for part in out.chunks_mut(32) {
            let number = self.drawn.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            let drawn = hmac_sha256(&self.secret, &[b"vidimus/salts/v1\n", &number]);
            part.iter_mut().zip(drawn).for_each(|(to, from)| *to = from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_gives_the_same_draws_again_and_no_two_alike() {
        let draws = |secret: u8| -> Vec<[u8; 16]> {
            let salts = Salts::of([secret; 32]);
            (0..100).map(|_| random(&salts)).collect()
        };
        assert_eq!(draws(1), draws(1));
        let both: std::collections::HashSet<_> = draws(1).into_iter().chain(draws(2)).collect();
        assert_eq!(both.len(), 200);
    }
}
