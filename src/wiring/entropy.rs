//! The operating system's randomness, through ring. Not here: ring's own use of it inside P-256 signatures.

use ring::rand::{SecureRandom as _, SystemRandom};

use crate::crypto::Entropy;

/// `getrandom(2)` and its like.
#[derive(Debug, Clone)]
pub struct SystemEntropy {
    source: SystemRandom,
}

impl SystemEntropy {
    /// The system's source.
    pub fn new() -> Self {
        Self { source: SystemRandom::new() }
    }
}

impl Default for SystemEntropy {
    fn default() -> Self {
        Self::new()
    }
}

impl Entropy for SystemEntropy {
    /// Ends the process if the system has no randomness to give: a key or salt of anything less would be for good.
    fn fill(&self, out: &mut [u8]) {
        if self.source.fill(out).is_err() {
            tracing::error!("the operating system gives no randomness; stopping");
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::entropy::random;

    #[test]
    fn fresh_each_time() {
        let entropy = SystemEntropy::new();
        let (one, other): ([u8; 32], [u8; 32]) = (random(&entropy), random(&entropy));
        assert_ne!(one, [0; 32]);
        assert_ne!(one, other);
    }
}
