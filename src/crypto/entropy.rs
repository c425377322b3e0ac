//! Where unpredictable bytes come from, as an argument: the operating system in the service, a counter in tests.
//! Not here: ring's own randomness for P-256 signatures, which cannot be replaced.

/// A source of unpredictable bytes.
pub trait Entropy: Send + Sync {
    /// Fills `out`. An implementation that cannot must not return.
    fn fill(&self, out: &mut [u8]);
}

/// `N` fresh bytes.
pub fn random<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut out = [0; N];
    entropy.fill(&mut out);
    out
}
